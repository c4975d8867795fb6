"""mappings.md, Other formats: XES logs."""

import gzip
from pathlib import Path

import pytest

from streams.errors import UnreadableSource
from tests.streams.mapped import Read, at, read

LOG = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <global scope="event"><string key="concept:name" value="?"/></global>
  <string key="concept:name" value="the log's own"/>
  <trace>
    <string key="concept:name" value="A"/>
    <string key="channel" value="web"/>
    <container key="box"><string key="inner" value="x"/></container>
    <event>
      <string key="concept:name" value="Create"/><string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="2026-03-02T09:00:00.000+01:00"/>
      <float key="amount" value="12.50"><string key="currency" value="EUR"/></float>
      <boolean key="urgent" value="true"/>
    </event>
    <event>
      <string key="concept:name" value="Pay"/><string key="lifecycle:transition" value="start"/>
      <date key="time:timestamp" value="2026-03-03T09:00:00"/>
    </event>
    <event>
      <string key="concept:name" value="Pay"/><string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="2026-03-04T09:00:00Z"/><int key="amount" value="13"/>
      <list key="tags"><values><string key="t" value="a"/></values></list>
    </event>
  </trace>
  <trace>
    <string key="concept:name" value="B"/>
    <event><string key="concept:name" value="Create"/><date key="time:timestamp" value="2026-03-02"/></event>
    <event><string key="concept:name" value="Create"/><string key="lifecycle:transition" value="complete"/></event>
    <event>
      <string key="concept:name" value="Create"/><string key="lifecycle:transition" value="complete"/>
      <date key="time:timestamp" value="soon"/>
    </event>
  </trace>
</log>
"""
MAPPING = """{kind: order, format: long, source: x, key: "case:concept:name", occurred_at: "time:timestamp",
type: "{concept:name}+{lifecycle:transition}",
types: {Create+complete: placed, Pay+complete: paid, Pay+start: ignore},
fields: {amount: amount, urgent: urgent, channel: "case:channel"}}"""


def log(folder: Path, text: str | bytes, mapping: str = MAPPING, name: str = "t.xes") -> Read:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / name).write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return read(folder / name, mapping)


@pytest.mark.parametrize("name", ["t.xes", "t.xes.gz"])
def test_events_of_traces(tmp_path: Path, name: str):
    """A row for each event, with its trace's attributes under `case:`; types are kept; the type is a template."""
    found = log(tmp_path, LOG, name=name)
    assert [(event.key, event.type, event.occurred_at, event.data) for event in found.events] == [
        ("A", "placed", at("2026-03-02T08:00:00Z"), {"amount": 12.5, "urgent": True, "channel": "web"}),
        ("A", "paid", at("2026-03-04T09:00:00Z"), {"amount": 13.0, "channel": "web"}),
    ]
    assert found.events[1].id == "order/A/000000003"
    assert (found.report.rows, found.report.ignored, found.report.without_event) == (6, 1, 2)
    assert found.listed() == [(f"{name} row 6 column time:timestamp", "no_instant", "soon")]


def test_instants_without_an_offset_are_in_the_mappings_zone(tmp_path: Path):
    """As in any table."""
    found = log(tmp_path, LOG, MAPPING.replace("Pay+start: ignore", "Pay+start: updated"))
    assert found.events[1].occurred_at == at("2026-03-03T09:00:00")


def test_nested_attributes_are_left_out(tmp_path: Path):
    """Attributes of attributes, lists and containers are no columns; the columns that there are, are named."""
    with pytest.raises(UnreadableSource) as error:
        log(tmp_path, LOG, MAPPING.replace('"case:channel"', "currency"))
    said, _, columns = str(error.value).partition("; the columns are ")
    assert said == "t.xes: there is no column currency"
    assert set(columns.split(", ")) == {
        *("case:concept:name", "concept:name", "time:timestamp"),
        *("case:channel", "lifecycle:transition", "amount", "urgent"),
    }


def test_values_that_are_not_of_their_type(tmp_path: Path):
    """Their text is read as any text, and listed where it does not fit."""
    text = LOG.replace('value="12.50"', 'value="much"').replace('value="true"', 'value="perhaps"')
    assert log(tmp_path, text).listed()[:2] == [
        ("t.xes row 1 column amount", "wrong_type", "much"),
        ("t.xes row 1 column urgent", "wrong_type", "perhaps"),
    ]


def test_events_without_a_trace(tmp_path: Path):
    """They have no case, so that only a key of their own makes them somebody's."""
    text = '<log><event><string key="order" value="A"/><date key="time:timestamp" value="2026-03-02"/></event></log>'
    found = log(
        tmp_path, text, "{kind: order, format: long, key: order, type: {value: placed}, occurred_at: 'time:timestamp'}"
    )
    assert found.facts() == [("A", "placed", "2026-03-02")]


BOMB = '<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><log>&b;</log>'
OUTSIDE = '<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE])
def test_document_types_are_refused(tmp_path: Path, text: str):
    """No entity is declared, expanded or fetched; the message says what to take out."""
    with pytest.raises(UnreadableSource) as error:
        log(tmp_path, text)
    assert "<!DOCTYPE>" in error.value.say("en") and "<!DOCTYPE>" in error.value.say("zh")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no valid XML at line 1"),
        (LOG[:900], "no valid XML at line"),
        (LOG.replace("</trace>", "</trac>", 1), "mismatched tag"),
        ("<html><body/></html>", "it begins with <html>"),
        ("<log>&nothing;</log>", "undefined entity"),
        (b"\xff\xfe<\x00", "no valid XML"),
        ('<?xml version="1.0" encoding="UTI-8"?><log/>', "unknown encoding: UTI-8; store it as UTF-8"),
        ('<?xml version="1.0" encoding="gb18030"?><log/>', "multi-byte encodings are not supported"),
    ],
)
def test_broken_logs(tmp_path: Path, text: str | bytes, said: str):
    """What is no XES log is refused with line and column, in both languages."""
    with pytest.raises(UnreadableSource, match=said) as error:
        log(tmp_path, text)
    assert error.value.say("zh").startswith("t.xes：")


def test_a_log_that_breaks_off(tmp_path: Path):
    """Half a gzip file is said to be half."""
    (tmp_path / "t.xes.gz").write_bytes(gzip.compress(LOG.encode())[:300])
    with pytest.raises(UnreadableSource, match="breaks off"):
        read(tmp_path / "t.xes.gz", MAPPING)


def test_a_tag_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A few packed bytes that unpack to one endless value do not fill the memory."""
    monkeypatch.setattr("streams.sources.xes_log._LONGEST", 1 << 20)
    with pytest.raises(UnreadableSource, match="longer than 1 MiB"):
        log(tmp_path, '<log><string key="x" value="' + "a" * (1 << 22), name="t.xes.gz")

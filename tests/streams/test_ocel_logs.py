"""mappings.md, Other formats: OCEL 2.0 logs as SQLite and as JSON, and OCEL 1.0 as CSV."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from streams.errors import UnreadableSource
from tests.streams.mapped import Read, at, read, read_csv

TABLES = """
CREATE TABLE event (ocel_id TEXT, ocel_type TEXT);
CREATE TABLE object (ocel_id TEXT, ocel_type TEXT);
CREATE TABLE event_object (ocel_event_id TEXT, ocel_object_id TEXT, ocel_qualifier TEXT);
CREATE TABLE object_object (ocel_source_id TEXT, ocel_target_id TEXT, ocel_qualifier TEXT);
CREATE TABLE event_map_type (ocel_type TEXT, ocel_type_map TEXT);
CREATE TABLE object_map_type (ocel_type TEXT, ocel_type_map TEXT);
CREATE TABLE event_PlaceOrder (ocel_id TEXT, ocel_time TIMESTAMP, "total" REAL, "rush" BOOLEAN);
CREATE TABLE "event_Pay now" (ocel_id TEXT, ocel_time TIMESTAMP);
CREATE TABLE object_Order (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT, "shop" TEXT, "total" REAL);
CREATE TABLE object_Item (ocel_id TEXT, ocel_time TIMESTAMP, ocel_changed_field TEXT);
INSERT INTO event VALUES ('e1', 'Place Order'), ('e2', 'Pay'), ('e3', 'Place Order');
INSERT INTO object VALUES ('o1', 'Order'), ('o2', 'Order'), ('i1', 'Item'), ('o3', 'Order');
INSERT INTO event_object VALUES
  ('e1', 'o1', 'order'), ('e1', 'i1', 'item'), ('e2', 'o1', 'a'), ('e2', 'o1', 'b'), ('e2', 'o2', 'a'),
  ('e3', 'o2', ''), ('e3', 'o9', 'nothing of this name');
INSERT INTO event_map_type VALUES ('Place Order', 'PlaceOrder'), ('Pay', 'Pay now');
INSERT INTO object_map_type VALUES ('Order', 'Order'), ('Item', 'Item');
INSERT INTO event_PlaceOrder VALUES ('e1', '2026-03-02 01:00:00Z', 9.5, 1), ('e3', '2026-03-02 02:00:00Z', 7, 0);
INSERT INTO "event_Pay now" VALUES ('e2', '2026-03-03T01:00:00Z');
INSERT INTO object_Order VALUES
  ('o1', '1970-01-01 00:00:00', NULL, 'web', NULL), ('o1', '2026-03-04 00:00:00', 'total', 'stale', 11),
  ('o2', '1970-01-01 00:00:00', NULL, NULL, NULL), ('o3', '1970-01-01 00:00:00', NULL, 'web', NULL);
"""
JSON: dict[str, Any] = {
    "eventTypes": [{"name": "Place Order", "attributes": [{"name": "total", "type": "float"}]}],
    "objectTypes": [{"name": "Order", "attributes": []}, {"name": "Item", "attributes": []}],
    "events": [
        {
            "id": "e1",
            "type": "Place Order",
            "time": "2026-03-02T01:00:00Z",
            "attributes": [{"name": "total", "value": 9.5}, {"name": "rush", "value": "true"}],
            "relationships": [{"objectId": "o1", "qualifier": "order"}, {"objectId": "i1", "qualifier": "item"}],
        },
        {
            "id": "e2",
            "type": "Pay",
            "time": "2026-03-03T01:00:00.000Z",
            "relationships": [
                {"objectId": "o1", "qualifier": "a"},
                {"objectId": "o1", "qualifier": "b"},
                {"objectId": "o2", "qualifier": "a"},
            ],
        },
        {
            "id": "e3",
            "type": "Place Order",
            "time": "2026-03-02T02:00:00Z",
            "attributes": [{"name": "total", "value": "7"}, {"name": "rush", "value": False}],
            "relationships": [{"objectId": "o2", "qualifier": ""}, {"objectId": "o9", "qualifier": ""}],
        },
    ],
    "objects": [
        {
            "id": "o1",
            "type": "Order",
            "attributes": [
                {"name": "shop", "time": "1970-01-01T00:00:00Z", "value": "web"},
                {"name": "total", "time": "2026-03-04T00:00:00", "value": 11},
            ],
            "relationships": [{"objectId": "i1", "qualifier": "has"}],
        },
        {"id": "o2", "type": "Order"},
        {"id": "i1", "type": "Item", "attributes": []},
        {"id": "o3", "type": "Order", "attributes": [{"name": "shop", "time": "1970-01-01T00:00:00Z", "value": "web"}]},
    ],
}
MAPPING = """{kind: order, format: long, source: x, object_type: Order, key: "ocel:oid", type: "ocel:activity",
occurred_at: "ocel:timestamp", types: {Place Order: placed, Pay: paid},
fields: {amount: total, channel: shop, urgent: rush, café: "ocel:eid"}}"""


def sqlite_log(folder: Path, script: str = TABLES, mapping: str = MAPPING) -> Read:
    path = folder / "t.sqlite"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
    return read(path, mapping)


def json_log(folder: Path, document: Any = JSON, mapping: str = MAPPING) -> Read:
    path = folder / "t.json"
    path.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return read(path, mapping)


@pytest.mark.parametrize("log", [sqlite_log, json_log])
def test_pairs_of_events_and_objects(tmp_path: Path, log: Any):
    """A row for each event and object of the type, once however often they are related; changes are `updated`.

    What an object has from the beginning is known with its first event; without any, it is no event.
    """
    found = log(tmp_path)
    facts = sorted((event.key, event.occurred_at, event.type, tuple(event.data.items())) for event in found.events)
    assert facts == [
        ("o1", at("2026-03-02T01:00:00Z"), "placed", (("amount", 9.5), ("urgent", True), ("café", "e1"))),
        ("o1", at("2026-03-02T01:00:00Z"), "updated", (("channel", "web"),)),
        ("o1", at("2026-03-03T01:00:00Z"), "paid", (("café", "e2"),)),
        ("o1", at("2026-03-04T00:00:00"), "updated", (("amount", 11.0),)),
        ("o2", at("2026-03-02T02:00:00Z"), "placed", (("amount", 7.0), ("urgent", False), ("café", "e3"))),
        ("o2", at("2026-03-03T01:00:00Z"), "paid", (("café", "e2"),)),
    ]
    assert (found.refusals, found.report.without_event) == ([], 1)
    ids = {event.type: event.id for event in found.events if event.occurred_at == at("2026-03-02T01:00:00Z")}
    assert ids["updated"] < ids["placed"]


@pytest.mark.parametrize("log", [sqlite_log, json_log])
def test_the_type_of_objects_has_to_be_one_of_the_log(tmp_path: Path, log: Any):
    """Without object_type, or with an unknown one, those of the log are named."""
    for text, said in [("object_type: Order,", "has to say object_type"), ("Order, key", "no object_type order")]:
        with pytest.raises(UnreadableSource, match=said) as error:
            log(tmp_path, mapping=MAPPING.replace(text, "" if text.startswith("object") else "order, key"))
        assert "Order, Item" in error.value.say("en") and "Order, Item" in error.value.say("zh")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("CREATE TABLE x (y TEXT);", "no table event, object, event_object, event_map_type, object_map_type"),
        (TABLES + "DROP TABLE event_PlaceOrder;", "no table event_PlaceOrder"),
        (TABLES + "ALTER TABLE object_Order DROP COLUMN ocel_time;", "object_Order has no column ocel_time"),
        (TABLES + "ALTER TABLE event_object DROP COLUMN ocel_object_id;", "no such column"),
    ],
)
def test_databases_that_are_no_logs(tmp_path: Path, script: str, said: str):
    """Tables and columns that are not there are named."""
    with pytest.raises(UnreadableSource, match=said) as error:
        sqlite_log(tmp_path, script)
    assert error.value.say("zh").startswith("t.sqlite")


def test_events_of_one_instant_keep_the_order_of_the_log(tmp_path: Path):
    """Each type has a table of its own; the table of events says in which order they are."""
    found = sqlite_log(
        tmp_path,
        TABLES
        + """
        INSERT INTO event VALUES ('e5', 'Pay'), ('e4', 'Place Order');
        INSERT INTO event_object VALUES ('e5', 'o3', ''), ('e4', 'o3', '');
        INSERT INTO event_PlaceOrder VALUES ('e4', '2026-03-05T01:00:00Z', 1, 0);
        INSERT INTO "event_Pay now" VALUES ('e5', '2026-03-05T01:00:00Z');
        """,
    )
    of_one = sorted((event.id, event.type) for event in found.events if event.key == "o3")
    assert [type_ for _, type_ in of_one] == ["updated", "paid", "placed"]


def test_the_log_is_not_changed(tmp_path: Path):
    """It is opened for reading alone, also where the folder cannot be written; one that is not there is not made."""
    sqlite_log(tmp_path)
    before = (tmp_path / "t.sqlite").read_bytes()
    read(tmp_path / "t.sqlite", MAPPING)
    assert (tmp_path / "t.sqlite").read_bytes() == before
    with pytest.raises(UnreadableSource, match="cannot be read"):
        read(tmp_path / "none.sqlite", MAPPING)
    assert not (tmp_path / "none.sqlite").exists()


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ("{", "truncated"),
        ("[1]", "Expected `object`"),
        ('{"events": []}', "missing required field `objects`"),
        ({**JSON, "events": [{"id": "e1", "type": "x", "time": 7}]}, r"\$.events\[0\].time"),
        ("[" * 100_000, "t.json"),
    ],
)
def test_documents_that_are_no_logs(tmp_path: Path, document: Any, said: str):
    """What is wrong is located within the document."""
    with pytest.raises(UnreadableSource, match=said) as error:
        json_log(tmp_path, document)
    assert error.value.say("zh").startswith("t.json")


def test_instants_that_are_none_are_listed(tmp_path: Path):
    """With their row, as in any table; the others go on."""
    found = sqlite_log(tmp_path, TABLES.replace("'2026-03-02 02:00:00Z'", "'soon'"))
    assert [(code, text) for _, code, text in found.listed()] == [("no_instant", "soon")]
    assert len(found.events) == 5


def test_ocel_1_as_csv(tmp_path: Path):
    """An ordinary long table, its lists of objects split into keys."""
    found = read_csv(
        tmp_path,
        """ocel:eid,ocel:timestamp,ocel:activity,ocel:type:order
        e1,2026-03-02T01:00:00Z,placed,"['o1', 'o2']"
        e2,2026-03-03T01:00:00Z,paid,['o2']
        e3,2026-03-03T01:00:00Z,paid,[]""",
        """{kind: order, format: long, key: {column: "ocel:type:order", split: "'([^']+)'"}, type: "ocel:activity",
        occurred_at: "ocel:timestamp"}""",
    )
    assert [(event.key, event.type) for event in found.events] == [("o1", "placed"), ("o2", "placed"), ("o2", "paid")]
    assert found.report.without_key == 1

"""Files read as columns: the same events, refusals and reports as the readers of rows give, whatever the dirt."""

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from simulator.columns.events import EventColumns
from simulator.columns.found import OPEN
from simulator.history import read_history
from simulator.reading import chunks, json_lines, kept
from simulator.reading.from_events import from_events
from simulator.reading.histories import ColumnHistory, read_columns
from streams.errors import UnreadableSource
from streams.instants import DAY, HOUR
from streams.model import Model
from streams.sources.mapping import TableMapping
from tests.streams.mapped import mapping
from tests.streams.models import model

MODEL = model()
Cells = Callable[[random.Random], Any]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables in several pieces, and partitions of a few events."""
    monkeypatch.setattr(chunks, "PIECE", 70)
    monkeypatch.setattr(json_lines, "PIECE", 70)
    monkeypatch.setattr(kept, "PART", 60)


def told(events: EventColumns) -> list[tuple[Any, ...]]:
    """Every event in order, with what it sets."""
    data: list[dict[str, Any]] = [{} for _ in range(len(events))]
    for name, given in events.data.items():
        column = given.column
        assert (given.rows[1:] > given.rows[:-1]).all()
        for row, value, present in zip(given.rows, column.values.tolist(), column.mask().tolist(), strict=True):
            meaning = column.meanings[value] if column.meanings else value
            data[row][name] = meaning if present else None
    keys = [key for key, start, end in zip(events.keys, events.starts[:-1], events.starts[1:], strict=True)
            for _ in range(end - start)]  # fmt: skip
    occurred_at = events.occurred_at.tolist()
    recorded_at = occurred_at if events.recorded_at is None else events.recorded_at.tolist()
    retracted_at = [OPEN] * len(events) if events.retracted_at is None else events.retracted_at.tolist()
    types = [events.types[place] for place in events.type.tolist()]
    return list(zip(keys, occurred_at, recorded_at, retracted_at, types, data, strict=True))


_key = itemgetter(0)


def check(
    path: Path, of: Model, how: TableMapping | None = None, *, keep_retracted: bool = False, **options: Any
) -> ColumnHistory:
    """Both readers agree."""
    expected = read_history(path, of, how, **options)
    found = read_columns(path, of, how, keep_retracted=keep_retracted, **options)
    on_disk = read_columns(path, of, how, keep_retracted=keep_retracted, whole=-1, **options)
    columns = from_events(expected.events, of, keep_retracted=keep_retracted)
    for kind in of.kinds:
        if kind in found.kinds or len(columns[kind]):
            assert told(found.events(kind)) == told(columns[kind])
            together = [row for part in found.partitions(kind) for row in told(part)]
            assert together == told(columns[kind])
        spilled = [row for part in on_disk.partitions(kind) for row in told(part)]
        assert sorted(spilled, key=_key) == sorted(told(columns[kind]), key=_key)  # stable: each entity in fold order
        assert sorted(told(on_disk.events(kind)), key=_key) == sorted(told(columns[kind]), key=_key)
    assert found.entities == on_disk.entities == sum(len(one.keys) for one in columns.values())
    assert (on_disk.refusals, on_disk.mappings) == (found.refusals, found.mappings)
    assert found.refusals == expected.refusals
    assert (found.left_out, found.copies, found.count) == (expected.left_out, expected.copies, len(expected.events))
    assert found.mappings == expected.mappings
    assert [list(report.unknown_types) for report in found.mappings] == [
        list(report.unknown_types) for report in expected.mappings
    ]
    assert found.never_late == expected.never_late
    for span, instants in (
        (found.occurred_at, [event.occurred_at for event in expected.events]),
        (found.recorded_at, [event.recorded_at for event in expected.events]),
    ):
        assert (span and (span.first, span.last)) == ((min(instants), max(instants)) if instants else None)
    return found


def one_of(*values: Any) -> Cells:
    return lambda rng: rng.choice(values)


def mostly(usual: Cells, *rare: Any) -> Cells:
    return lambda rng: rng.choice(rare) if rng.random() < 0.1 else usual(rng)


def day(rng: random.Random) -> str:
    return f"2026-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def instant(rng: random.Random) -> str:
    written = f"{day(rng)}{rng.choice('T ')}{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    return written + rng.choice(["", ":07", ":07.25", ":07Z", ":07.123456789+08:00", "+05:30", ":59-0330"])


def frame(rng: random.Random, rows: int, columns: dict[str, Cells]) -> dict[str, list[Any]]:
    return {name: [cell(rng) for _ in range(rows)] for name, cell in columns.items()}


BAD_INSTANTS = (
    *("", "  ", "NA", "soon", "2026-02-30", "2026-13-01 10:00", "2026-01-01T25:00", "0000-01-01", "２０２６"),
    *(
        "2026-03-08 02:30:00",
        "2026-11-01 01:30",
        "9999-12-31 23:59:59-12:00",
        " 2026-01-01 ",
        "2026-01-01Z",
        "20260101",
    ),
)
BAD_NUMBERS = (
    *("", "NA", "x", "1e999", "9007199254740993", "1,5", " 7 ", "+3", ".5", "-0", "1_000", "nan", "inf", "１"),
)
KEYS = mostly(lambda rng: f"A-{rng.randint(1, 40)}", "", None, " A-1 ", "é", "e\u0301", "a\0b", "NA", "\u00a0A-2")
TYPES = mostly(one_of("placed", "paid", "shipped", "order.dispatched", "received"), "", "what", "Ｐaid", "skip",
               "updated", "cancelled", "order.paid.v2", "shipment_cancelled", "what ", None)  # fmt: skip

LONG = """
    kind: order
    format: long
    key: k
    type: y
    occurred_at: t
    missing: [NA]
"""
TEXTS: dict[str, Cells] = {
    "k": KEYS,
    "y": TYPES,
    "t": mostly(instant, *BAD_INSTANTS, None),
    "r": mostly(instant, *BAD_INSTANTS, None),
    "n": mostly(lambda rng: f"{rng.random() * 100:.2f}", *BAD_NUMBERS, None),
    "s": mostly(one_of("web", "b2b"), "e\u0301", " x ", "a\0", "NA", None),
    "b": mostly(one_of("true", "false"), "TRUE", "yes", "", None),
    "l": mostly(one_of('["a","b"]', '["c"]'), "[1]", "{", None),
    "d": mostly(day, *BAD_INSTANTS, None),
    "u": mostly(lambda rng: str(rng.randint(-(10**9), 10**12)), "", "1.5", "+7", " 8 ", "9" * 15, "9" * 20, "x", None),
}
LONG_MAPPINGS = {
    "plain": LONG,
    "fields": LONG + "    fields: {amount: n, channel: s, urgent: b, tags: l, promised_at: d}\n",
    "late": LONG + "    recorded_at: r\n    types: {skip: ignore}\n    fields: {channel: s}\n",
    "zone": LONG + "    zone: America/New_York\n    due: {shipped: {column: d, as: end_of_day}}\n",
    "days": LONG + '    due: {shipped: {column: t, as: date}}\n    types: {"*": updated, what: ignore}\n',
    "values": LONG + '    fields: {urgent: {column: s, values: {web: true, "*": null}}, channel: {value: x}}\n',
    "listed": LONG + "    fields: {amount: {column: y, values: {placed: 1, paid: 2}}}\n",
    "match": LONG + '    fields: {channel: {column: k, match: "[A-Z]"}}\n',
    "only": LONG + '    fields: {amount: {column: n, only: {s: [web, ""], b: ["true"]}}}\n',
    "format": LONG + '    fields: {promised_at: {column: d, as: "%Y-%m-%d"}}\n',
    "template": LONG.replace("key: k", 'key: "{k}/{s}"') + "    fields: {channel: s}\n",
    "comma": LONG + '    csv: {decimal: ","}\n    fields: {amount: n}\n',
    "constant": LONG.replace("type: y", "type: {value: paid}").replace("at: t", "at: {value: 2026-01-05}"),
    "unix": LONG.replace("at: t", "at: {column: u, as: unix_ms}")
    + "    fields: {promised_at: {column: u, as: unix_s}}\n",
    "unreadable": LONG.replace("occurred_at: t", "occurred_at: {value: never}"),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG_MAPPINGS)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_long_tables_of_texts(name: str, suffix: str, tmp_path: Path):
    """Long tables whose cells are texts, some of them odd."""
    rng = random.Random(name)
    for rows in (0, 150):
        write(tmp_path / f"t.{suffix}", pl.DataFrame(frame(rng, rows, TEXTS), schema=dict.fromkeys(TEXTS, pl.String)))
        check(tmp_path / f"t.{suffix}", MODEL, mapping(LONG_MAPPINGS[name]))


WIDE = """
    kind: order
    format: wide
    key: k
    missing: [NA]
    nodes: {placed: t, paid: r, received: {column: d, as: date}}
"""
WIDE_MAPPINGS = {
    "plain": WIDE,
    "fields": WIDE
    + "    fields: {amount: n, channel: {column: s, at: last}, urgent: b, tags: {column: l, at: last}}\n",
    "derived": WIDE.replace("received:", 'cancelled: {column: "@last", only: {s: [web]}}, received:')
    + '    due: {shipped: {column: "@first", as: end_of_day}, paid: {column: d, at: last}}\n',
    "late": WIDE + "    recorded_at: d\n    fields: {amount: n}\n",
    "late at last": WIDE + '    recorded_at: {column: "@last", as: end_of_day}\n',
    "zone": WIDE + "    zone: America/New_York\n    due: {paid: {column: r, as: date}}\n",
}


@pytest.mark.parametrize("name", WIDE_MAPPINGS)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_wide_tables_of_texts(name: str, suffix: str, tmp_path: Path):
    """Wide tables whose cells are texts, some of them odd, with several rows of some keys."""
    rng = random.Random(name)
    keys = mostly(lambda rng: f"A-{rng.randint(1, 2000)}", "", None, " A-1 ", "é", "e\u0301", "a\0b", "NA")
    cells = {**TEXTS, "k": keys, "t": mostly(instant, *BAD_INSTANTS, None), "r": mostly(instant, None, None, "soon")}
    for rows in (0, 150):
        write(tmp_path / f"t.{suffix}", pl.DataFrame(frame(rng, rows, cells), schema=dict.fromkeys(TEXTS, pl.String)))
        check(tmp_path / f"t.{suffix}", MODEL, mapping(WIDE_MAPPINGS[name]))


def test_typed_columns(tmp_path: Path):
    """Cells of Parquet that are no texts: numbers, instants, days, decimals, truth values, bytes, lists."""
    rng = random.Random(7)
    rows = 200
    columns: dict[str, tuple[Cells, Any]] = {
        "k": (mostly(lambda rng: rng.randint(1, 50), None), pl.Int64),
        "y": (one_of("placed", "paid", "shipped"), pl.String),
        "ms": (mostly(lambda rng: rng.randint(0, 2 * 10**12), None, -(2**63), 2**62), pl.Int64),
        "s": (mostly(lambda rng: rng.random() * 2e9, None, float("nan"), float("inf"), 1e300), pl.Float64),
        "local": (mostly(lambda rng: datetime(2026, 3, 8, rng.randint(0, 23), 30), None), pl.Datetime("ns")),
        "utc": (
            mostly(lambda rng: datetime(2026, 11, 1, rng.randint(0, 23), tzinfo=UTC), None),
            pl.Datetime("ms", "UTC"),
        ),
        "day": (mostly(lambda rng: date(2026, 3, rng.randint(1, 31)), None), pl.Date),
        "n": (mostly(lambda rng: rng.random() * 9, None, float("nan"), float("-inf"), -0.0, 7.0), pl.Float32),
        "i": (mostly(lambda rng: rng.randint(0, 9), None, 2**64 - 1, 2**53, 2**53 + 1), pl.UInt64),
        "dec": (mostly(lambda rng: Decimal(rng.randint(0, 999)) / 100, None), pl.Decimal(20, 2)),
        "b": (one_of(True, False, None), pl.Boolean),
        "bytes": (one_of(b"web", b"\xff", None), pl.Binary),
        "l": (one_of(["a"], None, ["a\0"]), pl.List(pl.String)),
    }
    table = pl.DataFrame(
        {name: pl.Series([cell(rng) for _ in range(rows)], dtype=type_) for name, (cell, type_) in columns.items()}
    )
    table.write_parquet(tmp_path / "t.parquet")
    head = "kind: order\nformat: long\nkey: k\ntype: y\n"
    for rest in (
        "occurred_at: {column: ms, as: unix_ms}\nfields: {amount: n, channel: n, urgent: b, tags: l, promised_at: day}",
        "occurred_at: {column: s, as: unix_s}\nfields: {amount: i, channel: dec, 金额: dec}",
        "occurred_at: local\nzone: America/New_York\nfields: {channel: bytes, promised_at: utc, amount: b}",
        "occurred_at: utc\nfields: {channel: day, promised_at: {column: local, as: date}}\nmissing: ['7.0']",
        "occurred_at: {column: local, as: end_of_day}\nmissing: ['7']\nfields: {amount: i, 金额: n, channel: local}",
        "occurred_at: day\nfields: {channel: {column: i, values: {1: a, '*': b}}, urgent: i}",
        "occurred_at: {column: day, as: unix_ms}\nrecorded_at: utc",
        "occurred_at: {column: i, as: unix_s}\nfields: {amount: ms}",
    ):
        check(tmp_path / "t.parquet", MODEL, mapping(head + rest))
    with pytest.raises(UnreadableSource, match="column of floats"):
        read_columns(tmp_path / "t.parquet", MODEL, mapping(head.replace("k\n", "n\n") + "occurred_at: day"))


def write(path: Path, table: pl.DataFrame) -> None:
    if path.suffix == ".parquet":
        table.write_parquet(path)
    else:
        table.write_csv(path)


def own_rows(rng: random.Random, rows: int) -> list[dict[str, Any]]:
    """Events of Tocsin's own, some odd, some copies, some retracted."""
    cells: dict[str, Cells] = {
        "source": mostly(one_of("erp", "shop"), "", None, "e\u0301", "é"),
        "id": mostly(lambda rng: str(rng.randint(1, 4 * rows)), "", "a\0", "e\u0301", "é", None, "1", "2"),
        "kind": mostly(one_of("order", None, "stock"), "what", "ｏrder", ""),
        "key": mostly(lambda rng: f"A-{rng.randint(1, 20)}", "", None, "é", "e\u0301", "a\0"),
        "type": mostly(one_of("placed", "updated", "order.paid", "shipped.v2"), "what", "", None, "stock.counted"),
        "occurred_at": mostly(instant, *BAD_INSTANTS, None),
        "recorded_at": one_of(None, None, "2027-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "never"),
        "retracts": mostly(one_of(None), "1", "2", "", lambda: None),
    }  # fmt: skip
    found = [{name: cell(rng) for name, cell in cells.items()} for _ in range(rows)]
    for one in found:
        if callable(one["retracts"]):
            one["retracts"] = str(rng.randint(1, 4 * rows))
        if one["kind"] == "stock" and rng.random() < 0.8:
            one["type"] = "counted"
    return found + [dict(rng.choice(found)) | {"key": "A-1"} for _ in range(rows // 20)] + rng.sample(found, rows // 20)


FIELDS: dict[str, tuple[Cells, Any]] = {
    "amount": (mostly(lambda rng: rng.random() * 100, None, float("nan"), float("inf"), -0.0), pl.Float64),
    "on_hand": (mostly(one_of(None, 1, 2), 2**53 + 1), pl.Int64),
    "channel": (mostly(one_of("web", "", None), "e\u0301", "a\0"), pl.String),
    "urgent": (one_of(True, False, None), pl.Boolean),
    "promised_at": (mostly(instant, *BAD_INSTANTS, None), pl.String),
    "shipped.due": (one_of(None, datetime(2026, 3, 1), datetime(2026, 3, 8, 2, 30)), pl.Datetime("ms")),
    "paid.due": (one_of(None, datetime(2026, 3, 1, tzinfo=UTC)), pl.Datetime("us", "Asia/Shanghai")),
    "tags": (mostly(one_of(None, ["a", "b"], []), ["a\0"]), pl.List(pl.String)),
    "lines": (
        mostly(one_of(None, [{"sku": "a", "qty": 1.0, "colour": None}]), [{"sku": "b", "qty": None, "colour": "red"}]),
        pl.List(pl.Struct({"sku": pl.String, "qty": pl.Float64, "colour": pl.String})),
    ),
    "colour": (one_of("red", None), pl.String),
    "金额": (one_of(None, 7), pl.Int32),
}
JSON: Cells = mostly(
    one_of(None, "{}", '{"amount": 1}', '{"channel": null, "colour": 2}', '{"lines": [{"sku": "a", "x": 1}]}'),
    *("[]", "null", "{", '{"amount": "x"}', '{"amount": 1} , "key": "B"', '{"cafe\u0301": "e\u0301"}', " {} "),
    '{"amount": 1e999}',
)
HEAD_TYPES = dict.fromkeys(("source", "id", "kind", "key", "type", "occurred_at", "recorded_at", "retracts"), pl.String)


def struct(rng: random.Random, rows: int) -> pl.Series:
    names = rng.sample(list(FIELDS), rng.randint(1, len(FIELDS)))
    columns = {name: [FIELDS[name][0](rng) if rng.random() < 0.4 else None for _ in range(rows)] for name in names}
    return pl.DataFrame(columns, schema={name: FIELDS[name][1] for name in names}).to_struct("data")


@pytest.mark.parametrize("data", ["struct", "text", "none"])
@pytest.mark.parametrize("keep", [False, True])
def test_own_histories_in_parquet(data: str, keep: bool, tmp_path: Path):
    """Histories of Tocsin's own with odd rows, copies and retractions, data as a struct or JSON text."""
    rng = random.Random(f"{data} {keep}")
    for rows in (2, 100):
        table = pl.DataFrame(own_rows(rng, rows), schema=HEAD_TYPES)
        if data != "none":
            whole = struct(rng, table.height) if data == "struct" else [JSON(rng) for _ in range(table.height)]
            table = table.with_columns(pl.Series("data", whole))
        if rng.random() < 0.5:
            table = table.drop("recorded_at", "kind")
        table.write_parquet(tmp_path / "h.parquet")
        check(tmp_path / "h.parquet", MODEL, keep_retracted=keep, skew=HOUR, skews={"shop": DAY})


def test_own_histories_with_typed_columns(tmp_path: Path):
    """Ids and keys as integers, instants as timestamps with a zone or without."""
    for zone in (None, "UTC", "America/New_York"):
        times = [datetime(2026, 3, 8, 1), datetime(2026, 3, 8, 4), datetime(1880, 1, 1)]
        table = pl.DataFrame(
            {
                "source": ["a", "a", "a"],
                "id": [1, 2, 3],
                "key": pl.Series([7, 7, 8], dtype=pl.UInt16),
                "type": ["placed", "paid", "placed"],
                "occurred_at": pl.Series(times, dtype=pl.Datetime("ns")).dt.replace_time_zone(zone),
                "recorded_at": [None, date(2026, 3, 9), date(2026, 3, 9)],
            }
        )
        table.write_parquet(tmp_path / "h.parquet")
        found = check(tmp_path / "h.parquet", MODEL)
        assert found.count == (2 if zone == "America/New_York" else 3)


def test_other_types_of_columns_are_refused_alike(tmp_path: Path):
    """Numbers with a fraction as ids, texts that are long, and columns that are not there."""
    usual = {"source": ["a"], "id": ["1"], "key": ["A"], "type": ["placed"], "occurred_at": ["2026-03-08T00:00:00Z"]}
    for other in (
        {"id": [1.5]},
        {"key": [True]},
        {"channel": ["x"]},
        {"data": ["x" * 300_000]},
        {"key": ["k" * 60_000]},
    ):
        pl.DataFrame({**usual, **other}).write_parquet(tmp_path / "h.parquet")
        check(tmp_path / "h.parquet", MODEL)
    pl.DataFrame({"id": ["1"]}).write_parquet(tmp_path / "h.parquet")
    with pytest.raises(UnreadableSource, match="there is no column source"):
        read_columns(tmp_path / "h.parquet", MODEL)


def lines(rng: random.Random, rows: int) -> bytes:
    """JSON lines, some of them odd."""
    found = []
    for one in own_rows(rng, rows):
        data = JSON(rng)
        members = {name: value for name, value in one.items() if value is not None or rng.random() < 0.5}
        text = json.dumps(members, ensure_ascii=rng.random() < 0.5)
        found.append((text[:-1] + f', "data": {data}' * (data is not None) + "}").encode())
    usual = {
        "source": "a",
        "id": "c",
        "key": "A",
        "type": "placed",
        "occurred_at": "2026-03-01",
        "data": {"channel": "?"},
    }
    broken = json.dumps(usual).encode().replace(b"?", b"\xff")
    cloud = {
        "specversion": "1.0",
        "source": "shop",
        "id": "c",
        "subject": "A-9",
        "type": "placed",
        "time": "2026-03-01",
    }
    odd = [b"", b"  ", b'{"id": 7}', b"\xff", b'{"source": "\xff"}', broken, json.dumps(cloud).encode(), b"{}"]
    return b"\n".join([*found, *odd, b'{"source": "' + b"a" * 300_000 + b'"}', json.dumps(usual).encode()])


@pytest.mark.parametrize("name", ["h.jsonl", "h.jsonl.gz", "h.json"])
def test_json_lines(name: str, tmp_path: Path):
    """Histories as JSON lines, or as one JSON array."""
    rng = random.Random(name)
    for rows in (1, 90):
        text = b"\xef\xbb\xbf" + lines(rng, rows)
        if name == "h.json":
            text = json.dumps([{"id": "1"}, {**own_rows(rng, 20)[3], "id": "2"}]).encode()
        (tmp_path / name).write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
        check(tmp_path / name, MODEL, keep_retracted=rows == 90, skew=HOUR, skews={"shop": DAY})


def test_files_that_break_off(tmp_path: Path):
    """What cannot be read to its end, or is no such file, is refused as by the reader of rows."""
    for name, text in {
        "h.jsonl.gz": gzip.compress(lines(random.Random(1), 20))[:-20],
        "t.csv.gz": gzip.compress(b"k,y,t\nA,placed,2026-01-01\n")[:-9],
        "t.csv": b"k,y,t\nA,placed,\xff\n",
        "h.parquet": b"PAR1 no",
        "h.parquet.gz": b"no",
        "h.txt": b"no",
    }.items():
        (tmp_path / name).write_bytes(text)
        how = mapping(LONG) if name.startswith("t") else None
        said = []
        for reader in (read_history, read_columns):
            with pytest.raises(UnreadableSource) as refused:
                reader(tmp_path / name, MODEL, how)
            said.append(str(refused.value))
        assert said[0] == said[1]


def test_no_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A history that is larger than memory says how much room it needs, and where."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(free=1))
    (tmp_path / "t.csv").write_bytes(b"k,y,t\n" + b"A,placed,2026-01-01\n" * 50)
    with pytest.raises(UnreadableSource, match="TMPDIR"):
        read_columns(tmp_path / "t.csv", MODEL, mapping(LONG), whole=1)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(300))
def test_random_files(seed: int, tmp_path: Path):
    """Many more files of every kind."""
    rng = random.Random(seed)
    rows = rng.choice((1, 3, 10, 40, 150, 400))
    (tmp_path / "h.jsonl").write_bytes(lines(rng, rows))
    check(tmp_path / "h.jsonl", MODEL, keep_retracted=rng.random() < 0.5, skew=HOUR, skews={"shop": DAY})
    table = pl.DataFrame(own_rows(rng, rows), schema=HEAD_TYPES)
    for data in (struct(rng, table.height), pl.Series([JSON(rng) for _ in range(table.height)], dtype=pl.String)):
        table.with_columns(data.alias("data")).write_parquet(tmp_path / "h.parquet")
        check(tmp_path / "h.parquet", MODEL, keep_retracted=rng.random() < 0.5, skew=HOUR, skews={"shop": DAY})
    for mappings in (LONG_MAPPINGS, WIDE_MAPPINGS):
        keys = mostly(lambda rng: f"A-{rng.randint(1, 3 * rows)}", "", None, " A-1 ", "é", "e\u0301", "a\0b")
        cells = {**TEXTS, "k": keys}
        table = pl.DataFrame(frame(rng, rows, cells), schema=dict.fromkeys(TEXTS, pl.String))
        for name in ("t.csv", "t.parquet"):
            write(tmp_path / name, table)
            check(tmp_path / name, MODEL, mapping(rng.choice(list(mappings.values()))))

"""Files read as columns: the same events, refusals and reports as the readers of rows give, whatever the dirt."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from simulator.columns.events import EventColumns
from simulator.columns.reading import ColumnHistory, read_columns
from simulator.columns.reading_events import from_events
from simulator.history import read_history
from streams.model import Model
from streams.sources.mapping import TableMapping
from tests.streams.mapped import mapping
from tests.streams.models import model

MODEL = model()
Cells = Callable[[random.Random], Any]


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
    types = [events.types[place] for place in events.type.tolist()]
    return list(zip(keys, occurred_at, recorded_at, types, data, strict=True))


def check(path: Path, of: Model, how: TableMapping | None = None, **options: Any) -> ColumnHistory:
    """Both readers agree."""
    expected = read_history(path, of, how, **options)
    found = read_columns(path, of, how, **options)
    columns = from_events(expected.events, of)
    for kind in of.kinds:
        if kind in found.kinds or len(columns[kind]):
            assert told(found.events(kind)) == told(columns[kind])
            together = [row for part in found.partitions(kind) for row in told(part)]
            assert together == told(columns[kind])
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
    "unreadable": LONG.replace("occurred_at: t", "occurred_at: {value: never}"),
}  # fmt: skip


@pytest.mark.parametrize("name", LONG_MAPPINGS)
@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_long_tables_of_texts(name: str, suffix: str, tmp_path: Path):
    """Long tables whose cells are texts, some of them odd."""
    rng = random.Random(name)
    for rows in (0, 1, 300):
        write(tmp_path / f"t.{suffix}", pl.DataFrame(frame(rng, rows, TEXTS), schema=dict.fromkeys(TEXTS, pl.String)))
        check(tmp_path / f"t.{suffix}", MODEL, mapping(LONG_MAPPINGS[name]))


def write(path: Path, table: pl.DataFrame) -> None:
    if path.suffix == ".parquet":
        table.write_parquet(path)
    else:
        table.write_csv(path)

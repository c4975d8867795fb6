"""Generated histories and their truth to files: Parquet, or JSON lines as the service takes them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final, TextIO

import msgspec
import polars as pl

from simulator.generator.history import Batch
from simulator.generator.rows import EVENTS, TRUTH
from simulator.history_writing import write_parquet

SUFFIXES: Final = (".parquet", ".jsonl", ".ndjson")
_PARQUET: Final = ".parquet"
_SLICE: Final = 20_000

Told = Callable[[Batch], None]


def write_history(batches: Iterable[Batch], events: Path, truth: Path | None, told: Told = lambda batch: None) -> None:
    """Each batch is written before the next is made; `told` hears of each. Raises OSError."""
    with ExitStack() as stack:
        lines = None if events.suffix == _PARQUET else stack.enter_context(events.open("w", encoding="utf-8"))
        kept: list[pl.DataFrame] = []

        def written() -> Iterator[pl.DataFrame]:
            for batch in batches:
                kept.append(batch.truth)
                yield batch.events
                told(batch)

        if lines is None:
            write_parquet(events, written(), pl.Schema(EVENTS))
        else:
            for frame in written():
                _write_lines(lines, frame)
    if truth is not None:
        _write_truth(truth, pl.concat([pl.DataFrame(schema=TRUTH), *kept]))


def _write_truth(path: Path, truth: pl.DataFrame) -> None:
    if path.suffix == _PARQUET:
        truth.write_parquet(path)
        return
    with path.open("w", encoding="utf-8") as lines:
        _write_lines(lines, truth)


def read_truth(path: Path) -> pl.DataFrame:
    """What write_history wrote as the truth."""
    if path.suffix == _PARQUET:
        return pl.read_parquet(path)
    at = pl.col("at").str.to_datetime("%+", time_unit="us", time_zone="UTC")
    return pl.read_ndjson(path, schema={**TRUTH, "at": pl.String}).with_columns(at)


def _write_lines(lines: TextIO, frame: pl.DataFrame) -> None:
    for piece in frame.iter_slices(_SLICE):
        lines.writelines(_line(row) for row in piece.iter_rows(named=True))


def _line(row: dict[str, Any]) -> str:
    """A null in the data is no value: in JSON it would remove the field."""
    data = row.get("data")
    if data is not None:
        row["data"] = {name: value for name, value in data.items() if value is not None}
    return msgspec.json.encode(row).decode() + "\n"

"""Outcomes out of a table that others keep: FILE:COLUMN, or FILE:KEY:COLUMN where the keys are not in the first one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from simulator.backtest.outcomes import OUTCOMES, closed_since
from simulator.frames import INSTANT, last_snapshots
from streams.errors import UnreadableSource
from streams.instants import Instant, from_datetime, parse_instant
from streams.sources.mapping import CsvOptions
from streams.sources.table import BadRow, Table, require_columns
from streams.sources.tables import open_table
from streams.text import nfc

_YES: Final = ("true", "yes", "y", "1", "1.0", "是", "有")
_NO: Final = ("false", "no", "n", "0", "0.0", "否", "无")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeColumn:
    """`answers`: of each key listed, since when it came about; True or False where the table says only that."""

    name: str
    answers: dict[str, Instant | bool]
    dated: bool  # an empty cell is no outcome, or none yet; else it is nothing known


def read_outcome_column(text: str, zone: ZoneInfo) -> OutcomeColumn:
    """Raises UnreadableSource."""
    path, key, column = _parts(text)
    table = open_table(path, CsvOptions())
    key = table.columns[0] if key is None else key
    require_columns(table, [key, column])
    rows = (row for row in table.rows([key, column]) if not isinstance(row, BadRow))
    answers = {nfc(str(name).strip()): _answer(cell, table, column, zone) for name, cell in rows}
    known = {one: answer for one, answer in answers.items() if answer is not None}
    kinds = {isinstance(answer, bool) for answer in known.values()}
    if len(kinds) > 1:
        raise UnreadableSource(
            f"{table.file}: the column {column} has instants and yes or no mixed",
            f"{table.file}：列 {column} 中既有时刻又有是否",
        )
    return OutcomeColumn(name=f"{path.name}:{column}", answers=known, dated=kinds == {False})


def outcomes_of_column(column: OutcomeColumn, snapshots: pl.DataFrame, until: Instant) -> pl.DataFrame:
    """The OUTCOMES of all entities. What comes after `until` is not known yet; of an open one it may still come."""
    known = last_snapshots(snapshots).select("key", "begun_at").join(closed_since(snapshots), on="key", how="left")
    rows: list[tuple[bool | None, Instant | None]] = []
    for key, closed in known.select("key", pl.col("closed_at").is_not_null()).iter_rows():
        answer = column.answers.get(key)
        if isinstance(answer, bool):
            rows.append((answer, None))
        elif answer is None or answer > until:
            rows.append((False if column.dated and closed and answer is None else None, None))
        else:
            rows.append((True, answer))
    told = pl.DataFrame(rows, schema={"outcome": pl.Boolean, "outcome_at": INSTANT}, orient="row")
    return known.hstack(told).select(list(OUTCOMES))


def _parts(text: str) -> tuple[Path, str | None, str]:
    path, _, column = text.rpartition(":")
    if not path:
        raise UnreadableSource(
            f"{text}: expected FILE:COLUMN, or FILE:KEY:COLUMN", f"{text}：应为 文件:列 或 文件:主键列:列"
        )
    if not Path(path).exists() and ":" in path:
        file, _, key = path.rpartition(":")
        return Path(file), nfc(key.strip()), nfc(column.strip())
    return Path(path), None, nfc(column.strip())


def _answer(cell: object, table: Table, column: str, zone: ZoneInfo) -> Instant | bool | None:
    if cell is None or isinstance(cell, bool):
        return cell
    if hasattr(cell, "tzinfo") and hasattr(cell, "isoformat"):  # a datetime of Parquet or Excel
        return from_datetime(cell if cell.tzinfo else cell.replace(tzinfo=zone))  # type: ignore[arg-type, attr-defined]
    text = str(cell).strip()
    if not text:
        return None
    if text.casefold() in (*_YES, *_NO):
        return text.casefold() in _YES
    try:
        return parse_instant(text, zone)
    except ValueError:
        raise UnreadableSource(
            f"{table.file}: the column {column} has {text!r}; expected instants, or yes and no",
            f"{table.file}：列 {column} 中有“{text}”；应为时刻，或是与否",
        ) from None

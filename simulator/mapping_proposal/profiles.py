"""What stands in the columns of a table, as far as a sample of its rows shows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from simulator.mapping_proposal.times import Times, guess_times
from simulator.mapping_proposal.words import FALSE, MISSING, TIMES, TRUE, Name
from streams.sources.mapping_cells import cell_text
from streams.sources.table import BadRow, Table

_SAMPLE: Final = 20_000  # rows
_DISTINCT: Final = 2_000  # values that are looked at
_POINT: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_COMMA: Final = re.compile(r"[+-]?[0-9]+(,[0-9]+)?")
_TAKEN: Final = ("", "@first", "@last")  # names that mean something else in a mapping
_THOUSANDS: Final = re.compile(r"[+-]?[0-9]{1,3}([., '][0-9]{3})+([.,][0-9]+)?")


@dataclass(frozen=True, slots=True)
class Numbers:
    whole: bool
    decimal: str  # "." or ","; whole numbers have "."
    thousands: bool = False  # with signs between thousands, which no reader takes


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its name as the file has it. `counted` are its commonest texts."""

    name: str
    called: Name
    rows: int
    filled: int
    distinct: int
    counted: tuple[tuple[str, int], ...]
    times: Times | None
    numbers: Numbers | None
    truth: dict[str, bool] | None  # text -> what it means, where all texts are words for yes and no
    missing: frozenset[str]  # texts that stand for no value

    @property
    def unique(self) -> bool:
        return self.filled == self.rows == self.distinct > 0

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for text, _ in self.counted)


@dataclass(frozen=True, slots=True)
class Sample:
    columns: tuple[Column, ...]
    rows: int
    whole: bool  # these are all rows of the table
    twice: tuple[str, ...]  # names that several columns have
    cells: dict[str, list[str]]  # column -> its texts, row by row

    def column(self, name: str) -> Column | None:
        return next((column for column in self.columns if column.name == name), None)


def read_sample(table: Table) -> Sample:
    """Raises UnreadableSource."""
    counted = Counter(table.columns)
    names = [name for name in dict.fromkeys(table.columns) if name not in _TAKEN and counted[name] == 1]
    rows = [row for row in islice(table.rows(names), _SAMPLE + 1) if not isinstance(row, BadRow)]
    taken = rows[:_SAMPLE]
    columns = tuple(_column(name, [row[place] for row in taken]) for place, name in enumerate(names))
    return Sample(
        columns=columns,
        rows=len(taken),
        whole=len(rows) <= _SAMPLE,
        twice=tuple(name for name, count in counted.items() if name and count > 1),
        cells={name: [cell_text(row[place]) for row in taken] for place, name in enumerate(names)},
    )


def _column(name: str, cells: Sequence[Any]) -> Column:
    texts = Counter(text for cell in cells if (text := cell_text(cell)))
    called = Name.of(name)
    values = list({cell_text(cell): cell for cell in cells if cell_text(cell) not in ("", *MISSING)}.values())
    looked_at = values[:_DISTINCT]
    times = guess_times(looked_at, named=TIMES.are_in(called))
    numbers = None if times is not None else _numbers([cell_text(value) for value in looked_at])
    typed = times is not None or numbers is not None
    missing = frozenset(text for text in texts if text in MISSING and (typed or text in ("NULL", "\\N", "N/A", "#N/A")))
    kept = {text: count for text, count in texts.items() if text not in missing}
    return Column(
        name=name,
        called=called,
        rows=len(cells),
        filled=sum(kept.values()),
        distinct=len(kept),
        counted=tuple(sorted(kept.items(), key=lambda item: (-item[1], item[0]))[:100]),
        times=times,
        numbers=numbers,
        truth=_truth(kept),
        missing=missing,
    )


def _numbers(texts: Sequence[str]) -> Numbers | None:
    if not texts:
        return None
    if all(_POINT.fullmatch(text) for text in texts):
        return Numbers(all("." not in text and "e" not in text.lower() for text in texts), ".")
    if all(_COMMA.fullmatch(text) for text in texts):
        return Numbers(False, ",")
    if all(_THOUSANDS.fullmatch(text) or _POINT.fullmatch(text) or _COMMA.fullmatch(text) for text in texts):
        return Numbers(False, ".", thousands=True)
    return None


def _truth(texts: dict[str, int]) -> dict[str, bool] | None:
    found = {text: text.casefold() in TRUE for text in texts if text.casefold() in TRUE | FALSE}
    return found if found and len(found) == len(texts) and len(found) <= 4 else None

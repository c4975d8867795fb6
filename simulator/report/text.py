"""A report as plain text for a terminal: facts and tables in columns, charts left out."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from simulator.report.cells import all_days, cell_text
from simulator.report.document import Cell, CellKind, Chart, Document, Facts, Note, Section, Table
from streams.text import Language

MOST_ROWS: Final = 30  # of a table; reports and JSON have them all


def document_text(document: Document, language: Language, *, most_rows: int = MOST_ROWS) -> str:
    said = _Saying(language, document.zone, most_rows)
    parts = ["\n".join([document.title.say(language), *([document.about.say(language)] if document.about else [])])]
    return "\n\n".join([*parts, *("\n".join(said.section(section)) for section in document.sections)])


class _Saying:
    def __init__(self, language: Language, zone: ZoneInfo, most_rows: int) -> None:
        self._language: Language = language
        self._zone = zone
        self._most_rows = most_rows

    def section(self, section: Section) -> Iterator[str]:
        title = section.title.say(self._language)
        yield title
        yield "-" * _width(title)
        if section.about is not None:
            yield section.about.say(self._language)
        for part in section.parts:
            match part:
                case Facts():
                    yield from self._facts(part)
                case Table():
                    yield ""
                    yield from self._table(part)
                case Note(text=text, warning=warning):
                    yield ("! " if warning else "* ") + text.say(self._language)
                case Chart():
                    pass

    def _facts(self, facts: Facts) -> Iterator[str]:
        rows = [
            (
                f"  {fact.label.say(self._language)}",
                self._cells([fact.value], fact.kind)[0],
                "" if fact.about is None else fact.about.say(self._language),
            )
            for fact in facts.facts
        ]
        return _aligned(rows, (False, True, False))

    def _table(self, table: Table) -> Iterator[str]:
        yield table.title.say(self._language)
        if table.about is not None:
            yield table.about.say(self._language)
        shown = table.rows[: self._most_rows]
        columns = [
            [head.label.say(self._language), *self._cells([row[place] for row in shown], head.kind)]
            for place, head in enumerate(table.heads)
        ]
        rows = [("  " + row[0], *row[1:]) for row in zip(*columns, strict=True)]
        yield from _aligned(rows, [head.kind != "text" for head in table.heads])
        left = len(table.rows) - len(shown)
        if left:
            yield f"  …… 另有 {left} 行" if self._language == "zh" else f"  ... and {left} more"

    def _cells(self, cells: Sequence[Cell], kind: CellKind) -> list[str]:
        dates_only = kind == "instant" and all_days(cells, self._zone)
        return [cell_text(cell, kind, self._language, self._zone, dates_only=dates_only) for cell in cells]


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> Iterator[str]:
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            " " * (width - _width(cell)) + cell if to_the_right else cell + " " * (width - _width(cell))
            for cell, width, to_the_right in zip(row, widths, right, strict=True)
        ]
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    """In columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)

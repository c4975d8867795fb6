"""A report as one HTML file: opens from a disk, asks nothing of any network, shows both languages, prints."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from notifiers.localise import one_line
from simulator.report import words
from simulator.report.cells import all_days, cell_text, has_value, label_text
from simulator.report.charts import chart_svg, to_draw
from simulator.report.document import Cell, CellKind, Chart, Document, Facts, Head, Note, Part, Section, Table
from simulator.report.figures import figures_of
from simulator.report.style import DARK, EDGE, HAIR, INK, NARROW, QUIET, SURFACE, WIDE
from streams.text import Language, Text

Progress = Callable[[int], None]  # called with the number of charts drawn since the last call

_FOLDER: Final = Path(__file__).parent / "templates"
_DARK_PAGE: Final = (
    "--ground:#141517;--sunken:#25282c;--accent:#8c9eff;--accent-soft:#262b4a;--caution:#ffb066;--caution-soft:#38260f;"
)
_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
_MOST_ROWS: Final = 2_000  # of a table in the page; the JSON has all
_LONGEST: Final = 5_000  # characters of a sentence
_KEY: Final = 24  # characters, of one word
_SHORT: Final = 14  # of a few words
_SENTENCE: Final = 40
_LONG: Final = 20  # rows that are seen before one asks for all
_FILTERED: Final = 10  # with more rows there is a filter


_Shown = tuple[Literal["facts", "note", "notes", "table", "chart"], Any]  # a macro of the template, and for what


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    language: Language
    wide: Markup
    narrow: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class _TableView:
    id: str
    table: Table
    heads: tuple[Head, ...]
    rows: list[Markup]
    left_out: int

    @property
    def long(self) -> bool:
        return len(self.rows) > _LONG

    @property
    def filtered(self) -> bool:
        return len(self.rows) > _FILTERED

    @property
    def tipped(self) -> bool:
        return any(head.about is not None for head in self.heads)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ChartView:
    chart: Chart
    drawings: list[_Drawing]  # none: there is nothing to draw
    figures: _TableView
    note: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _SectionView:
    name: str
    title: Text
    about: Text | None
    parts: list[_Shown]


def write_html(document: Document, path: Path, language: Language, *, progress: Progress = lambda drawn: None) -> None:
    """`language` is the one that shows first. Raises OSError where the file cannot be written."""
    path.write_text(html_of(document, language, progress=progress), encoding="utf-8")


def html_of(document: Document, language: Language, *, progress: Progress = lambda drawn: None) -> str:
    style = (_FOLDER / "report.css").read_text(encoding="utf-8") + _dark_style()
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    view = _Views(document, progress)
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["both"] = _both_clean
    return environment.get_template("report.html").render(
        document=document,
        language=language,
        sections=[view.section(section) for section in document.sections],
        cell=view.cell,
        label=label_text,
        words=words,
        zone=document.zone.key,
        style=Markup(style),
        style_hash=_hash(style),
        script=Markup(script),
        script_hash=_hash(script),
    )


class _Views:
    """The parts of a document as the template shows them."""

    def __init__(self, document: Document, progress: Progress) -> None:
        self._zone = document.zone
        self._progress = progress

    def section(self, section: Section) -> _SectionView:
        parts: list[_Shown] = []
        for remarks, run in groupby(section.parts, key=lambda part: isinstance(part, Note) and not part.warning):
            own = list(run)
            parts += [("notes", own)] if remarks and len(own) > 1 else [self._part(part) for part in own]
        return _SectionView(name=section.name, title=section.title, about=section.about, parts=parts)

    def cell(self, cell: Cell, kind: CellKind, *, dates_only: bool | None = None) -> Markup:
        if dates_only is None:
            dates_only = kind == "instant" and all_days([cell], self._zone)
        if kind in ("number", "share", "instant") and not isinstance(cell, Text | bool):
            return escape(cell_text(cell, kind, "en", self._zone, dates_only=dates_only))  # the same in both
        zh, en = (cell_text(cell, kind, language, self._zone, dates_only=dates_only) for language in _LANGUAGES)
        return _both(Text(zh=zh, en=en))

    def _part(self, part: Part) -> _Shown:
        match part:
            case Facts():
                return "facts", part
            case Note():
                return "note", part
            case Table():
                return "table", self._table(part, part.name)
            case Chart():
                return "chart", self._chart(part)

    def _table(self, table: Table, id_: str) -> _TableView:
        days = [
            head.kind == "instant" and all_days((row[at] for row in table.rows), self._zone)
            for at, head in enumerate(table.heads)
        ]
        shown = table.rows[:_MOST_ROWS]
        rows = [
            Markup("").join(
                self._table_cell(cell, head.kind, only) for cell, head, only in zip(row, table.heads, days, strict=True)
            )
            for row in shown
        ]
        return _TableView(
            id=f"table-{id_}", table=table, heads=table.heads, rows=rows, left_out=len(table.rows) - len(shown)
        )

    def _table_cell(self, cell: Cell, kind: CellKind, dates_only: bool) -> Markup:
        """With its raw value, by which it is sorted, where that is a number."""
        shown = self.cell(cell, kind, dates_only=dates_only)
        if kind == "text":
            return Markup("<td{}>{}</td>").format(_width(cell), shown)
        raw = cell if isinstance(cell, int | float) and has_value(cell) else ""
        return Markup('<td data-v="{}">{}</td>').format(raw, shown)

    def _chart(self, chart: Chart) -> _ChartView:
        drawn, note = to_draw(chart)
        figures = self._table(figures_of(drawn), f"figures-{chart.name}")
        drawings = [self._drawing(drawn, language) for language in _LANGUAGES] if drawn.points else []
        self._progress(1)
        return _ChartView(chart=chart, drawings=drawings, figures=figures, note=note)

    def _drawing(self, chart: Chart, language: Language) -> _Drawing:
        """Twice, since letters that are made smaller with their chart cannot be read on a phone."""
        wide, narrow = (Markup(chart_svg(chart, language, self._zone, width)) for width in (WIDE, NARROW))
        return _Drawing(language=language, wide=wide, narrow=narrow)


def _both(text: Text) -> Markup:
    """Both languages, one of which the page shows; one text where they do not differ."""
    if text.zh == text.en:
        return escape(text.zh)
    return Markup('<span lang="zh">{}</span><span lang="en">{}</span>').format(text.zh, text.en)


def _width(cell: Cell) -> Markup:
    """Keys are not broken, and sentences get room, whatever the width of the screen."""
    longest = max((cell.zh, cell.en), key=len) if isinstance(cell, Text) else str(cell)
    if len(longest) <= _SHORT or (len(longest) <= _KEY and " " not in longest):
        return Markup(' class="one"')
    return Markup(' class="many"') if len(longest) > _SENTENCE else Markup("")


def _both_clean(text: Text) -> Markup:
    return _both(Text(zh=one_line(text.zh, _LONGEST), en=one_line(text.en, _LONGEST)))


def _dark_style() -> str:
    """On screens that are dark. Charts name their colours, so each is replaced by its value."""
    roles = {"surface": SURFACE, "ink": INK, "quiet": QUIET, "hair": HAIR, "edge": EDGE}
    own = "".join(f"--{name}:{DARK[colour]};" for name, colour in roles.items())
    charts = "".join(
        f'.drawing [{part}="{light}"]{{{part}:{dark}}}' for light, dark in DARK.items() for part in ("fill", "stroke")
    )
    return f"@media screen and (prefers-color-scheme: dark){{:root{{{own}{_DARK_PAGE}}}{charts}}}"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

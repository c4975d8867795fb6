"""A report as JSON: everything that the page shows and leaves out, under stable keys, numbers as they were computed.

    {"title": {"zh", "en"}, "about", "zone", "sections": {NAME: {"title", "about", "facts": [...], "notes": [...],
     "tables": {NAME: {"title", "about", "columns": [{"label", "kind", "unit"}], "rows": [[...]]}},
     "charts": {NAME: {"title", "about", "mark", "x", "y", "value", "points": [...], "references": [...]}}}}}

Instants are texts as in result files; the unit of each other kind stands with its column, axis or fact.
"""

import math
from collections.abc import Mapping
from typing import Any, Final

from simulator.report.document import Axis, Cell, CellKind, Chart, Document, Fact, Facts, Head, Note, Section, Table
from streams.instants import format_instant
from streams.text import Text

_UNITS: Final[Mapping[CellKind, str | None]] = {
    "text": None,
    "number": None,
    "share": "of 1",
    "duration": "microseconds",
    "instant": "RFC 3339",
}


def document_json(document: Document) -> dict[str, Any]:
    return {
        "title": _text(document.title),
        "about": _text(document.about),
        "zone": document.zone.key,
        "sections": {section.name: _section(section) for section in document.sections},
    }


def _section(section: Section) -> dict[str, Any]:
    found: dict[str, Any] = {"title": _text(section.title), "about": _text(section.about)}
    found |= {"facts": [], "notes": [], "tables": {}, "charts": {}}
    for part in section.parts:
        match part:
            case Facts(facts=facts):
                found["facts"] += [_fact(fact) for fact in facts]
            case Note(text=text, warning=warning):
                found["notes"].append({"text": _text(text), "warning": warning})
            case Table():
                found["tables"][part.name] = _table(part)
            case Chart():
                found["charts"][part.name] = _chart(part)
    return found


def _fact(fact: Fact) -> dict[str, Any]:
    return {**_meaning(fact.label, fact.kind), "value": _cell(fact.value, fact.kind), "about": _text(fact.about)}


def _table(table: Table) -> dict[str, Any]:
    kinds = [head.kind for head in table.heads]
    return {
        "title": _text(table.title),
        "about": _text(table.about),
        "columns": [_column(head) for head in table.heads],
        "rows": [[_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)] for row in table.rows],
    }


def _column(head: Head) -> dict[str, Any]:
    return {**_meaning(head.label, head.kind), "about": _text(head.about)}


def _chart(chart: Chart) -> dict[str, Any]:
    kinds: dict[str, CellKind] = {"x": chart.x.kind, "x2": chart.x.kind, "series": "text", "label": "text"}
    kinds |= {"y": chart.y.kind, "low": chart.y.kind, "high": chart.y.kind}
    kinds["value"] = "number" if chart.value is None else chart.value.kind
    return {
        "title": _text(chart.title),
        "about": _text(chart.about),
        "mark": chart.mark,
        "stacked": chart.stacked,
        "x": _axis(chart.x),
        "y": _axis(chart.y),
        "value": None if chart.value is None else _axis(chart.value),
        "points": [
            {key: _cell(point[key], kind) for key, kind in kinds.items() if key in point} for point in chart.points
        ],
        "references": [
            {"label": _text(one.label), "axis": one.axis, "at": _cell(one.at, kinds[one.axis])}
            for one in chart.references
        ],
    }


def _axis(axis: Axis) -> dict[str, Any]:
    return _meaning(axis.label, axis.kind)


def _meaning(label: Text, kind: CellKind) -> dict[str, Any]:
    return {"label": _text(label), "kind": kind, "unit": _UNITS[kind]}


def _cell(cell: Cell, kind: CellKind) -> Any:
    """JSON has no infinite numbers and none that are not one."""
    match cell:
        case Text():
            return _text(cell)
        case float() if not math.isfinite(cell):
            return None
        case int() | float() if kind == "instant":
            return format_instant(int(cell))
        case _:
            return cell


def _text(text: Text | None) -> dict[str, str] | None:
    return None if text is None else {"zh": text.zh, "en": text.en}

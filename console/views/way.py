"""An entity's way as a line of nodes, with planned and actual times."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from console.viewer import Viewer
from streams.instants import Instant, Micros
from streams.model import FieldType, Kind, Values

NodeState = Literal["done", "late", "now", "overdue", "ahead", "passed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """`gap`: how late it was reached, how long it is overdue, or how long is left; None where nothing was planned."""

    name: str
    label: str
    state: NodeState
    at: Instant | None
    due: Instant | None
    gap: Micros | None
    off_path: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    name: str
    value: str
    instant: Instant | None = None
    rows: tuple[tuple[str, ...], ...] = ()
    columns: tuple[str, ...] = ()


def way_of(kind: Kind, values: Values, viewer: Viewer) -> list[NodeView]:
    """Nodes in the model's order; those off the path only where they were reached.

    `now` is the next one to come; `passed` was not seen though a later one was.
    """
    views: list[NodeView] = []
    closed = bool(values.get("closed"))
    next_is_known = closed
    reached = [node.place for node in kind.nodes.values() if not node.off_path and f"{node.name}.at" in values]
    last = max(reached, default=-1)
    for node in kind.nodes.values():
        at, due = _instant(values, f"{node.name}.at"), _instant(values, f"{node.name}.due")
        if at is None and node.off_path:
            continue
        state: NodeState
        if at is not None:
            state = "late" if due is not None and at > due else "done"
        elif node.place < last:
            state = "passed"
        else:
            state = "ahead" if next_is_known else "now"
            next_is_known = True
            if due is not None and viewer.now > due and not closed:
                state = "overdue"
        over = due is None or (at is None and (closed or state == "passed"))
        views.append(
            NodeView(
                name=node.name,
                label=node.label.say(viewer.language),
                state=state,
                at=at,
                due=due,
                gap=None if over or due is None else abs((viewer.now if at is None else at) - due),
                off_path=node.off_path,
            )
        )
    return views


def fields_of(kind: Kind, values: Values, viewer: Viewer) -> list[FieldView]:
    """The declared fields that have a value, in the model's order."""
    views = []
    for name, field in kind.fields.items():
        value: Any = values.get(name)
        if value is None:
            continue
        if field.type is FieldType.RECORDS:
            columns = tuple(field.columns) or tuple({column: None for record in value for column in record})
            rows = tuple(tuple(show(record.get(column), viewer) for column in columns) for record in value)
            views.append(FieldView(name=name, value="", rows=rows, columns=columns))
        elif field.type is FieldType.TIMESTAMP and isinstance(value, int):
            views.append(FieldView(name=name, value="", instant=value))
        else:
            views.append(FieldView(name=name, value=show(value, viewer)))
    return views


def show(value: Any, viewer: Viewer) -> str:
    """A value of an event or a snapshot as people read it."""
    zh = viewer.language == "zh"
    match value:
        case None:
            return "—"
        case bool():
            return ("是" if zh else "yes") if value else ("否" if zh else "no")
        case float():
            return viewer.number(value)
        case int():
            return viewer.moment(value)
        case tuple() | list():
            return ("、" if zh else ", ").join(show(item, viewer) for item in value)
        case Mapping():
            return ", ".join(f"{name} {show(item, viewer)}" for name, item in value.items())
        case _:
            return str(value)


def _instant(values: Values, name: str) -> Instant | None:
    value = values.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None

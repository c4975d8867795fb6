"""Which columns fit what the model has: stations, promises and fields."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from simulator.mapping_proposal.profiles import Column
from simulator.mapping_proposal.proposal import ProposedCell
from simulator.mapping_proposal.words import (
    CHANGED,
    PROMISES,
    RECORDED,
    STATES,
    STATIONS,
    TIMES,
    Name,
    label_name,
    likeness,
    station,
)
from streams.model import Field, FieldType, Kind, Node
from streams.text import Text, nfkc

_OF_PAPERS: Final = frozenset({"po", "so", "doc", "document"})


@dataclass(frozen=True, slots=True)
class Fit:
    """How the columns of a table fit one kind; `promises` and `nodes` are columns by node."""

    kind: Kind
    nodes: dict[str, Column]
    promises: dict[str, Column]
    guessed: frozenset[str]  # nodes whose promise does not say what it promises
    fields: dict[str, Column]
    rivals: dict[str, tuple[str, ...]]  # field -> other columns that fit as well
    called: bool  # a column is called after the kind

    @property
    def score(self) -> int:
        return 3 * len(self.nodes) + 2 * len(self.promises) + len(self.fields) + 2 * self.called


def fit(kind: Kind, columns: Collection[Column]) -> Fit:
    times = [column for column in columns if column.times is not None and not _beside(column)]
    promised = [column for column in times if is_promise(column.called)]
    happened = [column for column in times if column not in promised]
    nodes = _nodes(kind, happened)
    promises, guessed = promises_of(kind, promised, nodes)
    used = {column.name for column in (*nodes.values(), *promises.values())}
    fields, rivals = _fields(kind, columns, used)
    name = label_name(kind.name, kind.label)
    called = any(likeness(column.called, name) > 1 for column in columns)
    return Fit(kind, nodes, promises, guessed, fields, rivals, called)


def is_promise(called: Name) -> bool:
    """A confirmed delivery date is one too; a date of confirmation is not."""
    confirmed = STATIONS["confirmed"]
    if PROMISES.are_in(called) or not confirmed.are_in(called):
        return PROMISES.are_in(called)
    return station(called.without(confirmed.en)) in ("shipped", "received")


def _beside(column: Column) -> bool:
    """Of when the row was written, not of what happened."""
    return RECORDED.are_in(column.called) or CHANGED.are_in(column.called)


def recorded_column(columns: Iterable[Column]) -> Column | None:
    return next((one for one in columns if one.times is not None and RECORDED.are_in(one.called)), None)


def node_of(kind: Kind, called: Name) -> str | None:
    """The node that a name means: by its own name or label, else by what happens there."""
    # "order date" is like "order confirmed" in nothing but the kind.
    of_kind = label_name(kind.name, kind.label).words
    plain = called.without(of_kind)

    def likeness_to(node: Node) -> int:
        return likeness(plain, label_name(node.name, node.label).without(of_kind))

    best = max(kind.nodes.values(), key=likeness_to, default=None)
    if best is not None and likeness_to(best) >= 5:
        return best.name
    what = station(called)
    meant = (node.name for node in kind.nodes.values() if what and station(Name.of(node.name, node.label.en)) == what)
    by_label = (node.name for node in kind.nodes.values() if what and station(Name.of(node.label.zh)) == what)
    return next(meant, None) or next(by_label, None)


def _nodes(kind: Kind, columns: Iterable[Column]) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for column in columns:
        node = node_of(kind, column.called) or _begins(kind, column.called)
        if node is None:
            continue
        known = found.get(node)
        if known is None or _closer(kind.nodes[node], column, known):
            found[node] = column
    return {name: found[name] for name in kind.nodes if name in found}


def _begins(kind: Kind, called: Name) -> str | None:
    """A date with no word for what happened, as "PO date" or "日期", is when it began."""
    plain = called.words - TIMES.en - label_name(kind.name, kind.label).words - _OF_PAPERS
    only_chinese = not called.text.isascii() and called.text in TIMES.zh
    return next(iter(kind.nodes), None) if not plain or only_chinese else None


def _closer(node: Node, column: Column, known: Column) -> bool:
    name = label_name(node.name, node.label)
    return likeness(column.called, name) > likeness(known.called, name)


def promises_of(
    kind: Kind, columns: Iterable[Column], nodes: Collection[str]
) -> tuple[dict[str, Column], frozenset[str]]:
    """What a promise is about stands in its name, or else it is about the last station that the table knows."""
    way = [node.name for node in kind.nodes.values() if not node.off_path]
    found: dict[str, Column] = {}
    guessed: set[str] = set()
    for column in columns:
        without = column.called.without(PROMISES.en | STATIONS["confirmed"].en)
        node = node_of(kind, without) if station(without) not in (None, "placed") else None
        if node is None:
            later = way[1:] or way  # nobody promises that something begins
            node = _most_promised(kind, [name for name in later if name in nodes] or later)
            if node is not None and node not in found:
                guessed.add(node)
        if node is not None:
            found.setdefault(node, column)
    return found, frozenset(guessed & found.keys())


def _most_promised(kind: Kind, way: Sequence[str]) -> str | None:
    """What customers are promised: to receive something, or that it is sent; else the end of the way."""
    for what in ("received", "shipped"):
        for name in way:
            if station(label_name(name, kind.nodes[name].label)) == what:
                return name
    return way[-1] if way else None


def _fields(
    kind: Kind, columns: Iterable[Column], used: set[str]
) -> tuple[dict[str, Column], dict[str, tuple[str, ...]]]:
    """Best pairs first; a column fills one field."""
    pairs = [
        (likeness(column.called, label_name(field.name, field.label)), place, field, column)
        for place, column in enumerate(columns)
        for field in kind.fields.values()
        if can_be(column, field) and (column.name not in used or field.type is FieldType.TIMESTAMP)
    ]
    found: dict[str, Column] = {}
    scores: dict[str, int] = {}
    rivals: dict[str, list[str]] = {}
    taken: set[str] = set()
    for score, _, field, column in sorted(
        (pair for pair in pairs if pair[0] >= 2), key=lambda pair: (-pair[0], pair[1])
    ):
        if field.name in found:
            if score == scores[field.name]:
                rivals.setdefault(field.name, []).append(column.name)
        elif column.name not in taken:
            found[field.name], scores[field.name] = column, score
            taken.add(column.name)
    ordered = {name: found[name] for name in kind.fields if name in found}
    free = {name: tuple(other for other in others if other not in taken) for name, others in rivals.items()}
    return ordered, free


def can_be(column: Column, field: Field) -> bool:
    if not column.filled:
        return False
    match field.type:
        case FieldType.NUMBER:
            return column.numbers is not None and not column.numbers.thousands
        case FieldType.BOOL:
            return column.truth is not None
        case FieldType.TIMESTAMP:
            return column.times is not None
        case FieldType.STRING:
            return column.times is None
        case FieldType.LIST | FieldType.RECORDS:
            return column.numbers is None and column.times is None and all(text[0] == "[" for text in column.texts)


def field_cell(column: Column, field: Field, *, wide: bool, others: tuple[str, ...] = ()) -> ProposedCell:
    comment = None
    if others:
        names = ", ".join(others)
        comment = Text(zh=f"也可能是 {names}", en=f"or {names}?")
    if field.type is FieldType.BOOL and column.truth and not set(map(str.lower, column.truth)) <= {"true", "false"}:
        return ProposedCell(column=column.name, values=column.truth, comment=comment)
    as_ = column.times.as_ if field.type is FieldType.TIMESTAMP and column.times is not None else None
    last = wide and STATES.are_in(column.called)
    if last and comment is None:
        comment = Text(zh="表中是最后的状态", en="the table has the state at the end")
    return ProposedCell(column=column.name, as_=as_, at_last=last, comment=comment)


def event_type_of(kind: Kind, text: str) -> str | None:
    """What a text of an activity column means: a type of the kind, by its name, its label or what happens."""
    plain = nfkc(text)
    if plain in kind.reaches:
        return plain
    return node_of(kind, Name.of(text))

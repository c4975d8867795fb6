"""Another file beside the table, such as the lines of orders: how it joins, and what it tells."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from simulator.mapping_proposal.fitting import can_be, is_promise, promises_of
from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.proposal import Proposal, ProposedCell, ProposedTable
from simulator.mapping_proposal.words import label_name, likeness
from streams.model import Field, FieldType, Kind
from streams.text import Text

_ENOUGH: Final = 0.5  # of the other file's values that are found in the table's column


@dataclass(frozen=True, slots=True)
class _Pair:
    own: Column
    other: Column
    score: float


def with_joined(proposal: Proposal, kind: Kind, main: Sample, other: Sample, file: str) -> Proposal:
    """The proposal with this file under `tables`; with a doubt where nothing says how it joins."""
    pair = max(_pairs(proposal, main, other), key=lambda one: one.score, default=None)
    if pair is None:
        doubt = Text(
            zh=f"{file} 中没有一列的值出现在本表中，无法连接",
            en=f"no column of {file} holds values of this table, so that it cannot be joined",
        )
        return replace(proposal, doubts=(*proposal.doubts, doubt))
    records = _records(kind, other)
    name = re.sub(r"[^\w]+", "_", file.rpartition("/")[2].partition(".")[0]) if records is None else records.name
    table = ProposedTable(
        file=file,
        key=pair.other.name,
        by=None if pair.own.name == proposal.key else pair.own.name,
        fields={} if records is None else _fields(records, other),
    )
    due = dict(_promises(proposal, kind, main, other, name))
    used = {table.key, *(cell.column for cell in table.fields.values()), *(cell.column for cell in due.values())}
    missing = {text for column in other.columns if column.name in used for text in column.missing}
    return replace(
        proposal,
        tables={**proposal.tables, name: table},
        due={**due, **proposal.due},
        missing=tuple(sorted({*proposal.missing, *missing})),
    )


def _pairs(proposal: Proposal, main: Sample, other: Sample) -> Iterator[_Pair]:
    """Columns that hold the same values, best where the table's one is its key and both are called alike."""
    for theirs in other.columns:
        values = set(other.cells[theirs.name]) - {""}
        for own in main.columns:
            if own.times is not None or theirs.times is not None or not values or "{" in theirs.name + own.name:
                continue
            shared = len(values & set(main.cells[own.name])) / len(values)
            alike = likeness(theirs.called, own.called)
            if shared >= _ENOUGH and (alike >= 5 or own.name == proposal.key):
                yield _Pair(own, theirs, shared + alike / 10 + (own.name == proposal.key))


def _records(kind: Kind, other: Sample) -> Field | None:
    """The list-of-records field that the file fills best."""
    fields = [field for field in kind.fields.values() if field.type is FieldType.RECORDS]
    best = max(fields, key=lambda field: len(_fields(field, other)), default=None)
    return best if best is not None and _fields(best, other) else None


def _fields(records: Field, other: Sample) -> dict[str, ProposedCell]:
    found: dict[str, ProposedCell] = {}
    for name, type_ in records.columns.items():
        wanted = Field(name=name, type=type_)
        fitting = [column for column in other.columns if can_be(column, wanted) and _likeness(column, wanted) >= 2]
        if fitting:
            column = max(fitting, key=lambda one: _likeness(one, wanted))
            as_ = column.times.as_ if type_ is FieldType.TIMESTAMP and column.times is not None else None
            values = column.truth if type_ is FieldType.BOOL and column.truth is not None else {}
            found[name] = ProposedCell(column=column.name, as_=as_, values=values)
    return found


def _likeness(column: Column, wanted: Field) -> int:
    return likeness(column.called, label_name(wanted.name, wanted.label))


def _promises(
    proposal: Proposal, kind: Kind, main: Sample, other: Sample, name: str
) -> Iterator[tuple[str, ProposedCell]]:
    """What is promised line by line is kept when the last line is."""
    promised = [column for column in other.columns if column.times is not None and is_promise(column.called)]
    found, _ = promises_of(kind, promised, proposal.nodes)
    for node, column in found.items():
        assert column.times is not None
        cell = ProposedCell(
            column=f"{name}.{column.name}",
            as_=column.times.as_,
            take="max",
            comment=Text(zh="各行中最晚的", en="the latest of its rows"),
        )
        if column.times.by_day and node in proposal.nodes:
            reached = main.column(proposal.nodes[node].column)
            by_day = reached is None or reached.times is None or reached.times.by_day
            word = "date" if by_day else "end_of_day"
            cell = replace(cell, as_=word) if cell.as_ is None else replace(cell, day=word)
        yield node, cell

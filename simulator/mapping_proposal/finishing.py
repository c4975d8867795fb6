"""What all proposals share: promises' and fields' cells, doubts about times, and why a column is left out."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from simulator.mapping_proposal.fitting import Fit, field_cell, recorded_column
from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.proposal import LeftOut, Proposal, ProposedCell
from simulator.mapping_proposal.words import CHANGED, PROMISES
from streams.model import Kind
from streams.text import Text


def cell_of(column: Column) -> ProposedCell:
    return ProposedCell(column=column.name, as_=None if column.times is None else column.times.as_)


def field_cells(best: Fit, *, wide: bool, without: Collection[str] = ()) -> dict[str, ProposedCell]:
    """The key may be a field as well, where the model has it; a column in `without` says something else."""
    kind = best.kind
    return {
        name: field_cell(column, kind.fields[name], wide=wide, others=best.rivals.get(name, ()))
        for name, column in best.fields.items()
        if column.name not in without
    }


def happened(sample: Sample) -> list[Column]:
    return [
        column
        for column in sample.columns
        if column.times is not None
        and not PROMISES.are_in(column.called)
        and not CHANGED.are_in(column.called)
        and column is not recorded_column([column])
    ]


def columns_used(proposal: Proposal) -> set[str]:
    cells = [*proposal.nodes.values(), *proposal.due.values(), *proposal.fields.values()]
    cells += [one for one in (proposal.type, proposal.occurred_at, proposal.recorded_at) if one is not None]
    used = {cell.column for cell in cells if not cell.fixed} | {name for cell in cells for name in cell.only}
    return used | {proposal.key} | set(proposal.key.strip("{}").split("}-{"))


def finished(proposal: Proposal, sample: Sample, kind: Kind) -> Proposal:
    recorded = recorded_column(sample.columns)
    if recorded is not None and recorded.name not in columns_used(proposal):
        proposal = replace(proposal, recorded_at=cell_of(recorded))
    used = columns_used(proposal)
    columns = [column for column in sample.columns if column.name in used]
    missing = tuple(sorted({text for column in columns for text in column.missing}))
    commas = any(column.numbers and column.numbers.decimal == "," for column in columns)
    return replace(
        proposal,
        missing=missing,
        csv=replace(proposal.csv, decimal="," if commas else "."),
        doubts=(*proposal.doubts, *_doubts(columns, sample)),
        left_out=tuple(_left_out(sample, kind, used)),
    )


def _doubts(columns: Sequence[Column], sample: Sample) -> Iterable[Text]:
    points = [one.name for one in columns if one.numbers and not one.numbers.whole and one.numbers.decimal == "."]
    if points and any(one.numbers and one.numbers.decimal == "," for one in columns):
        names = ", ".join(points)
        yield Text(
            zh=f"有的数字用小数逗号，有的用小数点（{names}）：后者无法读取",
            en=f"some numbers have decimal commas, others points ({names}): the latter cannot be read",
        )
    for column in columns:
        if column.times is None:
            continue
        if column.times.other is not None:
            yield Text(
                zh=f"{column.name} 的日期有两种读法：按 {column.times.as_} 读取，也可能是 {column.times.other}；请确认",
                en=f"the days of {column.name} can be read both ways: {column.times.as_} is taken, it may be "
                f"{column.times.other}: please check",
            )
        if column.times.wrong:
            texts = ", ".join(column.times.wrong)
            yield Text(
                zh=f"{column.name} 中有不是时间的内容：{texts}；这些单元格会被列出",
                en=f"{column.name} has texts that are no times: {texts}; such cells will be listed",
            )
    for name in sample.twice:
        yield Text(zh=f"有多列名为 {name}，无法使用", en=f"several columns are called {name}, so that none can be used")


def zone_doubt(proposal: Proposal, sample: Sample, zone: ZoneInfo) -> tuple[Text, ...]:
    """What is said of the model's zone, unless somebody named another."""
    used = columns_used(proposal)
    local = [column.name for column in sample.columns if column.name in used and column.times and column.times.local]
    if not local:
        return ()
    names = ", ".join(local)
    return (
        Text(
            zh=f"{names} 没有写时区：按模型的时区 {zone.key} 读取；如不是，请用 --zone",
            en=f"{names} say no zone: they are read in the model's, {zone.key}; if that is wrong, use --zone",
        ),
    )


def _left_out(sample: Sample, kind: Kind, used: set[str]) -> Iterable[LeftOut]:
    for column in sample.columns:
        if column.name not in used:
            yield LeftOut(column.name, _why(column, kind))


def _why(column: Column, kind: Kind) -> Text:
    if not column.filled:
        return Text(zh="没有值", en="it has no values")
    if column.numbers is not None and column.numbers.thousands:
        return Text(
            zh=f"数字带千位分隔符，如 {column.texts[0]}，无法读取",
            en=f"its numbers have signs between thousands, such as {column.texts[0]}, which cannot be read",
        )
    if column.times is not None and CHANGED.are_in(column.called):
        return Text(
            zh="是行最后修改的时间，不是某一步的时间；如其实是某个节点，请写在 nodes 下",
            en="it is when the row was changed, not when a step happened; if it is one's time, put it under nodes",
        )
    if column.times is not None:
        return Text(zh=f"{kind.name} 没有像它的节点", en=f"{kind.name} has no node like it")
    return Text(zh=f"{kind.name} 没有像它的字段", en=f"{kind.name} has no field like it")

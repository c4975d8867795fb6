"""Tables that say how things are: stock, for instance."""

from simulator.mapping_proposal.finishing import cell_of, field_cells
from simulator.mapping_proposal.fitting import Fit
from simulator.mapping_proposal.keys import about_key, about_lines, no_key, unique_key
from simulator.mapping_proposal.profiles import Sample
from simulator.mapping_proposal.proposal import NoProposal, Proposal, ProposedCell
from simulator.mapping_proposal.words import (
    PROMISES,
)
from streams.model import Kind
from streams.text import Text


def states_proposal(sample: Sample, best: Fit, day: str) -> Proposal | NoProposal:
    """Rows that say how things are, not what happened: stock, for instance."""
    kind = best.kind
    key = unique_key(sample, kind)
    if key is None:
        return NoProposal(no_key(sample, kind))
    fields = field_cells(best, wide=False)
    lines = about_lines(sample, kind, key)
    if not fields:
        nothing = Text(
            zh=f"没有一列像 {kind.name} 的节点或字段。",
            en=f"no column is like a node or a field of {kind.name}. ",
        )
        more = lines[0] if lines else Text(zh="也许是另一种实体（--kind）？", en="Perhaps it is another kind (--kind)?")
        return NoProposal(Text(zh=nothing.zh + more.zh, en=nothing.en + more.en))
    occurred_at, doubt = _when(sample, kind, day)
    return Proposal(
        kind=kind.name,
        format="long",
        key=key,
        type=ProposedCell(column="updated", fixed=True),
        occurred_at=occurred_at,
        due={node: cell_of(column) for node, column in best.promises.items()},
        fields=fields,
        doubts=(*about_key(sample, kind, key), doubt, *lines),
    )


def _when(sample: Sample, kind: Kind, day: str) -> tuple[ProposedCell, Text]:
    """When the rows were true: a time that is no promise, or the file's own day."""
    times = [column for column in sample.columns if column.times is not None and not PROMISES.are_in(column.called)]
    if not times:
        return ProposedCell(column=day, fixed=True), Text(
            zh=f"没有一列说明这些数据何时属实；暂用文件的日期 {day}。请改为实际的日期",
            en=f"no column says when this was so; the file's own day is taken, {day}: write the day that it is about",
        )
    column = times[0].name
    node = next(iter(kind.nodes), None)
    return cell_of(times[0]), Text(
        zh=f"没有一列说明某一步何时发生；每行按 {column} 时的状态处理"
        + (
            f"。如果它就是某一步（如 {node}）的时间，请改为 format: wide 和 nodes: {{{node}: {column}}}" if node else ""
        ),
        en=f"no column says when a step happened; each row is taken as how things were at {column}"
        + (f". If that is when a step happened, write format: wide and nodes: {{{node}: {column}}}" if node else ""),
    )

"""From a table to a proposed mapping: format, kind and key, then each column in its place."""

from dataclasses import replace

from simulator.mapping_proposal.finishing import finished, happened
from simulator.mapping_proposal.fitting import fit
from simulator.mapping_proposal.long_tables import activity_of, long_proposal
from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.proposal import NoProposal, Proposal
from simulator.mapping_proposal.state_tables import states_proposal
from simulator.mapping_proposal.wide_tables import wide_proposal
from streams.model import Model
from streams.text import Text


def propose(sample: Sample, model: Model, *, kind: str | None = None, day: str) -> Proposal | NoProposal:
    """`day` dates rows without any time, such as counts of stock."""
    if not sample.rows:
        return NoProposal(Text(zh="表格没有数据行", en="the table has no rows"))
    if not sample.columns:
        return NoProposal(Text(zh="没有一列有自己的名称", en="no column has a name of its own"))
    sample = _one_way_round(sample)
    kinds = [model.kinds[kind]] if kind is not None else list(model.kinds.values())
    best = max((fit(one, sample.columns) for one in kinds), key=lambda one: one.score)
    activity = activity_of(sample, best.kind)
    proposal: Proposal | NoProposal
    if activity is not None:
        proposal = long_proposal(sample, best, activity)
    elif best.nodes or happened(sample):
        proposal = wide_proposal(sample, best)
    else:
        proposal = states_proposal(sample, best, day)
    if isinstance(proposal, NoProposal):
        return proposal
    return finished(proposal, sample, best.kind)


def _one_way_round(sample: Sample) -> Sample:
    """Columns that could be read both ways are read as the columns that could not."""
    sure = {
        column.times.as_[:2]
        for column in sample.columns
        if column.times and column.times.as_ and column.times.other is None and column.times.as_[:2] in ("%d", "%m")
    }
    if len(sure) != 1:
        return sample
    first = sure.pop()
    columns = tuple(_turned(column, first) for column in sample.columns)
    return replace(sample, columns=columns)


def _turned(column: Column, first: str) -> Column:
    times = column.times
    if times is None or times.other is None or times.as_ is None:
        return column
    format_ = times.as_ if times.as_.startswith(first) else times.other
    return replace(column, times=replace(times, as_=format_, other=None))

"""Tables with a row for each event."""

from collections.abc import Sequence
from typing import Final

from simulator.mapping_proposal.finishing import cell_of, field_cells, happened
from simulator.mapping_proposal.fitting import Fit, event_type_of, node_of
from simulator.mapping_proposal.keys import repeated_key
from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.proposal import NoProposal, Proposal, ProposedCell
from simulator.mapping_proposal.words import (
    ACTIVITIES,
)
from streams.model import Kind
from streams.text import Text

_MOST_TYPES: Final = 60  # texts of an activity column


def activity_of(sample: Sample, kind: Kind) -> Column | None:
    """The column of what happened, where each row is an event: few texts that the model knows, and one time."""
    times = happened(sample)
    if len(times) != 1 or node_of(kind, times[0].called) not in (None, *_first(kind)):
        return None
    found = [
        column
        for column in sample.columns
        if ACTIVITIES.are_in(column.called)
        and "{" not in column.name
        and 0 < column.distinct <= _MOST_TYPES
        and any(event_type_of(kind, text) for text in column.texts)
    ]
    found = [column for column in found if repeated_key(sample, kind, [column])]
    return max(found, key=lambda one: sum(event_type_of(kind, text) is not None for text in one.texts), default=None)


def _first(kind: Kind) -> list[str]:
    return list(kind.nodes)[:1]


def long_proposal(sample: Sample, best: Fit, activity: Column) -> Proposal | NoProposal:
    time = happened(sample)[0]
    key = repeated_key(sample, best.kind, [activity])
    assert key is not None  # or it would be no activity
    types, doubts = types_of(best.kind, activity.counted)
    return Proposal(
        kind=best.kind.name,
        format="long",
        key=key,
        type=ProposedCell(column=activity.name),
        types=types,
        occurred_at=ProposedCell(column=time.name, as_=None if time.times is None else time.times.as_),
        fields=field_cells(best, wide=False, without={activity.name}),
        due={node: cell_of(column) for node, column in best.promises.items()},
        doubts=doubts,
    )


def types_of(
    kind: Kind, counted: Sequence[tuple[str, int]], *, listed: bool = False
) -> tuple[dict[str, str], tuple[Text, ...]]:
    """What each text means, `listed` also where it is the type's own name; unknown ones are ignored, with a doubt."""
    types: dict[str, str] = {}
    unknown: list[str] = []
    for text, count in counted:
        meant = event_type_of(kind, text)
        if meant is None:
            types[text] = "ignore"
            unknown.append(f"{text} ({count})")
        elif meant != text or listed:
            types[text] = meant
    if not unknown:
        return types, ()
    named = ", ".join(unknown[:10]) + ("" if len(unknown) <= 10 else ", …")
    doubt = Text(
        zh=f"不知道这些是什么事件，暂时忽略：{named}。如对应某个节点，请在 types 中改写",
        en=f"it is not known what these are, so they are ignored: {named}. Where one is a node, say so under types",
    )
    return types, (doubt,)

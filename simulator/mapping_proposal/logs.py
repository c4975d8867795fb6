"""Event logs, XES and OCEL 2.0: their columns are given, so that only the model's side has to be found."""

from collections.abc import Sequence
from dataclasses import replace

from simulator.mapping_proposal.finishing import finished
from simulator.mapping_proposal.fitting import event_type_of, field_cell, fit
from simulator.mapping_proposal.long_tables import types_of
from simulator.mapping_proposal.profiles import Column, Sample
from simulator.mapping_proposal.proposal import NoProposal, Proposal, ProposedCell
from simulator.mapping_proposal.words import Name, label_name, likeness
from streams.model import Kind, Model
from streams.sources.ocel_log import ACTIVITY, EID, OID, TIMESTAMP, UPDATED
from streams.text import Text

_CASE, _CONCEPT, _TIME, _STEP = "case:concept:name", "concept:name", "time:timestamp", "lifecycle:transition"
_COMPLETE = "complete"


def propose_xes(sample: Sample, model: Model, *, kind: str | None = None) -> Proposal | NoProposal:
    """Of activities that say when they begin and end, the end is what happened."""
    steps = sample.column(_STEP)
    if steps is None or steps.distinct < 2:
        return _proposal(sample, model, kind, (_CASE, _CONCEPT, _TIME))
    found = _proposal(sample, model, kind, (_CASE, _CONCEPT, _TIME), suffix=f"+{_COMPLETE}")
    if isinstance(found, NoProposal):
        return found
    doubt = Text(
        zh=f"每个活动有多个阶段（{_STEP}）：只取 {_COMPLETE}",
        en=f"activities have several steps ({_STEP}): only {_COMPLETE} counts",
    )
    type_ = ProposedCell(column=f"{{{_CONCEPT}}}+{{{_STEP}}}")
    return replace(found, type=type_, types={**found.types, "*": "ignore"}, doubts=(*found.doubts, doubt))


def propose_ocel(sample: Sample, model: Model, object_type: str, *, kind: str | None = None) -> Proposal | NoProposal:
    found = _proposal(sample, model, kind, (OID, ACTIVITY, TIMESTAMP), but=(EID,))
    return found if isinstance(found, NoProposal) else replace(found, object_type=object_type)


def best_object_type(types: Sequence[str], model: Model, kind: str | None = None) -> str | None:
    """The one that is called like a kind of the model; without any, the first."""
    kinds = [model.kinds[kind]] if kind is not None else list(model.kinds.values())
    names = [label_name(one.name, one.label) for one in kinds]
    return max(types, key=lambda type_: max(likeness(Name.of(type_), name) for name in names), default=None)


def _proposal(
    sample: Sample,
    model: Model,
    kind_name: str | None,
    columns: tuple[str, str, str],
    *,
    suffix: str = "",
    but: tuple[str, ...] = (),
) -> Proposal | NoProposal:
    if not sample.rows:
        return NoProposal(Text(zh="日志中没有事件", en="the log has no events"))
    key, type_, time = columns
    activity = sample.column(type_)
    assert activity is not None  # every log has these columns
    counted = tuple((text, count) for text, count in activity.counted if text != UPDATED)
    others = [column for column in sample.columns if column.name not in (*columns, *but, _STEP)]
    kinds = [model.kinds[kind_name]] if kind_name is not None else list(model.kinds.values())
    kind = max(kinds, key=lambda one: _known(one, counted) * 3 + fit(one, others).score)
    types, doubts = types_of(kind, counted, listed=bool(suffix))
    chosen = fit(kind, others)
    proposal = Proposal(
        kind=kind.name,
        format="long",
        key=key,
        type=ProposedCell(column=type_),
        types={f"{text}{suffix}": meant for text, meant in types.items()},
        occurred_at=ProposedCell(column=time),
        fields={
            name: field_cell(column, kind.fields[name], wide=False, others=chosen.rivals.get(name, ()))
            for name, column in chosen.fields.items()
        },
        due={node: ProposedCell(column=column.name, as_=_as(column)) for node, column in chosen.promises.items()},
        doubts=doubts,
    )
    return finished(proposal, _without(sample, but), kind)


def _as(column: Column) -> str | None:
    return None if column.times is None else column.times.as_


def _without(sample: Sample, names: tuple[str, ...]) -> Sample:
    return replace(sample, columns=tuple(column for column in sample.columns if column.name not in names))


def _known(kind: Kind, counted: Sequence[tuple[str, int]]) -> int:
    return sum(event_type_of(kind, text) is not None for text, _ in counted)

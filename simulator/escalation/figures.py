"""What a rehearsal comes to: who was told how often and when, how soon somebody answered, how far the chains went."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from escalation.outbox import Purpose
from simulator.escalation.rehearsal import Rehearsal
from streams.instants import DAY, Micros

_ALL_CLEAR: Final = Purpose.RESOLVED.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """The worst of something: the day (of a night its evening), who had it, how many messages."""

    day: date
    person: str
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLoad:
    """Messages that arrived. `night`: those at night by the person's clock; `all_clear`: those that say it is over."""

    person: str
    messages: int
    all_clear: int
    night: int
    by_channel: Mapping[str, int]
    days: int  # with at least one message
    busiest: Peak
    acknowledged: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """From when incidents opened to their first acknowledgement, of those that were. None: nobody acknowledged any."""

    p50: Micros | None
    p90: Micros | None
    longest: Micros | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`told` = `acknowledged` + `over_before` + `waiting`: incidents of which at least one message arrived."""

    incidents: int
    without_chain: int  # shadow, found late, or no chain: nobody is to be told
    unreached: int  # they had a chain, and no message of it arrived
    told: int
    acknowledged: int
    over_before: int  # resolved before anybody acknowledged
    waiting: int  # neither at the end of the history
    run_out: int  # their chain came to its end
    days: int  # from the first opening to the end
    messages: int  # to people, those that arrived
    night: int
    to_groups: int
    failed: int  # left, and did not arrive
    answered: Answered
    people: tuple[PersonLoad, ...]  # most messages first
    busiest: Peak | None
    worst_night: Peak | None
    notifies: Mapping[int, int]  # notify steps that were taken -> incidents
    not_sent: Mapping[str, int]


def figures(rehearsal: Rehearsal) -> Figures:
    outcomes, messages = rehearsal.outcomes, rehearsal.messages
    told = outcomes.filter(pl.col("told_at").is_not_null())
    acknowledged = told.filter(pl.col("acknowledged_at").is_not_null())
    unanswered = told.filter(pl.col("acknowledged_at").is_null())
    over_before = unanswered.filter(pl.col("state") == "resolved").height
    people = personal(rehearsal)
    has_chain = outcomes.filter(pl.col("chain").is_not_null())
    counted = has_chain.group_by("notifies").len().sort("notifies")
    return Figures(
        incidents=outcomes.height,
        without_chain=outcomes.height - has_chain.height,
        unreached=has_chain.filter(pl.col("told_at").is_null()).height,
        told=told.height,
        acknowledged=acknowledged.height,
        over_before=over_before,
        waiting=unanswered.height - over_before,
        run_out=int(outcomes["run_out"].sum()),
        days=_days(rehearsal),
        messages=people.height,
        night=int(people["night"].sum()),
        to_groups=messages.filter(pl.col("person").is_null() & pl.col("arrived")).height,
        failed=messages.filter(~pl.col("arrived")).height,
        answered=_answered(acknowledged),
        people=_loads(people, acknowledged),
        busiest=_peak(people, "day"),
        worst_night=_peak(people.filter("night"), "evening"),
        notifies=dict(counted.iter_rows()),
        not_sent=rehearsal.not_sent,
    )


def personal(rehearsal: Rehearsal) -> pl.DataFrame:
    """Messages to people that arrived, with their `day`, the `evening` of their night, `weekday` and `hour`."""
    local = pl.col("local")
    since_midnight = local.dt.hour().cast(pl.Int64) * 60 + local.dt.minute()
    is_morning = (since_midnight < rehearsal.night.last) & pl.lit(rehearsal.night.crosses_midnight)
    day = local.dt.date()
    return rehearsal.messages.filter(pl.col("person").is_not_null() & pl.col("arrived")).with_columns(
        day=day,
        evening=pl.when(is_morning).then(day.dt.offset_by("-1d")).otherwise(day),
        weekday=local.dt.weekday(),
        hour=local.dt.hour(),
    )


def _days(rehearsal: Rehearsal) -> int:
    first = rehearsal.outcomes["opened_at"].cast(pl.Int64).min()
    return max(1, -(-(rehearsal.until - first) // DAY)) if isinstance(first, int) else 0


def _answered(acknowledged: pl.DataFrame) -> Answered:
    waited = (acknowledged["acknowledged_at"] - acknowledged["opened_at"]).cast(pl.Int64)

    def quantile(share: float) -> Micros | None:
        found = waited.quantile(share, "higher")
        return None if found is None else round(found)

    return Answered(p50=quantile(0.5), p90=quantile(0.9), longest=quantile(1.0))


def _loads(people: pl.DataFrame, acknowledged: pl.DataFrame) -> tuple[PersonLoad, ...]:
    answers: Mapping[Any, int] = dict(acknowledged.group_by("acknowledged_by").len().iter_rows())
    found = []
    for (person,), own in people.group_by("person", maintain_order=True):
        busiest = _peak(own, "day")
        if busiest is None:
            continue
        channels = own.group_by("channel").len().sort("len", "channel", descending=[True, False])
        found.append(
            PersonLoad(
                person=str(person),
                messages=own.height,
                all_clear=own.filter(pl.col("purpose") == _ALL_CLEAR).height,
                night=int(own["night"].sum()),
                by_channel=dict(channels.iter_rows()),
                days=own["day"].n_unique(),
                busiest=busiest,
                acknowledged=answers.get(person, 0),
            )
        )
    return tuple(sorted(found, key=lambda one: (-one.messages, one.person)))


def _peak(people: pl.DataFrame, day: str) -> Peak | None:
    """The (day, person) with most messages, the earliest of several."""
    if people.is_empty():
        return None
    counted = people.group_by(day, "person").len().sort("len", day, "person", descending=[True, False, False])
    when, person, messages = counted.row(0)
    return Peak(day=when, person=person, messages=messages)

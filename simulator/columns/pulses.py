"""Rules that judge single events, in columns (semantics.md, section 3: pulses)."""

import numpy as np
from numpy.typing import NDArray

from simulator.columns.column import Mask, Rows
from simulator.columns.found import OPEN, REASON_OF, Firings
from simulator.columns.steps import Steps
from simulator.columns.stretches import next_where
from streams.firing import Reason
from streams.instants import Micros


def pulse_firings(
    steps: Steps,
    pulses: Rows,
    until: Mask,
    expires: Micros | None,
    severity: NDArray[np.int8],
) -> Firings:
    """`pulses` are the events at which the condition holds, `until` says of each step whether it is over from there on,
    `severity` what each event would open with."""
    step = steps.of_event[pulses]
    counted = ~until[step]  # one that comes together with `until` changes nothing
    pulses, step = pulses[counted], step[counted]
    ends = np.append(np.flatnonzero(np.diff(step)), len(step) - 1)[: len(step)]  # the last pulse of each step
    each = np.diff(ends, prepend=-1)  # pulses of each step
    step, severity = step[ends], severity[counted][ends]
    at, entity = steps.at[step], steps.entity[step]

    era = np.cumsum(until)[step]
    joined = np.zeros(len(step), np.bool_)
    joined[1:] = (entity[1:] == entity[:-1]) & (era[1:] == era[:-1])
    if expires is not None:
        joined[1:] &= at[1:] - at[:-1] < expires
    opens = np.flatnonzero(~joined)
    last = np.append(opens[1:], len(step))[: len(opens)] - 1

    resolved_at = next_where(steps, until, step[last])
    reason = np.full(len(opens), REASON_OF[Reason.UNTIL], np.int8)
    if expires is not None:
        over = at[last] + expires
        sooner = over < resolved_at
        reason[sooner] = REASON_OF[Reason.EXPIRED]
        resolved_at = np.where(sooner, over, resolved_at)
        resolved_at[resolved_at > steps.until[entity[last]]] = OPEN
    return Firings(
        owner=entity[opens],
        step=step[opens],
        opened_at=at[opens],
        resolved_at=resolved_at,
        reason=reason,
        stage_starts=np.arange(len(opens) + 1),
        stage_severity=severity[opens],
        stage_at=at[opens],
        pulses=np.add.reduceat(each, opens) if len(opens) else each,
    )

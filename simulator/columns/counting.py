"""Rules that count, for all groups at once: what streams/groups.py judges member by member.

A member counts from its instant until `within` later; several of one meaning count once. So a group is at each instant
as full as intervals cover it. How many these are depends on their beginnings and ends alone, not on which belong
together: put in order both, and `at_least` are there from beginning i + at_least - 1 until end i.
"""

import numpy as np

from simulator.columns.column import Instants, Rows
from simulator.columns.found import OPEN, Firings, reason_codes
from simulator.columns.ordering import ordered
from streams.firing import Reason
from streams.groups import Counting
from streams.instants import Micros


def group_firings(counting: Counting, group: Rows, at: Instants, distinct: Rows | None, until: Instants) -> Firings:
    """`group`, `at` and what makes it distinct of each member, in any order; `until` of each group, inclusive."""
    begun, begins, ends = _counted(group, at, distinct, counting.within)
    first = np.arange(len(begun) - counting.at_least + 1)
    last = first + counting.at_least - 1
    full = (begun[last] == begun[first]) & (begins[last] < ends[first]) & (begins[last] <= until[begun[last]])
    group, opens, breaks = begun[last[full]], begins[last[full]], ends[first[full]]

    keep_open = counting.keep_open or 0
    joined = np.zeros(len(group), np.bool_)
    joined[1:] = (group[1:] == group[:-1]) & (opens[1:] - breaks[:-1] < max(keep_open, 1))
    first, last = np.flatnonzero(~joined), np.flatnonzero(np.append(~joined, True)[1:])
    owner, opened_at, resolved_at = group[first], opens[first], breaks[last] + keep_open
    count = len(first)
    return Firings(
        owner=owner,
        step=np.zeros(count, np.int64),
        opened_at=opened_at,
        resolved_at=np.where(resolved_at <= until[owner], resolved_at, OPEN),
        reason=reason_codes(Reason.WINDOW, count),
        stage_starts=np.arange(count + 1),
        stage_severity=np.full(count, counting.severity, np.int8),
        stage_at=opened_at,
    )


def _counted(group: Rows, at: Instants, distinct: Rows | None, within: Micros) -> tuple[Rows, Instants, Instants]:
    """What counts begins and ends, group by group, both rising."""
    if distinct is None:
        order = ordered(at, group)
        return group[order], at[order], at[order] + within
    order = ordered(at, distinct, group)
    group, at, distinct = group[order], at[order], distinct[order]
    first = np.ones(len(group), np.bool_)
    first[1:] = (group[1:] != group[:-1]) | (distinct[1:] != distinct[:-1]) | (at[1:] - at[:-1] > within)
    last = np.append(first, True)[1:]
    group, begins, ends = group[first], at[first], at[last] + within
    return group, begins[ordered(begins, group)], ends[ordered(ends, group)]

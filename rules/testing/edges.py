"""Starts just before days off, which deadlines in working time have to step over."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Final

from rules.rule import For, OverdueAfter, OverduePromise, Rule
from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration
from rules.worktime.public_holidays import Special
from streams.instants import HOUR, Instant, local_instant, to_datetime
from streams.model import Kind
from streams.text import Text

_REACH: Final = 366  # days to either side
_BEFORE_CLOSING: Final = HOUR // 2


def starts_before_days_off(rule: Rule, kind: Kind, near: Instant) -> Iterator[tuple[Text, Instant]]:
    """The nearest working days before a weekend and before a holiday, half an hour before their working time ends."""
    calendar = _calendar(rule, kind)
    if calendar is None:
        return
    centre = to_datetime(near).astimezone(calendar.zone).date()
    for name, holiday in (
        (Text(zh="从周末前开始", en="begun before a weekend"), False),
        (Text(zh="从节假日前开始", en="begun before a holiday"), True),
    ):
        day = next((one for one in _around(centre) if _before(calendar, one, holiday=holiday)), None)
        if day is not None:
            yield name, _late_on(calendar, day)


def _calendar(rule: Rule, kind: Kind) -> Calendar | None:
    """The calendar in which the rule counts: that of its deadline, else of its stages."""
    durations: list[object] = []
    match rule.deadline:
        case For(duration=duration) | OverdueAfter(within=duration):
            durations.append(duration)
        case OverduePromise(node=node):
            lead = kind.nodes[node].lead
            durations += [] if lead is None else [lead.within]
    durations += [stage.offset for stage in rule.stages]
    return next((one.calendar for one in durations if isinstance(one, Duration) and one.calendar is not None), None)


def _around(centre: date) -> Iterator[date]:
    for distance in range(_REACH):
        yield centre + timedelta(distance)
        if distance:
            yield centre - timedelta(distance)


def _before(calendar: Calendar, day: date, *, holiday: bool) -> bool:
    """Whether a working day is followed by a day off: by a holiday, or by one that has no hours in any week."""
    following = day + timedelta(1)
    if not calendar.hours(day) or calendar.hours(following) or not calendar.holidays.knows(following):
        return False
    if holiday:
        return calendar.holidays.special(following) is Special.HOLIDAY or following in calendar.days
    return calendar.holidays.special(following) is None and following not in calendar.days


def _late_on(calendar: Calendar, day: date) -> Instant:
    span = calendar.hours(day)[-1]
    midnight = local_instant(datetime.combine(day, time()), calendar.zone)
    return midnight + max(span.start, span.end - _BEFORE_CLOSING)

"""What lies beyond what is known or kept: holidays of years to come, and windows longer than events are kept."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from rules.errors import Place, Problems
from rules.files.document import Items, Leaf, Map
from rules.rule import By, For, KeepOpen, OverdueAfter, OverduePromise, Pulse, Rule
from rules.workspace import Workspace
from rules.worktime.calendars import REACH, Calendar
from rules.worktime.durations import Duration
from streams.instants import DAY, Instant, Micros, to_datetime
from streams.model import Kind

_AHEAD: Final = 60 * DAY  # the next year's holidays are wanted so long before they are needed
_YEAR: Final = re.compile(r"\s*([0-9]{4})-")
_CONSTANT_YEAR: Final = re.compile(r"date\(\s*[\"']([0-9]{4})-")


# --- holidays ------------------------------------------------------------------------------------------------------


def lint_holidays(workspace: Workspace, now: Instant | None, problems: Problems) -> None:
    """Years whose holidays a library does not know: an error where they are needed for sure, else a warning in time."""
    for calendar in workspace.calendars.values():
        if now is not None:
            _lint_now(calendar, now, workspace, problems)
        for rule in workspace.rules:
            if calendar in calendars_of(rule, workspace.model.kinds[rule.on]):
                _lint_dates(calendar, rule, workspace, problems)


def _lint_now(calendar: Calendar, now: Instant, workspace: Workspace, problems: Problems) -> None:
    country, last = calendar.holidays.country, calendar.holidays.years[1]
    place = calendar.where or Place(file="calendars.yaml", line=1, column=1)
    ahead = max(_AHEAD, min(REACH, _longest(calendar, workspace)))  # what leads farther is missing
    if to_datetime(now).year > last:
        problems.error(
            place,
            "holidays_unknown",
            zh=f"日历 {calendar.name}：{country} 的节假日只知道到 {last} 年，现在的日子都按普通日计算；"
            "请升级 Tocsin 的依赖（chinesecalendar、holidays），或把节假日写在 days 下并写 holidays: none",
            en=f"calendar {calendar.name}: the holidays of {country} are known until {last} only, and today counts as "
            "an ordinary day; upgrade chinesecalendar and holidays, or list the days under days with holidays: none",
        )
    elif (to_datetime(now) + timedelta(microseconds=ahead)).year > last:
        problems.warning(
            place,
            "holidays_unknown",
            zh=f"日历 {calendar.name}：{country} 的节假日只知道到 {last} 年，之后按普通日计算；请升级或用 days 补充",
            en=f"calendar {calendar.name}: the holidays of {country} are known until {last} only, later days count "
            "as ordinary ones; upgrade, or add them under days",
        )


def _longest(calendar: Calendar, workspace: Workspace) -> Micros:
    """The longest wait that rules count in a calendar, at least."""
    found = (
        least(duration)
        for rule in workspace.rules
        for duration in durations_of(rule, workspace.model.kinds[rule.on])
        if duration.calendar == calendar
    )
    return max(found, default=0)


def _lint_dates(calendar: Calendar, rule: Rule, workspace: Workspace, problems: Problems) -> None:
    """Dates in a file that have to be counted from: those of `by`, and of the rule's tests."""
    entry = workspace.written[rule.id]
    first, last = calendar.holidays.years
    for place, year in (*_dates_of_deadline(rule, entry), *_dates_of_tests(workspace.tests.get(rule.id))):
        if not first <= year <= last:
            problems.error(
                place,
                "holidays_unknown",
                zh=f"日历 {calendar.name} 不知道 {year} 年的节假日"
                f"（{calendar.holidays.country}：{first} 到 {last} 年）",
                en=f"calendar {calendar.name} does not know the holidays of {year} ({calendar.holidays.country}: "
                f"{first} to {last})",
            )


def _dates_of_deadline(rule: Rule, entry: Map) -> Iterator[tuple[Place, int]]:
    if isinstance(rule.deadline, By):
        for found in _CONSTANT_YEAR.finditer(rule.deadline.expression.text):
            yield entry.place_of("by"), int(found[1])


def _dates_of_tests(tests: Items | None) -> Iterator[tuple[Place, int]]:
    for test in tests or ():
        timeline = test.entries.get("timeline") if isinstance(test, Map) else None
        steps = timeline.node if timeline is not None else None
        for step in steps if isinstance(steps, Items) else ():
            at = step.entries.get("at") if isinstance(step, Map) else None
            if at is not None and isinstance(at.node, Leaf) and (found := _YEAR.match(at.node.raw)):
                yield at.node.place, int(found[1])


# --- windows -------------------------------------------------------------------------------------------------------


def lint_windows(workspace: Workspace, retention: Micros, problems: Problems) -> None:
    """A rule that looks back further than events are kept forgets what it waits for."""
    for rule in workspace.rules:
        key, length = max(_windows(rule), key=lambda window: window[1])
        if rule.mode != "off" and length > retention:
            needed, kept = Duration(span=length), Duration(span=retention)
            problems.warning(
                workspace.place_of(rule, key),
                "window_longer_than_retention",
                zh=f"规则 {rule.id} 需要至少 {needed} 的事件，而 tocsin.yaml 中 retention 为 {kept}",
                en=f"the rule {rule.id} needs the events of at least {needed}, and retention in tocsin.yaml is {kept}",
            )


def _windows(rule: Rule) -> Iterator[tuple[str, Micros]]:
    latest = max((least(stage.offset) for stage in rule.stages if not stage.early), default=0)
    match rule.deadline:
        case OverdueAfter(within=duration):
            yield "within", least(duration) + latest
        case For(duration=duration):
            yield "for", least(duration) + latest
        case _:
            yield "stages", latest
    match rule.ending:
        case KeepOpen(duration=length):
            yield "keep_open_for", length
        case Pulse(expires=int(length)):
            yield "expires", length
    if rule.count is not None:
        yield "count", rule.count.within


def durations_of(rule: Rule, kind: Kind) -> Iterator[Duration]:
    """All that a rule counts in working time, the model's lead time included."""
    yield from (stage.offset for stage in rule.stages)
    match rule.deadline:
        case For(duration=duration) | OverdueAfter(within=duration):
            yield duration
        case OverduePromise(node=node):
            lead = kind.nodes[node].lead
            if lead is not None and isinstance(lead.within, Duration):
                yield lead.within
        case _:
            return


def calendars_of(rule: Rule, kind: Kind) -> list[Calendar]:
    """The calendars that a rule counts in, each once."""
    found = {one.calendar.name: one.calendar for one in durations_of(rule, kind) if one.calendar is not None}
    return list(found.values())


def least(duration: Duration) -> Micros:
    """What a duration takes at least: working days are no less than the days between, working hours than hours."""
    return max(duration.days - 1, 0) * DAY + duration.span

"""Who is told how often: by day, at night, by hour of the week."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from simulator.escalation.figures import PersonLoad, personal
from simulator.escalation.shown import Saying, Shown, named
from simulator.report.document import Axis, Cell, Chart, Head, Part, Section, Table
from simulator.report.incident_charts import WEEKDAYS
from streams.text import Text

_MOST_CHARTS: Final = 6  # of people with a week of their own
_MESSAGES: Final = Text(zh="消息", en="messages")
_PERSON: Final = Text(zh="人员", en="person")


_COLUMNS: Final[tuple[tuple[Text, Callable[[PersonLoad], Cell]], ...]] = (
    (_MESSAGES, lambda load: load.messages),
    (Text(zh="其中夜间", en="of them at night"), lambda load: load.night),
    (Text(zh="最忙一天", en="on the busiest day"), lambda load: load.busiest.messages),
    (Text(zh="确认的异常", en="acknowledged"), lambda load: load.acknowledged),
    (Text(zh="解决通知", en="of them all-clear"), lambda load: load.all_clear),
    (Text(zh="有消息的天数", en="days with any"), lambda load: load.days),
)
_COMPARED: Final = 4  # of these columns, where each is there twice


def people_section(shown: Sequence[Shown], said: Saying) -> Section:
    parts: list[Part] = [_loads(shown, said), _by_channel(shown, said)]
    parts += [_days(one, said, place) for place, one in enumerate(shown, 1)]
    return Section(name="people", title=Text(zh="每人每天", en="Each person, each day"), parts=tuple(parts))


def _loads(shown: Sequence[Shown], said: Saying) -> Table:
    loads = [{load.person: load for load in one.figures.people} for one in shown]
    columns = _COLUMNS if len(shown) == 1 else _COLUMNS[:_COMPARED]
    heads = [Head(label=_PERSON)]
    heads += [Head(label=named(label, one, shown), kind="number") for label, _ in columns for one in shown]
    rows: list[list[Cell]] = [
        [said.name(person), *(value(own[person]) if person in own else 0 for _, value in columns for own in loads)]
        for person in dict.fromkeys(person for own in loads for person in own)
    ]
    return Table(
        name="people", title=Text(zh="谁会收到多少", en="Who would be told how often"), heads=tuple(heads), rows=rows
    )


def _by_channel(shown: Sequence[Shown], said: Saying) -> Table:
    counts = [
        {(load.person, channel): count for load in one.figures.people for channel, count in load.by_channel.items()}
        for one in shown
    ]
    rows: list[list[Cell]] = [
        [said.name(person), channel, *(own.get((person, channel), 0) for own in counts)]
        for person, channel in dict.fromkeys(pair for own in counts for pair in own)
    ]
    return Table(
        name="channels",
        title=Text(zh="按通道", en="By channel"),
        heads=(
            Head(label=_PERSON),
            Head(label=Text(zh="通道", en="channel")),
            *(Head(label=named(_MESSAGES, one, shown), kind="number") for one in shown),
        ),
        rows=rows,
    )


def _days(one: Shown, said: Saying, place: int) -> Chart:
    counted = personal(one.rehearsal).group_by("day", "person").len().sort("day", "person")
    return Chart(
        name=f"people-per-day-{place}",
        title=Text(zh=f"每人每天的消息：{one.name}", en=f"Messages per person and day: {one.name}"),
        mark="heat",
        x=Axis(label=Text(zh="日期", en="day"), kind="instant"),
        y=Axis(label=_PERSON, kind="text"),
        value=Axis(label=_MESSAGES),
        points=[
            {"x": said.day(day), "y": said.name(person), "value": count} for day, person, count in counted.iter_rows()
        ],
    )


def night_section(shown: Sequence[Shown], said: Saying) -> Section:
    night = shown[0].rehearsal.night
    counts: list[dict[tuple[date, str], int]] = []
    channels: list[dict[tuple[str, str], int]] = []
    for one in shown:
        at_night = personal(one.rehearsal).filter("night")
        counts.append({(day, person): count for day, person, count in _counted(at_night, "evening", "person")})
        channels.append({(person, via): count for person, via, count in _counted(at_night, "person", "channel")})
    heads = tuple(Head(label=named(_MESSAGES, one, shown), kind="number") for one in shown)
    nights = sorted(
        {pair for own in counts for pair in own}, key=lambda pair: (-max(c.get(pair, 0) for c in counts), pair)
    )
    return Section(
        name="nights",
        title=Text(zh="夜间", en="At night"),
        about=Text(
            zh=f"收件人当地时间 {night}；一夜以其傍晚的日期为名。邮件也算在内，按通道细看。",
            en=f"{night} by the clock of whom a message reaches; a night has the date of its evening. Mails count as "
            "well: see the channels.",
        ),
        parts=(
            Table(
                name="nights",
                title=Text(zh="每一夜", en="Night by night"),
                heads=(Head(label=Text(zh="夜", en="night"), kind="instant"), Head(label=_PERSON), *heads),
                rows=[
                    (said.day(day), said.name(person), *(own.get((day, person), 0) for own in counts))
                    for day, person in nights
                ],
            ),
            Table(
                name="night-channels",
                title=Text(zh="夜间按通道", en="At night by channel"),
                heads=(Head(label=_PERSON), Head(label=Text(zh="通道", en="channel")), *heads),
                rows=[
                    (said.name(person), via, *(own.get((person, via), 0) for own in channels))
                    for person, via in dict.fromkeys(pair for own in channels for pair in own)
                ],
            ),
        ),
    )


def _counted(messages: pl.DataFrame, *columns: str) -> Iterable[tuple[Any, ...]]:
    return (
        messages.group_by(columns).len().sort("len", *columns, descending=[True, *(False for _ in columns)]).iter_rows()
    )


def hour_section(shown: Sequence[Shown], said: Saying) -> Section:
    parts: list[Part] = []
    for place, one in enumerate(shown, 1):
        own = personal(one.rehearsal)
        parts.append(_week(f"hours-{place}", Text(zh=f"所有人：{one.name}", en=f"Everybody: {one.name}"), own))
        if len(shown) == 1:
            for number, load in enumerate(one.figures.people[:_MOST_CHARTS], 1):
                theirs = own.filter(pl.col("person") == load.person)
                parts.append(_week(f"hours-{place}-{number}", Text.plain(said.name(load.person)), theirs))
    return Section(
        name="hours",
        title=Text(zh="一周中的负担", en="Load by hour of the week"),
        about=Text(
            zh="按收件人当地时间，整段历史累计。", en="By the clock of whom they reach, over the whole of the history."
        ),
        parts=tuple(parts),
    )


def _week(name: str, title: Text, messages: pl.DataFrame) -> Chart:
    """Every hour of the week, also those in which nobody is told."""
    counts = {(weekday, hour): count for weekday, hour, count in _counted(messages, "weekday", "hour")}
    return Chart(
        name=name,
        title=title,
        mark="heat",
        x=Axis(label=Text(zh="小时", en="hour")),
        y=Axis(label=Text(zh="星期", en="weekday"), kind="text"),
        value=Axis(label=_MESSAGES),
        points=[
            {"x": hour, "y": label, "value": counts.get((weekday, hour), 0)}
            for weekday, label in enumerate(WEEKDAYS, 1)
            for hour in range(24)
        ],
    )

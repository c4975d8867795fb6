"""Charts of incidents that several reports show: when they open, how long they last, how many are open at a time."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from notifiers.localise import duration_text
from simulator.report.document import Axis, Chart
from streams.instants import DAY, HOUR, MINUTE, Instant, Micros
from streams.text import Text

INCIDENTS: Final = Text(zh="异常", en="Incidents")
OTHERS: Final = Text(zh="其他", en="Others")
WEEKDAYS: Final = (
    Text(zh="周一", en="Mon"),
    Text(zh="周二", en="Tue"),
    Text(zh="周三", en="Wed"),
    Text(zh="周四", en="Thu"),
    Text(zh="周五", en="Fri"),
    Text(zh="周六", en="Sat"),
    Text(zh="周日", en="Sun"),
)

_MOST_SERIES: Final = 5  # rules with a colour of their own; the rest are summed up
_MOST_BARS: Final = 130
_PERIODS: Final = (
    ("1d", DAY, Text(zh="每天", en="per day")),
    ("1w", 7 * DAY, Text(zh="每周", en="per week")),
    ("1mo", 30 * DAY, Text(zh="每月", en="per month")),
    ("1y", 365 * DAY, Text(zh="每年", en="per year")),
)
_WIDTHS: Final = tuple(
    factor * unit
    for unit, factors in ((MINUTE, (1, 5, 15, 30)), (HOUR, (1, 2, 4, 6, 12)), (DAY, (1, 2, 7, 14, 30, 90, 365, 3650)))
    for factor in factors
)
_MOST_BINS: Final = 40
_SEEN: Final = 0.97  # of the incidents, at least
_TAIL: Final = 1.5  # times as long as those is a long tail


def opened_chart(incidents: pl.DataFrame, names: Mapping[str, Text], zone: ZoneInfo) -> Chart:
    """A bar a day, or a week, month or year where days would be too many; stacked by rule."""
    span = _span(incidents["opened_at"])
    every, _, per = next((one for one in _PERIODS if span <= _MOST_BARS * one[1]), _PERIODS[-1])
    begin = pl.col("opened_at").dt.convert_time_zone(zone.key).dt.truncate(every)
    counted = (
        incidents.group_by(begin.alias("begin"), _leading(incidents).alias("rule"))
        .agg(pl.len().alias("count"))
        .with_columns(end=pl.col("begin").dt.offset_by(every))
        .sort("begin")
        .select(pl.col("begin", "end").to_physical(), "rule", "count")
    )
    order = [rule for rule in names if rule in set(counted["rule"])] + [None]
    points = [
        {"x": start, "x2": end, "y": count, "series": OTHERS if rule is None else names[rule]}
        for wanted in order
        for start, end, rule, count in counted.iter_rows()
        if rule == wanted
    ]
    return Chart(
        name="opened",
        title=Text(zh=f"{per.zh}开启的异常", en=f"Incidents opened {per.en}"),
        mark="bar",
        x=Axis(label=Text(zh="开启", en="Opened"), kind="instant"),
        y=Axis(label=INCIDENTS),
        points=points,
        stacked=True,
    )


def week_chart(incidents: pl.DataFrame, zone: ZoneInfo) -> Chart:
    local = pl.col("opened_at").dt.convert_time_zone(zone.key)
    counted = incidents.group_by(local.dt.weekday().alias("day"), local.dt.hour().alias("hour")).len()
    counts = {(day, hour): count for day, hour, count in counted.iter_rows()}
    return Chart(
        name="week",
        title=Text(zh="一周中何时开启", en="When in the week they open"),
        mark="heat",
        x=Axis(label=Text(zh="小时", en="Hour")),
        y=Axis(label=Text(zh="星期", en="Weekday"), kind="text"),
        value=Axis(label=INCIDENTS),
        points=[
            {"x": hour, "y": name, "value": counts.get((day, hour), 0)}
            for day, name in enumerate(WEEKDAYS, 1)
            for hour in range(24)
        ],
    )


def lasted_chart(incidents: pl.DataFrame) -> Chart:
    """`lasted` in microseconds, with those that are open at the end so long as they were seen."""
    shown, about = _without_tail(incidents)
    longest: Micros = shown["lasted"].max()  # type: ignore[assignment]
    width = next((width for width in _WIDTHS if longest < _MOST_BINS * width), _WIDTHS[-1])
    counted = (
        shown.group_by((pl.col("lasted") // width).alias("bin"), pl.col("resolved_at").is_null().alias("open"))
        .len()
        .sort("open", "bin")
    )
    return Chart(
        name="lasted",
        title=Text(zh="异常持续多久", en="How long incidents last"),
        mark="bar",
        x=Axis(label=Text(zh="持续", en="Lasted"), kind="duration"),
        y=Axis(label=INCIDENTS),
        points=[
            {"x": place * width, "x2": (place + 1) * width, "y": count, "series": _OPEN if still else _RESOLVED}
            for place, still, count in counted.iter_rows()
        ],
        stacked=True,
        about=about,
    )


def _without_tail(incidents: pl.DataFrame) -> tuple[pl.DataFrame, Text | None]:
    """Without the few that would press all others into one bar, and a word on them."""
    most = incidents["lasted"].quantile(_SEEN, "higher")
    shown = incidents.filter(pl.col("lasted") <= most)
    left = incidents.height - shown.height
    if most is None or not left or incidents["lasted"].max() <= _TAIL * most:  # type: ignore[operator]
        return incidents, None
    span = Text(zh=duration_text(int(most), "zh"), en=duration_text(int(most), "en"))
    return shown, Text(
        zh=f"另有 {left:,} 次超过{span.zh}，不在图中。",
        en=f"{left:,} that lasted longer than {span.en} are not in the chart.",
    )


def open_chart(incidents: pl.DataFrame, until: Instant) -> Chart:
    """How many are open after each opening and end."""
    changes = pl.concat(
        [
            incidents.select(at=pl.col("opened_at").to_physical(), by=pl.lit(1)),
            incidents.drop_nulls("resolved_at").select(at=pl.col("resolved_at").to_physical(), by=pl.lit(-1)),
        ]
    )
    steps = changes.group_by("at").agg(pl.col("by").sum()).sort("at").with_columns(open=pl.col("by").cum_sum())
    points: list[dict[str, Any]] = [{"x": at, "y": count} for at, count in steps.select("at", "open").iter_rows()]
    if points and points[-1]["x"] < until:
        points.append({"x": until, "y": points[-1]["y"]})
    return Chart(
        name="open",
        title=Text(zh="同时未解决的异常", en="Incidents open at the same time"),
        mark="step",
        x=Axis(label=Text(zh="时刻", en="Instant"), kind="instant"),
        y=Axis(label=INCIDENTS),
        points=points,
    )


def _leading(incidents: pl.DataFrame) -> pl.Expr:
    """The rule where it is one of the most frequent, else null."""
    counts = incidents["rule"].value_counts(sort=True)["rule"]
    if len(counts) <= _MOST_SERIES + 1:
        return pl.col("rule")
    return pl.when(pl.col("rule").is_in(counts.head(_MOST_SERIES).to_list())).then(pl.col("rule"))


def _span(instants: pl.Series) -> Micros:
    numbers = instants.to_physical()
    return int(numbers.max()) - int(numbers.min())  # type: ignore[arg-type]


_RESOLVED: Final = Text(zh="已解决", en="Resolved")
_OPEN: Final = Text(zh="截至时仍未解决", en="Open at the end")

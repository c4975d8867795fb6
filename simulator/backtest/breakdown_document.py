"""Breakdowns of a backtest as charts and tables."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from simulator.backtest.breakdowns import DAY, HOUR, NODE
from simulator.backtest.running import Backtest
from simulator.report.cells import local_time
from simulator.report.document import Axis, Cell, Chart, Head, Part, Section, Table
from simulator.report.incident_charts import WEEKDAYS
from streams.instants import start_of_date
from streams.model import Kind
from streams.text import Text

_MOST_VALUES: Final = 200
_MOST_DAYS: Final = 180
_PER_DAY: Final = Text(zh="每天开启的异常", en="Incidents opened per day")
_INCIDENTS: Final = Text(zh="异常", en="incidents")


def breakdown_section(backtest: Backtest) -> Section:
    parts: list[Part] = []
    kinds = backtest.question.versions[0].model.kinds
    names = dict.fromkeys(name for found in backtest.found for name in found.breakdowns)
    for name, dimension in names:
        tables = {one.name: one.breakdowns.get((name, dimension)) for one in backtest.found}
        found = {version: table for version, table in tables.items() if table is not None}
        match dimension:
            case "day":
                parts.append(_days(backtest, name, found))
            case "hour":
                parts += [
                    _hours(name, version, table, place) for place, (version, table) in enumerate(found.items(), 1)
                ]
            case _:
                parts.append(_values(kinds[name], dimension, found))
    return Section(
        name="breakdown",
        title=Text(zh="异常出现在哪里", en="Where the incidents are"),
        parts=tuple(parts),
        about=Text(
            zh="各字段取异常开启时的值；日期与时刻按模型的时区；列表字段中每个成员各算一次。",
            en="Fields as they were when the incident opened; days and hours in the zone of the model; an incident "
            "counts for each member of a list.",
        ),
    )


def label_of(kind: Kind, dimension: str) -> Text:
    """What people call a dimension."""
    if dimension == NODE:
        return Text(zh="订单停在哪个节点", en="where the order stood")
    if dimension in (DAY, HOUR):
        return Text(zh="日期", en="day") if dimension == DAY else Text(zh="一周中的小时", en="hour of the week")
    field, _, column = dimension.partition(".")
    label = kind.labels.get(field, Text.plain(field))
    return Text(zh=f"{label.zh}.{column}", en=f"{label.en}.{column}") if column else label


def value_text(kind: Kind, dimension: str, value: object) -> Cell:
    if value is None:
        return None
    if dimension == NODE:
        return kind.nodes[str(value)].label
    if dimension == HOUR and isinstance(value, int):
        weekday, hour = WEEKDAYS[value // 24], value % 24
        return Text(zh=f"{weekday.zh} {hour:02}:00", en=f"{weekday.en} {hour:02}:00")
    return value if isinstance(value, str | float | int) else str(value)


def _days(backtest: Backtest, kind: str, tables: Mapping[str, pl.DataFrame]) -> Chart:
    """A point for each day of the period, also where nothing opened; for each week, where there are many days."""
    zone = backtest.question.versions[0].model.zone
    first, last = (local_time(at, zone).date() for at in (backtest.period.begin, backtest.period.until))
    weeks = (last - first).days > _MOST_DAYS
    every = "1w" if weeks else "1d"
    whole = pl.DataFrame({"value": pl.date_range(first, last, "1d", eager=True)})
    points: list[dict[str, Any]] = []
    for version, table in tables.items():
        counted = whole.join(table.select("value", "incidents"), on="value", how="left")
        grouped = counted.group_by_dynamic("value", every=every).agg(pl.col("incidents").sum())
        points += [{"x": start_of_date(day, zone), "y": count, "series": version} for day, count in grouped.iter_rows()]
    return Chart(
        name=f"{kind}-per-{'week' if weeks else 'day'}",
        title=Text(zh="每周开启的异常", en="Incidents opened per week") if weeks else _PER_DAY,
        mark="bar" if len(tables) == 1 else "line",
        x=Axis(label=Text(zh="日期", en="day"), kind="instant"),
        y=Axis(label=_INCIDENTS),
        points=points,
    )


def _hours(kind: str, version: str, table: pl.DataFrame, place: int) -> Chart:
    counts = dict(table.select("value", "incidents").iter_rows())
    points: list[dict[str, Any]] = [
        {"x": hour % 24, "y": WEEKDAYS[hour // 24], "value": counts.get(hour, 0)} for hour in range(7 * 24)
    ]
    return Chart(
        name=f"{kind}-per-hour-{place}",
        title=Text(zh=f"一周中何时开启：{version}", en=f"When in the week they open: {version}"),
        mark="heat",
        x=Axis(label=Text(zh="小时", en="hour")),
        y=Axis(label=Text(zh="星期", en="weekday"), kind="text"),
        value=Axis(label=_INCIDENTS),
        points=points,
    )


def _values(kind: Kind, dimension: str, tables: Mapping[str, pl.DataFrame]) -> Table:
    """One row a value; of each version its incidents and, where outcomes are known, how many were followed by it."""
    values = dict.fromkeys(value for table in tables.values() for value in table["value"])
    rows = {version: {row["value"]: row for row in table.iter_rows(named=True)} for version, table in tables.items()}
    judged = any("followed" in table.columns for table in tables.values())
    heads = [Head(label=label_of(kind, dimension))]
    for version in tables:
        heads.append(Head(label=Text(zh=f"{version}：异常", en=f"{version}: incidents"), kind="number"))
        heads.append(Head(label=Text(zh=f"{version}：订单", en=f"{version}: orders"), kind="number"))
        if judged:
            heads.append(Head(label=Text(zh=f"{version}：之后出事", en=f"{version}: followed by it"), kind="share"))
    return Table(
        name=f"{kind.name}-per-{dimension}".replace(".", "-").replace("_", "-").lower(),
        title=label_of(kind, dimension),
        heads=tuple(heads),
        rows=[
            (
                value_text(kind, dimension, value),
                *(cell for own in rows.values() for cell in _cells(own.get(value), judged)),
            )
            for value in list(values)[:_MOST_VALUES]
        ],
    )


def _cells(row: Mapping[str, Any] | None, judged: bool) -> tuple[Cell, ...]:
    if row is None:
        return (0, 0, None) if judged else (0, 0)
    if not judged:
        return row["incidents"], row["orders"]
    known = row.get("known")
    return row["incidents"], row["orders"], row["followed"] / known if known else None

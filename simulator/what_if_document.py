"""A what-if as a report: what was changed, and the incidents before and after, by rule and by day."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from simulator.backtest.comparing import Comparison, compare
from simulator.report.document import Axis, Chart, Document, Fact, Facts, Head, Note, Part, Section, Table
from streams.instants import start_of_date
from streams.text import Text

_CLASSES: Final = {
    "new": Text(zh="新增", en="new"),
    "gone": Text(zh="消失", en="gone"),
    "earlier": Text(zh="提前", en="earlier"),
    "later": Text(zh="推迟", en="later"),
}
_BEFORE: Final = Text(zh="原来", en="before")
_AFTER: Final = Text(zh="假设", en="what if")
_SERIES: Final = (("before", _BEFORE), ("after", _AFTER))
_LIMITS: Final = Text(
    zh="只移动所述实体的时间，承诺保持不变；不推测其他实体：要等晚到货品的订单并不会因此变晚。",
    en="Only the times of the entities named are moved, and promises stay as they were made. Nothing is guessed of "
    "others: an order that would wait for goods that come later is not late because of that.",
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Asked:
    """One change as it was asked for, and how many entities it touched."""

    text: str
    touched: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WhatIf:
    """`before` and `after`: incidents (simulator.frames.INCIDENTS) of the same rules, cut at the same instant."""

    asked: Sequence[Asked]
    seed: int
    zone: ZoneInfo
    before: pl.DataFrame
    after: pl.DataFrame

    def comparison(self) -> Comparison:
        return compare(self.before, self.after)

    def days(self) -> pl.DataFrame:
        """Columns day, before, after: how many incidents opened on each day of the model's zone."""
        counts = [
            one.group_by(day=pl.col("opened_at").dt.convert_time_zone(self.zone.key).dt.date()).len(name)
            for name, one in (("before", self.before), ("after", self.after))
        ]
        joined = counts[0].join(counts[1], on="day", how="full", coalesce=True)
        return joined.sort("day").with_columns(pl.col("before", "after").fill_null(0))


def what_if_document(what_if: WhatIf) -> Document:
    changes = Table(
        name="asked",
        title=Text(zh="假设", en="What was changed"),
        heads=(
            Head(label=Text(zh="变化", en="change")),
            Head(label=Text(zh="涉及的实体", en="entities touched"), kind="number"),
        ),
        rows=[(one.text, one.touched) for one in what_if.asked],
    )
    parts: list[Part] = [
        Facts(
            facts=(
                Fact(label=Text(zh="原来的异常", en="incidents before"), value=what_if.before.height),
                Fact(label=Text(zh="假设下的异常", en="incidents then"), value=what_if.after.height),
                Fact(label=Text(zh="随机种子", en="seed"), value=what_if.seed),
            )
        ),
        changes,
        *(Note(text=_nothing(one.text), warning=True) for one in what_if.asked if not one.touched),
        Note(text=_LIMITS),
    ]
    return Document(
        title=Text(zh="假设分析", en="What if"),
        sections=(
            Section(name="summary", title=Text(zh="概要", en="Summary"), parts=tuple(parts)),
            Section(
                name="incidents",
                title=Text(zh="异常", en="Incidents"),
                parts=(_rules(what_if), _by_day(what_if), _other_days(what_if)),
            ),
        ),
        zone=what_if.zone,
    )


def _nothing(text: str) -> Text:
    return Text(zh=f"{text}：没有涉及任何实体", en=f"{text}: no entity is touched by it")


def _rules(what_if: WhatIf) -> Table:
    """Those that change most first."""
    changed = pl.sum_horizontal(*_CLASSES)
    counts = what_if.comparison().counts.sort(changed, descending=True, maintain_order=True)
    return Table(
        name="rules",
        title=Text(zh="每条规则", en="By rule"),
        heads=(
            Head(label=Text(zh="规则", en="rule")),
            Head(label=_BEFORE, kind="number"),
            Head(label=_AFTER, kind="number"),
            *(Head(label=label, kind="number") for label in _CLASSES.values()),
        ),
        rows=counts.select("rule", "before", "after", *_CLASSES).rows(),
    )


def _other_days(what_if: WhatIf) -> Table:
    days = what_if.days().filter(pl.col("before") != pl.col("after"))
    return Table(
        name="other-days",
        title=Text(zh="开启数不同的日子", en="Days on which another number opens"),
        heads=(
            Head(label=Text(zh="日期", en="day"), kind="instant"),
            Head(label=_BEFORE, kind="number"),
            Head(label=_AFTER, kind="number"),
        ),
        rows=[(start_of_date(day, what_if.zone), before, after) for day, before, after in days.iter_rows()],
    )


def _by_day(what_if: WhatIf) -> Chart:
    points: list[dict[str, Any]] = []
    for row in what_if.days().iter_rows(named=True):
        at = start_of_date(row["day"], what_if.zone)
        points += [{"x": at, "y": row[name], "series": label} for name, label in _SERIES]
    return Chart(
        name="days",
        title=Text(zh="每天开启的异常", en="Incidents opened by day"),
        mark="step",
        x=Axis(label=Text(zh="日期", en="day"), kind="instant"),
        y=Axis(label=Text(zh="异常数", en="incidents")),
        points=points,
    )


def what_if_json(what_if: WhatIf) -> dict[str, Any]:
    """What `tocsin what-if --json` prints."""
    counts = what_if.comparison().counts.select("rule", "before", "after", *_CLASSES)
    return {
        "seed": what_if.seed,
        "changes": [{"change": one.text, "touched": one.touched} for one in what_if.asked],
        "incidents": {"before": what_if.before.height, "after": what_if.after.height},
        "rules": {row.pop("rule"): row for row in counts.iter_rows(named=True)},
        "days": what_if.days().with_columns(pl.col("day").cast(pl.String)).to_dicts(),
    }

"""Whether anybody answers: how soon, what nobody took, how far the chains went."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from escalation.reasons import NOT_SENT
from notifiers.words import SEVERITIES
from simulator.escalation.shown import Shown, named
from simulator.report.document import Axis, Cell, Chart, Head, Section, Table
from streams.firing import Severity
from streams.instants import DAY, HOUR, MINUTE, Micros
from streams.text import Text

_WITHIN: Final[tuple[Micros, ...]] = (
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    4 * HOUR,
    8 * HOUR,
    DAY,
)


def answer_section(shown: Sequence[Shown]) -> Section:
    waits = [_waits(one) for one in shown]
    rows: list[list[Cell]] = []
    for most in _WITHIN:
        within = [sum(wait <= most for wait in own) for own in waits]
        shares = [
            count / one.figures.told if one.figures.told else None for count, one in zip(within, shown, strict=True)
        ]
        rows.append([most, *within, *shares])
    return Section(
        name="answers",
        title=Text(zh="多快有人确认", en="How soon somebody acknowledges"),
        parts=(
            Table(
                name="answered-within",
                title=Text(zh="在此时限内确认", en="Acknowledged within"),
                heads=(
                    Head(label=Text(zh="时限", en="within"), kind="duration"),
                    *(Head(label=named(Text(zh="异常", en="incidents"), one, shown), kind="number") for one in shown),
                    *(Head(label=named(Text(zh="占比", en="share"), one, shown), kind="share") for one in shown),
                ),
                rows=rows,
                about=Text(zh="占比以通知到了的异常为分母", en="shares are of the incidents that were told"),
            ),
            Chart(
                name="answers",
                title=Text(zh="已确认的占比随时间", en="Share acknowledged over time"),
                mark="step",
                x=Axis(label=Text(zh="开启后", en="after the opening"), kind="duration"),
                y=Axis(label=Text(zh="占通知到了的异常", en="of the incidents told"), kind="share"),
                points=[
                    {"x": wait, "y": count / one.figures.told, "series": one.name}
                    for one, own in zip(shown, waits, strict=True)
                    for count, wait in enumerate(own, 1)
                ],
            ),
        ),
    )


def _waits(one: Shown) -> list[Micros]:
    outcomes = one.rehearsal.outcomes.filter(pl.col("acknowledged_at").is_not_null() & pl.col("told_at").is_not_null())
    return sorted((outcomes["acknowledged_at"] - outcomes["opened_at"]).cast(pl.Int64))


def unanswered_section(shown: Sequence[Shown]) -> Section:
    tables = []
    for place, one in enumerate(shown, 1):
        rows = one.rehearsal.outcomes.filter(pl.col("chain").is_not_null() & pl.col("acknowledged_at").is_null())
        rows = rows.sort("severity", "opened_at", descending=[True, False]).with_columns(
            pl.col("opened_at", "resolved_at").cast(pl.Int64)
        )
        tables.append(
            Table(
                name=f"unanswered-{place}",
                title=Text.plain(one.name),
                heads=(
                    Head(label=Text(zh="规则", en="rule")),
                    Head(label=Text(zh="键", en="key")),
                    Head(label=Text(zh="严重程度", en="severity")),
                    Head(label=Text(zh="开启", en="opened"), kind="instant"),
                    Head(label=Text(zh="恢复", en="over"), kind="instant"),
                    Head(label=Text(zh="通知步数", en="notify steps"), kind="number"),
                    Head(label=Text(zh="链走完", en="ran out")),
                ),
                rows=[
                    (rule, key, SEVERITIES[Severity(severity)], opened_at, resolved_at, notifies, run_out)
                    for rule, key, severity, opened_at, resolved_at, notifies, run_out in rows.select(
                        "rule", "key", "severity", "opened_at", "resolved_at", "notifies", "run_out"
                    ).iter_rows()
                ],
            )
        )
    return Section(
        name="unanswered",
        title=Text(zh="无人确认的异常", en="Incidents that nobody acknowledged"),
        parts=tuple(tables),
    )


def chain_section(shown: Sequence[Shown]) -> Section:
    steps = [one.figures.notifies for one in shown]
    reasons = [one.figures.not_sent for one in shown]
    incidents = tuple(Head(label=named(Text(zh="异常", en="incidents"), one, shown), kind="number") for one in shown)
    times = tuple(Head(label=named(Text(zh="次数", en="times"), one, shown), kind="number") for one in shown)
    return Section(
        name="chains",
        title=Text(zh="升级链走到哪里", en="How far the chains went"),
        parts=(
            Table(
                name="steps",
                title=Text(zh="走到第几个通知步", en="Notify steps that were taken"),
                heads=(Head(label=Text(zh="通知步", en="notify steps"), kind="number"), *incidents),
                rows=[
                    (count, *(own.get(count, 0) for own in steps))
                    for count in sorted({count for own in steps for count in own})
                ],
            ),
            Table(
                name="not-sent",
                title=Text(zh="没有发出的及原因", en="What was not sent, and why"),
                heads=(Head(label=Text(zh="原因", en="reason")), *times),
                rows=[
                    (NOT_SENT[reason], *(own.get(reason, 0) for own in reasons))
                    for reason in dict.fromkeys(reason for own in reasons for reason in own)
                ],
            ),
        ),
    )

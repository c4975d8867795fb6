"""The keys of a rule that say until when: for, by, overdue with after and within, and severity, stages, before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rules.files import keys
from rules.files.document import Map, as_map
from rules.files.model_file import read_node
from rules.language.expression import Expression, done, not_closed, not_done
from rules.rule import By, Deadline, For, NoDeadline, OverdueAfter, OverduePromise, StageRule
from rules.worktime.calendars import Calendar
from rules.worktime.durations import Duration, read_duration, read_offset
from streams.firing import Severity
from streams.model import Kind

DEADLINES: Final = ("for", "by", "overdue")
SEVERITIES: Final[Mapping[str, Severity]] = {severity.word: severity for severity in Severity}
_AT_DEADLINE: Final = Duration()


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """A rule's deadline, its stages, and what the deadline adds to its condition."""

    deadline: Deadline
    stages: tuple[StageRule, ...]
    adds: tuple[Expression, ...] = ()


def read_until(entry: Map, kind: Kind, calendars: Mapping[str, Calendar], by: Expression | None) -> Until:
    """`by` is the expression of that key, where there is one. What is wrong is reported and read as absent."""
    _check_together(entry)
    deadline, adds = _deadline(entry, kind, calendars, by)
    stages = _stages(entry, calendars)
    if isinstance(deadline, For):
        _check_early(entry, deadline, stages)
    return Until(deadline=deadline, stages=stages, adds=adds)


def _check_together(entry: Map) -> None:
    """Which of the keys go together."""
    present = [key for key in entry if key in DEADLINES]
    for key in present[1:]:
        entry.problems.error(
            entry.key_place(key),
            "two_deadlines",
            zh=f"已有 {present[0]}；一条规则至多一个期限（for、by、overdue）",
            en=f"{present[0]} is there already; a rule has at most one deadline: for, by or overdue",
        )
    for key, other in (("after", "overdue"), ("within", "after"), ("after", "within")):
        if key in entry and other not in entry:
            entry.problems.error(
                entry.key_place(key), "goes_with", zh=f"{key} 须与 {other} 同用", en=f"{key} goes with {other}"
            )
    for key, other in (("stages", "severity"), ("stages", "before")):
        if key in entry and other in entry:
            entry.problems.error(
                entry.key_place(other),
                "instead",
                zh=f"{key} 取代 {other}，两者不能同用",
                en=f"{key} stands in place of {other}, not beside it",
            )
    for key in ("stages", "before"):
        if key in entry and not present:
            entry.problems.error(
                entry.key_place(key),
                "no_deadline",
                zh=f"{key} 需要期限：for、by 或 overdue",
                en=f"{key} needs a deadline: for, by or overdue",
            )


def _deadline(
    entry: Map, kind: Kind, calendars: Mapping[str, Calendar], by: Expression | None
) -> tuple[Deadline, tuple[Expression, ...]]:
    lasting = entry.leaf("for")
    duration = None if lasting is None else read_duration(lasting, calendars)
    overdue = entry.leaf("overdue")
    node = None if overdue is None else read_node(overdue, kind.nodes)
    after_leaf, within_leaf = entry.leaf("after"), entry.leaf("within")
    after = None if after_leaf is None else read_node(after_leaf, kind.nodes)
    within = None if within_leaf is None else read_duration(within_leaf, calendars)
    if node is not None and node == after:
        entry.problems.error(
            entry.place_of("after"),
            "wrong_value",
            zh=f"{node} 不能相对自身逾期；after 应为之前的节点",
            en=f"{node} cannot be overdue after itself; after is a node before it",
        )
    if node is not None and after is not None and within is not None:
        return OverdueAfter(node=node, after=after, within=within), (done(after), not_done(node), not_closed())
    if node is not None:
        return OverduePromise(node=node), (not_done(node), not_closed())
    if duration is not None:
        return For(duration=duration), ()
    return (NoDeadline() if by is None else By(expression=by)), ()


def _stages(entry: Map, calendars: Mapping[str, Calendar]) -> tuple[StageRule, ...]:
    word = entry.one_of("severity", SEVERITIES)
    severity = Severity.MAJOR if word is None else SEVERITIES[word]
    own = StageRule(severity=severity, offset=_AT_DEADLINE)
    if "stages" in entry:
        listed = tuple(_listed_stages(entry, calendars))
        return listed or (own,)
    leaf = entry.leaf("before")
    ahead = None if leaf is None else read_duration(leaf, calendars)
    if leaf is None or ahead is None:
        return (own,)
    if severity <= Severity.MINOR:
        entry.problems.error(
            entry.key_place("before"),
            "before_severity",
            zh="before 以 minor 提前开启，规则的级别须高于 minor（major 或 critical）",
            en="before opens as minor, so the rule's severity must be above that: major or critical",
        )
    return (StageRule(severity=Severity.MINOR, offset=ahead, early=ahead != _AT_DEADLINE), own)


def _listed_stages(entry: Map, calendars: Mapping[str, Calendar]) -> list[StageRule]:
    items = entry.list("stages")
    if items is None:
        return []
    if not items.nodes:
        entry.problems.error(items.place, "no_stages", zh="stages 为空", en="stages is empty")
    found: list[StageRule] = []
    for node in items:
        stage = as_map(node)
        if stage is None:
            continue
        stage.only(*keys.STAGE)
        at = stage.leaf("at", required=True)
        word = stage.one_of("severity", SEVERITIES, required=True)
        offset = None if at is None else read_offset(at, calendars)
        if offset is not None and word is not None:
            length, negative = offset
            zero = not length.days and not length.span
            found.append(
                StageRule(
                    severity=SEVERITIES[word], offset=_AT_DEADLINE if zero else length, early=negative and not zero
                )
            )
    return found


def _check_early(entry: Map, deadline: For, stages: tuple[StageRule, ...]) -> None:
    """A stage cannot come before the run that `for` counts from."""
    for stage in stages:
        if stage.early and not deadline.duration.covers(stage.offset):
            key = "stages" if "stages" in entry else "before"
            entry.problems.error(
                entry.place_of(key),
                "longer_than_for",
                zh=f"提前 {stage.offset} 超过 for 的 {deadline.duration}，或日历、单位不同",
                en=f"{stage.offset} ahead is longer than the for of {deadline.duration}, "
                "or in another calendar or unit",
            )

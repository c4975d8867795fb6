"""Every doubt that a check can have about files that are valid: its stable code, how grave it is, and what it means.

`error` findings are not listed: they say themselves what is wrong, and cannot be ignored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from streams.text import Text

LintSeverity = Literal["warning", "note"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """`warning`: what somebody will miss at night. `note`: what is worth a look."""

    severity: LintSeverity
    about: Text


def warning(zh: str, en: str) -> Lint:
    return Lint(severity="warning", about=Text(zh=zh, en=en))


def note(zh: str, en: str) -> Lint:
    return Lint(severity="note", about=Text(zh=zh, en=en))


LINTS: Final[Mapping[str, Lint]] = {
    # whom and what a rule names
    "no_owner": warning("上线的规则没有 owner，没有人负责处理", "a live rule has no owner: nobody is to repair it"),
    "no_runbook": note(
        "上线的规则没有 runbook，被叫醒的人不知道怎么做", "a live rule has no runbook for whom it wakes"
    ),
    "runbook_missing": warning("runbook 指向的文件不存在", "the file that runbook names is not there"),
    "duplicate_rule": warning("两条规则的含义完全相同", "two rules mean exactly the same"),
    "count_without_per": warning(
        "count 没有 per，所有实体算作一组", "a count without per: all entities are one single group"
    ),
    "count_not_fresh": note(
        "计数规则的 on_change: fresh 不起作用", "on_change: fresh of a count has no effect: it is counted anew"
    ),
    "node_order": warning(
        "overdue 的节点排在 after 的节点之前", "the node that is overdue comes before the one it is counted from"
    ),
    # what never or always happens
    "never_holds": warning("条件永不成立", "a condition that can never hold"),
    "always_holds": warning("条件总是成立", "a condition that always holds"),
    "holds_when_known": warning("只要字段有值，条件就成立", "a condition that holds for every value of its fields"),
    "constants_only": warning("只比较常量，结果永远不变", "a comparison of literals alone"),
    "always_missing": warning("计算没有结果，总是缺失", "a computation without a result"),
    "deadline_never": warning(
        "条件要求期限所用的字段缺失，期限永不到来", "the condition wants missing what the deadline is counted from"
    ),
    "stage_unreachable": warning("该阶段永远不会显示", "a stage that an equal or graver one always covers"),
    "unknown_event_type": warning("条件中的事件类型不存在", "a condition names an event type that the kind lacks"),
    "unknown_node": warning("closed_by 中的节点不存在", "closed_by names a node that the kind lacks"),
    # decision tables and tests
    "not_exhaustive": warning("决策表没有覆盖所有情况", "a decision table leaves cases to no row"),
    "shadowed_row": warning("决策表的某一行被前面的行遮住", "a row of a decision table is hidden by those before it"),
    "row_never_hit": warning("决策表的某一行永远不会命中", "a row of a decision table that nothing can hit"),
    "table_too_large": warning("决策表过大，未作完整检查", "a decision table too large to be checked whole"),
    "no_firing_test": warning(
        "tocsin rules test：规则没有会触发的测试", "said by tocsin rules test: a rule has no test in which it fires"
    ),
    "no_silent_test": warning(
        "tocsin rules test：规则没有不触发的测试",
        "said by tocsin rules test: a rule has no test in which it stays silent",
    ),
    # time
    "window_longer_than_retention": warning(
        "规则需要的数据早于保留期限", "a rule looks back further than events are kept (retention in tocsin.yaml)"
    ),
    "holidays_unknown": warning(
        "日历需要的节假日尚未公布或数据过旧；已经缺少时为错误",
        "holidays that a calendar needs soon are not known; an error where they are needed now",
    ),
    # files
    "not_read": warning("文件不会被读取", "a file that is not read"),
}

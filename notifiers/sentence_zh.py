"""The default sentences in Chinese."""

import re
from typing import Final

from notifiers.facts import (
    Counted,
    Facts,
    Holds,
    HoldsBy,
    HoldsFor,
    Limit,
    NodeFacts,
    OverdueAfter,
    OverduePromise,
    Pulsed,
)
from notifiers.timing import Timing, limit_text, open_for, reached_late, subject_of, why_over

_HAN: Final = re.compile(r"[\u3400-\u9fff]")


def open_zh(facts: Facts, times: Timing) -> str:
    subject = subject_of(facts, "zh")
    named = f"{subject}：{facts.rule_name.zh}"
    match facts.cause:
        case OverdueAfter(node=node, after=after, within=within) if facts.node(after).at is not None:
            return f"{subject} {_overdue_after(facts.node(after), facts.node(node), within, times)}"
        case OverdueAfter(node=node) | OverduePromise(node=node):
            return f"{subject} {_overdue(facts.node(node), times)}"
        case HoldsFor(limit=limit):
            return f"{named}，已持续 {times.lasted}（限 {limit_text(limit, 'zh')}）"
        case HoldsBy():
            return f"{named}{_by(times)}"
        case Pulsed(count=count):
            return f"{named}（{times.opened}{f'，共 {count} 次' if count > 1 else ''}）"
        case Counted(at_least=at_least, within=within):
            return f"{named}：{limit_text(within, 'zh')}内达到 {at_least} 次"
        case Holds():
            return f"{named}，已持续 {times.held}" if times.held else named


def resolved_zh(facts: Facts) -> str:
    subject = subject_of(facts, "zh")
    reached = reached_late(facts, "zh")
    if reached is not None:
        node, late = reached
        return f"{subject} {_done(node)}，{f'比期限晚 {late}' if late else '未超期限'}"
    why = why_over(facts, "zh")
    return f"{subject}：{facts.rule_name.zh}，已解决，历时 {open_for(facts, 'zh')}{f'（{why}）' if why else ''}"


def _overdue_after(after: NodeFacts, node: NodeFacts, within: Limit, times: Timing) -> str:
    limit = f"应在 {limit_text(within, 'zh')}内"
    if within.calendar is not None and times.due is not None:
        limit += f"，即 {times.due} 前"
    if times.left is not None:
        return f"{_done(after)} {times.lasted}，尚{_not(node)}（{limit}，还剩 {times.left}）"
    return f"{_done(after)} {times.lasted}，仍{_not(node)}（{limit}）"


def _overdue(node: NodeFacts, times: Timing) -> str:
    if times.due is None:
        return f"仍{_not(node)}"
    if times.left is not None:
        return f"尚{_not(node)}（应在 {times.due} 前，还剩 {times.left}）"
    return f"仍{_not(node)}（应在 {times.due} 前{f'，已超 {times.late}' if times.late else ''}）"


def _by(times: Timing) -> str:
    if times.due is None:
        return ""
    if times.left is not None:
        return f"，距期限还剩 {times.left}（{times.due}）"
    return f"，{f'已过期限 {times.late}' if times.late else '已到期限'}（{times.due}）"


def _done(node: NodeFacts) -> str:
    """付款 -> 已付款; a label in another script is named, not conjugated."""
    label = node.label.zh
    return f"已{label.removeprefix('已')}" if _HAN.search(label) else f"已过 {label}"


def _not(node: NodeFacts) -> str:
    label = node.label.zh
    return f"未{label.removeprefix('已')}" if _HAN.search(label) else f"未到 {label}"

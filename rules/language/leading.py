"""lead("paid", "shipped", 0.9) in expressions: looked up in the lead-time file when the rule is loaded."""

import ast
from fractions import Fraction

from rules.errors import guess, nearest
from rules.language.scope import FIELD_TYPES, Scope
from rules.language.syntax import Report
from rules.language.tree import Learned, Lookup, Side, quoted
from streams.instants import Micros
from streams.lead_times import LeadTimes, LearnedTime, Quantiles, SegmentKey, Share
from streams.text import nfkc


def read_lead(node: ast.Call, scope: Scope, report: Report) -> Learned | None:
    """Everything that is wrong with it is reported: nodes, quantile, and what the file does not have."""
    start, end = (_node(argument, scope, report) for argument in node.args[:2])
    share = _share(node.args[2], report)
    if scope.lead_times is None:
        report.error(
            node,
            "no_lead_times",
            zh="lead 需要交期文件 lead_times.yaml，工作区中没有；请编写该文件，或改写固定时长，如 hours(48)",
            en="lead needs the lead-time file lead_times.yaml, which this workspace does not have; write one, or a "
            "fixed duration such as hours(48)",
        )
        return None
    if start is None or end is None or share is None:
        return None
    times = scope.lead_times.times.get((scope.kind.name, start, end))
    if times is None:
        _report_pair(node, (start, end), scope.kind.name, scope.lead_times, report)
        return None
    overall = _at(times.overall, share, node.args[2], None, report)
    if overall is None:
        return None
    segments: list[tuple[SegmentKey, Micros]] = []
    for key, found in times.segments.items():
        span = _at(found, share, node.args[2], key, report)
        if span is None:
            return None
        segments.append((key, span))
    return Learned(
        text=f"lead({quoted(start)}, {quoted(end)}, {ast.unparse(node.args[2])})",
        overall=overall,
        operands=_operands(times, scope) if segments else (),
        segments=tuple(segments),
    )


def _node(argument: ast.expr, scope: Scope, report: Report) -> str | None:
    value = argument.value if isinstance(argument, ast.Constant) else None
    name = nfkc(value) if isinstance(value, str) else None
    if name is not None and name in scope.kind.nodes:
        return name
    known = guess(name or "", scope.kind.nodes, labels=scope.kind.labels)
    report.error(
        argument,
        "unknown_node",
        zh=f"lead 的前两个参数是引号中的节点名{known.zh}",
        en=f"the first two arguments of lead are nodes in quotes{known.en}",
    )
    return None


def _share(argument: ast.expr, report: Report) -> Share | None:
    value = argument.value if isinstance(argument, ast.Constant) else None
    if isinstance(value, float) and 0 < value < 1:
        return Fraction(repr(value))
    report.error(
        argument,
        "bad_quantile",
        zh="lead 的第三个参数是 0 与 1 之间的数字，如 0.9",
        en="the third argument of lead is a number between 0 and 1, such as 0.9",
    )
    return None


def _report_pair(node: ast.Call, pair: tuple[str, str], kind: str, known: LeadTimes, report: Report) -> None:
    pairs = [f"{start} -> {end}" for of, start, end in known.times if of == kind]
    wanted = f"{pair[0]} -> {pair[1]}"
    turned = (kind, pair[1], pair[0]) in known.times
    meant = f"{pair[1]} -> {pair[0]}" if turned else nearest(wanted, pairs)
    end = guess(meant or wanted, pairs)
    report.error(
        node,
        "unknown_lead_time",
        zh=f"lead_times.yaml 中没有 {kind} 的 {wanted}{end.zh}",
        en=f"lead_times.yaml has no {wanted} of {kind}{end.en}",
    )


def _at(found: Quantiles, share: Share, place: ast.expr, segment: SegmentKey | None, report: Report) -> Micros | None:
    span = found.at(share)
    if span is None:
        listed = [f"{float(one):g}" for one in found.shares]
        of = "" if segment is None else ", ".join(map(str, segment))
        report.error(
            place,
            "quantile_not_listed",
            zh=f"lead_times.yaml 列出的分位数为 {'、'.join(listed)}{f'（{of}）' if of else ''}，"
            f"{float(share):g} 在其范围之外",
            en=f"lead_times.yaml lists the quantiles {', '.join(listed)}{f' ({of})' if of else ''}, "
            f"and {float(share):g} lies outside of these",
        )
    return span


def _operands(times: LearnedTime, scope: Scope) -> tuple[Lookup, ...]:
    fields = scope.kind.fields
    return tuple(Lookup(side=Side.SNAPSHOT, name=name, type=FIELD_TYPES[fields[name].type]) for name in times.by)

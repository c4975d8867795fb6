"""Lead times as the text of lead_times.yaml, which rules/files/lead_file.py reads: the same learning, the same text."""

import json
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from rules.errors import Problems
from rules.files.document import Map, as_map, read_text
from rules.files.writing import to_yaml
from rules.worktime.durations import Duration
from simulator.lead_learning.learning import LearnedWay, Learning, Pair, Quantile, Sample
from streams.instants import Micros, format_instant
from streams.lead_times import SegmentKey
from streams.text import Language, Text

_HEAD: Final = Text(
    zh="""\
# 由 tocsin learn 从历史中得出：节点之间要用多久。
# 0.8: 36h 表示 80% 的订单最多用了 36 小时。尚未到达的订单按“至少这么久”计入（Kaplan-Meier）。
# 在规则中使用：by: promised_at - lead("stocked", "received", 0.8)
# 再次运行会更新这里列出的路径；上一版保存在 lead_times.yaml.bak。
""",
    en="""\
# Learned from a history by tocsin learn: how long the ways between nodes take.
# 0.8: 36h says that 80 % of the orders took at most 36 hours. Orders that have not arrived count as lasting at least
# so long (Kaplan-Meier).
# For rules such as by: promised_at - lead("stocked", "received", 0.8)
# A further run replaces the ways that it learns; the file before is kept as lead_times.yaml.bak.
""",
)
_KEPT: Final = Text(zh="  # 以下不是这次得出的，保持原样\n", en="  # not learned this time, kept as they were\n")
_DEFAULT_KIND: Final = "order"


def lead_text(learning: Learning, source: str, old: str, language: Language) -> str:
    """The new file, of at least one way. What the old one says of other ways is kept, without its comments."""
    lines = [_HEAD.say(language), f"learned: {{at: {format_instant(learning.until)}, from: {_scalar(source)}}}\n"]
    first = old.partition("\n")[0]
    if first.startswith("# yaml-language-server:"):
        lines.insert(0, first + "\n")
    lines.append("lead_times:\n")
    for way in learning.ways:
        lines += _way(way, language)
    kept = _others(old, {way.pair for way in learning.ways})
    if kept:
        lines += [_KEPT.say(language), to_yaml("lead_times", kept).partition("\n")[2]]
    return "".join(lines)


def span_text(span: Micros) -> str:
    return str(Duration(span=span))


def share_text(share: Fraction) -> str:
    return f"{float(share):.15g}"


def segment_text(by: Iterable[str], values: SegmentKey) -> str:
    return ", ".join(f"{name}: {_scalar(value)}" for name, value in zip(by, values, strict=True))


def _way(way: LearnedWay, language: Language) -> Iterator[str]:
    kind, start, end = way.pair
    told = Text(
        zh=f"{way.overall.orders} 个开始，{way.overall.arrived} 个到达；未到达 {way.open}，中途关闭 {way.closed}，"
        f"越过 {way.passed}；不计：时间倒退 {way.negative}；曾重置 {way.reset}",
        en=f"{way.overall.orders} began, {way.overall.arrived} arrived; {way.open} open, {way.closed} closed before, "
        f"{way.passed} passed over; {way.negative} backwards, left out; {way.reset} were reset",
    )
    yield f"  # {told.say(language)}\n"
    yield from _unknown(way.overall, language)
    yield f"  - on: {_scalar(kind)}\n    from: {_scalar(start)}\n    to: {_scalar(end)}\n"
    yield f"    orders: {way.overall.arrived}\n    quantiles: {_quantiles(way.overall)}\n"
    yield f"    # {_intervals(way.overall.known, language)}\n"
    yield from _left_out(way, language)
    if way.segments:
        yield "    segments:\n"
    for values, sample in way.segments.items():
        yield f"      - where: {{{segment_text(way.by, values)}}}\n"
        yield f"        orders: {sample.arrived}\n        quantiles: {_quantiles(sample)}\n"


def _unknown(sample: Sample, language: Language) -> Iterator[str]:
    shares = ", ".join(share_text(one.share) for one in sample.unknown)
    if shares:
        told = Text(zh=f"{shares}：到达的还不够多，未列出", en=f"{shares}: left out, too few have arrived to say")
        yield f"  # {told.say(language)}\n"


def _left_out(way: LearnedWay, language: Language) -> Iterator[str]:
    if way.few:
        told = Text(
            zh=f"另有 {way.few} 个分段到达的订单太少，按总体计算",
            en=f"{way.few} further segments have too few arrived orders: the figures over all count",
        )
        yield f"    # {told.say(language)}\n"
    if way.incomplete:
        names = "; ".join(segment_text(way.by, values) for values in way.incomplete)
        told = Text(
            zh=f"到达的还不够多，缺分位数，按总体计算：{names}",
            en=f"a quantile is missing as too few have arrived, so the figures over all count: {names}",
        )
        yield f"    # {told.say(language)}\n"


def _quantiles(sample: Sample) -> str:
    return "{" + ", ".join(f"{share_text(one.share)}: {span_text(one.span or 0)}" for one in sample.known) + "}"


def _intervals(known: Iterable[Quantile], language: Language) -> str:
    listed = ", ".join(f"{share_text(one.share)}: {_end(one.low)} .. {_end(one.high)}" for one in known)
    return Text(zh=f"95% 区间：{listed}", en=f"95 % intervals: {listed}").say(language)


def _end(span: Micros | None) -> str:
    return "?" if span is None else span_text(span)


def _scalar(value: str | float | bool) -> str:
    """Plain where YAML reads the same text, else in double quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{int(value)}" if value.is_integer() and abs(value) < 2**53 else repr(value)
    plain = value.isidentifier() and value.lower() not in ("null", "true", "false")
    return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())


def _others(old: str, learned: set[Pair]) -> list[Map]:
    """The entries of a file for ways that are not learned now; a file that cannot be read has none."""
    root = read_text(old, "lead_times.yaml", Problems())
    items = None if root is None or "lead_times" not in root else root.list("lead_times")
    entries = [entry for node in items or () if (entry := as_map(node)) is not None]
    return [
        entry
        for entry in entries
        if (entry.string("on") or _DEFAULT_KIND, entry.string("from"), entry.string("to")) not in learned
    ]

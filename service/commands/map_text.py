"""What a mapping makes of its table, as `tocsin map` tells it to people and as data."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from service.speech import Say
from simulator.mapping_proposal.proposal import Proposal
from simulator.mapping_proposal.understood import Understood
from streams.instants import Instant, format_instant, to_datetime
from streams.text import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """Without a proposal: an existing mapping was asked about."""

    understood: Understood
    zone: ZoneInfo
    proposal: Proposal | None = None
    text: str | None = None  # the proposed file
    output: Path | None = None  # where it was written


def as_text(shown: Shown, say: Say) -> str:
    found = shown.understood
    lines = [
        say(
            f"{found.report.file}：{found.rows} 行，{found.keys} 个实体，{found.events} 个事件",
            f"{found.report.file}: {found.rows} rows, {found.keys} entities, {found.events} events",
        )
    ]
    if found.first is not None and found.last is not None:
        first, last = _local(found.first, shown.zone), _local(found.last, shown.zone)
        lines.append(say(f"时间：{first} 至 {last}（{shown.zone.key}）", f"from {first} to {last} ({shown.zone.key})"))
    lines += _nodes(found, say)
    lines += _promises(found, say)
    lines += _fields(found, say)
    lines += _backwards(shown, say)
    lines += _not_taken(found, say)
    if shown.proposal is not None:
        lines += _to_decide(shown.proposal, say)
    if shown.output is not None:
        lines += ["", say(f"已写入 {shown.output}，请核对", f"written to {shown.output}: please check it")]
    return "\n".join(lines)


def _nodes(found: Understood, say: Say) -> Iterator[str]:
    for node, count in found.nodes.items():
        without = found.keys - count
        end = say(
            f"，{without} 个没有（{_share(without, found.keys)}）", f", {without} not ({_share(without, found.keys)})"
        )
        yield say(f"  {node}：{count} 个到达", f"  {node}: reached by {count}") + (end if without else "")


def _promises(found: Understood, say: Say) -> Iterator[str]:
    for one in found.promised:
        yield say(
            f"  {one.node} 的承诺：{one.promised} 个，其中 {one.late} 个迟到，{one.never} 个没有到达",
            f"  {one.node} was promised for {one.promised}: {one.late} late, {one.never} not reached",
        )


def _fields(found: Understood, say: Say) -> Iterator[str]:
    for field in found.fields:
        without = found.keys - field.filled
        end = say(
            f"，{without} 个没有（{_share(without, found.keys)}）",
            f", {without} without ({_share(without, found.keys)})",
        )
        few = ", ".join(f"{value} {count}" for value, count in field.values)
        text = say(f"  字段 {field.name}：{field.filled} 个有值", f"  field {field.name}: {field.filled} have a value")
        yield text + (end if without else "") + (say(f"：{few}", f": {few}") if few else "")


def _backwards(shown: Shown, say: Say) -> Iterator[str]:
    for one in shown.understood.backwards:
        yield say(
            f"  先后颠倒：{one.count} 个的 {one.node} 早于 {one.before}，例如",
            f"  impossible order: {one.node} before {one.before} in {one.count}, such as",
        )
        for key, reached, before in one.examples:
            yield f"    {key}: {one.node} {_local(reached, shown.zone)}, {one.before} {_local(before, shown.zone)}"


def _not_taken(found: Understood, say: Say) -> Iterator[str]:
    report = found.report
    counts = (
        (report.without_key, say("没有键的行", "rows without a key")),
        (report.without_event, say("没有发生任何事的行", "rows in which nothing happened")),
        (report.ignored, say("按映射忽略的行", "rows that the mapping ignores")),
    )
    yield from (f"  {text}: {count}" for count, text in counts if count)
    total = sum(found.refused.values())
    if total:
        yield say(f"  无法读取：{total} 处，例如", f"  cannot be read: {total}, such as")
        for refusal in found.refusals:
            yield f"    {refusal.position}: {refusal.reason} ({found.refused[refusal.code]})"


def _to_decide(proposal: Proposal, say: Say) -> Iterator[str]:
    if proposal.left_out:
        yield ""
        yield say("没有用到的列：", "columns that are left out:")
        yield from (f"  {one.column}: {say(one.why.zh, one.why.en)}" for one in proposal.left_out)
    if proposal.doubts:
        yield ""
        yield say("需要人来决定：", "for somebody to decide:")
        yield from (f"  - {say(doubt.zh, doubt.en)}" for doubt in proposal.doubts)


def as_data(shown: Shown, language: Language) -> dict[str, Any]:
    found = shown.understood
    proposed: dict[str, Any] = {}
    if shown.proposal is not None:
        proposed = {
            "mapping": shown.text,
            "kind": shown.proposal.kind,
            "format": shown.proposal.format,
            "key": shown.proposal.key,
            "doubts": [doubt.say(language) for doubt in shown.proposal.doubts],
            "left_out": {one.column: one.why.say(language) for one in shown.proposal.left_out},
        }
    return proposed | {
        "file": found.report.file,
        "zone": shown.zone.key,
        "rows": found.rows,
        "entities": found.keys,
        "events": found.events,
        "first": None if found.first is None else format_instant(found.first),
        "last": None if found.last is None else format_instant(found.last),
        "nodes": dict(found.nodes),
        "fields": {one.name: {"filled": one.filled, "values": dict(one.values)} for one in found.fields},
        "promised": {
            one.node: {"promised": one.promised, "late": one.late, "not_reached": one.never} for one in found.promised
        },
        "backwards": [
            {"node": one.node, "before": one.before, "count": one.count, "keys": [key for key, *_ in one.examples]}
            for one in found.backwards
        ],
        "without_key": found.report.without_key,
        "without_event": found.report.without_event,
        "ignored": found.report.ignored,
        "refused": dict(found.refused),
        "refusals": [f"{one.position}: {one.reason}" for one in found.refusals],
    }


def _local(instant: Instant, zone: ZoneInfo) -> str:
    """To the minute; a day alone where it is its first instant."""
    return to_datetime(instant).astimezone(zone).strftime("%Y-%m-%d %H:%M").removesuffix(" 00:00")


def _share(part: int, of: int) -> str:
    return f"{part / of:.1%}" if of else "-"

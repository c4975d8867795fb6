"""lead_times.yaml: how long the ways between nodes take, as quantiles, overall and for segments.

learned: {at: 2026-03-01T00:00:00Z, from: orders.parquet}     # optional: when, and from what
lead_times:
  - on: order                                                 # kind; default order
    from: paid
    to: shipped
    orders: 2841                                              # optional: how many it was learned from
    quantiles: {0.5: 18h, 0.8: 30h, 0.9: 41h}
    segments:                                                 # optional; all by the same fields
      - where: {supplier: S4}
        orders: 214
        quantiles: {0.5: 30h, 0.8: 52h, 0.9: 3d}
"""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from typing import Final

from rules.errors import guess
from rules.files import keys
from rules.files.document import Leaf, Map, as_boolean, as_leaf, as_map, wrong
from rules.files.total_file import read_kind
from rules.worktime.durations import read_plain
from streams.instants import Instant, Micros, parse_instant
from streams.lead_times import LeadTimes, LearnedTime, Quantiles, SegmentKey, Share
from streams.model import FieldType, Kind, Model
from streams.text import nfc, nfkc

_DEFAULT_KIND: Final = "order"
_SHARE: Final = re.compile(r"0?\.[0-9]{1,15}")
_SEGMENTED: Final = (FieldType.STRING, FieldType.NUMBER, FieldType.BOOL)


def read_lead_times(root: Map, model: Model) -> LeadTimes:
    """What is wrong is reported, and read as absent."""
    root.only(*keys.LEAD_TIMES)
    at, source = _learned(root, model)
    times: dict[tuple[str, str, str], LearnedTime] = {}
    for node in root.list("lead_times", required=True) or ():
        entry = as_map(node)
        found = None if entry is None else _entry(entry, model)
        if entry is None or found is None:
            continue
        if found[0] in times:
            kind, start, end = found[0]
            entry.problems.error(
                entry.place,
                "duplicate_lead_time",
                zh=f"{kind} 的 {start} -> {end} 已经写过",
                en=f"{start} -> {end} of {kind} is given already",
            )
        times.setdefault(*found)
    return LeadTimes(version=_version(times), learned_at=at, learned_from=source, times=times)


def _learned(root: Map, model: Model) -> tuple[Instant | None, str | None]:
    body = root.map("learned")
    if body is None:
        return None, None
    body.only(*keys.LEARNED)
    leaf = body.leaf("at")
    try:
        at = None if leaf is None else parse_instant(leaf.raw, model.zone)
    except ValueError:
        at = None
        if leaf is not None:
            wrong(leaf, zh="时刻，如 2026-03-02T09:00:00Z", en="an instant such as 2026-03-02T09:00:00Z")
    return at, body.string("from")


def _entry(entry: Map, model: Model) -> tuple[tuple[str, str, str], LearnedTime] | None:
    entry.only(*keys.LEAD_TIME)
    leaf = entry.leaf("on")
    kind = model.kinds.get(_DEFAULT_KIND) if leaf is None else read_kind(leaf, model)
    if leaf is None and kind is None:
        entry.get("on", required=True)
    start, end = (_node(entry, key, kind) for key in ("from", "to"))
    if start is not None and start == end:
        wrong_end = entry.leaf("to")
        if wrong_end is not None:
            wrong(wrong_end, zh="另一个节点", en="another node than from")
    _orders(entry)
    overall = _quantiles(entry)
    by, segments = _segments(entry, kind)
    if kind is None or start is None or end is None or overall is None:
        return None
    return (kind.name, start, end), LearnedTime(overall=overall, by=by, segments=segments)


def _orders(entry: Map) -> None:
    """For people who read the file; nothing follows from it."""
    if "orders" in entry:
        entry.integer("orders")


def _node(entry: Map, key: str, kind: Kind | None) -> str | None:
    leaf = entry.leaf(key, required=True)
    if leaf is None or kind is None:
        return None
    name = nfkc(leaf.raw)
    if name in kind.nodes:
        return name
    end = guess(name, kind.nodes)
    entry.problems.error(
        leaf.place,
        "unknown_node",
        zh=f"{kind.name} 没有节点 {name}{end.zh}",
        en=f"{kind.name} has no node {name}{end.en}",
    )
    return None


def _quantiles(entry: Map) -> Quantiles | None:
    body = entry.map("quantiles", required=True)
    if body is None:
        return None
    if not body.entries:
        wrong(body, zh="分位数，如 {0.5: 18h, 0.9: 41h}", en="quantiles such as {0.5: 18h, 0.9: 41h}")
    found: list[tuple[Share, Micros, Leaf]] = []
    for item in body.entries.values():
        share, leaf = _share(item.key), as_leaf(item.node)
        span = None if leaf is None else read_plain(leaf)
        if share is not None and leaf is not None and span is not None:
            found.append((share, span, leaf))
    found.sort(key=lambda one: one[0])
    for (_, shorter, _), (_, longer, leaf) in pairwise(found):
        if longer < shorter:
            wrong(leaf, zh="不短于较低分位数的时长", en="a duration no shorter than that of the quantile below")
    if not found:
        return None
    return Quantiles(shares=tuple(share for share, _, _ in found), spans=tuple(span for _, span, _ in found))


def _share(key: Leaf) -> Share | None:
    if _SHARE.fullmatch(key.raw) and Fraction(key.raw) > 0:
        return Fraction(key.raw)
    wrong(key, zh="0 与 1 之间的分位数，如 0.9", en="a quantile between 0 and 1, such as 0.9")
    return None


def _segments(entry: Map, kind: Kind | None) -> tuple[tuple[str, ...], Mapping[SegmentKey, Quantiles]]:
    by: tuple[str, ...] | None = None
    found: dict[SegmentKey, Quantiles] = {}
    for node in entry.list("segments") or ():
        body = as_map(node)
        if body is None:
            continue
        body.only(*keys.SEGMENT)
        _orders(body)
        quantiles = _quantiles(body)
        where = body.map("where", required=True)
        values = None if where is None or kind is None else _where(where, kind)
        if where is None or values is None:
            continue
        names = tuple(sorted(values))
        key = tuple(values[name] for name in names)
        by = names if by is None else by
        if names != by or key in found:
            wrong(
                where,
                zh=f"按 {'、'.join(by)} 划分且未出现过的分段",
                en=f"a segment by {', '.join(by)} that is not given yet",
            )
        elif quantiles is not None:
            found[key] = quantiles
    return by or (), found


def _where(where: Map, kind: Kind) -> dict[str, str | float | bool] | None:
    """The fields of a segment and their values, by the types of the model."""
    found: dict[str, str | float | bool] = {}
    for item in where.entries.values():
        name = nfkc(item.key.raw)
        field = kind.fields.get(name)
        if field is None or field.type not in _SEGMENTED:
            names = [one.name for one in kind.fields.values() if one.type in _SEGMENTED]
            end = guess(name, names)
            where.problems.error(
                item.key.place,
                "unknown_field",
                zh=f"{kind.name} 没有可用于分段的字段 {name}{end.zh}",
                en=f"{kind.name} has no field {name} to make segments by{end.en}",
            )
            continue
        leaf = as_leaf(item.node)
        value = None if leaf is None else _value(leaf, field.type)
        if value is not None:
            found[name] = value
    if not where.entries:
        wrong(where, zh="字段与值，如 {supplier: S4}", en="fields and values such as {supplier: S4}")
    return found if found and len(found) == len(where.entries) else None


def _value(leaf: Leaf, type_: FieldType) -> str | float | bool | None:
    if type_ is FieldType.STRING:
        return nfc(leaf.raw)
    if type_ is FieldType.BOOL:
        return as_boolean(leaf)
    value = leaf.data()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    wrong(leaf, zh="数字", en="a number")
    return None


def _version(times: Mapping[tuple[str, str, str], LearnedTime]) -> str:
    """The hash of what the file says."""
    meaning = [
        [*key, time.by, _plain(time.overall), sorted(_segment_plain(time))] for key, time in sorted(times.items())
    ]
    return sha256(json.dumps(meaning).encode()).hexdigest()[:12]


def _segment_plain(time: LearnedTime) -> list[str]:
    return [json.dumps([*key, _plain(found)]) for key, found in time.segments.items()]


def _plain(found: Quantiles) -> list[list[str | int]]:
    return [[str(share), span] for share, span in zip(found.shares, found.spans, strict=True)]

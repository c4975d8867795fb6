"""Scenario files: YAML to a Scenario, every error located and collected. What a file does not say stays the default.

orders: 100000
start: 2026-01-05
days: 90
dwell: {paid>stocked: {median: 90m, by: {b2b: 1.5}}}
faults: {others: 0, supplier_late: 0.05}
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from rules.errors import Problems, guess
from rules.files.document import Leaf, Map, as_leaf, as_map, read_file, wrong
from rules.worktime.durations import read_plain
from simulator.generator.faults import FAULTS
from simulator.generator.scenario import CARRIERS, CHANNELS, DWELL, KINDS, LEVELS, Dwell, Scenario

_DWELL: Final = ("median", "spread", "by")
_COUNTS: Final = ("orders", "days", "customers", "articles", "suppliers")
_SHARED: Final = ("urgent", "cancelled", "recorded_late", "duplicates")
_SEGMENTS: Final = (*CHANNELS, *LEVELS, *CARRIERS, "urgent")
_OTHERS: Final = "others"
_MOST: Final = 1_000_000_000
_LARGEST_FACTOR: Final = 1_000.0

_KEYS: Final = (
    *_COUNTS, *_SHARED, "start", "late_by", "sites", "kinds", "channels", "dwell", "faults"
)  # fmt: skip


def read_scenario_file(path: Path, problems: Problems) -> Scenario | None:
    """The scenario of a file; None, with problems, where it cannot be used."""
    root = read_file(path, path.name, problems)
    return None if root is None else read_scenario(root)


def read_scenario(root: Map) -> Scenario | None:
    before = len(root.problems.found)
    root.only(*_KEYS)
    given: dict[str, Any] = {}
    for name in _COUNTS:
        count = root.integer(name)
        if count is not None and not 0 < count <= _MOST:
            _wrong(root, name, zh="大于零的整数", en="a whole number above zero")
        elif count is not None:
            given[name] = count
    for name in _SHARED:
        leaf = root.leaf(name)
        share = None if leaf is None else _number(leaf, 1.0)
        if share is not None:
            given[name] = share
    for name, read in (("start", _start), ("late_by", read_plain)):
        leaf = root.leaf(name)
        value = None if leaf is None else read(leaf)
        if value is not None:
            given[name] = value
    given |= _lists(root) | _channels(root) | _faults(root)
    scenario = replace(Scenario(), dwell=_dwell(root), **given)
    return scenario if len(root.problems.found) == before else None


def _lists(root: Map) -> dict[str, Any]:
    found: dict[str, Any] = {}
    sites = root.strings("sites")
    if sites is not None:
        found["sites"] = tuple(dict.fromkeys(leaf.raw for leaf in sites))
        if not sites:
            _wrong(root, "sites", zh="至少一个仓库", en="at least one site")
    kinds = root.strings("kinds")
    if kinds is not None:
        found["kinds"] = frozenset(leaf.raw for leaf in kinds if _known(leaf, KINDS))
    return found


def _channels(root: Map) -> dict[str, Any]:
    shares = _shares(root, "channels", CHANNELS, 1.0)
    if not shares:
        return {}
    total = sum(shares.values())
    if not math.isclose(total, 1.0, abs_tol=0.001):
        _wrong(root, "channels", zh="合计为 1 的占比", en="shares that add up to 1")
        return {}
    return {"channels": tuple(shares.get(name, 0.0) / total for name in CHANNELS)}


def _faults(root: Map) -> dict[str, Any]:
    shares = _shares(root, "faults", (*FAULTS, _OTHERS), 1.0, also={_OTHERS: _LARGEST_FACTOR})
    scale = shares.pop(_OTHERS, 1.0)
    scenario = Scenario(faults=shares, fault_scale=scale)
    if sum(scenario.share(fault.name) * fault.size for fault in FAULTS.values() if fault.of == "orders") > 1:
        _wrong(root, "faults", zh="订单异常的占比合计不超过 1", en="shares of orders that add up to no more than 1")
    return {"faults": shares, "fault_scale": scale}


def _dwell(root: Map) -> dict[str, Dwell]:
    found = dict(DWELL)
    table = root.map("dwell")
    for pair, entry in () if table is None else table.entries.items():
        body = as_map(entry.node)
        if not _known(entry.key, DWELL) or body is None:
            continue
        body.only(*_DWELL)
        median, spread = body.leaf("median"), body.leaf("spread")
        span = None if median is None else read_plain(median)
        sigma = None if spread is None else _number(spread, 3.0)
        usual = DWELL[pair]
        found[pair] = Dwell(
            median=usual.median if span is None else span,
            spread=usual.spread if sigma is None else sigma,
            by={**usual.by, **_shares(body, "by", _SEGMENTS, _LARGEST_FACTOR)},
        )
    return found


def _shares(
    map_: Map, name: str, known: tuple[str, ...], most: float, *, also: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Numbers by name, each no larger than `most`, or than `also` says of that name."""
    found: dict[str, float] = {}
    table = map_.map(name)
    for word, entry in () if table is None else table.entries.items():
        leaf = as_leaf(entry.node)
        if _known(entry.key, known) and leaf is not None:
            number = _number(leaf, (also or {}).get(word, most))
            if number is not None:
                found[word] = number
    return found


def _known(leaf: Leaf, known: Any) -> bool:
    if leaf.raw in known:
        return True
    end = guess(leaf.raw, known)
    leaf.source.problems.error(
        leaf.place, "unknown_name", zh=f"未知的 {leaf.raw}{end.zh}", en=f"unknown {leaf.raw}{end.en}"
    )
    return False


def _number(leaf: Leaf, most: float) -> float | None:
    try:
        number = float(leaf.raw)
    except ValueError:
        number = math.nan
    if not 0 <= number <= most:
        wrong(leaf, zh=f"0 到 {most:g} 的数", en=f"a number from 0 to {most:g}")
        return None
    return number


def _start(leaf: Leaf) -> date | None:
    try:
        return date.fromisoformat(leaf.raw)
    except ValueError:
        wrong(leaf, zh="日期，如 2026-01-05", en="a date such as 2026-01-05")
        return None


def _wrong(map_: Map, name: str, *, zh: str, en: str) -> None:
    node = map_.get(name)
    if node is not None:
        wrong(node, zh=zh, en=en)

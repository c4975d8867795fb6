"""Checking drawn worlds; one that fails is made smaller by taking away whatever is not needed for it to fail."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from msgspec import structs

from streams.instants import SECOND, format_instant
from tests.semantics.drawing import Drawn, a_world

Found = TypeVar("Found")


def smaller(drawn: Drawn) -> Iterator[Drawn]:
    """Worlds with something taken away."""
    for n in range(len(drawn.rules)):
        if len(drawn.rules) > 1:
            yield replace(drawn, rules=drawn.rules[:n] + drawn.rules[n + 1 :])
    for n, event in enumerate(drawn.events):
        before, after = drawn.events[:n], drawn.events[n + 1 :]
        if before or after:
            yield replace(drawn, events=before + after)
        for name in event.data:
            data = {other: value for other, value in event.data.items() if other != name}
            yield replace(drawn, events=(*before, structs.replace(event, data=data), *after))
    for total, body in drawn.model["totals"].items():
        yield with_totals(drawn, {name: one for name, one in drawn.model["totals"].items() if name != total})
        for name in body:
            less = {key: value for key, value in body.items() if key != name}
            yield with_totals(drawn, {**drawn.model["totals"], total: less})
    for n, rule in enumerate(drawn.rules):
        for name in rule.get("count", {}):
            less = {key: value for key, value in rule["count"].items() if key != name}
            yield replace(drawn, rules=(*drawn.rules[:n], {**rule, "count": less}, *drawn.rules[n + 1 :]))
        for name in rule:
            if name not in ("id", "overdue", "for", "within", "by") and (name != "when" or "overdue" in rule):
                kept = {other: value for other, value in rule.items() if other != name}
                yield replace(drawn, rules=(*drawn.rules[:n], kept, *drawn.rules[n + 1 :]))
        for name in ("stages", "decide"):
            for m in range(len(rule.get(name, ()))):
                fewer = rule[name][:m] + rule[name][m + 1 :]
                if fewer:
                    yield replace(drawn, rules=(*drawn.rules[:n], {**rule, name: fewer}, *drawn.rules[n + 1 :]))


def with_totals(drawn: Drawn, totals: dict[str, Any]) -> Drawn:
    return replace(drawn, model={**drawn.model, "totals": totals})


def check_world(seed: int, check: Callable[[Drawn], Found]) -> Found:
    """Apply a check to a drawn world; one that fails is made as small as can be before it fails."""
    drawn = a_world(seed)
    try:
        return check(drawn)
    except AssertionError:
        least = _smallest(drawn, check)
    try:
        check(least)
    except AssertionError as error:
        raise AssertionError(f"{_told(least)}\n{error}") from error
    raise AssertionError(f"seed {seed} does not fail each time")


def _smallest(drawn: Drawn, check: Callable[[Drawn], Any]) -> Drawn:
    found = next((one for one in smaller(drawn) if _fails(one, check)), None)
    return drawn if found is None else _smallest(found, check)


def _fails(drawn: Drawn, check: Callable[[Drawn], Any]) -> bool:
    try:
        _ = drawn.read_rules
    except AssertionError:
        return False
    try:
        check(drawn)
    except AssertionError:
        return True
    return False


def _told(drawn: Drawn) -> str:
    lines = [
        f"seed {drawn.seed}",
        f"model {json.dumps(drawn.model)}",
        *(f"rule {json.dumps(rule)}" for rule in drawn.rules),
    ]
    for event in drawn.events:
        retracts = "" if event.retracts is None else f" retracts {event.retracts}"
        known = event.recorded_at - event.occurred_at
        lines.append(
            f"{event.source}/{event.id} {event.kind} {event.key} {format_instant(event.occurred_at)} "
            f"+{known / SECOND} s {event.type} {dict(event.data)}{retracts}"
        )
    return "\n".join(lines)

"""A name for every construct that a drawn world uses, so that none is forgotten."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from streams.event import Event
from tests.semantics.drawing import CALENDARS, TOTALS, Drawn
from tests.semantics.reference import is_pulse

_NAMES = """
where, for, by, after, promise, no deadline, pulse, until, expires, clear, keep_open_for, before, stages, negative
offset, positive offset, calendar, cut-off, lead time

event, before the event, changed, missing values, not, and, or

late, out of order, same instant, duplicate, other copy, retraction, retraction first, retraction at once,
retraction of another entity, future-dated, null value, reset, promise withdrawn

total, total of records, total of entities, total sum, total count, total where, total by a template, total by
key, total of the own kind, total in a deadline, total in an ending, total beside an event, tiny quantity,
quantity at the bound, quantity beyond it, record without, count of pulses, count of firings, count with a
deadline, count kept open, distinct, distinct key, per nothing, per field, per key, per several, at least one,
count over a total

lead in a condition, lead in a deadline

decide, decide on a pulse, decide with clear, decide kept open, decide by cells, decide by a text, decide
otherwise, decide no severity
"""
CONSTRUCTS = frozenset(" ".join(name.split()) for name in re.split(r",|\n\n", _NAMES))

TOTAL_NAMES = tuple(name.partition(".")[2] for name in TOTALS)


def constructs(drawn: Drawn) -> set[str]:
    found: set[str] = set()
    for rule in drawn.rules:
        found |= _of_rule(rule)
    if any("due" in node for node in drawn.model["kinds"]["order"]["nodes"].values()):
        found.add("lead time")
    for name, total in drawn.model["totals"].items():
        found |= _of_total(name, total)
    return found | _of_history(drawn.events)


def _of_total(name: str, total: dict[str, Any]) -> set[str]:
    found = {"total", "total of records" if "each" in total else "total of entities"}
    found.add("total sum" if "sum" in total else "total count")
    found |= {"total where"} if "where" in total else set()
    found |= {"total by a template"} if "{" in total["key"] else set()
    found |= {"total by key"} if total["key"] == "key" else set()
    return found | ({"total of the own kind"} if name.startswith(f"{total['of']}.") else set())


def _of_count(rule: dict[str, Any]) -> set[str]:
    count, per = rule["count"], rule["count"].get("per", [])
    found = {"count of pulses" if is_pulse(rule) else "count of firings"}
    found |= {"count with a deadline"} if {"for", "by", "overdue"} & set(rule) else set()
    found |= {"count kept open"} if "keep_open_for" in rule else set()
    found |= {"distinct"} if "distinct" in count else set()
    found |= {"distinct key"} if count.get("distinct") == "key" else set()
    found |= {"at least one"} if count["at_least"] == 1 else set()
    if isinstance(per, list):
        return {*found, "per several" if per else "per nothing"}
    return {*found, "per key" if per == "key" else "per field"}


def _of_table(rule: dict[str, Any]) -> set[str]:
    rows = rule["decide"]
    found = {"decide"} | ({"decide on a pulse"} if is_pulse(rule) else set())
    found |= {"decide with clear"} if "clear" in rule else set()
    found |= {"decide kept open"} if "keep_open_for" in rule else set()
    found |= {"decide by a text" if isinstance(row["if"], str) else "decide by cells" for row in rows if "if" in row}
    found |= {"decide otherwise" for row in rows if "if" not in row}
    return found | {"decide no severity" for row in rows if "severity" not in row}


def _of_totals_in(rule: dict[str, Any]) -> set[str]:
    """How a rule speaks of totals."""
    spoken = {name for name, text in rule.items() if any(total in str(text) for total in TOTAL_NAMES)}
    found = {"total in a deadline"} if "by" in spoken else set()
    found |= {"total in an ending"} if spoken & {"clear", "until"} else set()
    found |= {"total beside an event"} if spoken and is_pulse(rule) else set()
    return found | ({"count over a total"} if spoken and "count" in rule else set())


def _of_rule(rule: dict[str, Any]) -> set[str]:
    found: set[str] = {name for name in ("where", "for", "by", "after", "until", "expires", "clear") if name in rule}
    found |= {name for name in ("keep_open_for", "before", "stages") if name in rule}
    found |= {"lead in a deadline"} if "lead(" in rule.get("by", "") else set()
    found |= _of_table(rule) if "decide" in rule else set()
    found |= _of_totals_in(rule) | (_of_count(rule) if "count" in rule else set())
    text = " ".join(str(rule[name]) for name in ("where", "when", "until", "clear") if name in rule)
    named = {
        "lead in a condition": "lead(",
        "event": "event.",
        "before the event": "before.",
        "changed": "changed(",
        "missing values": "is None",
    }
    named |= {"not": "not ", "and": " and ", "or": " or "}
    found |= {name for name, word in named.items() if word in text}
    if is_pulse(rule):
        return {*found, "pulse"}
    if "overdue" in rule and "after" not in rule:
        found.add("promise")
    if not found & {"for", "by", "after", "promise"}:
        found.add("no deadline")
    offsets = [stage["at"] for stage in rule.get("stages", ())]
    found |= {"negative offset" for at in offsets if at.startswith("-")}
    found |= {"positive offset" for at in offsets if at[0] not in "-0"}
    lengths = " ".join([*offsets, rule.get("for", ""), rule.get("within", "")])
    found |= {"calendar" for name in CALENDARS if name in lengths}
    found |= {"cut-off" for name in ("for", "within") if "cut" in rule.get(name, "")}
    return found


def _of_history(history: tuple[Event, ...]) -> set[str]:
    found: set[str] = set()
    seen: dict[tuple[str, str], Event] = {}
    newest: dict[tuple[str, str], int] = {}
    for event in history:
        name, entity = (event.source, event.id), (event.kind, event.key)
        if name in seen:
            found.add("duplicate" if seen[name].type == event.type else "other copy")
            continue
        if event.recorded_at != event.occurred_at:
            found.add("late" if event.recorded_at > event.occurred_at else "future-dated")
        if event.occurred_at < newest.get(entity, event.occurred_at):
            found.add("out of order")
        if event.occurred_at in (one.occurred_at for one in seen.values() if (one.kind, one.key) == entity):
            found.add("same instant")
        newest[entity] = max(event.occurred_at, newest.get(entity, 0))
        lines: Any = event.data.get("lines")
        found |= _of_records(lines or ())
        if None in event.data.values():
            found.add("null value")
        if event.data.get("shipped.due", 0) is None:
            found.add("promise withdrawn")
        if event.type in ("unship", "restart"):
            found.add("reset")
        if event.retracts is not None:
            target = next((one for one in history if (one.source, one.id) == (event.source, event.retracts)), None)
            if target is not None and target.retracts is None:
                found.add("retraction")
                if target.recorded_at == event.recorded_at:
                    found.add("retraction at once")
                elif (target.source, target.id) not in seen:
                    found.add("retraction first")
                if (target.kind, target.key) != entity:
                    found.add("retraction of another entity")
        seen[name] = event
    return found


def _of_records(lines: Iterable[Mapping[str, Any]]) -> set[str]:
    quantities = {line["qty"] for line in lines if "qty" in line}
    found = {"tiny quantity"} if any(0 < one < 1e-5 for one in quantities) else set()
    found |= {"quantity at the bound"} if 9e9 in quantities else set()
    found |= {"quantity beyond it"} if 9.1e9 in quantities else set()
    return found | ({"record without"} if any("qty" not in line or "sku" not in line for line in lines) else set())

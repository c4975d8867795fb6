"""A name for every construct that a drawn world uses, so that none is forgotten."""

from typing import Any

from streams.event import Event
from tests.semantics.drawing import CALENDARS, Drawn
from tests.semantics.reference import is_pulse

CONSTRUCTS = frozenset(
    [
        *(
            "where",
            "for",
            "by",
            "after",
            "promise",
            "no deadline",
            "pulse",
            "until",
            "expires",
            "clear",
            "keep_open_for",
        ),
        *("before", "stages", "negative offset", "positive offset", "calendar", "cut-off", "lead time"),
        *("event", "before the event", "changed", "missing values", "not", "and", "or"),
        *(
            "late",
            "out of order",
            "same instant",
            "duplicate",
            "other copy",
            "retraction",
            "retraction first",
            "retraction at once",
        ),
        *("retraction of another entity", "future-dated", "null value", "reset", "promise withdrawn"),
    ]
)


def constructs(drawn: Drawn) -> set[str]:
    found: set[str] = set()
    for rule in drawn.rules:
        found |= _of_rule(rule)
    if any("due" in node for node in drawn.model["kinds"]["order"]["nodes"].values()):
        found.add("lead time")
    return found | _of_history(drawn.events)


def _of_rule(rule: dict[str, Any]) -> set[str]:
    found: set[str] = {name for name in ("where", "for", "by", "after", "until", "expires", "clear") if name in rule}
    found |= {name for name in ("keep_open_for", "before", "stages") if name in rule}
    text = " ".join(str(rule[name]) for name in ("where", "when", "until", "clear") if name in rule)
    named = {"event": "event.", "before the event": "before.", "changed": "changed(", "missing values": "is None"}
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

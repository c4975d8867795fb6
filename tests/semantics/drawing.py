"""Random models, rules and histories.

Hypothesis draws a number, and everything else is thrown with it: so rare things come together often enough.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from rules.errors import Problems
from rules.files.calendar_file import read_calendars
from rules.files.document import read_text
from rules.files.model_file import read_model
from rules.files.rule_file import RuleSet, Surroundings, read_rules
from rules.rule import Rule
from rules.worktime.calendars import Calendar
from streams.event import Event
from streams.model import Model
from tests.semantics.reference import Reference
from tests.semantics.rule_drawing import PLAIN, WORKING, Words, a_rule, chance, conditions, words_about

SECOND = 1_000_000
MINUTE = 60 * SECOND
HALF_HOUR = 30 * MINUTE
HOUR = 60 * MINUTE
# 2026-03-06T07:30:00Z, a Friday: 15:30 in Shanghai, before the cut-off; two days before New York changes its clocks.
BEGIN = 1_772_782_200 * SECOND

CALENDARS: dict[str, Any] = {
    "cut": {
        "zone": "Asia/Shanghai",
        "hours": {"mon-fri": ["09:00-12:00", "13:00-18:00"]},
        "days": {"2026-03-07": ["09:00-12:00"], "2026-03-09": "off"},
        "cut_off": "16:00",
    },
    "ny": {
        "zone": "America/New_York",
        "hours": {"mon-sat": ["00:00-24:00"], "sun": ["01:30-02:30", "03:00-23:00"]},
    },
}

LEADS = {("placed", "paid", 0.5): "1h", ("paid", "shipped", 0.5): "90m", ("paid", "shipped", 0.9): "5h"}
NODES = ("placed", "paid", "shipped", "settled")


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A workspace as its files say it, and a history as it is received, copies included."""

    seed: int
    model: dict[str, Any]
    rules: tuple[dict[str, Any], ...]
    events: tuple[Event, ...]

    @cached_property
    def read_model(self) -> Model:
        problems = Problems()
        root = read_text(json.dumps(self.model), "model.yaml", problems)
        assert root is not None
        leads = read_text(json.dumps(lead_file(self.model["kinds"])), "lead_times.yaml", problems)
        found = read_model(root, ZoneInfo(self.model["zone"]), calendars(), leads)
        assert not problems.found, problems.found
        return found

    @cached_property
    def read_rules(self) -> tuple[Rule, ...]:
        problems = Problems()
        root = read_text(json.dumps({"rules": list(self.rules)}), "rules.yaml", problems)
        assert root is not None
        found = RuleSet()
        read_rules(root, Surroundings(model=self.read_model, calendars=calendars()), found)
        assert not problems.has_errors, [str(problem) for problem in problems.found]
        return tuple(found.rules.values())

    @cached_property
    def reference(self) -> Reference:
        return Reference(self.model, self.rules, CALENDARS, LEADS)

    @property
    def end(self) -> int:
        """The last of all times."""
        return max(max(event.occurred_at, event.recorded_at) for event in self.events)


@cache
def calendars() -> dict[str, Calendar]:
    """Read once: the tables that they count with take long to make."""
    root = read_text(json.dumps({"calendars": CALENDARS}), "calendars.yaml", Problems())
    assert root is not None
    return read_calendars(root, ZoneInfo("UTC"))


def lead_file(kinds: Iterable[str]) -> dict[str, Any]:
    ways = sorted({(start, end) for start, end, _ in LEADS})
    return {
        "lead_times": [
            {
                "on": kind,
                "from": start,
                "to": end,
                "quantiles": {str(share): LEADS[start, end, share] for *way, share in LEADS if way == [start, end]},
            }
            for kind in kinds
            for start, end in ways
        ]
    }


def a_model(dice: Random) -> dict[str, Any]:
    nodes: dict[str, Any] = {name: {} for name in NODES}
    nodes["shipped"]["types"] = ["dispatched"]
    if chance(dice, 60):
        nodes["shipped"]["due"] = {"after": "paid", "within": dice.choice(PLAIN + WORKING)}
    if chance(dice, 30):
        nodes["paid"]["due"] = {"after": "placed", "within": dice.choice(PLAIN + WORKING)}
    if chance(dice, 30):
        nodes["settled"]["types"] = ["refund"]
    fields = {
        "amount": "number",
        "channel": "string",
        "promised_at": "timestamp",
        "urgent": "bool",
        "tags": "list",
        "lines": {"sku": "string", "site": "string", "qty": "number"},
    }
    events = {
        "change": {},
        "refund": {},
        "unship": {"resets": ["shipped"]},
        "restart": {"resets": dice.choice([["paid"], ["paid", "shipped"], ["placed", "paid", "shipped", "settled"]])},
        "dispatched": {"resets": dice.choice([[], ["paid"], ["shipped"]])},
    }
    order = {
        "nodes": nodes,
        "closed_by": dice.choice([[], [], ["settled"], ["settled", "shipped"]]),
        "fields": fields,
        "events": events,
    }
    other = {"nodes": {name: {} for name in NODES}, "closed_by": ["settled"], "fields": fields, "events": events}
    zone = dice.choice(["UTC", "Asia/Shanghai", "America/New_York"])
    return {"zone": zone, "kinds": {"order": order, "supply": other, "stock": other}, "totals": some_totals(dice)}


def some_totals(dice: Random) -> dict[str, Any]:
    names = [name for name, percent in TOTALS.items() if chance(dice, percent)]
    return {name: a_total(dice) for name in names}


def a_total(dice: Random) -> dict[str, Any]:
    total: dict[str, Any] = {"of": dice.choice(["order", "order", "order", "supply", "stock"])}
    if chance(dice, 65):
        total |= {"each": "lines", "key": dice.choice(["sku", "sku", "{sku}", "{sku}@{site}", "key"])}
    else:
        total |= {"key": dice.choice(["key", "key", "channel", "{key}", "{key}@{channel}"])}
    total |= {"count": True} if chance(dice, 30) else {"sum": "qty" if "each" in total else "amount"}
    if chance(dice, 60):
        total["where"] = conditions(dice, words_about(()))
    return total


VALUES: dict[str, tuple[Any, ...]] = {
    "amount": (1.0, 5.0, 9.0, 12.0, 0.0, None),
    "channel": ("web", "shop", "", None),
    "urgent": (True, False, None),
    "tags": ((), ("a",), ("a", "b"), None),
}


QUANTITIES = (1.0, 4.0, 5.0, 5.0, 0.1, 0.2, 5e-7, 1.5e-6, -4.0, 9e9, 9.1e9)
TOTALS = {"stock.demand": 70, "stock.inbound": 30, "order.linked": 25, "supply.wanted": 10}
# Who the events are about: mostly one, or several that meet in totals and groups.
CROWDS: tuple[tuple[tuple[str, str], ...], ...] = (
    (*[("order", "A")] * 6, ("order", "B"), ("supply", "A")),
    (*[("order", "A"), ("stock", "A"), ("stock", "A")] * 2, ("order", "B"), ("supply", "A"), ("stock", "A@x")),
    (*[("order", key) for key in "AABC"], ("supply", "A"), ("supply", "B"), ("stock", "A"), ("stock", "B")),
)


def some_lines(dice: Random) -> tuple[dict[str, Any], ...]:
    drawn = [
        {"sku": dice.choice("AAAB"), "site": dice.choice("xy"), "qty": dice.choice(QUANTITIES)}
        for _ in range(dice.choice([0, 1, 1, 2, 3]))
    ]
    return tuple({name: value for name, value in one.items() if not chance(dice, 7)} for one in drawn)


def data(dice: Random, span: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = [*VALUES, "amount", "urgent", "promised_at", "promised_at", "shipped.due", "paid.due", "lines", "lines"]
    for name in dice.choices(names, k=dice.randint(0, 4)):
        if name in VALUES:
            found[name] = dice.choice(VALUES[name])
        elif name == "lines":
            found[name] = None if chance(dice, 10) else some_lines(dice)
        else:
            found[name] = None if chance(dice, 20) else BEGIN + dice.randint(0, span + 4) * HALF_HOUR
    return found


def an_event(dice: Random, number: int, span: int, crowd: Sequence[tuple[str, str]]) -> Event:
    types = [*NODES, "placed", "paid", "dispatched", "change", "change", "refund", "unship", "restart", "updated"]
    occurred_at = BEGIN + dice.randint(0, span) * HALF_HOUR + dice.choice([0] * 8 + [1, -1])
    late = dice.choice([0] * 6 + [SECOND, HALF_HOUR, HALF_HOUR, 2 * HOUR, 12 * HOUR, -5 * MINUTE, -10 * MINUTE])
    kind, key = dice.choice(crowd)
    return Event(
        source=dice.choice(["erp", "erp", "shop"]),
        id=f"{number}",
        kind=kind,
        key=key,
        type=dice.choice(types),
        occurred_at=occurred_at,
        recorded_at=occurred_at + late,
        data=data(dice, span),
        retracts=str(dice.randint(0, 9)) if chance(dice, 10) else None,
    )


def _first(dice: Random, span: int, kind: str) -> Event:
    """An event with which much begins."""
    promised_at = BEGIN + dice.randint(0, span) * HALF_HOUR
    return Event(
        source="erp",
        id=f"first {kind}",
        kind=kind,
        key="A",
        type=dice.choice(["placed", "paid", "paid", "change"]),
        occurred_at=BEGIN,
        recorded_at=BEGIN,
        data={
            "amount": dice.choice([9.0, 5.0, 12.0]),
            "channel": dice.choice(["web", "shop"]),
            "urgent": dice.choice([True, True, False]),
            "promised_at": promised_at,
            "lines": some_lines(dice),
        },
    )


def _taken_back_at_once(dice: Random, event: Event, all_events: list[Event]) -> Event:
    """Some retractions become known together with what they take back."""
    target = next((one for one in all_events if one.id == event.retracts), None)
    if target is None or target is event or chance(dice, 70):
        return event
    return structs.replace(
        event, source=target.source, occurred_at=target.occurred_at, recorded_at=target.recorded_at, kind=target.kind
    )


def a_history(dice: Random, crowd: Sequence[tuple[str, str]]) -> tuple[Event, ...]:
    """In the order of arrival."""
    span = dice.choice([4, 12, 24, 48, 110])
    found = [an_event(dice, number, span, crowd) for number in range(dice.choice([dice.randint(1, 16), 20]))]
    found += [_first(dice, span, kind) for kind, percent in {"order": 80, "stock": 50}.items() if chance(dice, percent)]
    found = [_taken_back_at_once(dice, event, found) for event in found]
    for event in list(found):
        match dice.choice(["", "", "", "", "", "", "", "same", "later", "other"]):
            case "same":
                found.append(event)
            case "later":
                found.append(structs.replace(event, recorded_at=event.recorded_at + 3 * HALF_HOUR))
            case "other":
                other = structs.replace(event, recorded_at=event.recorded_at + HALF_HOUR, data={"amount": 5.0})
                found.append(structs.replace(other, type="change"))
    return tuple(sorted(found, key=lambda event: event.recorded_at))


def a_world(seed: int) -> Drawn:
    dice = Random(seed)
    model, crowd = a_model(dice), dice.choice(CROWDS)
    kinds = _words_of(model)
    listed = tuple(a_rule(dice, number, kinds, dice.choice(crowd)[0]) for number in range(dice.randint(3, 9)))
    return Drawn(seed=seed, model=model, rules=listed, events=a_history(dice, crowd))


def rules_again(drawn: Drawn, dice: Random) -> tuple[dict[str, Any], ...]:
    """What may become of rules in time: they stay, become others, go, and new ones come."""
    kinds = _words_of(drawn.model)
    found = []
    for number in range(len(drawn.rules) + 1):
        was = drawn.rules[number] if number < len(drawn.rules) else None
        if was is not None and chance(dice, 40):
            found.append(was)
        elif chance(dice, 80):
            kind = dice.choice([*kinds]) if was is None else was["on"]
            id_ = f"new-{drawn.seed}" if was is None else was["id"]
            found.append(a_rule(dice, number, kinds, kind) | {"id": id_})
    return tuple(found)


def _words_of(model: dict[str, Any]) -> dict[str, Words]:
    return {kind: words_about(_totals_of(model, kind)) for kind in model["kinds"]}


def _totals_of(model: dict[str, Any], kind: str) -> list[str]:
    return [name.partition(".")[2] for name in model["totals"] if name.startswith(f"{kind}.")]

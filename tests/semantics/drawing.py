"""Random models, rules and histories.

Hypothesis draws a number, and everything else is thrown with it: so rare things come together often enough.
"""

import json
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

NODES = ("placed", "paid", "shipped", "settled")
PLAIN = ("30m", "1h", "90m", "2h", "30m", "4h", "1d", "1d 2h", "0s")
WORKING = ("30m cut", "1h cut", "4h cut", "1d cut", "1d 1h cut", "2d cut", "2h ny", "1d ny")
ATOMS = (
    "amount > 5",
    "amount > 5",
    "amount <= 9",
    "amount <= 9",
    "amount == 5",
    "amount != 12",
    "amount * 2 - 1 >= 9",
    "10 / amount > 1",
    "1 < amount <= 9",
    "amount in [1, 12]",
    "amount not in [5]",
    'channel == "web"',
    'channel != "web"',
    'startswith(channel, "we")',
    'contains(channel, "ho")',
    'contains(tags, "a")',
    "urgent",
    "urgent",
    "not urgent",
    "not shipped.done",
    "promised_at is not None",
    "urgent == False",
    "amount is None",
    "channel is not None",
    "promised_at is None",
    "shipped.at is None",
    "placed.done",
    "paid.done",
    "shipped.done",
    "closed",
    "promised_at - placed.at > hours(3)",
    "paid.at - placed.at < hours(2)",
    "shipped.due < promised_at",
    "shipped.due - paid.at >= hours(4)",
    "min(amount, 5) == 5",
    "abs(amount - 7) < 3",
    "start_of_day(placed.at) + hours(9) < placed.at",
    "end_of_day(promised_at) > paid.at",
    'placed.at >= date("2026-03-07")',
    'key == "A"',
)
PULSE_ATOMS = (
    'event.type == "change"',
    'event.type in ["paid", "refund"]',
    "event.amount > 5",
    "event.channel is None",
    "event.at - placed.at > hours(1)",
    "event.promised_at > event.at",
    "before.amount < amount",
    "not before.paid.done",
    "before.closed",
    "before.shipped.due is None",
    "before.shipped.at is not None",
    "changed(amount)",
    "not changed(channel)",
    "changed(tags)",
    "changed(urgent)",
    "changed(shipped.due)",
    "changed(paid.at)",
)
BYS = (
    "promised_at",
    "promised_at - hours(2)",
    "promised_at + minutes(30)",
    "shipped.due",
    "paid.at + hours(3)",
    "min(promised_at, shipped.due)",
    "max(promised_at, paid.at) + hours(1)",
    "end_of_day(placed.at)",
    "promised_at + (promised_at - placed.at) / 2",
)


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
        found = read_model(root, ZoneInfo(self.model["zone"]), calendars())
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
        return Reference(self.model, self.rules, CALENDARS)

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


def chance(dice: Random, percent: int) -> bool:
    return dice.random() * 100 < percent


def a_model(dice: Random) -> dict[str, Any]:
    nodes: dict[str, Any] = {name: {} for name in NODES}
    nodes["shipped"]["types"] = ["dispatched"]
    if chance(dice, 60):
        nodes["shipped"]["due"] = {"after": "paid", "within": dice.choice(PLAIN + WORKING)}
    if chance(dice, 30):
        nodes["paid"]["due"] = {"after": "placed", "within": dice.choice(PLAIN + WORKING)}
    if chance(dice, 30):
        nodes["settled"]["types"] = ["refund"]
    fields = {"amount": "number", "channel": "string", "promised_at": "timestamp", "urgent": "bool", "tags": "list"}
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
    supply = {"nodes": {name: {} for name in NODES}, "closed_by": ["settled"], "fields": fields, "events": events}
    zone = dice.choice(["UTC", "Asia/Shanghai", "America/New_York"])
    return {"zone": zone, "kinds": {"order": order, "supply": supply}}


def conditions(dice: Random, atoms: tuple[str, ...] = ATOMS) -> str:
    first = dice.choice(atoms)
    if chance(dice, 15):
        first = f"not ({first})"
    if chance(dice, 55):
        return str(first)
    second = dice.choice(ATOMS)
    shape = dice.choice(["{} and {}", "{} or {}", "{} or {}", "not ({} and {})", "({} or {}) and not closed"])
    return str(shape.format(first, second))


def _stages(dice: Random, lasting: str | None) -> dict[str, Any]:
    """Severities; with `lasting` (a for) what is ahead is no longer than it, in its calendar and unit."""
    ahead = {
        "30m": "30m",
        "1h": "30m",
        "1d 2h": "1d 1h",
        "1h cut": "1h cut",
        "4h cut": "90m cut",
        "1d 1h cut": "1d cut",
    }
    if chance(dice, 30):
        return {}
    if chance(dice, 25):
        return {"severity": dice.choice(["info", "minor", "critical"])}
    early = [ahead[lasting]] if lasting in ahead else [] if lasting is not None else [*PLAIN[:6], *WORKING]
    if early and chance(dice, 35):
        return {"before": dice.choice(early), "severity": dice.choice(["major", "critical"])}
    offsets = ["0h", *PLAIN[:6], *WORKING, *(f"-{one}" for one in early)]
    severities = ["info", "minor", "major", "critical"]
    return {
        "stages": [{"at": dice.choice(offsets), "severity": dice.choice(severities)} for _ in range(dice.randint(1, 4))]
    }


def _deadline(dice: Random) -> dict[str, Any]:
    match dice.choice(["none", "for", "by", "after", "promise"]):
        case "for":
            lasting = dice.choice([*PLAIN, *WORKING])
            return {"when": conditions(dice), "for": lasting, **_stages(dice, lasting)}
        case "by":
            return {"when": conditions(dice), "by": dice.choice(BYS), **_stages(dice, None)}
        case "after":
            node, after = dice.choice([("paid", "placed"), ("shipped", "paid"), ("settled", "shipped")])
            more = {"when": conditions(dice)} if chance(dice, 30) else {}
            within = dice.choice([*PLAIN, *WORKING])
            return {"overdue": node, "after": after, "within": within, **more, **_stages(dice, None)}
        case "promise":
            more = {"when": conditions(dice)} if chance(dice, 30) else {}
            return {"overdue": dice.choice(["shipped", "shipped", "paid", "settled"]), **more, **_stages(dice, None)}
        case _:
            severity = {"severity": "critical"} if chance(dice, 30) else {}
            return {"when": conditions(dice), **severity}


def a_rule(dice: Random, number: int) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": f"rule-{number}", "on": dice.choice([*["order"] * 7, "supply"])}
    if chance(dice, 12):
        rule["where"] = conditions(dice)
    if chance(dice, 30):
        rule["when"] = conditions(dice, PULSE_ATOMS)
        if chance(dice, 30):
            rule["severity"] = "minor"
        if chance(dice, 50):
            rule["until"] = conditions(dice)
        if chance(dice, 60):
            rule["expires"] = dice.choice(PLAIN[:7])
        return rule
    rule |= _deadline(dice)
    match dice.choice(["plain", "plain", "clear", "keep"]):
        case "clear":
            rule["clear"] = conditions(dice)
        case "keep":
            rule["keep_open_for"] = dice.choice(["0s", *PLAIN[:7]])
    return rule


VALUES: dict[str, tuple[Any, ...]] = {
    "amount": (1.0, 5.0, 9.0, 12.0, 0.0, None),
    "channel": ("web", "shop", "", None),
    "urgent": (True, False, None),
    "tags": ((), ("a",), ("a", "b"), None),
}


def data(dice: Random, span: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    names = [*VALUES, "amount", "urgent", "promised_at", "promised_at", "shipped.due", "paid.due"]
    for name in dice.choices(names, k=dice.randint(0, 4)):
        if name in VALUES:
            found[name] = dice.choice(VALUES[name])
        else:
            found[name] = None if chance(dice, 20) else BEGIN + dice.randint(0, span + 4) * HALF_HOUR
    return found


def an_event(dice: Random, number: int, span: int) -> Event:
    types = [*NODES, "placed", "paid", "dispatched", "change", "change", "refund", "unship", "restart", "updated"]
    occurred_at = BEGIN + dice.randint(0, span) * HALF_HOUR + dice.choice([0] * 8 + [1, -1])
    late = dice.choice([0] * 6 + [SECOND, HALF_HOUR, HALF_HOUR, 2 * HOUR, 12 * HOUR, -5 * MINUTE, -10 * MINUTE])
    kind, key = dice.choice([*[("order", "A")] * 6, ("order", "B"), ("supply", "A")])
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


def _first(dice: Random, span: int) -> Event:
    """An event with which much begins."""
    promised_at = BEGIN + dice.randint(0, span) * HALF_HOUR
    return Event(
        source="erp",
        id="first",
        kind="order",
        key="A",
        type=dice.choice(["placed", "paid", "paid", "change"]),
        occurred_at=BEGIN,
        recorded_at=BEGIN,
        data={
            "amount": dice.choice([9.0, 5.0, 12.0]),
            "channel": dice.choice(["web", "shop"]),
            "urgent": dice.choice([True, True, False]),
            "promised_at": promised_at,
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


def a_history(dice: Random) -> tuple[Event, ...]:
    """In the order of arrival."""
    span = dice.choice([4, 12, 24, 48, 110])
    found = [an_event(dice, number, span) for number in range(dice.randint(1, 16))]
    if chance(dice, 80):
        found.append(_first(dice, span))
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
    listed = tuple(a_rule(dice, number) for number in range(dice.randint(3, 9)))
    return Drawn(seed=seed, model=a_model(dice), rules=listed, events=a_history(dice))

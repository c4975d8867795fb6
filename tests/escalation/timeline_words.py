"""The words that all timelines share: times, what people do, and how incidents and rows of the outbox are said."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from escalation.commands import (
    Acknowledge,
    Command,
    Escalate,
    HandOver,
    Refusal,
    Reopen,
    Resolve,
    Unacknowledge,
)
from escalation.incident import Actor, AuditRow, Incident
from escalation.outbox import Delivery, DeliveryState
from rules.worktime.durations import parse_duration
from streams.instants import Instant, parse_instant, to_datetime
from tests.escalation.workspaces import SHANGHAI

DAY = "2026-03-02"  # a Monday: where an entry gives no date


def at(text: str) -> Instant:
    return parse_instant(text if "-" in text else f"{DAY} {text}", SHANGHAI)


def clock(instant: Instant | None) -> str:
    """The time as timelines write it."""
    if instant is None:
        return "never"
    local = to_datetime(instant).astimezone(SHANGHAI)
    text = local.strftime("%H:%M:%S.%f").rstrip("0").rstrip(".").removesuffix(":00")
    return text if local.strftime("%Y-%m-%d") == DAY else f"{local:%Y-%m-%d} {text}"


def micros(text: str) -> int:
    return parse_duration(text, {}).micros


def many(value: Any) -> list[Any]:
    return [value] if isinstance(value, str | Mapping) else list(value)


def command_of(text: str, incident: int) -> Command:
    """ "li-wei acknowledges": what a person does to an incident, or to the one that the text names."""
    who, does, *rest = text.split()
    actor = Actor(kind="person", id=who, channel="console")
    if rest and rest[0] == "incident":
        incident, rest = int(rest[1]), rest[2:]
    match does, rest:
        case "acknowledges", []:
            return Acknowledge(incident=incident, actor=actor)
        case "un-acknowledges", []:
            return Unacknowledge(incident=incident, actor=actor)
        case "resolves", []:
            return Resolve(incident=incident, actor=actor)
        case "reopens", []:
            return Reopen(incident=incident, actor=actor)
        case "escalates", []:
            return Escalate(incident=incident, actor=actor)
        case "escalates", ["from", time]:
            return Escalate(incident=incident, actor=actor, message_at=at(time))
        case "hands", ["over", "to", to]:
            return HandOver(incident=incident, actor=actor, to=to)
    raise AssertionError(f"a person cannot {text!r}")


def refused(refusal: Refusal) -> str:
    by = "" if refusal.by is None else f" by {refusal.by}"
    return refusal.code + by + ("" if refusal.at is None else f" at {clock(refusal.at)}")


def row(delivery: Delivery) -> str:
    return delivery.channel + ("" if delivery.person is None else f" to {delivery.person}")


def expect_incident(entry: Mapping[str, Any], incident: Incident) -> None:
    """`state`, `due`, `run_out`, `owner`, `holder` of an entry."""
    facts = {
        "state": str(incident.state),
        "due": clock(incident.due_at),
        "run_out": str(incident.run_out).lower(),
        "owner": str(incident.owner),
        "holder": str(incident.acknowledged_by),
    }
    expect_facts(entry, facts)


def expect_facts(entry: Mapping[str, Any], facts: Mapping[str, str]) -> None:
    for name, fact in facts.items():
        if name in entry:
            assert fact == entry[name], f"at {entry['at']}: {name} is {fact}, not {entry[name]}"


def expect_rows(entry: Mapping[str, Any], changed: Sequence[Delivery], written: Sequence[AuditRow]) -> None:
    """`not_sent`, `fails`, `held`: all such rows of this instant; `audit`: some of its audit rows."""
    rows = {
        "not_sent": [f"{row(one)}: {one.reason}" for one in changed if one.state is DeliveryState.CANCELLED],
        "fails": [
            row(one) + ("" if one.reason is None else f": {one.reason}")
            for one in changed
            if one.state is DeliveryState.FAILED
        ],
        "held": [
            f"{row(one)}: {one.reason} until {clock(one.held_until)}" for one in changed if one.held_until is not None
        ],
    }
    for name, found in rows.items():
        if name in entry:
            assert sorted(found) == sorted(many(entry[name])), f"at {entry['at']}: {name} is {found}"
    if "audit" in entry:
        said = [f"{one.what} {one.reason or ''}".strip() for one in written]
        assert set(many(entry["audit"])) <= set(said), f"at {entry['at']}: {said}"


def expect_sent(sent: Iterable[tuple[Instant, str]], entries: Iterable[Mapping[str, Any]]) -> None:
    """All that was sent in a timeline is what its entries say, and nothing else."""
    found = _lines(sent)
    expected = _lines((at(entry["at"]), text) for entry in entries for text in many(entry.get("sends", ())))
    assert found == expected, f"not expected: {_without(found, expected)}; missing: {_without(expected, found)}"


def _lines(sent: Iterable[tuple[Instant, str]]) -> list[str]:
    return [f"{clock(instant)} {text}" for instant, text in sorted(sent)]


def _without(lines: list[str], others: list[str]) -> list[str]:
    return list((Counter(lines) - Counter(others)).elements())


def check_keys(entry: Mapping[str, Any], known: str) -> None:
    unknown = set(entry) - set(known.split())
    assert not unknown, f"unknown {unknown} in {entry}"

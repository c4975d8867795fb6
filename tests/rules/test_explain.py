"""The record that is kept with every change of an incident."""

import json

from msgspec.structs import replace

from rules.explain import MOST_MEMBERS, MOST_STEPS, explain, steps_record
from rules.workspace import read_workspace
from rules.worktime.derivation import derive_add
from rules.worktime.durations import parse_duration
from streams.firing import Change, Evidence, Firing, Member, Reason, Severity, Stage, Transition
from streams.instants import HOUR, Instant, format_instant
from streams.model import Values
from tests.rules.calendar_texts import at, calendars

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    nodes:
      paid: {}
      shipped: {due: {after: paid, within: 4h work}}
    closed_by: [shipped]
    fields: {promised_at: timestamp}
"""
CALENDAR = "calendars: {work: {hours: {mon-fri: 09:00-18:00}, cut_off: '16:00'}}"
RULES = """
rules:
  - {id: after, overdue: shipped, after: paid, within: 4h work}
  - {id: promise, overdue: shipped}
  - {id: by, when: paid.done, by: promised_at - hours(24)}
  - {id: for, when: paid.done, for: 48h}
"""
WORKSPACE = read_workspace(MODEL, RULES, CALENDAR)
RULE = {rule.id: rule for rule in WORKSPACE.rules}
FRIDAY = at("2026-03-06 16:30")
MONDAY = at("2026-03-09 13:00")


def opened(rule: str, values: Values, deadline: Instant, **changes: object) -> Transition:
    fields: dict[str, object] = {
        "rule": rule,
        "version": "v",
        "kind": "order",
        "key": "A-1",
        "number": 1,
        "opened_at": deadline,
        "detected_at": deadline,
        "stages": (Stage(Severity.MAJOR, deadline),),
        **changes,
    }
    firing = Firing(**fields)  # type: ignore[arg-type]
    return Transition(
        change=Change.OPENED if firing.open else Change.RESOLVED,
        at=deadline,
        firing=firing,
        evidence=Evidence(values=values, deadline=deadline),
    )


def record_of(transition: Transition) -> dict[str, object]:
    found = explain(RULE[transition.firing.rule], WORKSPACE.model.kinds["order"], transition)
    assert found is not None
    assert json.loads(json.dumps(found)) == found
    return found


STEPS = [
    {"step": "off", "first": "2026-03-07", "last": "2026-03-08", "why": "week", "name": None},
    {"step": "moved", "at": format_instant(at("2026-03-09 09:00")), "cut_off": True},
    {"step": "work", "from": format_instant(at("2026-03-09 09:00")), "to": format_instant(MONDAY)},
]


def test_an_overdue_deadline_says_which_working_time_counted():
    """Paid on Friday after the cut-off: Monday's hours count, and the record says so."""
    deadline = record_of(opened("after", {"paid.at": FRIDAY}, MONDAY))["deadline"]
    assert isinstance(deadline, dict)
    assert deadline["steps"] == STEPS
    assert (deadline["from"], deadline["duration"]) == (format_instant(FRIDAY), "4h work")


def test_a_lead_time_of_the_model_is_derived_too():
    """A promise that nobody gave comes from the model's lead time; one that an event gave has no steps."""
    deadline = record_of(opened("promise", {"paid.at": FRIDAY, "shipped.due": MONDAY}, MONDAY))["deadline"]
    assert isinstance(deadline, dict)
    assert (deadline["after"], deadline["steps"]) == ("paid", STEPS)
    given = record_of(opened("promise", {"paid.at": FRIDAY, "shipped.due": MONDAY - HOUR}, MONDAY - HOUR))["deadline"]
    assert isinstance(given, dict)
    assert (given["after"], given["from"], given["steps"]) == (None, None, [])


def test_a_by_shows_what_its_parts_were():
    """The reader of `promised_at - hours(24)` wants to know what was promised."""
    deadline = record_of(opened("by", {"paid.at": FRIDAY, "promised_at": MONDAY}, MONDAY - 24 * HOUR))["deadline"]
    assert isinstance(deadline, dict)
    assert deadline["operands"] == [{"text": "promised_at", "type": "timestamp", "value": format_instant(MONDAY)}]


def test_a_for_says_since_when_it_held():
    """48 hours before the deadline the run began."""
    deadline = record_of(opened("for", {"paid.at": FRIDAY}, MONDAY))["deadline"]
    assert isinstance(deadline, dict)
    assert deadline["from"] == format_instant(MONDAY - 48 * HOUR)


def test_late_data_is_noted_with_the_opening():
    """When it was learned later than it was true, by how much; else nothing."""
    assert record_of(opened("after", {"paid.at": FRIDAY}, MONDAY))["late"] is None
    late = record_of(opened("after", {"paid.at": FRIDAY}, MONDAY, detected_at=MONDAY + HOUR, found_late=True))["late"]
    assert late == {"found_late": True, "known_after": HOUR, "moved": False}


def test_only_where_the_deadline_is_the_news_it_is_derived():
    """A resolution repeats no steps, unless the deadline moved."""
    over = opened("after", {"paid.at": FRIDAY}, MONDAY, resolved_at=MONDAY + HOUR, reason=Reason.CONDITION)
    record = record_of(over)
    assert isinstance(record["deadline"], dict) and isinstance(record["ended"], dict)
    assert record["deadline"]["steps"] == record["ended"]["deadline"]["steps"] == []
    moved = opened("after", {"paid.at": FRIDAY}, MONDAY, resolved_at=MONDAY + HOUR, reason=Reason.DEADLINE_MOVED)
    assert record_of(moved)["ended"]["deadline"]["steps"] == STEPS  # type: ignore[index]


def test_very_many_steps_are_cut_in_the_middle():
    """A record stays small, however long the duration is."""
    derivation = derive_add(parse_duration("60d cn", calendars()), at("2026-01-05 09:00"))
    found = steps_record(derivation)
    assert len(found) == MOST_STEPS + 1
    (more,) = (step for step in found if step["step"] == "more")
    assert more["count"] == len(derivation.steps) - MOST_STEPS


def test_a_group_shows_the_members_in_its_window():
    """Of a count the truth is its members': which, when, how many different ones; of very many the last."""
    workspace = read_workspace(
        MODEL, "rules: [{id: r, when: paid.done, count: {at_least: 2, within: 1h, distinct: key}}]", CALENDAR
    )
    members = tuple(
        Member(rule="r", version="v", group="", at=MONDAY + number, kind="order", key="A", distinct="A")
        for number in range(MOST_MEMBERS + 2)
    )
    change = opened("r", {}, MONDAY)
    change = replace(change, evidence=Evidence(values={}, members=members))
    record = explain(workspace.rules[0], workspace.model.kinds["order"], change)
    assert record is not None and record["truth"] is None and record["deadline"] is None
    count = record["count"]
    assert (count["at_least"], count["within"], count["found"], count["left_out"]) == (2, HOUR, 1, 2)
    assert len(count["members"]) == MOST_MEMBERS
    assert count["members"][-1]["at"] == format_instant(members[-1].at)


def test_a_for_in_a_calendar_says_since_when_it_held():
    """Working time cannot be counted back for sure: the start of the run is kept with the evidence."""
    workspace = read_workspace(MODEL, "rules: [{id: r, when: paid.done, for: 4h work}]", CALENDAR)
    change = opened("r", {"paid.at": FRIDAY}, MONDAY)
    change = replace(change, evidence=Evidence(values={"paid.at": FRIDAY}, deadline=MONDAY, since=FRIDAY))
    record = explain(workspace.rules[0], workspace.model.kinds["order"], change)
    assert record is not None
    assert (record["deadline"]["from"], record["deadline"]["steps"]) == (format_instant(FRIDAY), STEPS)


def test_holidays_that_are_not_known_are_named():
    """A deadline that is counted over a year without known holidays says so; one within known years says nothing."""
    calendar = "calendars: {work: {hours: {mon-fri: 09:00-18:00}, holidays: CN}}"
    workspace = read_workspace(MODEL, RULES, calendar)
    rule = next(rule for rule in workspace.rules if rule.id == "after")

    def noted(paid: Instant) -> list[dict[str, object]]:
        due = rule.deadline.within.after(paid)  # type: ignore[union-attr]
        assert due is not None
        record = explain(rule, workspace.model.kinds["order"], opened("after", {"paid.at": paid}, due))
        assert record is not None
        found: list[dict[str, object]] = record["deadline"]["unknown_holidays"]
        return found

    assert noted(at("2025-03-03 10:00")) == []
    (one,) = noted(at("2060-03-03 10:00"))
    assert (one["calendar"], one["country"], one["year"]) == ("work", "CN", 2060)

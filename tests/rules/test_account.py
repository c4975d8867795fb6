"""What one rule makes of one entity, as `tocsin rules explain` tells it."""

from typing import Any

from rules.account import account, kinds_needed
from rules.workspace import Workspace, read_workspace
from streams.event import Event
from streams.instants import DAY, HOUR, MINUTE, Instant, format_instant
from tests.rules.calendar_texts import at

MODEL = """
zone: Asia/Shanghai
kinds:
  order:
    nodes: {placed: {}, paid: {}, shipped: {}}
    closed_by: [shipped]
    fields: {amount: number, channel: string}
    events: {complaint: {}}
  stock: {fields: {sku: string}}
totals:
  stock.demand: {of: order, count: true, key: channel}
"""
RULES = """
rules:
  - id: late
    where: channel == "web" or amount > 100
    overdue: shipped
    after: paid
    within: 48h
    stages: [{at: -4h, severity: minor}, {at: 0h, severity: major}]
  - {id: held, when: paid.done and not shipped.done, for: 4h work}
  - {id: complained, when: event.type == "complaint", until: shipped.done}
  - {id: often, when: event.type == "complaint", count: {at_least: 2, within: 7d, per: channel}}
  - {id: cleared, when: amount > 10, clear: amount < 100}
  - {id: off, when: amount > 10, mode: "off"}
  - {id: wanted, on: stock, when: demand > 1}
"""
CALENDAR = "calendars: {work: {hours: {mon-fri: 09:00-18:00}}}"
WORKSPACE: Workspace = read_workspace(MODEL, RULES, CALENDAR)
RULE = {rule.id: rule for rule in WORKSPACE.rules}
FRIDAY = at("2026-03-06 16:30")


def happened(type_: str, when: Instant, key: str = "A-1", *, known: Instant | None = None, **data: Any) -> Event:
    recorded_at = when if known is None else known
    retracts = data.pop("retracts", None)
    return Event(
        source="erp",
        id=f"{key}-{type_}-{when}",
        kind=data.pop("kind", "order"),
        key=key,
        type=type_,
        occurred_at=when,
        recorded_at=recorded_at,
        data=data,
        retracts=retracts,
    )


def told(rule: str, events: list[Event], when: Instant, key: str = "A-1") -> dict[str, Any]:
    found = account(WORKSPACE.model, RULE[rule], key, events, when)
    assert found is not None
    return found


PLACED = happened("placed", FRIDAY - HOUR, channel="web", amount=50.0)
PAID = happened("paid", FRIDAY)


def test_before_the_deadline_it_says_when_it_would_fire():
    """The condition holds; the first stage is the next thing to happen if no event comes."""
    found = told("late", [PLACED, PAID], FRIDAY + HOUR)
    assert (found["fires"], found["false"], found["firings"]) == (False, [], [])
    assert found["deadline"]["at"] == format_instant(FRIDAY + 48 * HOUR)
    assert [stage["reached"] for stage in found["stages"]] == [False, False]
    assert found["next"]["change"] == "opened" and found["next"]["severity"] == "minor"
    assert found["next"]["at"] == format_instant(FRIDAY + 44 * HOUR)


def test_while_it_fires_the_next_stage_is_told():
    """Since when, how bad, and when it gets worse."""
    found = told("late", [PLACED, PAID], FRIDAY + 45 * HOUR)
    assert found["fires"] and [one["severity"] for one in found["firings"]] == ["minor"]
    assert [stage["reached"] for stage in found["stages"]] == [True, False]
    assert (found["next"]["change"], found["next"]["severity"]) == ("severity", "major")


def test_why_not_names_the_parts_that_are_false():
    """Of `and` the parts that fail, of `or` the whole; nothing will happen by itself."""
    shipped = happened("shipped", FRIDAY + HOUR, channel="store")
    found = told("late", [PLACED, PAID, shipped], FRIDAY + 50 * HOUR)
    assert found["false"] == ['channel == "web" or amount > 100', "not shipped.done", "not closed"]
    assert found["next"] is None


def test_working_time_is_derived_from_the_start_of_the_run():
    """Friday 16:30 and four working hours: the weekend does not count."""
    found = told("held", [PLACED, PAID], FRIDAY + DAY)
    assert found["deadline"]["from"] == format_instant(FRIDAY)
    assert [step["step"] for step in found["deadline"]["steps"]] == ["work", "off", "work"]
    assert found["next"]["at"] == found["deadline"]["at"] == format_instant(at("2026-03-09 11:30"))


def test_late_events_are_noted_with_what_they_changed():
    """An event that came late, one that was taken back, one dated ahead: fields and firings that moved by it."""
    known = FRIDAY + 60 * HOUR
    shipped = happened("shipped", FRIDAY + 2 * HOUR, known=known)
    back = happened("updated", FRIDAY + 61 * HOUR, retracts=shipped.id)
    ahead = happened("updated", FRIDAY + 62 * HOUR + MINUTE, known=FRIDAY + 62 * HOUR, amount=1.0)
    found = told("late", [PLACED, PAID, shipped, back, ahead], FRIDAY + 70 * HOUR)
    late, retraction, early = found["late"]
    assert (late["how"], retraction["how"], early["how"]) == ("late", "retraction", "ahead")
    assert late["changed"] == ["closed", "shipped.at"]
    assert [one["change"] for one in late["firings"]] == ["withdrawn"]
    assert retraction["retracts"] == shipped.id and set(retraction["changed"]) == {"closed", "shipped.at"}
    assert [one["change"] for one in retraction["firings"]] == ["opened"]
    assert [one["reason"] for one in found["firings"]] == ["late_data", None]


def test_as_known_earlier_what_came_later_is_not_told():
    """`--at`: what the service knew then, not what was true."""
    shipped = happened("shipped", FRIDAY + 2 * HOUR, known=FRIDAY + 60 * HOUR)
    assert told("late", [PLACED, PAID, shipped], FRIDAY + 50 * HOUR)["fires"]
    assert account(WORKSPACE.model, RULE["late"], "A-1", [PLACED], FRIDAY - DAY) is None


def test_a_pulse_shows_its_last_event():
    """The truth of a rule that looks at single events is that of the last one; `until` is shown beside it."""
    events = [PLACED, PAID, happened("complaint", FRIDAY + HOUR)]
    found = told("complained", events, FRIDAY + DAY)
    assert found["fires"] and found["event"]["type"] == "complaint"
    assert found["guard"]["key"] == "until" and not found["guard"]["truth"]["holds"]
    after = told("complained", [*events, happened("updated", FRIDAY + 2 * HOUR)], FRIDAY + DAY)
    assert after["event"]["type"] == "updated" and not after["truth"]["holds"]


def test_a_count_tells_the_group_and_how_many_are_missing():
    """By an order of the group, and by the name of the group; with the second complaint it fires."""
    one = [PLACED, happened("complaint", FRIDAY)]
    found = told("often", one, FRIDAY + HOUR)["count"]
    assert (found["group"], found["found"], found["missing"]) == ("web", 1, 1)
    assert found["leaves_at"] == format_instant(FRIDAY + 7 * DAY)
    other = [
        happened("placed", FRIDAY + HOUR, "A-2", channel="web"),
        happened("complaint", FRIDAY + 2 * HOUR, "A-2"),
    ]
    full = told("often", [*one, *other], FRIDAY + DAY)
    assert full["fires"] and full["count"]["missing"] == 0
    assert (full["next"]["change"], full["next"]["at"]) == ("resolved", format_instant(FRIDAY + 7 * DAY))
    assert [member["key"] for member in told("often", [*one, *other], FRIDAY + DAY, "web")["count"]["members"]] == [
        "A-1",
        "A-2",
    ]


def test_totals_have_their_values():
    """The entities that feed a total are learned with the one that has it."""
    stock = happened("updated", FRIDAY - HOUR, "web", kind="stock", sku="S")
    orders = [happened("placed", FRIDAY + number, f"A-{number}", channel="web") for number in range(2)]
    assert told("wanted", [stock, orders[0]], FRIDAY + HOUR, "web")["truth"]["operands"][0]["value"] == 1.0
    assert told("wanted", [stock, *orders], FRIDAY + HOUR, "web")["fires"]
    needed = {rule: kinds_needed(WORKSPACE.model, RULE[rule]) for rule in RULE}
    assert {rule: set(kinds) for rule, kinds in needed.items() if kinds} == {"often": {"order"}, "wanted": {"order"}}


def test_clear_and_off_are_told():
    """What keeps a rule from firing although its condition holds; one that is off is judged all the same."""
    assert told("cleared", [PLACED], FRIDAY)["guard"]["truth"]["holds"]
    found = told("off", [PLACED], FRIDAY)
    assert found["fires"] and found["mode"] == "off"

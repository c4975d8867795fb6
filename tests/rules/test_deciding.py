"""Severities by decision tables as the judge follows them: which one, from when on, and until when."""

import pytest

from rules.explain import explain
from rules.judging.ladders import make_ladders
from rules.judging.program import compile_program
from rules.workspace import Workspace, read_workspace
from streams.event import Event
from streams.firing import Change, Firing
from streams.instants import HOUR
from tests.streams.judged import BEGIN, MODEL, Live, an_event

ROWS = (
    "{if: {amount: 100..}, severity: critical}",
    "{if: {amount: 10..100}, severity: minor}",
    "{if: {amount: 0}, owner: me}",
)
TABLE = f"decide: [{', '.join(ROWS)}]"
URGENT = f"when: urgent, {TABLE}"


def stages(firing: Firing) -> list[tuple[str, float]]:
    return [(stage.severity.word, (stage.at - BEGIN) / HOUR) for stage in firing.stages]


def sets(at: float, *, known: float | None = None, type: str = "change", **data: object) -> Event:
    return an_event(f"{at}-{known}", type, at, known=known, data=data)


def lived(rule: str, *events: Event, until: float = 20) -> Live:
    """All events, each known in its time; then time passes."""
    live = Live(rule)
    for event in sorted(events, key=lambda one: one.recorded_at):
        live.learn((event.recorded_at - BEGIN) / HOUR, event)
    live.learn(until)
    return live


def workspace(rule: str) -> Workspace:
    return read_workspace(MODEL, f"rules: [{{id: r1, {rule}}}]")


def only(live: Live) -> Firing:
    (firing,) = live.firings
    return firing


@pytest.mark.parametrize(
    ("data", "severity"),
    [
        ({"amount": 100.0}, "critical"),
        ({"amount": 99.0}, "minor"),
        ({"amount": 0.0}, "major"),  # the row that hits names no severity
        ({"amount": 5.0}, "major"),  # no row hits
        ({}, "major"),
    ],
)
def test_it_opens_with_the_severity_of_the_first_row_that_hits(data, severity):
    """Else with the rule's own."""
    assert stages(only(lived(URGENT, sets(1, urgent=True, **data)))) == [(severity, 1)]


def test_the_severity_follows_the_snapshot_while_it_fires():
    """Up and down, at the steps where another severity is decided, and at no others."""
    live = lived(
        URGENT,
        sets(1, urgent=True, amount=50.0),
        sets(2, amount=60.0),
        sets(3, amount=500.0),
        sets(4, amount=5.0),
        sets(5, urgent=False, amount=500.0),
    )
    firing = only(live)
    assert stages(firing) == [("minor", 1), ("critical", 3), ("major", 4)]
    assert live.changes == ["opened", "severity", "severity", "resolved"]
    assert firing.resolved_at == BEGIN + 5 * HOUR


@pytest.mark.parametrize("deadline", ["when: paid.done, for: 2h", "overdue: shipped, after: paid, within: 2h"])
def test_a_deadline_opens_with_the_severity_of_its_instant(deadline):
    """What was decided before it is not told; time alone changes nothing after it."""
    live = lived(
        f"{deadline}, {TABLE}", sets(1, type="paid", amount=500.0), sets(2, amount=50.0), sets(4, amount=500.0)
    )
    assert stages(only(live)) == [("minor", 3), ("critical", 4)]


def test_at_the_instant_of_the_deadline_the_event_counts_first():
    """An event at exactly the deadline decides the severity that it opens with."""
    live = lived(f"when: paid.done, for: 2h, {TABLE}", sets(1, type="paid", amount=50.0), sets(3, amount=500.0))
    assert stages(only(live)) == [("critical", 3)]


def test_with_clear_it_keeps_its_last_severity_while_the_condition_fails():
    """It is decided anew where the condition holds again; where clear holds it ends, whatever would be decided."""
    live = lived(
        f"when: urgent, clear: amount < 0, {TABLE}",
        sets(1, urgent=True, amount=50.0),
        sets(2, urgent=False),
        sets(3, amount=500.0),
        sets(4, amount=5.0),
        sets(5, urgent=True, amount=600.0),
        sets(6, amount=-1.0),
    )
    firing = only(live)
    assert stages(firing) == [("minor", 1), ("critical", 5)]
    assert firing.resolved_at == BEGIN + 6 * HOUR


def test_keep_open_for_keeps_the_last_severity_until_it_fires_again():
    """In between nothing is decided."""
    live = lived(
        f"when: urgent, keep_open_for: 2h, {TABLE}",
        sets(1, urgent=True, amount=50.0),
        sets(2, urgent=False),
        sets(3, amount=500.0),
        sets(3.5, urgent=True),
        sets(4, urgent=False, amount=50.0),
    )
    firing = only(live)
    assert stages(firing) == [("minor", 1), ("critical", 3.5)]
    assert firing.resolved_at == BEGIN + 6 * HOUR


def test_a_pulse_keeps_what_was_decided_when_it_opened():
    """Neither later values nor further pulses change it; the next incident is decided anew."""
    live = lived(
        f"when: changed(amount), until: shipped.done, expires: 3h, {TABLE}",
        sets(1, amount=5.0),
        sets(2, amount=50.0),
        sets(3, amount=500.0),
        sets(8, amount=600.0),
    )
    assert [stages(firing) for firing in live.firings] == [[("minor", 2)], [("critical", 8)]]
    assert [firing.pulses for firing in live.firings] == [2, 1]


def test_of_several_pulses_at_once_the_last_one_decides():
    """The severity is that of the event which the explanation shows."""
    events = [an_event(id, "change", 2, data={"amount": amount}) for id, amount in (("a", 50.0), ("b", 500.0))]
    later = an_event("c", "paid", 2, data={})
    live = Live(f"when: changed(amount), expires: 9h, {TABLE}")
    live.learn(1, sets(1, amount=1.0))
    live.learn(2, *events, later)
    assert stages(only(live)) == [("critical", 2)]
    assert live.told[-1].evidence is not None and live.told[-1].evidence.values["amount"] == 500.0


def test_late_data_moves_changes_of_severity():
    """The stages are then what they would have been, on time or not."""
    on_time = [sets(1, urgent=True, amount=50.0), sets(3, amount=500.0), sets(5, amount=50.0)]
    late = [on_time[0], sets(5, amount=50.0), sets(3, known=7, amount=500.0)]
    live = lived(URGENT, *late)
    assert live.changes == ["opened", "amended"]
    assert stages(only(live)) == stages(only(lived(URGENT, *on_time))) == [("minor", 1), ("critical", 3), ("minor", 5)]


def test_a_rule_that_gets_a_table_decides_what_is_open_from_the_next_step_on():
    """As with every change of a rule that no sweep has followed."""
    live = Live("when: urgent")
    live.learn(1, sets(1, urgent=True, amount=50.0))
    live.engine = Live(URGENT).engine
    live.learn(2, sets(2, type="placed"))
    assert stages(only(live)) == [("major", 1), ("minor", 2)]


def test_owners_and_chains_alone_leave_a_rule_on_its_ladder():
    """A table without severities costs the judge nothing."""
    for table, stands in (("decide: [{if: {amount: 1}, owner: me}]", True), (TABLE, False)):
        rule = workspace(f"when: urgent, {table}").rules[0]
        assert bool(make_ladders([rule], [compile_program(rule)]).bits_of) == stands


def test_every_change_is_explained_by_the_row_that_decides():
    """With its number, its truth tree and what it gives; nothing is said of ends."""
    live = lived(
        URGENT, sets(1, urgent=True, amount=50.0), sets(2, amount=0.0), sets(3, amount=5.0), sets(4, urgent=False)
    )
    files = workspace(URGENT)
    (rule,), kind = files.rules, files.model.kinds["order"]
    records = {one.change: record for one in live.told if (record := explain(rule, kind, one)) is not None}
    opened = records[Change.OPENED]["decided"]
    assert (opened["row"], opened["rows"], opened["severity"], opened["owner"]) == (2, 3, "minor", None)
    assert opened["truth"]["holds"] and opened["truth"]["text"] == "amount >= 10 and amount < 100"
    named = records[Change.SEVERITY]["decided"]
    assert (named["row"], named["severity"], named["owner"]) == (3, None, "me")
    assert records[Change.RESOLVED]["decided"] is None
    (unhit,) = [explain(rule, kind, one) for one in lived(URGENT, sets(1, urgent=True)).told]
    assert unhit is not None and (unhit["decided"]["row"], unhit["decided"]["truth"]) == (None, None)

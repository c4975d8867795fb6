"""The share of orders with an exception, and how soon incidents were taken and over."""

from dataclasses import replace

import polars as pl

from escalation.incident import Actor, AuditRow, Incident, IncidentMode, State
from rules.workspace import read_workspace
from rules.worktime.durations import parse_duration
from simulator.evaluation import evaluate
from simulator.kpi.definitions import NOTHING_DECLARED, settle
from simulator.kpi.exceptions import RESPONSES, Exceptions, exceptions, of_replay, of_service
from simulator.shares import Share
from store.database import Store
from streams.firing import Firing, Reason, Severity, Stage
from streams.instants import DAY, HOUR, MINUTE
from tests.simulator.in_columns import in_columns
from tests.simulator.small_history import CALENDARS, KIND, MODEL, WORKSPACE, at, order, snapshots

UNTIL = "03-31 00:00"
ORDERS = (
    order("A", ("03-02 09:00", "placed"), ("03-03 09:00", "paid")),
    order("B", ("03-02 09:00", "placed")),
    order("C", ("03-02 09:00", "placed"), ("03-02 10:00", "cancelled")),
    order("D", ("03-02 09:00", "placed"), ("03-02 09:30", "paid")),
)


def measured(responses: pl.DataFrame, since: str | None = None, *, people: bool = True, within: str = "") -> Exceptions:
    frame = snapshots(*ORDERS, until=UNTIL)
    limit = parse_duration(within, WORKSPACE.calendars) if within else None
    declared = replace(
        NOTHING_DECLARED, acknowledge_within=limit, resolve_within=limit, calendar=WORKSPACE.calendars["work"]
    )
    definition = settle(declared, WORKSPACE.model, KIND, frame)
    begin = None if since is None else at(since)
    return exceptions(definition, frame, responses, begin, at(UNTIL), with_people=people)


def response(key: str, opened: str, acked: str | None, over: str | None, *, person: bool = False) -> tuple[object, ...]:
    times = [None if one is None else at(one) for one in (opened, acked, over)]
    return ("late", "order", key, *times, person)


def table(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=RESPONSES, orient="row")


def test_entities_not_incidents_are_counted():
    """One order with three incidents is one of four; an incident of another kind is none of them."""
    rows = [response("A", f"03-0{day} 09:00", None, f"03-0{day} 10:00") for day in (2, 3, 4)]
    found = measured(table(*rows, ("late", "stock", "A", at("03-02 09:00"), None, None, False)))
    assert (found.share, found.incidents) == (Share(count=1, of=4), 3)


def test_the_period():
    """Opened in it; an order that was closed before it is not active in it."""
    found = measured(
        table(response("A", "03-02 09:00", None, None), response("B", "03-10 00:00", None, None)), "03-05 00:00"
    )
    assert (found.share, found.incidents) == (Share(count=1, of=3), 1)


def test_times_to_acknowledge_and_to_resolve():
    """By hand: taken after 10 and 50 minutes, one never; ended by a person and by itself apart; ages of open ones."""
    found = measured(
        table(
            response("A", "03-02 09:00", "03-02 09:10", "03-02 11:00", person=True),
            response("B", "03-02 09:00", "03-02 09:50", None),
            response("C", "03-02 16:00", None, "03-03 10:00"),
            response("D", "03-30 00:00", None, None),
        ),
        within="30m",
    )
    assert found.acknowledging is not None and found.resolved_by_person is not None
    assert (found.acknowledging.mean, found.acknowledging.median, found.acknowledging.p90) == (
        30 * MINUTE,
        10 * MINUTE,
        50 * MINUTE,
    )
    # Late: the one after 50 minutes, the one that was over after 18 hours, and the one open since a day.
    assert found.acknowledging.in_time == Share(count=1, of=4)
    assert (found.unacknowledged, found.over_unacknowledged) == ((DAY,), 1)
    assert (found.resolved_by_person.mean, found.resolved_itself.mean) == (2 * HOUR, 18 * HOUR)
    assert found.resolved_itself.worked_mean == 2 * HOUR  # 16:00 to 17:00, and 09:00 to 10:00
    assert found.still_open == (28 * DAY + 15 * HOUR, DAY)
    assert found.resolved_itself.in_time == Share(count=0, of=3)


def test_what_is_not_late_yet_is_neither():
    """Opened ten minutes before the end, with half an hour to acknowledge; what people did later is not known yet."""
    found = measured(table(response("A", "03-30 23:50", "03-31 00:30", "03-31 01:00", person=True)), within="30m")
    assert found.acknowledging is not None
    assert (found.acknowledging.in_time, found.unacknowledged) == (Share(count=0, of=0), (10 * MINUTE,))
    assert found.still_open == (10 * MINUTE,)


def test_a_replay_knows_no_acknowledging():
    """What was not paid for a day: one incident was over by itself, one goes on; nobody could acknowledge."""
    rules = "rules: [{id: unpaid, when: placed.done and not paid.done and not closed, for: 12h}]"
    workspace = read_workspace(MODEL, rules, CALENDARS)
    history = in_columns([one for each in ORDERS for one in each], workspace.model)
    incidents = evaluate(workspace.model, workspace.rules, history, until=at(UNTIL))
    found = measured(of_replay(incidents), people=False)
    assert (found.acknowledging, found.resolved_by_person) == (None, None)
    assert (found.resolved_itself.mean, len(found.still_open)) == (12 * HOUR, 1)
    assert found.share == Share(count=2, of=4)


def firing(key: str, number: int, opened: str, over: str | None, reason: Reason | None = None) -> Firing:
    return Firing(
        rule="late",
        version="v",
        kind="order",
        key=key,
        number=number,
        opened_at=at(opened),
        detected_at=at(opened),
        stages=(Stage(Severity.MAJOR, at(opened)),),
        resolved_at=None if over is None else at(over),
        reason=reason,
    )


def incident(id_: int, *firings: Firing, mode: IncidentMode = "live") -> Incident:
    """Resolved by a person at noon."""
    return Incident(
        id=id_,
        mode=mode,
        firings=firings,
        state=State.RESOLVED,
        highest=Severity.MAJOR,
        resolved_at=at("03-02 12:00"),
        resolved_by="li",
    )


def test_what_the_service_kept():
    """The first opening and the first acknowledgement of each live incident; withdrawn and shadow ones are left out."""
    first = firing("A", 1, "03-02 09:00", "03-02 10:00", Reason.CONDITION)
    again = firing("A", 2, "03-02 11:00", "03-02 12:00", Reason.CONDITION)
    never = firing("B", 1, "03-02 09:00", "03-02 10:00", Reason.LATE_DATA)
    kept = [
        incident(1, first, again),
        incident(2, never),
        incident(3, firing("C", 1, "03-02 09:00", None), mode="shadow"),
    ]
    person = Actor(kind="person", id="li")
    store = Store("sqlite://")
    with store.begin() as transaction:
        transaction.work.insert_incidents(kept)
        transaction.work.add_audit(
            [
                AuditRow(incident=1, at=at(f"03-02 {hour}:30"), actor=person, what=what)
                for hour, what in (("09", "acknowledged"), ("11", "acknowledged"), ("12", "resolved"))
            ]
        )
    with store.read() as reader:
        found = of_service(reader.responses())
    store.close()
    assert found.rows() == table(response("A", "03-02 09:00", "03-02 09:30", "03-02 12:00", person=True)).rows()

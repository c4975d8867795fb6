"""Incidents, their firings and their audit trail."""

from itertools import pairwise

import pytest
from sqlalchemy.exc import IntegrityError

from escalation.chain import Chain, Notify, PersonTarget, Wait
from escalation.incident import Actor, State
from escalation.people import PlanEntry
from escalation.ports import UnitOfWork
from escalation.reasons import Reason as NotSent
from escalation.state import EscalationState, Plan
from store.database import Store
from streams.firing import Reason, Severity, Stage
from streams.instants import HOUR
from streams.ports import Ledger
from tests.store.making import NOON, a_firing, an_audit_row, an_incident


def test_both_ports_are_kept(store: Store) -> None:
    """The type checker reads this test: the two parts of a transaction are what streams and escalation ask for."""
    with store.begin() as transaction:
        ledger: Ledger = transaction.ledger
        work: UnitOfWork = transaction.work
        assert (ledger.next_due(), work.next_due()) == (None, None)


def test_an_incident_comes_back_as_it_was_inserted(store: Store) -> None:
    """With all of its firings and the place in its chain."""
    chain = Chain(id="c", steps=(Notify(targets=(PersonTarget(id="li-wei"),)), Wait(duration="30m cn-workdays")))
    plan = Plan(
        id=1, person="li-wei", important=True, purpose="escalation", entries=(PlanEntry(via="sms"),), started_at=NOON
    )
    firings = (
        a_firing(number=1, resolved_at=NOON + 1, closed_at=NOON + 2, reason=Reason.DEADLINE_MOVED, found_late=True),
        a_firing(number=2, pulses=3, stages=(Stage(Severity.CRITICAL, NOON + HOUR),), opened_at=NOON + HOUR),
    )
    incident = an_incident(
        7,
        *firings,
        mode="shadow",
        state=State.ACKNOWLEDGED,
        highest=Severity.CRITICAL,
        resolved_at=1,
        resolved_by="a",
        acknowledged_by="b",
        acknowledged_at=2,
        ack_expires_at=3,
        owner="c",
        run_out=True,
        escalation=EscalationState(chain=chain, round_started_at=NOON, plans=(plan,), path=(0, 1, 2)),
        due_at=4,
        version_no=5,
    )
    with store.begin() as transaction:
        transaction.work.insert_incidents([incident])
    with store.begin() as transaction:
        assert transaction.work.incidents([7, 8]) == [incident]
        assert transaction.ledger.firings_of(("order", "A-1")) == list(firings)


def test_ids_count_up_and_are_never_given_twice(store: Store) -> None:
    """Within a transaction and after it; one that was rolled back used up nothing."""
    with store.begin() as transaction:
        first, second = transaction.work.new_incident_id(), transaction.work.new_incident_id()
        transaction.work.insert_incidents([an_incident(first), an_incident(second)])
    with pytest.raises(ZeroDivisionError), store.begin() as transaction:
        transaction.work.insert_incidents([an_incident(transaction.work.new_incident_id())])
        raise ZeroDivisionError
    with store.begin() as transaction:
        assert (first, second, transaction.work.new_incident_id()) == (1, 2, 3)


def test_a_second_open_incident_is_impossible(store: Store) -> None:
    """Of one rule and entity; after the first is resolved the next one is welcome."""
    first = an_incident(1, a_firing(number=1))
    resolved = an_incident(1, a_firing(number=1, resolved_at=NOON, closed_at=NOON), state=State.RESOLVED, version_no=1)
    second = an_incident(2, a_firing(number=2))
    with store.begin() as transaction:
        transaction.work.insert_incidents([first, an_incident(3, a_firing(rule="other"))])
    with pytest.raises(IntegrityError), store.begin() as transaction:
        transaction.work.insert_incidents([second])
    with store.begin() as transaction:
        assert transaction.work.update_incidents([(first, resolved)]) == []
        transaction.work.insert_incidents([second])
        assert transaction.work.incidents([1, 2]) == [resolved, second]


def test_a_firing_belongs_to_one_incident(store: Store) -> None:
    """The same number of a rule and entity is not taken by a second incident, resolved or not."""
    with store.begin() as transaction:
        transaction.work.insert_incidents([an_incident(1, a_firing(), state=State.RESOLVED)])
    with pytest.raises(IntegrityError), store.begin() as transaction:
        transaction.work.insert_incidents([an_incident(2, a_firing())])


def test_a_stale_change_is_not_written(store: Store) -> None:
    """Whoever finds another version writes nothing of it, and hears which one; the others are written."""
    one, two = an_incident(1), an_incident(2)
    one_taken = an_incident(1, owner="li-wei", version_no=1)
    two_taken = an_incident(2, owner="li-wei", version_no=1)
    with store.begin() as transaction:
        transaction.work.insert_incidents([one, two])
        assert transaction.work.update_incidents([(one, one_taken)]) == []
        late = an_incident(1, a_firing("A-1", pulses=9), owner="zhang-min", version_no=1)
        assert transaction.work.update_incidents([(one, late), (two, two_taken), (an_incident(9), late)]) == [1, 9]
        assert transaction.work.incidents([1, 2]) == [one_taken, two_taken]


def test_two_changes_of_one_incident_may_follow_each_other(store: Store) -> None:
    """In one call, each from the version the one before it made."""
    versions = [an_incident(1, version_no=number, owner=f"p{number}") for number in range(3)]
    with store.begin() as transaction:
        transaction.work.insert_incidents(versions[:1])
        assert transaction.work.update_incidents(list(pairwise(versions))) == []
        assert transaction.work.incidents([1]) == versions[2:]


def test_the_next_firing_may_join_an_incident(store: Store) -> None:
    """Then both of its firings lead to it, and a change of the earlier one is kept."""
    before = an_incident(1, a_firing(number=1))
    earlier, later = a_firing(number=1, resolved_at=NOON, closed_at=NOON, reason=Reason.CONDITION), a_firing(number=2)
    after = an_incident(1, earlier, later, version_no=1)
    with store.begin() as transaction:
        work = transaction.work
        work.insert_incidents([before])
        work.update_incidents([(before, after)])
        first, second, none = [("late", "order", "A-1", number) for number in (1, 2, 3)]
        assert work.incidents_of_firings([first, second, none]) == {first: after, second: after}
        assert transaction.ledger.firings_of(("order", "A-1")) == [earlier, later]


def test_the_latest_incident_is_the_unresolved_one(store: Store) -> None:
    """Else the one with the greatest firing number; rules and entities are kept apart."""
    done = State.RESOLVED
    with store.begin() as transaction:
        transaction.work.insert_incidents(
            [
                an_incident(1, a_firing("A", 1), state=State.OPEN),
                an_incident(2, a_firing("A", 2), state=done),
                an_incident(3, a_firing("B", 2), state=done),
                an_incident(4, a_firing("B", 1), state=done),
                an_incident(5, a_firing("B", 9, rule="other"), state=done),
            ]
        )
        keys = [("late", "order", "A"), ("late", "order", "B"), ("late", "order", "C"), ("other", "order", "B")]
        latest = transaction.work.latest_incidents(keys)
    assert {key: incident.id for key, incident in latest.items()} == {keys[0]: 1, keys[1]: 3, keys[3]: 5}


def test_due_incidents_come_by_their_time(store: Store) -> None:
    """Those at or before now, as many as asked for."""
    with store.begin() as transaction:
        work = transaction.work
        work.insert_incidents(
            [an_incident(number, due_at=due) for number, due in ((1, 30), (2, 10), (3, 20), (4, None))]
        )
        assert [incident.id for incident in work.due_incidents(20, 9)] == [2, 3]
        assert [incident.id for incident in work.due_incidents(30, 1)] == [2]
        assert work.next_due() == 10


def test_the_audit_trail_keeps_its_order(store: Store) -> None:
    """Every row as it was written, also before its incident within the transaction; none without an incident."""
    rows = [
        an_audit_row(1, "opened", detail="a"),
        an_audit_row(1, "not_sent", reason=NotSent.QUIET_HOURS, before="x", after="y"),
        an_audit_row(1, "acknowledged", at=NOON - 1, actor=Actor(kind="person", id="li-wei", channel="sms")),
    ]
    with store.begin() as transaction:
        transaction.work.add_audit(rows)
        transaction.work.insert_incidents([an_incident(1), an_incident(2)])
    with store.read() as reader:
        assert reader.audit_of(1) == rows
        assert reader.audit_of(2) == []
    with pytest.raises(IntegrityError), store.begin() as transaction:
        transaction.work.add_audit([an_audit_row(3, "opened")])


def test_explanations_follow_their_firing(store: Store) -> None:
    """Of all firings of the incident, in the order in which they were recorded."""
    with store.begin() as transaction:
        transaction.explain(
            [
                (("late", "order", "A-1", 1), "opened", NOON, {"truth": {"文": [True, 1.5]}}),
                (("late", "order", "A-1", 2), "opened", NOON + 2, {"n": 2}),
                (("late", "order", "A-2", 1), "opened", NOON, {"n": 3}),
                (("late", "order", "A-1", 1), "resolved", NOON + 1, {"n": 4}),
            ]
        )
        transaction.work.insert_incidents([an_incident(1, a_firing(number=1), a_firing(number=2))])
    with store.read() as reader:
        found = reader.explanations(1)
    assert [(said.number, said.change, said.at) for said in found] == [
        (1, "opened", NOON),
        (2, "opened", NOON + 2),
        (1, "resolved", NOON + 1),
    ]
    assert found[0].record == {"truth": {"文": [True, 1.5]}}

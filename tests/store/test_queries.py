"""What the console and the metrics ask."""

import pytest
from sqlalchemy import text

from escalation.incident import State
from escalation.outbox import DeliveryState
from escalation.reasons import Reason as NotSent
from store.database import Store
from store.queries import IncidentFilter, Order, RuleCount
from streams.event import Refusal
from streams.firing import Severity, Stage
from streams.instants import HOUR, Instant
from tests.store.making import NOON, a_delivery, a_firing, an_audit_row, an_entity, an_event, an_incident

MINOR, MAJOR, CRITICAL = Severity.MINOR, Severity.MAJOR, Severity.CRITICAL


def insert(store: Store, id: int, key: str, severity: Severity, opened_at: Instant, **changes: object) -> None:
    rule = str(changes.pop("rule", "late"))
    firing = a_firing(key, id, rule=rule, opened_at=opened_at, stages=(Stage(severity, opened_at),))
    with store.begin() as transaction:
        transaction.work.insert_incidents([an_incident(id, firing, **changes)])


@pytest.fixture(autouse=True)
def incidents(store: Store) -> None:
    insert(store, 1, "A-1", MAJOR, NOON + 1)
    insert(store, 2, "A-2", CRITICAL, NOON + 2, state=State.ACKNOWLEDGED, acknowledged_by="li-wei")
    insert(store, 3, "B_3", MAJOR, NOON + 3, owner="li-wei", rule="stuck", run_out=True)
    insert(store, 4, "B-4", MINOR, NOON + 3)
    insert(store, 5, "A-5", CRITICAL, NOON + 5, state=State.RESOLVED)
    insert(store, 6, "A-6", CRITICAL, NOON + 6, mode="shadow")


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (IncidentFilter(), [4, 3, 2, 1]),
        (IncidentFilter(states=()), [5, 4, 3, 2, 1]),
        (IncidentFilter(states=tuple(State)), [5, 4, 3, 2, 1]),
        (IncidentFilter(states=(State.RESOLVED,)), [5]),
        (IncidentFilter(states=(State.OPEN, State.RESOLVED)), [5, 4, 3, 1]),
        (IncidentFilter(states=(State.ACKNOWLEDGED,)), [2]),
        (IncidentFilter(severities=(MAJOR, MINOR)), [4, 3, 1]),
        (IncidentFilter(mode="shadow"), [6]),
        (IncidentFilter(mode=None), [6, 4, 3, 2, 1]),
        (IncidentFilter(rule="stuck"), [3]),
        (IncidentFilter(kind="stock"), []),
        (IncidentFilter(has_it="li-wei"), [3, 2]),
        (IncidentFilter(run_out=True), [3]),
        (IncidentFilter(run_out=False), [4, 2, 1]),
        (IncidentFilter(text="a-"), [2, 1]),
        (IncidentFilter(text="_"), [3]),
    ],
)
def test_the_inbox_shows_what_is_asked_for(store: Store, wanted: IncidentFilter, ids: list[int]) -> None:
    """The newest first; and as many as the counts say."""
    with store.read() as reader:
        page = reader.incident_page(wanted)
    assert [line.incident.id for line in page.lines] == ids
    assert page.total == len(ids)
    assert page.next is None


@pytest.mark.parametrize(("order", "ids"), [("newest", [4, 3, 2, 1]), ("worst", [2, 3, 1, 4])])
@pytest.mark.parametrize("limit", [1, 2, 3, 4])
def test_pages_follow_each_other_without_gaps(store: Store, order: Order, ids: list[int], limit: int) -> None:
    """In both orders, at any length, also among incidents opened at one instant; the counts stay those of all."""
    found: list[int] = []
    after = None
    with store.read() as reader:
        for _ in ids:
            page = reader.incident_page(IncidentFilter(), order=order, after=after, limit=limit)
            found.extend(line.incident.id for line in page.lines)
            assert page.total == 4
            after = page.next
            if after is None:
                break
    assert after is None
    assert found == ids


def test_a_page_is_not_shifted_by_what_opens_meanwhile(store: Store) -> None:
    """The second page begins after the first one's last row."""
    with store.read() as reader:
        first = reader.incident_page(IncidentFilter(), limit=2)
    insert(store, 7, "A-7", MAJOR, NOON + HOUR)
    with store.read() as reader:
        second = reader.incident_page(IncidentFilter(), after=first.next, limit=2)
    assert [line.incident.id for line in second.lines] == [2, 1]


def test_the_inbox_counts_by_state_and_severity(store: Store) -> None:
    """And brings the snapshots of the entities that there are."""
    with store.begin() as transaction:
        transaction.ledger.save([an_entity("A-1", customer="远山")])
    with store.read() as reader:
        page = reader.incident_page(IncidentFilter())
    assert page.counts == {(State.OPEN, MAJOR): 2, (State.ACKNOWLEDGED, CRITICAL): 1, (State.OPEN, MINOR): 1}
    assert [line.values.get("customer") for line in page.lines] == [None, None, None, "远山"]


def test_the_inbox_is_read_from_an_index(store: Store) -> None:
    """No sort and no scan of the table, in both orders, so that a hundred thousand resolved ones cost nothing."""
    seen: list[str] = []
    with store.read() as reader:
        connection = reader._connection
        execute = connection.execute

        def spying(statement: object, *arguments: object) -> object:
            if str(statement).startswith("SELECT incidents.id"):
                compiled = statement.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
                seen.extend(row.detail for row in execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
            return execute(statement, *arguments)  # type: ignore[call-overload]

        connection.execute = spying  # type: ignore[assignment, method-assign]
        reader.incident_page(IncidentFilter(), order="newest", after=(0, NOON, 9))
        reader.incident_page(IncidentFilter(), order="worst", after=(2, NOON, 9))
        del connection.execute
    assert [detail.split(" (")[0] for detail in seen] == [
        "SEARCH incidents USING INDEX ix_incidents_newest",
        "SEARCH incidents USING INDEX ix_incidents_worst",
    ]


def test_an_incident_comes_with_all_that_is_known_of_it(store: Store) -> None:
    """Its snapshot, explanations, audit and deliveries; an unknown one is None."""
    with store.begin() as transaction:
        transaction.work.add_audit([an_audit_row(1, "opened"), an_audit_row(2, "opened")])
        transaction.work.insert_deliveries([a_delivery(1), a_delivery(2)])
        transaction.explain([(("late", "order", "A-1", 1), "opened", NOON, {"why": "because"})])
        transaction.ledger.save([an_entity("A-1", amount=3.0)])
    with store.read() as reader:
        detail = reader.incident_detail(1)
        assert reader.incident_detail(99) is None
    assert detail is not None
    assert detail.incident.id == 1
    assert detail.values["amount"] == 3.0
    assert [row.what for row in detail.audit] == ["opened"]
    assert [delivery.id for delivery in detail.deliveries] == ["1-1-1"]
    assert [said.record for said in detail.explanations] == [{"why": "because"}]


def test_an_entity_comes_with_its_events_as_received(store: Store) -> None:
    """In the order of arrival, retracted ones marked, with their lateness, and with its incidents, the newest first."""
    insert(store, 8, "A-1", MAJOR, NOON + 9, rule="stuck", state=State.RESOLVED)
    with store.begin() as transaction:
        transaction.ledger.append([an_event("1"), an_event("2", at=NOON - HOUR, recorded_at=NOON + HOUR)])
        transaction.ledger.append([an_event("3", retracts="1")])
        transaction.ledger.save([an_entity("A-1", due_at=NOON)])
    with store.read() as reader:
        detail = reader.entity_detail("order", "A-1")
        short = reader.entity_detail("order", "A-1", events_limit=1)
        assert reader.entity_detail("order", "none") is None
        assert [found.id for found in reader.incidents_of_entity("order", "A-1", resolved=False)] == [1]
    assert detail is not None and short is not None
    assert [(kept.event.id, kept.retracted, kept.lateness) for kept in detail.events] == [
        ("1", True, 0),
        ("2", False, 2 * HOUR),
        ("3", False, 0),
    ]
    assert (detail.more, detail.entity.due_at) == (0, NOON)
    assert [found.id for found in detail.incidents] == [8, 1]
    assert ([kept.event.id for kept in short.events], short.more) == (["3"], 2)


def test_rules_are_counted(store: Store) -> None:
    """Live ones: what is unresolved, what opened since an instant, when the last one opened."""
    with store.read() as reader:
        counts = reader.rule_counts(NOON + 2)
    assert counts == {
        "late": RuleCount(rule="late", unresolved=3, opened=3, last_opened_at=NOON + 5),
        "stuck": RuleCount(rule="stuck", unresolved=1, opened=1, last_opened_at=NOON + 3),
    }


def test_the_overview_says_what_waits(store: Store) -> None:
    """Live incidents, deliveries by what they wait for, due times, refused events."""
    with store.begin() as transaction:
        transaction.work.insert_deliveries(
            [
                a_delivery(1, 1, due_at=NOON + 7),
                a_delivery(1, 2, due_at=NOON + 6, state=DeliveryState.FAILED_TEMPORARY),
                a_delivery(1, 3, due_at=NOON + 5, next_at=None, held_until=NOON + 9, reason=NotSent.QUIET_HOURS),
                a_delivery(1, 4, due_at=NOON + 4, next_at=None, state=DeliveryState.SENDING),
                a_delivery(1, 5, due_at=NOON + 3, next_at=None, state=DeliveryState.DELIVERED),
            ]
        )
        transaction.ledger.save([an_entity("A-1", due_at=NOON + 1), an_entity("A-2", due_at=NOON + 2)])
        transaction.work.insert_incidents([an_incident(9, due_at=NOON + 8)])
        transaction.refuse([Refusal(position="1", field=None, code="not_json", reason="r", raw="{")], NOON)
    with store.read() as reader:
        overview = reader.overview()
    assert sum(overview.unresolved.values()) == 5
    assert overview.unresolved[State.OPEN, MAJOR] == 3
    assert (overview.run_out, overview.unsent, overview.held, overview.sending) == (1, 3, 1, 1)
    assert overview.oldest_unsent_at == NOON + 6
    assert (overview.next_due_entity, overview.next_due_incident) == (NOON + 1, NOON + 8)
    assert overview.refusals == 1


def test_an_empty_store_answers_too(tmp_path: object) -> None:
    """Nothing is nothing, not an error."""
    empty = Store(f"sqlite:///{tmp_path}/empty.db")
    with empty.read() as reader:
        assert reader.incident_page(IncidentFilter()).lines == ()
        assert reader.overview().oldest_unsent_at is None
        assert (reader.rule_counts(0), reader.source_lines(), reader.find_entities("x")) == ({}, [], [])
    empty.close()

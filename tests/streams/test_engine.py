"""The engine: what is applied as it comes, what makes it fold again, and what it tells."""

import pytest

from streams.entity import decode_entity, encode_entity
from streams.firing import Change, Reason
from tests.streams.judged import Live, an_event, hour

LATE = "overdue: shipped, after: paid, within: 2h"
STAGED = f"{LATE}, stages: [{{at: -1h, severity: minor}}, {{at: 0h, severity: major}}]"
PULSE = 'when: event.type == "change", expires: 2h'


def test_an_entity_is_due_when_its_deadline_is() -> None:
    """The entity says when time alone changes something, and that instant opens the incident."""
    live = Live(LATE)
    (entity,) = live.learn(1, an_event("1", "paid", 1)).entities
    assert entity.due_at == hour(3)
    assert not live.learn(2.99).transitions
    (opened,) = live.learn(3).transitions
    assert (opened.change, opened.firing.opened_at, opened.firing.detected_at) == (Change.OPENED, hour(3), hour(3))
    assert live.ledger.next_due() is None


def test_events_are_applied_before_a_deadline_fires() -> None:
    """What was received for the instant of the deadline counts: shipped exactly then is on time."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    assert not live.learn(3, an_event("2", "shipped", 3)).transitions


def test_detection_tells_when_it_was_learned() -> None:
    """A service that was away detects late, and keeps the firing's own times."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    live.learn(7)
    (firing,) = live.firings
    assert (firing.opened_at, firing.detected_at) == (hour(3), hour(7))


def test_newer_events_do_not_fold_again() -> None:
    """Only an event older than what is applied makes the engine read the log."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    assert live.learn(2, an_event("2", "change", 2)).folded_again == 0
    assert live.learn(3, an_event("3", "change", 1.5)).folded_again == 1


def test_an_event_older_than_a_change_that_time_brought_folds_again() -> None:
    """Between the newest event and the instant that opened the incident, too, an event is late."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    live.learn(3)
    assert live.learn(4, an_event("2", "shipped", 2)).folded_again == 1
    (firing,) = live.firings
    assert (firing.reason, firing.resolved_at, firing.closed_at) == (Reason.LATE_DATA, hour(4), hour(4))


def test_an_event_dated_ahead_waits_for_its_time() -> None:
    """It changes nothing before, wakes the entity, and then counts as if it had just come."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1), an_event("2", "shipped", 4, known=1))
    assert live.ledger.entities["order", "A-1"].due_at == hour(3)
    live.learn(3)
    assert live.ledger.next_due() == hour(4)
    live.learn(4)
    (firing,) = live.firings
    assert (firing.resolved_at, firing.closed_at, firing.reason) == (hour(4), hour(4), Reason.CONDITION)


def test_what_opens_and_ends_at_once_is_found_late_and_told_once() -> None:
    """One transition tells all of it, with the evidence of the opening and of the end."""
    live = Live(LATE)
    (told,) = live.learn(9, an_event("1", "paid", 1), an_event("2", "shipped", 5)).transitions
    assert told.change is Change.OPENED
    assert told.firing.found_late and told.firing.closed_at == hour(9)
    assert told.evidence is not None and "shipped.at" not in told.evidence.values
    assert told.ended is not None and told.ended.values["shipped.at"] == hour(5)


def test_found_late_by_folding_again_has_both_evidences() -> None:
    """The same where a late event makes the engine fold again."""
    live = Live(LATE)
    live.learn(6, an_event("2", "shipped", 5))
    (told,) = live.learn(9, an_event("1", "paid", 1)).transitions
    assert told.firing.found_late
    assert told.evidence is not None and "shipped.at" not in told.evidence.values
    assert told.ended is not None and told.ended.values["shipped.at"] == hour(5)


def test_found_late_stays_when_late_data_opens_it_again() -> None:
    """An incident found late that late data reopens is still one found late when it ends in the ordinary way."""
    live = Live(PULSE)
    live.learn(4, an_event("1", "change", 1))
    live.learn(4.5, an_event("2", "change", 3))
    assert [firing.found_late for firing in live.firings] == [True, False]
    live = Live(PULSE)
    live.learn(4, an_event("1", "change", 1))
    live.learn(4.25, an_event("2", "change", 2.5))
    live.learn(4.5)
    (firing,) = live.firings
    assert live.changes == ["opened", "reopened", "resolved"]
    assert (firing.resolved_at, firing.closed_at, firing.found_late) == (hour(4.5), hour(4.5), True)


def test_a_retraction_folds_again_whatever_its_own_date() -> None:
    """What is taken back never was."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    live.learn(3)
    live.learn(5, an_event("2", "shipped", 5))
    live.learn(6, an_event("3", "change", 6, retracts="2"))
    (firing,) = live.firings
    assert live.changes == ["opened", "resolved", "reopened"]
    assert firing.open and firing.closed_at is None


def test_a_retraction_reaches_another_entity() -> None:
    """An event may take back one of another entity of its source."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    live.learn(3)
    live.learn(4, an_event("2", "change", 4, key="B-2", retracts="1"))
    (firing,) = live.firings
    assert firing.reason is Reason.LATE_DATA


def test_numbers_are_never_used_again() -> None:
    """A firing that comes after a withdrawn one has a number of its own."""
    live = Live(LATE)
    live.learn(1, an_event("1", "paid", 1))
    live.learn(3)
    live.learn(4, an_event("2", "shipped", 2))
    live.learn(5, an_event("3", "change", 5, retracts="2"))
    assert [(firing.number, firing.reason) for firing in live.firings] == [(1, Reason.LATE_DATA), (2, None)]


def test_severities_are_told_one_by_one() -> None:
    """Each stage at its own instant."""
    live = Live(STAGED)
    live.learn(1, an_event("1", "paid", 1))
    live.learn(2)
    live.learn(3)
    (firing,) = live.firings
    assert live.changes == ["opened", "severity"]
    assert [(stage.severity.word, stage.at) for stage in firing.stages] == [("minor", hour(2)), ("major", hour(3))]


def test_a_person_who_closes_a_pulse_ends_it_for_good() -> None:
    """It counts as `until` at that instant, also when the entity is folded again later."""
    live = Live(PULSE)
    live.learn(1, an_event("1", "change", 1))
    entity = live.ledger.entities["order", "A-1"]
    live.ledger.record(live.engine.close(entity, "r1", hour(2)))
    live.ledger.save([entity])
    live.learn(2.5, an_event("2", "change", 2.5))
    live.learn(2.75, an_event("3", "change", 0.5))
    first, second = live.firings
    assert (first.opened_at, first.resolved_at, first.reason, first.pulses) == (hour(0.5), hour(2), Reason.PERSON, 2)
    assert (second.opened_at, second.open) == (hour(2.5), True)


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 5])
def test_an_entity_survives_being_written_and_read(at: int) -> None:
    """With its state encoded and decoded at any instant, everything goes on as without."""
    plain, stored = Live(STAGED, PULSE), Live(STAGED, PULSE)
    for live in (plain, stored):
        for now in range(6):
            if live is stored and now == at:
                ledger = live.ledger
                ledger.save([decode_entity(encode_entity(entity)) for entity in ledger.entities.values()])
            live.learn(now, *[an_event(str(now), "paid" if now == 1 else "change", now)] if now % 2 else [])
    assert stored.firings == plain.firings

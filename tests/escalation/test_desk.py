"""The desk: what it loads, the order of one instant, what it refuses, and that a stale writer writes nothing."""

from pathlib import Path

import pytest
from msgspec import structs
from msgspec.structs import replace

from escalation.chain import Chain, If, Wait
from escalation.commands import Acknowledge, Escalate, Reopen, Resolve
from escalation.contacts import Contacts
from escalation.desk import Desk
from escalation.errors import Stale
from escalation.incident import Actor, State
from escalation.memory import MemoryWork
from escalation.outbox import DeliveryResult, DeliveryState, Purpose
from escalation.steps import settled_path
from streams.firing import Change, Firing, Reason, Severity, Stage, Transition
from streams.instants import HOUR, LAST, MINUTE, SECOND
from tests.escalation.timeline_words import at
from tests.escalation.timelines import DEFAULTS
from tests.escalation.workspaces import load, rule

LATE = rule("late")
NOW = at("10:00")
LI_WEI = Actor(kind="person", id="li-wei", channel="console")


@pytest.fixture
def contacts(tmp_path: Path) -> Contacts:
    return load(tmp_path, rules=(LATE,), **DEFAULTS)  # type: ignore[arg-type]


def firing(number: int = 1, opened_at: int = NOW, key: str = "A-1") -> Firing:
    return Firing(
        rule="late",
        version="1",
        kind="order",
        key=key,
        number=number,
        opened_at=opened_at,
        detected_at=opened_at,
        stages=(Stage(Severity.MAJOR, opened_at),),
    )


def over(one: Firing, at: int, reason: Reason = Reason.CONDITION) -> Firing:
    return structs.replace(one, resolved_at=at, closed_at=at, reason=reason)


def opened(one: Firing) -> Transition:
    return Transition(change=Change.OPENED, at=one.opened_at, firing=one)


def changed(change: Change, one: Firing) -> Transition:
    return Transition(change=change, at=one.resolved_at or NOW, firing=one)


def desk(work: MemoryWork, contacts: Contacts) -> Desk:
    return Desk(work, contacts, {"late": LATE})


def test_events_come_before_people_at_one_instant(contacts: Contacts) -> None:
    """Who acknowledges what has just ended is told that it is over."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    end = changed(Change.RESOLVED, over(firing(), NOW + HOUR))
    outcome = desk(work, contacts).tick([end], [Acknowledge(incident=1, actor=LI_WEI)], (), NOW + HOUR)
    assert outcome.answers[0].refusal is not None and outcome.answers[0].refusal.code == "is_over"


def test_people_come_before_steps_at_one_instant(contacts: Contacts) -> None:
    """Acknowledged at the instant at which it opens, nobody is told."""
    work = MemoryWork()
    outcome = desk(work, contacts).tick([opened(firing())], [Acknowledge(incident=1, actor=LI_WEI)], (), NOW)
    assert outcome.answers[0].refusal is None
    assert not work.outbox and work.kept[1].state is State.ACKNOWLEDGED


def test_a_command_about_nothing_creates_nothing(contacts: Contacts) -> None:
    """An unknown incident is refused, never made."""
    work = MemoryWork()
    outcome = desk(work, contacts).tick((), [Acknowledge(incident=99, actor=LI_WEI)], (), NOW)
    assert [answer.refusal and answer.refusal.code for answer in outcome.answers] == ["unknown_incident"]
    assert not work.kept and not work.audit


def test_a_result_about_nothing_changes_nothing(contacts: Contacts) -> None:
    """A callback for a row of another database, say."""
    work = MemoryWork()
    outcome = desk(work, contacts).tick((), (), [DeliveryResult(delivery="99-1-0", outcome="accepted")], NOW)
    assert outcome.touched == ()


def test_the_same_opening_twice_opens_once(contacts: Contacts) -> None:
    """A transition that is handed in again is known."""
    work = MemoryWork()
    for _ in range(2):
        desk(work, contacts).tick([opened(firing())], (), (), NOW)
    assert len(work.kept) == 1 and len(work.outbox) == 1


def test_a_stale_writer_writes_nothing(contacts: Contacts) -> None:
    """Whoever finds another version has to do the tick again."""

    class Raced(MemoryWork):
        def update_incidents(self, changes):
            return [before.id for before, _ in changes]

    work = Raced()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    before = dict(work.outbox)
    with pytest.raises(Stale):
        desk(work, contacts).tick((), [Resolve(incident=1, actor=LI_WEI)], (), NOW + 1)
    assert work.outbox == before


def test_ids_come_from_incident_version_and_place(contacts: Contacts) -> None:
    """The rows of one transaction are (incident, v + 1, n): stable, and known to the provider."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    desk(work, contacts).tick((), (), (), NOW + 10 * MINUTE)
    assert list(work.outbox) == ["1-1-0", "1-2-0"]
    assert work.kept[1].version_no == 2


def test_late_data_moves_an_opening_to_an_earlier_incident(contacts: Contacts) -> None:
    """The first firing goes on and the second never was: one incident is open, in whatever order that is told."""
    work = MemoryWork()
    first, second = firing(), firing(2, NOW + 2 * HOUR)
    desk(work, contacts).tick([opened(first)], (), (), NOW)
    desk(work, contacts).tick([changed(Change.RESOLVED, over(first, NOW + HOUR))], (), (), NOW + HOUR)
    desk(work, contacts).tick([opened(second)], (), (), NOW + 2 * HOUR)
    later = NOW + 3 * HOUR
    news = [changed(Change.REOPENED, first), changed(Change.WITHDRAWN, over(second, later, Reason.LATE_DATA))]
    desk(work, contacts).tick(news, (), (), later)
    assert [one.state for one in work.kept.values()] == [State.OPEN, State.RESOLVED]


def test_an_old_incident_is_not_reopened_beside_a_newer_one(contacts: Contacts) -> None:
    """One open incident of a rule and entity, whatever people ask for."""
    work = MemoryWork()
    first = firing()
    desk(work, contacts).tick([opened(first)], (), (), NOW)
    desk(work, contacts).tick([changed(Change.RESOLVED, over(first, NOW + HOUR))], (), (), NOW + HOUR)
    desk(work, contacts).tick([opened(firing(2, NOW + 2 * HOUR))], (), (), NOW + 2 * HOUR)
    outcome = desk(work, contacts).tick((), [Reopen(incident=1, actor=LI_WEI)], (), NOW + 3 * HOUR)
    refusal = outcome.answers[0].refusal
    assert refusal is not None and (refusal.code, refusal.by) == ("newer_open", "2")


def test_the_next_firing_joins_an_incident_that_a_person_holds_open(contacts: Contacts) -> None:
    """Its first firing is over, a person has reopened it: the next one is the same incident."""
    work = MemoryWork()
    first = firing()
    desk(work, contacts).tick([opened(first)], (), (), NOW)
    desk(work, contacts).tick([changed(Change.RESOLVED, over(first, NOW + HOUR))], (), (), NOW + HOUR)
    desk(work, contacts).tick((), [Reopen(incident=1, actor=LI_WEI)], (), NOW + 2 * HOUR)
    second = firing(2, NOW + 3 * HOUR)
    desk(work, contacts).tick([opened(second)], (), (), NOW + 3 * HOUR)
    assert [one.number for one in work.kept[1].firings] == [1, 2]
    desk(work, contacts).tick([changed(Change.RESOLVED, over(second, NOW + 4 * HOUR))], (), (), NOW + 4 * HOUR)
    assert work.kept[1].state is State.RESOLVED


def test_resolving_names_the_firing_for_the_engine(contacts: Contacts) -> None:
    """A pulse rule's firing counts it as its `until`."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    outcome = desk(work, contacts).tick((), [Resolve(incident=1, actor=LI_WEI)], (), NOW + 1)
    assert outcome.resolved_by_people == (("late", "order", "A-1", 1),)


def test_the_claim_looks_at_the_incident_once_more(contacts: Contacts) -> None:
    """Where a race left a row behind an acknowledgement, it does not leave the house."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    work.kept[1] = replace(work.kept[1], state=State.RESOLVED, resolved_at=NOW)
    assert desk(work, contacts).claim(NOW, 10) == []
    row = work.outbox["1-1-0"]
    assert (row.state, str(row.reason)) == (DeliveryState.CANCELLED, "resolved")


def test_an_address_that_is_gone_at_the_last_moment(contacts: Contacts, tmp_path: Path) -> None:
    """Addresses are read when a message is sent: without one the next entry follows at once."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    people = DEFAULTS["people"].replace('phone: "+8613800000001", ', "")
    later = load(tmp_path, rules=(LATE,), **(DEFAULTS | {"people": people}))  # type: ignore[arg-type]
    assert desk(work, later).claim(NOW, 10) == []
    assert [one.head.channel for one in desk(work, later).claim(NOW, 10)] == ["email"]


def test_important_messages_leave_first(contacts: Contacts) -> None:
    """A person who was handed something waits for no list of normal ones."""
    work = MemoryWork()
    openings = [opened(firing(key=f"A-{number}")) for number in range(3)]
    desk(work, contacts).tick(openings, (), (), NOW)
    work.outbox["3-1-0"] = replace(work.outbox["3-1-0"], important=True)
    assert [one.head.incident for one in desk(work, contacts).claim(NOW, 10)] == [3, 1, 2]
    assert desk(work, contacts).claim(NOW, 10) == []


def test_a_full_channel_keeps_no_other_waiting(contacts: Contacts) -> None:
    """A channel gets as many messages as it has room for, a full one none; those of others leave."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing(key=f"A-{number}")) for number in range(5)], (), (), NOW)
    other = replace(work.outbox["5-1-0"], channel="email")
    work.outbox["5-1-0"] = other
    busy = desk(work, contacts).claim(NOW, 10, room=lambda channel: 2)
    assert [(one.head.incident, one.head.channel) for one in busy] == [(1, "sms"), (2, "sms"), (5, "email")]
    assert desk(work, contacts).claim(NOW, 10, full={"sms"}) == []
    assert [one.head.incident for one in desk(work, contacts).claim(NOW, 1)] == [3]


def test_what_was_being_sent_at_a_stop_is_asked_about_at_the_start(contacts: Contacts) -> None:
    """The only process need not wait for the deadline of a sender that is gone."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    desk(work, contacts).claim(NOW, 10)
    assert desk(work, contacts).recover(NOW + SECOND) == []
    desk(work, contacts).abandon(NOW + SECOND)
    asked = desk(work, contacts).recover(NOW + SECOND)
    assert [one.head.id for one in asked] == ["1-1-0"]
    assert desk(work, contacts).recover(NOW + SECOND) == []
    answer = DeliveryResult(delivery="1-1-0", outcome="unknown", asked=True)
    desk(work, contacts).tick((), (), [answer], NOW + 2 * SECOND)
    assert work.outbox["1-1-0"].maybe_duplicate and work.outbox["1-1-0"].next_at == NOW + 2 * SECOND


def test_a_removed_rule_keeps_its_incidents(contacts: Contacts) -> None:
    """Its chain is a copy; reopened, it goes by that copy."""
    work = MemoryWork()
    gone = Desk(work, contacts, {})
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    gone.tick((), [Resolve(incident=1, actor=LI_WEI)], (), NOW + 1)
    gone.tick((), [Reopen(incident=1, actor=LI_WEI)], (), NOW + HOUR)
    assert [one.purpose for one in work.outbox.values() if one.created_at == NOW + HOUR] == [Purpose.ESCALATION]


def test_quiet_for_ever_is_no_end_of_time(contacts: Contacts, tmp_path: Path) -> None:
    """Quiet hours around the clock hold until the last instant there is."""
    people = DEFAULTS["people"].replace("name: 李伟", 'name: 李伟\n    quiet: {hours: "00:00-24:00"}')
    always = load(tmp_path, rules=(LATE,), **(DEFAULTS | {"people": people}))  # type: ignore[arg-type]
    work = MemoryWork()
    desk(work, always).tick([opened(firing())], (), (), NOW)
    assert work.outbox["1-1-0"].held_until == LAST


def test_every_instant_of_an_incident_is_in_the_audit(contacts: Contacts) -> None:
    """Nothing is changed without a row that says who and why."""
    work = MemoryWork()
    desk(work, contacts).tick([opened(firing())], (), (), NOW)
    desk(work, contacts).tick((), [Escalate(incident=1, actor=LI_WEI)], (), NOW + MINUTE)
    desk(work, contacts).tick((), [Resolve(incident=1, actor=LI_WEI, comment="called them")], (), NOW + HOUR)
    assert [(one.what, one.actor.id) for one in work.audit if one.actor.kind != "system"] == [
        ("opened", "late"),
        ("escalated", "li-wei"),
        ("resolved", "li-wei"),
    ]
    assert {one.at for one in work.audit} >= {NOW, NOW + MINUTE, NOW + HOUR}
    assert [one.detail for one in work.audit if one.what == "resolved"] == ["called them"]


def test_the_end_of_a_branch_is_the_step_behind_its_if() -> None:
    """Also through several ends at once, and behind the last step there is none."""
    inner = If(severity=Severity.MAJOR, then=(Wait(duration="5m"),))
    outer = If(severity=Severity.INFO, then=(inner,), otherwise=(Wait(duration="1m"), inner))
    chain = Chain(id="main", steps=(outer, Wait(duration="10m")))
    assert settled_path(chain, (0, 0, 0, 0, 0)) == (0, 0, 0, 0, 0)
    assert settled_path(chain, (0, 0, 0, 0, 1)) == (1,)
    assert settled_path(chain, (0, 0, 0, 1, 0)) == (1,)  # a missing else
    assert settled_path(chain, (0, 1, 1, 0, 1)) == (1,)
    assert settled_path(chain, (0, 1, 1)) == (0, 1, 1)
    assert settled_path(chain, (2,)) is None

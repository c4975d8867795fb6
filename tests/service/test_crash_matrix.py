"""The service is stopped at every point and in every state of the outbox: what did each provider get?

escalation.md: each notification once; where a message was in flight and its provider cannot be asked, it leaves once
more, marked, or counts as accepted, as the channel says; Twilio is asked.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from escalation.incident import State
from escalation.outbox import DeliveryState
from store.database import Store
from streams.instants import Instant
from tests.escalation.timeline_words import at
from tests.service.crashing import (
    Day,
    Happening,
    Make,
    acknowledges,
    behaves,
    first_at,
    paid,
    paid_of,
    resolves,
    shipped,
    status,
)

WHOLE_DAY = (
    Happening("09:00", paid),
    Happening("10:59", behaves("sms", "fails")),
    Happening("11:01", behaves("sms", "accepts")),
    Happening("11:06", status("sms", "delivered")),
    Happening("11:40", status("sms", "undelivered")),
    Happening("11:55", acknowledges),
    Happening("12:00", shipped("12:00")),
)
UNTIL = "16:00"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations leave it, made once."""
    path: Path = tmp_path_factory.mktemp("empty") / "tocsin.db"
    Store(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def days(tmp_path: Path, empty: Path) -> Iterator[Callable[..., Day]]:
    """Makes days, each in a folder of its own, and closes them."""
    made: list[Day] = []

    def make(**given: object) -> Day:
        day = Day(tmp_path / str(len(made)), empty, **given)  # type: ignore[arg-type]
        made.append(day)
        return day

    yield make
    for day in made:
        day.close()


def killed_once(days: Callable[..., Day], point: str, after: str) -> Day:
    """A day whose service is killed the first time it reaches a point at or after a time."""
    day: Day = days()
    now: Callable[[], Instant] = day.clock.now
    day.fatal = first_at(point, now, after)
    return day


def same_end(day: Day, calm: Day) -> None:
    """Everything but the instants is as on the day without a crash."""
    assert day.incident.state is calm.incident.state is State.RESOLVED
    assert day.incident.acknowledged_by == calm.incident.acknowledged_by
    ends = [
        sorted((one.channel, one.person or "", str(one.purpose), str(one.state), str(one.reason)) for one in of)
        for of in (day.deliveries, calm.deliveries)
    ]
    assert ends[0] == ends[1]


@pytest.mark.parametrize("step", [7, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_at_every_point_everybody_is_told_once(days: Callable[..., Day], step: int) -> None:
    """Wherever the process ends, each provider got each message once, or it says which one may have come twice."""
    calm = days().play(*WHOLE_DAY, until=UNTIL)
    told = calm.told()
    assert set(told.values()) == {1} and {channel for channel, _, _ in told} == {"sms", "mail", "chat", "hook"}
    assert {*calm.points} == {
        "before the commit",
        "after the commit",
        "before the call",
        "taken by the provider",
        "answered",
    }
    for fatal in range(0, len(calm.points), step):
        day = days(fatal=lambda number, _point, fatal=fatal: number == fatal).play(*WHOLE_DAY, until=UNTIL)
        assert day.crashes == 1
        same_end(day, calm)
        for what, count in day.told().items():
            assert count == 1 or (count == 2 and what[0] in ("mail", "chat")), f"point {fatal}: {what} {count} times"
        missing = set(told) - set(day.told())
        assert all(channel == "hook" for channel, _, _ in missing), f"point {fatal}: {missing} never left"
        assert len(missing) <= len(day.guessed()), f"point {fatal}: {missing} is not marked"
        assert day.doubled() <= day.marked(), f"point {fatal}: doubled without a mark"


def test_killed_again_and_again(days: Callable[..., Day]) -> None:
    """A process that dies at every thirteenth point, the start included, tells everybody all the same."""
    calm = days().play(*WHOLE_DAY, until=UNTIL)
    day = days(fatal=lambda number, _point: number % 13 == 12).play(*WHOLE_DAY, until=UNTIL)
    assert day.crashes > 5
    assert {what for what in calm.told() if what[0] == "sms"} <= set(day.told())
    assert all(count == 1 for what, count in day.told().items() if what[0] == "sms")
    assert day.doubled() <= day.marked()
    assert len(day.incidents) == 1 and day.incident.state is State.RESOLVED


IN_FLIGHT = {
    # channel, where it ends: (how often its provider got it, marked, counted as accepted)
    ("sms", "before the call"): (1, True, False),
    ("sms", "taken by the provider"): (1, False, False),
    ("sms", "answered"): (1, False, False),
    ("chat", "before the call"): (1, True, False),
    ("chat", "taken by the provider"): (2, True, False),
    ("chat", "answered"): (2, True, False),
    ("hook", "before the call"): (0, False, True),
    ("hook", "taken by the provider"): (1, False, True),
    ("hook", "answered"): (1, False, True),
}


@pytest.mark.parametrize(("channel", "point"), IN_FLIGHT, ids=lambda one: one.replace(" ", "-"))
def test_in_flight(days: Callable[..., Day], channel: str, point: str) -> None:
    """A provider that can be asked gets it once; else the channel's on_unknown says what is done with not knowing."""
    day = days(files={"chains": _chain(channel), "people": _PEOPLE})
    day.fatal = first_at(point, day.clock.now, "11:00")
    day.play(Happening("09:00", paid), until="11:20")
    count, marked, guessed = IN_FLIGHT[channel, point]
    row = day.delivery(channel)
    assert day.crashes == 1
    assert (day.count(channel), row.maybe_duplicate, bool(day.guessed())) == (count, marked, guessed)
    assert row.state is DeliveryState.ACCEPTED
    assert day.providers[channel].asked == (1 if channel == "sms" else 0)


_PEOPLE = """
people:
  li-wei: {name: 李伟, contacts: {phone: "+8613800000001", email: a@example.com}, normal: [{via: sms}]}
"""


def _chain(channel: str) -> str:
    step = {
        "sms": "{notify: [owner]}",
        "chat": '{notify: ["channel:chat"]}',
        "hook": "{webhook: hook}",
    }[channel]
    return f"chains: {{main: {{steps: [{step}, {{wait: 5h}}]}}}}\ndefault: main\n"


def test_twilio_that_cannot_be_asked_now_is_asked_again(days: Callable[..., Day]) -> None:
    """As long as Twilio does not answer the question, nothing is sent; when it does, it has the message."""
    day = killed_once(days, "answered", "11:00")
    day.providers["sms"].findings = "cannot be asked now"
    day.play(Happening("09:00", paid), until="11:03")
    assert day.delivery("sms").state is DeliveryState.SENDING
    assert day.providers["sms"].asked > 1
    day.providers["sms"].findings = "as it is"
    day.run_to("11:09")
    assert day.delivery("sms").state is DeliveryState.ACCEPTED
    assert (day.count("sms"), day.delivery("sms").maybe_duplicate) == (1, False)


def test_twilio_that_cannot_be_asked_for_too_long_gets_it_once_more(days: Callable[..., Day]) -> None:
    """When the plan's next entry is due nobody waits for Twilio's word any longer: twice is better than not at all."""
    day = killed_once(days, "answered", "11:00")
    day.providers["sms"].findings = "cannot be asked now"
    day.play(Happening("09:00", paid), until="11:20")
    assert (day.count("sms"), day.delivery("sms").maybe_duplicate) == (2, True)
    assert day.count("mail") == 1
    assert day.providers["sms"].asked < 30


def test_twilio_that_can_never_be_asked_is_like_any_other_channel(days: Callable[..., Day]) -> None:
    """Without its token nobody can ask: on_unknown decides, and the loop does not turn for an answer."""
    day = killed_once(days, "answered", "11:00")
    day.providers["sms"].findings = "cannot be asked"
    day.play(Happening("09:00", paid), until="11:09")
    assert (day.count("sms"), day.delivery("sms").maybe_duplicate) == (2, True)
    assert day.providers["sms"].asked == 1


def test_killed_twice_before_the_call_it_still_leaves(days: Callable[..., Day]) -> None:
    """Twilio has not seen it, twice: it is retried, because nothing arrived."""
    day = days(files={"chains": _chain("sms"), "people": _PEOPLE})
    calls: list[int] = []

    def fatal(number: int, point: str) -> bool:
        if point == "before the call" and len(calls) < 3:
            calls.append(number)
            return True
        return False

    day.fatal = fatal
    day.play(Happening("09:00", paid), until="11:20")
    assert day.crashes == 3
    assert (day.count("sms"), day.delivery("sms").state) == (1, DeliveryState.ACCEPTED)


@pytest.mark.parametrize("point", ["before the call", "taken by the provider"])
@pytest.mark.parametrize("make", [acknowledges, resolves])
def test_acted_upon_while_it_was_in_flight(days: Callable[..., Day], point: str, make: Make) -> None:
    """Nobody is called about what a person took or ended while nobody knew whether the message had left."""
    day = killed_once(days, point, "11:00")
    day.play(Happening("09:00", paid), until="11:00:02")
    assert day.crashes == 1 and day.delivery("sms").state is DeliveryState.SENDING
    day.hand_in(make)
    day.run_to("16:00")
    taken = point == "taken by the provider"
    row = day.delivery("sms")
    assert day.count("sms") == (1 if taken else 0), "it must not leave after the person acted"
    reason = "acknowledged" if make is acknowledges else "resolved"
    assert (row.state, row.reason) == ((DeliveryState.ACCEPTED, None) if taken else (DeliveryState.CANCELLED, reason))


def test_resolved_while_in_flight_is_followed_by_its_notice(days: Callable[..., Day]) -> None:
    """Who got the message although the process died hears as well that it is over."""
    day = killed_once(days, "taken by the provider", "11:00")
    day.play(Happening("09:00", paid), until="11:00:02")
    day.hand_in(shipped("11:00:01"))
    day.run_to("12:00")
    assert [str(one.message.purpose) for one in day.providers["sms"].received] == ["escalation", "resolved"]


STATES = {
    # state of the first SMS when the process ends: (how it gets there, how often Twilio has it in the end)
    DeliveryState.PENDING: ("before the commit", "accepts", (), 1),
    DeliveryState.SENDING: ("after the commit", "accepts", (), 1),
    DeliveryState.FAILED_TEMPORARY: ("", "fails", (), 1),
    DeliveryState.ACCEPTED: ("", "accepts", (), 1),
    DeliveryState.DELIVERED: ("", "accepts", (status("sms", "delivered"),), 1),
    DeliveryState.FAILED: ("", "refuses", (), 0),
    DeliveryState.CANCELLED: ("", "fails", (acknowledges,), 0),
}


@pytest.mark.parametrize("state", STATES)
def test_killed_in_every_state_of_the_outbox(days: Callable[..., Day], state: DeliveryState) -> None:
    """Whatever state a row is in, a restart neither loses nor repeats it."""
    point, behaviour, happens, count = STATES[state]
    day = days(files={"chains": _chain("sms"), "people": _PEOPLE})
    day.providers["sms"].behaviour = behaviour
    if point:
        day.fatal = first_at(point, day.clock.now, "11:00")
    day.play(Happening("09:00", paid), until="11:00:01")
    for make in happens:
        day.hand_in(make)
    if not point:
        found = day.delivery("sms")
        assert found.state is state
        day.restart()
        assert day.delivery("sms") == found
    day.providers["sms"].behaviour = "accepts"
    day.run_to("13:00")
    assert day.crashes == 1
    first = day.delivery("sms").id
    assert [one.message.delivery_id for one in day.providers["sms"].received].count(first) == count


def test_a_provider_repeats_its_callbacks_over_a_crash(days: Callable[..., Day]) -> None:
    """Statuses that come twice, late and out of order change nothing, before and after a restart."""
    day = days()
    day.play(Happening("09:00", paid), Happening("11:01", status("sms", "delivered")), until="11:02")
    before = day.delivery("sms")
    day.restart()
    day.hand_in(status("sms", "undelivered"))
    day.hand_in(status("sms", "delivered"))
    assert day.delivery("sms") == before
    assert at("11:01") <= before.changed_at < at("11:02")


def test_more_due_at_one_instant_than_are_sent_at_once(days: Callable[..., Day]) -> None:
    """Forty orders fall due together and the process dies amid them: everybody hears of each of them once."""
    day = days(files={"chains": _chain("sms"), "people": _PEOPLE})
    taken: list[int] = []

    def fatal(number: int, point: str) -> bool:
        if point == "taken by the provider":
            taken.append(number)
        return point == "taken by the provider" and len(taken) in (5, 25)

    day.fatal = fatal
    for order in range(40):
        day.hand_in(paid_of(f"A-{order}"))
    day.run_to("11:10")
    assert day.crashes == 2
    assert len(day.incidents) == 40
    assert day.count("sms") == 40 and not day.doubled()
    assert all(one.state is DeliveryState.ACCEPTED for one in day.deliveries)

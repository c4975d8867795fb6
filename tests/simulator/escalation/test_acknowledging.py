"""Models of when people acknowledge, with times and shares worked out by hand."""

from dataclasses import replace

import pytest

from simulator.escalation.acknowledging import (
    NO_FAILURES,
    Acknowledging,
    Draws,
    Failing,
    Fixed,
    Habit,
    LogNormal,
    Never,
    Those,
)
from simulator.escalation.night import NIGHT, Night
from streams.instants import HOUR, MINUTE
from tests.escalation.timeline_words import at, clock
from tests.escalation.workspaces import SHANGHAI
from tests.simulator.escalation.stage import acknowledging, draw, told

QUARTER = Fixed(after=15 * MINUTE)


def test_fixed_counts_from_the_message() -> None:
    """Told at 10:00, answered at 10:15."""
    assert acknowledging(QUARTER).at(told(when="10:00"), draw()) == at("10:15")


def test_only_the_nth_message_and_later_ones_move_somebody() -> None:
    """Whoever needs two messages does not answer the first."""
    model = acknowledging(QUARTER, nth=2)
    assert model.at(told(number=1), draw()) is None
    assert model.at(told(number=2, when="10:30"), draw()) == at("10:45")
    assert model.at(told(number=3, when="11:00"), draw()) == at("11:15")


def test_a_share_never_answers() -> None:
    """The will of the draw decides, for every message of the incident alike."""
    model = acknowledging(QUARTER, never=0.3)
    assert model.at(told(), draw(will=0.29)) is None
    assert model.at(told(), draw(will=0.3)) == at("10:15")


def test_whoever_sleeps_answers_in_the_morning() -> None:
    """What comes at night counts from seven on; an answer that would fall into the night waits until then."""
    model = acknowledging(QUARTER, awake=True)
    assert clock(model.at(told(when="23:00"), draw())) == "2026-03-03 07:15"
    assert clock(model.at(told(when="06:59"), draw())) == "07:15"
    assert clock(model.at(told(when="21:50"), draw())) == "2026-03-03 07:00"
    assert clock(model.at(told(when="21:40"), draw())) == "21:55"


def test_log_normal_has_its_median_and_spread() -> None:
    """Half of all within ten minutes; one standard deviation on is e times as long; without spread it is fixed."""
    model = acknowledging(LogNormal(median=10 * MINUTE, sigma=1.0))
    assert model.at(told(), draw(pace=0.5)) == at("10:10")
    later = model.at(told(), draw(pace=0.8413447460685429))
    assert later is not None and (later - at("10:00")) / MINUTE == pytest.approx(27.18281828)
    assert acknowledging(LogNormal(median=10 * MINUTE, sigma=0.0)).at(told(), draw(pace=0.99)) == at("10:10")
    assert model.at(told(), draw(pace=0.0)) is not None


def test_the_later_of_two_habits_about_a_message_counts() -> None:
    """By person, channel and hour of day, in the order in which they were given."""
    evening = Night(first=18 * 60, last=20 * 60)
    others = (
        (Those(channel="sms"), Habit(delay=Fixed(after=MINUTE))),
        (Those(person="li"), Habit(delay=Fixed(after=2 * MINUTE))),
        (Those(person="li", hours=evening), Habit(delay=Never())),
    )
    model = Acknowledging(habit=Habit(delay=Fixed(after=HOUR)), others=others)
    assert model.at(told(person="zhang", channel="email"), draw()) == at("11:00")
    assert model.at(told(person="zhang", channel="sms"), draw()) == at("10:01")
    assert model.at(told(person="li", channel="sms"), draw()) == at("10:02")
    assert model.at(told(person="li", when="18:30"), draw()) is None
    assert model.at(told(person=None, channel="robot"), draw()) == at("11:00")


def test_draws_depend_on_seed_and_subject_alone() -> None:
    """The same again, something else for another person, incident or seed; spread over the whole range."""
    draws = Draws(seed=7)
    assert draws.of("late", "A-1", 1, "li") == Draws(seed=7).of("late", "A-1", 1, "li")
    assert (
        len({draws.of("late", "A-1", 1, who) for who in ("li", "zhang")} | {Draws(seed=8).of("late", "A-1", 1, "li")})
        == 3
    )
    paces = sorted(draws.of("late", f"A-{number}", 1, "li").pace for number in range(2000))
    assert all(abs(pace - place / 2000) < 0.04 for place, pace in enumerate(paces))


def test_failing_is_a_share_of_a_channel() -> None:
    """About as many fail as are said to; other channels do not; one instant's messages to somebody fare alike."""
    draws, failing = Draws(seed=1), Failing(shares={"sms": 0.25})
    fails = [failing.fails("sms", "li", at("10:00") + number, draws) for number in range(2000)]
    assert 0.21 < sum(fails) / 2000 < 0.29
    assert not failing.fails("email", "li", at("10:00"), draws)
    assert not NO_FAILURES.fails("sms", "li", at("10:00"), draws)
    assert failing.fails("sms", "li", at("10:00"), draws) == fails[0]


def test_the_night_crosses_midnight_or_does_not() -> None:
    """From in, until out; a nap in the afternoon ends the same day."""
    assert clock(NIGHT.until(at("22:00"), SHANGHAI)) == "2026-03-03 07:00"
    assert clock(NIGHT.until(at("00:30"), SHANGHAI)) == "07:00"
    assert NIGHT.until(at("07:00"), SHANGHAI) is None and NIGHT.until(at("21:59"), SHANGHAI) is None
    nap = Night(first=13 * 60, last=14 * 60)
    assert clock(nap.until(at("13:30"), SHANGHAI)) == "14:00" and nap.until(at("14:00"), SHANGHAI) is None
    assert str(nap) == "13:00-14:00" and not nap.contains(12 * 60)
    until_midnight = replace(NIGHT, last=24 * 60)
    assert clock(until_midnight.until(at("23:00"), SHANGHAI)) == "2026-03-03 00:00"

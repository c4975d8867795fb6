"""What the record of a service teaches: curves worked out by hand, and whose answers stand in for whose."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from simulator.escalation.night import NIGHT
from simulator.escalation.recorded import ENOUGH, Basis, RecordedCurves, curve_of, learn_answers
from store.answers import Answer
from streams.instants import HOUR, MINUTE
from tests.escalation.timeline_words import at
from tests.simulator.escalation.stage import contacts, told


def answer(
    minutes: int, *, given: bool = True, person: str = "li", channel: str = "sms", when: str = "10:00"
) -> Answer:
    return Answer(person=person, channel=channel, told_at=at(when), waited=minutes * MINUTE, acknowledged=given)


def learned(folder: Path, answers: Sequence[Answer]) -> RecordedCurves:
    return learn_answers(answers, contacts(folder), NIGHT)


def basis(
    curves: RecordedCurves, person: str | None, channel: str = "sms", *, at_night: bool = False
) -> tuple[str, int]:
    found = next(one for one in curves.bases if (one.person, one.channel, one.at_night) == (person, channel, at_night))
    return found.level, found.messages


def test_kaplan_meier_by_hand() -> None:
    """Five told: answers after 1 and 3 and 5 minutes, two cut off after 2 and 3. 1/5; then 1/3 of 4/5; then all."""
    curve = curve_of([answer(1), answer(2, given=False), answer(3), answer(3, given=False), answer(5)])
    assert curve.waits == (MINUTE, 3 * MINUTE, 5 * MINUTE)
    assert curve.shares == pytest.approx((0.2, 1 - 0.8 * 2 / 3, 1.0))
    assert curve.waited(0.1) == MINUTE and curve.waited(0.3) == 3 * MINUTE and curve.waited(0.9) == 5 * MINUTE


def test_who_was_never_seen_to_answer_never_does() -> None:
    """Two of four answered, the others were cut off at the very end: half of all draws are without an answer."""
    curve = curve_of([answer(1), answer(2), answer(60, given=False), answer(60, given=False)])
    assert curve.waited(0.49) == 2 * MINUTE and curve.waited(0.51) is None
    assert curve_of([answer(9, given=False)]).waited(0.0) is None


def test_cutting_off_is_not_answering() -> None:
    """To drop those cut off would make people quicker than they are."""
    answers = [answer(10) for _ in range(5)] + [answer(5, given=False) for _ in range(5)]
    assert curve_of(answers).shares == pytest.approx((1.0,))
    answers = [answer(10) for _ in range(5)] + [answer(15, given=False) for _ in range(5)]
    assert curve_of(answers).shares == pytest.approx((0.5,))


def test_enough_answers_of_a_moment_stand_for_themselves(tmp_path: Path) -> None:
    """Li by text message: ten minutes by day, two hours at night."""
    answers = [answer(10) for _ in range(ENOUGH)] + [answer(120, when="23:00") for _ in range(ENOUGH)]
    curves = learned(tmp_path, answers)
    assert curves.waited(told(when="12:00"), 0.5) == 10 * MINUTE
    assert curves.waited(told(when="23:30"), 0.5) == 2 * HOUR
    assert basis(curves, "li") == ("moment", ENOUGH)


def test_too_few_are_filled_up_by_more_people(tmp_path: Path) -> None:
    """Li's mails: all of Li's answers. Zhang: the team's. Ann, who is in no team: everybody's. So it is said."""
    curves = learned(tmp_path, [answer(10) for _ in range(ENOUGH)] + [answer(30, person="zhang")])
    assert basis(curves, "li", "email") == ("person", ENOUGH)
    assert basis(curves, "zhang") == ("team", ENOUGH + 1)
    assert basis(curves, "ann") == ("everybody", ENOUGH + 1)
    assert basis(curves, None, "robot") == ("everybody", ENOUGH + 1)
    assert curves.waited(told(person="ann"), 0.1) == 10 * MINUTE


def test_only_the_first_message_is_on_record(tmp_path: Path) -> None:
    """How long somebody took counts from the first one, whatever came after it."""
    curves = learned(tmp_path, [answer(10) for _ in range(ENOUGH)])
    assert curves.waited(told(number=2), 0.5) is None


def test_somebody_whom_the_files_do_not_have_is_like_everybody(tmp_path: Path) -> None:
    """The folder that is compared may name people who are new."""
    curves = learned(tmp_path, [answer(10) for _ in range(ENOUGH)])
    assert curves.waited(told(person="new"), 0.5) == 10 * MINUTE


def test_without_a_record_nobody_answers(tmp_path: Path) -> None:
    """And that is said of each."""
    curves = learned(tmp_path, [])
    assert curves.waited(told(), 0.5) is None
    assert {one.level for one in curves.bases} == {"nothing"}
    assert isinstance(curves.bases[0], Basis)

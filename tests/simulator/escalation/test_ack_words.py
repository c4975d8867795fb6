"""Acknowledgement models as people write them on the command line."""

from pathlib import Path

import pytest

from simulator.escalation.ack_words import WordsError, read_failing, read_model, read_night
from simulator.escalation.acknowledging import Acknowledging, Fixed, Habit, LogNormal, Never, Recorded, Those
from simulator.escalation.night import NIGHT, Night
from simulator.escalation.recorded import RecordedCurves
from streams.instants import HOUR, MINUTE
from tests.simulator.escalation.stage import contacts

CURVES = RecordedCurves(night=NIGHT, curves={}, bases=())


def read(folder: Path, *texts: str) -> Acknowledging:
    return read_model(texts, contacts(folder), NIGHT, lambda: CURVES)


def test_a_duration_and_what_stands_behind_it(tmp_path: Path) -> None:
    """Everything in one word, with commas between."""
    assert read(tmp_path).habit == Habit(delay=Fixed(after=15 * MINUTE))
    assert read(tmp_path, "20m").habit == Habit(delay=Fixed(after=20 * MINUTE))
    assert read(tmp_path, "1h 30m, nth=2, never=12.5%, awake").habit == Habit(
        delay=Fixed(after=90 * MINUTE), nth=2, never=0.125, awake=True
    )
    assert read(tmp_path, "lognormal:10m:0.8,never=0.3").habit == Habit(
        delay=LogNormal(median=10 * MINUTE, sigma=0.8), never=0.3
    )
    assert read(tmp_path, "never").habit == Habit(delay=Never())
    assert read(tmp_path, "store").habit == Habit(delay=Recorded(curves=CURVES))


def test_who_it_is_about(tmp_path: Path) -> None:
    """A person, a channel, hours, or several of them."""
    model = read(tmp_path, "1h", "li=never", "sms+22:00-07:00=2h,nth=3", "zhang+email=5m")
    assert model.habit == Habit(delay=Fixed(after=HOUR))
    assert [those for those, _ in model.others] == [
        Those(person="li"),
        Those(channel="sms", hours=NIGHT),
        Those(person="zhang", channel="email"),
    ]
    assert model.others[1][1] == Habit(delay=Fixed(after=2 * HOUR), nth=3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("soon", "'soon': expected a duration such as 15m, lognormal:10m:1.0, store or never"),
        ("15m,sometimes", "'sometimes': expected nth=2, never=10% or awake"),
        ("15m,nth=0", "'nth=0': expected nth=2, never=10% or awake"),
        ("15m,never=120%", "'120%': expected a share such as 10% or 0.1"),
        ("lognormal:10m:x", "'x': expected a number from 0 to 10, such as 1.0"),
        ("zhong=15m", "zhong is no person, channel or hours (such as 22:00-07:00); did you mean zhang?"),
        ("25:00-07:00=15m", "'25:00-07:00': expected hours such as 22:00-07:00"),
        ("15m office", "'15m office': expected a duration such as 15m, lognormal:10m:1.0, store or never"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, said: str) -> None:
    """With what was expected, and the nearest name."""
    with pytest.raises(WordsError) as raised:
        read(tmp_path, text)
    assert raised.value.message.en == said
    assert raised.value.message.zh != said


def test_failing_channels(tmp_path: Path) -> None:
    """A share of each; channels that there are."""
    own = contacts(tmp_path)
    assert read_failing(("sms=5%", "email=0.5"), own).shares == {"sms": 0.05, "email": 0.5}
    for text, said in (("sms", "CHANNEL=SHARE"), ("smss=5%", "did you mean sms?"), ("sms=lots", "a share such as")):
        with pytest.raises(WordsError, match=said.replace("?", r"\?")):
            read_failing((text,), own)


def test_the_night_is_hours() -> None:
    """Any that are not empty."""
    assert read_night("23:30-5:00") == Night(first=23 * 60 + 30, last=5 * 60)
    for text in ("22-7", "22:00-22:00", "24:00-07:00", "22:00-24:01"):
        with pytest.raises(WordsError):
            read_night(text)

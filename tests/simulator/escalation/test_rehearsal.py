"""Rehearsals counted by hand: who hears what when, who answers, and what stays as it is."""

from pathlib import Path

import polars as pl
import pytest

from simulator.escalation.acknowledging import Acknowledging, Failing, Fixed, Habit, LogNormal, Never, Those
from simulator.escalation.rehearsal import Rehearsal, rehearse
from streams.instants import HOUR, MINUTE, from_datetime
from tests.escalation.timeline_words import at, clock
from tests.simulator.escalation.stage import acknowledging, directory, firing, incidents, sent

UNTIL = at("20:00")


def outcome(rehearsal: Rehearsal, place: int = 0) -> dict[str, object]:
    found = rehearsal.outcomes.row(place, named=True)
    return {
        name: clock(from_datetime(cell)) if name.endswith("_at") and cell is not None else cell
        for name, cell in found.items()
    }


def test_an_answer_after_a_quarter_of_an_hour_stops_the_chain(tmp_path: Path) -> None:
    """Told at 10:00 and 10:10, answered at 10:15, over at 11:00: three messages, one step."""
    rehearsal = rehearse(
        incidents(firing("10:00", "11:00")), directory(tmp_path), acknowledging(Fixed(after=15 * MINUTE)), until=UNTIL
    )
    assert sent(rehearsal) == ["10:00 sms to li", "10:10 email to li", "11:00 email to li: resolved"]
    assert outcome(rehearsal) == {
        "incident": 1,
        "rule": "late",
        "kind": "order",
        "key": "A-1",
        "severity": 2,
        "opened_at": "10:00",
        "chain": "main",
        "notifies": 1,
        "told_at": "10:00",
        "acknowledged_at": "10:15",
        "acknowledged_by": "li",
        "state": "resolved",
        "resolved_at": "11:00",
        "run_out": False,
    }
    assert not rehearsal.not_sent


def test_where_nobody_answers_the_chain_runs_out(tmp_path: Path) -> None:
    """Every step, the fallback, and the incident stays open."""
    rehearsal = rehearse(incidents(firing("10:00")), directory(tmp_path), acknowledging(Never()), until=UNTIL)
    assert sent(rehearsal) == [
        "10:00 sms to li",
        "10:10 email to li",
        "10:30 sms to zhang",
        "11:00 sms to ann: fallback",
    ]
    assert (outcome(rehearsal)["notifies"], outcome(rehearsal)["state"]) == (2, "open")
    assert outcome(rehearsal)["run_out"] is True and outcome(rehearsal)["acknowledged_at"] is None


def test_the_end_of_the_history_cuts_chains_off(tmp_path: Path) -> None:
    """What is due at the end itself still happens, what is due later does not."""
    rehearsal = rehearse(incidents(firing("10:00")), directory(tmp_path), acknowledging(Never()), until=at("10:30"))
    assert sent(rehearsal)[-1] == "10:30 sms to zhang"


def test_the_first_answer_counts_and_an_answer_to_what_is_over_does_not(tmp_path: Path) -> None:
    """Zhang, told half an hour later, would have answered at 10:40 as well; the second incident is over before."""
    model = Acknowledging(
        habit=Habit(delay=Fixed(after=10 * MINUTE)),
        others=((Those(person="li"), Habit(delay=Fixed(after=35 * MINUTE))),),
    )
    rehearsal = rehearse(
        incidents(firing("10:00"), firing("12:00", "12:20", key="A-2")), directory(tmp_path), model, until=UNTIL
    )
    assert outcome(rehearsal)["acknowledged_by"] == "li" and outcome(rehearsal)["acknowledged_at"] == "10:35"
    assert outcome(rehearsal, 1)["acknowledged_at"] is None and outcome(rehearsal, 1)["state"] == "resolved"


def test_who_lets_it_expire_is_told_again_and_answers_again(tmp_path: Path) -> None:
    """Acknowledged at 10:15, expired at 11:15; Zhang is told then and answers a quarter of an hour later."""
    chains = """
chains:
  main: {steps: [{notify: [li]}, {wait: 30m}, {notify: [zhang]}, {wait: 30m}], ack_expires: 1h}
default: main
"""
    rehearsal = rehearse(
        incidents(firing("10:00")),
        directory(tmp_path, chains=chains),
        acknowledging(Fixed(after=15 * MINUTE)),
        until=at("11:40"),
    )
    assert sent(rehearsal)[2:] == ["11:15 sms to zhang"]
    assert outcome(rehearsal)["state"] == "acknowledged" and outcome(rehearsal)["acknowledged_by"] == "li"


def test_a_reopened_incident_is_answered_anew(tmp_path: Path) -> None:
    """The answer that the first firing would have got at 10:15 does not stop the chain of the second."""
    chains = """
chains:
  main: {steps: [{notify: [li]}, {wait: 30m}], reopen_within: 30m}
default: main
"""
    two = incidents(firing("10:00", "10:05"), firing("10:08", number=2))
    rehearsal = rehearse(two, directory(tmp_path, chains=chains), acknowledging(Fixed(after=15 * MINUTE)), until=UNTIL)
    assert rehearsal.outcomes.height == 1
    assert outcome(rehearsal)["acknowledged_at"] == "10:23"


def test_somebody_in_a_group_answers(tmp_path: Path) -> None:
    """A message to a chat without names may be taken by anybody there."""
    chains = "chains: {main: {steps: [{notify: ['channel:robot']}, {wait: 30m}]}}\ndefault: main\n"
    rehearsal = rehearse(
        incidents(firing("10:00")),
        directory(tmp_path, chains=chains),
        acknowledging(Fixed(after=15 * MINUTE)),
        until=UNTIL,
    )
    assert sent(rehearsal) == ["10:00 robot"]
    assert outcome(rehearsal)["acknowledged_by"] == "channel:robot"


def test_what_does_not_arrive_goes_to_the_next_channel(tmp_path: Path) -> None:
    """The mail leaves at once, and Li answers from then on; nobody answers what did not arrive."""
    rehearsal = rehearse(
        incidents(firing("10:00")),
        directory(tmp_path),
        acknowledging(Fixed(after=15 * MINUTE)),
        until=UNTIL,
        failing=Failing(shares={"sms": 1.0}),
    )
    assert sent(rehearsal) == ["10:00 sms to li: failed", "10:00 email to li"]
    assert outcome(rehearsal)["acknowledged_at"] == "10:15"


def test_worse_severity_comes_when_it_was_reached(tmp_path: Path) -> None:
    """Who has it in hand hears that it has become critical."""
    rehearsal = rehearse(
        incidents(firing("10:00", worse="10:20")),
        directory(tmp_path),
        acknowledging(Fixed(after=5 * MINUTE)),
        until=UNTIL,
    )
    assert sent(rehearsal) == ["10:00 sms to li", "10:20 sms to li: worse"]
    assert outcome(rehearsal)["severity"] == 3


def test_shadow_rules_tell_nobody(tmp_path: Path) -> None:
    """Their incidents are there, without a chain."""
    rehearsal = rehearse(
        incidents(firing("10:00")), directory(tmp_path, mode="shadow"), acknowledging(Never()), until=UNTIL
    )
    assert rehearsal.messages.is_empty() and outcome(rehearsal)["chain"] is None


def test_the_clock_of_a_message_is_that_of_whom_it_reaches(tmp_path: Path) -> None:
    """At 22:30 in Shanghai it is night for Li and afternoon for Ann in London."""
    chains = "chains: {main: {steps: [{notify: [li, ann]}, {wait: 30m}]}}\ndefault: main\n"
    rehearsal = rehearse(
        incidents(firing("22:30")), directory(tmp_path, chains=chains), acknowledging(Never()), until=at("22:31")
    )
    local = {
        person: (f"{when:%H:%M}", night)
        for person, when, night in rehearsal.messages.select("person", "local", "night").iter_rows()
    }
    assert local == {"li": ("22:30", True), "ann": ("14:30", False)}


@pytest.fixture(scope="module")
def many() -> pl.DataFrame:
    return incidents(*(firing("10:00", "18:00", key=f"A-{number}") for number in range(60)))


def test_the_same_seed_gives_the_same_again(tmp_path: Path, many: pl.DataFrame) -> None:
    """And another seed something else."""
    model = acknowledging(LogNormal(median=30 * MINUTE, sigma=1.0), never=0.2)
    own = directory(tmp_path)
    first, again, other = (rehearse(many, own, model, seed=seed, until=UNTIL) for seed in (1, 1, 2))
    assert first.messages.equals(again.messages) and first.outcomes.equals(again.outcomes)
    assert not first.outcomes.equals(other.outcomes)


def test_the_order_of_the_incidents_does_not_change_what_becomes_of_them(tmp_path: Path, many: pl.DataFrame) -> None:
    """Draws belong to an incident and a person, so leaving half of the incidents out leaves the others as they are."""
    model = acknowledging(LogNormal(median=30 * MINUTE, sigma=1.0), never=0.2)
    columns = ("key", "acknowledged_at", "acknowledged_by")
    whole = rehearse(many, directory(tmp_path), model, until=UNTIL).outcomes.select(columns)
    half = rehearse(many.reverse().head(30), directory(tmp_path), model, until=UNTIL).outcomes.select(columns)
    kept = whole.join(half.select("key"), on="key", how="semi")
    assert kept.sort("key").equals(half.sort("key"))


def test_a_changed_chain_meets_the_same_moods(tmp_path: Path, many: pl.DataFrame) -> None:
    """Zhang is told earlier; whom Li answers before, Li answers at the same time under both chains."""
    faster = """
chains:
  main: {steps: [{notify: [li]}, {wait: 15m}, {notify: [zhang]}, {wait: 30m}], fallback: [ann]}
default: main
"""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    model = acknowledging(LogNormal(median=20 * MINUTE, sigma=1.0), never=0.2)
    slow = rehearse(many, directory(tmp_path / "one"), model, until=UNTIL).outcomes
    fast = rehearse(many, directory(tmp_path / "two", chains=faster), model, until=UNTIL).outcomes
    both = slow.join(fast, on="key", suffix="_fast").filter(pl.col("acknowledged_at") < _instant("10:15"))
    assert both.height > 5
    assert both["acknowledged_at"].equals(both["acknowledged_at_fast"])
    assert fast["acknowledged_at"].drop_nulls().mean() < slow["acknowledged_at"].drop_nulls().mean()  # type: ignore[operator]


def _instant(text: str) -> pl.Expr:
    return pl.lit(at(text)).cast(pl.Datetime("us", "UTC"))


def test_progress_counts_every_change(tmp_path: Path) -> None:
    """Two of an incident that opens and ends, three of one that gets worse."""
    taken: list[int] = []
    rehearse(
        incidents(firing("10:00", "11:00"), firing("10:30", "12:00", key="A-2", worse="11:30")),
        directory(tmp_path),
        acknowledging(Never()),
        until=at("10:00") + 12 * HOUR,
        progress=taken.append,
    )
    assert sum(taken) == 5

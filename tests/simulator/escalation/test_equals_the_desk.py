"""What is rehearsed is what the service does: the same timelines against the real desk and its store, and rehearsed."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from escalation.claims import Outgoing
from escalation.outbox import Purpose
from simulator.escalation.acknowledging import Acknowledging, Draw, Habit, Never, Told
from simulator.escalation.rehearsal import Directory, Rehearsal, rehearse
from simulator.frames import incident_frame
from store.database import Store
from streams.firing import Change, Firing, Transition
from streams.firing import Reason as EndReason
from streams.instants import Instant, from_datetime
from tests.escalation.timeline_words import at, many
from tests.escalation.timelines import KEY, RULE, Scenario, World, read_scenario, value

SCENARIOS = Path(__file__).parents[2] / "scenarios"
# Those in which nothing happens but that incidents open, change and end, and that people acknowledge.
PLAYED = [
    path
    for path in sorted(SCENARIOS.glob("*.yaml"))
    if not path.stem.startswith("49-")  # somebody acknowledges who was not told
    and not any(word in path.read_text(encoding="utf-8") for word in ("baseline", "goes on", " hands over", " reopens"))
    for scenario in [read_scenario(path)]
    if all(
        not entry.keys() & {"announce", "entity", "files", "provider", "receipt", "asked", "stopped"}
        and all(text.split()[1:] == ["acknowledges"] for text in many(entry.get("person", ())))
        for entry in scenario.entries
    )
]

Sent = tuple[Instant, str, str | None, str]  # when, channel, to whom, purpose


@dataclass
class Watched(World):
    """Keeps what left, row by row, and how each firing came out."""

    left: list[Sent] = field(default_factory=list)
    course: dict[tuple[str, int], Firing] = field(default_factory=dict)

    def send(self, outgoing: Outgoing) -> Any:
        for one in outgoing.deliveries:
            if one.purpose is not Purpose.WEBHOOK:
                self.left.append((self.now, one.channel, one.person, str(one.purpose)))
        yield from super().send(outgoing)

    def change(self, change: Change, firing: Firing, *, baseline: bool = False) -> Transition:
        self.course[firing.key, firing.number] = firing
        return super().change(change, firing, baseline=baseline)


@dataclass(frozen=True, kw_only=True)
class AsTold(Acknowledging):
    """People acknowledge when the timeline says so, if they have been told by then."""

    times: Mapping[str, Sequence[Instant]]

    def at(self, told: Told, draw: Draw) -> Instant | None:
        return next((time for time in self.times.get(told.person or "", ()) if time >= told.at), None)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("empty") / "tocsin.db"
    Store(f"sqlite:///{path}").close()
    return path


def test_there_are_timelines_of_all_sorts() -> None:
    """Quiet hours, calendars, restarts, expiries, groups, deputies are among them."""
    assert {int(path.stem[:2]) for path in PLAYED} >= {1, 10, 14, 16, 20, 24, 33, 39, 40, 57}


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_the_same_messages_people_times_and_reasons(path: Path, tmp_path: Path, empty: Path) -> None:
    """One timeline, by the real desk over the real store and rehearsed: what leaves, when, to whom and why."""
    shutil.copy(empty, tmp_path / "tocsin.db")
    scenario = read_scenario(path)
    until = at(scenario.entries[-1]["at"])
    store = Store(f"sqlite:///{tmp_path / 'tocsin.db'}")
    try:
        world = Watched(store=store, folder=tmp_path, scenario=scenario, now=at(scenario.entries[0]["at"]))
        for entry in scenario.entries:
            world.run_to(at(entry["at"]))
            world.play(entry)
        rehearsal = rehearsed(world, scenario, until)
        assert sorted(world.left, key=str) == sorted(sent(rehearsal), key=str)
        assert reasons(world) == dict(rehearsal.not_sent)
        states = [(one.state.value, *_run_out_and_holder(world, one.id)) for one in world.incidents()]
        told = rehearsal.outcomes.select("state", "run_out", "acknowledged_by")
        assert states == [tuple(row) for row in told.iter_rows()]
    finally:
        store.close()


def rehearsed(world: Watched, scenario: Scenario, until: Instant) -> Rehearsal:
    times: dict[str, list[Instant]] = {}
    for entry in scenario.entries:
        for text in many(entry.get("person", ())):
            times.setdefault(text.split()[0], []).append(at(entry["at"]))
    entities = {
        key: {"closed": False} | {name: _value(one) for name, one in values.items()}
        for key, values in scenario.entities.items()
    }
    return rehearse(
        incident_frame(_with_reason(firing) for firing in world.course.values()),
        Directory(contacts=world.contacts, rules={RULE: world.rule}),
        AsTold(habit=Habit(delay=Never()), times=times),
        until=until,
        values=lambda kind, key, instant: entities.get(key, entities[KEY]),
    )


def sent(rehearsal: Rehearsal) -> list[Sent]:
    columns = rehearsal.messages.select("at", "channel", "person", "purpose")
    return [(from_datetime(when), channel, person, purpose) for when, channel, person, purpose in columns.iter_rows()]


def reasons(world: Watched) -> dict[str, int]:
    with world.store.read() as reader:
        rows = [row for incident in world.incidents() for row in reader.audit_of(incident.id)]
    return dict(Counter(str(row.reason) for row in rows if row.what == "not_sent" and row.reason is not None))


def _run_out_and_holder(world: Watched, incident: int) -> tuple[bool, str | None]:
    """Whether the chain ever came to its end, and who acknowledged first."""
    with world.store.read() as reader:
        rows = reader.audit_of(incident)
    holder = next((row.actor.id for row in rows if row.what == "acknowledged"), None)
    return any(row.what == "run_out" for row in rows), holder


def _with_reason(firing: Firing) -> Firing:
    """Timelines say of what is found late that it is over, and not why."""
    return replace(firing, reason=EndReason.CONDITION) if firing.found_late else firing


def _value(one: Any) -> Any:
    return tuple(one) if isinstance(one, list) else value(one)

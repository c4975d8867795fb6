"""The chains of a workspace run on the incidents of a history, under a manual clock: nothing is kept, nothing leaves.

It is the desk of the service that does it, with everything that the desk knows; here are only the clock, the channels,
whose calls are answered at once, and the people, who acknowledge as a model says. What happened in the history stays as
it was: nobody repairs anything sooner because they were told sooner.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from escalation.claims import Outgoing
from escalation.commands import Acknowledge
from escalation.contacts import Contacts
from escalation.desk import Desk
from escalation.incident import Actor, AuditRow, State
from escalation.memory import MemoryWork
from escalation.outbox import Delivery, DeliveryResult, Purpose
from rules.rule import Rule
from simulator.escalation.acknowledging import NO_FAILURES, Acknowledging, Draws, Failing, Told
from simulator.escalation.courses import transitions
from simulator.escalation.night import Night
from simulator.escalation.zones import zone_of
from simulator.frames import INSTANT
from streams.firing import Transition
from streams.garbage import no_collection
from streams.instants import Instant
from streams.model import Values

ValuesAt = Callable[[str, str, Instant], Values]  # (kind, key, instant) -> the entity's snapshot
Progress = Callable[[int], None]  # called with the number of changes taken since the last call

# One row a message to a person or a group, calls of webhooks left out.
MESSAGES: Final[dict[str, Any]] = {
    "incident": pl.Int64,
    "at": INSTANT,
    "person": pl.String,  # null: a group chat
    "channel": pl.String,
    "purpose": pl.String,  # escalation.outbox.Purpose
    "important": pl.Boolean,
    "arrived": pl.Boolean,
}
# Behind them, from where the person is: the time on their clock, and whether it is night there.
LOCAL: Final[dict[str, Any]] = {"local": pl.Datetime("us"), "night": pl.Boolean}

# One row an incident as people see it: several firings where the chain reopens it.
OUTCOMES: Final[dict[str, Any]] = {
    "incident": pl.Int64,
    "rule": pl.String,
    "kind": pl.String,
    "key": pl.String,
    "severity": pl.Int8,  # the highest reached
    "opened_at": INSTANT,  # when it was known
    "chain": pl.String,  # null: nobody is told (shadow, found late, no chain)
    "notifies": pl.Int64,  # notify steps taken, of the run of the chain that came farthest
    "told_at": INSTANT,  # the first message that arrived
    "acknowledged_at": INSTANT,  # the first time
    "acknowledged_by": pl.String,  # channel:NAME: somebody in the group
    "state": pl.String,  # at the end
    "resolved_at": INSTANT,
    "run_out": pl.Boolean,  # its chain came to its end, even if it began anew after that
}

_TELLING: Final = frozenset({Purpose.ESCALATION, Purpose.FALLBACK, Purpose.NOBODY, Purpose.EXPIRED, Purpose.WORSE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Who is told how, and by which rules: what a workspace folder says."""

    contacts: Contacts
    rules: Mapping[str, Rule]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """`messages` has the columns of MESSAGES and LOCAL, `outcomes` those of OUTCOMES."""

    until: Instant
    night: Night
    messages: pl.DataFrame
    outcomes: pl.DataFrame
    not_sent: Mapping[str, int]  # escalation.reasons.Reason -> how often


def rehearse(
    incidents: pl.DataFrame,
    directory: Directory,
    model: Acknowledging,
    *,
    seed: int = 0,
    until: Instant,
    values: ValuesAt = lambda kind, key, at: {},
    failing: Failing = NO_FAILURES,
    progress: Progress = lambda taken: None,
) -> Rehearsal:
    """Let the chains run on a table of INCIDENTS, up to and including `until`. The same seed gives the same again."""
    stage = _Stage(directory, model, Draws(seed=seed), failing, values)
    with no_collection():
        stage.play(transitions(incidents), until, progress)
    messages = pl.DataFrame(stage.messages, schema=MESSAGES, orient="row")
    return Rehearsal(
        until=until,
        night=model.night,
        messages=_with_local(messages, directory.contacts, model.night),
        outcomes=pl.DataFrame(list(stage.outcomes()), schema=OUTCOMES, orient="row"),
        not_sent=dict(stage.not_sent.most_common()),
    )


@dataclass(slots=True)
class _Course:
    """What became of one incident so far."""

    notifies: int = 0
    most_notifies: int = 0
    told_at: Instant | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    has_run_out: bool = False


class _Stage:
    """The desk at its work, and around it the clock, the channels and the people."""

    def __init__(
        self, directory: Directory, model: Acknowledging, draws: Draws, failing: Failing, values: ValuesAt
    ) -> None:
        self._now: Instant = 0
        self._work = MemoryWork(lambda kind, key: values(kind, key, self._now))
        self._contacts = directory.contacts
        self._desk = Desk(self._work, directory.contacts, directory.rules)
        self._model = model
        self._draws = draws
        self._failing = failing
        self._sent: list[tuple[Outgoing, bool]] = []  # in this turn; True: it has arrived
        self._answers: list[tuple[Instant, int, str, int]] = []  # a heap: when, incident, who, to which of its firings
        self._numbers = Counter[tuple[int, str, int]]()  # messages to somebody about a firing of an incident
        self._courses: dict[int, _Course] = {}
        self.messages: list[tuple[Any, ...]] = []
        self.not_sent = Counter[str]()

    def play(self, coming: Sequence[tuple[Instant, Transition]], until: Instant, progress: Progress) -> None:
        place, due = 0, None
        while True:
            wanted = [due] if due is not None else []
            wanted += [coming[place][0]] if place < len(coming) else []
            wanted += [self._answers[0][0]] if self._answers else []
            if not wanted or min(wanted) > until:
                break
            self._now = min(wanted)
            start = place
            while place < len(coming) and coming[place][0] <= self._now:
                place += 1
            due = self._turn([transition for _, transition in coming[start:place]])
            progress(place - start)

    def _turn(self, news: Sequence[Transition]) -> Instant | None:
        """One instant; when the next thing is due."""
        commands = list(self._acknowledgements())
        if not (news or commands or self._is_due()):
            return self._work.next_due()  # nobody cares any more about the answer that was to come
        outcome = self._desk.turn(news, commands, self._now, self._call)
        for answer in outcome.answers:
            if answer.refusal is None and answer.incident is not None:
                course = self._courses[answer.incident.id]
                if course.acknowledged_at is None:
                    course.acknowledged_at, course.acknowledged_by = self._now, answer.incident.acknowledged_by
        rows, self._work.audit = self._work.audit, []
        for row in rows:
            self._follow(row)
        sent, self._sent = self._sent, []
        for outgoing, arrived in sent:
            for delivery in outgoing.deliveries:
                if delivery.purpose is not Purpose.WEBHOOK:
                    self._heard(delivery, arrived)
        return outcome.next_due

    def _is_due(self) -> bool:
        due = self._work.next_due()
        return due is not None and due <= self._now

    def _acknowledgements(self) -> Iterator[Acknowledge]:
        while self._answers and self._answers[0][0] <= self._now:
            _, id_, who, number = heapq.heappop(self._answers)
            incident = self._work.kept[id_]
            if incident.state is State.OPEN and incident.firing.number == number:
                yield Acknowledge(incident=id_, actor=Actor(kind="person", id=who))

    def _call(self, outgoing: Outgoing) -> DeliveryResult:
        head = outgoing.head
        fails = self._failing.fails(head.channel, head.person, self._now, self._draws)
        self._sent.append((outgoing, not fails))
        return DeliveryResult(delivery=head.id, outcome="permanent" if fails else "accepted")

    def _follow(self, row: AuditRow) -> None:
        course = self._courses.setdefault(row.incident, _Course())
        if row.what in ("restarted", "reopened"):
            course.notifies = 0
        elif row.what == "step" and row.after == "notify":
            course.notifies += 1
            course.most_notifies = max(course.notifies, course.most_notifies)
        elif row.what == "run_out":
            course.has_run_out = True
        elif row.what == "not_sent" and row.reason is not None:
            self.not_sent[row.reason] += 1

    def _heard(self, delivery: Delivery, arrived: bool) -> None:
        id_, person, channel = delivery.incident, delivery.person, delivery.channel
        self.messages.append((id_, self._now, person, channel, delivery.purpose.value, delivery.important, arrived))
        if not arrived or delivery.purpose not in _TELLING:
            return
        course, who = self._courses[id_], person or f"channel:{channel}"
        if course.told_at is None:
            course.told_at = self._now
        firing = self._work.kept[id_].firing
        self._numbers[id_, who, firing.number] += 1
        told = Told(
            person=person,
            channel=channel,
            at=self._now,
            number=self._numbers[id_, who, firing.number],
            zone=zone_of(self._contacts, person),
        )
        at = self._model.at(told, self._draws.of(firing.rule, firing.kind, firing.key, firing.number, who))
        if at is not None:
            heapq.heappush(self._answers, (at, id_, who, firing.number))

    def outcomes(self) -> Iterator[tuple[Any, ...]]:
        for id_, incident in self._work.kept.items():
            course, firing = self._courses[id_], incident.firing
            chain = None if incident.escalation is None else incident.escalation.chain
            yield (
                id_,
                firing.rule,
                firing.kind,
                firing.key,
                int(max(firing.highest for firing in incident.firings)),
                incident.firings[0].detected_at,
                None if chain is None else chain.id,
                course.most_notifies,
                course.told_at,
                course.acknowledged_at,
                course.acknowledged_by,
                incident.state.value,
                incident.resolved_at,
                course.has_run_out,
            )


def _with_local(messages: pl.DataFrame, contacts: Contacts, night: Night) -> pl.DataFrame:
    """With the time on the clock of whom each message is for; groups live in the zone of the model."""
    local = pl.col("at").dt.convert_time_zone(contacts.model.zone.key).dt.replace_time_zone(None)
    for person in contacts.people.values():
        theirs = pl.col("at").dt.convert_time_zone(person.zone.key).dt.replace_time_zone(None)
        local = pl.when(pl.col("person") == person.id).then(theirs).otherwise(local)
    minute = pl.col("local").dt.hour().cast(pl.Int64) * 60 + pl.col("local").dt.minute()
    after, before = minute >= night.first, minute < night.last
    at_night = after | before if night.crosses_midnight else after & before
    return messages.with_columns(local=local).with_columns(night=at_night)

"""What the judge tells: the changes of one entity's firings, each with the evidence for it."""

from collections.abc import Sequence
from typing import Final

import msgspec

from rules.judging.program import Program
from rules.rule import Count
from streams.entity import Entity, Judged, OpenFiring
from streams.firing import Change, Evidence, Findings, Member, Reason, Transition
from streams.instants import Instant
from streams.model import Values

_UNTOLD: Final = 0  # the number of a firing that only counts for a group


class Changes(msgspec.Struct, gc=False):
    """Of one entity while its snapshot is `values`. `known_at`: when the service learns of them; None: as they come."""

    entity: Entity
    values: Values
    known_at: Instant | None
    out: Findings

    def evidence(
        self, deadline: Instant | None, judged: Sequence[Judged] = (), since: Instant | None = None
    ) -> Evidence:
        if judged:
            return Evidence(values=judged[-1].after, before=judged[-1].before, event=judged[-1].event)
        return Evidence(values=self.values, deadline=deadline, since=since)

    def open(self, program: Program, at: Instant, severity: int, evidence: Evidence, pulses: int = 0) -> OpenFiring:
        if program.count is not None:
            self.count(program, program.count, at, self.values)
            return OpenFiring(_UNTOLD, at, at, ((severity, at),))
        numbers = self.entity.numbers
        number = numbers[program.id] = numbers.get(program.id, 0) + 1
        known_at = at if self.known_at is None else self.known_at
        current = OpenFiring(number, at, known_at, ((severity, at),), pulses, at)
        self.tell(Change.OPENED, program, current, at, evidence)
        return current

    def rise(self, program: Program, current: OpenFiring, at: Instant, severity: int, evidence: Evidence) -> None:
        """From `at` on it has another severity: mostly a higher one."""
        current.stages = (*current.stages, (severity, at))
        self.tell(Change.SEVERITY, program, current, at, evidence)

    def resolve(
        self, rule: str, version: str, current: OpenFiring, at: Instant, reason: Reason, evidence: Evidence
    ) -> None:
        if current.number == _UNTOLD:
            return
        entity = self.entity
        known_at = at if self.known_at is None else self.known_at
        firing = current.firing(rule, version, entity.kind, entity.key, at, known_at, reason)
        self.out.transitions.append(Transition(change=Change.RESOLVED, at=at, firing=firing, evidence=evidence))

    def count(self, program: Program, count: Count, at: Instant, values: Values) -> None:
        """A pulse or an opening of a rule that counts is a member of its group, no incident of its own."""
        parts = [values.get(name) for name in count.per]
        distinct = None if count.distinct is None else values.get(count.distinct)
        if None in parts or (count.distinct is not None and distinct is None):
            return
        self.out.members.append(
            Member(
                rule=program.id,
                version=program.version,
                group="|".join(map(str, parts)),
                at=at,
                kind=self.entity.kind,
                key=self.entity.key,
                distinct=None if distinct is None else str(distinct),
            )
        )

    def tell(self, change: Change, program: Program, current: OpenFiring, at: Instant, evidence: Evidence) -> None:
        if current.number == _UNTOLD:
            return
        firing = current.firing(program.id, program.version, self.entity.kind, self.entity.key)
        self.out.transitions.append(Transition(change=change, at=at, firing=firing, evidence=evidence))

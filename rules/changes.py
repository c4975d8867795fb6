"""What the judge tells: the changes of one entity's firings, each with the evidence for it."""

from collections.abc import Sequence

import msgspec

from rules.program import Program
from streams.entity import Entity, Judged, OpenFiring
from streams.firing import Change, Evidence, Reason, Transition
from streams.instants import Instant
from streams.model import Values


class Changes(msgspec.Struct, gc=False):
    """Of one entity while its snapshot is `values`. `known_at`: when the service learns of them; None: as they come."""

    entity: Entity
    values: Values
    known_at: Instant | None
    out: list[Transition]

    def evidence(self, deadline: Instant | None, judged: Sequence[Judged] = ()) -> Evidence:
        if judged:
            return Evidence(values=judged[-1].after, before=judged[-1].before, event=judged[-1].event)
        return Evidence(values=self.values, deadline=deadline)

    def open(self, program: Program, at: Instant, severity: int, evidence: Evidence, pulses: int = 0) -> OpenFiring:
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
        entity = self.entity
        known_at = at if self.known_at is None else self.known_at
        firing = current.firing(rule, version, entity.kind, entity.key, at, known_at, reason)
        self.out.append(Transition(change=Change.RESOLVED, at=at, firing=firing, evidence=evidence))

    def tell(self, change: Change, program: Program, current: OpenFiring, at: Instant, evidence: Evidence) -> None:
        firing = current.firing(program.id, program.version, self.entity.kind, self.entity.key)
        self.out.append(Transition(change=change, at=at, firing=firing, evidence=evidence))

"""What a firing is, how severities over time become firings, and how those of two states of knowledge are matched."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Entity = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """An incident as result files have it, without its rule's version; a firing where the last three are not set."""

    rule: str
    kind: str
    key: str
    opened_at: int
    resolved_at: int | None
    reason: str | None
    stages: tuple[tuple[str, int], ...]
    pulses: int = 0
    detected_at: int = 0
    closed_at: int | None = None
    found_late: bool = False

    @property
    def firing(self) -> tuple[Any, ...]:
        """Everything but detected_at, closed_at and found_late."""
        return (
            self.rule,
            self.kind,
            self.key,
            self.opened_at,
            self.resolved_at,
            self.reason,
            self.stages,
            self.pulses,
        )


@dataclass(kw_only=True)
class Stretch:
    """A firing, not cut yet."""

    opened_at: int
    stages: list[tuple[str, int]]
    resolved_at: int | None = None
    reason: str | None = None
    pulses: list[int] = field(default_factory=list)

    def instants(self) -> Iterator[int]:
        yield from (at for _, at in self.stages)
        yield from self.pulses
        if self.resolved_at is not None:
            yield self.resolved_at

    def cut(self, rule: str, entity: Entity, w: int) -> Row | None:
        if self.opened_at > w:
            return None
        over = self.resolved_at is not None and self.resolved_at <= w
        return Row(
            rule=rule,
            kind=entity[0],
            key=entity[1],
            opened_at=self.opened_at,
            resolved_at=self.resolved_at if over else None,
            reason=self.reason if over else None,
            stages=tuple((severity, at) for severity, at in self.stages if at <= w),
            pulses=sum(at <= w for at in self.pulses),
        )


def unbroken(course: list[tuple[int, str | None]], ended: Mapping[int, str]) -> list[Stretch]:
    """The maximal stretches in which there is a severity."""
    found: list[Stretch] = []
    current: Stretch | None = None
    for at, severity in course:
        if severity is None:
            if current is not None:
                current.resolved_at, current.reason = at, ended[at]
            current = None
        elif current is None:
            current = Stretch(opened_at=at, stages=[(severity, at)])
            found.append(current)
        elif severity != current.stages[-1][0]:
            current.stages.append((severity, at))
    return found


def hysteresis(course: list[tuple[int, str | None]], clears: Mapping[int, bool]) -> list[Stretch]:
    """Opens where there is a severity and no clear, resolves at the first clear."""
    found: list[Stretch] = []
    current: Stretch | None = None
    clear = False
    for at, severity in course:
        clear = clears.get(at, clear)
        if clear:
            if current is not None:
                current.resolved_at, current.reason = at, "cleared"
            current = None
        elif severity is not None and current is None:
            current = Stretch(opened_at=at, stages=[(severity, at)])
            found.append(current)
        elif severity is not None and current is not None and severity != current.stages[-1][0]:
            current.stages.append((severity, at))
    return found


def held_open(found: list[Stretch], length: int) -> list[Stretch]:
    """Stretches closer than `length` are one, and each lasts so much longer."""
    joined: list[Stretch] = []
    for stretch in found:
        last = joined[-1] if joined else None
        if last is None or last.resolved_at is None or stretch.opened_at - last.resolved_at >= length:
            joined.append(stretch)
            continue
        last.stages += [
            stage for stage in stretch.stages if stage[0] != last.stages[-1][0] or stage != stretch.stages[0]
        ]
        last.resolved_at, last.reason = stretch.resolved_at, stretch.reason
    for stretch in joined:
        if stretch.resolved_at is not None:
            stretch.resolved_at += length
    return joined


def match(old: list[Row], new: list[Row], w: int) -> list[Row]:
    """Section 4: what is known of a rule and entity before w, and I(w), to what is known after it."""
    withdrawn = [row for row in old if row.reason == "late_data"]
    waiting = sorted((row for row in old if row.reason != "late_data"), key=lambda row: row.opened_at)
    free = sorted(new, key=lambda row: row.opened_at)
    pairs: list[tuple[Row, Row]] = []
    for row in list(waiting):
        equal = next((one for one in free if one.opened_at == row.opened_at), None)
        if equal is not None:
            pairs.append((row, equal))
            free.remove(equal)
            waiting.remove(row)
    for row in list(waiting):
        overlapping = next((one for one in free if _overlap(row, one)), None)
        if overlapping is not None:
            pairs.append((row, overlapping))
            free.remove(overlapping)
            waiting.remove(row)
    after = [*withdrawn]
    for row in waiting:
        was_open = row.resolved_at is None
        after.append(
            replace(
                row,
                reason="late_data",
                resolved_at=w if was_open else row.resolved_at,
                closed_at=w if was_open else row.closed_at,
            )
        )
    for before, now in pairs:
        closed_at = None if now.resolved_at is None else w if before.resolved_at is None else before.closed_at
        after.append(replace(now, detected_at=before.detected_at, closed_at=closed_at, found_late=before.found_late))
    for row in free:
        over = row.resolved_at is not None
        after.append(replace(row, detected_at=w, closed_at=w if over else None, found_late=over))
    return after


def _overlap(one: Row, other: Row) -> bool:
    return (other.resolved_at is None or one.opened_at < other.resolved_at) and (
        one.resolved_at is None or other.opened_at < one.resolved_at
    )

"""What was expected beside what happened."""

from dataclasses import dataclass

from rules.testing.timeline import Case, Expected, Happened
from streams.instants import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One change: expected, happened, or both."""

    at: Instant
    key: str
    expected: Expected | None = None
    happened: Happened | None = None

    @property
    def right(self) -> bool:
        return self.expected is not None and self.happened is not None and self.expected.accepts(self.happened)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    case: Case
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        return all(row.right for row in self.rows)


def compare(case: Case, happened: tuple[Happened, ...]) -> Result:
    """Pair what is expected with what happened: first what fits, then what came at the same instant instead."""
    left = list(happened)
    partner: dict[int, Happened] = {}
    for place, expected in enumerate(case.expected):
        found = next((one for one in left if expected.accepts(one)), None)
        if found is not None:
            left.remove(found)
            partner[place] = found
    for place, expected in enumerate(case.expected):
        if place not in partner:
            found = next((one for one in left if (one.at, one.key) == (expected.at, expected.key)), None)
            if found is not None:
                left.remove(found)
                partner[place] = found
    rows = [
        Row(at=expected.at, key=expected.key, expected=expected, happened=partner.get(place))
        for place, expected in enumerate(case.expected)
    ]
    rows += [Row(at=one.at, key=one.key, happened=one) for one in left]
    return Result(case=case, rows=tuple(sorted(rows, key=lambda row: row.at)))

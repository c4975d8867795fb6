"""What boundary cases are made into."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rules.errors import Place
from rules.rule import Rule
from rules.testing.timeline import Case, Expected
from streams.event import Event
from streams.instants import Instant
from streams.text import Text

MOMENT: Final = 1  # the smallest step of time: a microsecond
NO_SCENE: Final = Text(
    zh="请先写一个会触发的测试，边界用例由它推出", en="write a test in which it fires: they are made from that"
)
TOTALS: Final = Text(zh="条件用到汇总字段", en="the condition reads a total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """`missing` says why there are none though time decides something."""

    cases: tuple[Case, ...] = ()
    missing: Text | None = None

    @classmethod
    def of(cls, cases: tuple[Case, ...]) -> "Generated":
        return cls(cases=cases, missing=None if cases else NO_SCENE)


def make_case(rule: Rule, name: Text, events: Sequence[Event], expected: Sequence[Expected], until: Instant) -> Case:
    return Case(
        rule=rule.id,
        name=name,
        place=Place.parse(rule.where),
        events=tuple(events),
        expected=tuple(expected),
        until=until,
        generated=True,
    )

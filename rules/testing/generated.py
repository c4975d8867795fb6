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
NOT_USABLE: Final = Text(
    zh="会触发的测试推不出边界用例：请写一个简单的，触发之前只差时间，或只差一个事件",
    en="none can be made from the tests in which it fires: write a plain one, in which nothing but time, "
    "or one last event, is missing until it fires",
)
TOTALS: Final = Text(zh="条件用到汇总字段", en="the condition reads a total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """`missing` says why there are none though time decides something."""

    cases: tuple[Case, ...] = ()
    missing: Text | None = None


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

"""Random conditions and facts from a seed: every operator and type, missing values, boundary numbers, any text."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from rules.language.expression import Expression
from streams.event import Event
from streams.model import Value
from tests.rules.language import HOUR, NOON, event, look

ZONE = "Asia/Shanghai"  # with days that do not begin with those of UTC
NUMBERS = ("0", "1", "3.5", "9", "-2", "0.1", "10000", "1e22", "9007199254740993", "5e-324", "1.7976931348623157e308")
TEXTS = ("", "9", "web", "True", "电商", "é电商", 'a\\"b', "🚚", "\\\\u0041", "null")
SIGNS = ("==", "!=", "<", "<=", ">", ">=")
_READ = tuple(float(text) for text in NUMBERS)
NUMBER_VALUES = tuple(
    near
    for value in (*_READ, -0.0)
    for near in (value, math.nextafter(value, math.inf), math.nextafter(value, -math.inf))
    if math.isfinite(near)
)
TEXT_VALUES = (
    "",
    "9",
    "web",
    "web2",
    "True",
    "电商",
    "电",
    "é电商",
    'a"b',
    "🚚",
    "\\u0041",
    "null",
    "3.5",
    "\x7f",
    "日\t本",
)
MOMENTS = (NOON, NOON + 1, NOON - 1, NOON - HOUR, NOON + 24 * HOUR, 0, -62_135_596_800_000_000)
LISTS = ((), ("web",), ("9", ""), ("电商", "🚚"))
PRESENT = ("amount", "channel", "promised_at", "tags", "urgent", "shipped.at", "shipped.due", "before.amount")
FLAGS = (
    *("urgent", "closed", "before.closed", "placed.done", "shipped.done", "before.paid.done"),
    *("urgent == False", "urgent != closed", "tags == before.tags", "placed.done == before.placed.done"),
)
POOLS: dict[str, tuple[Value, ...]] = {
    **dict.fromkeys(("amount", "limit", "金额"), NUMBER_VALUES),
    **dict.fromkeys(("channel", "渠道"), TEXT_VALUES),
    **dict.fromkeys(("promised_at", "placed.at", "paid.at", "shipped.at", "shipped.due"), MOMENTS),
    "urgent": (True, False),
    "tags": LISTS,
}
SPOKEN = (  # of all that the language has, what shows that it was drawn
    *SIGNS,
    *("<=", "in [", "not in [", "is None", "is not None", "startswith(", "contains(tags", "changed(", "abs(", "min("),
    *("max(", " + ", " - ", " * ", " / ", "(-", "hours(", "minutes(", "days(", "start_of_day(", "end_of_day(", "date("),
    *(" and ", " or ", "not (", "event.type", "event.at", "event.amount", "before.", "closed", ".done", "电商", "🚚"),
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Throws conditions, as texts."""

    dice: Random

    def condition(self, depth: int = 2) -> str:
        if depth == 0 or self.dice.random() < 0.5:
            return self.leaf()
        one, other = self.condition(depth - 1), self.condition(depth - 1)
        return self.dice.choice([*[f"({one} and {other})"] * 4, f"({one} or {other})", f"not ({one})"])

    def leaf(self) -> str:
        pick = self.dice.choice
        return str(pick(self._leaves)())

    @property
    def _leaves(self) -> tuple[Callable[[], str], ...]:
        pick = self.dice.choice
        return (
            lambda: f"{self.number()} {pick(SIGNS)} {pick(NUMBERS)}",
            lambda: f"{pick(['amount', 'limit', '金额'])} {pick(SIGNS)} {pick(NUMBERS)}",
            lambda: f"{self.number()} {pick(SIGNS)} {self.number()} {pick(SIGNS)} {pick(NUMBERS)}",
            lambda: f"{self.moment()} {pick(SIGNS)} {self.moment()}",
            lambda: f"{self.duration()} {pick(SIGNS)} {self.duration()}",
            lambda: f'{self.text()} {pick(SIGNS)} "{pick(TEXTS)}"',
            lambda: f"{self.text()} {pick(SIGNS)} {self.text()}",
            lambda: f"{self.text()} {pick(['in', 'not in'])} [{self._some(TEXTS, quote=True)}]",
            lambda: f"{self.number()} {pick(['in', 'not in'])} [{self._some(NUMBERS)}]",
            lambda: f'{pick(["startswith", "contains"])}({self.text()}, "{pick(TEXTS)}")',
            lambda: f'contains(tags, "{pick(TEXTS)}")',
            lambda: f"{pick(PRESENT)} is {pick(['', 'not '])}None",
            lambda: f"changed({pick(['amount', 'channel', 'tags', 'urgent', 'paid.at', 'shipped.due'])})",
            lambda: pick(FLAGS),
        )

    def number(self, depth: int = 1) -> str:
        pick = self.dice.choice
        if depth == 0 or self.dice.random() < 0.5:
            return pick(["amount", "limit", "金额", "before.amount", "event.amount"])
        one, other = self.number(depth - 1), pick([self.number(depth - 1), pick(NUMBERS)])
        return pick(
            [f"({one} {pick('+-*/')} {other})", f"{pick(['min', 'max'])}({one}, {other})", f"abs({one})", f"(-{one})"]
        )

    def moment(self) -> str:
        pick = self.dice.choice
        plain = pick(["placed.at", "paid.at", "shipped.due", "promised_at", "before.promised_at", "event.at"])
        day = f"{pick(['start_of_day', 'end_of_day'])}({plain})"
        return pick([plain, plain, f"({plain} {pick('+-')} {self.duration()})", day, 'date("2026-03-02")'])

    def duration(self) -> str:
        pick = self.dice.choice
        length = f"{pick(['hours', 'minutes', 'days'])}({pick([*NUMBERS[:6], 'amount', 'limit'])})"
        return pick(
            [length, length, "(paid.at - placed.at)", f"({length} {pick('*/')} {self.number(1)})", f"abs(-{length})"]
        )

    def text(self) -> str:
        return self.dice.choice(["channel", "channel", "渠道", "key", "event.type", "event.channel", "before.channel"])

    def _some(self, literals: tuple[str, ...], *, quote: bool = False) -> str:
        drawn = self.dice.choices(literals, k=self.dice.randint(1, 10))
        return ", ".join(f'"{one}"' if quote else one for one in drawn)


def draw_conditions(dice: Random, count: int) -> tuple[list[str], list[Expression | None]]:
    """So many that the language accepts; it refuses what can never hold."""
    draw = Conditions(dice)
    texts: list[str] = []
    found: list[Expression | None] = []
    while len(found) < count:
        text = draw.condition()
        expression, _ = look(text, zone=ZONE)
        if expression is not None:
            texts.append(text)
            found.append(expression)
    return texts, found


def draw_snapshot(dice: Random) -> dict[str, Value]:
    """About a third of the fields is missing."""
    random = dice.random
    found: dict[str, Value] = {name: pool[int(random() * len(pool))] for name, pool in POOLS.items() if random() < 0.7}
    found["closed"] = random() < 0.3
    found["key"] = "O-1"
    return found


def draw_event(dice: Random) -> Event:
    data = {name: dice.choice((*POOLS[name], None)) for name in ("amount", "channel") if dice.random() < 0.7}
    return event(dice.choice(("change", "refund", "web")), dice.choice(MOMENTS), data)

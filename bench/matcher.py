"""Facts matched per second by both matchers, by number of rules.

    python -m bench.matcher [--facts 20000]

Facts are snapshots of orders half-way: prices from a list, so that some are equal, as in a shop. Each matcher is asked
for the conditions of all rules on each of them; about one rule in seven holds. `durable` remembers the answers to
equal facts, as it does in the service; `durable, nothing remembered` asks the library for each. Answers that differ
between the matchers have no speed: the benchmark fails. Seconds are those of this thread on the processor.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from bench import workload
from bench.reporting import Figure, report
from rules.errors import Place
from rules.language.expression import Expression, Scope, Type, parse
from rules.matching.compiled import CompiledMatcher
from rules.matching.durable import DurableMatcher
from rules.matching.matcher import Matcher
from streams.model import Values

_CHANNELS: Final = ("b2b", "web", "store")
_REGIONS: Final = ("north", "south", "east", "west", "centre", "coast", "island", "abroad")
_PRICES: Final = (19.9, 49.0, 99.5, 120.0, 199.0, 250.0, 399.9, 499.0, 800.0, 1200.0, 2500.0, 9000.0)
_SHAPES: Final = (
    'amount > {price} and channel == "{channel}"',
    "{node}.done and not {following}.done and amount >= {price}",
    'region in ["{region}", "abroad"] and amount < {price}',
    'channel != "{channel}" and amount <= {price} and {node}.done and not closed',
    '{node}.done and (region == "{region}" or amount > {price} * 10)',
)
_PEERS: Final = {  # of the design notes: facts/s
    ("compiled", 100): 190_000,
    ("durable, nothing remembered", 10): 144_000,
    ("durable, nothing remembered", 100): 23_000,
}
_MATCHERS: Final[dict[str, Callable[[Sequence[Expression | None]], Matcher]]] = {
    "compiled": CompiledMatcher,
    "durable": DurableMatcher,
    "durable, nothing remembered": lambda conditions: DurableMatcher(conditions, remembered=0),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facts", type=int, default=20_000)
    parser.add_argument("--rules", type=int, nargs="*", default=[10, 100, 1_000])
    arguments = parser.parse_args()
    facts = _facts(arguments.facts)
    figures: list[Figure] = []
    for count in arguments.rules:
        conditions = _conditions(count)
        expected: list[int] = []
        by_name: dict[str, float] = {}
        for name, make in _MATCHERS.items():
            matcher = make(conditions)
            by_name[name], answers = _rate(matcher, facts)
            matcher.close()
            expected = expected or answers
            if answers != expected or matcher.fallback_shards:
                sys.exit(f"{name} answers otherwise than compiled with {count} rules, or gave a shard up")
            figures.append(_figure(name, count, by_name))
        print(f"{count:,} rules: {sum(map(int.bit_count, expected)) / len(facts):.1f} hold for a fact")
    report(figures)


def _figure(name: str, count: int, by_name: dict[str, float]) -> Figure:
    noted = _PEERS.get((name, count))
    peer = "design notes" if noted else None if name == "compiled" else "compiled"
    return Figure(
        bench="matcher",
        case=f"{name}, {count} rules",
        figure=round(by_name[name]),
        unit="facts/s",
        peer=peer,
        peer_figure=noted or (round(by_name["compiled"]) if peer else None),
    )


def _rate(matcher: Matcher, facts: list[Values]) -> tuple[float, list[int]]:
    match = matcher.match
    started = time.thread_time()  # of this thread alone: other work on the machine does not count
    answers = [match(values) for values in facts]
    return len(facts) / (time.thread_time() - started), answers


def _facts(count: int) -> list[Values]:
    dice = Random(7)
    found: list[Values] = []
    for number in range(count):
        reached = workload.NODES[: dice.randint(1, len(workload.NODES))]
        values: Values = {f"{node}.at": number * 1_000_000 + place for place, node in enumerate(reached)}
        values |= {"key": f"ORD-{number:07}", "closed": False, "channel": dice.choice(_CHANNELS)}
        if dice.random() < 0.9:
            values["region"] = dice.choice(_REGIONS)
        found.append(values | {"amount": dice.choice(_PRICES)})
    return found


def _conditions(count: int) -> list[Expression | None]:
    dice = Random(count)
    scope = Scope.of(workload.model(), "order", pulse=False)
    found: list[Expression | None] = []
    for number in range(count):
        place = dice.randrange(len(workload.NODES) - 1)
        text = _SHAPES[number % len(_SHAPES)].format(
            price=round(dice.choice(_PRICES) * dice.uniform(0.9, 1.1), 2),
            channel=dice.choice(_CHANNELS),
            region=dice.choice(_REGIONS),
            node=workload.NODES[place],
            following=workload.NODES[place + 1],
        )
        expression, problems = parse(text, scope, Type.BOOL, Place(file="bench", line=1, column=1))
        assert expression is not None, problems
        found.append(expression)
    return found


if __name__ == "__main__":
    main()

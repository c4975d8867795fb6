"""Events per second of the pure engine on the overdue workload, by matcher and number of rules.

    python -m bench.engine [--orders 20000]

Two ways through the same engine: `live`, events in the order of time over all orders with due times in between (what
the service does, less the store), and `fold`, order by order (replay by occurred_at). A run whose counts differ from
the exact ground truth has no speed: the benchmark fails. Seconds are those of this thread on the processor.
"""

import argparse
import sys
import time
from collections import Counter

from bench import workload
from bench.reporting import Figure, report
from rules.judging.judge import Judge
from rules.matching.matcher import MatcherName
from simulator.replay import replay
from simulator.results import By
from streams.engine import Engine
from streams.entity import decode_entity, encode_entity
from streams.event import Event
from streams.instants import Instant
from streams.learning import learn
from streams.memory import MemoryLedger


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=20_000)
    parser.add_argument("--rules", type=int, nargs="*", default=[20, 100])
    arguments = parser.parse_args()
    orders = workload.draw_orders(arguments.orders)
    events = workload.events(orders)
    until = orders.end_ms * 1000 - 1  # a deadline exactly at the end does not count
    figures = []
    for count in arguments.rules:
        declared = workload.thresholds(count)
        expected = workload.truth(orders, declared)
        by_case: dict[tuple[By, MatcherName], float] = {}
        for by in ("occurred_at", "recorded_at"):
            for matcher in ("compiled", "durable"):
                by_case[by, matcher] = _rate(events, declared, expected, until, by, matcher)
        for (by, matcher), rate in by_case.items():
            peer = by_case[by, "compiled"] if matcher == "durable" else None
            figures.append(
                Figure(
                    bench="engine",
                    case=f"{'fold' if by == 'occurred_at' else 'live'} {matcher}, {count} rules",
                    figure=round(rate),
                    unit="events/s",
                    peer="compiled" if peer else None,
                    peer_figure=round(peer) if peer else None,
                )
            )
    figures += _state(events)
    print(f"{len(events):,} events of {arguments.orders:,} orders; all counts equal the ground truth")
    report(figures)


def _rate(
    events: list[Event],
    declared: list[workload.Threshold],
    expected: list[int],
    until: Instant,
    by: By,
    matcher: MatcherName,
) -> float:
    model = workload.model()
    engine = Engine(model, Judge(workload.engine_rules(declared, model), matcher))
    started = time.thread_time()  # of this thread alone: other work on the machine does not count
    replayed = replay(engine, events, by=by, until=until)
    seconds = time.thread_time() - started
    counts = Counter(firing.rule for firing in replayed.firings)
    found = [counts[f"r{number}"] for number in range(len(declared))]
    if found != expected:
        sys.exit(f"{by} {matcher}: {found} firings, expected {expected}")
    return len(events) / seconds


def _state(events: list[Event]) -> list[Figure]:
    """What the store keeps of an entity, half-way through the history with 50 rules: its size, and reading it back."""
    model = workload.model()
    engine = Engine(model, Judge(workload.engine_rules(workload.thresholds(50), model), "compiled"))
    ledger = MemoryLedger()
    half = events[: len(events) // 2]
    learn(engine, ledger, half, half[-1].occurred_at)
    entities = list(ledger.entities.values())
    started = time.thread_time()
    states = [encode_entity(entity) for entity in entities]
    read = [decode_entity(state) for state in states]
    seconds = time.thread_time() - started
    if read != entities:
        sys.exit("entities do not come back as they were")
    size = sum(len(state) for state in states) / len(states)
    return [
        Figure(bench="engine", case="state of an entity, 50 rules", figure=round(size), unit="bytes"),
        Figure(
            bench="engine",
            case="encode and decode it",
            figure=round(seconds / len(entities) * 1e9),
            unit="ns",
        ),
    ]


if __name__ == "__main__":
    main()

"""Events per second of whole replays, reading the Parquet file included, on the overdue workload, and their memory.

    python -m bench.replay [--orders 200000] [--rules 20 100] [--large 10000000]

Each run is a process of its own on one core. Beside the columnar evaluator: Polars written by hand for just these
rules, and the live engine in Python, which reads row by row. A run whose counts differ from the exact ground truth has
no speed: the benchmark fails. Seconds are those of the processor; memory is the greatest, less what the process has
when everything is imported.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Final

import polars as pl

from bench import workload
from bench.reporting import Figure, report
from rules.judging.judge import Judge
from simulator.history import read_history
from simulator.reading.histories import read_columns
from simulator.replay import replay, results_of
from simulator.replay_columns import replay_columns
from streams.engine import Engine
from streams.instants import Instant

_MODEL: Final = workload.model()
_RUNS: Final = 3
_MANY: Final = 1_000_000  # orders: one run does


def in_columns(path: Path, declared: Sequence[workload.Threshold], until: Instant) -> list[int]:
    history = read_columns(path, _MODEL, workload.mapping())
    rules = workload.engine_rules(list(declared), _MODEL)
    results = replay_columns(_MODEL, rules, history, until=until, only_counts=True)
    return [results.found[rule.id].opened for rule in rules]


def live(path: Path, declared: Sequence[workload.Threshold], until: Instant) -> list[int]:
    history = read_history(path, _MODEL, workload.mapping())
    rules = workload.engine_rules(list(declared), _MODEL)
    results = results_of(replay(Engine(_MODEL, Judge(rules, "compiled")), history.events, until=until))
    return [results.found[rule.id].opened for rule in rules]


def by_hand(path: Path, declared: Sequence[workload.Threshold], until: Instant) -> list[int]:
    """One row an order with the time of each node, then a filter for each rule: nothing but these rules can be said."""
    times = [pl.col("t").filter(pl.col("node") == node).min().alias(node) for node in workload.NODES]
    channel = pl.col("channel").drop_nulls().first()
    orders = pl.scan_parquet(path).select("key", "node", "t", "channel").group_by("key").agg(*times, channel)
    counts = []
    for number, rule in enumerate(declared):
        due = pl.col(workload.NODES[rule.pair]) + rule.milliseconds
        following = pl.col(workload.NODES[rule.pair + 1])
        fires = [due < following.fill_null(until // 1000 + 1), *([pl.col("channel") == "b2b"] if rule.b2b else [])]
        counts.append(reduce(and_, fires).sum().alias(str(number)))
    return list(orders.select(counts).collect().row(0))


ENGINES: Final[dict[str, Callable[[Path, Sequence[workload.Threshold], Instant], list[int]]]] = {
    "columns": in_columns,
    "polars by hand": by_hand,
    "live": live,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--rules", type=int, nargs="*", default=[20, 100])
    parser.add_argument("--large", type=int, default=0, help="a replay of so many orders more, with 20 rules")
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "FILE", "RULES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        _one(*arguments.one)
        return
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        for orders, rules in [(arguments.orders, arguments.rules), (arguments.large, [20])]:
            if orders:
                figures += _compare(path, orders, rules, list(ENGINES) if orders == arguments.orders else ["columns"])
    report(figures)


def _compare(path: Path, count: int, rules: Sequence[int], engines: Sequence[str]) -> list[Figure]:
    truth = _write(path, count, rules)
    figures = []
    for number in rules:
        rates: dict[str, float] = {}
        for engine in engines:
            runs = [
                _run(engine, path, number, truth) for _ in range(_RUNS if engine != "live" and count < 10**6 else 1)
            ]
            seconds, memory, events = min(run[0] for run in runs), max(run[1] for run in runs), runs[0][2]
            rates[engine] = events / seconds
            case = f"{engine}, {number} rules, {count:,} orders"
            figures.append(Figure(bench="replay", case=f"{case}: memory", figure=memory / count, unit="bytes/order"))
            peer = None if engine == "columns" else "columns"
            figures.append(
                Figure(
                    bench="replay",
                    case=case,
                    figure=rates[engine],
                    unit="events/s",
                    peer=peer,
                    peer_figure=None if peer is None else rates[peer],
                )
            )
    return figures


def _write(path: Path, count: int, rules: Sequence[int]) -> dict[str, object]:
    """The file, and what is true of it. The draws of many orders need much memory: it goes with this function."""
    orders = workload.draw_orders(count)
    events = workload.write_table(path, orders)
    counts = {number: workload.truth(orders, workload.thresholds(number)) for number in rules}
    return {"until": orders.end_ms * 1000 - 1, "events": events, "counts": counts}


def _run(engine: str, path: Path, rules: int, truth: dict[str, object]) -> tuple[float, int, int]:
    """Seconds, bytes and events of a run in a process of its own."""
    given = {**truth, "counts": truth["counts"][rules]}  # type: ignore[index]
    command = [sys.executable, "-m", "bench.replay", "--one", engine, str(path), str(rules)]
    environment = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, check=False, input=json.dumps(given), capture_output=True, text=True, env=environment
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, memory, events = json.loads(done.stdout)
    return seconds, memory, events


def _one(engine: str, path: str, rules: str) -> None:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    given = json.load(sys.stdin)
    declared = workload.thresholds(int(rules))
    before = _peak()
    started = time.process_time()
    counts = ENGINES[engine](Path(path), declared, given["until"])
    seconds = time.process_time() - started
    memory = _peak() - before
    if counts != given["counts"]:
        sys.exit(f"{engine}: {counts} firings, expected {given['counts']}")
    print(json.dumps([seconds, memory, given["events"]]))


def _peak() -> int:
    """The most memory that this process has had, in bytes (getrusage also knows what the parent had)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()

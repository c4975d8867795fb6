"""What a sweep of 50 thresholds costs beside one replay, on the overdue workload.

    python -m bench.sweep [--orders 200000] [--settings 50]

One rule, its threshold from a quarter of the median to six times it. Both read the Parquet file; seconds are those of
the processor, of all threads. What each setting finds must be exact. Beside it: its figures with their intervals.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Final

from bench import workload
from bench.reporting import Figure, report
from simulator.backtest.censoring import period_of
from simulator.reading.histories import read_columns
from simulator.replay_columns import replay_columns
from simulator.tuning.curves import points
from simulator.tuning.sweeping import Sweep, sweep

_MODEL: Final = workload.model()
_RUNS: Final = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--settings", type=int, default=50)
    arguments = parser.parse_args()
    orders = workload.draw_orders(arguments.orders)
    until = orders.end_ms * 1000 - 1
    median = workload.thresholds(20)[0]
    declared = [
        replace(median, milliseconds=round(median.milliseconds * (0.25 + 5.75 * place / arguments.settings)))
        for place in range(arguments.settings)
    ]
    expected = workload.truth(orders, declared)
    rules = workload.engine_rules(declared, _MODEL)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.parquet"
        workload.write_table(path, orders)
        replayed, swept, judged = [], [], []
        for _ in range(_RUNS):
            started = time.process_time()
            history = read_columns(path, _MODEL, workload.mapping())
            replay_columns(_MODEL, rules[:1], history, until=until, only_counts=True)
            replayed.append(time.process_time() - started)

            started = time.process_time()
            history = read_columns(path, _MODEL, workload.mapping())
            assert history.occurred_at is not None
            found: Sweep = sweep(_MODEL, rules, history, history.occurred_at.first, until)
            swept.append(time.process_time() - started)
            if [len(told.entity) for told in found.told] != expected:
                sys.exit("the sweep differs from the ground truth")

            started = time.process_time()
            first = history.occurred_at.first
            points(found, None, period_of(first, until, rules, _MODEL.kinds, first))
            judged.append(time.process_time() - started)
    one = min(replayed) * 1000
    count = f"{arguments.settings} settings, {arguments.orders:,} orders"
    report(
        [
            Figure(bench="sweep", case="one replay of one rule", figure=one, unit="ms"),
            Figure(bench="sweep", case=count, figure=min(swept) * 1000, unit="ms", peer="one replay", peer_figure=one),
            Figure(bench="sweep", case=f"figures and intervals of {count}", figure=min(judged) * 1000, unit="ms"),
        ]
    )


if __name__ == "__main__":
    main()

"""Events per second of reading histories as columns, beside Polars alone reading the same columns of the same file.

    POLARS_MAX_THREADS=1 python -m bench.history_reading [--orders 200000]

`mapped` is the long table of the overdue workload, `own` the same events as a history of Tocsin's own, `csv` that
table as text, `disk` the mapped table through partitions on disk. `rows` is the reader that makes an object of each
event, over a tenth of the orders. Memory is the most that each case had, in a process of its own.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from bench import workload
from bench.reporting import Figure, report
from simulator.history import read_history
from simulator.reading.histories import read_columns

_REPEATS: Final = 3


def _columns(path: Path) -> int:
    mapping = None if path.stem == "own" else workload.mapping()
    return read_columns(path, workload.model(), mapping).count


def _disk(path: Path) -> int:
    history = read_columns(path, workload.model(), workload.mapping(), whole=0)
    return sum(len(part) for part in history.partitions("order"))


def _rows(path: Path) -> int:
    mapping = None if path.stem.startswith("own") else workload.mapping()
    return len(read_history(path, workload.model(), mapping).events)


def _polars(path: Path) -> int:
    return (pl.read_csv(path) if path.suffix == ".csv" else pl.read_parquet(path)).height


_CASES: Final[Mapping[str, tuple[str, Callable[[Path], int]]]] = {
    "mapped": ("table.parquet", _columns),
    "mapped, polars alone": ("table.parquet", _polars),
    "mapped, rows": ("table-tenth.parquet", _rows),
    "disk": ("table.parquet", _disk),
    "own": ("own.parquet", _columns),
    "own, polars alone": ("own.parquet", _polars),
    "own, rows": ("own-tenth.parquet", _rows),
    "csv": ("table.csv", _columns),
    "csv, polars alone": ("table.csv", _polars),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=200_000)
    parser.add_argument("--case", choices=_CASES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.case is not None:
        _measure(arguments.case, arguments.folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), arguments.orders)
        measured = {case: _alone(case, Path(folder)) for case in _CASES}
    figures = []
    for case, (rate, gigabytes) in measured.items():
        peer = measured.get(f"{case}, polars alone")
        figures.append(_figure(case, rate, "events/s", "polars alone", None if peer is None else peer[0]))
        figures.append(_figure(case, gigabytes * 1000, "MB", "polars alone", None if peer is None else peer[1] * 1000))
    report(figures)


def _figure(case: str, figure: float, unit: str, peer: str, peer_figure: float | None) -> Figure:
    return Figure(
        bench="reading",
        case=case,
        figure=round(figure),
        unit=unit,
        peer=None if peer_figure is None else peer,
        peer_figure=None if peer_figure is None else round(peer_figure),
    )


def _write(folder: Path, orders: int) -> None:
    whole, tenth = workload.draw_orders(orders), workload.draw_orders(orders // 10)
    workload.write_table(folder / "table.parquet", whole)
    workload.write_history(folder / "own.parquet", whole)
    workload.write_table(folder / "table-tenth.parquet", tenth)
    workload.write_history(folder / "own-tenth.parquet", tenth)
    pl.read_parquet(folder / "table.parquet").write_csv(folder / "table.csv")


def _alone(case: str, folder: Path) -> tuple[float, float]:
    """Events per second of processor time, and gigabytes."""
    command = [sys.executable, "-m", "bench.history_reading", "--case", case, "--folder", str(folder)]
    rate, memory = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(rate), float(memory)


def _measure(case: str, folder: Path) -> None:
    name, read = _CASES[case]
    best = 0.0
    for _ in range(_REPEATS):
        started = time.process_time()
        events = read(folder / name)
        best = max(best, events / (time.process_time() - started))
    print(best, _most_memory() / 1e6)


def _most_memory() -> int:
    """Kilobytes of this program alone; getrusage counts what its parent had when it started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main()

"""Do the shipped packs find the faults of a generated history? Recall and precision of each kind of fault.

    python -m bench.faults_found [ORDERS [DAYS [SEED]]]

The history goes through a file and the reading of histories, as that of a user does. Faults within the last 16 days are
not judged, because rules may see them only after the end.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl

from bench.reporting import Figure, report
from rules.workspace import load_workspace
from service.packs.catalogue import PACKS
from service.workspace_template import write_workspace
from simulator.generator.history import generate
from simulator.generator.scenario import Scenario
from simulator.generator.scoring import score
from simulator.generator.writing import read_truth, write_history
from simulator.reading.histories import read_columns
from simulator.replay_columns import replay_columns

# Why a figure is below 1. None of it is a mistake in judging the rules.
_SMALLER: Final = "over before the rule's limit had passed: a fault, but a smaller one than the rule looks for"
_ORDINARY: Final = "the slow end of what is ordinary: log-normal times pass every limit and warning at times"
_NUMBERS: Final = "a rule of numbers, not of rates: so many come together by chance, the more the larger the shop"
_MISSED: Final[Mapping[str, str]] = {
    "reorder_forgotten": "reordered before the stock had fallen that far",
    "short_receipt": "what was left was still above the reorder level",
    "unconfirmed": "delivered, and so closed, before two working days had passed",
    "supplier_unreliable": "the three late deliveries lay farther apart than the rule's 30 days",
}
_STRAY: Final[Mapping[str, str]] = {
    "slow_throughout": "paid at a weekend: `2d workdays` after a Sunday end on Tuesday, and the warning four working "
    "hours ahead comes on their first working day",
    **dict.fromkeys(
        ("bad_batch", "carrier_fails", "channel_fails", "customer_changes", "customer_pays_late", "customer_returns"),
        _NUMBERS,
    ),
    **dict.fromkeys(("machine_stops", "supplier_unreliable"), _NUMBERS),
}


def faults_found(scenario: Scenario, seed: int) -> pl.DataFrame:
    """The scores (simulator/generator/scoring.py) of the rules of all packs."""
    with TemporaryDirectory() as name:
        folder, history, truth = (Path(name) / part for part in ("shop", "history.parquet", "truth.jsonl"))
        write_workspace(folder, "en", list(PACKS))
        workspace = load_workspace(folder)
        write_history(generate(scenario, workspace.calendars["workdays"], seed=seed), history, truth)
        replayed = replay_columns(workspace.model, workspace.rules, read_columns(history, workspace.model))
        assert replayed.until is not None
        return score(read_truth(truth), replayed.incidents, replayed.until)


def main() -> None:
    orders, days, seed = (int(text) for text in (*sys.argv[1:], *("20000", "60", "7")[len(sys.argv) - 1 :]))
    figures = []
    for row in faults_found(Scenario(orders=orders, days=days), seed).iter_rows(named=True):
        fault, recall, precision = row["fault"], row["recall"], row["precision"]
        if recall is not None:
            figures.append(_figure(f"{fault}: recall", recall, f"% of {row['injected']} faults found"))
            if recall < 1:
                print(f"{fault}, missed: {_MISSED.get(fault, _SMALLER)}")
        if precision is not None:
            figures.append(_figure(f"{fault}: precision", precision, f"% of {row['incidents']} incidents explained"))
            if precision < 1:
                print(f"{fault}, unexplained: {_STRAY.get(fault, _ORDINARY)}")
    report(figures)


def _figure(case: str, share: float, unit: str) -> Figure:
    return Figure(bench="faults", case=case, figure=round(100 * share, 1), unit=unit)


if __name__ == "__main__":
    main()

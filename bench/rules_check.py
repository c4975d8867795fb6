"""How long it takes to read and check packs of varied rules, without mistakes and with 40 of them.

    python -m bench.rules_check [--rules 10 100 1000]

`start` is what the service does with them besides: matchers compiled and checked against each other. Seconds are those
of this thread on the processor; the contract of issue 4 is 5 seconds for 1,000 rules.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.reporting import Figure, report
from bench.rule_pack import rule_files, write_workspace
from rules.check import check
from rules.judging.judge import Judge
from rules.workspace import load_workspace


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rules", type=int, nargs="*", default=[10, 100, 1000])
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for count in arguments.rules:
        with tempfile.TemporaryDirectory() as folder:
            whole, planted = Path(folder) / "whole", Path(folder) / "planted"
            files, _ = rule_files(count)
            mistaken, mistakes = rule_files(count, planted=True)
            write_workspace(whole, files)
            write_workspace(planted, mistaken)
            figures += [
                _timed(f"load, {count} rules", load_workspace, whole),
                _timed(f"load and check, {count} rules", check, whole),
                _timed(f"check with {len(mistakes)} mistakes, {count} rules", check, planted),
            ]
            rules = load_workspace(whole).rules
            figures += [
                _timed(f"start compiled, {count} rules", Judge, rules, "compiled"),
                _timed(f"start durable, {count} rules", Judge, rules, "durable"),
            ]
    report(figures)


def _timed(case: str, act: Callable[..., object], *arguments: object) -> Figure:
    started = time.thread_time()
    act(*arguments)
    return Figure(bench="rules_check", case=case, figure=round(1000 * (time.thread_time() - started)), unit="ms")


if __name__ == "__main__":
    main()

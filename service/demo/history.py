"""Something to analyse: three months of generated orders in a workspace of their own, written while the demo runs."""

import shlex
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog

from console.backend import DemoCommand
from service.packs.catalogue import PACKS
from service.workspace_template import write_workspace
from simulator.generator.defaults import usual_calendar
from simulator.generator.history import generate
from simulator.generator.scenario import DWELL, KINDS, Scenario
from simulator.generator.writing import write_history
from streams.instants import HOUR
from streams.text import Language

FOLDER: Final = "history"  # inside the demo's own
HISTORY: Final = "history.parquet"
TRUTH: Final = "truth.parquet"
_RULE: Final = "shipping-late"
_BAD: Final = "received.at > received.due"

# So that there is something to find: business orders are slow in the warehouse, and the way is so long that what
# leaves late also comes late. Heartbeats of connectors would be half of all events.
_DWELL: Final = {
    **DWELL,
    "paid>stocked": replace(DWELL["paid>stocked"], by={**DWELL["paid>stocked"].by, "b2b": 8.0}),
    "shipped>received": replace(DWELL["shipped>received"], median=115 * HOUR, spread=0.2),
}
SCENARIO: Final = Scenario(orders=2_000, kinds=frozenset(KINDS) - {"connector"}, dwell=_DWELL)

_log = structlog.get_logger("tocsin.demo")


def write_demo_history(folder: Path, language: Language, seed: int) -> None:
    """A workspace with all packs, a history that fits it, and the truth about the faults. Raises OSError."""
    write_workspace(folder, language, PACKS)
    batches = generate(SCENARIO, usual_calendar(language), seed=seed, language=language)
    write_history(batches, folder / HISTORY, folder / TRUTH)


def commands_to_try(folder: Path, program: str) -> tuple[DemoCommand, ...]:
    """The first one enters the folder, in which the others work."""
    chosen = f"{HISTORY} --rule {_RULE}"
    against = f'--outcome "{_BAD}"'
    return (
        _try(f"cd {shlex.quote(str(folder))}", "进入历史所在的工作区", "go to the workspace with the history"),
        _try(
            f"{program} replay {HISTORY}",
            "三个月里规则会发现什么",
            "what the rules would have found in the three months",
        ),
        _try(f"{program} kpi {HISTORY}", "准时率和各环节用时", "how many were on time, and how long each step took"),
        _try(f"{program} why {chosen}", "迟发的订单有什么共同点", "what the orders that shipped late have in common"),
        _try(
            f'{program} backtest {chosen} --with "within=3d workdays" {against}',
            "期限改为三个工作日会怎样",
            "what three working days would change",
        ),
        _try(
            f'{program} tune {chosen} --param within --values "1d workdays,2d workdays,3d workdays" {against}',
            "哪个期限最合适",
            "which deadline is best",
        ),
    )


def _try(command: str, zh: str, en: str) -> DemoCommand:
    return DemoCommand(command=command, text={"zh": zh, "en": en})


class HistoryWriter:
    """Writes it in a thread of its own; `written` hears of what can then be tried, from that thread."""

    def __init__(
        self,
        folder: Path,
        language: Language,
        *,
        seed: int,
        program: str,
        written: Callable[[Sequence[DemoCommand]], None],
    ) -> None:
        self._folder, self._language, self._seed = folder, language, seed
        self._program, self._written = program, written
        self._thread = threading.Thread(target=self._run, name="tocsin-demo-history", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns once nothing more is written: the folder may go then."""
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            write_demo_history(self._folder, self._language, self._seed)
        except OSError as error:  # the demo goes on without it
            _log.warning("no history to analyse", error=str(error))
        else:
            self._written(commands_to_try(self._folder, self._program))

"""Bringing entities to changed rules a little in each turn of the loop, behind what comes in."""

import time
from typing import Final

from console.backend import Sweep
from rules.versions import Scope
from store.transaction import Transaction
from streams.engine import Engine
from streams.instants import Instant
from streams.learning import Failed, Learned
from streams.ports import Ledger
from streams.sweeping import Swept, sweep

_COUNT_EVERY: Final = 100  # turns; between them what is left is estimated
_SETTLED_AT_ONCE: Final = 2_000
_FEWEST: Final = 20
_MOST: Final = 2_000
_WHILE_IDLE: Final = 0.2  # seconds that a batch may take
_WHILE_BUSY: Final = 0.05


class Sweeper:
    """As many entities a turn as fit its time. Goes on where an earlier process stopped."""

    def __init__(self) -> None:
        self.progress: Sweep | None = None  # None: there is nothing to do, as far as is known
        self._limit = _FEWEST
        self._turns = 0
        self._settling = False

    def turn(
        self, transaction: Transaction, engine: Engine, now: Instant, failed: Failed, *, busy: bool
    ) -> Swept | None:
        """One batch; None where no sweep is under way."""
        scope = transaction.pending_sweep()
        if scope is None:
            self.progress = None
            return None
        if self._settles(transaction.ledger, engine.generation, scope):
            return Swept(learned=Learned(), left=self.progress.left if self.progress is not None else 1)
        engine.incomplete |= scope.counting & engine.counts.keys()  # the last batch may not have been committed
        started = time.perf_counter()
        self._turns += 1
        before = None if self.progress is None or self._turns % _COUNT_EVERY == 0 else self.progress.left
        swept = sweep(engine, transaction.ledger, now, self._limit, failed, before=before)
        self._adapt(time.perf_counter() - started, _WHILE_BUSY if busy else _WHILE_IDLE)
        if not swept.left:
            transaction.end_sweep()
        self.progress = self._progress(swept)
        return swept

    def _settles(self, ledger: Ledger, generation: int, scope: Scope) -> bool:
        """Before the sweep: entities that the change does not concern are passed over, also in batches."""
        others = set(ledger.kinds()) - scope.kinds
        if others and ledger.settle(generation, others, _SETTLED_AT_ONCE):
            if self.progress is None:
                left = ledger.stale_left(generation)
                self.progress = Sweep(left=left, total=left)
            self._settling = True
            return True
        if self._settling:
            self._settling, self.progress = False, None
        return False

    def _adapt(self, took: float, wanted: float) -> None:
        self._limit = max(_FEWEST, min(_MOST, int(self._limit * min(4.0, wanted / max(took, 1e-6)))))

    def _progress(self, swept: Swept) -> Sweep | None:
        if not swept.left:
            return None
        so_far = 0 if self.progress is None else self.progress.total
        return Sweep(left=swept.left, total=max(so_far, swept.left + len(swept.learned.entities)))

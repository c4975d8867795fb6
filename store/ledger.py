"""The ledger that a step of knowledge works on (streams/ports.py), over one open transaction."""

from store.entities import EntityStates, Sweeping
from store.events import EventLog
from store.firings import FiringReading
from store.groups import GroupStates
from store.totals import TotalsLog
from streams.instants import Instant


class SqlLedger(EventLog, EntityStates, Sweeping, FiringReading, TotalsLog, GroupStates):
    """streams.ports.Ledger: what the engine needs kept."""

    def next_due(self) -> Instant | None:
        dues = (self.next_due_entity(), self.next_due_group())
        return min((due for due in dues if due is not None), default=None)

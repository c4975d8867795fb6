"""The ledger that a step of knowledge works on (streams/ports.py), over one open transaction."""

from store.entities import EntityStates
from store.events import EventLog
from store.firings import FiringReading


class SqlLedger(EventLog, EntityStates, FiringReading):
    """streams.ports.Ledger: what the engine needs kept."""

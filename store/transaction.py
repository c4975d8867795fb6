"""What is written together, and what is read together: the parts of the store over one connection."""

from sqlalchemy import Connection

from store.answers import AnswerReading
from store.audit import AuditWriting
from store.entities import EntityValues
from store.events import EventReading
from store.firings import Explaining
from store.impact_index import ImpactReading
from store.incidents import IncidentWriting
from store.ledger import SqlLedger
from store.outbox import DeliveryWriting
from store.queries import EntityPages, Overviews
from store.refusals import RefusalReading, RefusalWriting
from store.responses import ResponseReading
from store.rule_versions import RuleVersionReading, RuleVersionWriting
from streams.instants import Instant


class SqlWork(IncidentWriting, DeliveryWriting, AuditWriting, EntityValues, ImpactReading):
    """escalation.ports.UnitOfWork: what the desk needs kept."""

    def next_due(self) -> Instant | None:
        """When the next incident or delivery wants something."""
        dues = (self.next_due_incident(), self.next_due_delivery())
        return min((due for due in dues if due is not None), default=None)


class Transaction(RefusalWriting, RuleVersionWriting, Explaining):
    """Everything that is written together: all of it is kept, or nothing."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.ledger = SqlLedger(connection)
        self.work = SqlWork(connection)


class Reader(AnswerReading, EntityPages, Overviews, EventReading, RefusalReading, ResponseReading, RuleVersionReading):
    """One consistent look at the database, beside the writer. It cannot write."""

"""The tables. Instants are microseconds since 1970 UTC in BIGINT columns; JSON is text that msgspec wrote.

store/migrations/ makes them; a test holds the two together.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: Final = MetaData(naming_convention=NAMING)

# SQLite gives out numbers by itself only for a column of the type INTEGER, which has 64 bits there.
Number: Final = BigInteger().with_variant(Integer(), "sqlite")


def _index_where(name: str, condition: str, *columns: str, unique: bool = False) -> Index:
    """An index of those rows only for which the condition holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(condition), postgresql_where=text(condition))


def _incident() -> ForeignKey:
    """Checked at the commit, so that the rows of one transaction may be written in any order."""
    return ForeignKey("incidents.id", deferrable=True, initially="DEFERRED")


# The log. Nothing is ever changed in it but `retracted`.
events: Final = Table(
    "events",
    metadata,
    Column("seq", Number, primary_key=True, autoincrement=True),  # in the order in which they were taken
    Column("source", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("occurred_at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("data", Text, nullable=False),  # JSON object; lists are lists
    Column("retracts", Text),  # the id of another event of this source
    Column("retracted", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("source", "id"),
    Index("ix_events_entity", "kind", "key"),
    _index_where("ix_events_retracts", "retracts IS NOT NULL", "source", "retracts"),
    sqlite_autoincrement=True,
)

refusals: Final = Table(
    "refusals",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("position", Text, nullable=False),
    Column("field", Text),
    Column("code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("source", Text),
    Column("event_id", Text),
    Column("received_at", BigInteger, nullable=False),
    Column("resent_at", BigInteger),
    Index("ix_refusals_code", "code"),
    sqlite_autoincrement=True,
)

# What is known of each source, for "data is older than it should be" and for the counters of /metrics.
sources: Final = Table(
    "sources",
    metadata,
    Column("source", Text, primary_key=True),
    Column("taken", BigInteger, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("conflicting", BigInteger, nullable=False),  # copies with other content
    Column("last_occurred_at", BigInteger),
    Column("last_recorded_at", BigInteger),
)

entities: Final = Table(
    "entities",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),  # the engine's own encoding
    Column("values", Text, nullable=False),  # JSON object: the snapshot as people see and search it
    Column("due_at", BigInteger),  # when it has to be looked at if no event comes
    Column("begun_at", BigInteger),  # its first own event; NULL: none, or all were retracted
    Column("changed_at", BigInteger, nullable=False),  # the newest of its steps
    Column("generation", BigInteger, nullable=False, server_default="0"),  # of the rules by which it was folded
    Column("idle", Boolean, nullable=False, server_default=false()),  # closed, and nothing goes on about it
    _index_where("ix_entities_due_at", "due_at IS NOT NULL", "due_at"),
    _index_where("ix_entities_swept", "NOT idle", "kind", "generation"),
)

# What entities give to totals of others, change by change.
contributions: Final = Table(
    "contributions",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("from_kind", Text, nullable=False),
    Column("from_key", Text, nullable=False),
    Column("kind", Text, nullable=False),  # of the entity that has the total
    Column("key", Text, nullable=False),
    Column("total", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),  # millionths more from then on
    Index("ix_contributions_from", "from_kind", "from_key"),
    Index("ix_contributions_entity", "kind", "key"),
)

# Pulses and openings that count for a group.
members: Final = Table(
    "members",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("rule", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("group", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),  # of the entity
    Column("key", Text, nullable=False),
    Column("distinct", Text),
    Index("ix_members_group", "rule", "version", "group", "at"),
    Index("ix_members_entity", "kind", "key"),
)

groups: Final = Table(
    "groups",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("state", LargeBinary, nullable=False),  # the engine's own encoding
    Column("due_at", BigInteger),
    _index_where("ix_groups_due_at", "due_at IS NOT NULL", "due_at"),
)

# Of open entities the fields by which incidents find what they touch (`impact:`), as text.
impact_index: Final = Table(
    "impact_index",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Index("ix_impact_index_entity", "kind", "key"),
)

# One open problem. What the events say of it are its firings; `number`, `severity` and `opened_at` are those of the
# last one, kept here once more for lists.
incidents: Final = Table(
    "incidents",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=False),  # short, shown to people, never given twice
    Column("rule", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("severity", Integer, nullable=False),
    Column("highest", Integer, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("resolved_at", BigInteger),
    Column("resolved_by", Text),
    Column("acknowledged_by", Text),
    Column("acknowledged_at", BigInteger),
    Column("ack_expires_at", BigInteger),
    Column("owner", Text),
    Column("run_out", Boolean, nullable=False),
    Column("escalation", Text),  # JSON
    Column("due_at", BigInteger),
    Column("version_no", BigInteger, nullable=False),
    Column("unannounced", Boolean, nullable=False, server_default=false()),  # the next digest tells of it
    Index("ix_incidents_entity", "kind", "key", "rule", "number", unique=True),
    # Whatever races: a second open incident of a rule and entity is impossible.
    _index_where("ix_incidents_unresolved", "state != 'resolved'", "kind", "key", "rule", unique=True),
    _index_where("ix_incidents_due_at", "due_at IS NOT NULL", "due_at"),
    _index_where("ix_incidents_unannounced", "unannounced", "id"),
    # Pages of the inbox, by what they may be sorted and filtered by.
    Index("ix_incidents_opened_at", "opened_at", "id"),
    _index_where("ix_incidents_newest", "state != 'resolved'", "mode", "opened_at", "id", "state", "severity"),
    _index_where("ix_incidents_worst", "state != 'resolved'", "mode", "severity", "opened_at", "id", "state"),
    Index("ix_incidents_rule", "rule", "opened_at", "id"),
)

firings: Final = Table(
    "firings",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("incident", BigInteger, _incident(), nullable=False, index=True),
    Column("version", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("detected_at", BigInteger, nullable=False),
    Column("stages", Text, nullable=False),  # JSON: [[severity, instant], ...]
    Column("resolved_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("reason", Text),
    Column("pulses", BigInteger, nullable=False),
    Column("found_late", Boolean, nullable=False),
)

# Why a firing changed, as rules/explain.py said it then: JSON, in the order in which it was said.
explanations: Final = Table(
    "explanations",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("number", BigInteger, nullable=False),  # of the firing
    Column("change", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("explanation", Text, nullable=False),
    Index("ix_explanations_firing", "kind", "key", "rule", "number"),
    sqlite_autoincrement=True,
)

# Append-only: every transition and everything that was or was not done about it.
audit: Final = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("incident", BigInteger, _incident(), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_channel", Text),
    Column("what", Text, nullable=False),
    Column("reason", Text),
    Column("before", Text),
    Column("after", Text),
    Column("detail", Text),
    sqlite_autoincrement=True,
)

# The outbox.
deliveries: Final = Table(
    "deliveries",
    metadata,
    Column("id", Text, primary_key=True),  # "incident-version-n"
    Column("incident", BigInteger, _incident(), nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("person", Text),
    Column("channel", Text, nullable=False),
    Column("important", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("plan", BigInteger),
    Column("entry", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("next_at", BigInteger),
    Column("give_up_at", BigInteger),
    Column("held_until", BigInteger),
    Column("attempt", BigInteger, nullable=False),
    Column("deadline", BigInteger),
    Column("address", Text),
    Column("message", Text),
    Column("provider_id", Text),
    Column("error", Text),
    Column("maybe_duplicate", Boolean, nullable=False),
    Column("accepted_at", BigInteger),
    UniqueConstraint("incident", "version", "n"),
    Index("ix_deliveries_state_next_at", "state", "next_at"),
    _index_where("ix_deliveries_sending", "state = 'sending'", "deadline"),
    _index_where("ix_deliveries_digests", "purpose = 'digest'", "state", "next_at"),
    _index_where("ix_deliveries_digest_messages", "purpose = 'digest'", "message"),
    _index_where("ix_deliveries_provider_id", "provider_id IS NOT NULL", "channel", "provider_id"),
)

# Every version of every rule that was ever in force; `definition` is the written entry as JSON.
rule_versions: Final = Table(
    "rule_versions",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("added_at", BigInteger, primary_key=True, autoincrement=False),
    Column("version", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("definition", Text, nullable=False),
    Column("since", BigInteger),  # on_change: fresh
    Column("retired_at", BigInteger),  # on_change: fresh; a newer version stands beside it
    Column("ended_at", BigInteger),  # NULL: in force
)

# What the service itself keeps: the key that signs links, the place of an intake.
meta: Final = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

# Numbers that are given once and never again, such as those of incidents.
counters: Final = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# Up to which instant knowledge was applied, by partition: the embedded service has one, 0.
applied_knowledge: Final = Table(
    "applied_knowledge",
    metadata,
    Column("partition", Integer, primary_key=True, autoincrement=False),
    Column("known_at", BigInteger, nullable=False),
)

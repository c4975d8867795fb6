"""Totals, groups, and which entities were folded by the rules of today."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# SQLite gives out numbers by itself only for a column of the type INTEGER.
_Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("entities", sa.Column("generation", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("entities", sa.Column("idle", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    _index_where("ix_entities_swept", "entities", ["kind", "generation"], "NOT idle")
    op.create_table(
        "contributions",
        sa.Column("id", _Number, autoincrement=True, nullable=False),
        sa.Column("from_kind", sa.Text(), nullable=False),
        sa.Column("from_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("total", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contributions")),
    )
    op.create_index("ix_contributions_from", "contributions", ["from_kind", "from_key"])
    op.create_index("ix_contributions_entity", "contributions", ["kind", "key"])
    op.create_table(
        "members",
        sa.Column("id", _Number, autoincrement=True, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("distinct", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
    )
    op.create_index("ix_members_group", "members", ["rule", "version", "group", "at"])
    op.create_index("ix_members_entity", "members", ["kind", "key"])
    op.create_table(
        "groups",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("rule", "key", name=op.f("pk_groups")),
    )
    _index_where("ix_groups_due_at", "groups", ["due_at"], "due_at IS NOT NULL")


def _index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)

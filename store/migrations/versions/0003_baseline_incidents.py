"""Which incidents the next digest tells of, and the rows of digests."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("incidents", sa.Column("unannounced", sa.Boolean(), server_default=sa.text("0"), nullable=False))
    _index_where("ix_incidents_unannounced", "incidents", ["id"], "unannounced")
    _index_where("ix_deliveries_digests", "deliveries", ["state", "next_at"], "purpose = 'digest'")
    _index_where("ix_deliveries_digest_messages", "deliveries", ["message"], "purpose = 'digest'")


def _index_where(name: str, table: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)

"""Alembic runs this file for every command. Tocsin itself gives the connection (store/upgrading.py)."""

from alembic import context

from store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
    compare_server_default=True,
)
context.run_migrations()

"""Alembic's entry: one connection handed in by `homeward.infra.migrate`, one transaction for the lot."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, transaction_per_migration=False)
with context.begin_transaction():
    context.run_migrations()

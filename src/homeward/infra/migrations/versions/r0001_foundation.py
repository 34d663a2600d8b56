"""Foundation: markets, merchants, quotes, deliveries, couriers, dispatch, webhooks."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")  # better a failed deploy than a blocked checkout
    sql = Path(__file__).with_name("0001_foundation.sql").read_text(encoding="utf-8")
    # As the driver gets it: without SQLAlchemy's reading of colons and percent signs.
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]


def downgrade() -> None:
    raise RuntimeError("the first schema has nothing to go back to; restore a backup instead")

"""Promises: how they ended, and what each market has learned from that."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")  # better a failed deploy than a blocked checkout
    sql = Path(__file__).with_name("0002_promises.sql").read_text(encoding="utf-8")
    # As the driver gets it: without SQLAlchemy's reading of colons and percent signs.
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]


def downgrade() -> None:
    # Both tables can be learned again from quotes and the event log; the release before does not read them.
    op.execute("DROP TABLE promise_outcome, promise_calibration")
    op.execute("DELETE FROM event_consumer WHERE name = 'promises'")

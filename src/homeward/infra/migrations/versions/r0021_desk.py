"""Who looks after which exception, saved filters, and an index to find a delivery by anything."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")  # better a failed deploy than a blocked checkout
    sql = Path(__file__).with_name("0021_desk.sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]


def downgrade() -> None:
    raise NotImplementedError("what was written since would be lost; restore a backup of the release before instead")

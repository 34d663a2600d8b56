"""Who is asked to join a merchant's people."""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '4s'")  # better a failed deploy than a blocked checkout
    sql = Path(__file__).with_name("0022_invitations.sql").read_text(encoding="utf-8")
    op.get_bind().connection.driver_connection.execute(sql)  # type: ignore[union-attr]


def downgrade() -> None:
    raise NotImplementedError("what was written since would be lost; restore a backup of the release before instead")

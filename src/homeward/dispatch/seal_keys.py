"""The installation's own keys for what couriers were shown. They never leave the database and these processes."""

from dataclasses import replace
from datetime import datetime

from homeward.dispatch.model import Offer, Seal
from homeward.dispatch.seal import SealKey, holds, shown_text, signature
from homeward.infra.db import Tx
from homeward.kit.ids import new_id, new_secret


async def current_key(tx: Tx, now: datetime) -> SealKey:
    """The newest; the first one is made when it is first asked for."""
    sql = "SELECT id, secret FROM seal_key ORDER BY made_at DESC, id DESC LIMIT 1"
    row = await tx.one(sql)
    if row is None:
        # Two planners may come here at once; the first to commit wins, and both read what is there then.
        await tx.run(
            """INSERT INTO seal_key (id, secret, made_at, number) VALUES (%(id)s, %(secret)s, %(now)s, 1)
               ON CONFLICT (number) DO NOTHING""",
            id=new_id("key", now),
            secret=new_secret(),
            now=now,
        )
        row = await tx.one(sql)
        assert row is not None
    return SealKey(row["id"], row["secret"])


async def is_ours(tx: Tx, key_id: str, text: str, signed: str) -> bool:
    """Whether we once signed this text with that key; older keys stay good."""
    secret = await tx.value("SELECT secret FROM seal_key WHERE id = %(id)s", id=key_id)
    return secret is not None and holds(SealKey(key_id, secret), text, signed)


def sealed(offer: Offer, key: SealKey) -> Offer:
    """The offer with the signed text of what it shows."""
    text = shown_text(offer)
    return replace(offer, seal=Seal(key.id, text, signature(key, text)))

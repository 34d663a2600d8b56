"""The record of privileged acts: who did what to which thing, and why. Nobody can change or delete an entry."""

from collections.abc import Mapping
from typing import Any

import structlog

from homeward.infra.db import Tx, json_param


async def record(
    tx: Tx, *, actor: str, action: str, subject: str, reason: str = "", data: Mapping[str, Any] | None = None
) -> None:
    """Written in the transaction of the act itself: neither exists without the other."""
    await tx.run(
        """INSERT INTO audit_entry (actor, action, object, reason, data, request_id)
           VALUES (%(actor)s, %(action)s, %(subject)s, %(reason)s, %(data)s, %(request_id)s)""",
        actor=actor,
        action=action,
        subject=subject,
        reason=reason,
        data=json_param(dict(data or {})),
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
    )

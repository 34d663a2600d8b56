"""Credentials in the shapes that other delivery APIs give out. Pure."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid5

from homeward.merchants.model import Mode

_ACCOUNTS: Final = UUID("6f1c7b1e-5f0e-4d6a-9a53-0f6f3b1b8c27")
"""The name space of account numbers: the same merchant has the same number for ever."""
_ACCOUNT_DIGITS: Final = 12


class Dialect(StrEnum):
    """Other delivery APIs that we answer to. Named for compatibility only."""

    GOLOCAL = "golocal"
    DOORDASH_DRIVE = "doordash_drive"
    UBER_DIRECT = "uber_direct"


SIGNS: Final = frozenset({Dialect.DOORDASH_DRIVE})
"""Dialects whose callers sign their own tokens; the others send their secret and get one."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What may be shown again. `account` is the merchant's number in that dialect, with a `key_id` callers sign."""

    id: str
    merchant_id: str
    mode: Mode
    dialect: Dialect
    name: str
    account: str
    client_id: str
    key_id: str | None
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewCredential:
    """A credential just made, with the only view of its secret."""

    credential: Credential
    secret: str = field(repr=False)


def hint_of(secret: str) -> str:
    """Enough to recognise a secret by: its last four of more than forty characters.

    Not `merchants.policy.key_hint`, which shows all before the last underscore: base64url writes underscores anywhere.
    """
    return f"…{secret[-4:]}"


def account_of(merchant_id: str, mode: Mode, dialect: Dialect) -> str:
    """The merchant's number in a dialect.

    GoLocal: digits, for both modes (its `clientId`). Uber Direct: a UUID for each mode (its `customer_id`). DoorDash
    Drive: a UUID for each mode (its `developer_id`). Source: shapes stated by their public API descriptions.
    """
    if dialect is Dialect.GOLOCAL:
        digest = hashlib.sha256(f"{dialect}:{merchant_id}".encode()).digest()
        return str(10 ** (_ACCOUNT_DIGITS - 1) + int.from_bytes(digest[:8]) % (9 * 10 ** (_ACCOUNT_DIGITS - 1)))
    return str(uuid5(_ACCOUNTS, f"{dialect}:{merchant_id}:{mode}"))

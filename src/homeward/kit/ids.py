"""Identifiers: a prefix that names the kind, then a ULID (48 bits of time, 80 random bits).

The time part keeps index pages warm and lists in order; 80 random bits cannot be guessed.
Source: the ULID specification (Crockford base 32), written in lower case.
"""

import secrets
from datetime import datetime
from typing import Final

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_CHARS: Final = 10
_RANDOM_CHARS: Final = 16


def new_id(prefix: str, at: datetime) -> str:
    """A fresh identifier such as `dlv_01jd3k...`; `at` orders it among its kind."""
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{_base32(milliseconds, _TIME_CHARS)}{_base32(secrets.randbits(80), _RANDOM_CHARS)}"


def id_at(prefix: str, at: datetime) -> str:
    """No id made at that moment or later sorts before it, none made earlier after it: the end of a range of ids."""
    return f"{prefix}_{_base32(int(at.timestamp() * 1000), _TIME_CHARS)}"


def new_secret(bits: int = 256) -> str:
    """A random secret in base 32, for keys and links. 128 bits are enough for a link, 256 for a key."""
    return _base32(secrets.randbits(bits), -(-bits // 5))


def _base32(value: int, length: int) -> str:
    return "".join(_ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(length)))

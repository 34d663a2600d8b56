"""The token that a client signs for itself, for every call anew: whose it says it is, and whether that is true.

Facts: HS256; the header names `dd-ver`, the payload `aud`, `iss` (developer), `kid` (key), `iat` and `exp`, at most
1800 s apart; the HMAC key is what the signing secret decodes to. Source: their page about JWTs, and the tokens that
`@doordash/sdk` 0.6.13 makes (2026-09). The payload is read before it is proven only to find the key to prove it with.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import jwt

VERSION: Final = "DD-JWT-V1"
AUDIENCE: Final = "doordash"
LONGEST_S: Final = 1_800
# A clock that is a little ahead of ours is no forgery.
LEEWAY_S: Final = 30
_LAST_S: Final = 253_402_300_799  # the end of the year 9999


class TokenRefused(Exception):
    """Its text says what to mend."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Whom a token claims to come from, not yet proven."""

    developer_id: str
    key_id: str


def claim_of(token: str) -> Claim:
    """Raises TokenRefused if it is no token of this dialect."""
    try:
        header = jwt.get_unverified_header(token)
        payload = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as cause:
        raise TokenRefused("The Authorization header holds no JWT that can be read.") from cause
    if header.get("dd-ver") != VERSION:
        raise TokenRefused(f"The JWT's header must carry dd-ver = {VERSION}.")
    developer_id, key_id = payload.get("iss"), payload.get("kid")
    if not (isinstance(developer_id, str) and isinstance(key_id, str)):
        raise TokenRefused("The JWT's payload must carry iss (the developer_id) and kid (the key_id).")
    return Claim(developer_id, key_id)


def check(token: str, key: bytes, now: datetime) -> None:
    """Whether the holder of the key made it, for us, a moment ago. Raises TokenRefused."""
    # The times are judged by the clock that is handed in: the library would ask the machine.
    try:
        payload = jwt.decode(
            token,
            key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            options={
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
                "require": ["exp", "iat", "aud"],
            },
        )
    except jwt.InvalidAudienceError as cause:
        raise TokenRefused(f"The JWT's aud must be {AUDIENCE}.") from cause
    except jwt.MissingRequiredClaimError as cause:
        raise TokenRefused(f"The JWT lacks the claim {cause.claim}.") from cause
    except jwt.InvalidTokenError as cause:
        raise TokenRefused("The JWT's signature does not belong to these credentials.") from cause
    _check_times(payload, int(now.timestamp()))


def _check_times(payload: dict[str, Any], now_s: int) -> None:
    issued, ends = payload["iat"], payload["exp"]
    if not (_is_moment(issued) and _is_moment(ends)):
        raise TokenRefused("The JWT's iat and exp must be seconds since 1970.")
    if ends <= now_s:
        raise TokenRefused("The JWT has expired: its exp has passed.")
    if issued > now_s + LEEWAY_S:
        raise TokenRefused("The JWT's iat lies in the future; set your clock.")
    if ends - issued > LONGEST_S:
        raise TokenRefused(f"The JWT lives too long: exp may be at most {LONGEST_S} seconds after iat.")


def _is_moment(said: Any) -> bool:
    """Not NaN, which is later than nothing and so would never end; nor a number that cannot be reckoned with."""
    return isinstance(said, (int, float)) and 0 <= said <= _LAST_S

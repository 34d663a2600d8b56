"""Whether a webhook is from your delivery service, unchanged and new. Standard Webhooks 1.0.0.

    event = verify(body, headers, secrets)

`body` must be the bytes as they came. During a change of secrets give both.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

TOLERANCE_S: Final = 300
PREFIX: Final = "whsec_"
SCHEME: Final = "v1"
LONGEST_MOMENT: Final = 12


class NotVerified(Exception):
    """Do not believe this message: answer 400 and forget it. The text says which check failed."""


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    tolerance_s: int = TOLERANCE_S,
    now: Callable[[], float] = time.time,
) -> dict[str, Any]:
    """The event in the body. Raises NotVerified for what is forged, changed, too old or from the future.

    Raises ValueError for a secret that is not one: that is a mistake of yours and not of the sender.
    """
    keys = [_key(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    given = {name.lower(): value for name, value in headers.items()}
    message_id, sent_at, signatures = (
        _header(given, name) for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    )
    _check_age(sent_at, now(), tolerance_s)
    raw = body.encode() if isinstance(body, str) else body
    signed = f"{message_id}.{sent_at}.".encode() + raw
    if not _signed_by_one_of(keys, signed, signatures):
        raise NotVerified("no signature matches a secret")
    return _event(raw)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        # An empty key would accept what anybody can compute.
        raise ValueError("a webhook secret is whsec_ and base64")
    return key


def _header(given: Mapping[str, str], name: str) -> str:
    value = given.get(name, "")
    if not value:
        raise NotVerified(f"the header {name} is missing")
    return value


def _check_age(sent_at: str, now: float, tolerance_s: int) -> None:
    if not (sent_at.isascii() and sent_at.isdigit() and len(sent_at) <= LONGEST_MOMENT):
        raise NotVerified("webhook-timestamp is not a number of seconds")
    age_s = now - int(sent_at)
    if age_s > tolerance_s:
        raise NotVerified("the message is too old")
    if age_s < -tolerance_s:
        raise NotVerified("the message is from the future")


def _signed_by_one_of(keys: Sequence[bytes], signed: bytes, signatures: str) -> bool:
    """All pairs are compared, each in constant time: how long it takes tells nothing about what was right."""
    offered = [mac for version, _, mac in (part.partition(",") for part in signatures.split()) if version == SCHEME]
    expected = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    matches = [hmac.compare_digest(mac.encode(), right) for mac in offered for right in expected]
    return any(matches)


def _event(raw: bytes) -> dict[str, Any]:
    try:
        event = json.loads(raw)
    except ValueError as wrong:
        raise NotVerified("the body is not JSON") from wrong
    if not isinstance(event, dict):
        raise NotVerified("the body is not an event")
    return event

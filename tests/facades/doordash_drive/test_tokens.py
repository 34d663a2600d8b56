"""Whose token it is and whether it is true: every way in which it can be wrong."""

import base64
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from homeward.facades.doordash_drive import tokens
from homeward.facades.doordash_drive.tokens import Claim, TokenRefused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NOW_S = int(NOW.timestamp())
KEY = bytes(range(64))


def a_token(*, key: bytes = KEY, version: str | None = "DD-JWT-V1", algorithm: str = "HS256", **claims: Any) -> str:
    usual = {"aud": "doordash", "iss": "mer_1", "kid": "key_1", "iat": NOW_S, "exp": NOW_S + 60}
    payload = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(payload, key, algorithm=algorithm, headers={"dd-ver": version} if version else {})


def test_a_token_names_its_maker_in_the_payload() -> None:
    assert tokens.claim_of(a_token()) == Claim("mer_1", "key_1")


def test_the_holder_of_the_key_is_believed() -> None:
    tokens.check(a_token(), KEY, NOW)


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": NOW_S}, "expired"),
        ({"exp": NOW_S - 1, "iat": NOW_S - 61}, "expired"),
        ({"iat": NOW_S + 31, "exp": NOW_S + 91}, "future"),
        ({"exp": NOW_S + 1_801}, "too long"),
        ({"aud": "somebody"}, "aud"),
        ({"aud": None}, "aud"),
        ({"exp": None}, "exp"),
        ({"iat": None}, "iat"),
        ({"iat": "noon"}, "seconds"),
        ({"exp": float("nan")}, "seconds"),
        ({"iat": float("nan"), "exp": 10**11}, "seconds"),
        ({"iat": 1.5, "exp": 10**400}, "seconds"),
        ({"key": b"x" * 64}, "signature"),
        ({"algorithm": "HS512"}, "signature"),
    ],
)
def test_a_token_that_is_not_quite_right_is_refused_with_what_to_mend(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(TokenRefused, match=why):
        tokens.check(a_token(**claims), KEY, NOW)


def test_half_an_hour_is_the_longest_that_a_token_may_live() -> None:
    tokens.check(a_token(exp=NOW_S + 1_800), KEY, NOW)


@pytest.mark.parametrize(
    "token", ["", "no token", "a.b.c", "e30.e30.e30", a_token(version=None), a_token(version="V2"), a_token(iss=None)]
)
def test_what_is_no_token_of_this_dialect_names_nobody(token: str) -> None:
    with pytest.raises(TokenRefused):
        tokens.claim_of(token)


def test_brackets_without_end_are_no_token() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 60_000).decode().rstrip("=")
    for token in (f"{deep}.e30.e30", f"{a_token().split('.')[0]}.{deep}.e30"):
        with pytest.raises(TokenRefused):
            tokens.claim_of(token)


def test_an_unsigned_token_opens_nothing() -> None:
    unsigned = jwt.encode(
        {"aud": "doordash", "iss": "mer_1", "kid": "key_1", "iat": NOW_S, "exp": NOW_S + 60},
        None,
        algorithm="none",
        headers={"dd-ver": "DD-JWT-V1"},
    )
    with pytest.raises(TokenRefused, match="signature"):
        tokens.check(unsigned, KEY, NOW)

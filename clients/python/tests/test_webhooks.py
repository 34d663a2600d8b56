"""True webhooks pass, whoever signed them; forged, changed and old ones do not."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from homeward.messages.webhooks.sending import native_headers
from homeward_client.webhooks import NotVerified, verify

NOW = 1_790_000_000
SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()
NEWER = "whsec_" + base64.b64encode(b"n" * 24).decode()
BODY = json.dumps({"type": "delivery.picked_up", "data": {"seq": 6, "name": "Zoë"}}, ensure_ascii=False)


def sent(*secrets: str, at: int = NOW, body: str = BODY) -> dict[str, str]:
    """The headers that our own sender writes."""
    return native_headers("whm_1", at, body, secrets)


def now() -> float:
    return NOW


def test_what_our_sender_signs_is_true() -> None:
    assert verify(BODY.encode(), sent(SECRET), SECRET, now=now)["type"] == "delivery.picked_up"


def test_what_the_standards_own_library_signs_is_true() -> None:
    moment = datetime.fromtimestamp(NOW, UTC)
    headers = {
        "Webhook-Id": "whm_1",
        "Webhook-Timestamp": str(NOW),
        "Webhook-Signature": Webhook(SECRET).sign("whm_1", moment, BODY),
    }
    assert verify(BODY, headers, SECRET, now=now)["data"]["seq"] == 6


@pytest.mark.parametrize("known", [[SECRET], [NEWER], [NEWER, SECRET]])
def test_while_secrets_change_either_will_do(known: list[str]) -> None:
    assert verify(BODY, sent(NEWER, SECRET), known, now=now)


@pytest.mark.parametrize("body", [BODY.replace("6", "7"), BODY + " ", ""])
def test_a_changed_body_is_refused(body: str) -> None:
    with pytest.raises(NotVerified, match="no signature"):
        verify(body, sent(SECRET), SECRET, now=now)


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_nothing_may_be_missing_and_nothing_changed(header: str) -> None:
    headers = sent(SECRET)
    with pytest.raises(NotVerified, match="missing"):
        verify(BODY, {name: value for name, value in headers.items() if name != header}, SECRET, now=now)
    with pytest.raises(NotVerified):
        verify(BODY, {**headers, header: headers[header] + "2"}, SECRET, now=lambda: NOW + 1)


@pytest.mark.parametrize(("age_s", "true"), [(300, True), (301, False), (-300, True), (-301, False)])
def test_a_message_is_true_for_five_minutes(age_s: int, true: bool) -> None:
    headers = sent(SECRET, at=NOW - age_s)
    if true:
        assert verify(BODY, headers, SECRET, now=now)
    else:
        with pytest.raises(NotVerified):
            verify(BODY, headers, SECRET, now=now)


@pytest.mark.parametrize("moment", ["soon", "1e9", "-5", "٣", "9" * 5_000])
def test_a_moment_is_a_number_of_seconds(moment: str) -> None:
    with pytest.raises(NotVerified, match="number"):
        verify(BODY, {**sent(SECRET), "webhook-timestamp": moment}, SECRET, now=now)


def test_another_scheme_counts_as_no_signature() -> None:
    headers = sent(SECRET)
    headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
    with pytest.raises(NotVerified, match="no signature"):
        verify(BODY, headers, SECRET, now=now)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_not base64!"])
def test_a_secret_that_is_none_is_a_mistake_and_opens_nothing(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        verify(BODY, sent(SECRET), secret, now=now)


@pytest.mark.parametrize("body", ["[]", "no json"])
def test_only_an_event_is_given_back(body: str) -> None:
    with pytest.raises(NotVerified, match="body"):
        verify(body, sent(SECRET, body=body), SECRET, now=now)

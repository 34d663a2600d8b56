"""The way in over HTTP: nobody works before a named person has let them."""

from base64 import b64encode
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.fleets.couriers.onboarding import policy
from homeward.fleets.couriers.onboarding.errors import NotAToken, NotThisStep
from homeward.fleets.couriers.onboarding.model import Person, State, Step
from tests.deliveries.world import a_photo
from tests.dispatch.world import MARKET, Town

PHONE = "+41790001122"
PICTURE = b64encode(a_photo()).decode()
WORDS = {
    "agreement": "You carry for whom you like, when you like, and are paid for every delivery.",
    "check_disclosure": "We may ask a company for a report about your past. This page says nothing else.",
}


@given(st.lists(st.tuples(st.sampled_from(Step), st.booleans()), max_size=40))
def test_no_path_leads_to_work_without_a_named_person(steps: list[tuple[Step, bool]]) -> None:
    state, decided_by = State.STARTED, None
    for step, by_a_person in steps:
        person = Person("opr_1") if by_a_person else None
        try:
            state = policy.moved(state, step, person)
        except (NotThisStep, AssertionError):
            continue
        decided_by = person
    assert state is not State.ACTIVE or decided_by is not None


@given(st.text())
def test_the_hash_of_a_text_is_the_hash_of_its_words(text: str) -> None:
    assert policy.text_hash(text) == policy.text_hash(str(text))
    assert policy.text_hash(text) != policy.text_hash(text + " ")


@pytest.mark.parametrize(
    "number", ["CH93 0076 2011 6238 5295 7", "4242 4242 4242 4242", "acct_4242424242424242", "123456789", "no prefix"]
)
def test_what_looks_like_a_bank_or_card_number_is_no_token(number: str) -> None:
    with pytest.raises(NotAToken):
        policy.check_token(number)
    policy.check_token("acct_1NvTq2LkdIwHu7ix")


async def published(town: Town, kind: str, text: str | None = None, in_days: int = 0) -> dict[str, Any]:
    body = {
        "kind": kind,
        "market_id": MARKET,
        "jurisdiction": "CH",
        "language": "en",
        "text": text or WORDS[kind],
        "effective_at": (town.clock.now() + timedelta(days=in_days)).isoformat(),
    }
    answer = await town.operator.post("/v1/operator/agreements", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def applicant(town: Town, phone: str = PHONE) -> httpx.AsyncClient:
    async with town.client() as http:
        assert (await http.post("/v1/applicant/login-codes", json={"phone": phone})).status_code == 202
        session = {"phone": phone, "code": town.codes.sent[-1][1]}
        answer = await http.post("/v1/applicant/sessions", json=session)
    assert answer.status_code == 201, answer.text
    return town.client(answer.json()["token"])


async def accepted(http: httpx.AsyncClient, kind: str) -> httpx.Response:
    text = (await http.get(f"/v1/applicant/texts/{kind}")).json()
    body = {"version_id": text["id"], "displayed_hash": policy.text_hash(text["text"])}
    return await http.post(f"/v1/applicant/texts/{kind}/consent", json=body)


def a_document(town: Town, kind: str = "identity", in_days: int = 300) -> dict[str, Any]:
    day: date = town.clock.now().date() + timedelta(days=in_days)
    return {"kind": kind, "expires_on": day.isoformat(), "content_base64": PICTURE}


async def ready_for_review(town: Town, in_days: int = 300) -> tuple[httpx.AsyncClient, str]:
    """An applicant on a bicycle who has done everything that is theirs to do; and the application's id."""
    await published(town, "agreement")
    await published(town, "check_disclosure")
    http = await applicant(town)
    who = {"name": "Ida Keller", "market_id": MARKET, "vehicle": "bicycle"}
    assert (await http.put("/v1/applicant/application", json=who)).json()["state"] == "documents"
    sent = await http.post("/v1/applicant/documents", json=a_document(town, in_days=in_days))
    assert sent.json()["state"] == "agreement", sent.text
    assert (await accepted(http, "agreement")).json()["state"] == "check"
    assert (await accepted(http, "check_disclosure")).json()["state"] == "vehicle"
    assert (await http.put("/v1/applicant/vehicle", json={})).json()["state"] == "payout"
    done = (await http.put("/v1/applicant/payout", json={"token": "acct_1NvTq2LkdIwHu7ix"})).json()
    assert (done["state"], done["payout_named"]) == ("review", True)
    return http, done["id"]


async def looked_at(town: Town, application_id: str) -> None:
    """A person accepts all papers and records a clear check."""
    at = f"/v1/operator/applications/{application_id}"
    for document in (await town.operator.get(at)).json()["documents"]:
        picture = await town.operator.get(f"{at}/documents/{document['id']}")
        assert picture.headers["content-type"] == "image/jpeg"
        review = await town.operator.post(f"{at}/documents/{document['id']}/review", json={"accepted": True})
        assert review.status_code == 200, review.text
    assert (await town.operator.post(f"{at}/check", json={"result": "clear"})).status_code == 200


async def test_an_applicant_becomes_a_courier_by_a_named_person(town: Town) -> None:
    http, application_id = await ready_for_review(town)
    at = f"/v1/operator/applications/{application_id}"
    early = await town.operator.post(f"{at}/activate")
    assert (early.status_code, early.json()["code"]) == (409, "not-ready-to-activate")
    assert early.json()["missing"] == ["document:identity", "background_check"]
    assert (await http.get("/v1/courier/me")).status_code == 401
    await looked_at(town, application_id)
    answer = await town.operator.post(f"{at}/activate")
    assert answer.status_code == 200, answer.text
    (row,) = await town.rows("SELECT activated_by, papers_valid_until, phone FROM courier")
    assert row["activated_by"].startswith("operator:")
    assert (row["phone"], row["papers_valid_until"] is not None) == (PHONE, True)
    (listed,) = (await town.operator.get("/v1/operator/applications", params={"state": "active"})).json()["items"]
    assert listed["courier_id"] == answer.json()["courier_id"]
    again = await town.operator.post(f"{at}/activate")
    assert (again.status_code, again.json()["code"]) == (409, "not-this-step")


async def test_a_consent_keeps_the_hash_of_the_text_that_was_shown(town: Town) -> None:
    await ready_for_review(town)
    rows = await town.rows(
        """SELECT v.kind, v.text, c.displayed_hash, c.ip, c.method FROM courier_consent c
           JOIN agreement_version v ON v.id = c.version_id ORDER BY v.kind"""
    )
    assert [row["kind"] for row in rows] == ["agreement", "check_disclosure"], "each a record of its own"
    assert all(row["displayed_hash"] == policy.text_hash(row["text"]) and row["method"] for row in rows)


async def test_refusals_on_the_way_say_what_to_do_next(town: Town) -> None:
    http = await applicant(town)
    out_of_turn = await http.put("/v1/applicant/payout", json={"token": "acct_1NvTq2LkdIwHu7ix"})
    assert (out_of_turn.json()["code"], bool(out_of_turn.json()["next"])) == ("not-this-step", True)
    who = {"name": "Ida", "market_id": MARKET, "vehicle": "bicycle"}
    await http.put("/v1/applicant/application", json=who)
    old = await http.post("/v1/applicant/documents", json=a_document(town, in_days=-2))
    assert old.json()["code"] == "document-expired"
    await http.post("/v1/applicant/documents", json=a_document(town))
    assert (await http.get("/v1/applicant/texts/agreement")).json()["code"] == "no-text-in-force"
    text = await published(town, "agreement")
    body = {"version_id": text["id"], "displayed_hash": "0" * 64}
    other = await http.post("/v1/applicant/texts/agreement/consent", json=body)
    assert other.json()["code"] == "other-text-shown"
    bank = await http.put("/v1/applicant/payout", json={"token": "CH9300762011623852957"})
    assert bank.json()["code"] == "not-a-payout-token"
    assert "9300762011623852957" not in bank.text


async def test_a_couriers_phone_cannot_apply_again(town: Town) -> None:
    courier = await town.hired()
    async with town.client() as http:
        await http.post("/v1/applicant/login-codes", json={"phone": courier.phone})
        session = {"phone": courier.phone, "code": town.codes.sent[-1][1]}
        answer = await http.post("/v1/applicant/sessions", json=session)
    assert (answer.status_code, answer.json()["code"]) == (409, "already-a-courier")


async def test_a_declined_applicant_reads_the_reason_and_may_apply_again(town: Town) -> None:
    http, application_id = await ready_for_review(town)
    at = f"/v1/operator/applications/{application_id}/decline"
    assert (await town.operator.post(at, json={"reason": "The photo is of a cat"})).status_code == 200
    said = (await http.get("/v1/applicant/application")).json()
    assert (said["state"], said["decision_reason"]) == ("declined", "The photo is of a cat")
    again = await applicant(town)
    assert (await again.get("/v1/applicant/application")).json()["state"] == "started"


async def test_papers_that_end_and_agreements_that_change_close_to_offers_and_open_again(town: Town) -> None:
    http, application_id = await ready_for_review(town, in_days=5)
    await looked_at(town, application_id)
    at = f"/v1/operator/applications/{application_id}"
    courier_id = (await town.operator.post(f"{at}/activate")).json()["courier_id"]
    await published(town, "agreement", "A newer agreement with more words in it.", in_days=3)
    courier = await town.couriers.get(courier_id)
    now, due, end = town.clock.now(), courier.consent_due_at, courier.papers_valid_until
    assert due is not None
    assert due > now, "with notice"
    assert end is not None
    assert policy.ends_soon(end, now)
    assert (await accepted(http, "agreement")).status_code == 200
    assert (await town.couriers.get(courier_id)).consent_due_at is None
    await http.post("/v1/applicant/documents", json=a_document(town, in_days=400))
    assert (await town.couriers.get(courier_id)).papers_valid_until == end, "nobody has looked at it yet"
    await looked_at(town, application_id)
    later = (await town.couriers.get(courier_id)).papers_valid_until
    assert later is not None
    assert later > end


async def test_a_text_that_is_newer_than_the_consent_is_asked_for_before_anybody_starts(town: Town) -> None:
    http, application_id = await ready_for_review(town)
    await looked_at(town, application_id)
    town.clock.advance(60)
    await published(town, "agreement", "You may also carry on Sundays.")
    path = f"/v1/operator/applications/{application_id}/activate"
    refused = await town.operator.post(path)
    assert (refused.status_code, refused.json()["missing"]) == (409, ["consent:agreement"])
    assert (await accepted(http, "agreement")).is_success
    assert (await town.operator.post(path)).is_success

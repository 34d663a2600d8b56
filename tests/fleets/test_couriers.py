"""Couriers over HTTP: hired, signed in by code, on duty, on the map."""

from datetime import timedelta
from typing import Any

import pytest

from homeward.fleets.couriers.errors import BadPhone
from homeward.fleets.couriers.model import VEHICLES, Fix, VehicleKind
from homeward.fleets.couriers.policy import believable, e164
from homeward.infra.auth import COOKIES
from homeward.kit.places import LatLon
from tests.dispatch.world import MARKET, NEAR_THE_BAKERY, Town

NEW = {"market_id": MARKET, "name": "Ana Meier", "phone": "+41 79 123 45 67", "vehicle": "bicycle"}


async def code_for(town: Town, phone: str) -> str:
    async with town.client() as http:
        assert (await http.post("/v1/courier/login-codes", json={"phone": phone})).status_code == 202
    return town.codes.sent[-1][1]


async def sign_in(town: Town, phone: str, code: str) -> Any:
    async with town.client() as http:
        return await http.post("/v1/courier/sessions", json={"phone": phone, "code": code})


async def test_the_operator_adds_a_courier_whose_capacity_follows_from_the_vehicle(town: Town) -> None:
    answer = await town.operator.post("/v1/operator/couriers", json=NEW)
    assert answer.status_code == 201, answer.text
    courier = answer.json()
    assert courier["phone"] == "+41791234567"
    assert courier["capacity_g"] == VEHICLES[VehicleKind.BICYCLE].capacity_g
    listed = (await town.operator.get("/v1/operator/couriers", params={"market_id": MARKET})).json()["items"]
    assert [one["id"] for one in listed] == [courier["id"]]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({}, 409, "phone-taken"),
        ({"phone": "079 123"}, 422, "bad-phone"),
        ({"phone": "+41790000009", "market_id": "mkt_none"}, 422, "unknown-market"),
        ({"phone": "+41790000009", "vehicle": "horse"}, 422, "malformed-request"),
    ],
)
async def test_what_is_refused_when_adding_a_courier(
    town: Town, change: dict[str, str], status: int, code: str
) -> None:
    await town.operator.post("/v1/operator/couriers", json=NEW)
    answer = await town.operator.post("/v1/operator/couriers", json={**NEW, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_courier_signs_in_by_the_code_once(town: Town) -> None:
    courier = await town.hired()
    code = await code_for(town, courier.phone)
    assert len(code) == 6
    first = await sign_in(town, courier.phone, code)
    assert first.status_code == 201, first.text
    async with town.client(first.json()["token"]) as http:
        assert (await http.get("/v1/courier/me")).json()["id"] == courier.id
    assert (await sign_in(town, courier.phone, code)).status_code == 401


async def test_only_the_newest_code_counts(town: Town) -> None:
    courier = await town.hired()
    old = await code_for(town, courier.phone)
    new = await code_for(town, courier.phone)
    if old != new:
        assert (await sign_in(town, courier.phone, old)).status_code == 401
    assert (await sign_in(town, courier.phone, new)).status_code == 201


async def test_after_five_wrong_tries_even_the_right_code_is_refused(town: Town) -> None:
    courier = await town.hired()
    code = await code_for(town, courier.phone)
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(5):
        assert (await sign_in(town, courier.phone, wrong)).json()["code"] == "wrong-code"
    assert (await sign_in(town, courier.phone, code)).status_code == 401


async def test_a_code_ends_after_ten_minutes_of_the_databases_time(town: Town) -> None:
    courier = await town.hired()
    code = await code_for(town, courier.phone)
    town.clock.advance(3_600)  # business time may run fast; codes do not
    await town.rows("UPDATE login_code SET expires_at = expires_at - interval '599 seconds' RETURNING id")
    again = await code_for(town, courier.phone)
    assert (await sign_in(town, courier.phone, again)).status_code == 201
    code = await code_for(town, courier.phone)
    await town.rows("UPDATE login_code SET expires_at = expires_at - interval '601 seconds' RETURNING id")
    assert (await sign_in(town, courier.phone, code)).status_code == 401


async def test_a_stranger_learns_nothing_from_asking_for_a_code_or_guessing_one(town: Town) -> None:
    courier = await town.hired()
    async with town.client() as http:
        known = await http.post("/v1/courier/login-codes", json={"phone": courier.phone})
        unknown = await http.post("/v1/courier/login-codes", json={"phone": "+41799999999"})
    assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
    assert [phone for phone, _ in town.codes.sent] == [courier.phone]
    answers = [(await sign_in(town, phone, "123456")).json() for phone in (courier.phone, "+41799999999")]
    assert [answer["code"] for answer in answers] == ["wrong-code", "wrong-code"]
    assert answers[0]["title"] == answers[1]["title"]


async def test_codes_are_limited_by_phone(town: Town) -> None:
    courier = await town.hired()
    async with town.client() as http:
        answers = [await http.post("/v1/courier/login-codes", json={"phone": courier.phone}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [202] * 5 + [429]
    assert "retry-after" in answers[-1].headers
    assert len(town.codes.sent) == 5


async def test_codes_are_limited_by_address(town: Town) -> None:
    async with town.client() as http:
        for n in range(20):
            answer = await http.post("/v1/courier/login-codes", json={"phone": f"+4179000{n:04d}"})
            assert answer.status_code == 202
        assert (await http.post("/v1/courier/login-codes", json={"phone": "+41790009999"})).status_code == 429


async def test_duty_has_an_end_that_lies_ahead(town: Town) -> None:
    ana = await town.on_duty()
    over = await ana.post("/duty", on=True, shift_ends=town.clock.now().isoformat())
    assert (over.status_code, over.json()["code"]) == (409, "shift-already-over")
    ends = town.clock.now() + timedelta(hours=2)
    courier = (await ana.post("/duty", on=True, shift_ends=ends.isoformat())).json()
    assert courier["on_duty"] is True
    off = (await ana.post("/duty", on=False)).json()
    assert (off["on_duty"], off["shift_ends"]) == (False, None)


async def test_positions_arrive_in_batches_in_any_order_and_only_a_newer_one_moves_the_courier(town: Town) -> None:
    ana = await town.on_duty()
    town.clock.advance(60)
    now = town.clock.now()
    late = {"at": (now - timedelta(seconds=30)).isoformat(), "lat": 47.1, "lon": 9.5}
    newest = {"at": now.isoformat(), "lat": 47.2, "lon": 9.6, "accuracy_m": 8, "heading": 90}
    assert (await ana.post("/positions", fixes=[newest, late])).json() == {"accepted": 2}
    assert (await ana.get("/me")).json()["place"] == {"lat": 47.2, "lon": 9.6}
    older = {"at": (now - timedelta(seconds=20)).isoformat(), "lat": 47.0, "lon": 9.0}
    assert (await ana.post("/positions", fixes=[older])).json() == {"accepted": 1}
    me = (await ana.get("/me")).json()
    assert (me["place"], me["accuracy_m"], me["heading"]) == ({"lat": 47.2, "lon": 9.6}, 8, 90)
    trace = await town.rows("SELECT at FROM courier_position WHERE courier_id = %(id)s", id=ana.id)
    assert len(trace) == 3


async def test_nobody_is_followed_off_duty(town: Town) -> None:
    ana = await town.on_duty()
    await ana.post("/duty", on=False)
    fix = {"at": town.clock.now().isoformat(), "lat": 47.0, "lon": 9.0}
    assert (await ana.post("/positions", fixes=[fix])).json() == {"accepted": 0}
    assert await town.rows("SELECT 1 FROM courier_position") == []


async def test_a_batch_of_many_couriers_is_one_transaction(town: Town) -> None:
    phones = [await town.on_duty(f"C {n}", LatLon(47.1, 9.5 + n / 1_000)) for n in range(8)]
    town.clock.advance(10)
    now = town.clock.now()
    reports = {
        phone.id: [Fix(now, LatLon(47.2, 9.5)), Fix(now - timedelta(seconds=5), NEAR_THE_BAKERY)] for phone in phones
    }
    assert await town.couriers.record_batch(reports) == 16
    rows = await town.rows("SELECT count(DISTINCT xmin::text) AS n FROM courier_position")
    assert rows[0]["n"] == 1
    assert {courier.place for courier in await town.couriers.list(MARKET, True)} == {LatLon(47.2, 9.5)}


async def test_a_silent_courier_is_marked_lost_once_and_a_fix_brings_them_back(town: Town) -> None:
    ana = await town.on_duty()
    town.clock.advance(300)
    assert await town.couriers.sweep_lost() == 0
    town.clock.advance(1)
    assert await town.couriers.sweep_lost() == 1
    assert await town.couriers.sweep_lost() == 0
    assert (await ana.get("/me")).json()["contact_lost_at"] is not None
    await town.heard(ana, NEAR_THE_BAKERY)
    assert (await ana.get("/me")).json()["contact_lost_at"] is None


async def test_without_a_token_a_couriers_doors_are_shut(town: Town) -> None:
    async with town.client() as http:
        for path in ("me", "offer", "route"):
            assert (await http.get(f"/v1/courier/{path}")).status_code == 401
        assert (await http.post("/v1/courier/positions", json={"fixes": []})).status_code == 401


@pytest.mark.parametrize(
    ("written", "number"),
    [("+41 79 123 45 67", "+41791234567"), ("+1 (555) 010-9999", "+15550109999"), ("+49.30/123456", "+4930123456")],
)
def test_phone_numbers_are_kept_in_one_form(written: str, number: str) -> None:
    assert e164(written) == number


@pytest.mark.parametrize("written", ["079 123 45 67", "+0791234567", "+41", "call me", "+4179123456789012"])
def test_what_is_no_phone_number_is_refused(written: str) -> None:
    with pytest.raises(BadPhone):
        e164(written)


async def test_fixes_from_the_future_or_the_distant_past_are_thrown_away(town: Town) -> None:
    now = town.clock.now()
    ages_s = [-121, -120, 0, 6 * 3_600, 6 * 3_600 + 1]
    fixes = [Fix(now - timedelta(seconds=age), NEAR_THE_BAKERY) for age in ages_s]
    assert [(now - fix.at).total_seconds() for fix in believable(fixes, now)] == [6 * 3_600, 0, -120]


async def test_where_couriers_were_is_forgotten_after_a_month(town: Town) -> None:
    ana = await town.on_duty()
    for days in (29, 31):
        await town.heard(ana, LatLon(47.14 + days / 10_000, 9.52))
        town.clock.advance(1)
    async with town.db.operator() as tx:
        await tx.run("UPDATE courier_position SET recorded_at = now() - interval '29 days' WHERE lat < 47.143")
        await tx.run("UPDATE courier_position SET recorded_at = now() - interval '31 days' WHERE lat >= 47.143")
    assert await town.couriers.forget_old_positions() == 1
    assert await town.couriers.forget_old_positions() == 0
    assert [row["lat"] for row in await town.rows("SELECT lat FROM courier_position")] == [47.14 + 29 / 10_000]


@pytest.mark.parametrize(("site", "status"), [("same-site", 401), ("cross-site", 401), ("same-origin", 200)])
async def test_another_site_cannot_act_with_a_couriers_cookie(town: Town, site: str, status: int) -> None:
    ana = await town.on_duty()
    token = ana.http.headers["Authorization"].removeprefix("Bearer ")
    async with town.client() as browser:
        browser.cookies.set(COOKIES["courier"], token)
        headers = {"Sec-Fetch-Site": site}
        assert (await browser.post("/v1/courier/duty", json={"on": True}, headers=headers)).status_code == status
        assert (await browser.get("/v1/courier/me", headers=headers)).status_code == 200

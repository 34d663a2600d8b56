"""Merchants, stores, people and keys over HTTP."""

import base64
import io
from typing import Any

import httpx
import pytest
from PIL import Image

from homeward.infra.auth import COOKIES
from homeward.infra.operators import EmailTaken, WrongCredentials
from homeward.kit.problems import MalformedRequest, TooManyRequests
from homeward.merchants.errors import DomainTaken, SlugTaken
from homeward.merchants.model import Role
from tests.quotes.conftest import BAKERY, NEAR, World, world

__all__ = ["world"]

PASSWORD = "a long password"


# ── merchants and keys ──


async def test_a_new_merchant_gets_a_live_and_a_test_key(world: World) -> None:
    made = world.merchant
    assert made.live_key.secret.startswith("sk_live_")
    assert made.test_key.secret.startswith("sk_test_")
    for new in (made.live_key, made.test_key):
        actor = await world.auth.find_merchant(new.secret, None)
        assert actor is not None
        assert (actor.merchant_id, actor.mode) == (made.merchant.id, new.key.mode)


async def test_a_key_is_shown_once_and_stored_as_a_hash(world: World) -> None:
    made = await world.http.post("/v1/api-keys", json={"mode": "test", "name": "laptop"})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    secret = made.json()["secret"]
    listed = await world.http.get("/v1/api-keys")
    assert secret not in listed.text
    assert made.json()["hint"] in listed.text
    async with world.db.operator() as tx:
        rows = await tx.all("SELECT * FROM api_key")
    assert all(secret not in str(row) for row in rows)


async def test_a_revoked_key_opens_nothing(world: World) -> None:
    made = (await world.http.post("/v1/api-keys", json={"mode": "live"})).json()
    headers = {"Authorization": f"Bearer {made['secret']}"}
    assert (await world.http.get("/v1/merchant", headers=headers)).status_code == 200
    revoked = await world.http.delete(f"/v1/api-keys/{made['id']}")
    again = await world.http.delete(f"/v1/api-keys/{made['id']}")
    assert revoked.json()["revoked_at"] == again.json()["revoked_at"] is not None
    assert (await world.http.get("/v1/merchant", headers=headers)).status_code == 401


async def test_the_last_use_of_a_key_can_be_seen(world: World) -> None:
    await world.http.get("/v1/merchant")
    keys = (await world.http.get("/v1/api-keys")).json()["items"]
    used = {key["mode"]: key["last_used_at"] is not None for key in keys}
    assert used == {"live": True, "test": False}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/api-keys", {"mode": "live"}),
        ("DELETE", "/v1/api-keys/key_1", None),
        ("PATCH", "/v1/merchant", {"name": "Mine"}),
        ("POST", "/v1/users", {"email": "a@b.ch", "name": "A", "role": "owner", "password": PASSWORD}),
        ("POST", "/v1/stores", {"name": "B", "address": "1 Bakery Square"}),
    ],
)
async def test_a_test_key_cannot_change_what_live_deliveries_depend_on(
    world: World, method: str, path: str, body: dict[str, Any] | None
) -> None:
    headers = {"Authorization": f"Bearer {world.merchant.test_key.secret}"}
    answer = await world.http.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


async def test_short_names_and_domains_belong_to_one_merchant(world: World) -> None:
    with pytest.raises(SlugTaken):
        await world.merchants.create_merchant("Bakery Zurich")
    await world.merchants.create_merchant("B", tracking_domain="track.b.example")
    with pytest.raises(DomainTaken):
        await world.merchants.create_merchant("C", tracking_domain="Track.B.example")
    found = await world.merchants.by_tracking_domain("track.b.example:8080")
    assert found is not None
    assert found.slug == "b"
    with pytest.raises(DomainTaken):
        await world.merchants.set_tracking_domain(world.merchant.merchant.id, "track.b.example")


async def test_the_operator_makes_and_suspends_merchants(world: World) -> None:
    headers = await world.as_operator()
    body = {
        "name": "Florist",
        "owner_email": "f@example.org",
        "owner_password": PASSWORD,
        "brand": {"colour": "#225500"},
    }
    made = (await world.http.post("/v1/operator/merchants", json=body, headers=headers)).json()
    assert made["merchant"]["brand"]["display_name"] == "Florist"
    key = {"Authorization": f"Bearer {made['live_key']['secret']}"}
    assert (await world.http.get("/v1/merchant", headers=key)).status_code == 200
    path = f"/v1/operator/merchants/{made['merchant']['id']}"
    await world.http.patch(path, json={"status": "suspended"}, headers=headers)
    assert (await world.http.get("/v1/merchant", headers=key)).status_code == 401
    with pytest.raises(WrongCredentials):
        await world.merchants.sign_in("f@example.org", PASSWORD)
    await world.http.patch(path, json={"status": "active"}, headers=headers)
    assert (await world.http.get("/v1/merchant", headers=key)).status_code == 200


async def test_a_failed_creation_leaves_nothing_behind(world: World) -> None:
    await world.merchants.create_merchant("One", owner_email="a@example.org", owner_password=PASSWORD)
    with pytest.raises(EmailTaken):
        await world.merchants.create_merchant("Two", owner_email="a@example.org", owner_password=PASSWORD)
    assert await world.merchants.by_slug("two") is None


# ── brand ──


async def test_a_brand_is_changed_part_by_part(world: World) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 20), "#336699").save(picture, format="JPEG")
    logo = "data:image/jpeg;base64," + base64.b64encode(picture.getvalue()).decode()
    body = {"brand": {"display_name": "Zürcher Brot", "colour": "#7A1F00", "logo": logo}}
    brand = (await world.http.patch("/v1/merchant", json=body)).json()["brand"]
    assert (brand["display_name"], brand["colour"], brand["text_colour"]) == ("Zürcher Brot", "#7a1f00", "#ffffff")
    assert brand["logo"].startswith("data:image/png;base64,")
    kept = (await world.http.patch("/v1/merchant", json={"name": "New name"})).json()
    assert (kept["name"], kept["brand"]) == ("New name", brand)


async def test_colours_that_cannot_be_read_are_refused_with_one_that_can(world: World) -> None:
    answer = await world.http.patch("/v1/merchant", json={"brand": {"colour": "#ffee00"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "colours-too-close")
    assert answer.json()["suggested"] == "#000000"


async def test_a_logo_that_is_no_picture_is_refused(world: World) -> None:
    answer = await world.http.patch("/v1/merchant", json={"brand": {"logo": "data:image/svg+xml;base64,PHN2Zy8+"}})
    assert (answer.status_code, answer.json()["code"]) == (409, "logo-unusable")


# ── stores ──


async def test_a_store_is_found_by_its_address_and_belongs_to_the_market_there(world: World) -> None:
    body = {"name": "Second", "address": "1 Bakery Square", "external_id": "s2", "holiday_calendar": "CH"}
    answer = await world.http.post("/v1/stores", json=body)
    assert answer.status_code == 201
    store = answer.json()
    assert store["place"] == {"lat": BAKERY.lat, "lon": BAKERY.lon}
    assert (store["market_id"], store["hours"]["time_zone"]) == ("mkt_1", "Europe/Zurich")
    assert (await world.http.get(f"/v1/stores/{store['id']}")).json() == store


async def test_a_store_whose_address_is_unclear_asks_for_a_pin(world: World) -> None:
    answer = await world.http.post("/v1/stores", json={"name": "Second", "address": "Main Street"})
    assert (answer.status_code, answer.json()["code"]) == (409, "store-address-unclear")
    pin = answer.json()["candidates"][0]["place"]
    assert (await world.http.post("/v1/stores", json={"name": "Second", "place": pin})).status_code == 201


async def test_a_store_outside_every_market_is_refused(world: World) -> None:
    answer = await world.http.post("/v1/stores", json={"name": "Sea", "place": {"lat": 0, "lon": 0}})
    assert (answer.status_code, answer.json()["code"]) == (409, "no-market-for-store")


async def test_an_external_id_names_one_store_of_a_merchant(world: World) -> None:
    body = {"name": "Second", "place": {"lat": NEAR.lat, "lon": NEAR.lon}, "external_id": "s2"}
    assert (await world.http.post("/v1/stores", json=body)).status_code == 201
    assert (await world.http.post("/v1/stores", json=body)).json()["code"] == "external-id-taken"
    other = await world.merchants.create_merchant("Other")
    headers = {"Authorization": f"Bearer {other.live_key.secret}"}
    assert (await world.http.post("/v1/stores", json=body, headers=headers)).status_code == 201


async def test_a_store_is_changed_part_by_part(world: World) -> None:
    path = f"/v1/stores/{world.store.id}"
    hours = {"time_zone": "Europe/Zurich", "weekly": {"0": [["09:00", "12:00"], ["13:30", "18:30"]]}}
    body = {"hours": hours, "preparation_s": 60, "phone": "+41 44 000 00 00", "pickup_instructions": "Ring twice"}
    changed = (await world.http.patch(path, json=body)).json()
    assert changed["hours"] == {**hours, "exceptions": {}}
    assert (changed["preparation_s"], changed["name"]) == (60, "Bakery")
    emptied = (await world.http.patch(path, json={"phone": None})).json()
    assert (emptied["phone"], emptied["pickup_instructions"]) == (None, "Ring twice")
    moved = (await world.http.patch(path, json={"place": {"lat": NEAR.lat, "lon": NEAR.lon}})).json()
    assert moved["place"] == {"lat": NEAR.lat, "lon": NEAR.lon}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"holiday_calendar": "XX"}, "/holiday_calendar"),
        ({"hours": {"time_zone": "Nowhere", "weekly": {}}}, "/hours/time_zone"),
        ({"hours": {"time_zone": "UTC", "weekly": {"7": []}}}, "/hours/weekly/7"),
        ({"hours": {"time_zone": "UTC", "weekly": {"0": [["9", "18:00"]]}}}, "/hours/weekly/0/0"),
        (
            {"hours": {"time_zone": "UTC", "weekly": {"0": [["09:00", "13:00"], ["12:00", "18:00"]]}}},
            "/hours/weekly/0",
        ),
        ({"hours": {"time_zone": "UTC", "weekly": {}, "exceptions": {"May 1": []}}}, "/hours/exceptions/May 1"),
        ({"preparation_s": -1}, "/preparation_s"),
        ({"naem": "x"}, "/naem"),
    ],
)
async def test_a_wrong_part_of_a_store_is_named(world: World, body: dict[str, Any], pointer: str) -> None:
    answer = await world.http.patch(f"/v1/stores/{world.store.id}", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_what_belongs_to_another_merchant_does_not_exist(world: World) -> None:
    other = await world.merchants.create_merchant("Other", owner_email="o@example.org", owner_password=PASSWORD)
    assert other.owner is not None
    headers = {"Authorization": f"Bearer {other.live_key.secret}"}
    for method, path in (
        ("GET", f"/v1/stores/{world.store.id}"),
        ("PATCH", f"/v1/stores/{world.store.id}"),
        ("DELETE", f"/v1/api-keys/{world.merchant.live_key.key.id}"),
    ):
        body = {"name": "Stolen"} if method == "PATCH" else None
        answer = await world.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == 404, path
    assert (await world.http.delete(f"/v1/users/{other.owner.id}")).status_code == 404
    assert (await world.http.get("/v1/stores", headers=headers)).json() == {"items": []}


# ── people ──


async def test_people_sign_in_and_out(world: World) -> None:
    await _person(world, "Eva@example.org", Role.OWNER)
    signed_in = await world.merchants.sign_in(" eva@example.org", PASSWORD, "10.0.0.1")
    session = _session(signed_in.token)
    assert (await _as(world, session).get("/v1/merchant")).status_code == 200
    await world.merchants.sign_out(signed_in.token)
    assert (await _as(world, session).get("/v1/merchant")).status_code == 401


@pytest.mark.parametrize(
    ("email", "password"), [("eva@example.org", "wrong password"), ("nobody@example.org", PASSWORD)]
)
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    world: World, email: str, password: str
) -> None:
    await _person(world, "eva@example.org", Role.OWNER)
    with pytest.raises(WrongCredentials) as refused:
        await world.merchants.sign_in(email, password)
    assert refused.value.members() == {}


async def test_guessing_is_slowed_down_by_name_and_by_address(world: World) -> None:
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await world.merchants.sign_in("eva@example.org", "guess")
    with pytest.raises(TooManyRequests):
        await world.merchants.sign_in("eva@example.org", "guess")
    for number in range(50):
        with pytest.raises(WrongCredentials):
            await world.merchants.sign_in(f"{number}@example.org", "guess", "10.0.0.9")
    with pytest.raises(TooManyRequests):
        await world.merchants.sign_in("51@example.org", "guess", "10.0.0.9")


@pytest.mark.parametrize(
    ("role", "keys", "people"), [(Role.OWNER, 200, 200), (Role.DEVELOPER, 200, 403), (Role.STAFF, 403, 403)]
)
async def test_each_role_sees_what_it_may(world: World, role: Role, keys: int, people: int) -> None:
    await _person(world, "eva@example.org", role)
    session = _session((await world.merchants.sign_in("eva@example.org", PASSWORD)).token)
    assert (await _as(world, session).get("/v1/merchant")).status_code == 200
    assert (await _as(world, session).get("/v1/api-keys")).status_code == keys
    assert (await _as(world, session).get("/v1/users")).status_code == people


async def test_only_an_owner_makes_a_live_key_since_it_may_do_all_that_an_owner_may(world: World) -> None:
    await _person(world, "eva@example.org", Role.DEVELOPER)
    await _person(world, "olga@example.org", Role.OWNER)
    for email, mode, status in [("eva", "live", 403), ("eva", "test", 201), ("olga", "live", 201)]:
        session = _session((await world.merchants.sign_in(f"{email}@example.org", PASSWORD)).token)
        made = await _as(world, session).post("/v1/api-keys", json={"mode": mode})
        assert (email, mode, made.status_code) == (email, mode, status)


async def test_somebody_who_is_removed_is_out_at_once(world: World) -> None:
    await _person(world, "eva@example.org", Role.OWNER)
    staff = await _person(world, "sam@example.org", Role.STAFF)
    session = _session((await world.merchants.sign_in("sam@example.org", PASSWORD)).token)
    assert (await world.http.delete(f"/v1/users/{staff['id']}")).status_code == 204
    assert (await _as(world, session).get("/v1/merchant")).status_code == 401


async def test_a_new_password_ends_the_old_sessions(world: World) -> None:
    eva = await _person(world, "eva@example.org", Role.OWNER)
    session = _session((await world.merchants.sign_in("eva@example.org", PASSWORD)).token)
    changed = await world.http.patch(f"/v1/users/{eva['id']}", json={"password": "another password"})
    assert changed.status_code == 200
    assert (await _as(world, session).get("/v1/merchant")).status_code == 401
    assert (await world.merchants.sign_in("eva@example.org", "another password")).user.id == eva["id"]


async def test_the_last_owner_stays_an_owner(world: World) -> None:
    eva = await _person(world, "eva@example.org", Role.OWNER)
    path = f"/v1/users/{eva['id']}"
    for answer in (await world.http.delete(path), await world.http.patch(path, json={"role": "staff"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "last-owner")
    await _person(world, "sam@example.org", Role.OWNER)
    assert (await world.http.patch(path, json={"role": "staff"})).json()["role"] == "staff"


async def test_one_address_has_one_account_everywhere(world: World) -> None:
    await _person(world, "eva@example.org", Role.OWNER)
    other = await world.merchants.create_merchant("Other")
    with pytest.raises(EmailTaken):
        await world.merchants.create_user(
            other.merchant.id, email="EVA@example.org", name="Eva", role=Role.STAFF, password=PASSWORD
        )


async def test_a_bad_email_and_a_short_password_are_both_named(world: World) -> None:
    with pytest.raises(MalformedRequest) as refused:
        await world.merchants.create_user(
            world.merchant.merchant.id, email="eva", name="Eva", role=Role.STAFF, password="short"
        )
    assert {error.pointer for error in refused.value.errors} == {"/email", "/password"}


async def _person(world: World, email: str, role: Role) -> dict[str, Any]:
    body = {"email": email, "name": "Eva", "role": role.value, "password": PASSWORD}
    answer = await world.http.post("/v1/users", json=body)
    assert answer.status_code == 201, answer.text
    person: dict[str, Any] = answer.json()
    return person


def _session(token: str) -> dict[str, str]:
    return {COOKIES["merchant"]: token}


def _as(world: World, cookies: dict[str, str]) -> httpx.AsyncClient:
    """A browser with this session and without the key."""
    return httpx.AsyncClient(transport=world.http._transport, base_url="http://test", cookies=cookies)

"""No merchant sees, changes or even learns of another's: every door is tried with every credential.

The answer for something of the other merchant must be the same as for something that does not exist.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from homeward.deliveries.states import Act
from tests.acceptance.doors import PAGES, QUERIES, Door, body_for, described, mounted
from tests.acceptance.world import CANARY, World, refused_properly

OPEN_TO_ALL = frozenset(
    {
        "POST /v1/courier/login-codes",
        "POST /v1/courier/sessions",
        "POST /v1/applicant/login-codes",
        "POST /v1/applicant/sessions",
        "POST /v1/operator/sessions",
    }
)
"""How people sign in: the answer is the same for known and unknown telephones and addresses (tests/fleets, below)."""

NAMING_A_STORE = frozenset({"POST /v1/quotes", "POST /v1/eligibility", "POST /v1/deliveries", "POST /v1/drivers"})
"""Doors without an id in the path that name one of the other merchant's in the body."""

OWN_WORK = frozenset({"GET /v1/courier/record", "GET /v1/courier/record.csv"})
"""Where a courier reads the names of the stores that they carried for, whosever they are."""

NOT_DESCRIBED = {
    "/openapi.json": "the description itself",
    "/healthz": "for load balancers",
    "/readyz": "for load balancers",
    "/metrics": "for the operator's monitoring, behind the operator's sign-in",
    "/tiles/": "map tiles hold no merchant's data",
    "/assets/": "scripts and styles",
    "/p/": "links to proof that open for a day by their own signature (tests/deliveries/test_proof_links.py)",
    "/v1/mds/": "cities read there, in another standard's words and by their own token (tests/fleets/city_reports)",
    "/hooks/": "other companies' news, proven by their own secret (tests/fleets/carriers)",
}
"""Routes outside the API description, beside the pages of people (PAGES), and why."""


@dataclass(frozen=True)
class Somebody:
    """A credential and where it belongs: `merchant`, `courier`, `operator`, or nowhere."""

    name: str
    face: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Probe:
    """A world in which the butcher has one of everything, and the baker's people try every door."""

    world: World
    people: list[Somebody]
    ids: dict[str, str]
    wrong: list[str] = field(default_factory=list)
    _sent: int = 0

    async def send(self, who: Somebody, door: Door, ids: Mapping[str, str], **query: str) -> httpx.Response:
        self._sent += 1
        body = body_for(door, ids, fresh=f"fresh-{self._sent}")
        headers = {**who.headers, "Idempotency-Key": f"probe-{self._sent:06d}"}
        async with self.world.client(**who.cookies) as http:
            answer = await http.request(
                door.method,
                door.filled(ids),
                headers=headers,
                json=body,
                params={**QUERIES.get(str(door), {}), **query},
            )
        if CANARY in answer.text and not (who.face == "courier" and str(door) in OWN_WORK):
            self.wrong.append(f"{who.name} · {door}: shows the other merchant's data")
        return refused_properly(answer)

    async def strangers_answer(self, who: Somebody, door: Door) -> None:
        """For the other merchant's things: 404, and word for word the answer for what does not exist."""
        theirs = await self.send(who, door, self.ids)
        if theirs.is_success:
            self.wrong.append(f"{who.name} · {door}: {theirs.status_code} for what is not theirs")
        nothings = {name: _unlike(value) for name, value in self.ids.items()}
        nothing = await self.send(who, door, nothings)
        if _told(theirs, self.ids) != _told(nothing, nothings):
            self.wrong.append(f"{who.name} · {door}: {theirs.text} differs from {nothing.text}")
        key = who.name in ("live key", "courier")
        if key and theirs.status_code not in (404, 409):
            self.wrong.append(f"{who.name} · {door}: {theirs.status_code} instead of 404")


@pytest.fixture
async def probe(world: World) -> Probe:
    ids = await _furnished(world)
    return Probe(world, await _people(world), ids)


async def test_the_api_description_lists_every_route_that_is_mounted(world: World) -> None:
    answering = {str(door) for door in mounted(world.app) if not door.path.startswith((*PAGES, *NOT_DESCRIBED))}
    assert answering == {str(door) for door in described(world.app)}


async def test_no_door_shows_or_changes_anything_of_another_merchant(probe: Probe) -> None:
    for seen_by_its_own in ("/v1/merchant", "/v1/stores", "/v1/deliveries", "/v1/users", "/v1/webhook-endpoints"):
        assert CANARY in (await probe.world.ask(probe.world.butcher.live_key, "GET", seen_by_its_own)).text
    before = await _everything_of(probe.world, probe.world.butcher.id)
    for door in described(probe.world.app):
        for who in probe.people:
            await _try(probe, who, door)
    after = await _everything_of(probe.world, probe.world.butcher.id)
    assert not probe.wrong, "\n".join(probe.wrong)
    assert after == before, "the other merchant's rows have changed"


async def test_names_of_another_merchants_things_open_nothing_in_queries_and_bodies(probe: Probe) -> None:
    """Filters, cursors and ids inside bodies, with a key that may do all."""
    world, key = probe.world, next(who for who in probe.people if who.name == "live key")
    before = await _everything_of(world, world.butcher.id)
    lists, feed = Door("GET", "/v1/deliveries"), Door("GET", "/v1/events")
    theirs = await world.done(world.butcher.live_key, "GET", "/v1/deliveries", limit=1)
    their_feed = await world.done(world.butcher.live_key, "GET", "/v1/events", limit=3)
    filters = {"store_id": world.butcher.store_id, "external_id": CANARY, "text": CANARY}
    for query in (*({name: value} for name, value in filters.items()), {"cursor": theirs["next_cursor"]}):
        answer = await probe.send(key, lists, probe.ids, **query)
        assert answer.json()["items"] == [], query
    answer = await probe.send(key, feed, probe.ids, after=their_feed["next_cursor"])
    assert answer.json()["items"] == []

    own = await world.done(world.bakery.live_key, "POST", "/v1/webhook-endpoints", {"url": "https://8.8.8.8/own"})
    replay, log = f"/v1/webhook-endpoints/{own['id']}/replay", f"/v1/webhook-endpoints/{own['id']}/attempts"
    again = await world.ask(world.bakery.live_key, "POST", replay, {"message_id": probe.ids["message_id"]})
    assert again.status_code == 404 or again.json() == {"messages": 0}
    assert (await world.done(world.bakery.live_key, "GET", log, cursor=probe.ids["message_id"]))["items"] == []

    direct = {"store_id": world.butcher.store_id, "dropoff": {"address": "12 Elm Street"}, "parcel": {"weight_g": 9}}
    assert (await world.ask(world.bakery.live_key, "POST", "/v1/deliveries", direct)).status_code == 404
    assert await _everything_of(world, world.butcher.id) == before


async def test_a_test_key_sees_nothing_that_is_live_even_of_its_own_merchant(probe: Probe) -> None:
    world, ids = probe.world, probe.ids
    live_only = ("delivery_id", "quote_id", "proof_id", "endpoint_id")
    for door in described(world.app):
        merchants = not door.path.startswith(("/v1/operator", "/v1/courier", "/v1/applicant", "/v1/test"))
        if merchants and door.method == "GET" and any(name in live_only for name in door.ids):
            path = door.filled(ids)
            assert (await world.ask(world.butcher.live_key, "GET", path)).status_code == 200, door
            assert (await world.ask(world.butcher.test_key, "GET", path)).status_code == 404, door


async def test_pages_know_no_other_merchant_either(probe: Probe) -> None:
    """Portal pages with a session of the baker's owner; console and courier app refuse it altogether."""
    world = probe.world
    owner = next(who for who in probe.people if who.name == "owner")
    before = await _everything_of(world, world.butcher.id)
    wrong: list[str] = []
    async with world.client(**owner.cookies) as http:
        for door in mounted(world.app):
            at_the_door = door.path.endswith(("sign-in", "sign-out"))
            if at_the_door or not door.path.startswith(("/portal", "/console", "/courier")):
                continue
            path = door.filled({**probe.ids, "act": "cancel"})
            data = {"reason": "because", "store_id": probe.ids["store_id"], "quote_id": probe.ids["quote_id"]}
            form = {"data": data} if door.method == "POST" else {}
            answer = await http.request(door.method, path, headers={"Origin": world.town.base_url}, **form)  # type: ignore[arg-type]
            named = bool(door.ids) or "/console" in path
            if CANARY in answer.text or answer.status_code >= 500 or (named and answer.status_code == 200):
                wrong.append(f"{door}: {answer.status_code}")
    assert wrong == []
    assert await _everything_of(world, world.butcher.id) == before


@pytest.mark.parametrize("role", ["support", "dispatcher"])
async def test_a_lesser_role_of_the_operator_changes_no_merchants_and_no_prices(world: World, role: str) -> None:
    operators = world.platform.operators
    await operators.create(f"{role}@example.org", role, role, "a long password")  # type: ignore[arg-type]
    token = await operators.sign_in(f"{role}@example.org", "a long password")
    for door in described(world.app):
        mightily = "/merchants" in door.path or "/markets" in door.path
        if door.path.startswith("/v1/operator") and mightily and door.method != "GET":
            answer = await world.ask(token, door.method, door.filled(dict.fromkeys(door.ids, "any")), {})
            assert answer.status_code == 403, door


# ── who tries, and what ──


async def _try(probe: Probe, who: Somebody, door: Door) -> None:
    """One door, one credential."""
    face = next(
        (face for face in ("operator", "courier", "applicant") if door.path.startswith(f"/v1/{face}")), "merchant"
    )
    if who.face == "operator-elsewhere" and face == "operator":
        return  # at home there; what roles may do is another test
    if str(door) in OPEN_TO_ALL:
        await probe.send(who, door, probe.ids)
    elif who.face != face:
        answer = await probe.send(who, door, probe.ids)
        if answer.status_code != 401:
            probe.wrong.append(f"{who.name} · {door}: {answer.status_code} instead of 401")
    elif door.ids or str(door) in NAMING_A_STORE:
        await probe.strangers_answer(who, door)
    else:
        answer = await probe.send(who, door, probe.ids)
        if answer.status_code not in (200, 201, 204, 403):
            probe.wrong.append(f"{who.name} · {door}: {answer.status_code} {answer.text}")


async def _people(world: World) -> list[Somebody]:
    baker, auth = world.bakery, world.platform.auth
    spare = await world.done(baker.live_key, "POST", "/v1/api-keys", {"mode": "live"})
    await world.done(baker.live_key, "DELETE", f"/v1/api-keys/{spare['id']}")
    # Not the one who carries the butcher's parcel.
    idle = [courier for courier in world.couriers if await world.next_stop(courier) is None][0]  # noqa: RUF015
    people = [
        Somebody("nobody", "none"),
        Somebody("live key", "merchant", _bearer(baker.live_key)),
        Somebody("test key", "merchant", _bearer(baker.test_key)),
        Somebody("revoked key", "none", _bearer(spare["secret"])),
        Somebody("courier", "courier", _bearer(world.courier_tokens[idle])),
        Somebody("operator", "operator-elsewhere", _bearer(world.operator_token)),
        Somebody("operator by cookie", "operator-elsewhere", cookies={"console": world.operator_token}),
    ]
    users = (await world.done(baker.live_key, "GET", "/v1/users"))["items"]
    for role in ("staff", "developer"):
        body = {"email": f"{role}@bakery.example", "name": role, "role": role, "password": "a password of somebody"}
        users.append(await world.done(baker.live_key, "POST", "/v1/users", body))
    for user in users:
        token = await auth.open_session("merchant", user["id"], baker.id)
        people.append(Somebody(user["role"], "merchant", cookies={"portal": token}))
    return people


# Things that no merchant has: the ids only have to be well-formed.
OF_THE_OPERATOR = {
    "journey_id": "jny_0",
    "machine_id": "mac_0",
    "change": "pause",
    "score_id": "pos_0",
    "check_id": "idc_0",
    "day": "2026-01-01",
    "account_id": "car_any",
    "fleet_id": "flt_any",
    "token_id": "ctk_any",
    "application_id": "app_any",
    "document_id": "doc_any",
    "kind": "agreement",
    "name": "details",
    "filter_id": "flr_any",
    "subject": "dlv_any",
}


async def _furnished(world: World) -> dict[str, str]:
    """The butcher has one of everything, each with the canary in it; ids by the names that paths use."""
    shop = world.butcher
    key = shop.live_key
    await world.done(key, "PATCH", "/v1/merchant", {"brand": {"display_name": CANARY}})
    await world.done(key, "PATCH", f"/v1/stores/{shop.store_id}", {"pickup_instructions": CANARY})
    person = {"email": f"x@{CANARY}.example", "name": CANARY, "role": "staff", "password": "a password of theirs"}
    user = await world.done(key, "POST", "/v1/users", person)
    invitation = await world.done(key, "POST", "/v1/invitations", {"email": f"y@{CANARY}.example"})
    spare = await world.done(key, "POST", "/v1/api-keys", {"mode": "live", "name": CANARY})
    credential = await world.done(
        key, "POST", "/v1/credentials", {"dialect": "golocal", "mode": "live", "name": CANARY}
    )
    url = f"https://8.8.8.8/{CANARY}"
    endpoint = await world.done(key, "POST", "/v1/webhook-endpoints", {"url": url})
    done = await world.booked(shop, "20 Elm Street", external_id=f"{CANARY}-1", **_planted())
    await world.carried(await world.accepted())
    under_way = await world.booked(shop, "30 Elm Street", external_id=CANARY, **_planted())
    carrier = await world.accepted()
    offer = (await world.rows("SELECT id FROM offer WHERE courier_id = %(c)s ORDER BY id DESC", c=carrier))[0]
    await world.carried(carrier, until=Act.ARRIVE_PICKUP)
    quote = await world.quoted(shop, "40 Elm Street")
    await world.background()
    message = (await world.rows("SELECT id FROM webhook_message WHERE merchant_id = %(m)s LIMIT 1", m=shop.id))[0]
    decision = (await world.rows("SELECT decision_id AS id FROM dispatch_decision_delivery LIMIT 1"))[0]
    area = (await world.rows("SELECT id FROM service_area LIMIT 1"))[0]
    proofs = (await world.done(key, "GET", f"/v1/deliveries/{done['id']}/proofs"))["items"]
    legs = (await world.done(key, "GET", f"/v1/deliveries/{under_way['id']}/legs"))["items"]
    code = (await world.rows("SELECT relay_code FROM leg WHERE id = %(l)s", l=legs[0]["id"]))[0]
    return {
        **OF_THE_OPERATOR,
        "delivery_id": under_way["id"],
        "quote_id": quote["id"],
        "store_id": shop.store_id,
        "user_id": user["id"],
        "invitation_id": invitation["id"],
        "secret": "who-was-not-invited",  # the link itself opens the door to whoever holds it
        "key_id": spare["id"],
        "credential_id": credential["id"],
        "endpoint_id": endpoint["id"],
        "message_id": message["id"],
        "proof_id": proofs[0]["id"],
        "leg_id": legs[0]["id"],
        "offer_id": offer["id"],
        "merchant_id": shop.id,
        "market_id": under_way["market_id"],
        "area_id": area["id"],
        "decision_id": decision["id"],
        "courier_id": carrier,
        "code": code["relay_code"],
        "open_offer_id": await _once_offered_to_all(world, under_way),
        "report_id": await _reported(world, under_way),
    }


async def _reported(world: World, delivery: dict[str, Any]) -> str:
    made = await world.rows(
        """INSERT INTO shopper_report (merchant_id, id, delivery_id, kind, comment, photo, media_type, reported_at)
           VALUES (%(merchant)s, 'rep_1', %(delivery)s, 'other', %(said)s, %(photo)s, 'image/jpeg', now())
           RETURNING id""",
        merchant=world.butcher.id,
        delivery=delivery["id"],
        said=CANARY,
        photo=CANARY.encode(),
    )
    return str(made[0]["id"])


async def _once_offered_to_all(world: World, delivery: dict[str, Any]) -> str:
    made = await world.rows(
        """INSERT INTO open_offer (id, market_id, delivery_id, decision_id, state, why, basis, seed, opened_at, round,
                                   gathering, not_before, ends_at)
           VALUES ('oof_1', %(market)s, %(delivery)s, 'dec_1', 'withdrawn', 'declined', '', 'seed', now(), 0, false,
                   now(), now()) RETURNING id""",
        market=delivery["market_id"],
        delivery=delivery["id"],
    )
    return str(made[0]["id"])


def _planted() -> dict[str, Any]:
    person = {"name": CANARY, "phone": "+18025550123", "email": f"shopper@{CANARY}.example"}
    return {
        "dropoff": {"contact": person, "instructions": CANARY, "unit": CANARY},
        "contents": {"description": CANARY},
        "pickup_instructions": CANARY,
        "metadata": {"note": CANARY},
    }


async def _everything_of(world: World, merchant_id: str) -> dict[str, str]:
    """A fingerprint of all rows that name the merchant, table by table."""
    tables = await world.rows(
        "SELECT table_name AS name FROM information_schema.columns "
        "WHERE column_name = 'merchant_id' AND table_schema = 'public'"
    )
    found: dict[str, str] = {}
    for name, column in [*((table["name"], "merchant_id") for table in tables), ("merchant", "id")]:
        rows = await world.rows(
            f"SELECT count(*) || ':' || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') AS mark "
            f"FROM {name} t WHERE {column} = %(id)s",
            id=merchant_id,
        )
        found[name] = rows[0]["mark"]
    assert not found["delivery"].startswith("0:")
    return found


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _unlike(name: str) -> str:
    """An id of the same form that nothing has."""
    return name[:-6] + "000000"


def _told(answer: httpx.Response, ids: Mapping[str, str]) -> tuple[int, str]:
    """What somebody learns from an answer, whatever ids they sent."""
    body = answer.json() if answer.content else {}
    body.pop("request_id", None)
    text = json.dumps(body, sort_keys=True)
    for value in sorted(ids.values(), key=len, reverse=True):
        text = text.replace(value, "…")
    return answer.status_code, text

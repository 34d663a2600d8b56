"""Whatever is sent, the native API answers as its description says: no crash, no odd status or body, and no leak."""

import asyncio
import re
from pathlib import Path

import pytest
import schemathesis

from tests.acceptance.fuzzing import FOR_THE_DIALECTS, REQUESTS, Fuzz
from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls
from tests.web.town import a_free_port, served


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.usefixtures("no_limits")
async def test_the_api_keeps_to_its_description_whatever_it_is_sent(
    database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    async with a_world(database_urls.app, tmp_path, port=a_free_port()) as world, served(world.town) as base_url:
        ids = await _things(world)
        tokens = {
            "operator": world.operator_token,
            "courier": world.courier_tokens[world.couriers[0]],
            "applicant": await _an_applicant(world),
        }

        def owner(path: str) -> dict[str, str]:
            return {"Authorization": f"Bearer {tokens.get(path.split('/')[2], world.bakery.live_key)}"}

        fuzz = Fuzz(
            base_url,
            owner,
            stranger=lambda _: {"Authorization": f"Bearer {world.butcher.live_key}"},
            ids=ids,
            secrets=(ids["delivery_id"], ids["quote_id"], world.bakery.store_id),
            open_paths=frozenset(
                f"/v1/{who}/{step}" for who in ("courier", "applicant") for step in ("login-codes", "sessions")
            ),
            # The offer may be waited for: up to 25 seconds an answer. Signing out would end everything after it; both
            # have tests of their own (test_operator_sessions).
            passed_over=frozenset({"/v1/courier/offer", "/v1/operator/sessions"}),
        )
        description = world.app.openapi()
        description["paths"] = {path: each for path, each in description["paths"].items() if path.startswith("/v1/")}
        schema = schemathesis.openapi.from_dict(description)
        await asyncio.to_thread(fuzz.run, schema, round(REQUESTS * (1 - FOR_THE_DIALECTS)))
    assert not fuzz.wrong, "\n".join(sorted(fuzz.wrong))


async def _an_applicant(world: World) -> str:
    """Somebody who proved a telephone number and has filled in nothing yet."""
    phone = "+18025550977"
    await world.done(None, "POST", "/v1/applicant/login-codes", {"phone": phone})
    texts = await world.rows("SELECT body FROM message WHERE recipient = %(phone)s", phone=phone)
    code = next(word for text in texts for word in re.findall(r"\b[0-9]{6}\b", text["body"]))
    session = await world.done(None, "POST", "/v1/applicant/sessions", {"phone": phone, "code": code})
    return str(session["token"])


async def _things(world: World) -> dict[str, str]:
    """One of each that a path may name, none of them the key or the person that asks."""
    key = world.bakery.live_key
    delivery = await world.booked(world.bakery)
    courier = await world.accepted()
    stop = await world.next_stop(courier)
    assert stop is not None
    quote = await world.quoted(world.bakery)
    spare = await world.done(key, "POST", "/v1/api-keys", {"mode": "live"})
    person = {"email": "x@bakery.example", "name": "X", "role": "staff", "password": "a password of theirs"}
    user = await world.done(key, "POST", "/v1/users", person)
    endpoint = await world.done(key, "POST", "/v1/webhook-endpoints", {"url": "https://8.8.8.8/x"})
    decision = (await world.rows("SELECT decision_id AS id FROM dispatch_decision_delivery LIMIT 1"))[0]
    area = (await world.rows("SELECT id FROM service_area LIMIT 1"))[0]
    return {
        "delivery_id": delivery["id"],
        "quote_id": quote["id"],
        "store_id": world.bakery.store_id,
        "key_id": spare["id"],
        "user_id": user["id"],
        "endpoint_id": endpoint["id"],
        "leg_id": stop["leg_id"],
        "decision_id": decision["id"],
        "area_id": area["id"],
        "market_id": delivery["market_id"],
        "merchant_id": world.butcher.id,
    }

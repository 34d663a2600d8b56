"""Who may read a city's feed, and what a city's token opens besides: nothing."""

from homeward.fleets.city_reports.errors import (
    BadReportQuery,
    CityTokenInvalid,
    NoSuchHour,
    ReportVersionUnknown,
)
from tests.acceptance.doors import described
from tests.fleets.city_reports.city import City
from tests.web.town import MARKET_ID

FEED = ("/vehicles", "/vehicles/status", "/trips", "/events/historical", "/events/recent")
TOKENS = f"/v1/operator/markets/{MARKET_ID}/city-tokens"


async def test_no_other_credential_and_no_other_market_opens_the_feed(city: City) -> None:
    world = city.park.world
    couriers = list(world.courier_tokens.values())
    for path in FEED:
        for token in ("city_made-up", world.operator_token, city.park.shop.live_key, couriers[0]):
            answer = await city.asks(path, token=token)
            assert (answer.status_code, answer.json()["error"]) == (401, "city_token_invalid")
        assert (await city.asks(path, market_id="mkt_other")).status_code == 401


async def test_a_citys_token_opens_nothing_else(city: City) -> None:
    world = city.park.world
    for door in described(world.app):
        if door.method == "GET":
            answer = await world.ask(city.token, "GET", door.filled(dict.fromkeys(door.ids, "any")))
            assert answer.status_code == 401, door


async def test_a_revoked_token_opens_nothing_from_the_next_request_on(city: City) -> None:
    assert (await city.asks("/vehicles")).status_code == 200
    world = city.park.world
    await world.done(world.operator_token, "DELETE", f"{TOKENS}/{city.token_id}")
    assert (await city.asks("/vehicles")).status_code == 401


async def test_a_token_is_shown_once_kept_as_a_hash_and_written_into_the_record(city: City) -> None:
    world = city.park.world
    await city.asks("/vehicles")
    listed = (await world.done(world.operator_token, "GET", TOKENS))["items"]
    assert [each["id"] for each in listed] == [city.token_id]
    assert "secret" not in listed[0]
    assert listed[0]["last_used_at"] is not None
    kept = await world.rows("SELECT * FROM city_token")
    assert city.token not in str(kept)
    acts = await world.rows("SELECT action, data FROM audit_entry WHERE object = %(id)s", id=city.token_id)
    assert [each["action"] for each in acts] == ["city_token.made"]
    assert city.token not in str(acts)


async def test_only_an_administrator_makes_tokens_and_only_for_a_market_that_exists(city: City) -> None:
    world = city.park.world
    assert (await world.ask(city.park.shop.live_key, "POST", TOKENS, {})).status_code == 401
    elsewhere = "/v1/operator/markets/mkt_none/city-tokens"
    assert (await world.ask(world.operator_token, "POST", elsewhere, {})).status_code == 404
    assert (await world.ask(world.operator_token, "DELETE", f"{TOKENS}/ctk_none")).status_code == 404


def test_every_refusal_has_a_name_that_stays() -> None:
    named = (CityTokenInvalid, BadReportQuery, NoSuchHour, ReportVersionUnknown)
    assert [each.slug for each in named] == [
        "city-token-invalid",
        "bad-report-query",
        "no-such-hour",
        "report-version-unknown",
    ]

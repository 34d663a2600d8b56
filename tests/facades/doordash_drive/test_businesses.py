"""Businesses and their stores, addresses while they are typed, and what we hear and do not act on."""

from typing import Any

from tests.facades.doordash_drive.world import Drive

BUSINESSES = "/developer/v1/businesses"
MILL = "20 Mill Lane, Springfield 05156"


async def a_business(drive: Drive, external_id: str = "north") -> dict[str, Any]:
    body = {"external_business_id": external_id, "name": "Northern Shops", "description": "All in the north"}
    return await drive.done("POST", BUSINESSES, body)


async def a_store(drive: Drive, business: str = "north", external_id: str = "mill-1") -> dict[str, Any]:
    body = {"external_store_id": external_id, "name": "Mill Shop", "address": MILL, "phone_number": "+18025550101"}
    return await drive.done("POST", f"{BUSINESSES}/{business}/stores", body)


async def test_a_business_is_made_read_changed_and_listed(drive: Drive) -> None:
    made = await a_business(drive)
    assert (made["activation_status"], made["is_test"]) == ("active", False)
    changed = await drive.done("PATCH", f"{BUSINESSES}/north", {"activation_status": "inactive", "name": "North"})
    assert (changed["name"], changed["activation_status"]) == ("North", "inactive")
    assert await drive.done("GET", f"{BUSINESSES}/north") == changed
    assert (await drive.done("GET", BUSINESSES))["result"] == [changed]
    assert (await drive.done("GET", f"{BUSINESSES}?activationStatus=active"))["result_count"] == 0


async def test_an_order_is_fetched_from_the_store_of_its_business(drive: Drive) -> None:
    await a_business(drive)
    store = await a_store(drive)
    assert store["status"] == "active"
    answer = await drive.created(pickup_external_business_id="north", pickup_external_store_id="mill-1")
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
    assert native["store_name"] == "Mill Shop"
    stores = await drive.world.done(drive.bakery.live_key, "GET", "/v1/stores")
    assert "mill-1" in [each["external_id"] for each in stores["items"]]


async def test_two_businesses_may_use_one_id_for_their_stores(drive: Drive) -> None:
    for business in ("north", "south"):
        await a_business(drive, business)
        await a_store(drive, business)
    await drive.done(
        "PATCH", f"{BUSINESSES}/south/stores/mill-1", {"name": "South Mill", "phone_number": "+18025550102"}
    )
    assert (await drive.done("GET", f"{BUSINESSES}/north/stores/mill-1"))["name"] == "Mill Shop"
    answer = await drive.created(pickup_external_business_id="south", pickup_external_store_id="mill-1")
    native = await drive.world.done(drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}")
    assert native["store_name"] == "South Mill"


async def test_a_closed_store_is_inactive_and_takes_no_orders(drive: Drive) -> None:
    await a_business(drive)
    await a_store(drive)
    closed = await drive.done("PATCH", f"{BUSINESSES}/north/stores/mill-1", {"status": "inactive"})
    assert closed["status"] == "inactive"
    order = drive.order(pickup_external_business_id="north", pickup_external_store_id="mill-1")
    refusal = await drive.refused(422, "invalid_delivery_parameters", "POST", "/drive/v2/quotes", order)
    assert refusal["reason"] == "pickup_address_not_in_coverage"
    active = await drive.done("GET", f"{BUSINESSES}/north/stores?activationStatus=active")
    assert active["result"] == []


async def test_the_default_business_is_the_merchant_with_all_its_stores(drive: Drive) -> None:
    assert (await drive.done("GET", f"{BUSINESSES}/default"))["name"] == drive.bakery.name
    stores = await drive.done("GET", f"{BUSINESSES}/default/stores")
    assert [store["external_store_id"] for store in stores["result"]] == [drive.bakery.name]
    body = {"external_business_id": "default", "name": "Mine"}
    await drive.refused(400, "validation_error", "POST", BUSINESSES, body)


async def test_a_long_list_comes_in_pages(drive: Drive) -> None:
    for number in range(27):
        await a_business(drive, f"b-{number:02d}")
    first = await drive.done("GET", BUSINESSES)
    rest = await drive.done("GET", f"{BUSINESSES}?continuationToken={first['continuation_token']}")
    assert (first["result_count"], rest["result_count"], "continuation_token" in rest) == (25, 2, False)


async def test_what_is_not_there_is_named_by_what_is_missing(drive: Drive) -> None:
    missing = await drive.refused(404, "unknown_business_id", "GET", f"{BUSINESSES}/nobody")
    assert missing["external_business_id"] == "nobody"
    await a_business(drive)
    path = f"{BUSINESSES}/north/stores/none"
    missing = await drive.refused(404, "unknown_store_id_under_business_id", "GET", path)
    assert (missing["external_business_id"], missing["external_store_id"]) == ("north", "none")
    for path, body in ((BUSINESSES, {"external_business_id": "north", "name": "Twice"}),):
        await drive.refused(400, "validation_error", "POST", path, body)


async def test_businesses_are_the_merchants_own_and_a_test_key_moves_no_shop(drive: Drive) -> None:
    await a_business(drive)
    path = f"{BUSINESSES}/north"
    await drive.refused(404, "unknown_business_id", "GET", path, keys=drive.strangers_keys)
    assert (await drive.done("GET", BUSINESSES, keys=drive.strangers_keys))["result"] == []
    await drive.refused(403, "authorization_error", "PATCH", path, {"name": "x"}, keys=drive.test_keys)
    assert (await drive.done("GET", path, keys=drive.test_keys))["is_test"]


# ── addresses ──


async def test_an_address_is_completed_while_it_is_typed(drive: Drive) -> None:
    body = {"input_address": "12 Elm Str", "max_results": 1}
    (found,) = (await drive.done("POST", "/drive/v2/address/auto_complete", body))["results"]
    assert found["address"]["street"] == "12 Elm Street"
    assert (found["address"]["city"], found["address"]["zip_code"]) == ("Springfield", "05156")
    near = {"location": {"lat": 45.0, "lng": -73.0}, "search_radius_meter": 1_000}
    assert (await drive.done("POST", "/drive/v2/address/auto_complete", {**body, **near}))["results"] == []


# ── what concerns shopping ──


async def test_nobody_shops_here_so_nothing_is_replaced_or_audited(drive: Drive) -> None:
    items = {"items": [{"external_id": "milk"}]}
    assert await drive.done("POST", "/drive/v2/items_substitution_recommendation", items) == {"items": []}
    answer = await drive.created()
    signal = {"external_delivery_id": answer["external_delivery_id"], "is_audit_successful": True}
    assert await drive.done("POST", "/drive/v2/checkout_audit_signal", signal) == {"signal_received": True}
    unknown = {"external_delivery_id": "D-nobody"}
    await drive.refused(404, "unknown_delivery_id", "POST", "/drive/v2/checkout_audit_signal", unknown)

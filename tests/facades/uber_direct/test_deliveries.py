"""The life of a delivery that was booked in this dialect."""

import base64
from io import BytesIO

from PIL import Image

from homeward.deliveries.states import Act
from tests.dispatch.world import PHOTO_BODY
from tests.facades.uber_direct.world import ELM_LINE, Uber


async def test_a_quote_becomes_a_delivery_at_its_price_with_the_tip_on_top(uber: Uber) -> None:
    quote = await uber.quoted()
    assert quote["id"].startswith("dqt_")
    assert (quote["currency"], quote["currency_type"]) == ("usd", "USD")
    made = await uber.created(quote_id=quote["id"], tip=300, external_id="A-1")
    assert made["fee"] == quote["fee"] + 300
    assert (made["status"], made["complete"], made["courier"]) == ("pending", False, None)
    assert made["quote_id"] == quote["id"]
    assert made["external_id"] == "A-1"
    assert made["live_mode"] is True


async def test_a_delivery_is_told_again_as_it_was_sent(uber: Uber) -> None:
    made = await uber.created(dropoff_notes="Ring twice", pickup_notes="At the counter", manifest_reference="M-7")
    assert made["dropoff"]["name"] == "Sam S."
    assert made["dropoff"]["notes"] == "Ring twice"
    assert made["pickup"]["notes"] == "At the counter"
    assert made["pickup"]["external_store_id"] == uber.bakery.name
    assert made["manifest"] == {"reference": "M-7", "description": "2 Bread", "total_value": 900}
    assert made["manifest_items"] == [{"name": "Bread", "quantity": 2, "size": "small", "price": 450}]
    assert made["dropoff"]["detailed_address"]["street_address_2"] == "Apt 3"
    assert await uber.read(made["id"]) == made


async def test_an_address_may_be_a_plain_line(uber: Uber) -> None:
    made = await uber.created(dropoff_address=ELM_LINE)
    assert made["dropoff"]["address"] == ELM_LINE


async def test_a_pickup_needs_no_store_that_we_know(uber: Uber) -> None:
    made = await uber.created(
        external_store_id="nobody's", pickup_address="20 Mill Lane, Springfield 05156", pickup_business_name="The Mill"
    )
    assert made["pickup"]["name"] == "The Mill"
    assert abs(made["pickup"]["location"]["lat"] - 43.992) < 0.001


async def test_the_whole_way_of_a_delivery(uber: Uber) -> None:
    made = await uber.created()
    courier_id = await uber.world.accepted()
    steps = []
    for act in (None, Act.ARRIVE_PICKUP, Act.PICK_UP, Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF, Act.HAND_OVER):
        if act:
            await uber.reported(courier_id, act, evidence=[PHOTO_BODY] if act is Act.HAND_OVER else None)
        seen = await uber.read(made["id"])
        steps.append((seen["status"], seen["courier_imminent"], seen["complete"]))
    assert steps == [
        ("pickup", True, False),  # the courier waits at the bakery's door, and so is near
        ("pickup", True, False),
        ("pickup_complete", False, False),
        ("dropoff", False, False),
        ("dropoff", True, False),
        ("delivered", False, True),
    ]
    assert seen["dropoff"]["status"] == "completed"
    assert "/p/prf_" in seen["dropoff"]["verification"]["picture"]["image_url"], "opens without a key, for a day"


async def test_a_courier_is_told_by_first_name_and_initial_and_place(uber: Uber) -> None:
    made = await uber.created()
    await uber.world.accepted()
    courier = (await uber.read(made["id"]))["courier"]
    assert courier["name"] in ("Ana M.", "Ben H.")
    assert courier["vehicle_type"] == "bicycle"
    assert courier["location"] == {"lat": 44.0, "lng": -73.0}


async def test_goods_that_go_back_are_a_delivery_of_their_own(uber: Uber) -> None:
    courier_id, first = await uber.turned_back()
    assert (first["status"], first["complete"]) == ("returned", True)
    assert (first["undeliverable_action"], first["undeliverable_reason"]) == ("returned", "CUSTOMER_UNAVAILABLE")
    (link,) = first["related_deliveries"]
    assert link["relationship"] == "return"
    second = await uber.read(link["id"])
    assert second["id"].startswith("ret_")
    assert (second["status"], second["complete"]) == ("dropoff", False)
    assert second["courier"]
    assert second["related_deliveries"] == [{"id": first["id"], "relationship": "original"}]
    assert second["dropoff"]["name"] == "Corner Bakery"
    await uber.must_refuse(400, "noncancelable_delivery", "POST", f"/deliveries/{second['id']}/cancel")
    await uber.world.carried(courier_id)
    assert (await uber.read(link["id"]))["status"] == "delivered"
    assert (await uber.read(first["id"]))["status"] == "returned"


async def test_a_way_back_that_does_not_exist_is_not_found(uber: Uber) -> None:
    made = await uber.created()
    await uber.must_refuse(404, "delivery_not_found", "GET", f"/deliveries/{made['id'].replace('del_', 'ret_')}")


async def test_a_proof_is_a_sheet_as_a_picture(uber: Uber) -> None:
    made = await uber.created(external_id="A-1")
    courier_id = await uber.world.accepted()
    await uber.world.carried(courier_id)
    path = f"/deliveries/{made['id']}/proof-of-delivery"
    told = await uber.done("POST", path, {"waypoint": "dropoff", "type": "picture"})
    with Image.open(BytesIO(base64.b64decode(told["document"]))) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width == 1000
    missing = await uber.must_refuse(400, "invalid_params", "POST", path, {"waypoint": "dropoff", "type": "signature"})
    assert "type" in missing


async def test_a_cancellation_says_by_whom(uber: Uber) -> None:
    made = await uber.created()
    told = await uber.done("POST", f"/deliveries/{made['id']}/cancel", {"reason": "out_of_items"})
    assert (told["status"], told["complete"]) == ("canceled", True)
    assert told["cancelation_reason"] == {
        "primary_reason": "MERCHANT_CANCEL",
        "secondary_reason": "cancelled_by_merchant_api",
    }
    await uber.must_refuse(400, "noncancelable_delivery", "POST", f"/deliveries/{made['id']}/cancel")


async def test_a_list_comes_in_pages_and_by_status(uber: Uber) -> None:
    made = []
    for _ in range(3):
        made.append((await uber.created())["id"])
        uber.world.clock.advance(1)  # ids order by the moment
    await uber.done("POST", f"/deliveries/{made[0]}/cancel")
    first = await uber.done("GET", "/deliveries?limit=2&offset=0")
    assert [each["id"] for each in first["data"]] == made[:0:-1]
    assert first["total_count"] == -1
    second = await uber.done("GET", first["next_href"])
    assert [each["id"] for each in second["data"]] == made[:1]
    assert second["next_href"] == ""
    assert [each["id"] for each in (await uber.done("GET", "/deliveries?filter=canceled"))["data"]] == made[:1]
    assert len((await uber.done("GET", "/deliveries?filter=ongoing"))["data"]) == 2


async def test_what_was_booked_through_another_door_is_not_seen_here(uber: Uber) -> None:
    native = await uber.world.booked(uber.bakery)
    assert (await uber.done("GET", "/deliveries"))["data"] == []
    await uber.must_refuse(404, "delivery_not_found", "GET", f"/deliveries/{native['id'].replace('dlv_', 'del_')}")
    made = await uber.created()
    seen = await uber.world.done(uber.bakery.live_key, "GET", f"/v1/deliveries/{made['id'].replace('del_', 'dlv_')}")
    assert seen["door"] == "uber_direct"


async def test_notes_labels_tip_and_pin_can_be_changed(uber: Uber) -> None:
    made = await uber.created()
    path = f"/deliveries/{made['id']}"
    told = await uber.done(
        "POST",
        path,
        {
            "dropoff_notes": "Back door",
            "manifest_reference": "M-8",
            "pickup_verification": {"barcodes": [{"value": "BOX-1", "type": "CODE128"}]},
            "requires_dropoff_signature": True,
            "tip_by_customer": 250,
        },
    )
    assert told["dropoff"]["notes"] == "Back door"
    assert told["manifest"]["reference"] == "M-8"
    assert told["pickup"]["verification_requirements"]["barcodes"] == [{"value": "BOX-1", "type": "CODE128"}]
    assert told["dropoff"]["verification_requirements"]["signature_requirement"]["enabled"] is True
    assert (told["tip"], told["fee"]) == (250, made["fee"] + 250)
    await uber.must_refuse(400, "tip_already_recorded_error", "POST", path, {"tip_by_customer": 100})


async def test_the_time_at_the_door_can_be_changed(uber: Uber) -> None:
    made = await uber.created()
    path = f"/deliveries/{made['id']}"
    told = await uber.done("POST", path, {"dropoff_ready_dt": uber.at(300), "dropoff_deadline_dt": uber.at(420)})
    assert (told["dropoff_ready"], told["dropoff_deadline"]) == (uber.at(300), uber.at(420))
    assert told["fee"] <= made["fee"]
    native = await uber.world.done(uber.bakery.live_key, "GET", f"/v1/deliveries/{made['id'].replace('del_', 'dlv_')}")
    assert native["window"] == {"earliest": uber.at(300), "latest": uber.at(420)}
    too_short = {"dropoff_ready_dt": uber.at(300), "dropoff_deadline_dt": uber.at(310)}
    await uber.must_refuse(400, "dropoff_deadline_too_early", "POST", path, too_short)

"""Deliveries on their way, followed by the published library: couriers, proofs, the way back."""

import base64
from typing import Any

from homeward.deliveries.states import Act
from tests.dispatch.world import PHOTO_BODY
from tests.facades.npm.uber import Direct

PNG = b"\x89PNG\r\n\x1a\n"


async def report(direct: Direct, courier: str, act: str, **more: Any) -> None:
    """What the courier's phone says about the next stop."""
    stop = await direct.world.next_stop(courier)
    assert stop is not None
    token = direct.world.courier_tokens[courier]
    await direct.world.done(token, "POST", f"/v1/courier/legs/{stop['leg_id']}/reports", {"act": act, **more})


async def test_a_delivery_is_followed_from_the_booking_to_the_door(direct: Direct) -> None:
    made = await direct.created()
    told = [(made["status"], made["courier_imminent"])]
    assert made["courier"] is None

    async def look() -> dict[str, Any]:
        now = await direct.now(made)
        told.append((now["status"], now["courier_imminent"]))
        return now

    courier = await direct.world.accepted()
    with_courier = await look()
    assert with_courier["courier"]["name"] in {"Ana M.", "Ben H."}
    assert with_courier["courier"]["vehicle_type"] == "bicycle"
    for act in (Act.ARRIVE_PICKUP, Act.PICK_UP, Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF, Act.HAND_OVER):
        await report(direct, courier, act, evidence=[PHOTO_BODY] if act is Act.HAND_OVER else [])
        now = await look()
    statuses = list(dict.fromkeys(status for status, _ in told))
    assert statuses == ["pending", "pickup", "pickup_complete", "dropoff", "delivered"]
    assert ("pickup", True) in told
    assert ("dropoff", True) in told
    assert (now["complete"], now["dropoff"]["status"], now["pickup"]["status"]) == (True, "completed", "completed")
    assert now["dropoff"]["verification"]["picture"]["image_url"].startswith("http")
    assert now["courier"] is None or "phone_number" not in now["courier"]


async def test_a_courier_who_is_near_is_imminent(direct: Direct) -> None:
    """Both couriers of this town stand at the bakery's door."""
    made = await direct.created()
    await direct.world.accepted()
    assert (await direct.now(made))["courier_imminent"] is True


async def test_proof_of_delivery_is_a_picture_of_a_sheet(direct: Direct) -> None:
    made = await direct.created(dropoff_verification={"picture": True, "pincode": {"enabled": True}})
    pin = made["dropoff"]["verification_requirements"]["pincode"]["value"]
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.ARRIVE_DROPOFF)
    await report(direct, courier, Act.HAND_OVER, evidence=[PHOTO_BODY, {"kind": "pin", "text": pin}])
    for kind in ("picture", "pincode"):
        wanted = {"waypoint": "dropoff", "type": kind}
        sheet = await direct.done("proofOfDelivery", made["id"], wanted)
        assert list(sheet) == ["document"]
        assert base64.b64decode(sheet["document"], validate=True).startswith(PNG)
    ended = await direct.now(made)
    assert ended["dropoff"]["verification"]["pin_code"]["entered"] == pin


async def test_a_proof_that_does_not_exist_is_refused(direct: Direct) -> None:
    made = await direct.created()
    for wanted in (
        {"waypoint": "dropoff"},
        {"type": "picture"},
        {"waypoint": "kitchen", "type": "picture"},
        {"waypoint": "dropoff", "type": "song"},
        {"waypoint": "dropoff", "type": "signature"},
    ):
        await direct.must_refuse(400, "invalid_params", "proofOfDelivery", made["id"], wanted)


async def test_goods_that_nobody_takes_come_back_as_a_delivery_of_their_own(direct: Direct) -> None:
    made = await direct.created()
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.ARRIVE_DROPOFF)
    await report(direct, courier, Act.PROBLEM, reason="nobody_there")

    there = await direct.now(made)
    assert (there["status"], there["complete"], there["undeliverable_action"]) == ("returned", True, "returned")
    assert there["undeliverable_reason"]
    assert there["dropoff"]["status"] == "failed"
    (related,) = there["related_deliveries"]
    assert related["relationship"] == "return"
    assert related["id"].startswith("ret_")

    back = await direct.done("getDelivery", related["id"])
    assert (back["id"], back["complete"]) == (related["id"], False)
    assert back["status"] in ("pickup_complete", "dropoff")
    assert back["related_deliveries"] == [{"id": made["id"], "relationship": "original"}]
    assert back["courier"]["name"]
    assert back["uuid"] != there["uuid"]

    await direct.world.carried(courier, until=Act.ARRIVE_RETURN)
    assert (await direct.done("getDelivery", related["id"]))["courier_imminent"] is True
    await direct.world.carried(courier)
    home = await direct.done("getDelivery", related["id"])
    assert (home["status"], home["complete"]) == ("delivered", True)
    assert (await direct.now(made))["status"] == "returned"


async def test_there_is_no_way_back_before_the_goods_turn(direct: Direct) -> None:
    made = await direct.created()
    await direct.must_refuse(404, "delivery_not_found", "getDelivery", "ret_" + made["id"].partition("_")[2])


async def test_the_way_back_is_neither_changed_nor_cancelled(direct: Direct) -> None:
    made = await direct.created()
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.ARRIVE_DROPOFF)
    await report(direct, courier, Act.PROBLEM, reason="refused")
    back = "ret_" + made["id"].partition("_")[2]
    await direct.must_refuse(400, "noncancelable_delivery", "cancelDelivery", back)
    await direct.must_refuse(400, "invalid_params", "updateDelivery", back, {"dropoff_notes": "x"})


async def test_goods_may_be_left_at_the_door_of_somebody_who_is_away(direct: Direct) -> None:
    made = await direct.created(undeliverable_action="leave_at_door")
    courier = await direct.world.accepted()
    await direct.world.carried(courier, until=Act.ARRIVE_DROPOFF)
    await report(direct, courier, Act.PROBLEM, reason="nobody_there")
    if await direct.world.next_stop(courier):
        await direct.world.carried(courier)
    ended = await direct.now(made)
    assert (ended["status"], ended["undeliverable_action"]) == ("delivered", "left_at_door")


async def test_a_courier_who_gives_it_back_makes_it_pending_again(direct: Direct) -> None:
    made = await direct.created()
    courier = await direct.world.accepted()
    await report(direct, courier, Act.PROBLEM, reason="cannot_continue")
    now = await direct.now(made)
    assert (now["status"], now["courier"], now["complete"]) == ("pending", None, False)

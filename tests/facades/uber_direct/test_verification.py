"""What must be shown at a stop, and what is told of it afterwards."""

import base64
from io import BytesIO
from typing import Any

from PIL import Image

from homeward.deliveries.states import Act
from tests.dispatch.world import PHOTO_BODY
from tests.facades.uber_direct.world import Uber


def _text(kind: str, text: str, **details: str) -> dict[str, Any]:
    return {"kind": kind, "text": text, **({"details": details} if details else {})}


async def test_what_is_asked_for_is_told_and_what_was_captured_too(uber: Uber) -> None:
    made = await uber.created(
        pickup_verification={"picture": True, "barcodes": [{"value": "BOX-1", "type": "QR"}]},
        dropoff_verification={
            "picture": True,
            "signature_requirement": {"enabled": True, "collect_signer_name": True},
            "pincode": {"enabled": True, "type": "random"},
            "barcodes": [{"value": "BOX-1", "type": "QR"}],
        },
        return_verification={"picture": True, "pincode": {"enabled": True}},
    )
    wanted = made["dropoff"]["verification_requirements"]
    pin = wanted["pincode"]["value"]
    assert len(pin) == 4
    assert wanted["signature_requirement"] == {
        "enabled": True,
        "collect_signer_name": True,
        "collect_signer_relationship": False,
    }
    assert made["pickup"]["verification_requirements"] == {
        "picture": True,
        "barcodes": [{"value": "BOX-1", "type": "QR"}],
    }
    courier_id = await uber.world.accepted()
    label = _text("scan", "BOX-1", format="qr")
    await uber.reported(courier_id, Act.PICK_UP, evidence=[PHOTO_BODY, label])
    signature = {**PHOTO_BODY, "kind": "signature", "details": {"name": "Sam Shopper"}}
    await uber.reported(courier_id, Act.HAND_OVER, evidence=[PHOTO_BODY, signature, label, _text("pin", pin)])

    told = await uber.read(made["id"])
    captured = told["dropoff"]["verification"]
    assert told["status"] == "delivered"
    assert captured["signature"]["name"] == "Sam Shopper"
    assert captured["pin_code"] == {"entered": pin}
    (scan,) = captured["barcodes"]
    assert (scan["value"], scan["type"], scan["scan_result"]["outcome"]) == ("BOX-1", "QR", "SUCCESS")
    assert "image_url" in told["pickup"]["verification"]["picture"]
    path = f"/deliveries/{made['id']}/proof-of-delivery"
    for kind in ("picture", "signature", "pincode"):
        sheet = await uber.done("POST", path, {"waypoint": "dropoff", "type": kind})
        with Image.open(BytesIO(base64.b64decode(sheet["document"]))) as image:
            assert image.format == "PNG"


async def test_an_identification_is_told_as_a_verdict_without_the_date(uber: Uber) -> None:
    made = await uber.created(dropoff_verification={"identification": {"min_age": 21}})
    assert made["dropoff"]["verification_requirements"]["identification"] == {"min_age": 21, "no_sobriety_check": True}
    courier_id = await uber.world.accepted()
    await uber.reported(courier_id, Act.PICK_UP)
    await uber.reported(courier_id, Act.HAND_OVER, evidence=[_text("age_check", "1990-01-01")])
    told = await uber.read(made["id"])
    assert told["dropoff"]["verification"]["identification"] == {"min_age_verified": True}
    assert "1990" not in str(told)


async def test_the_store_proves_the_return_on_the_second_delivery(uber: Uber) -> None:
    made = await uber.created(return_verification={"pincode": {"enabled": True}, "picture": True})
    courier_id = await uber.world.accepted()
    await uber.world.carried(courier_id, until=Act.ARRIVE_DROPOFF)
    await uber.reported(courier_id, Act.PROBLEM, reason="refused", evidence=[PHOTO_BODY])
    back = made["id"].replace("del_", "ret_")
    wanted = (await uber.read(back))["dropoff"]["verification_requirements"]
    assert wanted["picture"] is True
    evidence = [PHOTO_BODY, _text("pin", wanted["pincode"]["value"])]
    await uber.reported(courier_id, Act.RETURN_HANDED, evidence=evidence)
    told = await uber.read(back)
    assert (told["status"], told["dropoff"]["status"]) == ("delivered", "completed")
    assert told["dropoff"]["verification"]["pin_code"]["entered"] == wanted["pincode"]["value"]
    assert (await uber.read(made["id"]))["undeliverable_reason"] == "CUSTOMER_REJECTED_ORDER"
    body = {"waypoint": "return", "type": "picture"}
    assert await uber.done("POST", f"/deliveries/{made['id']}/proof-of-delivery", body)

"""What must be shown at a stop, and what is told of it afterwards."""

import base64
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from homeward.deliveries.model import EvidenceKind, Proof, Requirements
from homeward.deliveries.states import Act
from homeward.facades.uber_direct.verified import captured as captured_of
from homeward.fleets.couriers.model import NewCourier, VehicleKind
from tests.dispatch.world import PHOTO_BODY
from tests.facades.uber_direct.world import Uber
from tests.web.town import BAKERY, MARKET_ID


def _text(kind: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "text": text}


async def test_what_is_asked_for_is_told_and_what_was_captured_too(uber: Uber) -> None:
    made = await uber.created(
        pickup_verification={"picture": True, "barcodes": [{"value": "BOX-1", "type": "QR"}]},
        dropoff_verification={
            "picture": True,
            "signature_requirement": {"enabled": True},
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
        "collect_signer_name": False,
        "collect_signer_relationship": False,
    }
    assert made["pickup"]["verification_requirements"] == {
        "picture": True,
        "barcodes": [{"value": "BOX-1", "type": "QR"}],
    }
    courier_id = await uber.world.accepted()
    label = _text("scan", "BOX-1")
    await uber.reported(courier_id, Act.PICK_UP, evidence=[PHOTO_BODY, label])
    signature = {**PHOTO_BODY, "kind": "signature"}
    await uber.reported(courier_id, Act.HAND_OVER, evidence=[PHOTO_BODY, signature, label, _text("pin", pin)])

    told = await uber.read(made["id"])
    captured = told["dropoff"]["verification"]
    assert told["status"] == "delivered"
    assert captured["signature"]["image_url"] != captured["picture"]["image_url"]
    assert captured["pin_code"] == {"entered": pin}
    (scan,) = captured["barcodes"]
    assert (scan["value"], scan["scan_result"]["outcome"]) == ("BOX-1", "SUCCESS")
    assert "image_url" in told["pickup"]["verification"]["picture"]
    path = f"/deliveries/{made['id']}/proof-of-delivery"
    for kind in ("picture", "signature", "pincode"):
        sheet = await uber.done("POST", path, {"waypoint": "dropoff", "type": kind})
        with Image.open(BytesIO(base64.b64decode(sheet["document"]))) as image:
            assert image.format == "PNG"


async def test_an_identification_is_told_as_a_verdict_without_the_date(uber: Uber) -> None:
    made = await uber.created(dropoff_verification={"identification": {"min_age": 21}})
    assert made["dropoff"]["verification_requirements"]["identification"] == {"min_age": 21, "no_sobriety_check": True}
    new = NewCourier(MARKET_ID, "Cleo Frei", "+18025557777", VehicleKind.CAR, skills=("age_check",))
    couriers = uber.world.platform.couriers
    cleo = await couriers.create(new, "operator:test")
    await couriers.set_duty(cleo.id, True, uber.now + timedelta(hours=6), BAKERY)
    uber.world.courier_tokens[cleo.id] = await uber.world.platform.auth.open_session("courier", cleo.id)
    assert await uber.world.accepted() == cleo.id
    await uber.reported(cleo.id, Act.PICK_UP)
    await uber.reported(cleo.id, Act.HAND_OVER, evidence=[_text("age_check", "1990-01-01")])
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


@pytest.mark.parametrize(
    ("said", "told"), [("self", "SELF"), ("legal representative", "LEGAL_REPRESENTATIVE"), ("neighbour", "INVALID")]
)
def test_who_signed_is_told_in_the_dialects_words(said: str, told: str) -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    data = {"name": "Sam Shopper", "relationship": said}
    proof = Proof("prf_1", "dlv_1", "leg_1", "dropoff", EvidenceKind.SIGNATURE, "image/png", data, BAKERY, at, at)
    captured = captured_of(Requirements(), [proof], {"prf_1": "/proofs/prf_1"})
    assert captured["signature"] == {
        "image_url": "/proofs/prf_1",
        "name": "Sam Shopper",
        "signer_relationship": told,
    }
    assert captured["completion_location"] == {"lat": BAKERY.lat, "lng": BAKERY.lon}

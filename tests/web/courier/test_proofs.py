"""What a delivery asks to be shown at the store and at the door, on the courier's screen and through its forms."""

from base64 import b64encode
from io import BytesIO
from typing import Any

from PIL import Image

from homeward.deliveries.model import (
    Actor,
    AgeCheck,
    Barcode,
    BookRequest,
    Building,
    Contact,
    Contents,
    DropoffRequest,
    Goods,
    Handover,
    Handshake,
    Parcel,
    ProofRequest,
    Spot,
    State,
    Step,
    StepProof,
    Who,
)
from homeward.infra.auth import MerchantActor
from homeward.kit.money import Money
from homeward.kit.units import Grams
from homeward.quotes.model import AddressAsked, ParcelSize
from tests.deliveries.world import a_photo
from tests.web.courier.test_pages import Phone, a_phone
from tests.web.town import Town
from tests.web.tracking.world import an_offer

LABELS = (Barcode("BOX-1"), Barcode("BOX-2"))
PHOTO = {"photo": ("p.jpg", a_photo(), "image/jpeg")}


def a_drawing() -> str:
    out = BytesIO()
    Image.new("RGBA", (60, 20), (0, 0, 0, 90)).save(out, "PNG")
    return "data:image/png;base64," + b64encode(out.getvalue()).decode()


async def on_the_way(town: Town, presses: int, **wishes: Any) -> tuple[Phone, str]:
    """A courier who has taken the delivery and pressed the button so often."""
    phone = await a_phone(town)
    request = BookRequest(
        store_id=town.store.id,
        parcel=Parcel(Grams(2_000), ParcelSize.SMALL),
        **{"dropoff": DropoffRequest(AddressAsked("12 Elm Street, Springfield"), contact=Contact("Nora")), **wishes},
    )
    actor = MerchantActor(town.merchant.merchant.id, "live", "key_1", "key")
    booked = await town.platform.deliveries.book(actor, request, "key-of-this-test")
    offer = await an_offer(town, phone.courier.id)
    await phone.http.post(f"/courier/offers/{offer.id}", data={"answer": "accept"})
    for _ in range(presses):
        await phone.press()
    return phone, str(booked.body["id"])


async def test_all_labels_are_scanned_at_the_store_and_again_at_the_door(town: Town) -> None:
    proof = ProofRequest(photo=False, barcodes=LABELS, at_pickup=StepProof(barcodes=LABELS))
    phone, delivery_id = await on_the_way(town, 2, proof=proof)
    assert "Scan all 2 labels" in await phone.screen()
    half = await phone.press(data={"scan": ["BOX-1"]})
    assert half.status_code == 409
    await phone.press(data={"scan": ["BOX-1", "box-2"]})
    assert await phone.state(delivery_id) is State.PICKED_UP
    await phone.press()
    await phone.press()
    await phone.press(data={"scan": ["BOX-2", "BOX-1"]})
    assert await phone.state(delivery_id) is State.DELIVERED


async def test_a_wrong_label_is_refused_and_written_down(town: Town) -> None:
    phone, delivery_id = await on_the_way(town, 2, proof=ProofRequest(at_pickup=StepProof(barcodes=LABELS)))
    wrong = await phone.press(data={"scan": ["BOX-9"]})
    assert wrong.status_code == 409
    last = (await town.platform.deliveries.events(None, delivery_id))[-1]
    assert (last.type, last.data["label"]) == ("delivery.evidence_added", "BOX-9")


async def test_restricted_goods_go_to_people_of_age_who_sign(town: Town) -> None:
    proof = ProofRequest(signature=True, signer_name=True, signer_relationship=True, age=AgeCheck(21, sober=True))
    phone, delivery_id = await on_the_way(town, 5, proof=proof, contents=Contents(goods=(Goods.ALCOHOL,)))
    page = await phone.screen()
    for said in ("Restricted: alcohol", "Age check: 21 or older", "not kept", "sober", "Who signs?"):
        assert said in page
    filled = {"signature": a_drawing(), "signer_name": "Nora", "signer_relationship": "self", "sober": "true"}
    young = await phone.press(data={**filled, "born": "2015-01-01"}, files=PHOTO)
    assert young.status_code == 409
    await phone.press(data={**filled, "born": "1980-01-01"}, files=PHOTO)
    assert await phone.state(delivery_id) is State.DELIVERED
    proofs = await town.platform.deliveries.proofs(None, delivery_id)
    assert {"name": "Nora", "relationship": "self"}.items() <= next(
        proof.data for proof in proofs if proof.kind == "signature"
    ).items()
    assert "1980" not in str([proof.data for proof in proofs])


async def test_where_the_store_must_confirm_the_courier_shows_the_code_and_waits(town: Town) -> None:
    phone, delivery_id = await on_the_way(town, 2, proof=ProofRequest(handshake=Handshake.REQUIRED))
    delivery = (await town.platform.deliveries.get(None, delivery_id)).delivery
    page = await phone.screen()
    assert delivery.pickup.code
    assert delivery.pickup.code in page
    assert "Waiting for the store" in page
    shop = Actor(Who.MERCHANT, "key_1")
    await town.platform.deliveries.confirm_handshake(delivery.merchant_id, delivery_id, Step.PICKUP, shop)
    assert "The store has confirmed you" in await phone.screen()
    await phone.press()
    assert await phone.state(delivery_id) is State.PICKED_UP


async def test_the_door_is_described_as_far_as_it_is_known(town: Town) -> None:
    dropoff = DropoffRequest(
        AddressAsked("12 Elm Street, Springfield"),
        company="Acme",
        building=Building.APARTMENT,
        spot=Spot.MAILROOM,
        gate_code="42#",
    )
    phone, _ = await on_the_way(
        town, 3, dropoff=dropoff, handover=Handover.AT_DOOR, round_trip=("check",), tip=Money(300, "USD")
    )
    page = await phone.screen()
    for said in ("Acme, Apartment building, mail room", "42#", "Leave it at the door", "check", "Tip on top: $3.00"):
        assert said in page


async def test_the_way_back_shows_its_code_and_asks_for_the_stores_pin(town: Town) -> None:
    proof = ProofRequest(photo=False, handshake=Handshake.ASKED, return_pin="4711")
    phone, delivery_id = await on_the_way(town, 5, proof=proof, round_trip=("check",))
    await phone.press()
    assert await phone.state(delivery_id) is State.RETURNING
    await phone.press()
    code = (await town.platform.deliveries.get(None, delivery_id)).delivery.requirements.return_code
    page = await phone.screen()
    assert code
    assert code in page
    await phone.press(data={"pin": "4711"})
    assert await phone.state(delivery_id) is State.DELIVERED

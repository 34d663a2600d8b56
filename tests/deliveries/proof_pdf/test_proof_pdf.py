"""One sheet proves a delivery, in the merchant's name and nobody else's."""

import base64
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from PIL import Image

from homeward.deliveries.contents import Contents, Item
from homeward.deliveries.model import (
    Act,
    Actor,
    AgeCheck,
    Barcode,
    Building,
    Contact,
    CourierCard,
    DropoffRequest,
    Evidence,
    EvidenceKind,
    ProofRequest,
    Spot,
    State,
    Who,
)
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.quotes.model import AddressAsked
from tests.deliveries.proof_pdf.reading import Read, read
from tests.deliveries.world import PAY, PHOTO, World, a_photo

SIGNATURE = Evidence(
    EvidenceKind.SIGNATURE, content=a_photo((300, 120)), details={"name": "Sam Shopper", "relationship": "neighbour"}
)


async def the_pdf(world: World, delivery_id: str, who: str = "mer_a", mode: str = "live") -> bytes:
    async with world.client(who, mode) as shop:
        reply = await shop.get(f"/v1/deliveries/{delivery_id}/proof.pdf")
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "application/pdf"
    return reply.content


async def the_sheet(world: World, delivery_id: str, **more: str) -> Read:
    return read(await the_pdf(world, delivery_id, **more))


async def branded(world: World, locale: str = "en-US", **brand: str) -> None:
    said = {"display_name": "Crust & Co.", "colour": "#7a1f3d", "text_colour": "#ffffff", **brand}
    async with world.db.operator() as tx:
        await tx.run("UPDATE merchant SET brand = %(brand)s::text::jsonb WHERE id = 'mer_a'", brand=as_json(said))
        await tx.run("UPDATE market SET locale = %(locale)s", locale=locale)


def as_json(body: Any) -> str:
    return httpx.Request("POST", "http://x", json=body).content.decode()


def a_logo() -> str:
    out = BytesIO()
    Image.new("RGBA", (300, 90), (122, 31, 61, 180)).save(out, "PNG")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()


async def refused(world: World, leg: Any, act: Act, **more: Any) -> None:
    with pytest.raises(Problem):
        await world.report(leg, act, **more)


async def proven_in_every_way(world: World) -> str:
    """Wrong and right labels, a wrong and a right PIN, an age check, a photo and a signature."""
    proof = ProofRequest(
        photo=True, signature=True, pin="4711", age=AgeCheck(18, sober=True), barcodes=(Barcode("BOX-1"),)
    )
    dropoff = DropoffRequest(
        address=AddressAsked(text="Home Lane 3"),
        contact=Contact("Sam Shopper", "+41791234567", "sam@example.org"),
        unit="Flat 4",
        building=Building.HOUSE,
        spot=Spot.BACK_DOOR,
        gate_code="9981",
        instructions="Mind the dog",
    )
    items = (Item("Sourdough loaf", 2, "SKU-1"), Item("Red wine", 1))
    delivery_id, leg = await world.brought_to(
        State.AT_DROPOFF, proof=proof, dropoff=dropoff, contents=Contents(items=items), external_id="ORDER-77"
    )
    label = Evidence(EvidenceKind.SCAN, text="BOX-1")
    adult = Evidence(EvidenceKind.AGE_CHECK, text="1984-06-30", details={"sober": True})
    await refused(world, leg, Act.HAND_OVER, evidence=[Evidence(EvidenceKind.SCAN, text="BOX-9")])
    await refused(
        world, leg, Act.HAND_OVER, evidence=[PHOTO, SIGNATURE, label, adult, Evidence(EvidenceKind.PIN, text="1")]
    )
    right = Evidence(EvidenceKind.PIN, text="4711")
    await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, SIGNATURE, label, adult, right], place=LatLon(47.16, 9.51))
    return delivery_id


async def test_the_sheet_tells_what_went_where_when_by_whom_and_how_it_was_proven(world: World) -> None:
    await branded(world, logo=a_logo())
    sheet = await the_sheet(world, await proven_in_every_way(world))
    told = (
        "Proof of delivery", "Delivered", "ORDER-77", "Sam Shopper", "Home Lane 3, Flat 4", "back door",
        "Main Street 1", "Ana (by bicycle)", "2 × Sourdough loaf, SKU-1",
        "The right PIN was given", "A wrong PIN was given",
        "A document was checked: 18 or older, sober", "BOX-1: right", "BOX-9: another parcel's label",
        "Signed by Sam Shopper (neighbour)", "At the door", "47.16000, 9.51000", "Nov 23, 2026", "1:00:06 PM",
    )  # fmt: skip
    assert [words for words in told if words not in sheet.text] == []
    assert sheet.pictures == 3, "the logo, the photo and the signature"


async def test_it_keeps_to_itself_what_only_helped_on_the_way(world: World) -> None:
    sheet = await the_sheet(world, await proven_in_every_way(world))
    for secret in ("4711", "1984", "9981", "+4179", "sam@example.org", "Mind the dog"):
        assert secret not in sheet.text


async def test_it_names_nobody_but_the_merchant_not_even_in_its_hidden_parts(world: World) -> None:
    await branded(world)
    pdf = await the_pdf(world, await proven_in_every_way(world))
    assert b"eport" + b"lab" not in pdf.lower()
    assert b"homeward" not in pdf.lower()
    sheet = read(pdf)
    named = {name: value for name, value in sheet.metadata.items() if name not in ("CreationDate", "ModDate")}
    assert named == {
        "Author": "Crust & Co.",
        "Creator": "Crust & Co.",
        "Producer": "Crust & Co.",
        "Title": "Proof of delivery ORDER-77",
        "Subject": "Proof of delivery",
    }
    assert "olga" not in sheet.text.lower()


async def test_the_same_facts_make_the_same_bytes_whenever_they_are_asked_for(world: World) -> None:
    delivery_id = await proven_in_every_way(world)
    first = await the_pdf(world, delivery_id)
    world.clock.advance(86_400)
    assert await the_pdf(world, delivery_id) == first


async def test_it_speaks_the_language_of_the_market_on_its_clock(world: World) -> None:
    await branded(world, locale="es-ES")
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    sheet = await the_sheet(world, delivery_id)
    assert "Comprobante de entrega" in sheet.text
    assert "23 nov 2026, 13:00:06" in sheet.text


async def test_a_parcel_that_came_back_has_a_proof_of_its_return(world: World) -> None:
    delivery_id, back = await world.turned_back()
    await world.report(back, Act.ARRIVE_RETURN)
    await world.report(back, Act.RETURN_HANDED)
    sheet = await the_sheet(world, delivery_id)
    told = ("Proof of return", "Returned to the store", "It was not accepted", "Brought back by Ana")
    assert [words for words in told if words not in sheet.text] == []
    assert "Proof of delivery" not in sheet.text


async def test_a_parcel_that_got_lost_is_no_proof_of_delivery_and_repeats_nobodys_free_words(world: World) -> None:
    delivery_id, _ = await world.brought_to(State.TO_DROPOFF)
    await world.service.fail(delivery_id, Actor(Who.OPERATOR, "opr_1"), "Bob of Megacorp lost it")
    sheet = await the_sheet(world, delivery_id)
    assert "Record of a delivery" in sheet.text
    assert "Not delivered" in sheet.text
    assert "Megacorp" not in sheet.text


async def test_before_its_end_it_tells_how_things_stand(world: World) -> None:
    delivery_id = await world.booked(mode="test")
    sheet = await the_sheet(world, delivery_id, mode="test")
    assert "Being prepared" in sheet.text
    assert "This is a test. No parcel was carried." in sheet.text


async def test_many_items_go_on_over_the_pages_and_each_page_says_which_it_is(world: World) -> None:
    items = tuple(Item(f"Item number {number}", number) for number in range(1, 201))
    delivery_id, _ = await world.brought_to(State.DELIVERED, contents=Contents(items=items))
    sheet = await the_sheet(world, delivery_id)
    assert sheet.pages >= 4
    assert "200 × Item number 200" in sheet.text
    assert all(f"Page {number} of {sheet.pages}" in sheet.text for number in range(1, sheet.pages + 1))


@pytest.mark.parametrize("name", ["Łucja Żółć", "Παναγιώτης", "Зоя Ющенко", "Nguyễn Thị Ánh"])
async def test_names_in_latin_greek_and_cyrillic_letters_are_printed(world: World, name: str) -> None:
    dropoff = DropoffRequest(address=AddressAsked(text="Home Lane 3"), contact=Contact(name))
    delivery_id, _ = await world.brought_to(State.DELIVERED, dropoff=dropoff)
    assert name in (await the_sheet(world, delivery_id)).text


@pytest.mark.parametrize(
    "name",
    [
        "W" * 120,
        "山田太郎 מרים ليلى 🥖",
        '<img src="http://127.0.0.1:1/x.png"/><b>Bold</b> & <font size="900">loud</font>',
        "line\nend\t\x07bell",
    ],
)
async def test_no_name_breaks_the_sheet(world: World, name: str) -> None:
    dropoff = DropoffRequest(address=AddressAsked(text="Home Lane 3"), contact=Contact(name))
    item = Item(name, 1, name)
    delivery_id, _ = await world.brought_to(State.DELIVERED, dropoff=dropoff, contents=Contents(items=(item,)))
    sheet = await the_sheet(world, delivery_id)
    assert sheet.pages in (1, 2)
    assert ("□" in sheet.text) is ("山" in name), "what has no letters in the typeface is a box"
    if "<" in name:
        assert "<b>Bold</b>" in sheet.text, "markup is text"


async def test_large_photos_are_printed_small(world: World) -> None:
    noise = BytesIO()
    Image.effect_noise((2_400, 1_800), 90).save(noise, "JPEG", quality=90)
    photos = [Evidence(EvidenceKind.PHOTO, content=noise.getvalue())] * 4
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF)
    await world.report(leg, Act.HAND_OVER, evidence=photos)
    pdf = await the_pdf(world, delivery_id)
    assert read(pdf).pictures == 4
    assert len(pdf) < 2_000_000


async def test_more_pictures_than_a_sheet_holds_leave_the_stores_out_first(world: World) -> None:
    delivery_id, leg = await world.brought_to(State.AT_PICKUP)
    at_store = [Evidence(EvidenceKind.PHOTO, content=a_photo((8 + n, 8))) for n in range(24)]
    await world.report(leg, Act.PICK_UP, evidence=at_store)
    await world.report(leg, Act.HEAD_TO_DROPOFF)
    await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
    sheet = await the_sheet(world, delivery_id)
    assert sheet.pictures == 24
    assert "Photo At the door" in sheet.text


async def test_only_the_courier_who_carried_it_is_named(world: World) -> None:
    delivery_id = await world.booked()
    await world.assigned(delivery_id)
    async with world.db.operator() as tx:
        by = Actor(Who.SYSTEM, "planner")
        await world.service.unassign(tx, delivery_id, reason="declined", by=by, at=world.clock.now())
        leg = await world.service.assign(
            tx, delivery_id, courier_id="cou_2", card=CourierCard("Bea", "car", "C"), offer_id=None, pay=PAY,
            at=world.clock.now(),
        )  # fmt: skip
    for act in (Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP, Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF):
        await world.report(leg, act)
    await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
    sheet = await the_sheet(world, delivery_id)
    assert "Bea C. (by car)" in sheet.text
    assert "Ana" not in sheet.text


async def test_another_merchants_sheet_does_not_exist_and_the_operator_may_see_every_one(world: World) -> None:
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    async with world.client("mer_b") as stranger:
        assert (await stranger.get(f"/v1/deliveries/{delivery_id}/proof.pdf")).status_code == 404
    async with world.client(mode="test") as other_mode:
        assert (await other_mode.get(f"/v1/deliveries/{delivery_id}/proof.pdf")).status_code == 404
    async with world.client("operator") as operator:
        reply = await operator.get(f"/v1/operator/deliveries/{delivery_id}/proof.pdf")
    assert (reply.status_code, reply.headers["content-type"]) == (200, "application/pdf")


async def test_its_link_opens_it_without_a_key_for_a_day_and_nothing_else(world: World) -> None:
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    another = await world.booked()
    async with world.client() as shop:
        said = (await shop.get(f"/v1/deliveries/{delivery_id}/proofs")).json()["pdf"]
        shop.headers.pop("Authorization")
        link = urlsplit(said["url"])
        assert link.hostname == "bakery.localhost", "the merchant's own host, and no other name"
        assert (await shop.get(link.path)).content.startswith(b"%PDF")
        assert (await shop.get(link.path.replace(delivery_id, another))).status_code == 404
        assert (await shop.get(link.path.removesuffix("/proof.pdf"))).status_code == 404, "it is no picture's link"
        world.clock.advance(timedelta(hours=25).total_seconds())
        assert (await shop.get(link.path)).status_code == 404

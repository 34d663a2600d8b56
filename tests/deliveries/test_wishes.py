"""What a merchant may ask for at the store, at the door and on the way back, and how it is held to."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from homeward.deliveries import booking_policy
from homeward.deliveries.errors import (
    ActNotPossible,
    AgeCheckNeeded,
    HandoverConflict,
    HandshakeMissing,
    NobodyToTip,
    PinWrong,
    ProofMissing,
    RecipientNotAllowed,
    RedeliveryNotPossible,
    RobotInLiveMode,
    SpotDoesNotFit,
    TipOnlyUpward,
    TipTooHigh,
    TipTooLate,
    WrongCurrency,
    WrongParcel,
)
from homeward.deliveries.model import (
    Act,
    Actor,
    AgeCheck,
    Barcode,
    Building,
    Contents,
    DropoffRequest,
    Evidence,
    EvidenceKind,
    Goods,
    Handover,
    Handshake,
    ProofRequest,
    Spot,
    State,
    Step,
    StepProof,
    Undeliverable,
    Who,
)
from homeward.deliveries.proof_policy import age_on
from homeward.deliveries.requirements import SPOTS_OF, requirements_from
from homeward.kit.money import Money
from homeward.kit.problems import MalformedRequest, NotFound, jsonable
from tests.deliveries.world import PHOTO, World, a_booking, a_booking_body, a_key

SHOP = Actor(Who.MERCHANT, "key_mer_a_live")
LABELS = (Barcode("BOX-1", "code128"), Barcode("BOX-2", "code128"))


def chf(minor: int) -> Money:
    return Money(minor, "CHF")


def scan(text: str) -> Evidence:
    return Evidence(EvidenceKind.SCAN, text=text, details={"format": "code128"})


def born(text: str, *, sober: bool = True) -> Evidence:
    return Evidence(EvidenceKind.AGE_CHECK, text=text, details={"sober": sober})


class TestWhatGoesTogether:
    @pytest.mark.parametrize("goods", [Goods.ALCOHOL, Goods.TOBACCO, Goods.HEMP, Goods.AGE_RESTRICTED_PHARMACY])
    async def test_restricted_goods_need_an_age_check(self, world: World, goods: Goods) -> None:
        with pytest.raises(AgeCheckNeeded) as refusal:
            await world.booked(contents=Contents(goods=(goods,)))
        assert refusal.value.goods == [goods]

    async def test_goods_for_everybody_need_none(self, world: World) -> None:
        assert await world.booked(contents=Contents(goods=(Goods.PHARMACY, Goods.OVER_THE_COUNTER)))

    @pytest.mark.parametrize(
        ("proof", "named"),
        [
            (ProofRequest(signature=True), ["signature"]),
            (ProofRequest(pin=True), ["pin"]),
            (ProofRequest(pin_strict=True), ["pin"]),
            (ProofRequest(pin="1234", age=AgeCheck(18)), ["pin", "age"]),
        ],
    )
    async def test_nobody_signs_at_a_door_where_nobody_stands(
        self, world: World, proof: ProofRequest, named: list[str]
    ) -> None:
        with pytest.raises(HandoverConflict) as refusal:
            await world.booked(proof=proof, handover=Handover.AT_DOOR)
        assert refusal.value.wanted == named

    async def test_what_needs_an_age_check_is_never_left_behind(self, world: World) -> None:
        with pytest.raises(HandoverConflict):
            await world.booked(proof=ProofRequest(age=AgeCheck(18)), undeliverable=Undeliverable.LEAVE_AT_DOOR)

    async def test_a_later_change_must_go_together_too(self, world: World) -> None:
        async with world.client() as shop:
            booked = (
                await shop.post("/v1/deliveries", json=a_booking_body(proof={"pin": True}), headers=a_key())
            ).json()
            refused = await shop.patch(f"/v1/deliveries/{booked['id']}", json={"handover": "at_door"})
            assert (refused.status_code, refused.json()["code"]) == (409, "handover-conflict")
            changed = await shop.patch(
                f"/v1/deliveries/{booked['id']}", json={"handover": "at_door", "proof": {"photo": False, "pin": False}}
            )
            assert changed.json()["handover"] == "at_door"

    async def test_at_the_door_a_photo_proves_it(self, world: World) -> None:
        delivery_id = await world.booked(proof=ProofRequest(photo=False), handover=Handover.AT_DOOR)
        assert (await world.view(delivery_id)).delivery.requirements.photo

    @pytest.mark.parametrize("building", [None, *Building])
    @pytest.mark.parametrize("spot", list(Spot))
    def test_a_spot_belongs_to_its_building(self, building: Building | None, spot: Spot) -> None:
        refusal = booking_policy.check_spot(building, spot)
        fits = building is not None and spot in SPOTS_OF[building]
        assert (refusal is None) == fits
        if isinstance(refusal, SpotDoesNotFit):
            assert refusal.fitting == (sorted(map(str, SPOTS_OF[building])) if building else [])

    async def test_amounts_are_in_the_currency_of_the_market(self, world: World) -> None:
        with pytest.raises(WrongCurrency) as refusal:
            await world.booked(tip=Money(300, "USD"))
        assert (refusal.value.asked, refusal.value.expected) == ("USD", "CHF")

    async def test_robots_carry_test_deliveries_only(self, world: World) -> None:
        with pytest.raises(RobotInLiveMode):
            await world.booked(robot={})

    async def test_everything_said_is_read_back(self, world: World) -> None:
        body = a_booking_body(
            contents={
                "items": [
                    {
                        "name": "Aerosol",
                        "quantity": 2,
                        "weight_g": 300,
                        "price": {"minor": 450, "currency": "CHF"},
                        "dangerous": {"un_number": "UN1950", "proper_name": "AEROSOLS"},
                    }
                ],
                "goods": ["alcohol", "dangerous"],
            },
            proof={"photo": False, "signature": True, "signer_name": True, "pin": "0042", "age": {"min_age": 18},
                   "barcodes": [{"value": "BOX-1"}], "at_pickup": {"photo": True}, "handshake": "required",
                   "return_pin": True},
            handover="to_person", round_trip=["bag"], tip={"minor": 300, "currency": "CHF"}, notify=False,
        )  # fmt: skip
        body["dropoff"] |= {"building": "apartment", "spot": "reception", "gate_code": "17#", "company": "Office Ltd"}
        async with world.client() as shop:
            answer = await shop.post("/v1/deliveries", json=body, headers=a_key())
            assert answer.status_code == 201, answer.text
            read = (await shop.get(f"/v1/deliveries/{answer.json()['id']}")).json()
        assert read["parcel"]["contents"]["items"][0]["dangerous"]["un_number"] == "UN1950"
        assert read["parcel"]["contents"]["goods"] == ["alcohol", "dangerous"]
        assert (read["proof"]["pin"], read["proof"]["age"]) == ("0042", {"min_age": 18, "sober": False})
        assert (read["dropoff"]["spot"], read["dropoff"]["gate_code"]) == ("reception", "17#")
        assert (read["tip"], read["round_trip"], read["notify"]) == ({"minor": 300, "currency": "CHF"}, ["bag"], False)
        assert len(read["proof"]["return_pin"]) == 4

    def test_what_the_release_before_wrote_is_read_with_defaults(self) -> None:
        written = {"photo": True, "signature": False, "pin": "1", "pin_tries_left": 3, "pickup_code": False}
        read = requirements_from({**written, "undeliverable": "return"})
        assert (read.pin_tries_left, read.handover, read.at_pickup) == (3, Handover.ANY, StepProof())
        assert requirements_from(jsonable(read)) == read


class TestLabels:
    async def test_every_label_is_scanned_at_the_store(self, world: World) -> None:
        proof = ProofRequest(at_pickup=StepProof(barcodes=LABELS))
        _, leg = await world.brought_to(State.AT_PICKUP, proof=proof)
        with pytest.raises(ProofMissing) as missing:
            await world.report(leg, Act.PICK_UP, evidence=[scan("box-1")])
        assert (missing.value.needs, missing.value.labels) == (["scan"], ["BOX-2"])
        report = await world.report(leg, Act.PICK_UP, evidence=[scan("BOX-1"), scan("BOX-2")])
        assert report.delivery.state is State.PICKED_UP

    async def test_the_same_label_on_two_parcels_is_scanned_twice(self, world: World) -> None:
        proof = ProofRequest(photo=False, barcodes=(Barcode("BOX"), Barcode("BOX")))
        _, leg = await world.brought_to(State.AT_DROPOFF, proof=proof)
        with pytest.raises(ProofMissing):
            await world.report(leg, Act.HAND_OVER, evidence=[scan("BOX")])
        assert (await world.report(leg, Act.HAND_OVER, evidence=[scan("BOX"), scan("BOX")])).delivery.ended_at

    async def test_a_wrong_label_is_refused_and_part_of_the_story(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=ProofRequest(barcodes=LABELS))
        with pytest.raises(WrongParcel):
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, scan("BOX-9")])
        event = (await world.events(delivery_id))[-1]
        assert event.type == "delivery.evidence_added"
        assert event.data == {"scan": "wrong", "step": "dropoff", "label": "BOX-9"}
        assert (await world.view(delivery_id)).delivery.state is State.AT_DROPOFF


class TestAge:
    @pytest.mark.parametrize(
        ("day", "years"),
        [(date(2026, 2, 28), 17), (date(2026, 3, 1), 18), (date(2028, 2, 28), 19), (date(2028, 2, 29), 20)],
    )
    def test_a_leap_day_child_comes_of_age_on_the_first_of_march(self, day: date, years: int) -> None:
        assert age_on(date(2008, 2, 29), day) == years

    async def test_who_is_of_age_gets_it_and_the_date_is_not_kept(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=ProofRequest(age=AgeCheck(18, sober=True)))
        with pytest.raises(ProofMissing) as missing:
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
        assert missing.value.needs == ["age_check"]
        await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, born("1990-05-17")])
        kept = {proof.kind: proof.data for proof in await world.service.proofs(None, delivery_id)}
        assert kept[EvidenceKind.AGE_CHECK] == {"verified": True, "min_age": 18, "sober": True}
        assert "1990" not in str(jsonable([event.data for event in await world.events(delivery_id)]))

    @pytest.mark.parametrize(
        ("shown", "why"), [(born("2010-01-01"), "too_young"), (born("1990-05-17", sober=False), "not_sober")]
    )
    async def test_who_may_not_have_it_does_not_get_it(self, world: World, shown: Evidence, why: str) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=ProofRequest(age=AgeCheck(18, sober=True)))
        with pytest.raises(RecipientNotAllowed) as refusal:
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, shown])
        assert refusal.value.why == why
        assert (await world.events(delivery_id))[-1].data == {"age_check": why}
        back = await world.report(leg, Act.PROBLEM, reason=why)
        assert (back.delivery.state, back.delivery.outcome.reason) == (State.RETURNING, why)

    async def test_a_date_that_is_none_is_told_at_once(self, world: World) -> None:
        _, leg = await world.brought_to(State.AT_DROPOFF, proof=ProofRequest(age=AgeCheck(18)))
        with pytest.raises(MalformedRequest):
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, born("17.5.1990")])

    async def test_a_birthday_counts_from_the_day_at_the_door(self, world: World) -> None:
        """Late on the evening before, UTC: in Liechtenstein the sun says 23:38."""
        world.clock.advance(-(world.clock.now() - datetime(2026, 11, 22, 20, tzinfo=UTC)).total_seconds())
        _, leg = await world.brought_to(State.AT_DROPOFF, proof=ProofRequest(age=AgeCheck(18)))
        world.clock.advance((datetime(2026, 11, 22, 23, tzinfo=UTC) - world.clock.now()).total_seconds())
        with pytest.raises(RecipientNotAllowed):
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, born("2008-11-23")])
        world.clock.advance(3600)
        assert (await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, born("2008-11-23")])).delivery.ended_at


class TestSignerAndStore:
    async def test_a_signature_comes_with_the_name_that_was_asked_for(self, world: World) -> None:
        proof = ProofRequest(photo=False, signature=True, signer_name=True, signer_relationship=True)
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=proof)
        unsigned = replace(PHOTO, kind=EvidenceKind.SIGNATURE)
        with pytest.raises(ProofMissing) as missing:
            await world.report(leg, Act.HAND_OVER, evidence=[unsigned])
        assert missing.value.needs == ["signer_name", "signer_relationship"]
        signed = replace(unsigned, details={"name": "Kim", "relationship": "neighbour", "more": "dropped"})
        await world.report(leg, Act.HAND_OVER, evidence=[signed])
        kept = (await world.service.proofs(None, delivery_id))[0].data
        assert (kept["name"], kept["relationship"], "more" in kept) == ("Kim", "neighbour", False)

    async def test_a_required_handshake_is_the_stores_to_give(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_PICKUP, proof=ProofRequest(handshake=Handshake.REQUIRED))
        with pytest.raises(HandshakeMissing):
            await world.report(leg, Act.PICK_UP)
        with pytest.raises(ActNotPossible):
            await world.service.confirm_handshake("mer_a", delivery_id, Step.RETURN, SHOP)
        for _ in range(2):  # safe to repeat
            await world.service.confirm_handshake("mer_a", delivery_id, Step.PICKUP, SHOP)
        assert (await world.report(leg, Act.PICK_UP)).delivery.state is State.PICKED_UP
        assert (await world.event_types(delivery_id)).count("delivery.handshake_confirmed") == 1

    async def test_nobody_confirms_what_was_not_asked_for(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.AT_PICKUP)
        with pytest.raises(ActNotPossible):
            await world.service.confirm_handshake("mer_a", delivery_id, Step.PICKUP, SHOP)

    async def test_on_the_way_back_the_courier_shows_a_code_and_the_store_tells_a_pin(self, world: World) -> None:
        proof = ProofRequest(handshake=Handshake.REQUIRED, return_pin="7788")
        delivery_id = await world.booked(proof=proof)
        leg = await world.assigned(delivery_id)
        await world.report(leg, Act.ARRIVE_PICKUP)
        await world.service.confirm_handshake("mer_a", delivery_id, Step.PICKUP, SHOP)
        await world.report(leg, Act.PICK_UP)
        back = (await world.report(leg, Act.PROBLEM, reason="refused")).next_leg
        assert back
        assert (await world.view(delivery_id)).delivery.requirements.return_code
        pin = Evidence(EvidenceKind.PIN, text="7788")
        with pytest.raises(HandshakeMissing):
            await world.report(back, Act.RETURN_HANDED, evidence=[pin])
        await world.service.confirm_handshake("mer_a", delivery_id, Step.RETURN, SHOP)
        with pytest.raises(PinWrong):
            await world.report(back, Act.RETURN_HANDED, evidence=[replace(pin, text="0000")])
        assert (await world.report(back, Act.RETURN_HANDED, evidence=[pin])).delivery.state is State.RETURNED

    async def test_a_parcel_that_is_ready_early_is_fetched_early(self, world: World) -> None:
        world.quotes.search_in = timedelta(hours=2)
        delivery_id = await world.booked(ready_at=world.clock.now() + timedelta(hours=3))
        async with world.client() as shop:
            ready = (await shop.post(f"/v1/deliveries/{delivery_id}/ready", headers=a_key())).json()
        assert ready["ready_at"] == jsonable(world.clock.now())
        assert (await world.event_types(delivery_id))[-1] == "delivery.parcel_ready"

    async def test_after_the_pickup_nothing_gets_ready_any_more(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.PICKED_UP)
        with pytest.raises(ActNotPossible):
            await world.service.mark_ready("mer_a", delivery_id, SHOP)


class TestRoundTrip:
    async def test_the_shopper_has_it_and_the_courier_comes_back(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, round_trip=("check",))
        handed = await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
        assert (handed.delivery.state, handed.delivery.handed_over_at) == (State.RETURNING, world.clock.now())
        assert handed.next_leg
        done = await world.report(handed.next_leg, Act.RETURN_HANDED)
        assert done.delivery.state is State.DELIVERED
        told = await world.event_types(delivery_id)
        assert told[-3:] == ["delivery.handed_over", "delivery.returning", "delivery.delivered"]

    async def test_a_round_trip_that_turns_back_before_the_door_is_a_return(self, world: World) -> None:
        _, back = await world.turned_back(round_trip=("check",))
        assert (await world.report(back, Act.RETURN_HANDED)).delivery.state is State.RETURNED


class TestTips:
    async def test_a_tip_rises_and_never_falls(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.DELIVERED, tip=chf(200))
        for amount in (500, 500):  # a repeat gives nothing twice
            seen = await world.service.tip("mer_a", delivery_id, chf(amount), SHOP)
            assert seen.delivery.tip == chf(500)
        with pytest.raises(TipOnlyUpward):
            await world.service.tip("mer_a", delivery_id, chf(499), SHOP)
        tipped = [event.data for event in await world.events(delivery_id) if event.type == "delivery.tipped"]
        assert [(data["tip"]["minor"], data["added"]["minor"]) for data in tipped] == [(500, 300)]

    async def test_a_tip_has_a_limit_and_a_time(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.DELIVERED)
        with pytest.raises(TipTooHigh) as refusal:
            await world.service.tip("mer_a", delivery_id, chf(10_001), SHOP)
        assert refusal.value.most == chf(10_000)
        world.clock.advance(timedelta(days=14, seconds=1).total_seconds())
        with pytest.raises(TipTooLate):
            await world.service.tip("mer_a", delivery_id, chf(300), SHOP)

    async def test_where_nobody_carried_nobody_is_tipped(self, world: World) -> None:
        delivery_id = await world.booked()
        await world.service.cancel("mer_a", delivery_id, SHOP)
        with pytest.raises(NobodyToTip):
            await world.service.tip("mer_a", delivery_id, chf(300), SHOP)

    async def test_another_merchant_tips_nobody_here(self, world: World) -> None:
        delivery_id = await world.booked()
        with pytest.raises(NotFound):
            await world.service.tip("mer_b", delivery_id, chf(300), SHOP)


class TestOnceMore:
    async def test_what_came_back_is_delivered_again_and_knows_its_first_try(self, world: World) -> None:
        first, back = await world.turned_back()
        with pytest.raises(RedeliveryNotPossible):
            await world.booked(redelivery_of=first)
        await world.report(back, Act.RETURN_HANDED)
        again = await world.booked(redelivery_of=first)
        assert (await world.view(again)).delivery.redelivery_of == first

    async def test_nobody_redelivers_for_others(self, world: World) -> None:
        first = await world.booked("mer_b")
        with pytest.raises(NotFound):
            await world.booked(redelivery_of=first)


async def test_times_tell_when_each_state_was_last_reached(world: World) -> None:
    delivery_id, leg = await world.brought_to(State.AT_PICKUP)
    await world.report(leg, Act.PROBLEM, reason="cannot_continue")
    times = (await world.view(delivery_id)).delivery.times
    assert set(times) == {State.SEARCHING}, "a courier who gave it back leaves no trace in the times"


def test_a_request_says_what_it_needs() -> None:
    asked: Any = a_booking(dropoff=DropoffRequest(building=Building.HOUSE, spot=Spot.MAILROOM))
    assert isinstance(booking_policy.check_booking(asked, "live"), SpotDoesNotFit)

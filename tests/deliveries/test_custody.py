"""Who has the parcel: assignments, reports, proof, problems, the way back."""

import asyncio
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from homeward.deliveries.errors import (
    ActNotPossible,
    NotYoursToDo,
    PhotoRefused,
    ProofMissing,
    ReasonDoesNotFit,
    ReasonUnknown,
    WrongParcel,
)
from homeward.deliveries.model import (
    Act,
    AgeCheck,
    Evidence,
    EvidenceKind,
    LegKind,
    LegState,
    ProofRequest,
    State,
    Undeliverable,
)
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound
from tests.deliveries.world import ANA, NOON, OPERATOR, PAY, PHOTO, PLANNER, World, a_photo


def code(text: str) -> Evidence:
    return Evidence(EvidenceKind.CODE, text=text)


class TestAssignment:
    async def test_the_usual_way_tells_each_step_once_and_in_order(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.DELIVERED)
        events = await world.events(delivery_id)
        assert [event.type.removeprefix("delivery.") for event in events] == [
            "booked",
            "searching",
            "assigned",
            "to_pickup",
            "at_pickup",
            "picked_up",
            "to_dropoff",
            "at_dropoff",
            "delivered",
        ]
        assert [event.seq for event in events] == list(range(1, 10))
        assert events[2].data["courier"] == {"first_name": "Ana", "vehicle": "bicycle", "initial": ""}
        view = await world.view(delivery_id)
        assert view.delivery.ended_at == world.clock.now()
        assert view.leg
        assert (view.leg.state, view.leg.ended_at) == (LegState.DONE, world.clock.now())

    async def test_only_one_of_two_couriers_gets_it(self, world: World) -> None:
        delivery_id = await world.booked()
        answers = await asyncio.gather(
            *(world.assigned(delivery_id, f"cou_{n}") for n in range(6)), return_exceptions=True
        )
        winners = [answer for answer in answers if not isinstance(answer, BaseException)]
        assert len(winners) == 1
        assert all(isinstance(answer, ActNotPossible) for answer in answers if answer not in winners)
        assert (await world.view(delivery_id)).delivery.courier_id == winners[0].courier_id

    @pytest.mark.parametrize("state", [State.ASSIGNED, State.TO_PICKUP, State.AT_PICKUP])
    async def test_before_pickup_it_can_be_searched_again(self, world: World, state: State) -> None:
        delivery_id, first = await world.brought_to(state)
        async with world.db.operator() as tx:
            await world.service.unassign(tx, delivery_id, reason="vanished", by=PLANNER, at=world.clock.now())
        view = await world.view(delivery_id)
        assert (view.delivery.state, view.delivery.courier_id, view.courier) == (State.SEARCHING, None, None)
        second = await world.assigned(delivery_id, "cou_2")
        assert (second.number, second.courier_id) == (2, "cou_2")
        legs = await world.service.legs(None, delivery_id)
        assert [(leg.id, leg.state, leg.reason) for leg in legs] == [
            (first.id, LegState.CANCELLED, "vanished"),
            (second.id, LegState.COMMITTED, None),
        ]

    @pytest.mark.parametrize("state", [State.PICKED_UP, State.AT_DROPOFF, State.DELIVERED])
    async def test_after_pickup_it_is_not_searched_again(self, world: World, state: State) -> None:
        delivery_id, _ = await world.brought_to(state)
        with pytest.raises(ActNotPossible):
            async with world.db.operator() as tx:
                await world.service.unassign(tx, delivery_id, reason="x", by=PLANNER, at=world.clock.now())

    async def test_the_planner_sees_what_it_needs_and_nothing_else(self, world: World) -> None:
        searching = await world.booked()
        delivery_id, leg = await world.brought_to(State.PICKED_UP)
        await world.booked(mode="test")
        await world.brought_to(State.DELIVERED)
        async with world.db.operator() as tx:
            found = {each.id: each for each in await world.service.open_for_dispatch(tx, "mkt_1")}
        assert set(found) == {searching, delivery_id}
        assert (found[searching].leg_id, found[searching].on_board) == (None, False)
        assert (found[searching].weight_g, found[searching].volume_l) == (2_000, 40)
        assert (found[delivery_id].leg_id, found[delivery_id].on_board) == (leg.id, True)

    async def test_the_planner_learns_who_had_it_before(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.TO_PICKUP)
        await world.report(leg, Act.PROBLEM, reason="cannot_continue")
        async with world.db.operator() as tx:
            (found,) = await world.service.open_for_dispatch(tx, "mkt_1")
        assert (found.id, found.state, found.past_couriers) == (delivery_id, State.SEARCHING, ("cou_1",))


class TestReports:
    async def test_a_lost_report_is_jumped_over(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.ASSIGNED)
        await world.report(leg, Act.PICK_UP)
        report = await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
        assert report.delivery.state is State.DELIVERED
        assert (await world.event_types(delivery_id))[-2:] == ["delivery.picked_up", "delivery.delivered"]

    async def test_a_late_report_is_kept_and_changes_nothing(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.PICKED_UP)
        report = await world.report(leg, Act.ARRIVE_PICKUP)
        assert report.late
        assert (await world.view(delivery_id)).delivery.state is State.PICKED_UP
        last = (await world.events(delivery_id))[-1]
        assert (last.type, last.data["act"], last.leg_id) == ("delivery.late_report", "arrive_pickup", leg.id)

    async def test_an_end_stays_whatever_comes_after(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.DELIVERED)
        before = (await world.view(delivery_id)).delivery
        for act in (Act.PICK_UP, Act.HAND_OVER, Act.PROBLEM, Act.ARRIVE_RETURN):
            assert (await world.report(leg, act, reason="refused")).late
        after = (await world.view(delivery_id)).delivery
        assert (after.state, after.ended_at, after.seq) == (before.state, before.ended_at, before.seq + 4)

    async def test_the_very_same_report_twice_is_one_report(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.ASSIGNED)
        first = await world.service.report(leg.id, Act.HEAD_TO_PICKUP, courier_id="cou_1", at=NOON)
        again = await world.service.report(leg.id, Act.HEAD_TO_PICKUP, courier_id="cou_1", at=NOON)
        assert (first.late, again.late) == (False, True)
        assert again.delivery.seq == first.delivery.seq
        assert (await world.event_types(delivery_id)).count("delivery.to_pickup") == 1

    async def test_a_report_from_the_future_is_taken_as_now(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.ASSIGNED)
        later = world.clock.now().replace(year=2030)
        await world.service.report(leg.id, Act.HEAD_TO_PICKUP, courier_id="cou_1", at=later)
        assert (await world.events(delivery_id))[-1].at == world.clock.now()

    async def test_another_couriers_leg_does_not_exist(self, world: World) -> None:
        _, leg = await world.brought_to(State.ASSIGNED)
        with pytest.raises(NotFound):
            await world.service.report(leg.id, Act.HEAD_TO_PICKUP, courier_id="cou_2", at=NOON)

    async def test_an_old_report_does_not_take_it_from_its_new_courier(self, world: World) -> None:
        delivery_id, old = await world.brought_to(State.ASSIGNED)
        async with world.db.operator() as tx:
            await world.service.unassign(tx, delivery_id, reason="vanished", by=PLANNER, at=world.clock.now())
        await world.assigned(delivery_id, "cou_2")
        report = await world.report(old, Act.HEAD_TO_PICKUP)
        assert report.late
        assert (await world.view(delivery_id)).delivery.courier_id == "cou_2"

    async def test_a_report_after_reassignment_is_late(self, world: World) -> None:
        delivery_id, old = await world.brought_to(State.TO_PICKUP)
        async with world.db.operator() as tx:
            await world.service.unassign(tx, delivery_id, reason="x", by=OPERATOR, at=world.clock.now())
        await world.assigned(delivery_id, "cou_2")
        assert (await world.report(old, Act.PICK_UP)).late
        assert (await world.view(delivery_id)).delivery.state is State.ASSIGNED

    @pytest.mark.parametrize("act", [Act.CANCEL, Act.ASSIGN, Act.TURN_BACK, Act.FAIL, Act.WAKE, Act.UNASSIGN])
    async def test_a_phone_cannot_do_what_is_not_a_report(self, world: World, act: Act) -> None:
        _, leg = await world.brought_to(State.PICKED_UP)
        with pytest.raises(NotYoursToDo):
            await world.report(leg, act)

    async def test_two_phones_reporting_at_once_leave_no_gap(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.ASSIGNED)
        now = world.clock.now()
        acts = [Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP, Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF] * 4
        await asyncio.gather(
            *(
                world.service.report(leg.id, act, courier_id="cou_1", at=now.replace(microsecond=n))
                for n, act in enumerate(acts)
            )
        )
        events = await world.events(delivery_id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))


class TestProof:
    async def test_a_handover_without_the_agreed_proof_says_what_is_needed(self, world: World) -> None:
        wanted = ProofRequest(photo=True, signature=True, pin=True)
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=wanted)
        with pytest.raises(ProofMissing) as refusal:
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
        assert refusal.value.needs == ["signature", "pin"]
        assert (await world.view(delivery_id)).delivery.state is State.AT_DROPOFF
        assert await world.service.proofs(None, delivery_id) == []

    async def test_what_another_company_has_proven_is_not_missed_and_the_event_names_it(self, world: World) -> None:
        wanted = ProofRequest(photo=True, signature=True, age=AgeCheck(18))
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=wanted)
        with pytest.raises(ProofMissing):
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO], proven_elsewhere={"age_check"})
        await world.report(leg, Act.HAND_OVER, evidence=[PHOTO], proven_elsewhere={"age_check", "signature", "pin"})
        delivered = (await world.events(delivery_id))[-1]
        assert (delivered.type, delivered.data["proven_elsewhere"]) == (
            "delivery.delivered",
            ["signature", "age_check"],
        )
        assert [proof.kind for proof in await world.service.proofs(None, delivery_id)] == ["photo"], "what came is kept"

    async def test_all_proof_together_delivers_and_is_kept(self, world: World) -> None:
        wanted = ProofRequest(photo=True, signature=True, pin=True)
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=wanted)
        signature = Evidence(EvidenceKind.SIGNATURE, content=a_photo())
        pin = (await world.view(delivery_id)).delivery.requirements.pin
        evidence = [PHOTO, signature, Evidence(EvidenceKind.PIN, text=pin)]
        report = await world.report(leg, Act.HAND_OVER, evidence=evidence, place=LatLon(47.16, 9.51))
        assert report.delivery.state is State.DELIVERED
        proofs = await world.service.proofs("mer_a", delivery_id)
        assert {(proof.kind, proof.step) for proof in proofs} == {
            ("photo", "dropoff"),
            ("signature", "dropoff"),
            ("pin", "dropoff"),
        }
        assert all(proof.place == LatLon(47.16, 9.51) for proof in proofs)
        assert not any(proof.data for proof in proofs if proof.kind == "pin"), "a PIN is checked, not kept"

    async def test_a_proof_photo_can_be_looked_at_by_its_merchant_alone(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.DELIVERED)
        async with world.client() as client:
            (proof,) = (await client.get(f"/v1/deliveries/{delivery_id}/proofs")).json()["items"]
            picture = await client.get(proof["content_url"])
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.headers["x-content-type-options"] == "nosniff"
        assert Image.open(BytesIO(picture.content)).size == (64, 48)
        async with world.client("mer_b") as other:
            assert (await other.get(proof["content_url"])).status_code == 404

    @pytest.mark.parametrize("given", ["id", "external_id", "code"])
    async def test_the_parcels_label_opens_the_pickup(self, world: World, given: str) -> None:
        wanted = ProofRequest(pickup_code=True)
        delivery_id, leg = await world.brought_to(State.AT_PICKUP, proof=wanted, external_id="Order-77")
        delivery = (await world.view(delivery_id)).delivery
        texts = {"id": delivery.id, "external_id": " order-77 ", "code": str(delivery.pickup.code).lower()}
        with pytest.raises(ProofMissing):
            await world.report(leg, Act.PICK_UP)
        report = await world.report(leg, Act.PICK_UP, evidence=[code(texts[given])])
        assert report.delivery.state is State.PICKED_UP

    async def test_a_code_of_another_parcel_is_refused_even_where_none_was_asked_for(self, world: World) -> None:
        _, leg = await world.brought_to(State.AT_PICKUP)
        with pytest.raises(WrongParcel):
            await world.report(leg, Act.PICK_UP, evidence=[code("dlv_other")])

    async def test_what_is_no_picture_is_refused_and_nothing_happens(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF)
        fake = Evidence(EvidenceKind.PHOTO, content=b"<svg onload=alert(1)>")
        with pytest.raises(PhotoRefused):
            await world.report(leg, Act.HAND_OVER, evidence=[fake])
        assert (await world.view(delivery_id)).delivery.state is State.AT_DROPOFF

    async def test_a_photo_without_a_picture_is_no_proof(self, world: World) -> None:
        _, leg = await world.brought_to(State.AT_DROPOFF)
        with pytest.raises(ProofMissing):
            await world.report(leg, Act.HAND_OVER, evidence=[Evidence(EvidenceKind.PHOTO, text="trust me")])

    async def test_evidence_that_comes_late_is_kept(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.DELIVERED)
        await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
        assert len(await world.service.proofs(None, delivery_id)) == 2


class TestProblems:
    @pytest.mark.parametrize(
        ("reason", "state", "attention"),
        [
            ("store_closed", State.SEARCHING, "store_closed"),
            ("parcel_missing", State.SEARCHING, "parcel_missing"),
            ("too_large", State.SEARCHING, None),
            ("cannot_continue", State.SEARCHING, None),
            ("not_ready", State.AT_PICKUP, "not_ready"),
        ],
    )
    async def test_before_pickup_a_problem_leads_back_to_the_search_or_to_a_person(
        self, world: World, reason: str, state: State, attention: str | None
    ) -> None:
        delivery_id, leg = await world.brought_to(State.AT_PICKUP)
        await world.report(leg, Act.PROBLEM, reason=reason)
        delivery = (await world.view(delivery_id)).delivery
        assert (delivery.state, delivery.attention) == (state, attention)

    @pytest.mark.parametrize(
        "reason", ["nobody_there", "wrong_address", "refused", "damaged", "cannot_reach", "no_pin"]
    )
    async def test_at_the_door_a_problem_leads_back_to_the_store(self, world: World, reason: str) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF)
        report = await world.report(leg, Act.PROBLEM, reason=reason)
        back = report.next_leg
        assert back
        assert (back.kind, back.state, back.courier_id, back.pay) == (LegKind.RETURN, LegState.RETURNING, "cou_1", PAY)
        assert (report.leg.state, report.leg.reason) == (LegState.STOPPED, reason)
        await world.report(back, Act.ARRIVE_RETURN)
        ended = await world.report(back, Act.RETURN_HANDED, evidence=[PHOTO])
        assert ended.delivery.state is State.RETURNED
        (proof,) = await world.service.proofs(None, delivery_id)
        assert (proof.step, proof.leg_id) == ("return", back.id)

    async def test_the_way_back_is_on_board_for_the_planner(self, world: World) -> None:
        delivery_id, back = await world.turned_back()
        async with world.db.operator() as tx:
            (found,) = await world.service.open_for_dispatch(tx, "mkt_1")
        assert (found.id, found.leg_id, found.leg_kind, found.on_board) == (delivery_id, back.id, LegKind.RETURN, True)
        assert found.courier_id == "cou_1"

    async def test_where_the_shopper_allowed_it_a_photo_at_the_door_is_enough(self, world: World) -> None:
        wanted = ProofRequest(photo=False, pin=True)
        delivery_id, leg = await world.brought_to(
            State.AT_DROPOFF, proof=wanted, undeliverable=Undeliverable.LEAVE_AT_DOOR
        )
        await world.report(leg, Act.PROBLEM, reason="nobody_there")
        assert (await world.view(delivery_id)).delivery.state is State.AT_DROPOFF
        report = await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
        assert report.delivery.state is State.DELIVERED

    async def test_a_refused_parcel_is_not_left_at_the_door(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, undeliverable=Undeliverable.LEAVE_AT_DOOR)
        await world.report(leg, Act.PROBLEM, reason="refused")
        assert (await world.view(delivery_id)).delivery.state is State.RETURNING

    async def test_a_parcel_to_be_disposed_of_ends_as_failed(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.AT_DROPOFF, undeliverable=Undeliverable.DISPOSE)
        await world.report(leg, Act.PROBLEM, reason="damaged")
        view = await world.view(delivery_id)
        assert view.leg
        assert (view.delivery.state, view.leg.state) == (State.FAILED, LegState.WRITTEN_OFF)

    async def test_a_courier_who_cannot_go_on_with_a_parcel_needs_rescue_and_may_still_arrive(
        self, world: World
    ) -> None:
        delivery_id, leg = await world.brought_to(State.TO_DROPOFF)
        report = await world.report(leg, Act.PROBLEM, reason="cannot_continue")
        assert (report.leg.state, report.delivery.attention) == (LegState.RESCUE_NEEDED, "rescue_needed")
        assert "leg.rescue_needed" in await world.event_types(delivery_id)
        report = await world.report(leg, Act.ARRIVE_DROPOFF)
        assert (report.leg.state, report.delivery.attention) == (LegState.AT_DROPOFF, None)

    async def test_a_lost_parcel_ends_and_stays_flagged(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.TO_DROPOFF)
        await world.report(leg, Act.PROBLEM, reason="lost")
        delivery = (await world.view(delivery_id)).delivery
        assert (delivery.state, delivery.attention) == (State.FAILED, "lost")

    async def test_a_store_that_does_not_take_it_back_asks_for_a_person(self, world: World) -> None:
        delivery_id, back = await world.turned_back()
        await world.report(back, Act.ARRIVE_RETURN)
        await world.report(back, Act.PROBLEM, reason="return_refused")
        delivery = (await world.view(delivery_id)).delivery
        assert (delivery.state, delivery.attention) == (State.AT_RETURN, "return_refused")

    async def test_an_unknown_or_misplaced_reason_is_refused_with_those_that_fit(self, world: World) -> None:
        _, leg = await world.brought_to(State.TO_PICKUP)
        with pytest.raises(ReasonUnknown):
            await world.report(leg, Act.PROBLEM, reason="bored")
        with pytest.raises(ReasonDoesNotFit) as refusal:
            await world.report(leg, Act.PROBLEM, reason="refused")
        assert "store_closed" in refusal.value.fitting


class TestFlagsAndEstimates:
    async def test_an_estimate_never_touches_the_promise(self, world: World) -> None:
        delivery_id = await world.booked()
        before = (await world.view(delivery_id)).delivery
        late = before.promised_by.replace(hour=15)
        async with world.db.operator() as tx:
            await world.service.set_eta(tx, delivery_id, late, world.clock.now())
        after = (await world.view(delivery_id)).delivery
        assert (after.eta, after.promised_by) == (late, before.promised_by)

    @pytest.mark.parametrize(("moved_s", "news"), [(59, False), (60, True), (-60, True)])
    async def test_an_estimate_that_hardly_moves_is_no_news(self, world: World, moved_s: int, news: bool) -> None:
        delivery_id = await world.booked()
        async with world.db.operator() as tx:
            await world.service.set_eta(tx, delivery_id, NOON, world.clock.now())
            await world.service.set_eta(tx, delivery_id, NOON + timedelta(seconds=moved_s), world.clock.now())
        assert (await world.event_types(delivery_id)).count("delivery.eta_changed") == (2 if news else 1)

    async def test_the_courier_is_expected_at_the_store_while_on_the_way_there(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.TO_PICKUP)
        at_store, at_door = NOON + timedelta(minutes=8), NOON + timedelta(minutes=20)
        async with world.db.operator() as tx:
            await world.service.set_eta(tx, delivery_id, at_door, world.clock.now(), pickup_eta=at_store)
            later = at_store + timedelta(minutes=3)
            await world.service.set_eta(tx, delivery_id, at_door, world.clock.now(), pickup_eta=later)
        assert (await world.event_types(delivery_id)).count("delivery.eta_changed") == 2
        assert (await world.view(delivery_id)).delivery.expected_at_pickup == later
        await world.report(leg, Act.PICK_UP, evidence=[])
        assert (await world.view(delivery_id)).delivery.expected_at_pickup is None

    async def test_nobody_is_expected_at_the_store_once_the_courier_has_left(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.ASSIGNED)
        async with world.db.operator() as tx:
            await world.service.set_eta(tx, delivery_id, NOON, world.clock.now(), pickup_eta=NOON)
            await world.service.unassign(tx, delivery_id, reason="vanished", by=PLANNER, at=world.clock.now())
        await world.assigned(delivery_id, "cou_2")
        assert (await world.view(delivery_id)).delivery.expected_at_pickup is None

    async def test_a_flag_is_raised_once_and_taken_down_once(self, world: World) -> None:
        delivery_id = await world.booked()
        now = world.clock.now()
        async with world.db.operator() as tx:
            await world.service.flag(tx, delivery_id, "late", now)
            await world.service.flag(tx, delivery_id, "late", now)
            await world.service.clear_flag(tx, delivery_id, now)
            await world.service.clear_flag(tx, delivery_id, now)
        assert (await world.event_types(delivery_id))[2:] == [
            "delivery.attention_needed",
            "delivery.attention_cleared",
        ]

    async def test_a_courier_who_falls_silent_comes_back_with_the_next_report(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.TO_PICKUP)
        async with world.db.operator() as tx:
            await world.service.lose_contact(tx, leg.id, world.clock.now())
        assert (await world.view(delivery_id)).delivery.attention == "courier_lost_contact"
        report = await world.report(leg, Act.ARRIVE_PICKUP)
        assert (report.leg.state, report.delivery.attention) == (LegState.AT_PICKUP, None)

    async def test_an_ended_delivery_is_left_alone(self, world: World) -> None:
        delivery_id, leg = await world.brought_to(State.DELIVERED)
        seq = (await world.view(delivery_id)).delivery.seq
        async with world.db.operator() as tx:
            await world.service.set_eta(tx, delivery_id, NOON, NOON)
            await world.service.flag(tx, delivery_id, "late", NOON)
            await world.service.lose_contact(tx, leg.id, NOON)
        assert (await world.view(delivery_id)).delivery.seq == seq

    async def test_a_person_of_the_operator_can_give_a_delivery_up(self, world: World) -> None:
        delivery_id, _ = await world.brought_to(State.TO_DROPOFF)
        view = await world.service.fail(delivery_id, OPERATOR, "courier had an accident")
        assert view.leg
        assert (view.delivery.state, view.leg.state) == (State.FAILED, LegState.WRITTEN_OFF)


def test_what_outsiders_see_of_a_courier_is_a_first_name_an_initial_and_a_vehicle() -> None:
    assert set(ANA.__dataclass_fields__) == {"first_name", "vehicle", "initial"}


async def test_a_phone_that_is_put_back_hands_over_no_earlier_than_it_arrived(world: World) -> None:
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF)
    arrived = (await world.view(delivery_id)).delivery.times[State.AT_DROPOFF]
    world.clock.advance(3600)
    before = len(await world.events(delivery_id))
    for _ in range(2):
        await world.report(leg, Act.HAND_OVER, evidence=[PHOTO], at=arrived - timedelta(minutes=30))
    handed = [event for event in (await world.events(delivery_id))[before:] if event.type == "delivery.delivered"]
    assert [event.at for event in handed] == [arrived]
    assert (await world.view(delivery_id)).delivery.times[State.DELIVERED] == arrived

"""Test deliveries: a robot carries each of them along the very path of couriers."""

from collections.abc import Sequence
from datetime import timedelta
from io import BytesIO
from typing import Any

import httpx
import pytest
from PIL import Image

from homeward.deliveries.errors import ActNotPossible
from homeward.deliveries.model import (
    Actor,
    AgeCheck,
    Barcode,
    Contents,
    DeliveryView,
    EvidenceKind,
    Goods,
    Handover,
    Handshake,
    ProofRequest,
    State,
    StepProof,
    Undeliverable,
    Who,
)
from homeward.deliveries.robots import policy
from homeward.deliveries.robots.api import robots_router
from homeward.deliveries.robots.model import Ending, Milestone, Pace, Script, Step
from homeward.deliveries.robots.policy import between, courier_id_of, delivery_id_of, script_from
from homeward.deliveries.robots.service import RobotsService
from homeward.infra.auth import Auth
from homeward.kit.places import great_circle_m
from homeward.kit.problems import MalformedRequest, NotFound
from tests.deliveries.world import BAKERY, HOME, NOON, World, a_booking_body, a_key

LABELS = (Barcode("BOX-1", "code128"), Barcode("BOX-2", "qr"))
SHOP = Actor(Who.MERCHANT, "key_mer_a_test")


@pytest.fixture
def robots(world: World) -> RobotsService:
    service = RobotsService(world.db, world.clock, world.service)
    world.app.include_router(robots_router(service, Auth(world.db)))
    return service


async def a_test_delivery(world: World, **booking: Any) -> str:
    return await world.booked(mode="test", **booking)


async def driven(robots: RobotsService, world: World, seconds: int, step: int = 5) -> None:
    """The worker's loop goes on while time passes."""
    for _ in range(seconds // step):
        world.clock.advance(step)
        while await robots.drive():
            pass


async def state_of(world: World, delivery_id: str) -> State:
    return (await world.view(delivery_id)).delivery.state


class TestByItself:
    async def test_a_test_delivery_is_delivered_two_and_a_half_minutes_after_its_booking(
        self, world: World, robots: RobotsService
    ) -> None:
        delivery_id = await a_test_delivery(world)
        await driven(robots, world, 180)
        delivery = (await world.view(delivery_id)).delivery
        after = {state: (at - NOON).total_seconds() for state, at in delivery.times.items()}
        assert after == {
            State.SEARCHING: 0,
            State.ASSIGNED: 0,
            State.TO_PICKUP: 30,
            State.AT_PICKUP: 60,
            State.PICKED_UP: 90,
            State.TO_DROPOFF: 100,
            State.AT_DROPOFF: 120,
            State.DELIVERED: 150,
        }

    async def test_its_events_are_those_of_a_live_delivery(self, world: World, robots: RobotsService) -> None:
        live, _ = await world.brought_to(State.DELIVERED)
        test = await a_test_delivery(world)
        await driven(robots, world, 180)
        types = [kind for kind in await world.event_types(test) if kind != "delivery.eta_changed"]
        assert types == await world.event_types(live)

    async def test_a_live_delivery_is_left_alone(self, world: World, robots: RobotsService) -> None:
        live = await world.booked()
        await driven(robots, world, 180)
        assert await state_of(world, live) is State.SEARCHING

    async def test_after_a_pause_of_the_worker_every_step_has_its_own_moment(
        self, world: World, robots: RobotsService
    ) -> None:
        delivery_id = await a_test_delivery(world)
        world.clock.advance(3600)
        while await robots.drive():
            pass
        delivery = (await world.view(delivery_id)).delivery
        assert delivery.state is State.DELIVERED
        assert delivery.ended_at == NOON + timedelta(seconds=150)

    async def test_two_workers_do_no_step_twice(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world)
        twin = RobotsService(world.db, world.clock, world.service)
        while (view := await world.view(delivery_id)).delivery.state is not State.DELIVERED:
            world.clock.advance(30)
            await robots._drive_one(delivery_id, world.clock.now())
            await _with_an_old_view(twin, view, world)
        types = await world.event_types(delivery_id)
        assert "delivery.late_report" not in types
        assert len(types) == len(set(types)), "every state was reached once"

    async def test_it_is_expected_when_it_will_be_there(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world)
        await driven(robots, world, 5)
        assert (await world.view(delivery_id)).delivery.eta == NOON + timedelta(seconds=150)

    async def test_a_robot_waits_while_the_address_is_uncertain(self, world: World, robots: RobotsService) -> None:
        world.quotes.attention = ("confirm_address",)
        delivery_id = await a_test_delivery(world)
        await driven(robots, world, 60)
        assert await state_of(world, delivery_id) is State.SEARCHING
        await world.service.confirm_address("mer_a", delivery_id, HOME, SHOP)
        await driven(robots, world, 5)
        assert await state_of(world, delivery_id) is not State.SEARCHING

    async def test_a_parcel_called_back_is_brought_back(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world)
        await driven(robots, world, 110)
        await world.service.return_to_store("mer_a", delivery_id, SHOP)
        await driven(robots, world, 70)
        assert await state_of(world, delivery_id) is State.RETURNED


async def _with_an_old_view(twin: RobotsService, view: DeliveryView, world: World) -> None:
    """A second worker that had read the delivery before the first one acted."""
    due = policy.next_due(view, policy.script_of(view.delivery))
    if due is None or due.at > world.clock.now():
        return
    try:
        await twin._do(view, due, SHOP)
    except ActNotPossible:
        return


class TestWhatIsProven:
    async def test_everything_that_was_asked_for_is_handed_in(self, world: World, robots: RobotsService) -> None:
        proof = ProofRequest(
            photo=True,
            signature=True,
            signer_name=True,
            signer_relationship=True,
            pin="4711",
            age=AgeCheck(21, sober=True),
            barcodes=LABELS,
            pickup_code=True,
            at_pickup=StepProof(photo=True, signature=True, barcodes=LABELS),
        )
        delivery_id = await a_test_delivery(world, proof=proof, contents=Contents(goods=(Goods.ALCOHOL,)))
        await driven(robots, world, 180)
        assert await state_of(world, delivery_id) is State.DELIVERED
        proofs = await world.service.proofs(None, delivery_id)
        told = sorted((proof.step, str(proof.kind)) for proof in proofs)
        at_store = [("pickup", kind) for kind in ("code", "photo", "scan", "scan", "signature")]
        at_door = [("dropoff", kind) for kind in ("age_check", "photo", "pin", "scan", "scan", "signature")]
        assert told == sorted(at_store + at_door)

    async def test_its_photo_is_a_picture(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world)
        await driven(robots, world, 180)
        photo = next(p for p in await world.service.proofs(None, delivery_id) if p.kind is EvidenceKind.PHOTO)
        media_type, content = await world.service.proof_content("mer_a", photo.id, mode="test")
        assert media_type == "image/jpeg"
        colours = Image.open(BytesIO(content)).convert("RGB").resize((32, 24)).getcolors()
        assert colours is not None
        assert len(colours) > 3, "it shows something"

    @pytest.mark.parametrize("handshake", [Handshake.ASKED, Handshake.REQUIRED])
    async def test_where_the_store_says_nothing_the_robot_goes_on(
        self, world: World, robots: RobotsService, handshake: Handshake
    ) -> None:
        delivery_id = await a_test_delivery(world, proof=ProofRequest(handshake=handshake))
        await driven(robots, world, 180)
        assert await state_of(world, delivery_id) is State.DELIVERED

    async def test_a_return_is_proven_to_the_store(self, world: World, robots: RobotsService) -> None:
        proof = ProofRequest(
            return_pin="1234", handshake=Handshake.REQUIRED, at_return=StepProof(signature=True, barcodes=LABELS)
        )
        delivery_id = await a_test_delivery(world, proof=proof, robot={"outcome": "returned"})
        await driven(robots, world, 240)
        assert await state_of(world, delivery_id) is State.RETURNED
        kinds = sorted(str(p.kind) for p in await world.service.proofs(None, delivery_id) if p.step == "return")
        assert kinds == ["pin", "scan", "scan", "signature"]


class TestAsTold:
    @pytest.mark.parametrize(
        ("robot", "state", "reason"),
        [
            ({"outcome": "returned", "reason": "refused"}, State.RETURNED, "refused"),
            ({"outcome": "returned"}, State.RETURNED, "nobody_there"),
            ({"outcome": "cancelled"}, State.CANCELLED, None),
            ({"outcome": "failed"}, State.FAILED, "lost"),
            ({"outcome": "delivered"}, State.DELIVERED, None),
        ],
    )
    async def test_it_ends_as_was_asked(
        self, world: World, robots: RobotsService, robot: dict[str, Any], state: State, reason: str | None
    ) -> None:
        delivery_id = await a_test_delivery(world, robot=robot)
        await driven(robots, world, 240)
        delivery = (await world.view(delivery_id)).delivery
        assert (delivery.state, delivery.outcome.reason) == (state, reason)

    async def test_it_is_left_at_the_door_with_a_photo(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(
            world, undeliverable=Undeliverable.LEAVE_AT_DOOR, robot={"outcome": "left_at_door"}
        )
        await driven(robots, world, 240)
        delivery = (await world.view(delivery_id)).delivery
        assert delivery.state is State.DELIVERED
        assert delivery.outcome.left_at_door

    async def test_what_belongs_at_the_door_is_put_there(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world, handover=Handover.AT_DOOR, proof=ProofRequest(photo=False))
        await driven(robots, world, 180)
        assert [p.kind for p in await world.service.proofs(None, delivery_id)] == [EvidenceKind.PHOTO]

    async def test_a_round_trip_comes_back_delivered(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world, round_trip=("check",))
        await driven(robots, world, 240)
        delivery = (await world.view(delivery_id)).delivery
        assert delivery.state is State.DELIVERED
        assert delivery.handed_over_at == NOON + timedelta(seconds=150)

    async def test_a_courier_who_drops_it_is_followed_by_another(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world, robot={"drops": True})
        await driven(robots, world, 240)
        legs = await world.service.legs(None, delivery_id)
        assert [str(leg.state) for leg in legs] == ["cancelled", "done"]
        assert legs[0].courier_id != legs[1].courier_id
        assert await state_of(world, delivery_id) is State.DELIVERED

    async def test_moments_that_were_named_are_kept(self, world: World, robots: RobotsService) -> None:
        named = {
            "assigned": 600,
            "to_pickup": 700,
            "at_pickup": 800,
            "picked_up": 900,
            "at_dropoff": 1000,
            "done": 1100,
        }
        at = {name: (NOON + timedelta(seconds=s)).isoformat() for name, s in named.items()}
        delivery_id = await a_test_delivery(world, robot={"mode": "custom", "at": at})
        await driven(robots, world, 1200, step=50)
        times = (await world.view(delivery_id)).delivery.times
        assert (times[State.ASSIGNED] - NOON).total_seconds() == 600
        assert (times[State.AT_DROPOFF] - NOON).total_seconds() == 1000
        assert (times[State.DELIVERED] - NOON).total_seconds() == 1100

    async def test_a_manual_robot_waits_to_be_told(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world, robot={"mode": "manual"})
        await driven(robots, world, 60)
        assert await state_of(world, delivery_id) is State.SEARCHING


class TestTheScript:
    def test_without_a_word_it_delivers_at_its_own_pace(self) -> None:
        assert script_from(None) == script_from({}) == Script(Pace.AUTO, Ending.DELIVERED)

    def test_moments_are_read_with_their_zone(self) -> None:
        script = script_from({"mode": "custom", "at": {"picked_up": "2026-11-23T13:30:00+01:00"}})
        assert isinstance(script, Script)
        assert script.moments == {Milestone.PICKED_UP: NOON + timedelta(minutes=30)}

    @pytest.mark.parametrize(
        ("said", "pointer"),
        [
            ({"mode": "fast"}, "/robot/mode"),
            ({"outcome": "eaten"}, "/robot/outcome"),
            ({"outcome": ["delivered"]}, "/robot/outcome"),
            ({"reason": "nobody_there"}, "/robot/reason"),
            ({"outcome": "returned", "reason": "boredom"}, "/robot/reason"),
            ({"drops": "yes"}, "/robot/drops"),
            ({"mode": "custom"}, "/robot/at"),
            ({"at": "noon"}, "/robot/at"),
            ({"at": {"picked_up": "noon"}}, "/robot/at/picked_up"),
            ({"at": {"picked_up": "2026-11-23T13:30:00"}}, "/robot/at/picked_up"),
            ({"at": {"lunch": "2026-11-23T13:30:00Z"}}, "/robot/at/lunch"),
            ({"speed": 3}, "/robot/speed"),
        ],
    )
    async def test_what_it_does_not_understand_is_refused_at_the_booking(
        self, world: World, said: dict[str, Any], pointer: str
    ) -> None:
        with pytest.raises(MalformedRequest) as refusal:
            await a_test_delivery(world, robot=said)
        assert [error.pointer for error in refusal.value.errors] == [pointer]


class TestWhereItIs:
    def test_its_name_tells_its_delivery(self) -> None:
        assert delivery_id_of(courier_id_of("dlv_01abc", 2)) == "dlv_01abc"
        assert delivery_id_of("cou_01abc") is None

    def test_between_two_places_lies_the_middle(self) -> None:
        middle = between(BAKERY, HOME, 0.5)
        assert great_circle_m(BAKERY, middle) == pytest.approx(great_circle_m(middle, HOME), rel=0.01)

    async def test_it_comes_nearer_and_stands_at_the_stops(self, world: World, robots: RobotsService) -> None:
        delivery_id = await a_test_delivery(world)
        courier_id = courier_id_of(delivery_id, 1)
        to_store, to_door = [], []
        for _ in range(15):
            await driven(robots, world, 10)
            seen = await robots.seen(courier_id)
            assert seen
            to_store.append(great_circle_m(seen.place, BAKERY))
            to_door.append(great_circle_m(seen.place, HOME))
        assert to_store[:6] == sorted(to_store[:6], reverse=True)
        assert to_store[5:9] == pytest.approx([0] * 4)
        assert to_door[11] == pytest.approx(0)

    async def test_robots_of_nothing_are_nowhere(self, world: World, robots: RobotsService) -> None:
        live = await world.booked()
        assert await robots.seen("cou_01abc") is None
        assert await robots.seen(courier_id_of("dlv_01nothing", 1)) is None
        assert await robots.seen(courier_id_of(live, 1)) is None, "a live delivery has no robot"


class TestTheSimulator:
    async def test_a_whole_life_step_by_step(self, world: World, robots: RobotsService) -> None:
        async with world.client(mode="test") as http:
            delivery_id = await _booked(http, robot={"mode": "manual"})
            told = await _done(http, delivery_id, "assign")
            assert (told["state"], told["mode"], told["next"]) == ("assigned", "manual", None)
            for step, state in (
                ("head_to_pickup", "to_pickup"),
                ("arrive_pickup", "at_pickup"),
                ("pick_up", "picked_up"),
                ("head_to_dropoff", "to_dropoff"),
                ("arrive_dropoff", "at_dropoff"),
                ("hand_over", "delivered"),
            ):
                told = await _done(http, delivery_id, step)
                assert told["state"] == state
            assert told["steps"] == []

    async def test_it_says_what_may_happen_and_whose_part_it_is(self, world: World, robots: RobotsService) -> None:
        async with world.client(mode="test") as http:
            delivery_id = await _booked(http, robot={"mode": "manual"})
            told = (await http.get(f"/v1/test/deliveries/{delivery_id}/steps")).json()
        assert [(step["step"], step["actor"]) for step in told["steps"]] == [
            ("assign", "courier"),
            ("mark_ready", "store"),
            ("give_up", "carrier"),
            ("cancel", "merchant"),
        ]

    async def test_every_step_it_offers_can_be_done(self, world: World, robots: RobotsService) -> None:
        """Along the whole way: a twin delivery is brought to the same state, and does the step."""
        way: list[Step] = [Step.ASSIGN, Step.HEAD_TO_PICKUP, Step.ARRIVE_PICKUP, Step.PICK_UP, Step.HEAD_TO_DROPOFF,
                           Step.ARRIVE_DROPOFF]  # fmt: skip
        for length in range(len(way) + 1):
            delivery_id = await _brought_along(world, robots, way[:length])
            for offered in (await robots.steps("mer_a", delivery_id)).possible:
                for reason in offered.reasons or (None,):
                    twin = await _brought_along(world, robots, way[:length])
                    before = len(await world.events(twin))
                    await robots.perform("mer_a", twin, offered.step, SHOP, reason=reason)
                    assert len(await world.events(twin)) > before, f"{offered.step} ({reason}) leaves its trace"

    async def test_the_store_confirms_before_the_parcel_leaves(self, world: World, robots: RobotsService) -> None:
        async with world.client(mode="test") as http:
            delivery_id = await _booked(http, robot={"mode": "manual"}, proof={"handshake": "required"})
            await _done(http, delivery_id, "assign")
            refused = await http.post(f"/v1/test/deliveries/{delivery_id}/steps", json={"step": "pick_up"})
            assert refused.json()["code"] == "handshake-missing"
            await _done(http, delivery_id, "confirm_handshake")
            assert (await _done(http, delivery_id, "pick_up"))["state"] == "picked_up"

    async def test_what_cannot_happen_is_refused_with_what_can(self, world: World, robots: RobotsService) -> None:
        async with world.client(mode="test") as http:
            delivery_id = await _booked(http, robot={"mode": "manual"})
            path = f"/v1/test/deliveries/{delivery_id}/steps"
            refused = (await http.post(path, json={"step": "hand_over"})).json()
            assert (refused["code"], refused["possible"][0]) == ("step-not-possible", "assign")
            await _done(http, delivery_id, "assign")
            refused = (await http.post(path, json={"step": "problem"})).json()
            assert refused["code"] == "step-needs-reason"
            assert "store_closed" in refused["reasons"]

    async def test_live_keys_and_live_deliveries_have_no_simulator(self, world: World, robots: RobotsService) -> None:
        live, test = await world.booked(), await a_test_delivery(world)
        answers = []
        for who, mode, delivery_id in (
            ("mer_a", "test", live),
            ("mer_a", "live", live),
            ("mer_a", "live", test),
            ("mer_b", "test", test),
        ):
            async with world.client(who, mode) as http:
                path = f"/v1/test/deliveries/{delivery_id}/steps"
                got, posted = await http.get(path), await http.post(path, json={"step": "assign"})
                assert got.status_code == posted.status_code
                answers.append(got.status_code)
        assert answers == [404, 404, 403, 404]
        with pytest.raises(NotFound):
            await robots.perform("mer_a", live, Step.ASSIGN, SHOP)
        assert await state_of(world, live) is State.SEARCHING


async def _booked(http: httpx.AsyncClient, **more: Any) -> str:
    answer = await http.post("/v1/deliveries", json=a_booking_body(**more), headers=a_key())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def _done(http: httpx.AsyncClient, delivery_id: str, step: str, **more: Any) -> dict[str, Any]:
    answer = await http.post(f"/v1/test/deliveries/{delivery_id}/steps", json={"step": step, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def _brought_along(world: World, robots: RobotsService, way: Sequence[Step]) -> str:
    delivery_id = await a_test_delivery(world, robot={"mode": "manual"})
    for step in way:
        world.clock.advance(1)
        await robots.perform("mer_a", delivery_id, step, SHOP)
    world.clock.advance(1)
    return delivery_id

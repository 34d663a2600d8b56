"""The four digits of the door: how often they may be guessed, and what stands in for them."""

import asyncio

import pytest

from homeward.deliveries.errors import PinLocked, PinWrong, ProofMissing
from homeward.deliveries.model import Act, Evidence, EvidenceKind, ProofRequest, State
from tests.deliveries.world import PHOTO, World, a_booking_body, a_key


def pin(text: str) -> Evidence:
    return Evidence(EvidenceKind.PIN, text=text)


async def the_pin(world: World, delivery_id: str) -> str:
    found = (await world.view(delivery_id)).delivery.requirements.pin
    assert found
    return found


async def test_a_wrong_pin_costs_a_try_and_five_of_them_the_pin(world: World) -> None:
    wanted = ProofRequest(photo=False, pin=True)
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=wanted)
    right = await the_pin(world, delivery_id)
    wrong = f"{(int(right) + 1) % 10_000:04d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(PinWrong) as refusal:
            await world.report(leg, Act.HAND_OVER, evidence=[pin(wrong)])
        assert refusal.value.tries_left == left
    assert (await world.view(delivery_id)).delivery.attention == "pin_locked"
    with pytest.raises(ProofMissing) as missing:
        await world.report(leg, Act.HAND_OVER, evidence=[pin(right)])
    assert missing.value.needs == ["photo"]
    report = await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
    assert (report.delivery.state, report.delivery.attention) == (State.DELIVERED, None)
    assert (await world.event_types(delivery_id))[-1] == "delivery.delivered"


async def test_a_strict_pin_has_no_stand_in(world: World) -> None:
    wanted = ProofRequest(pin_strict=True)
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=wanted)
    right = await the_pin(world, delivery_id)
    with pytest.raises(ProofMissing) as missing:
        await world.report(leg, Act.HAND_OVER, evidence=[PHOTO])
    assert missing.value.needs == ["pin"]
    wrong = f"{(int(right) + 1) % 10_000:04d}"
    for _ in range(4):
        with pytest.raises(PinWrong):
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, pin(wrong)])
    for guess in (wrong, right):
        with pytest.raises(PinLocked):
            await world.report(leg, Act.HAND_OVER, evidence=[PHOTO, pin(guess)])
    assert (await world.view(delivery_id)).delivery.attention == "pin_locked"
    report = await world.report(leg, Act.PROBLEM, reason="no_pin")
    assert report.delivery.state is State.RETURNING


async def test_the_right_strict_pin_opens_the_hand_over(world: World) -> None:
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=ProofRequest(photo=False, pin_strict=True))
    report = await world.report(leg, Act.HAND_OVER, evidence=[pin(await the_pin(world, delivery_id))])
    assert report.delivery.state is State.DELIVERED


async def test_what_needs_a_strict_pin_is_never_left_at_the_door(world: World) -> None:
    body = a_booking_body(proof={"pin_strict": True}, undeliverable="leave_at_door")
    async with world.client() as client:
        refused = await client.post("/v1/deliveries", json=body, headers=a_key())
        body["undeliverable"] = "return"
        booked = (await client.post("/v1/deliveries", json=body, headers=a_key())).json()
        changed = await client.patch(f"/v1/deliveries/{booked['id']}", json={"undeliverable": "leave_at_door"})
    assert (refused.json()["code"], refused.json()["wanted"]) == ("handover-conflict", ["pin_strict"])
    assert (booked["proof"]["pin_strict"], len(booked["proof"]["pin"])) == (True, 4)
    assert changed.json()["code"] == "handover-conflict"


async def test_guessing_a_pin_many_times_at_once_is_five_tries(world: World) -> None:
    wanted = ProofRequest(photo=False, pin=True)
    delivery_id, leg = await world.brought_to(State.AT_DROPOFF, proof=wanted)
    right = int(await the_pin(world, delivery_id))
    guesses = [f"{(right + n) % 10_000:04d}" for n in range(1, 21)]
    now = world.clock.now()
    answers = await asyncio.gather(
        *(
            world.service.report(
                leg.id, Act.HAND_OVER, courier_id="cou_1", at=now.replace(microsecond=n), evidence=[pin(guess)]
            )
            for n, guess in enumerate(guesses)
        ),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, PinWrong) for answer in answers) == 5
    assert sum(isinstance(answer, ProofMissing) for answer in answers) == 15

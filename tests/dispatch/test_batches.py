"""What goes together on one courier's route, and who is told of it."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest

from homeward.deliveries.model import Batch, BatchMember
from homeward.dispatch import policy
from homeward.dispatch.model import StopKind, StopRef
from homeward.kit.places import LatLon
from tests.dispatch.world import Phone, Town

KINDS = {"p": StopKind.PICKUP, "d": StopKind.DROPOFF, "r": StopKind.RETURN}


def order(stops: str) -> list[StopRef]:
    """Of "pa pb db da": fetch a, fetch b, hand over b, hand over a."""
    return [StopRef(stop[1:], KINDS[stop[0]]) for stop in stops.split()]


def ruled(stops: str, *members: BatchMember, past: Sequence[BatchMember] = ()) -> dict[str, Batch | None]:
    """The rule, with members of one merchant where nothing else is said, and new ids n1, n2 …"""
    known = {member.delivery_id: member for member in members}
    by_id = {stop.delivery_id: known.get(stop.delivery_id, a_member(stop.delivery_id)) for stop in order(stops)}
    gone: dict[str, list[BatchMember]] = {}
    for member in past:
        assert member.batch
        gone.setdefault(member.batch.id, []).append(member)
    numbers = count(1)
    return policy.batches(order(stops), by_id, gone, lambda: f"n{next(numbers)}")


def a_member(name: str, batch: str | None = None, position: int = 1, merchant: str = "a") -> BatchMember:
    return BatchMember(name, merchant, Batch(batch, position, 2) if batch else None)


# ── the rule ──


@pytest.mark.parametrize(
    ("stops", "trips"),
    [
        ("", []),
        ("pa da", [("a",)]),
        ("pa pb db da", [("b", "a")]),
        ("pa da pb db", [("a",), ("b",)]),
        ("pa pb da pc db dc", [("a", "b", "c")]),  # a and c never meet; b links them
        ("da pb db", [("a",), ("b",)]),  # a is on board
        ("pb da db", [("a", "b")]),
        ("da db", [("a", "b")]),
        ("ra pb db", [("b",)]),  # what goes back to its store is carried with nothing
    ],
)
def test_a_trip_lasts_until_the_courier_is_empty_handed(stops: str, trips: list[tuple[str, ...]]) -> None:
    assert policy.trips(order(stops)) == trips


def test_two_on_one_trip_are_a_batch_numbered_by_their_doors() -> None:
    assert ruled("pa pb db da") == {"b": Batch("n1", 1, 2, ("a",)), "a": Batch("n1", 2, 2, ("b",))}


def test_one_after_the_other_is_no_batch() -> None:
    assert ruled("pa da pb db") == {"a": None, "b": None}


def test_a_merchant_learns_the_ids_of_its_own_and_of_the_others_how_many() -> None:
    found = ruled("pa pb pc da db dc", a_member("b", merchant="b"))
    assert {name: batch.together_with for name, batch in found.items() if batch} == {"a": ("c",), "b": (), "c": ("a",)}
    assert {batch.count for batch in found.values() if batch} == {3}


def test_a_batch_keeps_its_id_when_another_joins_and_when_one_leaves() -> None:
    joined = ruled("pc da db dc", a_member("a", "old", 1), a_member("b", "old", 2))
    assert {batch.id for batch in joined.values() if batch} == {"old"}
    assert joined["c"] == Batch("old", 3, 3, ("a", "b"))


def test_of_two_parts_that_go_on_apart_the_first_keeps_the_id() -> None:
    found = ruled("pa pb da db pc pd dc dd", *(a_member(name, "old") for name in "abcd"))
    assert [found[name].id for name in "abcd"] == ["old", "old", "n1", "n1"]  # type: ignore[union-attr]


def test_who_is_left_alone_because_the_other_left_is_in_no_batch() -> None:
    assert ruled("pa da", a_member("a", "old", 2)) == {"a": None}


def test_who_is_left_alone_because_the_other_was_handed_over_stays_in_the_batch_at_the_same_place() -> None:
    found = ruled("db", a_member("b", "old", 2), past=[a_member("a", "old", 1)])
    assert found == {"b": Batch("old", 2, 2, ("a",))}


def test_who_ended_out_of_turn_keeps_its_position_and_the_others_fill_the_rest() -> None:
    found = ruled("da dc", a_member("a", "old", 1), a_member("c", "old", 3), past=[a_member("b", "old", 2)])
    assert [found[name].position for name in "ac"] == [1, 3]  # type: ignore[union-attr]


# ── on real routes ──


async def batch_of(town: Town, delivery_id: str) -> Batch | None:
    return (await town.world.view(delivery_id)).delivery.batch


async def batch_events(town: Town, delivery_id: str) -> list[str]:
    return [kind for kind in await town.world.event_types(delivery_id) if "batched" in kind]


async def two_together(town: Town, **second: Any) -> tuple[Phone, str, str]:
    """A courier with two deliveries on one trip."""
    ana = await town.on_duty("Ana")
    first, other = await town.booked(), await town.booked(**second)
    await town.tick()
    offer = await ana.offer()
    assert offer
    assert sorted(offer["delivery_ids"]) == sorted([first, other])
    await ana.accept()
    return ana, first, other


async def test_two_deliveries_of_one_accepted_offer_are_a_batch_before_they_have_a_courier(town: Town) -> None:
    _, first, other = await two_together(town)
    one, two = await batch_of(town, first), await batch_of(town, other)
    assert one
    assert two
    assert one.id == two.id
    assert (one.together_with, two.together_with) == ((other,), (first,))
    assert {one.position, two.position} == {1, 2}
    types = await town.world.event_types(first)
    assert types.index("delivery.batched") + 1 == types.index("delivery.assigned")


async def test_a_second_delivery_taken_on_the_way_joins_the_one_that_is_carried(town: Town) -> None:
    ana = await town.on_duty("Ana")
    first = await town.booked()
    await town.tick()
    await ana.accept()
    assert await batch_of(town, first) is None
    other = await town.booked()
    await town.tick()
    await ana.accept()
    one, two = await batch_of(town, first), await batch_of(town, other)
    assert one
    assert two
    assert one.id == two.id


async def test_a_reassignment_dissolves_the_batch(town: Town) -> None:
    _, first, other = await two_together(town)
    ben = await town.on_duty("Ben", LatLon(47.15, 9.53))
    body = {"courier_id": ben.id, "reason": "Ana is full"}
    answer = await town.operator.post(f"/v1/operator/deliveries/{first}/reassign", json=body)
    assert answer.status_code == 200, answer.text
    assert await batch_of(town, first) is None
    await town.tick()
    assert await batch_of(town, other) is None
    for delivery_id in (first, other):
        assert await batch_events(town, delivery_id) == ["delivery.batched", "delivery.unbatched"]


async def test_a_cancelled_one_leaves_before_its_end_and_the_other_goes_alone(town: Town) -> None:
    _, first, other = await two_together(town)
    body = {"reason": "the shopper called"}
    assert (await town.operator.post(f"/v1/operator/deliveries/{first}/cancel", json=body)).status_code == 200
    types = await town.world.event_types(first)
    assert types[-2:] == ["delivery.unbatched", "delivery.cancelled"]
    await town.tick()
    assert await batch_of(town, other) is None


async def test_what_was_handed_over_stays_in_its_batch_and_so_does_the_rest(town: Town) -> None:
    ana, first, other = await two_together(town)
    told = {delivery_id: await batch_of(town, delivery_id) for delivery_id in (first, other)}
    while await ana.next_stop() is not None:
        await ana.do_next()
        await town.tick(1)
    assert {await town.state(first), await town.state(other)} == {"delivered"}
    assert {delivery_id: await batch_of(town, delivery_id) for delivery_id in (first, other)} == told
    assert await batch_events(town, first) == ["delivery.batched"]


async def test_a_round_in_which_nobodys_trips_changed_asks_nothing_more(town: Town) -> None:
    ana, _, _ = await two_together(town)
    while await ana.do_next() != "hand_over":
        town.clock.advance(1)
    asked = []
    ended_in_batches = town.world.service.ended_in_batches

    async def counted(tx: Any, batch_ids: Any) -> Any:
        asked.append(batch_ids)
        return await ended_in_batches(tx, batch_ids)

    town.world.service.ended_in_batches = counted  # type: ignore[method-assign]
    for _ in range(3):
        await town.tick()
    assert len(asked) == 1


async def test_a_merchant_sees_of_anothers_delivery_that_it_is_there_and_nothing_else(town: Town) -> None:
    _, first, other = await two_together(town, merchant_id="mer_b")
    own = (await town.world.client("mer_a").get(f"/v1/deliveries/{first}")).json()["batch"]
    assert (own["count"], own["together_with"]) == (2, [])
    for path in (f"/v1/deliveries/{first}", f"/v1/deliveries/{first}/events", "/v1/events", "/v1/deliveries"):
        assert other not in (await town.world.client("mer_a").get(path)).text

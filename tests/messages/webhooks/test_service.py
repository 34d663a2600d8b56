"""Every event reaches every endpoint that asked for it: at least once, in order per delivery, whatever breaks."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic

import pytest

from homeward.deliveries.model import Act, State
from homeward.kit.problems import NotFound
from homeward.messages.webhooks import repository
from homeward.messages.webhooks.errors import TooManyEndpoints, UrlRefused
from homeward.messages.webhooks.model import NewEndpoint, RetryPlan
from homeward.messages.webhooks.service import IN_FLIGHT, MOST_ENDPOINTS
from tests.deliveries.world import an_actor
from tests.messages.webhooks.receivers import (
    EVIL,
    Received,
    a_receiver,
    answers,
    answers_by,
    gzip_bomb,
    huge_body,
    never_answers,
)
from tests.messages.webhooks.world import Post, a_plan

# ── who gets what ──


async def test_a_whole_delivery_reaches_its_endpoint_in_order_and_once(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)
        delivery_id, _ = await post.world.brought_to(State.DELIVERED)
        await post.told()
        assert receiver.of(delivery_id) == await post.seqs(delivery_id)
        assert receiver.received[-1].type == "delivery.delivered"
        assert set(await post.states(endpoint)) == {"sent"}
        assert len({request.id for request in receiver.received}) == len(receiver.received)


async def test_an_endpoint_gets_its_merchants_events_of_its_mode_and_kind_and_no_others(post: Post) -> None:
    async with a_receiver() as all_of_a, a_receiver() as some_of_a, a_receiver() as of_b, a_receiver() as tests_of_a:
        await post.listens(all_of_a)
        await post.listens(some_of_a, "mer_a", "delivery.searching")
        await post.listens(of_b, "mer_b")
        await post.webhooks.create(an_actor("mer_a", "test"), NewEndpoint(tests_of_a.url))
        of_merchant_a = await post.world.booked("mer_a")
        await post.world.booked("mer_a", mode="test")
        await post.told()
        assert {request.data["delivery_id"] for request in all_of_a.received} == {of_merchant_a}
        assert [request.type for request in some_of_a.received] == ["delivery.searching"]
        assert of_b.received == []
        assert of_merchant_a not in {request.data["delivery_id"] for request in tests_of_a.received}
        assert tests_of_a.received


async def test_what_nobody_listens_to_is_passed_over_and_a_new_endpoint_gets_no_old_events(post: Post) -> None:
    await post.world.booked()
    assert await post.webhooks.fan_out() > 0
    await post.world.booked()  # not fanned out yet when the endpoint is made
    async with a_receiver() as receiver:
        await post.listens(receiver)
        new = await post.world.booked()
        await post.told()
        assert {request.data["delivery_id"] for request in receiver.received} == {new}


async def test_bodies_are_thin_and_name_nobody(post: Post) -> None:
    async with a_receiver() as receiver:
        await post.listens(receiver)
        delivery_id, _ = await post.world.brought_to(State.DELIVERED, external_id="order-7")
        await post.told()
    said = "".join(request.body.decode() + str(request.headers) for request in receiver.received).lower()
    for secret in ("sam", "shopper", "+4179", "example.org", "home lane", "homeward", "bakery"):
        assert secret not in said, secret
    assert {request.data["external_id"] for request in receiver.received} == {"order-7"}
    assert all(len(request.body) < 2_000 for request in receiver.received)
    assert receiver.received[-1].data["delivery_id"] == delivery_id


async def test_a_merchant_has_at_most_so_many_endpoints_and_only_public_ones(post: Post) -> None:
    actor = an_actor()
    for _ in range(MOST_ENDPOINTS):
        await post.webhooks.create(actor, NewEndpoint("http://127.0.0.1:9/hook"))
    with pytest.raises(TooManyEndpoints):
        await post.webhooks.create(actor, NewEndpoint("http://127.0.0.1:9/hook"))
    with pytest.raises(UrlRefused):
        await post.webhooks.create(an_actor("mer_b"), NewEndpoint("https://10.0.0.1/hook"))


# ── order, retries, giving up ──


async def test_what_follows_a_failed_message_waits_for_it_and_other_deliveries_do_not(post: Post) -> None:
    refused: set[str] = set()
    async with a_receiver(
        answers_by(lambda request: 500 if request.data["delivery_id"] in refused else 204)
    ) as receiver:
        await post.listens(receiver)
        unlucky, lucky = await post.world.booked(), await post.world.booked()
        refused.add(unlucky)
        worker = post.a_worker(RetryPlan())
        await post.told(worker)
        assert receiver.of(lucky) == [1, 2]
        assert receiver.of(unlucky) == [1], "the second event waits for the first"
        refused.clear()
        await post.make_due()
        await post.told(worker)
        assert receiver.of(unlucky) == [1, 1, 2]


async def test_a_message_that_is_never_accepted_is_given_up_and_frees_the_way(post: Post) -> None:
    poison: set[str] = set()
    async with a_receiver(
        answers_by(lambda request: 400 if request.data["delivery_id"] in poison and request.data["seq"] == 1 else 204)
    ) as receiver:
        endpoint = await post.listens(receiver)
        delivery_id = await post.world.booked()
        poison.add(delivery_id)
        await post.told_until(post.webhooks, lambda: len(receiver.of(delivery_id)) == 4)
        await post.world.booked()  # the endpoint itself is well
        await post.told_until(post.webhooks, lambda: receiver.of(delivery_id)[-1] == 2)
        await post.told()
        tries = receiver.of(delivery_id).count(1)
        assert receiver.of(delivery_id) == [1] * tries + [2]
        assert tries in (5, 6), "four of the plan, one at its end, and one when another delivery's success gave hope"
        assert len({request.id for request in receiver.received}) == 4, "the same webhook-id on every try"
        [given_up] = await post.webhooks.log(an_actor(), endpoint.id, state="failed")
        assert (given_up.seq, [attempt.status for attempt in given_up.attempts]) == (1, [400] * tries)
        assert (await post.seen_again(endpoint)).status == "active"


async def test_the_receivers_wish_for_a_pause_is_kept(post: Post) -> None:
    async with a_receiver(answers(429, "Retry-After: 3600")) as receiver:
        await post.listens(receiver)
        await post.world.booked()
        await post.told(post.a_worker(RetryPlan()))
        [row] = await post.rows(
            "SELECT extract(epoch FROM next_try_at - now())::int AS pause_s FROM webhook_message WHERE seq = 1"
        )
        assert 3_500 < row["pause_s"] <= 3_600


async def test_gone_switches_the_endpoint_off_at_once_tells_the_owner_and_keeps_the_rest_for_a_replay(
    post: Post,
) -> None:
    gone = True
    async with a_receiver(answers_by(lambda request: 410 if gone else 204)) as receiver:
        endpoint = await post.listens(receiver)
        async with post.db.operator() as tx:
            await tx.run(
                """INSERT INTO merchant_user (id, merchant_id, email, name, role, password_hash)
                   VALUES ('usr_1', 'mer_a', 'owner@bakery.example', 'Olive', 'owner', '')"""
            )
        first = await post.world.booked()
        await post.told()
        later = await post.world.booked()
        await post.told()
        assert len(receiver.received) == 1
        off = await post.seen_again(endpoint)
        assert (off.status, off.disabled_reason) == ("disabled", "the receiver answered 410 Gone")
        [letter] = await post.rows("SELECT * FROM message")
        assert letter["recipient"] == "owner@bakery.example"
        assert endpoint.url in letter["body"]
        assert "homeward" not in str(letter).lower()

        gone = False
        await post.webhooks.change(an_actor(), endpoint.id, active=True)
        await post.told()
        assert len(receiver.received) == 1, "nothing is sent that nobody asked for"
        assert await post.webhooks.replay(an_actor(), endpoint.id, failed_only=True) == 4
        await post.told()
        assert receiver.of(first) == [1, 1, 2]
        assert receiver.of(later) == [1, 2]


async def test_an_endpoint_that_its_merchant_switched_off_gets_nothing_until_it_is_on_again(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)
        await post.webhooks.change(an_actor(), endpoint.id, active=False)
        await post.world.booked()
        await post.told()
        assert receiver.hits == 0
        await post.webhooks.change(an_actor(), endpoint.id, active=True)
        new = await post.world.booked()
        await post.told()
        assert {request.data["delivery_id"] for request in receiver.received} == {new}


# ── three days without the receiver (the whole plan in a few seconds) ──


@pytest.mark.slow
async def test_a_receiver_that_is_away_for_70_hours_gets_everything_by_itself(post: Post) -> None:
    hours = 6 / 72  # real seconds
    back_at = monotonic() + 70 * hours
    worker = post.a_worker(a_plan(72 * hours))
    async with a_receiver(answers_by(lambda request: 503 if request.at < back_at else 204)) as receiver:
        endpoint = await post.listens(receiver)
        deliveries = [await post.world.booked() for _ in range(5)]

        def all_there() -> bool:
            return all(receiver.of(delivery_id)[-1:] == [2] for delivery_id in deliveries)

        await post.told_until(worker, all_there)
        await post.told(worker)
        assert set(await post.states(endpoint)) == {"sent"}
        assert (await post.seen_again(endpoint)).status == "active"


@pytest.mark.slow
async def test_a_receiver_that_is_away_for_longer_is_switched_off_and_a_replay_brings_everything(post: Post) -> None:
    worker = post.a_worker(a_plan(3))
    away = True
    async with a_receiver(answers_by(lambda request: 503 if away else 204)) as receiver:
        endpoint = await post.listens(receiver)
        deliveries = [await post.world.booked() for _ in range(3)]
        status = "active"
        while status == "active":
            await worker.fan_out()
            await worker.send_due()
            await asyncio.sleep(0.02)
            status = (await post.seen_again(endpoint)).status
        deliveries.append(await post.world.booked())
        await post.told(worker)
        away = False
        await post.webhooks.change(an_actor(), endpoint.id, active=True)
        await post.webhooks.replay(an_actor(), endpoint.id, since=endpoint.created_at)
        before = len(receiver.received)
        await post.told(worker)
        after = receiver.received[before:]
        for delivery_id in deliveries:
            assert [r.data["seq"] for r in after if r.data["delivery_id"] == delivery_id] == [1, 2]


async def test_when_the_receiver_is_back_nothing_waits_for_its_own_next_try(post: Post) -> None:
    away = True
    async with a_receiver(answers_by(lambda request: 503 if away else 204)) as receiver:
        await post.listens(receiver)
        waiting = [await post.world.booked() for _ in range(3)]
        worker = post.a_worker(RetryPlan())
        await post.told(worker)
        away = False
        async with post.db.operator() as tx:  # ten minutes pass
            await tx.run("UPDATE webhook_endpoint SET failing_since = now() - interval '10 minutes'")
        await post.world.booked()
        await post.told(worker)
        assert all(receiver.of(delivery_id)[-1] == 2 for delivery_id in waiting)


# ── workers that die, stand still, or are many ──


async def test_what_a_killed_worker_was_sending_is_sent_again_under_the_same_id(post: Post) -> None:
    async with a_receiver(never_answers) as stuck:
        endpoint = await post.listens(stuck)
        delivery_id = await post.world.booked()
        dying = asyncio.create_task(post.told(post.a_worker()))
        await stuck.first.wait()
        dying.cancel()
        assert await post.webhooks.send_due() == 0, "the lease still holds"
        await post.make_due()
        async with a_receiver() as well:
            await post.webhooks.change(an_actor(), endpoint.id, url=well.url)
            await post.told()
            assert well.of(delivery_id) == [1, 2]
            assert well.received[0].id == stuck.received[0].id


async def test_the_outcome_of_a_try_whose_lease_ended_changes_nothing(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)
        await post.world.booked()
        await post.webhooks.fan_out()
        async with post.db.operator() as tx:
            [late] = await repository.lease_due(tx, 10, IN_FLIGHT)
        await post.make_due()
        async with post.db.operator() as tx:
            [current] = await repository.lease_due(tx, 10, IN_FLIGHT)
        assert (current.id, current.lease_token) == (late.id, late.lease_token + 1)
        async with post.db.operator() as tx:
            assert not await repository.finish_failed(tx, late, None)
            assert not await repository.finish_sent(tx, late)
            assert await repository.finish_sent(tx, current)
        assert await post.states(endpoint) == ["sent", "pending"]


async def test_a_worker_that_stood_still_until_its_lease_ended_does_not_send_any_more(post: Post) -> None:
    async with a_receiver() as receiver:
        await post.listens(receiver)
        await post.world.booked()
        await post.webhooks.fan_out()
        async with post.db.operator() as tx:
            [claimed] = await repository.lease_due(tx, 10, IN_FLIGHT)
        await post.webhooks._send(claimed, monotonic() - repository.LEASE_S)
        assert receiver.hits == 0
        await post.webhooks._send(claimed, monotonic())
        assert receiver.hits == 1


async def test_workers_side_by_side_send_everything_once_and_in_order(post: Post) -> None:
    async with a_receiver() as receiver:
        await post.listens(receiver)
        deliveries = [await post.world.booked() for _ in range(12)]
        await asyncio.gather(*(post.told(post.a_worker()) for _ in range(3)))
        await post.told()
        for delivery_id in deliveries:
            assert receiver.of(delivery_id) == [1, 2]
        assert receiver.most_open <= IN_FLIGHT


async def test_an_endpoint_that_is_removed_while_we_send_to_it_harms_nothing(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)

        removed = asyncio.Event()

        async def behave(writer: asyncio.StreamWriter, request: Received) -> None:
            await post.webhooks.remove(an_actor(), endpoint.id)
            removed.set()
            await answers(204)(writer, request)

        async with a_receiver(behave) as removing:
            await post.webhooks.change(an_actor(), endpoint.id, url=removing.url)
            await post.world.booked()
            await post.told()
            assert removed.is_set()
            assert await post.rows("SELECT 1 FROM webhook_message") == []


# ── bad company ──

HANGING_S = 8.0
HELD = "SELECT count(*) AS held FROM webhook_message WHERE leased_until > now() GROUP BY endpoint_id UNION ALL SELECT 0"


async def test_receivers_that_hang_hold_up_nobody_else(post: Post) -> None:
    worker = post.a_worker(RetryPlan(), timeout_s=HANGING_S)
    behaviours = [*EVIL.values(), never_answers, never_answers, never_answers, huge_body, gzip_bomb]
    async with AsyncExitStack() as stack:
        evil = [await stack.enter_async_context(a_receiver(behave)) for behave in behaviours]
        healthy = await stack.enter_async_context(a_receiver())
        for receiver in evil:
            await post.listens(receiver)
        await post.listens(healthy, "mer_b")
        for _ in range(6):
            await post.world.booked("mer_a")
        delays_s, most_held = [], 0
        for _ in range(12):
            delivery_id, booked_at = await post.world.booked("mer_b"), monotonic()
            await post.told_until(worker, lambda d=delivery_id: healthy.of(d) == [1, 2])  # type: ignore[misc]
            delays_s.append(monotonic() - booked_at)
            most_held = max(most_held, *[row["held"] for row in await post.rows(HELD)])
        # Whoever waits for one that hangs waits for the whole timeout; half of it is room for a busy machine.
        assert max(delays_s) < HANGING_S / 2
        assert 1 < most_held <= IN_FLIGHT
        assert all(receiver.hits for receiver in evil)
        async with post.db.operator() as tx:
            await tx.run("DELETE FROM webhook_endpoint")
        await post.told(worker)


async def test_a_receiver_that_fails_is_asked_by_one_try_at_a_time_until_it_recovers(post: Post) -> None:
    status = 503
    async with a_receiver(answers_by(lambda request: status)) as receiver:
        await post.listens(receiver)
        for _ in range(8):
            await post.world.booked()
        worker = post.a_worker(RetryPlan())
        await post.told(worker)
        await post.make_due()
        receiver.most_open = 0
        await post.told(worker)
        assert receiver.most_open == 1
        status = 204
        await post.make_due()
        await post.told(worker)
        assert 1 < receiver.most_open <= IN_FLIGHT


# ── replay ──


async def test_a_replay_of_a_range_brings_it_again_in_order_under_the_same_ids(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)
        deliveries = [(await post.world.brought_to(State.AT_PICKUP))[0] for _ in range(3)]
        await post.told()
        first_round = list(receiver.received)
        count = await post.webhooks.replay(an_actor(), endpoint.id, since=endpoint.created_at)
        assert count == len(first_round)
        await post.told()
        again = receiver.received[len(first_round) :]
        for delivery_id in deliveries:
            seqs = [request.data["seq"] for request in again if request.data["delivery_id"] == delivery_id]
            assert seqs == await post.seqs(delivery_id)
        assert {request.id for request in again} == {request.id for request in first_round}


async def test_one_message_may_be_replayed_and_what_happens_next_waits_for_it(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)
        delivery_id = await post.world.booked()
        await post.told()
        leg = await post.world.assigned(delivery_id)
        await post.world.report(leg, Act.HEAD_TO_PICKUP)
        first = next(m for m in await post.webhooks.log(an_actor(), endpoint.id) if m.seq == 1)
        assert await post.webhooks.replay(an_actor(), endpoint.id, message_id=first.id) == 1
        await post.told()
        assert receiver.of(delivery_id) == [1, 2, 1, 3, 4]


async def test_a_replay_of_what_is_not_there_is_refused(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await post.listens(receiver)
    with pytest.raises(NotFound):
        await post.webhooks.replay(an_actor(), endpoint.id, message_id="whm_nothing")
    with pytest.raises(NotFound):
        await post.webhooks.replay(an_actor("mer_b"), endpoint.id, failed_only=True)

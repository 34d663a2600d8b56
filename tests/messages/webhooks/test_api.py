"""Webhooks through the public API, received and verified as a merchant would."""

from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from homeward.messages.webhooks.model import RetryPlan
from tests.deliveries.world import a_booking_body, a_key
from tests.messages.webhooks.receivers import Receiver, a_receiver, answers_by
from tests.messages.webhooks.world import Post


async def made(post: Post, receiver: Receiver, who: str = "mer_a", mode: str = "live", **more: Any) -> dict[str, Any]:
    async with post.world.client(who, mode) as client:
        answer = await client.post("/v1/webhook-endpoints", json={"url": receiver.url, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_delivery_booked_over_http_reaches_the_merchants_server_signed(post: Post) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        endpoint = await made(post, receiver)
        [secret] = endpoint["secrets"]
        booked = (await client.post("/v1/deliveries", json=a_booking_body(), headers=a_key())).json()
        await post.told()
        verified = [Webhook(secret).verify(request.body, request.headers) for request in receiver.received]
        assert [event["type"] for event in verified] == ["delivery.booked", "delivery.searching"]
        assert {event["data"]["delivery_id"] for event in verified} == {booked["id"]}
        log = (await client.get(f"/v1/webhook-endpoints/{endpoint['id']}/attempts")).json()
        assert sorted(item["seq"] for item in log["items"]) == [1, 2]
        assert {item["attempts"][0]["status"] for item in log["items"]} == {204}
        assert {item["id"] for item in log["items"]} == {request.id for request in receiver.received}


async def test_a_secret_is_shown_once_and_after_a_rotation_both_sign(post: Post) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        endpoint = await made(post, receiver)
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        assert (await client.get(path)).json()["secrets"] is None
        assert (await client.get("/v1/webhook-endpoints")).json()["items"][0]["secrets"] is None
        rotated = (await client.post(f"{path}/rotate-secret")).json()["secrets"]
        assert rotated[1] == endpoint["secrets"][0]
        await client.post("/v1/deliveries", json=a_booking_body(), headers=a_key())
        await post.told()
        for secret in rotated:
            assert Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:secret@93.184.216.34/",
        "https://93.184.216.34:22/",
        "http://93.184.216.34/",
        "ftp://93.184.216.34/",
        "nonsense",
    ],
)
async def test_an_address_that_we_may_not_send_to_is_refused_with_the_reason(post: Post, url: str) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        answer = await client.post("/v1/webhook-endpoints", json={"url": url})
        assert (answer.status_code, answer.json()["code"]) == (422, "webhook-url-refused")
        assert answer.json()["detail"]
        endpoint = await made(post, receiver)
        changed = await client.patch(f"/v1/webhook-endpoints/{endpoint['id']}", json={"url": url})
        assert changed.status_code == 422


async def test_another_merchants_endpoint_and_that_of_the_other_mode_are_not_there(post: Post) -> None:
    async with a_receiver() as receiver:
        endpoint = await made(post, receiver)
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        for who, mode in (("mer_b", "live"), ("mer_b", "test"), ("mer_a", "test")):
            async with post.world.client(who, mode) as stranger:
                answers = [
                    await stranger.get(path),
                    await stranger.get(f"{path}/attempts"),
                    await stranger.patch(path, json={"active": False}),
                    await stranger.post(f"{path}/rotate-secret"),
                    await stranger.post(f"{path}/replay", json={}),
                    await stranger.delete(path),
                ]
                assert [answer.status_code for answer in answers] == [404] * len(answers), (who, mode)
                assert (await stranger.get("/v1/webhook-endpoints")).json()["items"] == []
        async with post.world.client() as owner:
            assert (await owner.get(path)).json()["status"] == "active"


async def test_what_failed_is_replayed_by_one_call(post: Post) -> None:
    well = False
    async with a_receiver(answers_by(lambda request: 204 if well else 500)) as receiver, post.world.client() as client:
        endpoint = await made(post, receiver)
        path = f"/v1/webhook-endpoints/{endpoint['id']}"
        booked = (await client.post("/v1/deliveries", json=a_booking_body(), headers=a_key())).json()
        while (await client.get(path)).json()["status"] == "active":
            await post.told()
        well = True
        assert (await client.patch(path, json={"active": True})).json()["status"] == "active"
        failed = (await client.get(f"{path}/attempts", params={"state": "failed"})).json()["items"]
        assert sorted(item["seq"] for item in failed) == [1, 2]
        assert (await client.post(f"{path}/replay", json={})).json() == {"messages": 2}
        before = len(receiver.received)
        await post.told()
        assert receiver.of(booked["id"])[before:] == [1, 2]


async def test_the_log_comes_in_pages(post: Post) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        endpoint = await made(post, receiver)
        for _ in range(3):
            await client.post("/v1/deliveries", json=a_booking_body(), headers=a_key())
        await post.told()
        path, seen, cursor = f"/v1/webhook-endpoints/{endpoint['id']}/attempts", [], None
        while True:
            page = (await client.get(path, params={"limit": 4, **({"cursor": cursor} if cursor else {})})).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 6


async def test_a_removed_endpoint_is_gone_with_its_log(post: Post) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        endpoint = await made(post, receiver)
        await client.post("/v1/deliveries", json=a_booking_body(), headers=a_key())
        await post.told()
        assert (await client.delete(f"/v1/webhook-endpoints/{endpoint['id']}")).status_code == 204
        assert (await client.get(f"/v1/webhook-endpoints/{endpoint['id']}")).status_code == 404
        assert await post.rows("SELECT 1 FROM webhook_attempt") == []


@pytest.mark.parametrize("header", ["Host", "content-length", "Transfer-Encoding", "CONNECTION", "webhook-signature"])
async def test_a_receivers_secret_goes_into_no_header_that_is_ours(post: Post, header: str) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        auth = {"header": header, "value": "x"}
        refused = await client.post("/v1/webhook-endpoints", json={"url": receiver.url, "auth": auth})
        assert (refused.status_code, refused.json()["code"]) == (422, "webhook-header-refused")
        endpoint = await made(post, receiver, auth={"header": "X-Door", "value": "x"})
        refused = await client.patch(f"/v1/webhook-endpoints/{endpoint['id']}", json={"auth": auth})
        assert (refused.status_code, refused.json()["header"]) == (422, header)


async def test_the_log_keeps_what_was_sent_and_what_came_back(post: Post) -> None:
    async with a_receiver() as receiver, post.world.client() as client:
        endpoint = await made(post, receiver)
        await client.post("/v1/deliveries", json=a_booking_body(), headers=a_key())
        await post.told()
        log = (await client.get(f"/v1/webhook-endpoints/{endpoint['id']}/attempts")).json()["items"]
    sent = {request.id: request for request in receiver.received}
    for item in log:
        assert item["body"] == sent[item["id"]].body.decode()
        [attempt] = item["attempts"]
        assert attempt["sent_headers"]["webhook-signature"] == sent[item["id"]].headers["webhook-signature"]
        assert endpoint["secrets"][0] not in str(item)


async def test_what_was_sent_is_forgotten_after_its_days_and_what_waits_is_not(post: Post) -> None:
    async with a_receiver(answers_by(lambda request: 204 if request.data["seq"] == 1 else 503)) as receiver:
        endpoint = await made(post, receiver)
        await post.world.booked()
        worker = post.a_worker(RetryPlan())
        await post.told(worker)
        post.world.clock.advance(29 * 86_400)
        assert await worker.forget_old() == 0
        post.world.clock.advance(2 * 86_400)
        assert await worker.forget_old() == 1
        async with post.world.client() as client:
            log = (await client.get(f"/v1/webhook-endpoints/{endpoint['id']}/attempts")).json()["items"]
    assert [item["state"] for item in log] == ["pending"]

"""One signed POST to the address that was checked, whatever the other side does."""

import asyncio
import tracemalloc
from collections.abc import Sequence
from itertools import product
from time import perf_counter

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from homeward.messages.webhooks.egress import networks
from homeward.messages.webhooks.sending import MOST_READ_BYTES, Attempt, Sender, native_headers, signature
from homeward.messages.webhooks.service import new_secret
from tests.messages.webhooks.receivers import EVIL, Receiver, a_receiver, answers, gzip_bomb, huge_body

LOOPBACK = networks("127.0.0.0/8")
BODY = '{"type":"delivery.delivered","timestamp":"2026-11-23T12:00:00Z","data":{}}'

# Every spelling of "this machine" and "the network behind it" that some resolver or parser understands.
HOSTS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "0",
    "0.0.0.0", "127.127.127.127", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]", "[fec0::1]", "[64:ff9b:1::1]", "10.0.0.1", "192.168.0.1", "172.16.0.1", "169.254.169.254",
    "0xa9fea9fe", "2852039166", "0251.0376.0251.0376", "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]",
    "[fd00:ec2::254]", "[fe80::1]", "100.64.0.1", "224.0.0.1", "[ff02::1]", "255.255.255.255", "198.18.0.1",
    "user@127.0.0.1", "shop.example@127.0.0.1", "127.0.0.1%00.shop.example", "127。0。0。1", "①②⑦.0.0.1",
]  # fmt: skip
SCHEMES = ["https", "http", "HTTPS", "ftp"]


async def send(sender: Sender, url: str) -> Attempt:
    return await sender.send(url, BODY, native_headers("whm_1", 1_795_000_000, BODY, [new_secret()]))


async def test_no_spelling_of_our_own_network_is_ever_connected_to() -> None:
    async with a_receiver() as trap, a_receiver(host="::1") as trap_v6:
        guarded = Sender((), timeout_s=5, ports={443, 8443, trap.port, trap_v6.port})
        urls = [
            f"{scheme}://{host}{port}/hook"
            for scheme, host, port in product(SCHEMES, HOSTS, [f":{trap.port}", f":{trap_v6.port}"])
        ]
        assert len(urls) > 300
        for url in urls:
            refused = await guarded.check(url)
            attempt = await send(guarded, url)
            assert refused, url
            assert attempt.status is None, url
            assert "127.0.0.1" not in attempt.answer + refused
        assert trap.hits + trap_v6.hits == 0
        # The trap does spring: the very same sender, allowed to come here, is caught.
        await send(Sender(LOOPBACK), trap.url)
        assert trap.hits == 1


async def test_a_name_that_changes_its_mind_after_registration_is_refused_when_sending() -> None:
    answers_in_turn = iter([["93.184.216.34"], ["127.0.0.1"]])

    async def rebinding(host: str, port: int) -> Sequence[str]:
        return next(answers_in_turn)

    async with a_receiver() as trap:
        sender = Sender((), resolve=rebinding, ports={trap.port})
        url = f"https://shop.example:{trap.port}/"
        assert await sender.check(url) is None
        attempt = await send(sender, url)
        assert (attempt.status, trap.hits) == (None, 0)
        assert attempt.answer.startswith("not sent")


async def test_the_name_is_looked_up_once_and_that_address_is_connected_to() -> None:
    asked: list[str] = []

    async def to_the_receiver_once(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.99"]

    async with a_receiver() as receiver:
        sender = Sender(LOOPBACK, resolve=to_the_receiver_once)
        attempt = await send(sender, f"http://shop.example:{receiver.port}/hook")
        assert attempt.accepted
        assert asked == ["shop.example"]
        assert receiver.received[0].headers["host"] == f"shop.example:{receiver.port}"


async def test_a_second_address_is_tried_where_the_first_does_not_answer() -> None:
    async def two_addresses(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2", "127.0.0.1"]  # nobody listens at the first

    async with a_receiver() as receiver:
        sender = Sender(LOOPBACK, resolve=two_addresses)
        assert (await send(sender, f"http://shop.example:{receiver.port}/")).accepted


async def test_a_name_server_that_never_answers_costs_no_more_than_the_timeout() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    sender = Sender((), resolve=never, timeout_s=0.1)
    assert await sender.check("https://shop.example/") == "the host name does not resolve in time"
    assert (await send(sender, "https://shop.example/")).status is None


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:{port}/elsewhere"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(status: int, location: str) -> None:
    async with (
        a_receiver() as elsewhere,
        a_receiver(answers(status, f"Location: {location.format(port=elsewhere.port)}")) as receiver,
    ):
        attempt = await send(Sender(LOOPBACK), receiver.url)
        assert (attempt.status, attempt.accepted) == (status, False)
        assert (receiver.hits, elsewhere.hits) == (1, 0)


@pytest.mark.parametrize("kind", EVIL)
async def test_whatever_a_receiver_does_is_an_outcome_within_the_timeout(kind: str) -> None:
    async with a_receiver(EVIL[kind]) as receiver:
        began = perf_counter()
        attempt = await send(Sender(LOOPBACK, timeout_s=0.5), receiver.url)
        assert not attempt.accepted
        assert perf_counter() - began < 3
        assert receiver.hits == 1


@pytest.mark.parametrize("behave", [huge_body, gzip_bomb])
async def test_of_a_huge_answer_only_the_beginning_is_read_and_nothing_unpacked(behave: object) -> None:
    async with a_receiver(behave) as receiver:  # type: ignore[arg-type]  # parametrize forgets the type
        sender = Sender(LOOPBACK)
        tracemalloc.start()
        attempt = await send(sender, receiver.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert attempt.accepted, "the answer was yes, however much came after it"
        assert len(attempt.answer) <= 1_024
        assert peak < 20 * MOST_READ_BYTES


async def test_a_receiver_that_speaks_no_tls_gets_nothing_to_read() -> None:
    async with a_receiver() as receiver:
        attempt = await send(Sender(LOOPBACK, timeout_s=2), f"https://127.0.0.1:{receiver.port}/")
        assert (attempt.status, receiver.received) == (None, [])


async def test_a_receiver_may_ask_for_a_pause() -> None:
    async with a_receiver(answers(429, "Retry-After: 3600")) as receiver:
        attempt = await send(Sender(LOOPBACK), receiver.url)
        assert (attempt.status, attempt.retry_after_s) == (429, 3600)


async def received_by(receiver: Receiver, secrets: Sequence[str], now: int) -> None:
    await Sender(LOOPBACK).send(receiver.url, BODY, native_headers("whm_1", now, BODY, secrets))


async def test_the_reference_library_verifies_what_we_sign_also_while_a_secret_is_rotated() -> None:
    from datetime import UTC, datetime

    now = int(datetime.now(UTC).timestamp())
    old, new, strange = new_secret(), new_secret(), new_secret()
    async with a_receiver() as receiver:
        await received_by(receiver, [new, old], now)
        [request] = receiver.received
    for secret in (old, new):
        assert Webhook(secret).verify(request.body, request.headers)["type"] == "delivery.delivered"
    with pytest.raises(WebhookVerificationError):
        Webhook(strange).verify(request.body, request.headers)


def test_the_signature_is_that_of_the_standard() -> None:
    # The example of the Standard Webhooks specification.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = '{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


async def test_headers_name_nobody() -> None:
    async with a_receiver() as receiver:
        await send(Sender(LOOPBACK), receiver.url)
        [request] = receiver.received
    assert set(request.headers) <= {
        "host", "accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent",
        "webhook-id", "webhook-timestamp", "webhook-signature",
    }  # fmt: skip
    assert request.headers["user-agent"] == "webhooks/1.0"
    assert "homeward" not in str(request.headers).lower()

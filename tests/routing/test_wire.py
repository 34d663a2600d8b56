import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from homeward.routing.wire import NoAnswer, Wire

Answer = Callable[[int], Awaitable[bytes | None]]


@asynccontextmanager
async def a_server(answer: Answer) -> AsyncIterator[tuple[str, list[int]]]:
    """A server that answers the n-th question with `answer(n)`, None = hang up; and how many connections it saw."""
    connections: list[int] = []
    asked = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        connections.append(1)
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                asked += 1
                reply = await answer(asked)
                if reply is None:
                    break
                writer.write(reply)
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", connections
    finally:
        server.close()


def plain(body: bytes, extra: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%s\r\n%s" % (len(body), extra, body)


async def test_one_connection_serves_many_questions() -> None:
    async def answer(number: int) -> bytes:
        return plain(b"%d" % number)

    async with a_server(answer) as (url, connections):
        wire = Wire(timeout_s=5)
        assert [(await wire.get(url, "x")).body for _ in range(3)] == [b"1", b"2", b"3"]
        assert len(connections) == 1
        await wire.close()


async def test_questions_at_the_same_time_do_not_wait_for_each_other() -> None:
    arrived = 0
    everybody = asyncio.Event()

    async def answer(number: int) -> bytes:
        nonlocal arrived
        arrived += 1
        if arrived == 3:
            everybody.set()
        await everybody.wait()
        return plain(b"ok")

    async with a_server(answer) as (url, connections):
        wire = Wire(timeout_s=5)
        replies = await asyncio.gather(*(wire.get(url, "x") for _ in range(3)))
        assert [reply.status for reply in replies] == [200, 200, 200]
        assert len(connections) == 3
        await wire.close()


async def test_an_answer_in_pieces_is_put_together() -> None:
    async def answer(number: int) -> bytes:
        return b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"

    async with a_server(answer) as (url, _):
        wire = Wire(timeout_s=5)
        reply = await wire.get(url, "x")
        assert (reply.status, reply.body) == (404, b"abcde")
        await wire.close()


async def test_a_connection_that_the_server_wants_closed_is_not_used_again() -> None:
    async def answer(number: int) -> bytes:
        return plain(b"ok", b"Connection: close\r\n")

    async with a_server(answer) as (url, connections):
        wire = Wire(timeout_s=5)
        await wire.get(url, "x")
        await wire.get(url, "x")
        assert len(connections) == 2
        await wire.close()


async def test_a_server_that_hangs_up_gave_no_answer_and_the_next_question_works() -> None:
    async def answer(number: int) -> bytes | None:
        return None if number == 1 else plain(b"ok")

    async with a_server(answer) as (url, _):
        wire = Wire(timeout_s=5)
        with pytest.raises(NoAnswer, match="hung up"):
            await wire.get(url, "x")
        assert (await wire.get(url, "x")).body == b"ok"
        await wire.close()


async def test_what_is_no_http_is_no_answer() -> None:
    async def answer(number: int) -> bytes:
        return b"220 mail ready\r\n"

    async with a_server(answer) as (url, _):
        wire = Wire(timeout_s=5)
        with pytest.raises(NoAnswer, match="no HTTP"):
            await wire.get(url, "x")
        await wire.close()


async def test_a_late_answer_is_never_taken_for_the_next_one() -> None:
    async def answer(number: int) -> bytes:
        if number == 1:
            await asyncio.sleep(0.3)
        return plain(b"%d" % number)

    async with a_server(answer) as (url, _):
        wire = Wire(timeout_s=0.1)
        with pytest.raises(TimeoutError):
            await wire.get(url, "x")
        patient = Wire(timeout_s=5)
        assert (await patient.get(url, "x")).body == b"2"
        await wire.close()
        await patient.close()


@pytest.mark.parametrize("url", ["ftp://example", "nowhere", "http://"])
async def test_an_address_that_is_none_gives_no_answer(url: str) -> None:
    with pytest.raises(NoAnswer, match="no address"):
        await Wire(timeout_s=1).get(url, "x")


def test_it_runs_on_the_event_loop_of_the_web_server_too() -> None:
    async def answer(number: int) -> bytes:
        return plain(b"here")

    async def ask() -> bytes:
        async with a_server(answer) as (url, _):
            wire = Wire(timeout_s=5)
            reply = await wire.get(url, "x")
            await wire.close()
            return reply.body

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(ask()) == b"here"

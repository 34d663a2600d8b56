"""A company names the address of a picture; where we go for it is ours to say."""

from collections.abc import Sequence

import httpx
import pytest

from homeward.fleets.carriers.contract import CarrierUnavailable
from homeward.fleets.carriers.pictures import MOST_BYTES, Pictures
from tests.deliveries.world import a_photo

PICTURE = a_photo()
JPEG = {"content-type": "image/jpeg"}
PUBLIC = "93.184.216.34"


class Internet(httpx.AsyncBaseTransport):
    """Answers everybody with the same, and remembers who was asked."""

    def __init__(self, reply: httpx.Response) -> None:
        self.reply = reply
        self.asked: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self.reply


def a_door(internet: Internet, *addresses: str, base_url: str = "https://carrier.example") -> Pictures:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return Pictures(httpx.AsyncClient(transport=internet), base_url, frozenset({"pictures.example"}), resolve)


def good() -> Internet:
    return Internet(httpx.Response(200, content=PICTURE, headers=JPEG))


async def test_the_companys_own_host_is_asked_without_our_login() -> None:
    internet = good()
    assert await a_door(internet).fetch("https://carrier.example/door.jpg?sig=1") == PICTURE
    (request,) = internet.asked
    assert "authorization" not in request.headers


async def test_a_listed_host_is_asked_at_the_very_address_that_was_checked() -> None:
    internet = good()
    assert await a_door(internet, PUBLIC).fetch("https://pictures.example/door.jpg") == PICTURE
    (request,) = internet.asked
    assert (request.url.host, request.headers["host"]) == (PUBLIC, "pictures.example")
    assert request.extensions["sni_hostname"] == "pictures.example", "the certificate is the host's"


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/door.jpg",
        "http://carrier.example/door.jpg",
        "https://carrier.example:8443/door.jpg",
        "https://carrier.example@elsewhere.example/door.jpg",
        "https://carrier.example.elsewhere.example/door.jpg",
        "https://user@pictures.example/door.jpg",
        "https://pictures.example:22/door.jpg",
        "http://pictures.example/door.jpg",
        "https://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "//carrier.example/door.jpg",
        "",
    ],
)
async def test_every_other_address_is_left_alone(url: str) -> None:
    internet = good()
    assert await a_door(internet, PUBLIC).fetch(url) is None
    assert internet.asked == []


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("10.0.0.7",), ("169.254.169.254",), (PUBLIC, "192.168.1.1"), ("::1",), ()]
)
async def test_a_listed_host_that_leads_into_a_network_of_ours_is_not_asked(addresses: tuple[str, ...]) -> None:
    internet = good()
    assert await a_door(internet, *addresses).fetch("https://pictures.example/door.jpg") is None
    assert internet.asked == []


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(302, headers={"location": "http://127.0.0.1/", **JPEG}),
        httpx.Response(404, content=PICTURE, headers=JPEG),
        httpx.Response(200, content=b"<svg/>", headers={"content-type": "image/svg+xml"}),
        httpx.Response(200, content=b"<html>", headers={"content-type": "text/html"}),
        httpx.Response(200, content=b"0" * (MOST_BYTES + 1), headers=JPEG),
    ],
)
async def test_what_is_no_picture_or_too_large_is_dropped(reply: httpx.Response) -> None:
    internet = Internet(reply)
    assert await a_door(internet).fetch("https://carrier.example/door.jpg") is None
    assert len(internet.asked) == 1


async def test_a_host_that_breaks_off_is_asked_again_later() -> None:
    class Broken(Internet):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            raise httpx.ReadTimeout("no", request=request)

    with pytest.raises(CarrierUnavailable):
        await a_door(Broken(httpx.Response(200))).fetch("https://carrier.example/door.jpg")

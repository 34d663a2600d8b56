"""A picture may be passed on for a day, and nothing else with it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.deliveries import proof_links
from homeward.deliveries.model import State
from tests.deliveries.world import World


async def the_link(world: World) -> tuple[str, str]:
    """Of a photo at a door: the path of its link, and the proof."""
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    async with world.client() as shop:
        [proof] = (await shop.get(f"/v1/deliveries/{delivery_id}/proofs")).json()["items"]
    url = str(proof["link"]["url"])
    assert url.startswith("http://bakery.localhost:8080/p/"), "the merchant's own host, and no other name"
    return url.removeprefix("http://bakery.localhost:8080"), str(proof["id"])


async def test_a_link_opens_its_picture_without_a_key_for_a_day(world: World) -> None:
    path, _ = await the_link(world)
    async with world.client() as shop:
        shop.headers.pop("Authorization")
        picture = await shop.get(path)
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
        assert picture.headers["content-security-policy"] == "default-src 'none'; sandbox"
        world.clock.advance(timedelta(hours=24).total_seconds())
        assert (await shop.get(path)).status_code == 200, "to the full hour after the day"
        world.clock.advance(timedelta(hours=1).total_seconds())
        assert (await shop.get(path)).status_code == 404


@pytest.mark.parametrize("spoil", ["signature", "moment", "proof"])
async def test_whoever_has_one_link_cannot_make_another(world: World, spoil: str) -> None:
    path, _ = await the_link(world)
    _, another = await the_link(world)
    _, _, proof_id, expires, signed = path.split("/")
    spoilt = {
        "signature": (proof_id, expires, "0" * len(signed)),
        "moment": (proof_id, str(int(expires) + 3600), signed),
        "proof": (another, expires, signed),
    }[spoil]
    async with world.client() as shop:
        assert (await shop.get("/p/" + "/".join(spoilt))).status_code == 404


async def test_what_has_no_picture_has_no_link_and_a_link_stays_the_same_for_an_hour(world: World) -> None:
    delivery_id, _ = await world.brought_to(State.DELIVERED)
    view = await world.view(delivery_id)
    [proof] = await world.service.proofs(None, delivery_id)
    now = world.clock.now()
    links = {proof_links.link_to(proof, view, "http://x", now + timedelta(minutes=m)) for m in (0, 30, 59)}
    assert len(links) == 1
    assert proof_links.link_to(replace(proof, media_type=None), view, "http://x", now) is None

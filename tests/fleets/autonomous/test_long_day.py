"""A long day with fleets that misbehave: everything ends, custody never breaks, and the same seed gives the same log.

`make test` runs a short one; `make drill-fleets` a thousand deliveries.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from homeward.deliveries.states import TERMINAL
from homeward.infra.postgres import EmbeddedPostgres
from tests.conftest import DatabaseUrls, a_fresh_database
from tests.fleets.autonomous.long_day import LongDay, a_long_day

DELIVERIES: Final = int(os.environ.get("HOMEWARD_DRILL_DELIVERIES", "10"))
SEED: Final = int(os.environ.get("HOMEWARD_DRILL_SEED", "1"))

# A drill takes as long as it takes.
pytestmark = pytest.mark.timeout(300 if DELIVERIES <= 20 else 0)


@pytest.fixture
async def day(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[LongDay]:
    async with a_long_day(database_urls.app, tmp_path, SEED) as day:
        yield day


async def test_every_delivery_ends_with_unbroken_custody_whatever_fleets_do(day: LongDay) -> None:
    await day.lives(DELIVERIES)
    states, carried = Counter[str](), Counter[str]()
    for delivery_id in day.booked:
        found = await day.park.delivery(delivery_id)
        assert found["state"] in TERMINAL, found
        states[found["state"]] += 1
        events = await day.park.events(delivery_id)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        legs = (await day.park.world.done(day.park.shop.live_key, "GET", f"/v1/deliveries/{delivery_id}/legs"))["items"]
        _one_carrier_at_a_time(legs)
        carried.update(leg["courier"]["vehicle"] for leg in legs if leg["picked_up_at"])
    await _nothing_is_left_on_board(day)
    print(day.told(states, carried))


def _one_carrier_at_a_time(legs: list[dict[str, Any]]) -> None:
    """Custody begins where it ended: no parcel was in two places, and no leg is still open."""
    assert all(leg["ended_at"] for leg in legs), legs
    having = [leg for leg in legs if leg["picked_up_at"]]
    for before, after in pairwise(having):
        assert before["state"] in ("rescued", "stopped", "done"), legs
        if before["state"] == "rescued":
            assert before["ended_at"] <= after["picked_up_at"], legs
    assert sum(leg["state"] in ("done", "returned") for leg in having) <= 2
    assert sum(leg["state"] == "done" for leg in having) <= 1


async def _nothing_is_left_on_board(day: LongDay) -> None:
    for fleet in day.park.fleets.values():
        loaded = [leg for leg in fleet.world.legs.values() if not leg.ended]
        assert not loaded, [(leg.id, leg.state) for leg in loaded]
    rows = await day.park.world.rows("SELECT count(*) AS open FROM machine_leg WHERE ended_at IS NULL")
    assert rows[0]["open"] == 0


async def test_the_same_seed_gives_the_same_log(
    postgres: EmbeddedPostgres, template_database: str, app_password: str, tmp_path: Path
) -> None:
    stories = []
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        with a_fresh_database(postgres, template_database, app_password) as urls:
            async with a_long_day(urls.app, tmp_path / run, SEED + 1) as day:
                await day.lives(min(5, DELIVERIES))
                stories.append([await day.story(delivery_id) for delivery_id in day.booked])
    assert stories[0] == stories[1]

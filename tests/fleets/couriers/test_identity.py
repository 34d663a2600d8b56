"""Identity checks: unforeseeable, never in the middle of a delivery, never a verdict, settled by a named person."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.fleets.couriers.identity import policy
from homeward.fleets.couriers.identity.errors import CheckNotOpen
from homeward.fleets.couriers.identity.model import Check, Draw, Result, Settled
from homeward.fleets.couriers.model import NamedPerson
from tests.builders import TUESDAY_NOON
from tests.dispatch.world import PHOTO_BODY
from tests.fleets.couriers.office import Office

SEED = b"a seed of the day"
PICTURE = {"content_base64": PHOTO_BODY["content_base64"]}


async def drawn(office: Office) -> None:
    """Hours are worked until the draw falls on somebody of this courier."""
    world, identity = office.world, office.world.platform.identity
    await world.platform.couriers.set_duty(world.couriers[1], False)
    for _ in range(500):
        world.clock.advance(3_600)
        if await identity.draw_due():
            return
    raise AssertionError("nobody is ever asked")


async def asked(office: Office) -> dict[str, Any]:
    await drawn(office)
    assert await office.world.platform.identity.ask_due() == 1
    (check,) = await open_checks(office)
    return check


async def open_checks(office: Office) -> list[dict[str, Any]]:
    return list((await office.world.done(office.phone, "GET", "/v1/courier/identity-checks"))["items"])


async def closed(office: Office) -> str | None:
    async with office.world.platform.db.operator() as tx:
        riding = await office.world.platform.couriers.on_duty(tx, "mkt_1")
    return next(courier.closed for courier in riding if courier.id == office.courier)


async def to(office: Office, check: dict[str, Any], what: str, **body: Any) -> dict[str, Any]:
    path = f"/v1/courier/identity-checks/{check['id']}/{what}"
    return await office.world.done(office.phone, "POST", path, body)


# ── over HTTP ──


async def test_nobody_is_asked_while_they_carry_something(office: Office) -> None:
    world = office.world
    await world.platform.couriers.set_duty(world.couriers[1], False)
    await world.booked(world.bakery)
    assert await world.accepted() == office.courier
    await drawn(office)
    assert await world.platform.identity.ask_due() == 0
    assert await open_checks(office) == []
    await world.carried(office.courier)
    assert await world.platform.identity.ask_due() == 1
    assert len(await open_checks(office)) == 1


async def test_silence_pauses_new_offers_after_the_grace_and_any_answer_ends_the_pause(office: Office) -> None:
    check = await asked(office)
    assert not check["offers_paused"]
    assert "a call or a visit" in check["what_to_do"]
    office.world.clock.advance(policy.GRACE.total_seconds() - 1)
    assert await closed(office) is None
    office.world.clock.advance(1)
    assert await closed(office) == policy.UNANSWERED
    assert (await open_checks(office))[0]["offers_paused"]
    answered = await to(office, check, "another-way", way="call")
    assert (answered["way"], answered["offers_paused"]) == ("call", False)
    assert await closed(office) is None


async def test_a_picture_is_seen_by_people_of_the_operator_alone_and_each_look_is_on_record(office: Office) -> None:
    world, check = office.world, await asked(office)
    answered = await to(office, check, "photo", **PICTURE)
    assert answered["way"] == "photo"
    path = f"/v1/operator/identity-checks/{check['id']}/photo"
    for nobody in (office.phone, world.bakery.live_key, None):
        assert (await world.ask(nobody, "GET", path)).status_code == 401
    picture = await world.ask(office.otto, "GET", path)
    assert picture.headers["content-type"] == "image/jpeg"
    assert await world.rows("SELECT 1 AS one FROM audit_entry WHERE action = 'identity_photo.seen'") == [{"one": 1}]


@pytest.mark.parametrize("result", [result.value for result in Result])
async def test_a_named_person_settles_it_and_no_result_restricts_anybody(office: Office, result: str) -> None:
    world, check = office.world, await asked(office)
    await to(office, check, "photo", **PICTURE)
    (waiting,) = (await world.done(office.otto, "GET", "/v1/operator/identity-checks"))["items"]
    assert (waiting["id"], waiting["result"]) == (check["id"], None)
    path = f"/v1/operator/identity-checks/{check['id']}/settle"
    settled = await world.done(office.otto, "POST", path, {"result": result, "note": "Compared by eye."})
    assert settled["settled_by"] == "Otto Frei"
    assert await closed(office) is None
    assert await office.mine() == []
    assert (await world.ask(office.otto, "POST", path, {"result": result})).json()["code"] == CheckNotOpen.slug
    assert await open_checks(office) == []
    assert await world.platform.identity.forget_photos() == 0
    world.clock.advance(policy.PHOTOS_KEPT.total_seconds() + 1)
    assert await world.platform.identity.forget_photos() == 1


async def test_an_auditor_makes_the_draws_of_a_past_day_again(office: Office) -> None:
    world = office.world
    begun = world.clock.now()
    await drawn(office)
    day = begun.date().isoformat()
    path = f"/v1/operator/identity-checks/seeds/{day}"
    (row,) = await world.rows("SELECT draw, doubt FROM identity_check")
    world.clock.advance(4 * 86_400)
    seed = await world.done(office.ida, "GET", path)
    hour = int(row["draw"].rpartition("/")[2])
    draw = Draw(office.courier, begun, hour)
    assert draw.name == row["draw"]
    assert policy.is_chosen(bytes.fromhex(seed["seed_hex"]), draw, row["doubt"])
    assert (await world.ask(office.otto, "GET", path)).status_code == 403
    today = world.clock.now().date().isoformat()
    assert (await world.ask(office.ida, "GET", path.replace(day, today))).status_code == 404


# ── the pure rules ──

doubts = st.integers(0, 100)


@given(doubts, doubts, st.integers(0, 5_000))
def test_more_doubt_never_means_fewer_checks(a: int, b: int, hour: int) -> None:
    low, high = sorted((a, b))
    draw = Draw("cou_1", TUESDAY_NOON, hour)
    assert policy.is_chosen(SEED, draw, high) or not policy.is_chosen(SEED, draw, low)


@pytest.mark.parametrize(("doubt", "least", "most"), [(0, 100, 240), (100, 3_100, 3_600)])
def test_the_draw_falls_as_often_as_its_chance_says(doubt: int, least: int, most: int) -> None:
    hits = sum(policy.is_chosen(SEED, Draw("cou_1", TUESDAY_NOON, hour), doubt) for hour in range(10_000))
    assert least <= hits <= most


def test_who_knows_no_seed_knows_nothing_and_who_knows_it_draws_the_same() -> None:
    draws = [Draw("cou_1", TUESDAY_NOON, hour) for hour in range(400)]
    drawn_by = {seed: tuple(policy.is_chosen(seed, one, 50) for one in draws) for seed in (SEED, b"another", b"third")}
    assert len(set(drawn_by.values())) == 3
    assert drawn_by[SEED] == tuple(policy.is_chosen(SEED, one, 50) for one in draws)


@given(st.integers(0, 10_000))
def test_each_full_hour_worked_is_one_draw_and_the_hour_that_runs_is_none(minutes: int) -> None:
    now = TUESDAY_NOON + timedelta(minutes=minutes)
    hours = [draw.hour for draw in policy.draws("cou_1", TUESDAY_NOON, now)]
    assert hours == list(range(max(1, minutes // 60 - 23), minutes // 60 + 1))


@given(st.lists(doubts), st.sampled_from(Result))
def test_doubt_is_what_nobody_has_explained(scores: list[int], result: Result) -> None:
    settled = Settled(result, "", TUESDAY_NOON, NamedPerson("opr_1", "Ida"))
    last = Check("idc_1", "cou_1", "x", 0, TUESDAY_NOON, settled=settled)
    left = {Result.SAME_PERSON: 0, Result.CANNOT_TELL: 50, Result.SOMEONE_ELSE: 90}[result]
    assert policy.doubt_of(scores, last) == max([left, *scores])
    assert policy.doubt_of([], None) == 0

"""A replay from end to end: a day on a real database, then the same day under another policy."""

import json
from collections import Counter
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from homeward.dispatch.whatif.asked import TextFile
from homeward.dispatch.whatif.errors import (
    FileNotUsable,
    NothingRecorded,
    NothingToCompare,
    RangeForgotten,
    RangeNotUnderstood,
    WhichMarket,
)
from homeward.dispatch.whatif.model import Report
from homeward.dispatch.whatif.report import Printer, as_json
from homeward.dispatch.whatif.service import WhatIf, Wish
from homeward.kit.places import LatLon
from tests.dispatch.whatif.town_day import WEST, Booking, Lived, live_a_day
from tests.dispatch.world import Town

DAY = "2026-11-23"  # of the town's clock
SAME = TextFile("same.toml", "")
ALONE = TextFile("alone.toml", "[offers]\nmost_together = 1\n")


async def replayed(on: Lived | Town, policy: TextFile | None = SAME, **wish: Any) -> Report:
    whatif = on.whatif if isinstance(on, Lived) else WhatIf(on.db, on.roads, on.coverage)
    return await whatif.replay(Wish(**{"since": DAY, "until": DAY, "policy": policy, **wish}))


def printed(report: Report) -> str:
    screen = StringIO()
    Printer(Console(file=screen, width=200), report).print()
    return screen.getvalue()


async def test_the_recorded_policy_changes_no_decision_and_no_delivery(lived: Lived) -> None:
    report = await replayed(lived)
    assert report.decisions is not None
    assert report.decisions.decisions >= 2
    assert report.decisions.equal == report.decisions.decisions, report.decisions.not_equal
    assert (report.decisions.changed, report.changed) == (0, ())
    [day] = report.days
    assert day.changes == ()
    assert day.before == day.after
    assert {life.delivery_id for life in day.recorded.lives} == set(lived.ids)
    assert "No delivery comes out differently." in printed(report)


async def test_the_model_of_the_recorded_policy_comes_near_what_really_happened(lived: Lived) -> None:
    report = await replayed(lived)
    [day] = report.days
    total = as_json(report)["total"]
    recorded, model = total["recorded"], total["model_recorded"]
    assert [life.ended for life in day.before.lives] == ["delivered"] * 3
    for was, modelled in zip(day.recorded.lives, day.before.lives, strict=True):
        assert was.courier == modelled.courier
        assert was.delivered_at is not None
        assert modelled.delivered_at is not None
        assert abs((was.delivered_at - modelled.delivered_at).total_seconds()) < 180
    assert model["courier_km"] == pytest.approx(recorded["courier_km"], rel=0.2)
    assert model["pay"] == pytest.approx(recorded["pay"], rel=0.1)


async def test_without_sharing_trips_the_shared_offer_is_named_and_costs_more_pay_per_delivery(lived: Lived) -> None:
    pair = lived.ids[:2]
    report = await replayed(lived, ALONE)
    assert report.decisions is not None
    assert report.decisions.equal == report.decisions.decisions, report.decisions.not_equal
    shared = next(one for one in report.changed if {change.delivery_id for change in one.changes} >= set(pair))
    before = {change.delivery_id: change.before for change in shared.changes}
    after = {change.delivery_id: change.after for change in shared.changes}
    assert {before[i].rule for i in pair} == {"one_trip"}
    assert all(len(before[i].together) == 2 and len(after[i].together) < 2 for i in pair)
    assert "together with another delivery of the same trip" in before[pair[0]].sentence
    assert all(sum(made.terms.values()) == made.total for made in before.values() if made.total is not None)
    [day] = report.days
    assert Counter(life.together for life in day.before.lives)[2] == 2
    assert Counter(life.together for life in day.after.lives) == {1: 3}
    figures = as_json(report)["total"]
    assert figures["model_other"]["cost_per_delivery"] > figures["model_recorded"]["cost_per_delivery"]
    text = printed(report)
    assert "offers.most_together = 1" in text
    assert "recorded policy  Offered to Ana Near together with another delivery of the same trip" in text


async def test_who_said_no_says_no_in_both_models(town: Town) -> None:
    await town.on_duty("Ana Near")
    await town.on_duty("Ben Far", LatLon(47.150, 9.530))
    await live_a_day(town, [Booking(0.5, WEST)], minutes=25, says_yes=lambda name, offer: name != "Ana Near")
    [day] = (await replayed(town, ALONE)).days
    for lived in (day.recorded, day.before, day.after):
        assert [(life.ended, life.courier, life.offers) for life in lived.lives] == [("delivered", "Ben Far", 2)]


async def test_other_rules_of_an_older_release_are_told_and_not_taken_for_an_effect(lived: Lived) -> None:
    await lived.run("UPDATE dispatch_decision SET policy_version = '2020-01-a', outcome = outcome - 'offers'")
    report = await replayed(lived)
    assert report.decisions is not None
    assert report.decisions.equal == 0
    assert all("made by rules 2020-01-a" in why for why in report.decisions.not_equal)
    assert report.decisions.changed == 0


async def test_the_json_holds_every_delivery_three_times_and_the_table_all_figures(lived: Lived) -> None:
    body = json.loads(json.dumps(as_json(await replayed(lived, ALONE))))
    [day] = body["days"]
    for column in ("recorded", "model_recorded", "model_other"):
        assert {life["delivery_id"] for life in day["deliveries"][column]} == set(lived.ids)
        assert body["total"][column]["delivered"] == 3
    assert set(body["total"]["difference"]) == set(body["total"]["recorded"])
    assert body["changed_decisions"][0]["changes"][0]["before"]["sentence"]
    assert any("travel times as recorded" in note["what"] for note in day["notes"])


async def test_only_decisions_are_made_again_if_that_is_all_that_is_asked(lived: Lived) -> None:
    report = await replayed(lived, ALONE, days=False)
    assert (len(report.days), len(report.changed) > 0) == (0, True)


# ── what is refused ──


async def test_an_unknown_market_is_answered_with_the_ones_there_are(town: Town) -> None:
    with pytest.raises(WhichMarket) as refused:
        await replayed(town, market="atlantis")
    assert refused.value.markets == ["town"]


async def test_nothing_to_compare_is_said(town: Town) -> None:
    with pytest.raises(NothingToCompare):
        await replayed(town, None)


async def test_a_range_without_decisions_is_answered_with_when_there_are_some(town: Town) -> None:
    with pytest.raises(NothingRecorded) as never:
        await replayed(town)
    assert "no recorded decision at all" in str(never.value)
    await town.booked()
    await town.tick()
    with pytest.raises(NothingRecorded) as elsewhere:
        await replayed(town, since="2026-10-01", until="2026-10-02")
    assert "2026-11-23 12:00" in str(elsewhere.value)


async def test_a_range_whose_inputs_are_forgotten_is_refused_with_counts(town: Town) -> None:
    await town.booked()
    await town.tick()
    async with town.db.operator() as tx:
        await tx.run("UPDATE dispatch_decision SET inputs = ''")
    with pytest.raises(RangeForgotten) as refused:
        await replayed(town)
    assert "All 1 decisions of the range lost their inputs after 30 days" in str(refused.value)


async def test_a_range_half_forgotten_is_replayed_and_the_rest_is_counted(lived: Lived) -> None:
    await lived.run(
        """UPDATE dispatch_decision SET inputs = '' WHERE id = (SELECT id FROM dispatch_decision
           ORDER BY made_at DESC LIMIT 1)"""
    )
    report = await replayed(lived)
    assert report.decisions is not None
    assert report.decisions.forgotten == 1
    assert "1 more lost their inputs with age" in printed(report)


@pytest.mark.parametrize(("since", "until"), [("2026-11-24", "2026-11-23"), ("yesterday", DAY), (DAY, "2030-01-01")])
async def test_a_range_that_makes_no_sense_is_refused(town: Town, since: str, until: str) -> None:
    with pytest.raises(RangeNotUnderstood):
        await replayed(town, since=since, until=until)


async def test_a_part_of_a_day_is_local_to_the_market(town: Town) -> None:
    await town.booked()
    await town.tick()
    report = await replayed(town, since=f"{DAY}T13:00", until=f"{DAY}T14:00")
    assert report.since == datetime(2026, 11, 23, 12, tzinfo=UTC)
    with pytest.raises(NothingRecorded):
        await replayed(town, since=f"{DAY}T14:00", until=f"{DAY}T15:00")


async def test_a_wrong_policy_is_refused_with_its_lines(town: Town) -> None:
    wrong = TextFile("wrong.toml", "[offers]\n# how many\nmost_together = 0\n\n[waitings]\nlate_per_s = 1\n")
    with pytest.raises(FileNotUsable) as refused:
        await replayed(town, wrong)
    assert [error.pointer for error in refused.value.errors] == ["wrong.toml:3", "wrong.toml:5"]
    assert "offers.most_together: give a whole number from 1 to 12" in str(refused.value)

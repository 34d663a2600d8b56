"""Due process: who may decide what about a courier, on which grounds, and how the courier gets it reviewed."""

import inspect
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.dispatch.explain import LIMITS
from homeward.fleets.couriers.model import NamedPerson
from homeward.fleets.couriers.standing import policy
from homeward.fleets.couriers.standing.errors import (
    AnswerTooLate,
    AppealedAlready,
    AppealTooLate,
    EndedAlready,
    EndNotAhead,
    NothingToAnswer,
    PolicyNotInForce,
    SecondPersonNeeded,
)
from homeward.fleets.couriers.standing.model import (
    Case,
    Decision,
    EvidenceKind,
    EvidenceRef,
    Ground,
    Kind,
    NewDecision,
    Step,
    StepType,
)
from homeward.fleets.couriers.standing.service import StandingService
from tests.acceptance.doors import described
from tests.builders import TUESDAY_NOON
from tests.fleets.couriers.office import Office, moment

IDA, OTTO = NamedPerson("opr_ida", "Ida"), NamedPerson("opr_otto", "Otto")


async def decision_limit(office: Office, delivery_id: str) -> list[str | None]:
    """Why the courier was not asked about a delivery, in the explanation of each decision."""
    why = await office.world.platform.dispatch.explain(delivery_id)
    return [one.limit for round_ in why.rounds for one in round_.rulings if one.courier_id == office.courier]


# ── what a decision must have ──


async def test_a_decision_names_its_person_ground_evidence_rules_and_end_and_the_courier_is_told(
    office: Office,
) -> None:
    made = await office.decided()
    assert (made["kind"], made["decided_by"], made["policy_version"]) == ("restriction", "Ida Berger", 1)
    assert made["in_force"]
    assert await office.mine() == [made]
    assert made["evidence"] == [{"kind": "delivery", "id": "dlv_1", "note": "no photo, no PIN"}]
    assert any("in the app under Notices" in text for text in await office.texts())
    entry = (await office.world.rows("SELECT * FROM audit_entry WHERE action = 'courier.restriction'"))[-1]
    assert entry["actor"].startswith("operator:opr_")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"evidence": []}, "malformed-request"),
        ({"explanation": " "}, "malformed-request"),
        ({"ground": "declined_offers"}, "malformed-request"),
        ({"ground": "acceptance_rate"}, "malformed-request"),
        ({"ground": "low_rating"}, "malformed-request"),
        ({"policy_version": 7}, PolicyNotInForce.slug),
        ({"ends_at": "2020-01-01T00:00:00Z"}, EndNotAhead.slug),
    ],
)
async def test_a_decision_that_lacks_one_is_refused(office: Office, change: dict[str, Any], code: str) -> None:
    assert (await office.decides(**change)).json()["code"] == code


def test_declining_how_often_one_works_and_ratings_are_no_grounds() -> None:
    words = ("declin", "accept", "refus", "reject", "rate", "rating", "hours", "shift", "slow", "offer", "late")
    assert [ground for ground in Ground for word in words if word in ground.value] == []


async def test_whoever_only_supports_shoppers_decides_nothing(office: Office) -> None:
    operators = office.world.platform.operators
    await operators.create("sue@example.org", "Sue", "support", "a long password")
    sue = await operators.sign_in("sue@example.org", "a long password")
    assert (await office.decides(by=sue)).status_code == 403


@pytest.mark.parametrize(
    ("hours", "kind"), [(1, "restriction"), (72, "restriction"), (72.01, "deactivation"), (None, "deactivation")]
)
async def test_more_than_72_hours_are_a_deactivation_whatever_one_calls_it(
    office: Office, hours: float | None, kind: str
) -> None:
    ends_at = office.at(hours=hours) if hours else None
    assert (await office.decided(ends_at=ends_at))["kind"] == kind


async def test_nobody_is_judged_by_rules_that_were_not_public_for_thirty_days(office: Office) -> None:
    rules = {"text": "Stricter ones."}
    published = await office.world.done(office.ida, "POST", "/v1/operator/standing-policies", rules)
    newest = published["items"][0]
    assert moment(newest["in_force_from"]) - moment(newest["published_at"]) == timedelta(days=30)
    shown = await office.world.done(office.phone, "GET", "/v1/courier/standing-policies")
    assert shown == published
    assert (await office.decides(policy_version=2)).json()["code"] == "policy-not-in-force"
    office.world.clock.advance(30 * 86_400)
    assert (await office.decides(policy_version=2, ends_at=None)).status_code == 201


# ── what it does ──


async def test_a_restricted_courier_gets_no_new_offers_and_finishes_what_they_carry(office: Office) -> None:
    world = office.world
    _, other = world.couriers
    await world.platform.couriers.set_duty(other, False)
    await world.booked(world.bakery)
    assert await world.accepted() == office.courier
    await office.decided()
    second = await world.booked(world.bakery, "14 Elm Street, Springfield")
    for _ in range(3):
        await world.town.plan(60)
        assert (await world.ask(office.phone, "GET", "/v1/courier/offer")).status_code == 204
    limits = await decision_limit(office, second["id"])
    assert set(limits) == {policy.RESTRICTED}
    assert policy.RESTRICTED in LIMITS
    await world.carried(office.courier)
    assert await world.next_stop(office.courier) is None
    world.clock.advance(49 * 3600)
    await world.platform.couriers.set_duty(office.courier, True, world.clock.now() + timedelta(hours=4))
    assert (await world.offered())[0] == office.courier


async def test_an_offer_that_is_open_is_withdrawn_when_its_courier_is_restricted(office: Office) -> None:
    world = office.world
    await world.booked(world.bakery)
    asked, offer = await world.offered()
    path = f"/v1/operator/couriers/{asked}/standing"
    body = {"kind": "restriction", "ground": "violence", "explanation": "A shopper was hit.", "policy_version": 1}
    evidence = [{"kind": "delivery", "id": "dlv_1"}]
    ends = office.at(hours=2)
    await world.done(office.ida, "POST", path, {**body, "evidence": evidence, "ends_at": ends})
    await world.town.plan()
    answer = await world.ask(world.courier_tokens[asked], "POST", f"/v1/courier/offers/{offer['id']}/accept")
    assert answer.status_code in (404, 409, 410)


async def test_a_warning_keeps_no_offer_away(office: Office) -> None:
    world = office.world
    await office.decided(kind="warning", ends_at=None)
    await world.platform.couriers.set_duty(world.couriers[1], False)
    await world.booked(world.bakery)
    assert (await world.offered())[0] == office.courier


async def test_a_restricted_courier_can_still_sign_in_read_and_appeal(office: Office) -> None:
    made = await office.decided(ends_at=None)
    assert (await office.mine())[0]["id"] == made["id"]
    seen = await office.world.done(office.phone, "POST", f"/v1/courier/standing/{made['id']}/seen")
    again = await office.world.done(office.phone, "POST", f"/v1/courier/standing/{made['id']}/seen")
    assert [step["type"] for step in seen["steps"]] == ["seen"]
    assert again == seen
    assert (await office.appeals(made["id"])).status_code == 201


# ── appeals ──


@pytest.mark.parametrize(("change", "days"), [({"kind": "warning"}, 14), ({}, 1), ({"ends_at": None}, 7)])
async def test_an_appeal_has_its_deadline(office: Office, change: dict[str, Any], days: int) -> None:
    made = await office.decided(**change)
    appealed = (await office.appeals(made["id"])).json()
    assert moment(appealed["answer_due_at"]) == office.world.clock.now() + timedelta(days=days)
    assert (await office.appeals(made["id"])).json()["code"] == AppealedAlready.slug
    waiting = await office.world.done(office.otto, "GET", "/v1/operator/appeals")
    assert [one["id"] for one in waiting["items"]] == [made["id"]]


async def test_after_thirty_days_there_is_no_appeal_any_more(office: Office) -> None:
    made = await office.decided(ends_at=None)
    office.world.clock.advance(30 * 86_400 + 1)
    assert (await office.appeals(made["id"])).json()["code"] == AppealTooLate.slug


async def test_nobody_answers_an_appeal_against_their_own_decision(office: Office) -> None:
    made = await office.decided()
    assert (await office.answers(made["id"], outcome="upheld")).json()["code"] == NothingToAnswer.slug
    await office.appeals(made["id"])
    refused = await office.answers(made["id"], by=office.ida, outcome="upheld")
    assert (refused.status_code, refused.json()["code"]) == (403, SecondPersonNeeded.slug)
    upheld = (await office.answers(made["id"], outcome="upheld")).json()
    assert (upheld["in_force"], upheld["steps"][-1]["by"]) == (True, "Otto Frei")
    assert any("has been answered" in text for text in await office.texts())
    assert (await office.answers(made["id"], outcome="lifted")).json()["code"] == NothingToAnswer.slug


async def test_an_answer_may_bring_the_end_nearer_and_never_move_it_away(office: Office) -> None:
    made = await office.decided()
    await office.appeals(made["id"])
    later = await office.answers(made["id"], outcome="shortened", ends_at=office.at(hours=50))
    assert later.json()["code"] == "end-not-ahead"
    nearer = office.at(hours=2)
    shortened = (await office.answers(made["id"], outcome="shortened", ends_at=nearer)).json()
    assert moment(shortened["ends_at"]) == moment(nearer)


async def test_an_appeal_that_nobody_answers_in_time_ends_the_decision_by_itself(office: Office) -> None:
    made = await office.decided(ends_at=None)
    await office.appeals(made["id"])
    office.world.clock.advance(7 * 86_400 - 1)
    assert (await office.mine())[0]["in_force"]
    office.world.clock.advance(1)
    over = (await office.mine())[0]
    assert (over["in_force"], over["answer_overdue"]) == (False, True)
    assert (await office.answers(made["id"], outcome="upheld")).json()["code"] == AnswerTooLate.slug
    flagged = (await office.world.done(office.otto, "GET", "/v1/operator/appeals"))["items"]
    assert [(one["id"], one["answer_overdue"]) for one in flagged] == [(made["id"], True)]


async def test_whoever_decided_may_see_the_mistake_and_lift_it_once(office: Office) -> None:
    made = await office.decided()
    path, body = f"/v1/operator/standing/{made['id']}/lift", {"text": "It was another courier."}
    assert not (await office.world.done(office.ida, "POST", path, body))["in_force"]
    assert (await office.world.ask(office.ida, "POST", path, body)).json()["code"] == EndedAlready.slug


async def test_what_is_decided_about_one_courier_is_nothing_to_another(office: Office) -> None:
    made = await office.decided()
    other = office.world.courier_tokens[office.world.couriers[1]]
    assert (await office.world.done(other, "GET", "/v1/courier/standing"))["items"] == []
    assert (await office.appeals(made["id"], by=other)).status_code == 404


# ── nobody but a person ──


def test_every_service_call_that_changes_standing_takes_a_person() -> None:
    readers = {"policies", "of_courier", "lately", "appeals", "closed"}
    couriers_own = {"appeal", "seen"}
    calls = {name for name, _ in inspect.getmembers(StandingService, inspect.isfunction) if name[0] != "_"}
    for name in calls - readers - couriers_own:
        first = list(inspect.signature(getattr(StandingService, name)).parameters.values())[1]
        assert (first.annotation, first.default) == (NamedPerson, inspect.Parameter.empty), name


def test_neither_the_system_nor_a_courier_is_a_person_of_the_operator() -> None:
    for nobody in ("", "system:planner", "cou_1", "key_1"):
        with pytest.raises(ValueError, match="no person"):
            NamedPerson(nobody, "Somebody")


async def test_no_route_changes_standing_without_a_signed_in_person_of_the_operator(office: Office) -> None:
    made = await office.decided()
    ids = {"courier_id": office.courier, "decision_id": made["id"]}
    doors = [d for d in described(office.world.app) if "standing" in d.path and d.method != "GET"]
    changing = [door for door in doors if door.path.startswith("/v1/operator")]
    assert len(changing) == 4
    for door in changing:
        for nobody in (None, office.phone, office.world.bakery.live_key):
            answer = await office.world.ask(nobody, door.method, door.filled(ids), {"text": "I wish it"})
            assert answer.status_code == 401, door
    assert await office.mine() == [made]


async def test_the_database_refuses_a_decision_by_nobody_and_forgets_none(office: Office) -> None:
    made = await office.decided()
    db = office.world.platform.db
    copied = """INSERT INTO standing_decision SELECT 'std_2', courier_id, kind, ground, explanation, evidence,
                    policy_version, starts_at, ends_at, appeal_by, {by} FROM standing_decision"""
    for sql, problem in {
        copied.format(by="'system:planner'"): psycopg.errors.ForeignKeyViolation,
        copied.format(by="NULL"): psycopg.errors.NotNullViolation,
        "INSERT INTO standing_step (decision_id, seq, type, at) VALUES ('" + made["id"] + "', 1, 'lifted', now())": (
            psycopg.errors.CheckViolation
        ),
        "DELETE FROM standing_decision": psycopg.errors.InsufficientPrivilege,
        "UPDATE standing_decision SET ends_at = NULL": psycopg.errors.InsufficientPrivilege,
        "DELETE FROM standing_step": psycopg.errors.InsufficientPrivilege,
        "UPDATE standing_policy SET text = ''": psycopg.errors.InsufficientPrivilege,
    }.items():
        with pytest.raises(problem):
            async with db.operator() as tx:
                await tx.run(sql)


# ── the pure rules ──

hours = st.integers(1, 2_000)


def a_case(ends_h: int | None, *steps: Step, kind: Kind = Kind.DEACTIVATION) -> Case:
    end = TUESDAY_NOON + timedelta(hours=ends_h) if ends_h else None
    evidence = (EvidenceRef(EvidenceKind.DELIVERY, "dlv_1"),)
    appeal_by = TUESDAY_NOON + timedelta(days=30)
    decision = Decision("std_1", "cou_1", kind, Ground.VIOLENCE, "Why", evidence, 1, TUESDAY_NOON, end, appeal_by, IDA)
    return Case(decision, steps)


@given(st.none() | hours, hours, hours, st.sampled_from(StepType), st.none() | hours)
def test_nothing_that_follows_a_decision_ever_makes_it_last_longer(
    ends_h: int | None, asked_h: int, answered_h: int, outcome: StepType, new_end_h: int | None
) -> None:
    asked = TUESDAY_NOON + timedelta(hours=asked_h)
    appeal = Step(StepType.APPEALED, asked, due_at=asked + timedelta(days=7))
    new_end = TUESDAY_NOON + timedelta(hours=new_end_h) if new_end_h else None
    answer = Step(outcome, asked + timedelta(hours=answered_h), "", OTTO, ends_at=new_end)
    bare, with_appeal, answered = a_case(ends_h), a_case(ends_h, appeal), a_case(ends_h, appeal, answer)
    for hour in range(0, 4_500, 111):
        now = TUESDAY_NOON + timedelta(hours=hour)
        if policy.in_force(with_appeal, now) or policy.in_force(answered, now):
            assert policy.in_force(bare, now)


@given(hours)
def test_a_decision_rests_on_nothing_but_what_it_names(length_h: int) -> None:
    new = NewDecision(False, Ground.VIOLENCE, "Why", (), 1, TUESDAY_NOON + timedelta(hours=length_h))
    assert (policy.kind_of(new, TUESDAY_NOON) is Kind.DEACTIVATION) == (length_h > 72)
    assert isinstance(policy.check_decision(new, None, TUESDAY_NOON), PolicyNotInForce)

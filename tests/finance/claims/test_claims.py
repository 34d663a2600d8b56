"""What a merchant gets back, by which rule, and when it may ask."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from homeward.deliveries.contents import Contents, Item
from homeward.deliveries.errors import WrongCurrency
from homeward.deliveries.model import Act, Actor, ChangeRequest, State, Undeliverable, Who
from homeward.finance.claims import policy
from homeward.finance.claims.errors import AlreadyRefunded, ClaimOverLimit, ClaimTooEarly, ClaimTooLate
from homeward.finance.claims.model import ClaimedItem, ClaimOutcome, ClaimReason, Facts
from homeward.finance.claims.service import ClaimsService, facts_of
from homeward.kit.money import Money
from homeward.kit.problems import NotFound
from tests.deliveries.world import World

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHOP = Actor(Who.MERCHANT, "key_mer_a_live")


def chf(minor: int) -> Money:
    return Money(minor, "CHF")


FACTS = Facts(
    state="delivered",
    ended_at=NOON,
    window_earliest=NOON - timedelta(hours=1),
    promised_by=NOON,
    ended_by=None,
    left_at_door=False,
    door_proof=True,
    delivery_fee=chf(900),
    tip=chf(200),
    goods_value=chf(4_000),
    claimed_at=NOON + timedelta(hours=1),
)
R, Out = ClaimReason, ClaimOutcome


@pytest.mark.parametrize(
    ("reason", "changes", "outcome", "rule", "given"),
    [
        (R.CANCELLED, {"state": "cancelled", "ended_by": "merchant"}, Out.REJECTED, "cancelled-by-merchant", (0, 0, 0)),
        (R.CANCELLED, {"state": "cancelled", "ended_by": "operator"}, Out.FULL, "cancelled-by-us", (0, 900, 200)),
        (R.CANCELLED, {}, Out.REJECTED, "not-cancelled", (0, 0, 0)),
        (R.NEVER_DELIVERED, {"state": "failed"}, Out.FULL, "gave-up", (4_000, 900, 200)),
        (R.NEVER_DELIVERED, {"state": "returned"}, Out.PARTIAL, "came-back", (0, 450, 200)),
        (R.NEVER_DELIVERED, {"state": "cancelled"}, Out.REJECTED, "never-sent", (0, 0, 0)),
        (R.NEVER_DELIVERED, {"state": "to_dropoff", "ended_at": None}, Out.REVIEW, "overdue", (0, 0, 0)),
        (R.NEVER_DELIVERED, {}, Out.REVIEW, "proven-at-door", (0, 0, 0)),
        (R.NEVER_DELIVERED, {"door_proof": False}, Out.FULL, "unproven", (4_000, 900, 200)),
        (R.DELIVERED_LATE, {"ended_at": NOON + timedelta(minutes=5)}, Out.REJECTED, "in-time", (0, 0, 0)),
        (R.DELIVERED_LATE, {"ended_at": NOON + timedelta(minutes=6)}, Out.PARTIAL, "late", (0, 450, 0)),
        (R.DELIVERED_LATE, {"ended_at": NOON + timedelta(minutes=60)}, Out.FULL, "very-late", (0, 900, 0)),
        (R.DELIVERED_EARLY, {"ended_at": NOON - timedelta(minutes=66)}, Out.PARTIAL, "early", (0, 450, 0)),
        (R.DELIVERED_EARLY, {"ended_at": NOON - timedelta(minutes=65)}, Out.REJECTED, "not-early", (0, 0, 0)),
        (R.MISSING_ITEMS, {}, Out.REJECTED, "packed-by-the-store", (0, 0, 0)),
        (R.MISSING_ITEMS, {"left_at_door": True}, Out.REVIEW, "left-alone", (0, 0, 0)),
        (R.INCORRECT_ITEMS, {"state": "returned"}, Out.REJECTED, "not-handed-over", (0, 0, 0)),
        (R.DAMAGED, {}, Out.REVIEW, "damaged-on-the-way", (0, 0, 0)),
        (R.POOR_EXPERIENCE, {}, Out.REVIEW, "manners", (0, 0, 0)),
    ],
)
def test_the_first_rule_that_fits_decides(
    reason: ClaimReason, changes: dict[str, object], outcome: ClaimOutcome, rule: str, given: tuple[int, int, int]
) -> None:
    facts: Facts = replace(FACTS, **changes)  # type: ignore[arg-type]
    verdict = policy.judge(reason, [], facts)
    assert (verdict.outcome, verdict.rule) == (outcome, rule)
    assert (verdict.goods.minor, verdict.delivery_fee.minor, verdict.tip.minor) == given


@pytest.mark.parametrize("reason", list(ClaimReason))
@pytest.mark.parametrize("state", [*State])
def test_no_claim_is_left_without_a_verdict_and_none_gives_more_than_was_paid(
    reason: ClaimReason, state: State
) -> None:
    verdict = policy.judge(reason, [], replace(FACTS, state=state))
    assert verdict.total.minor <= 4_000 + 900 + 200
    assert (verdict.total.minor > 0) == (verdict.outcome in (Out.FULL, Out.PARTIAL))


def test_only_the_items_claimed_are_given_back() -> None:
    verdict = policy.judge(R.NEVER_DELIVERED, [ClaimedItem("Cake", 1, chf(1_500))], replace(FACTS, state="failed"))
    assert verdict.goods == chf(1_500)


async def claims_of(world: World) -> ClaimsService:
    return ClaimsService(world.db, world.clock, world.service)


class TestClaiming:
    async def test_a_lost_parcel_is_refunded_once(self, world: World) -> None:
        claims = await claims_of(world)
        delivery_id, leg = await world.brought_to(State.TO_DROPOFF, undeliverable=Undeliverable.DISPOSE)
        await world.report(leg, Act.PROBLEM, reason="lost")
        claim = await claims.claim("mer_a", delivery_id, R.NEVER_DELIVERED, [], SHOP)
        assert (claim.verdict.outcome, claim.verdict.delivery_fee) == (Out.FULL, chf(900))
        assert (await world.event_types(delivery_id))[-1] == "delivery.claim_decided"
        with pytest.raises(AlreadyRefunded) as refusal:
            await claims.claim("mer_a", delivery_id, R.POOR_EXPERIENCE, [], SHOP)
        assert refusal.value.claim_id == claim.id
        assert list(await claims.of_delivery("mer_a", delivery_id)) == [claim]
        assert [one.id for one in (await claims.all("mer_a", "live")).items] == [claim.id]
        assert (await claims.all("mer_a", "test")).items == []

    async def test_a_claim_has_its_time(self, world: World) -> None:
        claims = await claims_of(world)
        delivery_id = await world.booked()
        with pytest.raises(ClaimTooEarly):
            await claims.claim("mer_a", delivery_id, R.NEVER_DELIVERED, [], SHOP)
        world.clock.advance(timedelta(hours=2).total_seconds())
        overdue = await claims.claim("mer_a", delivery_id, R.NEVER_DELIVERED, [], SHOP)
        assert overdue.verdict.outcome is Out.REVIEW
        world.clock.advance(timedelta(days=31).total_seconds())
        with pytest.raises(ClaimTooLate):
            await claims.claim("mer_a", delivery_id, R.NEVER_DELIVERED, [], SHOP)

    async def test_a_claim_has_a_limit_and_a_currency(self, world: World) -> None:
        claims = await claims_of(world)
        delivery_id, _ = await world.brought_to(State.DELIVERED)
        with pytest.raises(WrongCurrency):
            await claims.claim("mer_a", delivery_id, R.DAMAGED, [ClaimedItem("Cake", 1, Money(100, "USD"))], SHOP)
        refusal = policy.check_claim(delivery_id, [ClaimedItem("Cake", 1, chf(4_001))], FACTS)
        assert isinstance(refusal, ClaimOverLimit)

    async def test_another_merchant_claims_nothing_here(self, world: World) -> None:
        claims = await claims_of(world)
        delivery_id = await world.booked()
        with pytest.raises(NotFound):
            await claims.claim("mer_b", delivery_id, R.CANCELLED, [], SHOP)
        with pytest.raises(NotFound):
            await claims.of_delivery("mer_b", delivery_id)


async def test_goods_in_another_currency_are_refused_when_they_are_told_and_never_summed(world: World) -> None:
    priced = Contents(items=(Item("Cake", 1, price=chf(1_000)), Item("Tart", 1, price=Money(1_000, "USD"))))
    delivery_id = await world.booked()
    with pytest.raises(WrongCurrency):
        await world.service.change("mer_a", delivery_id, ChangeRequest(contents=priced), SHOP)
    delivery = (await world.view(delivery_id)).delivery
    with pytest.raises(WrongCurrency):
        facts_of(replace(delivery, contents=priced), [], NOON)

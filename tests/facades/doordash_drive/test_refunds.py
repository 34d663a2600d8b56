"""Money back in the dialect: what our claims decide, and the words that it has for each."""

from datetime import UTC, datetime

import pytest

from homeward.facades.doordash_drive.errors import Refused
from homeward.facades.doordash_drive.refunds import refund_json
from homeward.finance.claims.model import Claim, ClaimOutcome, ClaimReason, Fault, Verdict
from homeward.kit.money import Money
from tests.facades.doordash_drive.world import Drive

DELIVERIES = "/drive/v2/deliveries"


def a_claim(
    outcome: ClaimOutcome, reason: ClaimReason = ClaimReason.NEVER_DELIVERED, fault: Fault = Fault.COURIER
) -> Claim:
    verdict = Verdict(outcome, "no_proof", "unproven", fault, Money(1999, "USD"), Money(790, "USD"), Money(200, "USD"))
    return Claim("clm_1", "dlv_1", reason, (), verdict, datetime(2026, 11, 23, tzinfo=UTC))


@pytest.mark.parametrize(
    ("claim", "code", "status"),
    [
        (a_claim(ClaimOutcome.FULL), "dasher_at_fault", "full_refund"),
        (a_claim(ClaimOutcome.PARTIAL, fault=Fault.OPERATOR), "doordash_at_fault", "partial_refund"),
        (a_claim(ClaimOutcome.FULL, ClaimReason.CANCELLED), "doordash_cancelled", "full_refund"),
        (a_claim(ClaimOutcome.PARTIAL, ClaimReason.DELIVERED_LATE), "order_delivered_late", "partial_refund"),
        (a_claim(ClaimOutcome.PARTIAL, ClaimReason.DELIVERED_EARLY), "order_delivered_early", "partial_refund"),
    ],
)
def test_what_is_given_back_is_told_in_cents(claim: Claim, code: str, status: str) -> None:
    told = refund_json(claim, "never_delivered")
    assert (told["code"], told["status"]) == (code, status)
    assert (told["order_value_refund"], told["delivery_fee_refund"], told["tip_refund"]) == (1999, 790, 200)


@pytest.mark.parametrize(
    ("outcome", "code"), [(ClaimOutcome.REJECTED, "rejected"), (ClaimOutcome.REVIEW, "could_not_determine")]
)
def test_what_is_not_given_back_is_no_success(outcome: ClaimOutcome, code: str) -> None:
    with pytest.raises(Refused) as refused:
        refund_json(a_claim(outcome), "never_delivered")
    assert (refused.value.error.status, refused.value.error.code) == (422, code)


async def test_a_late_delivery_gives_its_fee_back_once(drive: Drive) -> None:
    answer = await drive.created()
    path = f"{DELIVERIES}/{answer['external_delivery_id']}/refunds"
    late = {"refund_reason": "delivered_late"}
    early = await drive.refused(422, "rejected", "POST", path, late)
    assert early["refund_reason"] == "delivered_late"
    courier = await drive.world.accepted()
    drive.world.clock.advance(3 * 3_600)
    await drive.world.carried(courier)
    given = await drive.done("POST", path, late)
    assert (given["code"], given["status"]) == ("order_delivered_late", "full_refund")
    assert given["delivery_fee_refund"] == answer["fee"]
    await drive.refused(409, "already_refunded", "POST", path, late)
    await drive.refused(400, "validation_error", "POST", path, {"refund_reason": "bad mood"})
    native = await drive.world.done(
        drive.bakery.live_key, "GET", f"/v1/deliveries/{answer['support_reference']}/claims"
    )
    assert len(native["items"]) == 1

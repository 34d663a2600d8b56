"""Claims: the facts as they stand, the verdict of the rules, one row, one event. Amounts are recorded, not paid yet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from homeward.deliveries.errors import WrongCurrency
from homeward.deliveries.model import Actor, Delivery, EvidenceKind, NewEvent, Proof
from homeward.deliveries.service import DeliveriesService
from homeward.finance.claims import policy
from homeward.finance.claims.errors import AlreadyRefunded
from homeward.finance.claims.model import Claim, ClaimedItem, ClaimOutcome, ClaimReason, Facts, Fault, Verdict
from homeward.infra.db import Database, Row, Tx, json_param
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.money import Money
from homeward.kit.paging import Page, decode_cursor, encode_cursor
from homeward.kit.problems import jsonable

_PROVES = frozenset({EvidenceKind.PHOTO, EvidenceKind.SIGNATURE, EvidenceKind.PIN, EvidenceKind.AGE_CHECK})
_ACCEPTED = frozenset({ClaimOutcome.FULL, ClaimOutcome.PARTIAL})
_COLUMNS = "id, delivery_id, reason, items, verdict, created_at"


class ClaimsService:
    def __init__(self, db: Database, clock: Clock, deliveries: DeliveriesService) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries

    async def claim(
        self,
        merchant_id: str,
        delivery_id: str,
        reason: ClaimReason,
        items: Sequence[ClaimedItem],
        by: Actor,
        *,
        mode: str | None = None,
    ) -> Claim:
        """Judge and keep it. Raises AlreadyRefunded, ClaimTooEarly, ClaimTooLate, ClaimOverLimit, WrongCurrency."""
        now = self._clock.now()
        async with self._db.merchant(merchant_id) as tx:
            delivery = await self._deliveries.hold(tx, delivery_id, mode)
            await _require_none_accepted(tx, merchant_id, delivery_id)
            _require_currency(items, delivery.total.currency)
            proofs = await self._deliveries.proofs_in(tx, delivery_id)
            facts = facts_of(delivery, proofs, now)
            refusal = policy.check_claim(delivery_id, items, facts)
            if refusal:
                raise refusal
            verdict = policy.judge(reason, items, facts)
            claim = Claim(new_id("clm", now), delivery_id, reason, tuple(items), verdict, now)
            await _add(tx, merchant_id, claim, facts)
            told = {"claim_id": claim.id, "reason": reason, "outcome": verdict.outcome, "code": verdict.code}
            await self._deliveries.write(tx, delivery, [NewEvent("delivery.claim_decided", told)], at=now, by=by)
        return claim

    async def of_delivery(self, merchant_id: str, delivery_id: str, *, mode: str | None = None) -> Sequence[Claim]:
        """The oldest first."""
        await self._deliveries.get(merchant_id, delivery_id, mode=mode)
        async with self._db.merchant(merchant_id) as tx:
            rows = await tx.all(
                f"""SELECT {_COLUMNS} FROM claim
                    WHERE merchant_id = %(merchant_id)s AND delivery_id = %(delivery_id)s ORDER BY id""",
                merchant_id=merchant_id,
                delivery_id=delivery_id,
            )
        return [_claim(row) for row in rows]

    async def all(self, merchant_id: str, mode: str, *, cursor: str | None = None, limit: int = 50) -> Page[Claim]:
        """The merchant's claims, the newest first."""
        before = decode_cursor(cursor, 1)[0] if cursor else None
        async with self._db.merchant(merchant_id) as tx:
            rows = await tx.all(
                """SELECT c.id, c.delivery_id, c.reason, c.items, c.verdict, c.created_at
                   FROM claim c JOIN delivery d ON d.merchant_id = c.merchant_id AND d.id = c.delivery_id
                   WHERE c.merchant_id = %(merchant_id)s AND d.mode = %(mode)s
                     AND (%(before)s::text IS NULL OR c.id < %(before)s)
                   ORDER BY c.id DESC LIMIT %(limit)s""",
                merchant_id=merchant_id,
                mode=mode,
                before=before,
                limit=limit + 1,
            )
        claims = [_claim(row) for row in rows[:limit]]
        return Page(claims, encode_cursor(claims[-1].id) if len(rows) > limit else None)


def facts_of(delivery: Delivery, proofs: Sequence[Proof], now: datetime) -> Facts:
    """What the rules may look at."""
    outcome = delivery.outcome
    return Facts(
        state=delivery.state,
        ended_at=delivery.handed_over_at or delivery.ended_at,
        window_earliest=delivery.window_earliest,
        promised_by=delivery.promised_by,
        ended_by=outcome.by,
        left_at_door=outcome.left_at_door,
        door_proof=any(proof.step == "dropoff" and proof.kind in _PROVES for proof in proofs),
        delivery_fee=delivery.total,
        tip=delivery.tip,
        goods_value=_goods_value(delivery),
        claimed_at=now,
    )


def _goods_value(delivery: Delivery) -> Money | None:
    """As the merchant said: of the whole parcel, else of its items. Raises WrongCurrency: there is no common sum."""
    contents, currency = delivery.contents, delivery.total.currency
    priced = [item.price.times(item.quantity) for item in contents.items if item.price]
    stated = [contents.value] if contents.value is not None else priced
    for amount in stated:
        if amount.currency != currency:
            raise WrongCurrency(amount.currency, currency)
    return Money(sum(amount.minor for amount in stated), currency) if stated else None


def _require_currency(items: Sequence[ClaimedItem], expected: str) -> None:
    for item in items:
        if item.amount.currency != expected:
            raise WrongCurrency(item.amount.currency, expected)


async def _require_none_accepted(tx: Tx, merchant_id: str, delivery_id: str) -> None:
    claim_id = await tx.value(
        """SELECT id FROM claim WHERE merchant_id = %(merchant_id)s AND delivery_id = %(delivery_id)s
             AND outcome = ANY(%(accepted)s)""",
        merchant_id=merchant_id,
        delivery_id=delivery_id,
        accepted=[str(outcome) for outcome in _ACCEPTED],
    )
    if claim_id:
        raise AlreadyRefunded(delivery_id, claim_id)


async def _add(tx: Tx, merchant_id: str, claim: Claim, facts: Facts) -> None:
    await tx.run(
        """INSERT INTO claim (id, merchant_id, delivery_id, reason, items, verdict, outcome, facts, created_at)
           VALUES (%(id)s, %(merchant_id)s, %(delivery_id)s, %(reason)s, %(items)s, %(verdict)s, %(outcome)s, %(facts)s,
                   %(created_at)s)""",
        id=claim.id,
        merchant_id=merchant_id,
        delivery_id=claim.delivery_id,
        reason=claim.reason,
        items=json_param(jsonable(claim.items)),
        verdict=json_param(jsonable(claim.verdict)),
        outcome=claim.verdict.outcome,
        facts=json_param(jsonable(facts)),
        created_at=claim.created_at,
    )


def _claim(row: Row) -> Claim:
    items = tuple(ClaimedItem(item["name"], item["quantity"], _money(item["amount"])) for item in row["items"])
    said = row["verdict"]
    verdict = Verdict(
        ClaimOutcome(said["outcome"]),
        said["code"],
        said["rule"],
        Fault(said["fault"]),
        *(_money(said[name]) for name in ("goods", "delivery_fee", "tip")),
    )
    return Claim(row["id"], row["delivery_id"], ClaimReason(row["reason"]), items, verdict, row["created_at"])


def _money(said: Mapping[str, Any]) -> Money:
    return Money(said["minor"], said["currency"])

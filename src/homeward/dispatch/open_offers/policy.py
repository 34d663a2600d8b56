"""When a delivery is offered to all, how its price rises, and who of the interested gets it. Pure.

The rule is published in docs/explanation/offers.md. It is a function of what is stored with every draw, so that anybody
can make the choice again. Nothing that a courier ever declined is among its arguments.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from homeward.dispatch.model import EVERYBODY, OpenDelivery, Pay, PayTerm, PlanSettings, Snapshot
from homeward.dispatch.open_offers.model import ChoiceRule, Entry, Placed, Terms
from homeward.dispatch.policy_values import OpenOffers
from homeward.kit.money import Money

RULE_VERSION: Final = "arrival-wait-lot-1"


# ── when ──


def openings(snapshot: Snapshot, rules: OpenOffers) -> dict[str, str]:
    """Deliveries that are offered to all from now on, and why."""
    found = {d.id: why_open(d, rules, snapshot.now) for d in snapshot.deliveries}
    return {delivery_id: why for delivery_id, why in found.items() if why is not None}


def why_open(delivery: OpenDelivery, rules: OpenOffers, now: datetime) -> str | None:
    """'declined' or 'waited' if it is time to ask everybody; None if not yet.

    Only what somebody has said no to is opened: what nobody could take so far, nobody could take this way either.
    """
    if not rules.use or not delivery.searching or delivery.offered_to is not None or not delivery.refused_by:
        return None
    if delivery.nobody_took_at is not None and now - delivery.nobody_took_at < timedelta(seconds=rules.again_s):
        return None
    if len(delivery.refused_by) >= rules.after_noes:
        return "declined"
    # What is ready later has not waited so far: from then on it is counted, as for the flag that calls a person.
    since = max(delivery.search_from, delivery.ready_at - timedelta(seconds=rules.after_s))
    return "waited" if now - since >= timedelta(seconds=rules.after_s) else None


def without(snapshot: Snapshot, opened: Collection[str]) -> Snapshot:
    """The market as the plan sees it: what all are asked about has no place in it."""
    if not opened:
        return snapshot
    return replace(
        snapshot,
        deliveries=tuple(replace(d, offered_to=EVERYBODY) if d.id in opened else d for d in snapshot.deliveries),
    )


# ── how long, and for how much ──


def terms(rules: OpenOffers, round_: int, law_s: int) -> Terms:
    """Of the round of that number, counted from 1. No round is shorter than the law's time to decide."""
    raised_pct = min(rules.cap_pct, (round_ - 1) * rules.step_pct)
    return Terms(
        rule=ChoiceRule(RULE_VERSION, rules.band_s, rules.wait_step_s),
        window_s=rules.window_s,
        round_s=max(rules.step_every_s, rules.window_s, law_s),
        raised_pct=raised_pct,
        last=raised_pct >= rules.cap_pct or rules.step_pct == 0,
    )


def law_s(settings: PlanSettings) -> int:
    """The time to decide that the law asks for; no choice is made before it is over."""
    return settings.law_decision_s


def ends_at(interested_at: datetime, not_before: datetime, window_s: int) -> datetime:
    """When the choice is made, once somebody is interested: the others have the same window from then on."""
    return max(not_before, interested_at + timedelta(seconds=window_s))


def raised(pay: Pay, pct: int) -> Pay:
    """By so much per cent, rounded up: in doubt for the courier."""
    if pct <= 0:
        return pay
    more = -(-pay.total.minor * pct // 100)
    term = PayTerm("raised", f"{pct} % more: nobody has taken it yet", more)
    return Pay(Money(pay.total.minor + more, pay.total.currency), (*pay.terms, term))


# ── who ──


def seed_hash(seed: str) -> str:
    """Told with the offer, before anybody is interested; the seed itself is told with the result."""
    return hashlib.sha256(seed.encode()).hexdigest()


def ranking(entries: Sequence[Entry], seed: str, rule: ChoiceRule) -> tuple[Placed, ...]:
    """The interested couriers, the chosen one first.

    1. Who is at the store sooner, in bands of `band_s`: within a band all are equally near.
    2. Who has waited longer since they last got work, in steps of `wait_step_s`.
    3. The lot: the smaller SHA-256 of seed, a colon, and the courier's id.

    The order of `entries` changes nothing.
    """
    placed = [
        Placed(
            entry.courier_id,
            max(0, entry.arrives_s) // rule.band_s,
            max(0, entry.waited_s) // rule.wait_step_s,
            lot(seed, entry.courier_id),
        )
        for entry in entries
    ]
    return tuple(sorted(placed, key=lambda one: (one.band, -one.wait_steps, one.lot)))


def lot(seed: str, courier_id: str) -> str:
    return hashlib.sha256(f"{seed}:{courier_id}".encode()).hexdigest()

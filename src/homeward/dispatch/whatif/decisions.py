"""Stored decisions made again: as they were recorded, and with another policy. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from homeward.dispatch import explain, packing, policy
from homeward.dispatch.decide import decide
from homeward.dispatch.model import Considered, Inputs, OfferDraft, Outcome
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.whatif.model import DecisionCompared, DeliveryChange, Made, OrderChange, PlaceChange

CHANGES: Final[Mapping[str, str]] = {
    "offered_now": "offered, where it waited",
    "waits_now": "waits, where it was offered",
    "other_courier": "offered to another courier",
    "other_company": "offered together with other deliveries",
    "other_pay": "offered for another pay",
    "other_reason": "waits or is offered for another reason",
}

# What a decision does; the rest of an outcome is what it says and expects.
_DONE: Final = ("offers", "resequenced")
# Only what is new is told in a stored decision; to compare two of them, everything must be.
_ALL_NEWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A decision as it lies in the database, with its inputs unpacked."""

    id: str
    made_at: datetime
    policy_version: str
    inputs: Inputs
    outcome: Mapping[str, Any]


def compare(stored: StoredDecision, other: DispatchPolicy) -> DecisionCompared:
    """The same inputs decided by the recorded policy and by the other one.

    What differs is always between two decisions of this release. Whether the recorded outcome came out again is told
    beside it, so that a change of our own rules is never taken for an effect of the policy.
    """
    before = decide(stored.inputs)
    after = decide(replace(stored.inputs, policy=other))
    changes: tuple[DeliveryChange, ...] = ()
    orders: tuple[OrderChange, ...] = ()
    places: tuple[PlaceChange, ...] = ()
    if packing.outcome_json(before) != packing.outcome_json(after):
        names = {courier.id: courier.name for courier in stored.inputs.snapshot.couriers}
        told = (_told(stored.inputs, policy) for policy in (stored.inputs.policy, other))
        changes = tuple(_changes(*(_made(outcome, names) for outcome in told)))
        orders, places = tuple(_orders(before, after, names)), tuple(_places(before, after, names))
    return DecisionCompared(
        decision_id=stored.id,
        at=stored.made_at,
        policy_version=stored.policy_version,
        why_not_equal=_why_not_equal(stored, before),
        changes=changes,
        orders=orders,
        places=places,
    )


def _why_not_equal(stored: StoredDecision, again: Outcome) -> str | None:
    if packing.outcome_json(again) == stored.outcome:
        return None
    ours = policy.version(stored.inputs.policy)
    if stored.policy_version != ours:
        return f"made by rules {stored.policy_version}, this release has {ours}"
    said = packing.outcome_json(again)
    if all(said[part] == stored.outcome.get(part) for part in _DONE):
        return "the same offers and orders; reasons are told in another form than then"
    return "same rules, another outcome: this should not be, please report it"


def _told(inputs: Inputs, rules: DispatchPolicy) -> Outcome:
    """The decision with everything said that there is to say. What is offered stays the same."""
    rules = replace(rules, search=replace(rules.search, news=_ALL_NEWS))
    return decide(replace(inputs, policy=rules, snapshot=replace(inputs.snapshot, said={})))


def _made(outcome: Outcome, names: Mapping[str, str]) -> dict[str, Made]:
    drafts = {delivery_id: draft for draft in outcome.offers for delivery_id in draft.delivery_ids}
    return {one.delivery_id: _made_of(one, drafts.get(one.delivery_id), names) for one in outcome.considered}


def _made_of(one: Considered, draft: OfferDraft | None, names: Mapping[str, str]) -> Made:
    courier = names.get(one.courier_id, one.courier_id) if one.courier_id else None
    ruling = next((ruling for ruling in one.rulings if ruling.courier_id == one.courier_id), None)
    return Made(
        outcome=one.outcome,
        rule=one.rule,
        courier_id=one.courier_id,
        courier=courier,
        sentence=explain.round_sentence(one.rule, courier),
        together=tuple(sorted(draft.delivery_ids)) if draft else (),
        pay_minor=draft.pay.total.minor if draft else None,
        total=ruling.total if ruling else None,
        terms=dict(ruling.terms) if ruling else {},
        dropoff_eta=ruling.dropoff_eta if ruling else None,
    )


def _changes(before: Mapping[str, Made], after: Mapping[str, Made]) -> Iterator[DeliveryChange]:
    for delivery_id in sorted({*before, *after}):
        was, is_now = before.get(delivery_id, Made("waits", "")), after.get(delivery_id, Made("waits", ""))
        what = what_changed(was, is_now)
        if what is not None:
            yield DeliveryChange(delivery_id, what, was, is_now)


def what_changed(before: Made, after: Made) -> str | None:
    """The weightiest difference, one of `CHANGES`; None if both do the same for the same reason."""
    if before.outcome != after.outcome:
        return "offered_now" if after.outcome == "offered" else "waits_now"
    if after.outcome == "offered":
        if before.courier_id != after.courier_id:
            return "other_courier"
        if before.together != after.together:
            return "other_company"
        if before.pay_minor != after.pay_minor:
            return "other_pay"
    return "other_reason" if (before.rule, before.courier_id) != (after.rule, after.courier_id) else None


def _orders(before: Outcome, after: Outcome, names: Mapping[str, str]) -> Iterator[OrderChange]:
    for courier_id in sorted({*before.resequenced, *after.resequenced}):
        was, is_now = before.resequenced.get(courier_id), after.resequenced.get(courier_id)
        if was != is_now:
            yield OrderChange(
                courier_id,
                names.get(courier_id, courier_id),
                tuple(ref.id for ref in was) if was is not None else None,
                tuple(ref.id for ref in is_now) if is_now is not None else None,
            )


def _places(before: Outcome, after: Outcome, names: Mapping[str, str]) -> Iterator[PlaceChange]:
    for courier_id in sorted({*before.wait_at, *after.wait_at}):
        was, is_now = before.wait_at.get(courier_id), after.wait_at.get(courier_id)
        if (was and was.store_id) != (is_now and is_now.store_id):
            told = (at.name or at.store_id if at else None for at in (was, is_now))
            yield PlaceChange(courier_id, names.get(courier_id, courier_id), *told)

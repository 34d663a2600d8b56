"""The planner's part of open offers: what is opened, and each round with its invitations."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.model import DispatchDelivery
from homeward.dispatch.model import Inputs, OfferDraft, Pay, Snapshot
from homeward.dispatch.offer_rows import shown_pay
from homeward.dispatch.offering import Facts, offer_of
from homeward.dispatch.open_offers import policy
from homeward.dispatch.open_offers import repository as store
from homeward.dispatch.open_offers.drafts import drafts
from homeward.dispatch.open_offers.model import Draft, Invitation, OpenOffer, OpenOfferState, Terms
from homeward.dispatch.pay import at_least, due, offer_pay, with_rates
from homeward.dispatch.seal_keys import current_key, sealed
from homeward.infra.db import Tx
from homeward.kit.ids import new_id, new_secret

Drafts = Mapping[str, tuple[Draft, ...]]
NO_DRAFTS: Final[Drafts] = {}


def drafts_for(inputs: Inputs, opened: Mapping[str, str], open_offers: Sequence[OpenOffer]) -> Drafts:
    """How each able courier would carry what is opened now and what waits for its next round. Pure, and not quick."""
    waiting = [one.delivery_id for one in open_offers if not one.gathering]
    return drafts(inputs, {*opened, *waiting})


async def open_to_all(
    tx: Tx, snapshot: Snapshot, decision_id: str, opened: Mapping[str, str], basis: Mapping[str, str], at: datetime
) -> list[OpenOffer]:
    """Those that are still as planned with. Their first round begins with the invitations."""
    new = []
    for delivery_id, why in opened.items():
        if delivery_id not in basis:
            continue
        one = OpenOffer(
            id=new_id("oof", at),
            market_id=snapshot.market_id,
            delivery_id=delivery_id,
            decision_id=decision_id,
            state=OpenOfferState.OPEN,
            why=why,
            basis=basis[delivery_id],
            seed=new_secret(),
            opened_at=at,
            round=0,
            terms=None,
            gathering=False,
            not_before=at,
            ends_at=at,
        )
        if await store.insert(tx, one):
            new.append(one)
    return new


async def begin_rounds(
    tx: Tx,
    inputs: Inputs,
    open_offers: Sequence[OpenOffer],
    found: Drafts,
    rows: Mapping[str, DispatchDelivery],
    facts: Mapping[str, Facts],
    at: datetime,
) -> int:
    """The next round of each that waits for one; how many couriers are invited.

    Who could not carry it is not asked. Where nobody can, no round begins and the price does not rise.
    """
    key = await current_key(tx, at)
    invited = 0
    for one in open_offers:
        able = found.get(one.delivery_id, ())
        if one.gathering or not able or one.delivery_id not in rows or one.delivery_id not in facts:
            continue
        terms = policy.terms(inputs.policy.open_offers, one.round + 1, policy.law_s(inputs.snapshot.settings))
        until = at + timedelta(seconds=terms.round_s)
        not_before = at + timedelta(seconds=policy.law_s(inputs.snapshot.settings))
        if not await store.begin_round(tx, one.id, one.round + 1, terms, not_before=not_before, ends_at=until):
            continue
        shown = await shown_pay(tx, [one.delivery_id])
        for draft in able:
            pay = at_least(_pay(inputs, draft, terms), shown.get(draft.courier_id, 0))
            offer = offer_of(
                one.market_id,
                one.decision_id,
                _as_offered(draft, pay),
                rows,
                facts,
                {one.delivery_id: one.basis},
                (at, until),
            )
            await store.invite(
                tx, Invitation(one.id, one.round + 1, sealed(offer, key), draft.arrives_s, draft.carries)
            )
            invited += 1
    return invited


def still_open(open_offers: Sequence[OpenOffer], rows: Mapping[str, DispatchDelivery]) -> list[OpenOffer]:
    """The world went on while we were thinking."""
    return [one for one in open_offers if one.delivery_id in rows and rows[one.delivery_id].state.value == "searching"]


def _pay(inputs: Inputs, draft: Draft, terms: Terms) -> Pay:
    settings = with_rates(inputs.snapshot.settings, inputs.policy.pay)
    usual = offer_pay(settings, deliveries=1, distance_m=draft.distance_m, work_s=draft.work_s)
    engaged = next(one.engagement for one in inputs.snapshot.couriers if one.id == draft.courier_id)
    return due(engaged, policy.raised(usual, terms.raised_pct))


def _as_offered(draft: Draft, pay: Pay) -> OfferDraft:
    return OfferDraft(
        courier_id=draft.courier_id,
        delivery_ids=(draft.delivery_id,),
        pay=pay,
        distance_m=draft.distance_m,
        duration_s=draft.work_s,
        stops=draft.stops,
        route=draft.route,
    )

"""Decisions in words: who was considered, what each would have cost, which rule decided. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from homeward.dispatch.acceptance import Chance
from homeward.dispatch.machines import SAYS
from homeward.dispatch.model import Offer, OfferState, Round, Ruling

RULES: Final[Mapping[str, str]] = {
    "cheapest": "Offered to {courier}: of all who could take it, this costs the least time, distance and lateness.",
    "best_plan": "Offered to {courier}: not the cheapest for this one alone, but for all open deliveries together.",
    "only_one": "Offered to {courier}: nobody else on duty could take it.",
    "one_trip": "Offered to {courier} together with another delivery of the same trip.",
    "not_yet": "Waits for its time: {courier} is planned for it, but would only stand and wait at the store.",
    "courier_busy": "Waits: {courier} is planned for it after the present stops; somebody nearer may turn up before.",
    "courier_full": "Waits: {courier} is planned for it, but has as many deliveries as they may have at once.",
    "after_this_trip": "Waits: {courier} is planned for it after the trip that they are offered now.",
    "batch_likely": "Waits a little: another parcel for the same way is likely, and {courier} can still be in time.",
    "declined": "Offered to all who can carry it: several were asked and nobody said yes.",
    "waited": "Offered to all who can carry it: it has waited for long, and who was asked did not say yes.",
    "nobody_can": "Waits: nobody on duty can take it.",
    "nobody_on_duty": "Waits: no courier is on duty.",
}

# Added where the numbers are known that a rule rests on.
TIMINGS: Final[Mapping[str, str]] = {
    "must_leave": "Asked now: leaving any later would delay somebody.",
    "same_door": "Asked now: they are going to that door anyway.",
    "not_yet": "Leaving {holdable_s} later delays nobody; they are asked {lead_s} before they must leave.",
    "courier_busy": "They can leave for it in {leaves_in_s}.",
    "batch_likely": "Chance of a companion within {held_s}: {chance_pct} %. It would save {saving} points; waiting "
    "costs {cost}.",
}
_NO_NUMBERS: Final[Mapping[str, int]] = MappingProxyType({})

LIMITS: Final[Mapping[str, str]] = {
    "suspended": "is suspended",
    "restricted": "may be offered nothing new for the time being, as a person has decided",
    "identity_unanswered": "has not answered the identity check yet",
    "out_of_contact": "has not been heard of lately",
    "stranded": "cannot go on, and waits for a rescue",
    "shift_over": "has ended the shift",
    "document_expired": "has a document that has expired",
    "agreement_not_accepted": "has not accepted the agreement that is in force now",
    "on_break": "takes a break",
    "asked_about_another": "is just being asked about another delivery",
    "said_no": "said no, did not answer, or had it and gave it up",
    "detour": "would arrive later than their journey allows",
    "employer": "is another merchant's own driver",
    "own_distance": "does not want to be asked about so long a way: {needed} m, at most {allowed}",
    "own_weight": "does not want to carry so much: {needed} g, at most {allowed}",
    "own_goods": "does not want to carry such goods: {subject}",
    "own_zone": "works elsewhere: the {subject} lies outside the chosen zones",
    "own_no_go": "does not go there: {subject}",
    "bound_elsewhere": "is not the one who was asked",
    "skill": "lacks a skill that the parcel needs: {subject}",
    "trait": "does not carry this kind of parcel: {subject}",
    "stops": "has no room for more stops",
    "capacity": "cannot carry so much: {subject} {needed}, at most {allowed}",
    "parcels_on_board": "has as many parcels as they may carry",
    "unreachable": "cannot get there by road",
    "window": "would miss a window",
    "max_on_board": "would carry a parcel for too long",
    "last_pickup": "ends too soon to fetch anything more",
    "lifo": "would have to hand it over from under another parcel",
    "shift_end": "would not be done before the end of the shift",
    "cost": "would cost more than leaving it open",
}

TERMS: Final[Mapping[str, str]] = {
    "fixed": "use of the vehicle",
    "time": "courier's time",
    "distance": "distance",
    "lateness": "shoppers' waiting",
    "overtime": "overtime",
    "pay": "pay by the piece",
    "preference": "who else is asked",
    "refusal": "they may say no",
    "fairness": "has earned less than others",
    "price": "price of its fleet",
    "overrun": "limits overrun",
    "left_open": "left open",
}

# Terms of the chance of a yes; acceptance.TERMS tells their units.
CHANCES: Final[Mapping[str, str]] = {
    "usual": "couriers here",
    "pay": "pay for the time",
    "approach": "way to the store",
    "length": "length of the work",
    "further": "further deliveries",
    "busy": "has stops already",
    "muscle": "kilometres by muscle",
    "noes": "said no lately",
    "rest": "not asked for a while",
    "courier": "this courier",
}

_ANSWERS: Final[Mapping[OfferState, str]] = {
    OfferState.OPEN: "waiting for the answer",
    OfferState.ACCEPTED: "accepted",
    OfferState.DECLINED: "declined",
    OfferState.EXPIRED: "not answered in time",
    OfferState.WITHDRAWN: "withdrawn",
}


def round_sentence(
    rule: str, courier: str | None, timing: str = "", numbers: Mapping[str, int] = _NO_NUMBERS, *, booked: bool = False
) -> str:
    """What a decision made of a delivery, and why just now or not yet. Machines are not asked: they are `booked`."""
    says = RULES[rule].format(courier=courier or "nobody")
    if booked:
        says = says.replace("Offered to", "Given to", 1)
    when = TIMINGS.get(timing or rule)
    if when is None or not numbers:
        return says
    spans = {name: _span(number) for name, number in numbers.items() if name.endswith("_s")}
    points = {name: f"{number / 1000:.0f}" for name, number in numbers.items() if not name.endswith(("_s", "_pct"))}
    late = f" The store runs {spans['store_late_s']} late." if "store_late_s" in spans else ""
    return f"{says} {when.format(**{**numbers, **points, **spans})}{late}"


def ruling_sentence(ruling: Ruling) -> str:
    """Why a courier was ruled out, or what the delivery would have cost with them."""
    if ruling.limit is not None:
        says = LIMITS.get(ruling.limit) or SAYS.get(ruling.limit, ruling.limit)
        return says.format(subject=ruling.subject, needed=ruling.needed, allowed=ruling.allowed)
    terms = ", ".join(f"{TERMS[name]} {cost / 1000:.0f}" for name, cost in ruling.terms.items())
    late = f", {round(ruling.late_s / 60)} min late" if ruling.late_s else ""
    return f"{(ruling.total or 0) / 1000:.0f} points ({terms or 'nothing added'}{late})"


def chance_sentence(chance: Chance) -> str:
    """How likely a yes was, and what made it so: log-odds, the weightiest first."""
    weighty = sorted(chance.terms.items(), key=lambda term: (-abs(term[1]), term[0]))
    parts = ", ".join(f"{CHANCES[name]} {part:+.2f}" for name, part in weighty)
    return f"a yes was {percent(chance)} likely ({parts})"


def percent(chance: Chance) -> str:
    return f"{chance.per_mille / 10:.0f} %"


def offer_sentence(offer: Offer, courier: str) -> str:
    because = f" ({offer.reason})" if offer.reason else ""
    likely = f"; {chance_sentence(offer.chance)}" if offer.chance else ""
    return f"{courier} was asked for {offer.pay}: {_ANSWERS[offer.state]}{because}{likely}"


def as_text(
    delivery_id: str,
    rounds: Sequence[Round],
    offers: Sequence[Offer],
    names: Mapping[str, str],
    time_zone: str,
    *,
    state: str,
    attention: str | None,
) -> str:
    """The whole story for a terminal, oldest first; times are local to the market."""
    zone = ZoneInfo(time_zone)
    lines = [f"Delivery {delivery_id}: {state}" + (f", needs attention: {attention}" if attention else "")]
    if not rounds:
        lines.append("No decision has looked at it yet.")
    for one in rounds:
        lines += ["", f"{_clock(one.at, zone)}  {one.sentence}  [{one.decision_id}]"]
        for place, ruling in enumerate(_in_order(one.rulings), start=1):
            arrives = f", there at {_clock(ruling.dropoff_eta, zone)}" if ruling.dropoff_eta else ""
            likely = f", yes {percent(ruling.chance)}" if ruling.chance else ""
            mark = f"{place:>4}." if ruling.limit is None else "   –."
            lines.append(f"{mark} {ruling.name}: {ruling_sentence(ruling)}{arrives}{likely}")
        lines += [
            f"      → {offer_sentence(offer, names.get(offer.courier_id, offer.courier_id))}"
            for offer in offers
            if offer.decision_id == one.decision_id
        ]
    return "\n".join(lines)


def _in_order(rulings: Sequence[Ruling]) -> list[Ruling]:
    """Those who could take it first, the cheapest at the top."""
    return sorted(rulings, key=lambda r: (r.limit is not None, r.total or 0, r.name))


def _span(seconds: int) -> str:
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%H:%M:%S")

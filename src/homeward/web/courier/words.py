"""What the courier reads on buttons and cards, as ids of the catalogue. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from homeward.deliveries.custody_policy import PROBLEM_EFFECTS
from homeward.deliveries.model import ProblemReason, Undeliverable
from homeward.deliveries.rescue_policy import RESCUER_REASONS
from homeward.deliveries.states import Act, State
from homeward.dispatch.model import PayTerm
from homeward.web.format import Formats
from homeward.web.translation import N_


@dataclass(frozen=True, slots=True)
class ActWord:
    label: str
    icon: str


ACTS: Final[Mapping[str, ActWord]] = {
    Act.HEAD_TO_PICKUP: ActWord("Start to the store", "navigation"),
    Act.ARRIVE_PICKUP: ActWord("I am at the store", "building-store"),
    Act.PICK_UP: ActWord("I have the parcel", "package-export"),
    Act.HEAD_TO_DROPOFF: ActWord("Start to the door", "navigation"),
    Act.ARRIVE_DROPOFF: ActWord("I am at the door", "home"),
    Act.HAND_OVER: ActWord("Handed over", "circle-check"),
    Act.ARRIVE_RETURN: ActWord("I am back at the store", "building-store"),
    Act.RETURN_HANDED: ActWord("Given back to the store", "package-import"),
}

# At a take-over there is no store.
TAKE_OVER_ACTS: Final[Mapping[str, ActWord]] = {
    Act.HEAD_TO_PICKUP: ActWord("Start there", "navigation"),
    Act.ARRIVE_PICKUP: ActWord("I am there", "map-pin"),
}

STOPS: Final[Mapping[str, ActWord]] = {
    "pickup": ActWord("Pick up", "building-store"),
    "take_over": ActWord("Take over", "package-export"),
    "dropoff": ActWord("Deliver", "home"),
    "return": ActWord("Bring back", "arrow-back-up"),
}

BUILDINGS: Final[Mapping[str, str]] = {
    "house": N_("House"),
    "apartment": N_("Apartment building"),
    "business": N_("Business"),
    "other": N_("Other building"),
}
SPOTS: Final[Mapping[str, str]] = {
    "front_door": N_("front door"),
    "back_door": N_("back door"),
    "side_porch": N_("side porch"),
    "reception": N_("reception"),
    "mailroom": N_("mail room"),
    "garage_door": N_("garage door"),
}
HANDOVERS: Final[Mapping[str, str]] = {
    "to_person": N_("Hand it to a person. Do not leave it."),
    "at_door": N_("Leave it at the door, with a photo. Nobody needs to open."),
}
GOODS: Final[Mapping[str, str]] = {
    "alcohol": N_("alcohol"),
    "tobacco": N_("tobacco"),
    "hemp": N_("hemp"),
    "age_restricted_pharmacy": N_("medicine with an age limit"),
    "heavy": N_("heavy"),
}
SIZES: Final[Mapping[str, str]] = {
    "small": N_("small"),
    "medium": N_("medium"),
    "large": N_("large"),
    "extra_large": N_("extra large"),
}
NEEDS: Final[Mapping[str, str]] = {
    "age_check": N_("age check"),
}
RELATIONSHIPS: Final[Mapping[str, str]] = {
    "self": N_("The shopper"),
    "spouse": N_("Partner"),
    "parent_or_guardian": N_("Parent or guardian"),
    "friend": N_("Friend or neighbour"),
    "legal_representative": N_("Legal representative"),
    "other": N_("Somebody else"),
}

_REASONS: Final[Mapping[ProblemReason, ActWord]] = {
    ProblemReason.NOBODY_THERE: ActWord("Nobody is there", "door-exit"),
    ProblemReason.WRONG_ADDRESS: ActWord("Wrong address", "map-pin"),
    ProblemReason.CANNOT_REACH: ActWord("I cannot reach the door", "stairs"),
    ProblemReason.REFUSED: ActWord("They refuse it", "hand-stop"),
    ProblemReason.TOO_YOUNG: ActWord("The person is too young", "user"),
    ProblemReason.NOT_SOBER: ActWord("The person is not sober", "alert-triangle"),
    ProblemReason.NO_DOCUMENT: ActWord("No identity document", "file-text"),
    ProblemReason.NO_PIN: ActWord("They have no PIN", "lock"),
    ProblemReason.DAMAGED: ActWord("It is damaged", "alert-triangle"),
    ProblemReason.STORE_CLOSED: ActWord("The store is closed", "lock"),
    ProblemReason.NOT_READY: ActWord("It is not ready yet", "hourglass"),
    ProblemReason.PARCEL_MISSING: ActWord("They cannot find it", "search"),
    ProblemReason.TOO_LARGE: ActWord("Too large for my vehicle", "ruler-2"),
    ProblemReason.CANNOT_CONTINUE: ActWord("I cannot go on", "player-pause"),
    ProblemReason.LOST: ActWord("It is lost", "alert-circle"),
    ProblemReason.RETURN_REFUSED: ActWord("The store does not take it", "hand-stop"),
}

_NEXT_BY_ACT: Final[Mapping[Act | None, str]] = {
    Act.UNASSIGN: N_("You are done with it; somebody else takes care."),
    Act.TURN_BACK: N_("You bring it back to the store."),
    Act.FAIL: N_("The delivery ends here; we take care of the rest."),
    None: N_("A dispatcher is told and will decide. Stay on it."),
}
_NEXT_BY_REASON: Final[Mapping[ProblemReason, str]] = {
    ProblemReason.NOT_READY: N_("The store is told. Please wait a little."),
}
_RESCUE: Final = N_("A dispatcher is told and sends help. Stay where you are.")
_AT_DOOR: Final = N_("You may leave it at the door, with a photo.")
_DISPOSED: Final = N_("It ends here: the store does not want it back.")


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    """One button of the problem sheet, with what happens when it is pressed."""

    reason: str
    label: str
    icon: str
    next: str


def rescuer_choices() -> tuple[ReasonChoice, ...]:
    """What may keep a courier from taking a parcel over."""
    said = N_("Somebody else is sent there.")
    named = ((reason, _REASONS[reason]) for reason in RESCUER_REASONS)
    return tuple(ReasonChoice(reason.value, word.label, word.icon, said) for reason, word in named)


def problem_choices(state: State, wish: Undeliverable) -> tuple[ReasonChoice, ...]:
    """What may be wrong here, as the rules of custody have it, the likely ones first."""
    choices = []
    for reason, word in _REASONS.items():
        effect = next((effect for effect in PROBLEM_EFFECTS[reason] if state in effect.sources), None)
        if effect is None:
            continue
        said = _NEXT_BY_REASON.get(reason) or _NEXT_BY_ACT[effect.act]
        if effect.leg_act is not None:
            said = _RESCUE
        if effect.act is Act.TURN_BACK:
            said = _turned(reason, wish)
        choices.append(ReasonChoice(reason.value, word.label, word.icon, said))
    return tuple(choices)


def _turned(reason: ProblemReason, wish: Undeliverable) -> str:
    if wish is Undeliverable.DISPOSE:
        return _DISPOSED
    if wish is Undeliverable.LEAVE_AT_DOOR and reason is ProblemReason.NOBODY_THERE:
        return _AT_DOOR
    return _NEXT_BY_ACT[Act.TURN_BACK]


@dataclass(frozen=True, slots=True)
class Said:
    """What became of an interest, in words and with its sign."""

    title: str
    text: str
    icon: str


OPEN_RESULTS: Final[Mapping[str, Said]] = {
    "won": Said(N_("It is yours"), N_("You were chosen. The stops are on your route."), "circle-check"),
    "lost": Said(
        N_("Somebody else was chosen"), N_("By the way to the store, then who waited longer, then a lot."), "user"
    ),
    "passed_over": Said(
        N_("You were busy"), N_("You were chosen, but had taken other work or gone off duty."), "clock"
    ),
    "withdrawn": Said(N_("No longer there"), N_("The shop has changed or cancelled it."), "x"),
}

_TERMS: Final[Mapping[str, str]] = {
    "base": N_("Base"),
    "floor": N_("Up to the minimum"),
    "shown_before": N_("As shown to you before"),
    "employed": N_("Paid by your employer"),
    "volunteer": N_("As a volunteer, without pay"),
}


def pay_term(term: PayTerm, formats: Formats) -> str:
    """A line of the pay. Its figure stands in the label as it was offered, and stays what it was."""
    say = formats.say
    figure, _, unit = term.label.partition(" ")
    match term.code:
        case "distance" if unit == "km":
            return f"{formats.number(float(figure), 1)} km"
        case "extra_stops":
            return say.plural(int(figure), "%(num)s more to deliver", "%(num)s more to deliver")
        case "raised":
            return say("%(percent)s more: nobody has taken it yet", percent=f"{figure} %")
    return say(_TERMS[term.code]) if term.code in _TERMS else term.label

"""How soon an exception hurts, in which order they are worked, and what to do next. Pure."""

from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.states import BEFORE_PICKUP, WITH_COURIER_BEFORE_PICKUP, State
from homeward.dispatch.desk.model import (
    FLEET_LOGIN,
    FLEET_SILENT,
    FLEET_TROUBLE,
    LATE,
    MESSAGE_FAILED,
    WEBHOOK_OFF,
    Care,
    Harm,
    Step,
    Suggestion,
    Trouble,
)

NETWORK: Final = frozenset({FLEET_LOGIN, FLEET_SILENT, FLEET_TROUBLE, WEBHOOK_OFF, MESSAGE_FAILED})
# Nobody knows where the parcel is, or nobody will have it.
_IN_DANGER: Final = frozenset({"rescue_needed", "damaged", "return_refused", "parcel_missing"})
_AT_ONCE: Final = frozenset({LATE, "no_courier", "courier_lost_contact"})
# A courier needs about this long from being found to the door of a near shopper.
SOON: Final = timedelta(minutes=30)
# Fleets are read every few seconds; this many minutes without an answer are no hiccup.
SILENT_AFTER: Final = timedelta(minutes=5)
_TURNED: Final = frozenset({State.RETURNING, State.AT_RETURN})


def harm(trouble: Trouble, now: datetime) -> Harm:
    """What is lost first if nobody acts."""
    if trouble.code in NETWORK:
        return Harm.NETWORK
    if trouble.code in _IN_DANGER or (trouble.code == "courier_lost_contact" and trouble.on_board):
        return Harm.CUSTODY
    near = trouble.promised_by is not None and trouble.promised_by - now < SOON and trouble.state not in _TURNED
    return Harm.PROMISE if near or trouble.code in _AT_ONCE else Harm.QUESTION


def urgency(trouble: Trouble, now: datetime) -> tuple[Harm, datetime, str]:
    """Sorts the queue: by harm, then by promise; the id breaks ties, so that nothing jumps about."""
    return harm(trouble, now), trouble.promised_by or trouble.since or now, trouble.subject


def holds(care: Care, trouble: Trouble, now: datetime) -> bool:
    """Whether somebody still looks after it: trouble that began later, or a snooze that is over, is nobody's."""
    begun_again = trouble.since is not None and trouble.since > care.at
    over = care.snoozed_until is not None and care.snoozed_until <= now
    return not begun_again and not over


_NETWORK_STEPS: Final = {
    FLEET_LOGIN: "The fleet refuses our token. Ask its operator for a new one and enter it.",
    FLEET_SILENT: "The fleet's server does not answer. Call its operator; pause the fleet if it lasts.",
    FLEET_TROUBLE: "The fleet reports trouble. Read what it says, and pause it if it lasts.",
    WEBHOOK_OFF: "The shop's server refused for too long and hears nothing more. Tell the merchant.",
    MESSAGE_FAILED: "The message did not arrive. Read why, and tell the recipient in another way if it matters.",
}
_STORE_STEPS: Final = {
    "store_closed": "Call the store. If nobody opens, cancel before the courier waits in vain.",
    "not_ready": "Call the store and ask when it is ready. Free the courier if it takes long.",
    "parcel_missing": "Call the store and let them look. Without a parcel, cancel.",
}
_DOOR_STEPS: Final = {
    "wrong_address": "Call the shopper for the right door. If there is none near, call the parcel back.",
    "nobody_there": "Call the shopper. If nobody answers, call the parcel back to the store.",
    "cannot_reach": "Call the shopper and ask for another way in, or to come out.",
    "pin_locked": "Call the shopper and make sure who they are; then look at the delivery.",
}


def suggest(trouble: Trouble) -> Suggestion:
    """The next step. Never one that the delivery's state forbids."""
    if trouble.code in NETWORK:
        return Suggestion(_NETWORK_STEPS[trouble.code], Step.LOOK)
    if trouble.in_rescue:
        return _rescue(trouble)
    if trouble.state in _TURNED:
        return Suggestion("The store does not take it back. Agree with the merchant where it ends.", Step.FAIL)
    if trouble.code == "confirm_address":
        text = "Ask the shopper where the door is. Confirm the pin if it is right; else set it on the delivery's page."
        return Suggestion(text, Step.CONFIRM_ADDRESS, (Step.CALL_SHOPPER, *_ends(trouble)))
    if trouble.code in _STORE_STEPS and not trouble.on_board:
        return Suggestion(_STORE_STEPS[trouble.code], Step.CALL_STORE, (*_frees(trouble), *_ends(trouble)))
    if trouble.on_board:
        return _on_board(trouble)
    return _before_pickup(trouble)


def _rescue(trouble: Trouble) -> Suggestion:
    if trouble.someone_comes:
        return Suggestion("Somebody is on the way to take it over. Watch that they meet.", Step.LOOK, (Step.GOES_ON,))
    return Suggestion("Send somebody to take it over.", Step.GIVE, (Step.CALL_COURIER, Step.GOES_ON))


def _on_board(trouble: Trouble) -> Suggestion:
    if trouble.code in _DOOR_STEPS:
        return Suggestion(_DOOR_STEPS[trouble.code], Step.CALL_SHOPPER, (Step.CALL_COURIER, Step.CALL_BACK))
    if trouble.code == "damaged":
        return Suggestion("Call it back to the store, and tell the merchant.", Step.CALL_BACK, (Step.CALL_SHOPPER,))
    if trouble.code == "courier_lost_contact":
        text = "The parcel is on board and nobody hears of it. Call the courier."
        return Suggestion(text, Step.CALL_COURIER, (Step.CALL_BACK, Step.FAIL))
    text = "It is on board; nobody else can speed it up. Ask the courier, and tell the shopper the new time."
    return Suggestion(text, Step.CALL_COURIER, (Step.CALL_SHOPPER, Step.CALL_BACK))


def _before_pickup(trouble: Trouble) -> Suggestion:
    if trouble.state in WITH_COURIER_BEFORE_PICKUP:
        text = "Take it from the courier and look for another, while it is still in the store."
        return Suggestion(text, Step.SEARCH_AGAIN, (Step.CALL_COURIER, *_ends(trouble)))
    if trouble.state is State.SEARCHING:
        text = "The planner finds nobody in time. Give it to somebody by hand, or tell the merchant."
        return Suggestion(text, Step.GIVE, (Step.CALL_STORE, *_ends(trouble)))
    return Suggestion("Look at the delivery and decide.", Step.LOOK, _ends(trouble))


def _frees(trouble: Trouble) -> tuple[Step, ...]:
    return (Step.SEARCH_AGAIN,) if trouble.state in WITH_COURIER_BEFORE_PICKUP else ()


def _ends(trouble: Trouble) -> tuple[Step, ...]:
    return (Step.CANCEL,) if trouble.state in BEFORE_PICKUP else ()

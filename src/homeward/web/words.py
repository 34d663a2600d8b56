"""States in words, with an icon and a tone. No state is ever told by colour alone."""

from dataclasses import dataclass
from typing import Final, Literal

Tone = Literal["ok", "warn", "bad", "info", "accent", "idle"]


@dataclass(frozen=True, slots=True)
class Word:
    label: str
    icon: str
    tone: Tone = "idle"


DELIVERY: Final[dict[str, Word]] = {
    "scheduled": Word("Scheduled", "calendar-event", "idle"),
    "searching": Word("Finding a courier", "search", "info"),
    "assigned": Word("Courier assigned", "user", "info"),
    "to_pickup": Word("On the way to the store", "navigation", "info"),
    "at_pickup": Word("At the store", "building-store", "info"),
    "picked_up": Word("Picked up", "package-export", "accent"),
    "to_dropoff": Word("On the way to the door", "truck-delivery", "accent"),
    "at_dropoff": Word("At the door", "home", "accent"),
    "delivered": Word("Delivered", "circle-check", "ok"),
    "returning": Word("On the way back", "arrow-back-up", "warn"),
    "at_return": Word("Back at the store", "building-store", "warn"),
    "returned": Word("Returned to the store", "package-import", "warn"),
    "cancelled": Word("Cancelled", "circle-x", "idle"),
    "failed": Word("Failed", "alert-circle", "bad"),
}

LEG: Final[dict[str, Word]] = {
    "offered": Word("Offered", "send", "idle"),
    "reserved": Word("Reserved", "clock", "info"),
    "committed": Word("Accepted", "check", "info"),
    "to_pickup": Word("To the pickup", "navigation", "info"),
    "at_pickup": Word("At the pickup", "building-store", "info"),
    "loading": Word("Loading", "package-import", "info"),
    "loaded": Word("On board", "package-export", "accent"),
    "to_dropoff": Word("To the drop-off", "truck-delivery", "accent"),
    "at_dropoff": Word("At the drop-off", "home", "accent"),
    "handing_over": Word("Handing over", "hand-stop", "accent"),
    "done": Word("Done", "circle-check", "ok"),
    "refused": Word("Refused", "x", "idle"),
    "held": Word("Held", "clock-pause", "warn"),
    "stopped": Word("Stopped", "player-pause", "warn"),
    "rescue_needed": Word("Needs rescue", "alert-triangle", "bad"),
    "lost_contact": Word("Contact lost", "wifi-off", "bad"),
    "returning": Word("Returning", "arrow-back-up", "warn"),
    "returned": Word("Returned", "package-import", "warn"),
    "rescued": Word("Taken over", "package-export", "warn"),
    "cancelled": Word("Taken away", "circle-x", "idle"),
    "written_off": Word("Written off", "circle-x", "bad"),
}

COURIER: Final[dict[str, Word]] = {
    "off": Word("Off duty", "moon", "idle"),
    "idle": Word("Free", "circle-check", "ok"),
    "busy": Word("On a route", "route", "accent"),
    "lost": Word("Contact lost", "wifi-off", "bad"),
    "suspended": Word("Suspended", "lock", "bad"),
}

VEHICLE: Final[dict[str, Word]] = {
    "foot": Word("On foot", "walk"),
    "bicycle": Word("Bicycle", "bike"),
    "scooter": Word("Scooter", "moped"),
    "car": Word("Car", "car"),
    "van": Word("Van", "truck"),
    "robot": Word("Robot", "robot"),
    "robot_car": Word("Car without a driver", "car"),
    "drone": Word("Drone", "drone"),
}

OFFER: Final[dict[str, Word]] = {
    "open": Word("Waiting for an answer", "hourglass", "info"),
    "accepted": Word("Accepted", "check", "ok"),
    "declined": Word("Declined", "x", "warn"),
    "expired": Word("No answer in time", "clock", "warn"),
    "withdrawn": Word("Withdrawn", "arrow-back-up", "idle"),
}

SENT: Final[dict[str, Word]] = {
    "pending": Word("Waiting", "hourglass", "info"),
    "sent": Word("Sent", "circle-check", "ok"),
    "failed": Word("Failed", "alert-circle", "bad"),
}

SERVICE_CLASS: Final[dict[str, Word]] = {
    "express": Word("Express", "bolt"),
    "same_day": Word("Same day", "clock"),
    "scheduled": Word("Scheduled", "calendar-event"),
}

ATTENTION: Final[dict[str, str]] = {
    "confirm_address": "The address is uncertain: confirm the pin",
    "no_courier": "No courier can take it in time",
    "late": "It will be late",
    "courier_lost_contact": "The courier does not report any more",
    "rescue_needed": "The courier cannot go on with the parcel on board",
    "store_closed": "The courier found the store closed",
    "not_ready": "The parcel is not ready at the store",
    "parcel_missing": "The store does not find the parcel",
    "wrong_address": "The courier found the address wrong",
    "nobody_there": "Nobody is there",
    "damaged": "The parcel is damaged",
    "cannot_reach": "The courier cannot reach the door",
    "return_refused": "The store does not take it back",
    "pin_locked": "The PIN was wrong too often",
    "fleet_login_invalid": "The fleet refuses our token",
    "fleet_silent": "No contact with the fleet",
    "fleet_trouble": "The fleet reports trouble",
    "webhook_disabled": "A shop hears nothing more: its webhook is off",
    "message_failed": "A message did not arrive",
}

REASON: Final[dict[str, str]] = {
    "store_closed": "The store was closed",
    "not_ready": "It was not ready",
    "parcel_missing": "The store did not find it",
    "too_large": "Too large for the vehicle",
    "cannot_continue": "The courier could not go on",
    "nobody_there": "Nobody was there",
    "wrong_address": "The address was wrong",
    "refused": "The recipient refused it",
    "damaged": "It was damaged",
    "cannot_reach": "The door could not be reached",
    "too_young": "The recipient was too young",
    "not_sober": "The recipient was not sober",
    "no_document": "The recipient had no document",
    "no_pin": "The recipient had no PIN",
    "lost": "It was lost",
    "return_refused": "The store did not take it back",
}

RULE: Final[dict[str, str]] = {
    "cheapest": "The lowest cost of all who could",
    "best_plan": "The best plan for all deliveries together",
    "only_one": "The only courier who could",
    "one_trip": "Fits into one trip with others",
    "declined": "Several said no; all who can are asked",
    "waited": "It has waited for long; all who can are asked",
    "nobody_can": "Nobody on duty could take it; it waits",
    "nobody_on_duty": "Nobody was on duty; it waits",
    "address_to_confirm": "The address is to be confirmed first; it waits",
    "not_yet": "It is not time to leave yet; it waits",
    "courier_busy": "The best courier is still busy; it waits",
    "courier_full": "The best courier is full; it waits",
    "after_this_trip": "The best courier takes it after this trip; it waits",
    "batch_likely": "Another for the same way is likely; it waits a little",
    "manual": "An operator decided",
}


def word(table: dict[str, Word], code: str) -> Word:
    """The word for a code; an unknown one (a newer release wrote it) is shown as it is."""
    return table.get(code) or Word(code.replace("_", " ").capitalize(), "circle-dot", "idle")


def attention(code: str) -> str:
    return ATTENTION.get(code) or code.replace("_", " ").capitalize()

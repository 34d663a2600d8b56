"""What must go together in a request of this dialect, told all at once before the network is asked."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import Building, Delivery, Spot, State
from homeward.deliveries.requirements import SPOTS_OF
from homeward.deliveries.states import TERMINAL, WITH_COURIER_BEFORE_PICKUP
from homeward.facades.golocal.errors import Wrong, wire_name
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import Said
from homeward.kit.units import Grams
from homeward.quotes.model import Parcel

_GRAMS_PER_LB = 453.59237
_LITRES_PER_CUFT = 28.316847


def wrong_together(said: Said) -> list[Wrong]:
    """Of a booking: window, place at the address, add-ons, labels, size."""
    return [*wrong_window(said), *wrong_spot(said), *_wrong_add_ons(said), *_wrong_size(said)]


def wrong_window(said: Said) -> list[Wrong]:
    if "window_from" not in said or "window_to" not in said:
        return []
    length = said["window_to"] - said["window_from"]
    if length <= timedelta(0):
        return [Wrong("invalid", wire_name("window_to"), "The window ends before it begins.", "Swap its two ends.")]
    taken = NAMES.defaults["window_lengths_minutes"]
    if taken and length not in [timedelta(minutes=minutes) for minutes in taken]:
        hint = f"Minutes that are supported: {', '.join(map(str, taken))}."
        return [Wrong("window_length", wire_name("window_from"), "The window's length is not supported.", hint)]
    return []


def wrong_spot(said: Said) -> list[Wrong]:
    """A preference without a property type is refused, and so is one that such a property does not have.

    Source: their table of property types and location preferences, 2026.
    """
    if "location_preference" not in said:
        return []
    spot, building = said["location_preference"], said.get("property_type")
    fitting = SPOTS_OF[Building(building)] if building else frozenset[Spot]()
    if building and (spot == "" or Spot(spot) in fitting):
        return []
    known = [NAMES.value_of("location_preference", each) or "" for each in fitting] if building else []
    hint = f"Fitting: {', '.join(sorted(known))}." if known else f"Send {wire_name('property_type')} with it."
    text = "The location preference does not fit the property type."
    return [Wrong("spot_does_not_fit", wire_name("location_preference"), text, hint)]


def _wrong_add_ons(said: Said) -> list[Wrong]:
    wrongs = []
    if said.get("signature") and said.get("passcode"):
        text = "A signature and a passcode cannot both be asked for."
        wrongs.append(Wrong("signature_and_passcode", wire_name("passcode"), text, "Choose one of the two."))
    if said.get("chain_of_custody") and not said.get("scan_ids"):
        text = "A chain of custody needs the labels that are to be scanned."
        wrongs.append(Wrong("scan_ids_missing", wire_name("scan_ids"), text, "Send one scan id for each package."))
    return wrongs


def _wrong_size(said: Said) -> list[Wrong]:
    if "order_size" not in said or parcel_of(said) is not None:
        return []
    text = "An order of this size or weight is not carried here."
    return [Wrong("size_not_carried", wire_name("order_size"), text, "Split it into several orders.")]


def parcel_of(said: Said) -> Parcel | None:
    """What the network carries for an order: by its volume and weight if they are told, else by its class.

    None: larger than anything that is carried. An order beyond the limits of its class belongs to the next one.
    """
    size = size_of(said)
    if size is None:
        return None
    volume, weight = said.get("order_volume_cuft"), said.get("order_weight_lb")
    room = _smallest(volume * _LITRES_PER_CUFT) if volume else NAMES.sizes[size].parcel
    if not room:
        return None
    grams = round((weight or NAMES.sizes[size].assumed_weight_lb) * _GRAMS_PER_LB)
    needs = ("age_check",) if said.get("alcohol") else ()
    return Parcel(Grams(max(1, grams)), ParcelSize(room), needs)


def size_of(said: Said) -> str | None:
    """The smallest class, from the one that was said upwards, that holds the order's volume and weight."""
    names = list(NAMES.sizes)
    first = names.index(said.get("order_size", NAMES.defaults["order_size"]))
    volume, weight = said.get("order_volume_cuft") or 0, said.get("order_weight_lb") or 0
    for name in names[first:]:
        if volume <= NAMES.sizes[name].volume_cuft and weight <= NAMES.sizes[name].weight_lb:
            return name
    return None


def _smallest(litres: float) -> str:
    return next((size.value for size in ParcelSize if litres <= size.litres), "")


# ── updates ──


def locked_fields(delivery: Delivery, changed: Sequence[str]) -> list[Wrong]:
    """The changes that come too late, by the stages of their table of locks."""
    locks = NAMES.locks
    stages = ["booked"]
    if delivery.state in WITH_COURIER_BEFORE_PICKUP:
        stages.append("assigned")
    elif delivery.state not in (State.SCHEDULED, State.SEARCHING):
        stages += ["assigned", "dispatched"]
    locked = {name for stage in stages for name in locks[stage]}
    if delivery.state in TERMINAL:
        locked = set(changed)
    status = NAMES.statuses.get(delivery.state, delivery.state.value)
    return [
        Wrong("locked", wire_name(name), f"This cannot be changed any more while {status}.", "Leave it out.")
        for name in changed
        if name in locked
    ]


def changed_fields(before: Mapping[str, Any], said: Mapping[str, Any]) -> list[str]:
    """Which of the fields sent differ from what is known."""
    return [name for name, value in said.items() if before.get(name) != value]

"""What a request may not say, or not together, before anything is looked up. Pure.

Source: their pages about windows, verification and test mode (2026-09). What they offer and we do not is refused here
with its field named, rather than taken and forgotten.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from homeward.facades.uber_direct import asking
from homeward.facades.uber_direct.errors import Refused, invalid, refused
from homeward.facades.uber_direct.wire import DeliveryBody, Route, UpdateBody

FARTHEST: Final = timedelta(days=30)
PICKUP_WINDOW: Final = timedelta(minutes=10)
PICKUP_NOTICE: Final = timedelta(minutes=20)
DROPOFF_WINDOW: Final = timedelta(minutes=20)
MOMENTS: Final = ("pickup_ready_dt", "pickup_deadline_dt", "dropoff_ready_dt", "dropoff_deadline_dt")
CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""A moment this little in the past is "now", said by a clock that is slow."""


def require_windows(route: Route, now: datetime) -> None:
    """Raises the code of the first rule about the four moments that is broken."""
    for code, message in _broken(route, now):
        raise refused(code, message)


def _broken(route: Route, now: datetime) -> Iterator[tuple[str, str]]:
    ready, fetched_by = route.pickup_ready_dt, route.pickup_deadline_dt
    opens, due = route.dropoff_ready_dt, route.dropoff_deadline_dt
    if ready and ready < now - CLOCKS_DIFFER:
        yield "pickup_ready_too_early", "pickup_ready_dt lies in the past."
    if ready and ready > now + FARTHEST:
        yield "pickup_ready_too_late", "pickup_ready_dt must be within the next 30 days."
    if fetched_by and fetched_by < (ready or now) + PICKUP_WINDOW:
        yield "pickup_window_too_small", "pickup_deadline_dt must be at least 10 minutes after pickup_ready_dt."
    if fetched_by and fetched_by < now + PICKUP_NOTICE:
        yield "pickup_deadline_too_early", "pickup_deadline_dt must be at least 20 minutes from now."
    if opens and fetched_by and opens > fetched_by:
        yield "dropoff_ready_after_pickup_deadline", "dropoff_ready_dt must not be after pickup_deadline_dt."
    if due and due < (opens or now) + DROPOFF_WINDOW:
        yield "dropoff_deadline_too_early", "dropoff_deadline_dt must be at least 20 minutes after dropoff_ready_dt."
    if due and fetched_by and due < fetched_by:
        yield "dropoff_deadline_before_pickup_deadline", "dropoff_deadline_dt must not be before pickup_deadline_dt."


def require_new_windows(body: UpdateBody, after: DeliveryBody, now: datetime) -> None:
    """As at a booking, for whatever is said anew: a ready time that has passed since is no reason to refuse."""
    if any(getattr(body, name) for name in MOMENTS):
        said = after if body.pickup_ready_dt else after.model_copy(update={"pickup_ready_dt": None})
        require_windows(said, now)


def require_sound(body: DeliveryBody) -> None:
    """Raises invalid_params that names every field which cannot stand as it is."""
    wrong = dict(_wrong_in(body))
    if wrong:
        raise Refused(invalid(wrong))


def require_updatable(body: UpdateBody) -> None:
    """Raises invalid_params for what stays as it was booked."""
    wrong: dict[str, str] = {}
    if body.dropoff_verification and body.dropoff_verification.picture is False:
        wrong["dropoff_verification.picture"] = "A proof that was asked for cannot be taken back."
    for name in _unheard_at_pickup(body):
        wrong[f"pickup_verification.{name}"] = "Only the barcodes of a pickup can be changed; book anew."
    if (body.dropoff_latitude is None) != (body.dropoff_longitude is None):
        wrong["dropoff_latitude"] = "Send latitude and longitude together."
    if wrong:
        raise Refused(invalid(wrong))


def _unheard_at_pickup(body: UpdateBody) -> list[str]:
    asked = body.pickup_verification
    return [name for name in asked.said() if name != "barcodes"] if asked else []


def _wrong_in(body: DeliveryBody) -> Iterator[tuple[str, str]]:
    yield from _wrong_at_pickup(body)
    yield from _wrong_at_dropoff(body)
    for side in ("pickup", "dropoff"):
        if (getattr(body, f"{side}_latitude") is None) != (getattr(body, f"{side}_longitude") is None):
            yield f"{side}_latitude", "Send latitude and longitude together."


def _wrong_at_pickup(body: DeliveryBody) -> Iterator[tuple[str, str]]:
    for name in ("pickup_verification", "return_verification"):
        asked = getattr(body, name)
        if asked and asked.identification:
            yield f"{name}.identification", "An identification is checked at the drop-off only."
    if body.pickup_verification and body.pickup_verification.pin_wanted:
        yield "pickup_verification.pincode", "A PIN is asked for at the drop-off or the return only."


def _wrong_at_dropoff(body: DeliveryBody) -> Iterator[tuple[str, str]]:
    for name in ("dropoff_verification", "return_verification"):
        asked = getattr(body, name)
        pin = asked.pincode if asked else None
        if pin and pin.enabled and pin.type == "merchant_provided" and not pin.value:
            yield f"{name}.pincode.value", "Send the four digits of your PIN."
    to_a_person = {
        "signature": asking.signature_wanted(body),
        "pincode": asking.pin_wanted(body),
        "identification": asking.age_check(body) is not None,
    }
    wanted = ", ".join(name for name, is_wanted in to_a_person.items() if is_wanted)
    if not wanted:
        return
    for name in ("deliverable_action", "undeliverable_action"):
        if (getattr(body, name) or "").endswith("leave_at_door"):
            yield name, f"Leaving at the door cannot go with: {wanted}."

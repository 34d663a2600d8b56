"""Our refusals in the words of the dialect: status, code, and the metadata that belongs to the code. Pure.

Codes: their pages about errors (2026-09). A refusal for which they have no word is `invalid_params` with our sentence,
so that no caller meets a code that it cannot know.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem

DELIVERY_PREFIX: Final = "del_"
CUSTOMER: Final = "customer"
ORGANIZATION: Final = "organization"


@dataclass(frozen=True, slots=True)
class UberError:
    """One answer that is not a success."""

    status: int
    code: str
    message: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {"code": self.code, "message": self.message, "kind": "error"}
        return {**said, "metadata": dict(self.metadata)} if self.metadata else said


@dataclass(eq=False)
class Refused(Exception):
    """A refusal that exists only in this dialect, on its way to the caller."""

    error: UberError


def refused(code: str, message: str, status: int = 400, **metadata: Any) -> Refused:
    return Refused(UberError(status, code, message, metadata))


def invalid(wrong: Mapping[str, str]) -> UberError:
    """`wrong`: fields as the caller wrote them, and what is wrong with each."""
    return UberError(400, "invalid_params", "The parameters of your request were invalid.", wrong)


def unauthorized(message: str = "The access token is missing, wrong or too old.") -> UberError:
    return UberError(401, "unauthorized", message)


def no_route() -> UberError:
    return UberError(404, "not_found", "There is nothing at this path.")


def wrong_method() -> UberError:
    return UberError(405, "method_not_allowed", "This path does not answer that method.")


def too_large() -> UberError:
    return UberError(413, "invalid_params", "The request is too large.")


def fault() -> UberError:
    return UberError(500, "internal_server_error", "Something failed on our side; please repeat the request later.")


def answer_to(problem: Problem) -> UberError:
    """What the dialect says instead of this refusal."""
    if isinstance(problem, MalformedRequest):
        # The first word about a field stands: what comes after follows from it.
        return invalid(dict(reversed([(field_of(each), _said_of(each)) for each in problem.errors])))
    if isinstance(problem, NotFound):
        return _not_found(problem)
    told = _BY_SLUG.get(problem.slug)
    if told is not None:
        return told(problem)
    if problem.status >= 500:
        return UberError(503, "service_unavailable", _sentence(problem)) if problem.status == 503 else fault()
    by_status = {404: no_route, 405: wrong_method, 413: too_large}.get(problem.status)
    return by_status() if by_status else UberError(400, "invalid_params", _sentence(problem))


def field_of(error: FieldError) -> str:
    """`/manifest_items/0/name` as the dialect names it: `manifest_items.0.name`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in error.pointer.split("/")[1:]]
    if parts and parts[0] in ("query", "path"):
        parts = parts[1:]
    return ".".join(part for part in parts if part) or "body"


def _said_of(error: FieldError) -> str:
    is_phone = error.pointer.endswith("_phone_number") and error.code != "missing"
    return "The phone number is not valid: give it as + and digits." if is_phone else error.message


def _not_found(problem: NotFound) -> UberError:
    if problem.kind == CUSTOMER:
        return UberError(404, "customer_not_found", "No such customer belongs to this access token.")
    if problem.kind == ORGANIZATION:
        return UberError(404, "organization_not_found", "No such organization belongs to this access token.")
    return UberError(404, "delivery_not_found", "The requested delivery does not exist.")


def _sentence(problem: Problem) -> str:
    return problem.detail() or problem.title


# ── by the slug of the refusal ──


def _fixed(status: int, code: str, message: str) -> Callable[[Problem], UberError]:
    return lambda _: UberError(status, code, message)


def _told(code: str) -> Callable[[Problem], UberError]:
    return lambda problem: UberError(400, code, _sentence(problem))


def _field(name: str) -> Callable[[Problem], UberError]:
    return lambda problem: invalid({name: _sentence(problem)})


def _locked(problem: Problem) -> UberError:
    told = {
        _FIELDS.get(name, name): "This can no longer be changed in the delivery's state."
        for name in getattr(problem, "locked", ())
    }
    return invalid(told or {"status": _sentence(problem)})


def _duplicate(problem: Problem) -> UberError:
    delivery_id = str(getattr(problem, "delivery_id", ""))
    message = "This external_id and manifest_reference, or this idempotency_key, belong to another delivery."
    metadata = {"delivery_id": DELIVERY_PREFIX + delivery_id.partition("_")[2]} if delivery_id else {}
    return UberError(409, "duplicate_delivery", message, metadata)


def _rate(problem: Problem) -> UberError:
    return UberError(429, "customer_limited", "Your account's limits have been exceeded; slow down.")


_FIELDS: Final[Mapping[str, str]] = {
    "instructions": "dropoff_notes",
    "pickup_instructions": "pickup_notes",
    "barcodes": "dropoff_verification.barcodes",
    "pickup_barcodes": "pickup_verification.barcodes",
    "place": "dropoff_latitude",
    "ready_at": "pickup_ready_dt",
    "window": "dropoff_ready_dt",
    "deliver_by": "dropoff_deadline_dt",
    "proof": "dropoff_verification",
    "door_data": "manifest_reference",
}
"""Our names of what is changed, as this dialect has them."""

_FAR: Final = _fixed(400, "address_undeliverable", "The drop-off is not within reach of the pickup.")
_NO_COURIERS: Final = _fixed(
    400, "address_undeliverable_limited_couriers", "No courier can reach this address at that time."
)
_BUSY: Final = _fixed(503, "couriers_busy", "No courier is free at the moment; please try again shortly.")
_DENIED: Final = _fixed(403, "customer_blocked", "These credentials may not do that.")
_TWIN: Final = _fixed(503, "service_unavailable", "The same request is being answered; please repeat it.")
_KEPT: Final = _fixed(400, "noncancelable_delivery", "This delivery can no longer be canceled.")

_BY_SLUG: Final[Mapping[str, Callable[[Problem], UberError]]] = {
    "unauthenticated": lambda _: unauthorized(),
    "forbidden": _DENIED,
    "not-yours-to-do": _DENIED,
    "too-many-requests": _rate,
    "body-too-large": lambda _: too_large(),
    "unavailable": _fixed(503, "service_unavailable", "A part of the service does not answer; please try again."),
    "no-tariff": _fixed(400, "missing_payment", "There are no prices in force for this place."),
    # Twice
    "external-id-taken": _duplicate,
    # Whoever repeats it is answered with the delivery that is being booked.
    "idempotency-key-reused": _TWIN,
    "idempotency-key-in-flight": _TWIN,
    "quote-expired": _fixed(400, "expired_quote", "The quote has expired; ask for a new one."),
    "quote-already-booked": _fixed(400, "used_quote", "The quote has been used; ask for a new one."),
    "price-rises": lambda problem: UberError(
        400, "mismatched_price_quote", f"That would cost {_sentence(problem)}; cancel, and book anew."
    ),
    "new-quote-needed": _fixed(400, "mismatched_price_quote", "This goes beyond what was priced."),
    # The way there
    "too-far": _FAR,
    "outside-area": _FAR,
    "no-road-near-door": _FAR,
    "no-road-to-door": _FAR,
    "no-market-for-store": _field("pickup_address"),
    "store-inactive": _field("external_store_id"),
    "address-not-found": _fixed(400, "unknown_location", "The drop-off address was not found."),
    "address-unclear": _fixed(400, "unknown_location", "The drop-off address is not clear enough."),
    "store-address-unclear": _fixed(400, "unknown_location", "The pickup address is not clear enough."),
    # The time
    "market-paused": _BUSY,
    "express-too-slow": _BUSY,
    "no-window-left": _NO_COURIERS,
    "nothing-to-offer": _NO_COURIERS,
    "service-class-not-offered": _NO_COURIERS,
    "outside-hours": _NO_COURIERS,
    "store-closed": _told("pickup_ready_too_early"),
    "beyond-horizon": _told("pickup_ready_too_late"),
    "window-in-past": _told("dropoff_deadline_too_early"),
    "window-closed": _told("dropoff_deadline_too_early"),
    "window-too-short": _told("dropoff_deadline_too_early"),
    "too-short-notice": _told("dropoff_deadline_too_early"),
    "ready-after-window": _told("dropoff_deadline_too_early"),
    "no-option-fits": _told("dropoff_deadline_too_early"),
    # The goods and the hand-over
    "too-heavy": _field("manifest_items"),
    "too-large": _field("manifest_items"),
    "capability-not-offered": _field("dropoff_verification"),
    "handover-conflict": _field("deliverable_action"),
    "age-check-needed": _field("dropoff_verification.identification"),
    "robot-in-live-mode": _field("test_specifications"),
    "email-taken": _field("user_details.email"),
    # Later
    "act-not-possible": lambda problem: _KEPT(problem) if getattr(problem, "act", "") == "cancel" else _locked(problem),
    "picked-up-already": _KEPT,
    "fields-locked": _locked,
    "tip-only-upward": _fixed(400, "tip_already_recorded_error", "A tip can only be raised."),
    "tip-too-high": _fixed(400, "max_tip_exceeded", "That is more than a tip may be."),
    "tip-too-late": _fixed(400, "invalid_tipping_state", "The time to give a tip is over."),
    "nobody-to-tip": _fixed(400, "invalid_tipping_state", "Nobody carried this delivery."),
}

"""Our refusals in the words of the dialect: status, code, and what the code calls for. Pure.

Codes and reasons: their API description 2.1.59, and the pages about errors (2026-09). Where their own library reads a
`reason` as if it were the `code`, we follow the description: programmes that read the wire depend on it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem

BUSINESS: Final = "business"
BUSINESS_STORE: Final = "business store"
QUOTED: Final = "quote"
"""Where a delivery stands that was quoted and not booked: it can neither be changed nor cancelled."""


@dataclass(frozen=True, slots=True)
class DriveError:
    """One answer that is not a success."""

    status: int
    code: str
    message: str
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"code": self.code, "message": self.message, **self.more}


@dataclass(eq=False)
class Refused(Exception):
    """A refusal that exists only in this dialect, on its way to the caller."""

    error: DriveError


def fault() -> DriveError:
    """Ours; safe to repeat."""
    return DriveError(500, "service_fault", "Something failed on our side; please repeat the request later.")


def no_route() -> DriveError:
    return DriveError(404, "not_found", "There is nothing at this path.")


def wrong_method() -> DriveError:
    return DriveError(405, "method_not_allowed", "This path does not answer that method.")


def too_large() -> DriveError:
    return DriveError(413, "validation_error", "The request is too large.", {"field_errors": []})


def unauthenticated(message: str) -> DriveError:
    return DriveError(401, "authentication_error", message)


def unknown_delivery(external_id: str) -> DriveError:
    more = {"external_delivery_id": external_id}
    return DriveError(404, "unknown_delivery_id", "No delivery has this external_delivery_id.", more)


def duplicate(external_id: str) -> DriveError:
    more = {"external_delivery_id": external_id}
    return DriveError(409, "duplicate_delivery_id", "This external_delivery_id was used before.", more)


def invalid(wrong: list[tuple[str, str]]) -> DriveError:
    """`wrong`: fields as the caller wrote them, and what is wrong with each."""
    told = [{"field": name, "error": error} for name, error in wrong]
    return DriveError(400, "validation_error", "Some values cannot be accepted.", {"field_errors": told})


def redelivery_refused(reason: str) -> DriveError:
    return DriveError(422, "redelivery_not_allowed", "This cannot be delivered again.", {"reason": reason})


def answer_to(problem: Problem) -> DriveError:
    """What the dialect says instead of this refusal."""
    if isinstance(problem, MalformedRequest):
        return invalid([_told(each) for each in problem.errors])
    if isinstance(problem, NotFound):
        return _not_found(problem)
    told = _BY_SLUG.get(problem.slug)
    if told is not None:
        return told(problem)
    if problem.status >= 500:
        return fault()
    if problem.status == 404:
        return no_route()
    if problem.status == 405:
        return wrong_method()
    return invalid([("body", _sentence(problem))])


def _told(error: FieldError) -> tuple[str, str]:
    name = field_of(error)
    if error.code == "json-invalid":
        return "body", "The body is not valid JSON"
    if error.code == "missing":
        return name, "This field is required"
    if name.endswith("phone_number") and error.code == "string-pattern-mismatch":
        return name, "Invalid phone number format"
    return name, error.message


def field_of(error: FieldError) -> str:
    """`/items/0/name` as the dialect names it: `items[0].name`."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in error.pointer.split("/")[1:]]
    if not any(parts):
        return "body"
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", ".".join(parts))


def _not_found(problem: NotFound) -> DriveError:
    if problem.kind == BUSINESS:
        more = {"external_business_id": problem.id}
        return DriveError(404, "unknown_business_id", "No business has this id.", more)
    if problem.kind == BUSINESS_STORE:
        more = dict(zip(("external_business_id", "external_store_id"), problem.id.split("/", 1), strict=True))
        return DriveError(404, "unknown_store_id_under_business_id", "The business has no store with this id.", more)
    return unknown_delivery(problem.id)


# ── by the slug of the refusal ──

_STATE_REASONS: Final[Mapping[str, str]] = {
    QUOTED: "delivery_creation_in_progress",
    "picked_up": "delivery_picked_up",
    "to_dropoff": "delivery_picked_up",
    "at_dropoff": "delivery_picked_up",
    "returning": "delivery_picked_up",
    "at_return": "delivery_picked_up",
    "delivered": "delivery_completed",
    "returned": "delivery_completed",
    "cancelled": "delivery_cancelled",
    "failed": "delivery_abandoned",
}


def _cancel_refused(problem: Problem) -> DriveError:
    reason = _STATE_REASONS.get(str(getattr(problem, "state", "")), "cancellation_window_closed")
    return DriveError(409, "cancel_not_allowed", "This delivery can no longer be cancelled.", {"reason": reason})


def _update_refused(problem: Problem) -> DriveError:
    reason = _STATE_REASONS.get(str(getattr(problem, "state", "")), "update_window_closed")
    fields = ", ".join(getattr(problem, "locked", ()))
    message = f"This can no longer be changed: {fields}." if fields else "This can no longer be changed."
    return DriveError(409, "update_not_allowed", message, {"reason": reason})


def _dearer(problem: Problem) -> DriveError:
    message = f"That would cost {_sentence(problem)}; cancel, and create it anew."
    return DriveError(409, "update_not_allowed", message, {"reason": "update_window_closed"})


def _act_refused(problem: Problem) -> DriveError:
    return _cancel_refused(problem) if getattr(problem, "act", "") == "cancel" else _update_refused(problem)


def _impossible(reason: str, message: str) -> Callable[[Problem], DriveError]:
    return lambda _: DriveError(422, "invalid_delivery_parameters", message, {"reason": reason})


def _field(name: str) -> Callable[[Problem], DriveError]:
    return lambda problem: invalid([(name, _sentence(problem))])


def _unclear(name: str) -> Callable[[Problem], DriveError]:
    """An address that may mean several places, or none of them surely: they are named."""

    def told(problem: Problem) -> DriveError:
        meant = [str(each.label) for each in getattr(problem, "candidates", ())]
        near = f"; did you mean {' or '.join(meant[:3])}?" if meant else ""
        return invalid([(name, f"The address is not clear enough{near}")])

    return told


def _fixed(status: int, code: str, message: str) -> Callable[[Problem], DriveError]:
    return lambda _: DriveError(status, code, message)


def _sentence(problem: Problem) -> str:
    return problem.detail() or problem.title


_FAR: Final = _impossible("distance_too_long", "The way from pickup to dropoff is too long.")
_NOT_COVERED: Final = _impossible("delivery_address_not_in_coverage", "The dropoff address is not served.")
_NO_PICKUP: Final = _impossible("pickup_address_not_in_coverage", "The pickup address is not served.")
_NOT_THEN: Final = _impossible("outside_of_delivery_time", "Nothing can be delivered at that time.")
_DENIED: Final = _fixed(403, "authorization_error", "These credentials may not do that.")

_BY_SLUG: Final[Mapping[str, Callable[[Problem], DriveError]]] = {
    "unauthenticated": lambda problem: unauthenticated(_sentence(problem)),
    "forbidden": _DENIED,
    "not-yours-to-do": _DENIED,
    "too-many-requests": _fixed(429, "rate_limit_error", "Too many requests; slow down."),
    "body-too-large": lambda _: too_large(),
    "external-id-taken": lambda problem: duplicate(str(getattr(problem, "external_id", ""))),
    # The way there
    "too-far": _FAR,
    "outside-area": _NOT_COVERED,
    "no-road-near-door": _NOT_COVERED,
    "no-road-to-door": _NOT_COVERED,
    "no-market-for-store": _NO_PICKUP,
    "store-inactive": _NO_PICKUP,
    "address-not-found": lambda _: invalid([("dropoff_address", "No such address was found")]),
    "address-unclear": _unclear("dropoff_address"),
    "store-address-unclear": _unclear("pickup_address"),
    # The time
    "market-paused": _NOT_THEN,
    "service-class-not-offered": _NOT_THEN,
    "window-does-not-fit-class": _NOT_THEN,
    "window-too-short": _NOT_THEN,
    "window-in-past": _NOT_THEN,
    "window-closed": _NOT_THEN,
    "too-short-notice": _NOT_THEN,
    "beyond-horizon": _NOT_THEN,
    "ready-after-window": _NOT_THEN,
    "store-closed": _NOT_THEN,
    "outside-hours": _NOT_THEN,
    "express-too-slow": _NOT_THEN,
    "no-window-left": _NOT_THEN,
    "nothing-to-offer": _NOT_THEN,
    "no-option-fits": _NOT_THEN,
    # The goods
    "too-heavy": _field("items"),
    "too-large": _field("items"),
    "capability-not-offered": _field("order_contains"),
    # Later
    "act-not-possible": _act_refused,
    "picked-up-already": _cancel_refused,
    "fields-locked": _update_refused,
    "new-quote-needed": _update_refused,
    "price-rises": _dearer,
    "tip-too-late": _update_refused,
    "tip-only-upward": _field("tip"),
    "tip-too-high": _field("tip"),
    "nobody-to-tip": _update_refused,
    "handover-conflict": _field("contactless_dropoff"),
    "age-check-needed": _field("dropoff_options.id_verification"),
}

KNOWN: Final = frozenset(_BY_SLUG)
"""Refusals that have words of their own here; all others are a value that cannot stand."""

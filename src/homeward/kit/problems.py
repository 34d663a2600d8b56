"""Refusals that we expect, as typed values. The HTTP shell renders them as RFC 9457 problem details.

A bug is not a Problem: assert what must hold and let it crash.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, ClassVar

from homeward.kit.money import Money
from homeward.kit.places import LatLon


@dataclass(eq=False)
class Problem(Exception):
    """Base of all refusals. A subclass is a dataclass with `slug`, `status` and `title`; its fields become members.

    `title` says what to do next; `detail()` may add the particulars of this case.
    """

    slug: ClassVar[str] = "problem"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request was refused."
    retryable: ClassVar[bool] = False

    def __str__(self) -> str:
        return self.detail() or self.title

    def detail(self) -> str | None:
        """One sentence about this very case, or None if the title says it all."""
        return None

    def headers(self) -> dict[str, str]:
        """Extra response headers, for instance Retry-After."""
        return {}

    def members(self) -> dict[str, Any]:
        """The fields as JSON-ready values."""
        return {f.name: jsonable(getattr(self, f.name)) for f in fields(self)}


@dataclass(eq=False)
class NotFound(Problem):
    """Also the answer for what belongs to somebody else: its existence is none of the asker's business."""

    slug, status = "not-found", 404
    title = "There is no such thing here; check the id and the key you use."

    kind: str
    id: str


@dataclass(eq=False)
class Unauthenticated(Problem):
    slug, status = "unauthenticated", 401
    title = "Send a valid credential: an API key as `Authorization: Bearer …`, or sign in."

    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": "Bearer"}


@dataclass(eq=False)
class Forbidden(Problem):
    slug, status = "forbidden", 403
    title = "This credential may not do that; use one whose role or mode allows it."

    needs: str


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: an RFC 6901 pointer into the request, a stable code, and what to do."""

    pointer: str
    code: str
    message: str


@dataclass(eq=False)
class MalformedRequest(Problem):
    slug, status = "malformed-request", 422
    title = "The request does not have the documented form; see `errors` for each field."

    errors: list[FieldError]

    def detail(self) -> str:
        return "; ".join(f"{e.pointer}: {e.message}" for e in self.errors)


@dataclass(eq=False)
class TooManyRequests(Problem):
    slug, status = "too-many-requests", 429
    title = "Too many tries; wait as long as Retry-After says."
    retryable = True

    retry_after_s: int

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after_s)}


@dataclass(eq=False)
class Unavailable(Problem):
    """Something we depend on does not answer; nothing was changed, so trying again is safe."""

    slug, status = "unavailable", 503
    title = "A part of the service does not answer at the moment; try again shortly."
    retryable = True

    part: str

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "2"}


def jsonable(value: Any) -> Any:
    """Dataclasses, moments and money in the form that our API speaks."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Money():
            return {"minor": value.minor, "currency": value.currency}
        case LatLon():
            return {"lat": value.lat, "lon": value.lon}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case dict():
            return {key: jsonable(item) for key, item in value.items()}
        case _ if hasattr(value, "__dataclass_fields__"):
            return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
        case _:
            return value

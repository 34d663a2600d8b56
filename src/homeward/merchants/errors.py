"""What is refused about merchants, stores, people and brands, and what to do then."""

from dataclasses import dataclass

from homeward.kit.places import LatLon
from homeward.kit.problems import Problem


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A place that the address may mean; send its `place` to choose it."""

    label: str
    place: LatLon
    confidence: float


@dataclass(eq=False)
class SlugTaken(Problem):
    slug, status = "slug-taken", 409
    title = "A merchant with this short name exists already; give another `slug`."

    taken: str


@dataclass(eq=False)
class DomainTaken(Problem):
    slug, status = "domain-taken", 409
    title = "This tracking domain belongs to another merchant; use another."

    domain: str


@dataclass(eq=False)
class ExternalIdTaken(Problem):
    slug, status = "external-id-taken", 409
    title = "Another store of yours has this external_id; use another, or change that store."

    external_id: str


@dataclass(eq=False)
class StoreAddressUnclear(Problem):
    slug, status = "store-address-unclear", 409
    title = "The store's address is not clear; send the `place` of one of `candidates`, or a pin."

    address: str
    candidates: list[PlaceCandidate]


@dataclass(eq=False)
class NoMarketForStore(Problem):
    slug, status = "no-market-for-store", 409
    title = "No market covers this place; check the pin, or ask the operator to open a market there."

    place: LatLon


@dataclass(eq=False)
class LogoUnusable(Problem):
    slug, status = "logo-unusable", 409
    title = "The logo cannot be used; send a PNG, JPEG or WebP of at most 512 kB and 4096 pixels a side."

    reason: str

    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class ColoursTooClose(Problem):
    slug, status = "colours-too-close", 409
    title = "The text could not be read on this colour; choose a darker or lighter one, or use `suggested`."

    contrast: float
    least: float
    suggested: str


@dataclass(eq=False)
class LastOwner(Problem):
    slug, status = "last-owner", 409
    title = "A merchant needs an owner; make somebody else an owner first."

    user_id: str

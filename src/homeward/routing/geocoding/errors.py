"""Refusals of geocoders."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class AddressTooLong(Problem):
    slug, status = "address-too-long", 422
    title = "This is longer than an address can be; send street, number, city and postcode only."

    length: int
    longest: int


@dataclass(eq=False)
class GeocoderUnavailable(Problem):
    """The outside geocoder did not answer in time, or is overloaded; trying again is safe."""

    slug, status = "geocoder-unavailable", 503
    title = "The address service does not answer at the moment; try again shortly, or send the place as coordinates."
    retryable = True

    reason: str

    def headers(self) -> dict[str, str]:
        return {"Retry-After": "2"}


@dataclass(eq=False)
class GeocoderRefused(Problem):
    """The outside geocoder refuses us: a wrong key, or a query that it does not take. Trying again will not help."""

    slug, status = "geocoder-refused", 502
    title = "The address service refused the request; the operator must check its address and key."

    reason: str


GeocoderFailed = (GeocoderUnavailable, GeocoderRefused)

"""What the business with fleets refuses, and what to do then."""

from dataclasses import dataclass

from homeward.fleets.contract.facts import Refusal
from homeward.kit.problems import Problem


@dataclass(eq=False)
class FleetUnreachable(Problem):
    slug, status = "fleet-unreachable", 422
    title = "The fleet did not answer as the contract says; see `said`, and try the address with the conformance kit."

    base_url: str
    said: str


@dataclass(eq=False)
class FleetTokenRefused(Problem):
    slug, status = "fleet-token-refused", 422
    title = "The fleet does not know this token; ask its maker for one that is good."

    base_url: str


@dataclass(eq=False)
class FleetCurrencyDiffers(Problem):
    slug, status = "fleet-currency-differs", 422
    title = "The fleet asks for another currency than the market's; it can serve markets in its own only."

    fleet: str
    market: str


@dataclass(eq=False)
class NoMachineThere(Problem):
    slug, status = "no-machine-there", 409
    title = "No machine stands at this stop with this delivery; look again once it has arrived."

    delivery_id: str


@dataclass(eq=False)
class MachineSaysNo(Problem):
    slug, status = "machine-says-no", 409
    title = "The fleet refused; `limit` says why, and `said` in its own words."

    limit: str
    said: str

    @classmethod
    def of(cls, refusal: Refusal) -> "MachineSaysNo":
        return cls(str(refusal.limit), refusal.said)

"""What coverage refuses, and what to do then."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class NoMarketHere(Problem):
    slug, status = "no-market-here", 409
    title = "No market covers this place; check the pin, or ask the operator to open a market there."

    lat: float
    lon: float


@dataclass(eq=False)
class LastAreaNeeded(Problem):
    slug, status = "last-area-needed", 409
    title = "A market without a service area serves nobody; add another area first, or pause the market."

    market_id: str

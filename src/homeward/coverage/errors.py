"""What coverage refuses, and what to do then."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class LastAreaNeeded(Problem):
    slug, status = "last-area-needed", 409
    title = "A market without a service area serves nobody; add another area first, or pause the market."

    market_id: str

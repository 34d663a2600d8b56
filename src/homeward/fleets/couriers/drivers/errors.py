"""What a merchant cannot do with its own drivers, and what to do then."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class StillCarrying(Problem):
    slug, status = "driver-still-carrying", 409
    title = (
        "This driver still has deliveries to finish; remove them afterwards, or give the deliveries to others first."
    )

    deliveries: int

"""A street of homes around three shops, and what people there want."""

from datetime import UTC, datetime

from homeward.kit.places import LatLon
from homeward.simulator.day import Demand, Home

SHOPS = (LatLon(44.00, -73.00), LatLon(44.01, -73.01), LatLon(43.99, -72.99))
HOMES = tuple(
    Home(str(number), street, "Springfield", "05156", LatLon(44.0 + row * 0.004, -73.02 + number * 0.0008))
    for row, street in enumerate(("Main Street", "Elm Avenue", "Old Mill Road", "Ash Lane"))
    for number in range(1, 51)
)
TUESDAY = datetime(2026, 3, 10, tzinfo=UTC)


def a_demand(seed: int = 1, per_day: float = 330.0) -> Demand:
    """Bread, meat and books; clocks as in New York."""
    return Demand(seed, SHOPS, ("bakery", "butcher", "bookshop"), HOMES, "America/New_York", per_day)

"""The demo town: an invented place, written as an ordinary OpenStreetMap file from a seed."""

from homeward.simulator.town.model import TOWN_NAME, TOWN_TIME_ZONE, Shop, TownSummary
from homeward.simulator.town.writer import write_town

__all__ = ["TOWN_NAME", "TOWN_TIME_ZONE", "Shop", "TownSummary", "write_town"]

"""From what a merchant types to a place with a confidence: the embedded geocoder, and others behind the same seam."""

from homeward.routing.geocoding.model import AddressQuery, Geocoder, Match, Precision, Suggestion

__all__ = ["AddressQuery", "Geocoder", "Match", "Precision", "Suggestion"]

"""What the adapters of outside geocoders share: sending, sorting failures, and how far to trust an answer."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import httpx

from homeward.kit.places import great_circle_m
from homeward.routing.geocoding.errors import AddressTooLong, GeocoderRefused, GeocoderUnavailable
from homeward.routing.geocoding.model import MAX_TEXT, AddressQuery, Match

TIMEOUT: Final = httpx.Timeout(3.0, connect=1.0)
"""A checkout waits for this answer; a slow one is worth less than a clear refusal."""

_SAME_PLACE_M: Final = 60.0
_BUSY: Final = frozenset({408, 425, 429})


async def fetch_json(http: httpx.AsyncClient, url: str, params: Mapping[str, str]) -> Any:
    """The decoded answer.

    Raises
    ------
    GeocoderUnavailable
        If it does not answer in time, is overloaded, or answers something that is no JSON.
    GeocoderRefused
        If it refuses the request as such: a wrong key, an unknown parameter.
    """
    try:
        reply = await http.get(url, params=dict(params), timeout=TIMEOUT)
    except httpx.TimeoutException as cause:
        raise GeocoderUnavailable("no answer in time") from cause
    except httpx.HTTPError as cause:
        raise GeocoderUnavailable("no connection") from cause
    if reply.status_code in _BUSY or reply.status_code >= 500:
        raise GeocoderUnavailable(f"answered {reply.status_code}")
    if reply.status_code != 200:
        raise GeocoderRefused(f"answered {reply.status_code}")
    try:
        return reply.json()
    except ValueError as cause:
        raise GeocoderUnavailable("answered something that is no JSON") from cause


def check_length(query: AddressQuery) -> None:
    if query.length > MAX_TEXT:
        raise AddressTooLong(query.length, MAX_TEXT)


def share_confidence(matches: Sequence[Match]) -> list[Match]:
    """Equally good answers at different places cannot all be certain; the best come first, each place once."""
    places: list[Match] = []
    for match in sorted(matches, key=lambda m: -m.confidence):
        if all(great_circle_m(match.place, other.place) > _SAME_PLACE_M for other in places):
            places.append(match)
    total = sum(match.confidence for match in places)
    return [
        replace(m, confidence=round(m.confidence * min(1.0, m.confidence / total), 3)) if total else m for m in places
    ]


def text_of(query: AddressQuery) -> str:
    """The query as one line, for services that take nothing else."""
    if not (query.street or query.city or query.postcode):
        return query.text
    parts = (f"{query.number} {query.street or query.text}", f"{query.postcode} {query.city}")
    return ", ".join(part.strip() for part in parts if part.strip())

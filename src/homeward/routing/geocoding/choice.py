"""Which geocoder answers: ours, or the one whose address the operator gave."""

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx

from homeward.infra.db import Database
from homeward.kit.problems import Problem
from homeward.routing.geocoding.embedded import EmbeddedGeocoder
from homeward.routing.geocoding.model import Geocoder
from homeward.routing.geocoding.nominatim import Nominatim
from homeward.routing.geocoding.pelias import Pelias


@dataclass(eq=False)
class BadGeocoderUrl(Problem):
    slug, status = "bad-geocoder-url", 422
    title = "Write the outside geocoder as nominatim+https://host or pelias+https://host?api_key=…"

    kind: str


def choose_geocoder(url: str | None, db: Database, http: httpx.AsyncClient | None = None) -> Geocoder:
    """The embedded geocoder without a URL; nothing outside is ever asked then.

    Raises
    ------
    BadGeocoderUrl
        If the URL names no kind that we know. The URL itself may hold a key, so it is not repeated.
    """
    if not url:
        return EmbeddedGeocoder(db)
    kind, _, address = url.partition("+")
    parts = urlsplit(address)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadGeocoderUrl(kind[:20] if "+" in url else "")
    key = parse_qs(parts.query).get("api_key", [""])[0]
    base_url = urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))
    http = http or httpx.AsyncClient(headers={"User-Agent": "delivery-address-search"})
    if kind == "nominatim":
        return Nominatim(http, base_url)
    if kind == "pelias":
        return Pelias(http, base_url, key)
    raise BadGeocoderUrl(kind[:20])

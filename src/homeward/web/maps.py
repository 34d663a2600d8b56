"""What a map on a page shows at first; the map component reads it from the page (web/assets/shared/map). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from homeward.kit.places import Box, LatLon

PinIcon = Literal[
    "bicycle",
    "car",
    "check",
    "drone",
    "foot",
    "home",
    "package",
    "pin",
    "robot",
    "robot_car",
    "scooter",
    "store",
    "van",
]
PinTone = Literal["accent", "ok", "warn", "bad", "idle"]


@dataclass(frozen=True, slots=True)
class Pin:
    """A place (`form` pin) or something that moves (`form` dot). `label` is what the page also says in words."""

    id: str
    place: LatLon
    icon: PinIcon
    label: str
    tone: PinTone = "accent"
    form: Literal["pin", "dot"] = "pin"
    href: str | None = None
    draggable: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A way along the road."""

    id: str
    path: Sequence[LatLon]
    done: bool = False


def style_url(market_slug: str) -> str:
    """The map's style on whatever host the page is; the component adds the theme."""
    return f"/tiles/{market_slug}/style.json"


_VEHICLES: Final[dict[str, PinIcon]] = {
    "foot": "foot",
    "bicycle": "bicycle",
    "scooter": "scooter",
    "car": "car",
    "van": "van",
    "robot": "robot",
    "robot_car": "robot_car",
    "drone": "drone",
}


def vehicle_icon(vehicle: str) -> PinIcon:
    """The icon for a kind of vehicle; a kind we do not know moves as a van."""
    return _VEHICLES.get(vehicle, "van")


def map_config(
    style: str | None,
    box: Box,
    *,
    pins: Sequence[Pin] = (),
    lines: Sequence[Line] = (),
    areas: Sequence[dict[str, Any]] = (),
    fit: bool = True,
    scroll: bool = False,
) -> dict[str, Any]:
    """The JSON of `data-map`; GeoJSON order (lon, lat) begins here.

    Without a `style` (no map was imported) the pins stand on plain ground. `fit` shows all pins and lines, else the
    box.
    """
    return {
        "style": style,
        "bounds": [box.west, box.south, box.east, box.north],
        "pins": [pin_json(pin) for pin in pins],
        "lines": [{"id": line.id, "path": [[p.lon, p.lat] for p in line.path], "done": line.done} for line in lines],
        "areas": list(areas),
        "fit": fit,
        "scroll": scroll,
    }


def pin_json(pin: Pin) -> dict[str, Any]:
    """As the map component reads it."""
    shown: dict[str, Any] = {
        "id": pin.id,
        "lat": pin.place.lat,
        "lon": pin.place.lon,
        "icon": pin.icon,
        "label": pin.label,
        "tone": pin.tone,
        "form": pin.form,
        "draggable": pin.draggable,
    }
    return shown | {"href": pin.href} if pin.href else shown

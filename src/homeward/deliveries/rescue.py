"""A parcel on board of somebody who cannot go on: where it is stranded, and how somebody else takes it on. Pure.

The delivery stays on its way: its state does not go back. Whoever is stranded keeps custody, on a leg in
`rescue_needed`, until a rescuer reports that they have taken the parcel; then the one leg ends and the other is loaded,
in one step. So there is one custodian at any moment.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeward.kit.places import LatLon


@dataclass(frozen=True, slots=True)
class Rescue:
    """`leg_id` is of who is stranded; `address` and `note` tell people where to look and how to get at the goods."""

    leg_id: str
    place: LatLon
    address: str
    note: str
    reason: str
    since: datetime


def rescue_from(document: Mapping[str, Any] | None) -> Rescue | None:
    """From the JSON that `jsonable` makes of it."""
    if not document:
        return None
    since = datetime.fromisoformat(document["since"])
    return Rescue(**{**document, "place": LatLon(**document["place"]), "since": since})

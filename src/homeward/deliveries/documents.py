"""The parts of a delivery that are stored as JSON documents, there and back. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeward.coverage.model import ParcelSize
from homeward.deliveries.contents import contents_from
from homeward.deliveries.model import (
    Act,
    Batch,
    Building,
    Contact,
    Contents,
    CourierCard,
    Outcome,
    Requirements,
    Spot,
    State,
    StopDetails,
    Who,
)
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable
from homeward.kit.units import Grams
from homeward.quotes.model import FeeRules, Parcel, Price

Document = Mapping[str, Any]


def stop_document(stop: StopDetails) -> dict[str, Any]:
    return dict(jsonable(stop))


def stop_from(document: Document) -> StopDetails:
    """Of the release before, too: what it did not write keeps its default."""
    place, building, spot = document["place"], document.get("building"), document.get("spot")
    said = {
        **document,
        "place": LatLon(place["lat"], place["lon"]),
        "contact": Contact(**document["contact"]),
        "building": Building(building) if building else None,
        "spot": Spot(spot) if spot else None,
    }
    return StopDetails(**said)


def parcel_document(parcel: Parcel, contents: Contents) -> dict[str, Any]:
    return {**jsonable(parcel), "contents": jsonable(contents)}


def parcel_from(document: Document) -> tuple[Parcel, Contents]:
    parcel = Parcel(Grams(document["weight_g"]), ParcelSize(document["size"]), tuple(document["needs"]))
    return parcel, contents_from(document["contents"])


def requirements_document(requirements: Requirements) -> dict[str, Any]:
    return dict(jsonable(requirements))


def price_document(price: Price, fees: FeeRules) -> dict[str, Any]:
    """What the merchant owes, and the rules for what may still come on top, as they were when it booked."""
    return {**price.to_json(), "fees": jsonable(fees)}


def fees_from(document: Document) -> FeeRules:
    return FeeRules(**document["fees"])


def courier_from(document: Document) -> CourierCard:
    return CourierCard(document["first_name"], document["vehicle"], document.get("initial", ""))


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    return dict(jsonable(outcome))


def outcome_from(document: Document) -> Outcome:
    if not document:
        return Outcome()
    act, by = document["act"], document["by"]
    return Outcome(Act(act) if act else None, document["reason"], Who(by) if by else None, document["left_at_door"])


def times_document(times: Mapping[State, datetime]) -> dict[str, Any]:
    return {str(state): jsonable(at) for state, at in times.items()}


def times_from(document: Document) -> dict[State, datetime]:
    return {State(state): datetime.fromisoformat(at) for state, at in document.items()}


def batch_from(document: Document | None) -> Batch | None:
    return Batch(**{**document, "together_with": tuple(document["together_with"])}) if document else None

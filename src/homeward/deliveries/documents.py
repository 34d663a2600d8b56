"""The parts of a delivery that are stored as JSON documents, there and back. Pure."""

from collections.abc import Mapping
from typing import Any

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import Contact, Contents, CourierCard, Requirements, StopDetails, Undeliverable
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable
from homeward.kit.units import Grams
from homeward.quotes.model import FeeRules, Parcel, Price

Document = Mapping[str, Any]


def stop_document(stop: StopDetails) -> dict[str, Any]:
    return dict(jsonable(stop))


def stop_from(document: Document) -> StopDetails:
    place, contact = document["place"], document["contact"]
    return StopDetails(**{**document, "place": LatLon(place["lat"], place["lon"]), "contact": Contact(**contact)})


def parcel_document(parcel: Parcel, contents: Contents) -> dict[str, Any]:
    return {**jsonable(parcel), "contents": jsonable(contents)}


def parcel_from(document: Document) -> tuple[Parcel, Contents]:
    parcel = Parcel(Grams(document["weight_g"]), ParcelSize(document["size"]), tuple(document["needs"]))
    said = document["contents"]
    return parcel, Contents(said["description"], said["count"], Money(**said["value"]) if said["value"] else None)


def requirements_document(requirements: Requirements) -> dict[str, Any]:
    return dict(jsonable(requirements))


def requirements_from(document: Document) -> Requirements:
    return Requirements(**{**document, "undeliverable": Undeliverable(document["undeliverable"])})


def price_document(price: Price, fees: FeeRules) -> dict[str, Any]:
    """What the merchant owes, and the rules for what may still come on top, as they were when it booked."""
    return {**price.to_json(), "fees": jsonable(fees)}


def fees_from(document: Document) -> FeeRules:
    return FeeRules(**document["fees"])


def courier_from(document: Document) -> CourierCard:
    return CourierCard(document["first_name"], document["vehicle"])

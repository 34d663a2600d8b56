"""Quotes as they are stored: requests, bases and options to JSON and back, without loss. Pure.

Moments are stored as RFC 3339, openings as pairs of Unix seconds, because a quote holds up to a hundred of them.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import Window
from homeward.quotes.calibration import Calibration, HourCurve
from homeward.quotes.model import (
    UNMEASURED,
    AddressAsked,
    Basis,
    Confidence,
    Dropoff,
    Parcel,
    Price,
    PriceComponent,
    PromiseSettings,
    QuoteOption,
    QuoteRequest,
    ReasonTerm,
    Refusal,
    Wait,
)


def moment_to_json(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def request_to_json(request: QuoteRequest) -> dict[str, Any]:
    return {
        "store_id": request.store_id,
        "address": address_to_json(request.address) if request.address else None,
        "place": _place(request.place) if request.place else None,
        "parcel": parcel_to_json(request.parcel),
        "ready_at": moment_to_json(request.ready_at) if request.ready_at else None,
        "service_class": request.service_class.value if request.service_class else None,
        "window": window_to_json(request.window) if request.window else None,
    }


def request_from_json(body: Mapping[str, Any]) -> QuoteRequest:
    return QuoteRequest(
        store_id=body["store_id"],
        parcel=parcel_from_json(body["parcel"]),
        address=AddressAsked(**body["address"]) if body["address"] else None,
        place=LatLon(**body["place"]) if body["place"] else None,
        ready_at=datetime.fromisoformat(body["ready_at"]) if body["ready_at"] else None,
        service_class=ServiceClass(body["service_class"]) if body["service_class"] else None,
        window=window_from_json(body["window"]) if body["window"] else None,
    )


def address_to_json(address: AddressAsked) -> dict[str, str]:
    return {
        "text": address.text,
        "street": address.street,
        "number": address.number,
        "unit": address.unit,
        "city": address.city,
        "postcode": address.postcode,
    }


def parcel_to_json(parcel: Parcel) -> dict[str, Any]:
    return {"weight_g": parcel.weight_g, "size": parcel.size.value, "needs": list(parcel.needs)}


def parcel_from_json(body: Mapping[str, Any]) -> Parcel:
    return Parcel(Grams(body["weight_g"]), ParcelSize(body["size"]), tuple(body["needs"]))


def dropoff_to_json(dropoff: Dropoff) -> dict[str, Any]:
    return {
        "place": _place(dropoff.place),
        "label": dropoff.label,
        "address": address_to_json(dropoff.address),
        "confidence": dropoff.confidence,
        "precision": dropoff.precision,
        "certain": dropoff.certain,
    }


def dropoff_from_json(body: Mapping[str, Any]) -> Dropoff:
    return Dropoff(
        place=LatLon(**body["place"]),
        label=body["label"],
        address=AddressAsked(**body["address"]),
        confidence=body["confidence"],
        precision=body["precision"],
        certain=body["certain"],
    )


def option_to_json(option: QuoteOption) -> dict[str, Any]:
    return {
        "id": option.id,
        "service_class": option.service_class.value,
        "window": window_to_json(option.window),
        "promised_by": moment_to_json(option.promised_by),
        "ready_at": moment_to_json(option.ready_at),
        "search_from": moment_to_json(option.search_from),
        "book_by": moment_to_json(option.book_by),
        "price": option.price.to_json(),
        "reasoning": [{"term": term.term, "seconds": term.seconds} for term in option.reasoning],
        "confidence": {
            "share": option.confidence.share,
            "sample": option.confidence.sample,
            "basis": option.confidence.basis,
        },
    }


def option_from_json(body: Mapping[str, Any]) -> QuoteOption:
    return QuoteOption(
        id=body["id"],
        service_class=ServiceClass(body["service_class"]),
        window=window_from_json(body["window"]),
        ready_at=datetime.fromisoformat(body["ready_at"]),
        search_from=datetime.fromisoformat(body["search_from"]),
        book_by=datetime.fromisoformat(body["book_by"]),
        price=price_from_json(body["price"]),
        reasoning=tuple(ReasonTerm(term["term"], Seconds(term["seconds"])) for term in body["reasoning"]),
        confidence=Confidence(**body["confidence"]) if "confidence" in body else UNMEASURED,
    )


def price_from_json(body: Mapping[str, Any]) -> Price:
    """The inverse of `Price.to_json`."""
    components = tuple(PriceComponent(line["code"], line["label"], line["minor"]) for line in body["components"])
    return Price(Money(body["total"]["minor"], body["total"]["currency"]), components)


def refusal_from_json(body: Mapping[str, Any]) -> Refusal:
    named = ("service_class", "code", "title", "detail")
    members = {name: value for name, value in body.items() if name not in named}
    return Refusal(ServiceClass(body["service_class"]), body["code"], body["title"], body["detail"], members)


def window_to_json(window: Window) -> dict[str, str]:
    return {"earliest": moment_to_json(window.earliest), "latest": moment_to_json(window.latest)}


def window_from_json(body: Mapping[str, str]) -> Window:
    return Window(datetime.fromisoformat(body["earliest"]), datetime.fromisoformat(body["latest"]))


def basis_to_json(basis: Basis) -> dict[str, Any]:
    settings = basis.settings
    return {
        "now": moment_to_json(basis.now),
        "currency": basis.currency,
        "time_zone": basis.time_zone,
        "tariff_id": basis.tariff_id,
        "tariff_version": basis.tariff_version,
        "distance_m": basis.distance_m,
        "drive_s": basis.drive_s,
        "preparation_s": basis.preparation_s,
        "wait": {"seconds": basis.wait.seconds, "source": basis.wait.source},
        "store_openings": _openings(basis.store_openings),
        "market_openings": _openings(basis.market_openings),
        "graph_version": basis.graph_version,
        # By its version: what was learned is kept for good, like tariffs.
        "calibration": basis.calibration.version if basis.calibration else None,
        "settings": {
            **{name: getattr(settings, name) for name in PromiseSettings.__dataclass_fields__},
            "service_classes": [name.value for name in settings.service_classes],
            "window_lengths_s": list(settings.window_lengths_s),
        },
    }


def basis_from_json(body: Mapping[str, Any], calibration: Calibration | None = None) -> Basis:
    """With the calibration that the stored basis names, if it names one."""
    assert body.get("calibration") == (calibration.version if calibration else None)
    settings = body["settings"]
    return Basis(
        now=datetime.fromisoformat(body["now"]),
        currency=body["currency"],
        time_zone=body["time_zone"],
        tariff_id=body["tariff_id"],
        tariff_version=body["tariff_version"],
        distance_m=Metres(body["distance_m"]),
        drive_s=Seconds(body["drive_s"]),
        preparation_s=Seconds(body["preparation_s"]),
        wait=Wait(Seconds(body["wait"]["seconds"]), body["wait"]["source"]),
        store_openings=_openings_from(body["store_openings"]),
        market_openings=_openings_from(body["market_openings"]),
        graph_version=body["graph_version"],
        calibration=calibration,
        settings=PromiseSettings(
            **{
                **settings,
                "service_classes": tuple(ServiceClass(name) for name in settings["service_classes"]),
                "window_lengths_s": tuple(settings["window_lengths_s"]),
            }
        ),
    )


def calibration_to_json(calibration: Calibration) -> dict[str, Any]:
    """What is stored beside market, version and moment."""
    return {
        "drive_per_mille": calibration.drive_per_mille,
        "hours": [[hour.sample, hour.windows_sample, hour.windows_kept, *hour.quantiles] for hour in calibration.hours],
    }


def calibration_from_json(version: int, learned_at: datetime, body: Mapping[str, Any]) -> Calibration:
    """The inverse of `calibration_to_json`."""
    hours = tuple(
        HourCurve(sample, tuple(quantiles), windows_sample, windows_kept)
        for sample, windows_sample, windows_kept, *quantiles in body["hours"]
    )
    return Calibration(version, learned_at, body["drive_per_mille"], hours)


def _place(place: LatLon) -> dict[str, float]:
    return {"lat": place.lat, "lon": place.lon}


def _openings(openings: Sequence[Window]) -> list[list[int]]:
    return [[int(window.earliest.timestamp()), int(window.latest.timestamp())] for window in openings]


def _openings_from(body: Sequence[Sequence[int]]) -> tuple[Window, ...]:
    return tuple(Window(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in body)

"""Tariffs as JSON: reading, writing, and saying what is wrong with one. Reference: docs/reference/tariffs.md. Pure."""

from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from homeward.coverage.model import ParcelSize, ServiceClass
from homeward.kit.problems import FieldError
from homeward.quotes.tariff import Band, Beyond, FeeRules, Peak, Scale, TariffRules

# No delivery costs a hundred million; beyond that, a rule is a typing mistake.
_MOST_MINOR: Final = 10_000_000_000
_MOST_BANDS: Final = 50
_MOST_PEAKS: Final = 50
_FEES: Final = ("cancel_before_assignment", "cancel_before_pickup", "cancel_at_pickup", "return_to_store")
_KNOWN: Final = {
    "currency", "distance", "service", "window", "size", "weight", "peak",
    "minimum_minor", "maximum_minor", "round_to_minor", "fees",
}  # fmt: skip


def rules_to_json(rules: TariffRules) -> dict[str, Any]:
    return {
        "currency": rules.currency,
        "distance": _scale_to_json(rules.distance, "up_to_m", "unit_m"),
        "service": {name.value: minor for name, minor in rules.service.items()},
        "window": _scale_to_json(rules.window, "up_to_s", "unit_s"),
        "size": {name.value: minor for name, minor in rules.size.items()},
        "weight": _scale_to_json(rules.weight, "up_to_g", "unit_g"),
        "peak": [
            {
                "code": peak.code,
                "label": peak.label,
                "weekdays": list(peak.weekdays),
                "since": peak.since.strftime("%H:%M"),
                "until": peak.until.strftime("%H:%M"),
                "per_mille": peak.per_mille,
                "minor": peak.minor,
            }
            for peak in rules.peak
        ],
        "minimum_minor": rules.minimum_minor,
        "maximum_minor": rules.maximum_minor,
        "round_to_minor": rules.round_to_minor,
        "fees": {name: getattr(rules.fees, name) for name in _FEES},
    }


def rules_from_json(body: Mapping[str, Any]) -> TariffRules:
    """Rules that we wrote or that passed `check_rules`."""
    return TariffRules(
        currency=body["currency"],
        distance=_scale(body["distance"], "up_to_m", "unit_m"),
        service={ServiceClass(name): minor for name, minor in body.get("service", {}).items()},
        window=_scale(body.get("window", {}), "up_to_s", "unit_s"),
        size={ParcelSize(name): minor for name, minor in body.get("size", {}).items()},
        weight=_scale(body.get("weight", {}), "up_to_g", "unit_g"),
        peak=tuple(
            Peak(
                code=peak["code"],
                label=peak["label"],
                weekdays=tuple(peak["weekdays"]),
                since=time.fromisoformat(peak["since"]),
                until=time.fromisoformat(peak["until"]),
                per_mille=peak.get("per_mille", 0),
                minor=peak.get("minor", 0),
            )
            for peak in body.get("peak", [])
        ),
        minimum_minor=body.get("minimum_minor", 0),
        maximum_minor=body.get("maximum_minor"),
        round_to_minor=body.get("round_to_minor", 1),
        fees=FeeRules(**body.get("fees", {})),
    )


def check_rules(body: Mapping[str, Any], currency: str, pointer: str = "/rules") -> list[FieldError]:
    """What is wrong with a tariff that somebody sent; empty if `rules_from_json` will read it.

    Distance, size and weight may never make a smaller or nearer delivery dearer: amounts may not fall.
    """
    check = _Check(pointer)
    for name in sorted(set(body) - _KNOWN):
        check.add(f"/{name}", "unknown-rule", "there is no such rule")
    if body.get("currency") != currency:
        check.add("/currency", "wrong-currency", f"prices of this market are in {currency}")
    check.scale(body.get("distance"), "/distance", "up_to_m", "unit_m", rising=True, needed=True)
    check.scale(body.get("weight", {}), "/weight", "up_to_g", "unit_g", rising=True)
    check.scale(body.get("window", {}), "/window", "up_to_s", "unit_s", rising=False)
    check.amounts(body.get("service", {}), "/service", [name.value for name in ServiceClass])
    check.amounts(body.get("size", {}), "/size", [name.value for name in ParcelSize])
    check.rising_sizes(body.get("size", {}))
    check.peaks(body.get("peak", []))
    check.bounds(body)
    check.fees(body.get("fees", {}))
    return check.wrong


class _Check:
    """Collects what is wrong, so that one answer names all of it."""

    def __init__(self, pointer: str) -> None:
        self._pointer = pointer
        self.wrong: list[FieldError] = []

    def add(self, where: str, code: str, message: str) -> None:
        self.wrong.append(FieldError(self._pointer + where, code, message))

    def whole(self, value: object, where: str, *, least: int = -_MOST_MINOR, most: int = _MOST_MINOR) -> bool:
        # bool is an int in Python, but nobody means "true" as a price.
        right = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        if not right:
            self.add(where, "not-a-whole-number", f"give a whole number from {least} to {most}")
        return right

    def scale(self, value: object, where: str, limit: str, unit: str, *, rising: bool, needed: bool = False) -> None:
        if not isinstance(value, dict):
            self.add(where, "not-an-object", f'give {{"bands": [{{"{limit}", "minor"}}], "beyond": …}}')
            return
        bands = value.get("bands", [])
        if not isinstance(bands, list) or len(bands) > _MOST_BANDS or (needed and not bands):
            self.add(f"{where}/bands", "bad-bands", f"give a list of 1 to {_MOST_BANDS} bands")
            return
        before: tuple[int, int] | None = None
        for i, band in enumerate(bands):
            at = f"{where}/bands/{i}"
            if not isinstance(band, dict):
                self.add(at, "not-an-object", f"give {limit} and minor")
                continue
            if not (
                self.whole(band.get(limit), f"{at}/{limit}", least=0) and self.whole(band.get("minor"), f"{at}/minor")
            ):
                continue
            if before is not None and band[limit] <= before[0]:
                self.add(f"{at}/{limit}", "not-ascending", "each band reaches further than the one before")
            if before is not None and rising and band["minor"] < before[1]:
                self.add(f"{at}/minor", "falls", "more may not cost less than the band before")
            before = (band[limit], band["minor"])
        self._beyond(value.get("beyond"), f"{where}/beyond", unit, least=0 if rising else -_MOST_MINOR)

    def _beyond(self, value: object, where: str, unit: str, *, least: int) -> None:
        if value is None:
            return
        if not isinstance(value, dict):
            self.add(where, "not-an-object", f"give minor, {unit} and partial")
            return
        self.whole(value.get("minor"), f"{where}/minor", least=least)
        self.whole(value.get(unit), f"{where}/{unit}", least=1)
        if value.get("partial", "ceil") not in ("ceil", "exact"):
            self.add(f"{where}/partial", "bad-partial", "give 'ceil' (a begun unit counts whole) or 'exact'")

    def amounts(self, value: object, where: str, names: list[str]) -> None:
        if not isinstance(value, dict):
            self.add(where, "not-an-object", f"give amounts for any of {', '.join(names)}")
            return
        for name, minor in value.items():
            if name not in names:
                self.add(f"{where}/{name}", "unknown-name", f"give one of {', '.join(names)}")
            self.whole(minor, f"{where}/{name}")

    def rising_sizes(self, value: object) -> None:
        if not isinstance(value, dict) or not all(type(minor) is int for minor in value.values()):
            return
        amounts = [value.get(size.value, 0) for size in ParcelSize]
        if amounts != sorted(amounts):
            self.add("/size", "falls", "a larger size may not cost less than a smaller one")

    def peaks(self, value: object) -> None:
        if not isinstance(value, list) or len(value) > _MOST_PEAKS:
            self.add("/peak", "bad-peaks", f"give a list of at most {_MOST_PEAKS} peaks")
            return
        for i, peak in enumerate(value):
            at = f"/peak/{i}"
            if not isinstance(peak, dict):
                self.add(at, "not-an-object", "give code, label, weekdays, since, until and per_mille or minor")
                continue
            for name in ("code", "label"):
                if not isinstance(peak.get(name), str) or not 0 < len(peak[name]) <= 60:
                    self.add(f"{at}/{name}", "bad-text", "give 1 to 60 characters")
            days = peak.get("weekdays")
            if not isinstance(days, list) or not days or any(type(d) is not int or not 0 <= d <= 6 for d in days):
                self.add(f"{at}/weekdays", "bad-weekdays", "give days from 0 (Monday) to 6 (Sunday)")
            for name in ("since", "until"):
                if not _is_time(peak.get(name)):
                    self.add(f"{at}/{name}", "bad-time", "give a local time as HH:MM")
            self.whole(peak.get("per_mille", 0), f"{at}/per_mille", least=0, most=10_000)
            self.whole(peak.get("minor", 0), f"{at}/minor", least=0)

    def bounds(self, body: Mapping[str, Any]) -> None:
        least, most = body.get("minimum_minor", 0), body.get("maximum_minor")
        right = self.whole(least, "/minimum_minor", least=0)
        if most is not None and self.whole(most, "/maximum_minor", least=0) and right and most < least:
            self.add("/maximum_minor", "below-minimum", "the maximum may not be below the minimum")
        self.whole(body.get("round_to_minor", 1), "/round_to_minor", least=1, most=1_000_000)

    def fees(self, value: object) -> None:
        if not isinstance(value, dict):
            self.add("/fees", "not-an-object", f"give thousandths for any of {', '.join(_FEES)}")
            return
        for name, rate in value.items():
            if name not in _FEES:
                self.add(f"/fees/{name}", "unknown-name", f"give one of {', '.join(_FEES)}")
            self.whole(rate, f"/fees/{name}", least=0, most=2_000)


def _scale(body: Mapping[str, Any], limit: str, unit: str) -> Scale:
    beyond = body.get("beyond")
    return Scale(
        bands=tuple(Band(band[limit], band["minor"]) for band in body.get("bands", [])),
        beyond=Beyond(beyond["minor"], beyond[unit], beyond.get("partial", "ceil")) if beyond else None,
    )


def _scale_to_json(scale: Scale, limit: str, unit: str) -> dict[str, Any]:
    beyond = scale.beyond
    return {
        "bands": [{limit: band.up_to, "minor": band.minor} for band in scale.bands],
        "beyond": {"minor": beyond.minor, unit: beyond.unit, "partial": beyond.partial} if beyond else None,
    }


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 5:
        return False
    try:
        time.fromisoformat(value)
    except ValueError:
        return False
    return True

"""Uber Direct. Wire facts: its API description 1.0.1 (2024-10) and its developer pages (changelog to 2025-12).

An access token is asked for and kept until it ends: only a hundred an hour are given out. A parcel that comes back is
a delivery of its own there, linked to the first one. `courier_imminent` means near, never arrived.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote as quoted

import httpx
import orjson

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import Goods, Handover, Undeliverable
from homeward.fleets.carriers.contract import (
    Ability,
    Access,
    Capabilities,
    CarrierCourier,
    CarrierEvent,
    CarrierKind,
    CarrierLoginInvalid,
    CarrierQuote,
    CarrierRefused,
    CarrierState,
    CarrierUnavailable,
    Errand,
    Progress,
    ProofPart,
    Reservation,
    Taken,
)
from homeward.fleets.carriers.wire import Wire, answered, json_of, moment, rfc3339, told
from homeward.kit.clock import Clock, SystemClock
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Metres

_HOST: Final = "https://api.uber.com"
_SIGN_IN_HOST: Final = "https://auth.uber.com"
_SIGN_IN_PATH: Final = "/oauth/v2/token"
_LATER: Final = timedelta(minutes=10)
_PICKUP_SPAN: Final = timedelta(minutes=20)  # the least that is taken between ready and deadline is 10 min
_DROPOFF_SPAN: Final = timedelta(minutes=20)
_TOKEN_SPARE: Final = timedelta(minutes=5)
_MOST_NOTES: Final = 280
_LISTED: Final = 50
_NAMELESS: Final = "Recipient"  # a name is asked for; ours may be booked without one

STATES: Final[Mapping[str, CarrierState]] = {
    "pending": CarrierState.SEARCHING,
    "pickup": CarrierState.TO_PICKUP,
    "pickup_complete": CarrierState.PICKED_UP,
    "dropoff": CarrierState.TO_DROPOFF,
    "delivered": CarrierState.DELIVERED,
    "canceled": CarrierState.CANCELLED,
    "returned": CarrierState.RETURNING,
}
_SIZES: Final[Mapping[ParcelSize, str]] = {
    ParcelSize.SMALL: "small",
    ParcelSize.MEDIUM: "medium",
    ParcelSize.LARGE: "large",
    ParcelSize.EXTRA_LARGE: "xlarge",
}
_VEHICLES: Final[Mapping[str, str]] = {
    "bicycle": "bicycle",
    "scooter": "scooter",
    "motorcycle": "scooter",
    "van": "van",
}
_LABELS: Final[Mapping[str, str]] = {"qr": "QR", "qr_code": "QR", "code39": "CODE39", "code_39": "CODE39"}
_BUSY: Final = frozenset({"address_undeliverable_limited_couriers", "request_timeout"})


class UberDirect:
    """One customer account."""

    def __init__(self, access: Access, http: httpx.AsyncClient, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._wire = Wire(http, access.base_url, access.pause_s)
        host = _SIGN_IN_HOST if access.base_url.rstrip("/") == _HOST else access.base_url
        self._token_wire = Wire(http, access.settings.get("token_host") or host, access.pause_s)
        self._customer = f"/v1/customers/{quoted(access.login['customer_id'], safe='')}"
        self._token: tuple[str, datetime] | None = None

    async def check_login(self) -> None:
        accepted(await self._ask("GET", f"{self._customer}/deliveries?limit=1"))

    async def quote(self, errand: Errand) -> CarrierQuote:
        body = accepted(await self._ask("POST", f"{self._customer}/delivery_quotes", quote_to(errand, self._now())))
        return quote_from(body, errand, self._now())

    async def reserve(self, quote: CarrierQuote) -> Reservation:
        # The quote is the reservation: it holds until it expires.
        return Reservation(quote, quote.expires_at)

    async def commit(self, errand: Errand, reservation: Reservation) -> Taken:
        path, holds = f"{self._customer}/deliveries", reservation.held_until > self._now()
        said = to_wire(errand, reservation.quote.token if holds else "", self._now())
        reply = await self._ask("POST", path, said)
        if told(reply)[0] in ("expired_quote", "used_quote", "mismatched_price_quote"):
            first = await self.find(errand.reference, None)
            if first is not None:
                return Taken(first.job, first.fee or reservation.quote.fee)
            reply = await self._ask("POST", path, {name: said[name] for name in said if name != "quote_id"})
        if reply.status_code == httpx.codes.CONFLICT:
            job = str((json_of(reply).get("metadata") or {}).get("delivery_id") or "")
            reply = await self._ask("GET", self._path(job)) if job else reply
        body = accepted(reply)
        return Taken(str(body["id"]), fee_of(body))

    async def release(self, reservation: Reservation) -> None:
        """Nothing to tell: a quote that nobody uses goes by itself."""

    async def find(self, reference: str, job: str | None) -> Progress | None:
        body = await self._delivery(job) if job else await self._named(reference)
        if body is None:
            return None
        progress = from_wire(body)
        if progress.state is not CarrierState.RETURNING:
            return progress
        back = await self._delivery(way_back(body))
        return replace(progress, state=state_of_way_back(back))

    async def cancel(self, reference: str, job: str) -> None:
        accepted(await self._ask("POST", f"{self._path(job)}/cancel", {}))

    async def proof(self, part: ProofPart, job: str) -> bytes | None:
        kinds = {"photo": "picture", "signature": "signature"}
        if part.kind not in kinds:
            return None
        asked = {"waypoint": part.step, "type": kinds[part.kind]}
        reply = await self._ask("POST", f"{self._path(job)}/proof-of-delivery", asked)
        document = json_of(reply).get("document")
        if not reply.is_success or not isinstance(document, str):
            return None
        try:
            return base64.b64decode(document, validate=True) or None
        except binascii.Error:
            return None

    def read_event(self, headers: Mapping[str, str], body: bytes) -> CarrierEvent | None:
        given = headers.get("x-uber-signature") or headers.get("x-postmates-signature") or ""
        right = hmac.new(self._access.hook_secret.encode(), body, sha256).hexdigest()
        if not self._access.hook_secret or not hmac.compare_digest(given.strip().lower(), right):
            raise CarrierLoginInvalid("wrong_signature", "the event is not signed with the key of this account")
        return event_from(body)

    # ── asking ──

    async def _delivery(self, job: str | None) -> dict[str, Any] | None:
        if not job:
            return None
        reply = await self._ask("GET", self._path(job))
        return None if reply.status_code == httpx.codes.NOT_FOUND else accepted(reply)

    async def _named(self, reference: str) -> dict[str, Any] | None:
        """By our own name, among the latest: there is no call that asks for one name."""
        listed = accepted(await self._ask("GET", f"{self._customer}/deliveries?limit={_LISTED}"))
        return next((one for one in listed.get("data") or () if one.get("external_id") == reference), None)

    async def _ask(self, method: str, path: str, json: Any = None) -> httpx.Response:
        try:
            return await self._wire.ask(method, path, json=json, headers=await self._headers())
        except CarrierLoginInvalid:
            if self._token is None:
                raise
        self._token = None  # it ended before its time: a new one shows whether we are still known
        return await self._wire.ask(method, path, json=json, headers=await self._headers())

    async def _headers(self) -> dict[str, str]:
        if self._token is None or self._token[1] <= SystemClock().now():
            self._token = await self._new_token()
        return {"Authorization": f"Bearer {self._token[0]}"}

    async def _new_token(self) -> tuple[str, datetime]:
        login = self._access.login
        form = {
            "client_id": login["client_id"],
            "client_secret": login["client_secret"],
            "grant_type": "client_credentials",
            "scope": "eats.deliveries",
        }
        reply = await self._token_wire.ask("POST", _SIGN_IN_PATH, form=form)
        if not reply.is_success:
            raise CarrierLoginInvalid(str(json_of(reply).get("error") or reply.status_code))
        body = answered(reply)
        lives = timedelta(seconds=int(body.get("expires_in") or 0))
        # The company lives in real time, however fast business runs here.
        return str(body["access_token"]), SystemClock().now() + max(timedelta(0), lives - _TOKEN_SPARE)

    def _path(self, job: str) -> str:
        return f"{self._customer}/deliveries/{quoted(job, safe='')}"

    def _now(self) -> datetime:
        return self._clock.now()


# ── translation ──


def quote_to(errand: Errand, now: datetime) -> dict[str, Any]:
    """The body of a quote."""
    return {
        "pickup_address": errand.pickup.address,
        "pickup_latitude": errand.pickup.place.lat,
        "pickup_longitude": errand.pickup.place.lon,
        "dropoff_address": errand.dropoff.address,
        "dropoff_latitude": errand.dropoff.place.lat,
        "dropoff_longitude": errand.dropoff.place.lon,
        **({"manifest_total_value": errand.contents.value.minor} if errand.contents.value else {}),
        **_windows(errand, now),
    }


def to_wire(errand: Errand, quote_token: str, now: datetime) -> dict[str, Any]:
    """The body of a delivery."""
    at_door = errand.handover is Handover.AT_DOOR
    said: dict[str, Any] = {
        **quote_to(errand, now),
        "quote_id": quote_token,
        "pickup_name": errand.pickup.contact.name or errand.pickup.company,
        "pickup_business_name": errand.pickup.company,
        "pickup_phone_number": errand.pickup.contact.phone,
        "pickup_notes": errand.pickup.instructions[:_MOST_NOTES],
        "dropoff_name": errand.dropoff.contact.name or errand.dropoff.company or _NAMELESS,
        "dropoff_business_name": errand.dropoff.company,
        "dropoff_phone_number": errand.dropoff.contact.phone,
        "dropoff_notes": ". ".join(filter(None, (errand.dropoff.unit, errand.dropoff.instructions)))[:_MOST_NOTES],
        "manifest_items": [_item(errand)],
        "deliverable_action": f"deliverable_action_{'leave' if at_door else 'meet'}_at_door",
        "undeliverable_action": _undeliverable(errand),
        "dropoff_verification": _at_the_door(errand),
        "pickup_verification": {"barcodes": _labels(errand.pickup_barcodes)} if errand.pickup_barcodes else {},
        "tip": errand.tip.minor if errand.tip else None,
        "external_id": errand.reference,
        "manifest_reference": errand.reference,
        "idempotency_key": errand.reference,
    }
    return {name: value for name, value in said.items() if value not in (None, "", {})}


def _windows(errand: Errand, now: datetime) -> dict[str, str]:
    """Nothing for as soon as possible; a later pick-up with the spans that are asked between the four moments."""
    ready = max(errand.ready_at, errand.window_earliest - _PICKUP_SPAN if errand.window_earliest else errand.ready_at)
    if ready <= now + _LATER:
        return {}
    pickup_by = ready + _PICKUP_SPAN
    dropoff_from = min(errand.window_earliest or ready, pickup_by)
    dropoff_by = max(errand.promised_by, pickup_by, dropoff_from + _DROPOFF_SPAN)
    return {
        "pickup_ready_dt": rfc3339(ready),
        "pickup_deadline_dt": rfc3339(pickup_by),
        "dropoff_ready_dt": rfc3339(dropoff_from),
        "dropoff_deadline_dt": rfc3339(dropoff_by),
    }


def _at_the_door(errand: Errand) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if errand.photo:
        said["picture"] = True
    if errand.signature:
        said["signature_requirement"] = {"enabled": True}
    if errand.pin:
        said["pincode"] = {"enabled": True, "type": "merchant_provided", "value": errand.pin}
    if errand.age:
        said["identification"] = {"min_age": errand.age.min_age, "no_sobriety_check": not errand.age.sober}
    if errand.dropoff_barcodes:
        said["barcodes"] = _labels(errand.dropoff_barcodes)
    return said


def _labels(barcodes: Any) -> list[dict[str, str]]:
    return [{"value": label.value, "type": _LABELS.get(label.format.lower(), "CODE128")} for label in barcodes]


def _undeliverable(errand: Errand) -> str:
    wishes = {Undeliverable.DISPOSE: "discard", Undeliverable.LEAVE_AT_DOOR: "leave_at_door"}
    return wishes.get(errand.undeliverable, "return")


def _item(errand: Errand) -> dict[str, Any]:
    """One line for the whole parcel: what is in it is between the merchant and the shopper."""
    return {"name": "Parcel", "quantity": 1, "size": _SIZES[errand.size], "weight": max(1, errand.weight_g)}


def quote_from(body: Mapping[str, Any], errand: Errand, now: datetime) -> CarrierQuote:
    currency = str(body.get("currency_type") or body.get("currency") or errand.currency).upper()
    try:
        fee, token = Money(int(body["fee"]), currency), str(body["id"])
    except (KeyError, TypeError, ValueError) as cause:
        raise CarrierUnavailable("unreadable", "a quote without id or fee") from cause
    minutes = body.get("pickup_duration")
    return CarrierQuote(
        reference=errand.reference,
        fee=fee,
        pickup_eta=now + timedelta(minutes=minutes) if isinstance(minutes, int) else None,
        dropoff_eta=moment(body.get("dropoff_eta")),
        expires_at=moment(body.get("expires")) or now,
        token=token,
    )


def from_wire(body: Mapping[str, Any]) -> Progress:
    """Of a delivery. Raises CarrierUnavailable for a status that is not published: guessing could lose a parcel."""
    status = str(body.get("status", "")).lower()
    state = STATES.get(status)
    if state is None:
        raise CarrierUnavailable("unknown_status", status)
    pickup, dropoff = body.get("pickup") or {}, body.get("dropoff") or {}
    if state is CarrierState.CANCELLED and pickup.get("status") == "completed":
        state = CarrierState.LOST
    person = body.get("courier") or {}
    return Progress(
        job=str(body["id"]),
        state=state,
        at=moment(body.get("updated")),
        courier=_courier(person),
        place=_place(person.get("location")),
        pickup_eta=moment(body.get("pickup_eta")),
        dropoff_eta=moment(body.get("dropoff_eta")),
        fee=fee_of(body),
        reason=_reason(body),
        left_at_door=body.get("undeliverable_action") == "left_at_door",
        parts=(*_parts(pickup, "pickup"), *_parts(dropoff, "dropoff")),
    )


def _reason(body: Mapping[str, Any]) -> str | None:
    cancelled = body.get("cancelation_reason") or {}
    said = body.get("undeliverable_reason") or cancelled.get("secondary_reason") or cancelled.get("primary_reason")
    return str(said).lower() if said else None


def _courier(person: Mapping[str, Any]) -> CarrierCourier | None:
    name = str(person.get("name") or "").strip()
    if not name:
        return None
    first, _, rest = name.partition(" ")
    return CarrierCourier(first, rest[:1].upper(), _VEHICLES.get(str(person.get("vehicle_type")), "car"))


def _place(said: Any) -> LatLon | None:
    try:
        return LatLon(float(said["lat"]), float(said["lng"]))
    except (TypeError, KeyError, ValueError):
        return None


def _parts(waypoint: Mapping[str, Any], step: str) -> list[ProofPart]:
    shown = waypoint.get("verification") or {}
    parts = [
        ProofPart(kind, step, url=str(shown[name]["image_url"]), details=_signer(shown[name]))
        for name, kind in (("picture", "photo"), ("signature", "signature"))
        if isinstance(shown.get(name), dict) and shown[name].get("image_url")
    ]
    if (shown.get("pin_code") or {}).get("entered"):
        parts.append(ProofPart("pin", step))
    if (shown.get("identification") or {}).get("min_age_verified"):
        parts.append(ProofPart("age_check", step))
    scanned = [one for one in shown.get("barcodes") or () if (one.get("scan_result") or {}).get("outcome") == "SUCCESS"]
    return parts + [ProofPart("scan", step, text=str(one.get("value", ""))) for one in scanned]


def _signer(signed: Mapping[str, Any]) -> dict[str, str]:
    known = {"name": signed.get("name"), "relationship": str(signed.get("signer_relationship") or "").lower()}
    return {name: str(value) for name, value in known.items() if value}


def way_back(body: Mapping[str, Any]) -> str | None:
    """The delivery that carries the goods back, once there is one."""
    related = body.get("related_deliveries") or ()
    linked = [related] if isinstance(related, dict) else related
    return next((str(one["id"]) for one in linked if one.get("relationship") == "return"), None)


def state_of_way_back(back: Mapping[str, Any] | None) -> CarrierState:
    ends = {"delivered": CarrierState.RETURNED, "canceled": CarrierState.LOST}
    return ends.get(str((back or {}).get("status")), CarrierState.RETURNING)


def fee_of(body: Mapping[str, Any]) -> Money:
    """Without the tip, which the fee of a delivery includes there."""
    try:
        currency = str(body.get("currency_type") or body["currency"]).upper()
        return Money(int(body["fee"]) - int(body.get("tip") or 0), currency)
    except (KeyError, TypeError, ValueError) as cause:
        raise CarrierUnavailable("unreadable", "no fee or currency") from cause


def accepted(reply: httpx.Response) -> dict[str, Any]:
    """The object of a good answer; everything else is the carrier's no, or its excuse."""
    if reply.is_success:
        return answered(reply)
    code, said = told(reply)
    if reply.status_code in (httpx.codes.PAYMENT_REQUIRED, httpx.codes.FORBIDDEN) or code == "customer_not_found":
        raise CarrierLoginInvalid(code, said)
    if code in _BUSY:
        raise CarrierUnavailable(code, said)
    raise CarrierRefused(code, said)


def event_from(body: bytes) -> CarrierEvent | None:
    try:
        said = orjson.loads(body)
        job, kind = str(said["delivery_id"]), str(said["kind"]).lower()
    except (ValueError, TypeError, KeyError):
        return None
    data = said.get("data") or {}
    key = str(said.get("id") or f"{job}:{kind}:{said.get('created', '')}:{said.get('status', '')}")
    return CarrierEvent(key, data.get("external_id") or None, job)


UBER_DIRECT: Final = CarrierKind(
    code="uber_direct",
    name="Uber Direct",
    base_url=_HOST,
    login_fields=("customer_id", "client_id", "client_secret"),
    capabilities=Capabilities(
        abilities=frozenset(
            {
                Ability.SIGNATURE,
                Ability.PIN,
                Ability.AGE_CHECK,
                Ability.SCAN_AT_PICKUP,
                Ability.SCAN_AT_DOOR,
                Ability.LEAVE_IF_NOBODY,
                Ability.LATER,
            }
        ),
        goods=frozenset({Goods.ALCOHOL, Goods.PHARMACY, Goods.OVER_THE_COUNTER}),
        max_weight_g=Grams(22_600),  # 50 lb in its courier help
        max_size=ParcelSize.EXTRA_LARGE,
        max_distance_m=Metres(16_000),
    ),
)

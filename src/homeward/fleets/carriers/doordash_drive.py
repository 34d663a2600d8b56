"""DoorDash Drive. Wire facts: its API description 2.1.59 (2026-09) and its developer pages.

The caller names the delivery, so our reference is its name on both sides. A quote holds for five minutes and is taken
by accepting it. There is no body signature on events: a credential agreed upon comes with each.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote as quoted

import httpx
import jwt
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
from homeward.fleets.carriers.pictures import Pictures
from homeward.fleets.carriers.wire import Wire, answered, json_of, moment, rfc3339, told
from homeward.kit.clock import Clock, SystemClock
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Metres

QUOTE_HOLDS: Final = timedelta(minutes=5)
TOKEN_LIVES_S: Final = 300  # at most 1800 s are allowed
_LATER: Final = timedelta(minutes=10)
_GRAMS_PER_POUND: Final = 453.592
_NEVER_SERVED: Final = "never-served"

STATES: Final[Mapping[str, CarrierState]] = {
    "created": CarrierState.SEARCHING,
    "confirmed": CarrierState.ASSIGNED,
    "enroute_to_pickup": CarrierState.TO_PICKUP,
    "arrived_at_pickup": CarrierState.AT_PICKUP,
    "picked_up": CarrierState.PICKED_UP,
    "enroute_to_dropoff": CarrierState.TO_DROPOFF,
    "arrived_at_dropoff": CarrierState.AT_DROPOFF,
    "delivered": CarrierState.DELIVERED,
    "enroute_to_return": CarrierState.RETURNING,
    "arrived_at_return": CarrierState.AT_RETURN,
    "returned": CarrierState.RETURNED,
    "cancelled": CarrierState.CANCELLED,
}
_AFTER_PICKUP: Final = frozenset({"failed_to_deliver", "failed_to_return"})
_CONTAINS: Final[Mapping[Goods, str]] = {
    Goods.ALCOHOL: "alcohol",
    Goods.TOBACCO: "tobacco",
    Goods.HEMP: "hemp",
    Goods.PHARMACY: "pharmacy_items",
    Goods.AGE_RESTRICTED_PHARMACY: "age_restricted_pharmacy_items",
    Goods.OVER_THE_COUNTER: "otc",
}


class DoordashDrive:
    """One developer account."""

    def __init__(self, access: Access, http: httpx.AsyncClient, clock: Clock) -> None:
        self._access = access
        self._clock = clock
        self._wire = Wire(http, access.base_url, access.pause_s)
        hosts = frozenset(access.settings.get("image_hosts", "").lower().split())
        self._pictures = Pictures(http, access.base_url, hosts)

    async def check_login(self) -> None:
        """Asks for a delivery that cannot exist: only who is known is told so."""
        await self.find(_NEVER_SERVED, None)

    async def quote(self, errand: Errand) -> CarrierQuote:
        reply = await self._ask("POST", "/drive/v2/quotes", to_wire(errand, self._clock.now()))
        if reply.status_code == httpx.codes.CONFLICT:  # asked before under this name, and the answer was lost
            reply = await self._ask("GET", _path(errand.reference))
        return quote_from(accepted(reply), errand, self._clock.now())

    async def reserve(self, quote: CarrierQuote) -> Reservation:
        # The quote is the reservation: it holds until it expires.
        return Reservation(quote, quote.expires_at)

    async def commit(self, errand: Errand, reservation: Reservation) -> Taken:
        path = f"/drive/v2/quotes/{quoted(errand.reference, safe='')}/accept"
        reply = await self._ask("POST", path, {"tip": errand.tip.minor} if errand.tip else {})
        if reply.status_code == httpx.codes.NOT_FOUND:  # the quote has gone; the delivery itself may still be had
            reply = await self._ask("POST", "/drive/v2/deliveries", to_wire(errand, self._clock.now()))
        if reply.status_code == httpx.codes.CONFLICT:
            reply = await self._ask("GET", _path(errand.reference))
        body = accepted(reply)
        if body.get("delivery_status") in ("quote", "cancelled"):
            raise CarrierRefused(str(body.get("cancellation_reason") or "quote_expired"))
        return Taken(errand.reference, fee_of(body))

    async def release(self, reservation: Reservation) -> None:
        """Nothing to tell: a quote that nobody accepts goes by itself."""

    async def find(self, reference: str, job: str | None) -> Progress | None:
        reply = await self._ask("GET", _path(reference))
        if reply.status_code == httpx.codes.NOT_FOUND:
            return None
        body = accepted(reply)
        return None if body.get("delivery_status") == "quote" else from_wire(body)

    async def cancel(self, reference: str, job: str) -> None:
        accepted(await self._ask("PUT", f"{_path(reference)}/cancel", {}))

    async def proof(self, part: ProofPart, job: str) -> bytes | None:
        return await self._pictures.fetch(part.url) if part.url else None

    def read_event(self, headers: Mapping[str, str], body: bytes) -> CarrierEvent | None:
        known = self._access.hook_secret
        if not known or not hmac.compare_digest(headers.get("authorization", "").encode(), known.encode()):
            raise CarrierLoginInvalid("wrong_credential", "the event does not carry what was agreed upon")
        return event_from(body)

    async def _ask(self, method: str, path: str, json: Any = None) -> httpx.Response:
        # The company lives in real time, however fast business runs here.
        headers = {"Authorization": f"Bearer {token(self._access.login, SystemClock().now())}"}
        return await self._wire.ask(method, path, json=json, headers=headers)


# ── translation ──


def to_wire(errand: Errand, now: datetime) -> dict[str, Any]:
    """The body of a quote, and of a delivery without one."""
    given, _, family = errand.dropoff.contact.name.strip().partition(" ")
    said: dict[str, Any] = {
        "external_delivery_id": errand.reference,
        "pickup_address": errand.pickup.address,
        "pickup_business_name": errand.pickup.company,
        "pickup_phone_number": errand.pickup.contact.phone,
        "pickup_instructions": errand.pickup.instructions,
        "dropoff_address": errand.dropoff.address,
        "dropoff_location": {"lat": errand.dropoff.place.lat, "lng": errand.dropoff.place.lon},
        "dropoff_business_name": errand.dropoff.company,
        "dropoff_phone_number": errand.dropoff.contact.phone,
        "dropoff_contact_given_name": given,
        "dropoff_contact_family_name": family,
        "dropoff_instructions": _joined(errand.dropoff.unit, errand.dropoff.instructions),
        # The shopper hears from the merchant and from nobody else.
        "dropoff_contact_send_notifications": False,
        "order_value": errand.contents.value.minor if errand.contents.value else None,
        "items": [_item(errand)],
        "tip": errand.tip.minor if errand.tip else None,
        "contactless_dropoff": errand.handover is Handover.AT_DOOR,
        "action_if_undeliverable": "dispose" if errand.undeliverable is Undeliverable.DISPOSE else "return_to_pickup",
        "dropoff_options": _at_the_door(errand),
        "order_contains": {_CONTAINS[goods]: True for goods in errand.contents.goods if goods in _CONTAINS},
        "pickup_verification_metadata": _label(errand),
    }
    if errand.pin:
        said["dropoff_pin_code_verification_metadata"] = {
            "pin_code_type": "merchant_provided_number",
            "pin_code_value": errand.pin,
        }
    if errand.window_earliest and errand.window_earliest > now + _LATER:
        said["dropoff_time"] = rfc3339(errand.promised_by)
    elif errand.ready_at > now + _LATER:
        said["pickup_time"] = rfc3339(errand.ready_at)
    return {name: value for name, value in said.items() if value not in (None, "", {}, [])}


def _at_the_door(errand: Errand) -> dict[str, str]:
    proof = "pin_code" if errand.pin else "photo_required" if errand.photo else "none"
    options = {"proof_of_delivery": proof}
    if errand.signature:
        options["signature"] = "required"
    if errand.age:
        options["id_verification"] = "required"
    return options


def _item(errand: Errand) -> dict[str, Any]:
    """One line for the whole parcel: what is in it is between the merchant and the shopper."""
    return {"name": "Parcel", "quantity": 1, "weight": round(errand.weight_g / _GRAMS_PER_POUND, 4)}


def _label(errand: Errand) -> dict[str, str]:
    if not errand.pickup_barcodes:
        return {}
    label = errand.pickup_barcodes[0]
    kind = "SCAN_QRCODE" if label.format.lower() in ("qr", "qr_code") else "SCAN_BARCODE"
    return {"verification_type": kind, "verification_code": label.value}


def _joined(*parts: str) -> str:
    return ". ".join(part.strip() for part in parts if part.strip())


def quote_from(body: Mapping[str, Any], errand: Errand, now: datetime) -> CarrierQuote:
    return CarrierQuote(
        reference=errand.reference,
        fee=fee_of(body),
        pickup_eta=moment(body.get("pickup_time_estimated")),
        dropoff_eta=moment(body.get("dropoff_time_estimated")),
        expires_at=now + QUOTE_HOLDS,
    )


def from_wire(body: Mapping[str, Any]) -> Progress:
    """Of a delivery. Raises CarrierUnavailable for a status that is not published: guessing could lose a parcel."""
    status = str(body.get("delivery_status", "")).lower()
    reason = str(body.get("cancellation_reason") or "") or None
    state = STATES.get(status)
    if state is None:
        raise CarrierUnavailable("unknown_status", status)
    if state is CarrierState.CANCELLED and reason in _AFTER_PICKUP:
        state = CarrierState.LOST
    at = body.get("dropoff_time_actual") if state is CarrierState.DELIVERED else body.get("updated_at")
    return Progress(
        job=str(body["external_delivery_id"]),
        state=state,
        at=moment(at) or moment(body.get("updated_at")),
        courier=_courier(body),
        place=_place(body.get("dasher_location")),
        pickup_eta=moment(body.get("pickup_time_estimated")),
        dropoff_eta=moment(body.get("dropoff_time_estimated")),
        fee=fee_of(body),
        reason=reason,
        parts=_parts(body, delivered=state is CarrierState.DELIVERED),
    )


def _courier(body: Mapping[str, Any]) -> CarrierCourier | None:
    name = str(body.get("dasher_name") or "").strip()
    if not name:
        return None
    first, _, rest = name.partition(" ")
    return CarrierCourier(first, rest[:1].upper(), "car" if body.get("dasher_vehicle_make") else "courier")


def _place(said: Any) -> LatLon | None:
    try:
        return LatLon(float(said["lat"]), float(said["lng"]))
    except (TypeError, KeyError, ValueError):
        return None


def _parts(body: Mapping[str, Any], *, delivered: bool) -> tuple[ProofPart, ...]:
    images = (
        ("pickup_verification_image_url", "photo", "pickup"),
        ("dropoff_verification_image_url", "photo", "dropoff"),
        ("dropoff_signature_image_url", "signature", "dropoff"),
    )
    parts = [ProofPart(kind, step, url=str(body[name])) for name, kind, step in images if body.get(name)]
    options = body.get("dropoff_options") or {}
    # Without the check their courier cannot end the delivery, so its end says that it was made.
    if delivered and options.get("proof_of_delivery") == "pin_code":
        parts.append(ProofPart("pin", "dropoff"))
    if delivered and options.get("id_verification") == "required":
        parts.append(ProofPart("age_check", "dropoff"))
    return tuple(parts)


def fee_of(body: Mapping[str, Any]) -> Money:
    try:
        return Money(int(body["fee"]), str(body["currency"]).upper())
    except (KeyError, TypeError, ValueError) as cause:
        raise CarrierUnavailable("unreadable", "no fee or currency") from cause


def accepted(reply: httpx.Response) -> dict[str, Any]:
    """The object of a good answer; everything else is the carrier's no."""
    if reply.is_success:
        return answered(reply)
    code, said = told(reply)
    if reply.status_code == httpx.codes.FORBIDDEN:
        raise CarrierLoginInvalid(code, said)
    raise CarrierRefused(str(json_of(reply).get("reason") or code), said)


def event_from(body: bytes) -> CarrierEvent | None:
    """Names are told apart without regard to case: pages print them in one, logs show them in the other."""
    try:
        said = orjson.loads(body)
        name, reference = str(said["event_name"]).lower(), str(said["external_delivery_id"])
    except (ValueError, TypeError, KeyError):
        return None
    return CarrierEvent(f"{reference}:{name}:{said.get('created_at', '')}", reference, reference)


def token(login: Mapping[str, str], now: datetime) -> str:
    """A signed proof of who we are, for one call. The key is the decoded secret; its name stands in the payload."""
    issued = int(now.timestamp())
    payload = {
        "aud": "doordash",
        "iss": login["developer_id"],
        "kid": login["key_id"],
        "iat": issued,
        "exp": issued + TOKEN_LIVES_S,
    }
    secret = login["signing_secret"].replace("+", "-").replace("/", "_").rstrip("=")
    key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    return jwt.encode(payload, key, algorithm="HS256", headers={"dd-ver": "DD-JWT-V1"})


def _path(reference: str) -> str:
    return f"/drive/v2/deliveries/{quoted(reference, safe='')}"


DOORDASH_DRIVE: Final = CarrierKind(
    code="doordash_drive",
    name="DoorDash Drive",
    base_url="https://openapi.doordash.com",
    login_fields=("developer_id", "key_id", "signing_secret"),
    capabilities=Capabilities(
        abilities=frozenset({Ability.SIGNATURE, Ability.PIN, Ability.AGE_CHECK, Ability.SCAN_AT_PICKUP, Ability.LATER}),
        goods=frozenset(_CONTAINS),
        max_weight_g=Grams(22_600),  # 50 lb in its courier help
        max_size=ParcelSize.EXTRA_LARGE,
        max_distance_m=Metres(24_100),  # 15 miles in its price list
    ),
)

"""From the dialect's order to our quote, booking and change. Pure.

What the dialect leaves open is settled here, once: an order without weights counts as two kilos, one without sizes as
a courier's backpack, and who checks an age checks for the strictest of the countries that the dialect serves.
Units: pounds, inches and cubic feet come in; grams, millimetres and litres go on.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, TypeVar

from homeward.coverage.model import ParcelSize
from homeward.deliveries.contents import AGE_RESTRICTED, Contents, DangerousGoods, Goods, Item
from homeward.deliveries.model import (
    BookRequest,
    ChangeRequest,
    Contact,
    Door,
    DropoffRequest,
    ProofRequest,
)
from homeward.deliveries.requirements import AgeCheck, Barcode, Handover, StepProof, Undeliverable
from homeward.facades.doordash_drive.orders import AddressComponents, Order, OrderItem
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Millimetres
from homeward.kit.windows import Window
from homeward.merchants.model import PickupPlace
from homeward.quotes.model import AddressAsked, Parcel, Quote, QuoteOption, QuoteRequest

_T = TypeVar("_T")

DIALECT: Final = "doordash_drive"

G_PER_LB: Final = 453.59237
MM_PER_INCH: Final = 25.4
LITRES_PER_FT3: Final = 28.316846592
LITRES_PER_INCH3: Final = 0.016387064

UNSAID_WEIGHT_G: Final = Grams(2_000)
UNSAID_SIZE: Final = ParcelSize.MEDIUM
STRICTEST_AGE: Final = 21
# "There by then" is the end of a window of ours, and two hours is the shortest that a market promises by default.
BEFORE_DROPOFF: Final = timedelta(hours=2)

_GOODS: Final = {
    "alcohol": Goods.ALCOHOL,
    "pharmacy_items": Goods.PHARMACY,
    "age_restricted_pharmacy_items": Goods.AGE_RESTRICTED_PHARMACY,
    "tobacco": Goods.TOBACCO,
    "hemp": Goods.HEMP,
    "otc": Goods.OVER_THE_COUNTER,
}
_BROUGHT_BACK: Final = {"check": "check", "cash": "cash", "pizza_bag": "bag"}


# ── the quote ──


def quote_request(order: Order, store_id: str | None) -> QuoteRequest:
    """For a store of the merchant, by our id or by the order's number, or for the place that the order describes."""
    number = order.pickup_external_store_id or None
    return QuoteRequest(
        store_id=store_id or "",
        store_external_id=None if store_id else number,
        pickup=None if number else pickup_of(order),
        parcel=parcel_of(order),
        address=address_of(order.dropoff_address, order.dropoff_address_components),
        place=_pin(order),
        ready_at=ready_at(order),
        window=window_of(order),
    )


def fastest(quote: Quote) -> QuoteOption:
    """The dialect knows one service, as fast as it can be; of equally fast options the cheapest."""
    return min(quote.options, key=lambda option: (option.promised_by, option.price.total.minor))


def pickup_of(order: Order) -> PickupPlace:
    address = address_of(order.pickup_address, order.pickup_address_components)
    line = address.line if address else ""
    return PickupPlace(
        name=order.pickup_business_name or line.partition(",")[0], address=line, phone=order.pickup_phone_number
    )


def address_of(text: str | None, parts: AddressComponents | None) -> AddressAsked | None:
    """The parts where they were given, for they need no guessing; else the line."""
    if parts is not None and parts.street_address:
        return AddressAsked(
            street=parts.street_address,
            unit=parts.sub_premise or "",
            city=parts.city or parts.locality or parts.sub_locality or "",
            postcode=parts.zip_code or parts.postal_code or "",
        )
    return AddressAsked(text=text) if text and text.strip() else None


def ready_at(order: Order) -> datetime | None:
    """When the parcel may be fetched, if the order says so."""
    if order.order_ready_time:
        return order.order_ready_time
    if _windows_whole(order):
        assert order.pickup_window
        return order.pickup_window.start_time
    return order.pickup_time


def window_of(order: Order) -> Window | None:
    """When it shall be at the door; None as soon as it can be. Whole windows win over single moments."""
    if _windows_whole(order):
        assert order.dropoff_window
        assert order.dropoff_window.start_time
        assert order.dropoff_window.end_time
        return Window(order.dropoff_window.start_time, order.dropoff_window.end_time)
    if order.dropoff_time:
        return Window(order.dropoff_time - BEFORE_DROPOFF, order.dropoff_time)
    return None


def _windows_whole(order: Order) -> bool:
    windows = (order.pickup_window, order.dropoff_window)
    return all(window and window.start_time and window.end_time for window in windows)


def _pin(order: Order) -> LatLon | None:
    return LatLon(order.dropoff_location.lat, order.dropoff_location.lng) if order.dropoff_location else None


# ── what is carried ──


def parcel_of(order: Order) -> Parcel:
    needs = [name for name, wanted in (("age_check", age_check(order)), ("catering_setup", _catering(order))) if wanted]
    return Parcel(weight_g(order), size_of(order), tuple(needs))


def weight_g(order: Order) -> Grams:
    said = [item.weight * item.quantity for item in order.items or () if item.weight]
    return Grams(max(1, round(sum(said) * G_PER_LB))) if said else UNSAID_WEIGHT_G


def size_of(order: Order) -> ParcelSize:
    """The smallest that holds all items together. Large orders are large even if nobody measured them."""
    litres = sum(_litres(item) * item.quantity for item in order.items or ())
    fits = next((size for size in ParcelSize if litres <= size.litres), ParcelSize.EXTRA_LARGE)
    size = fits if litres else UNSAID_SIZE
    if order.order_fulfillment_method in ("large_order", "catering"):
        return max(size, ParcelSize.LARGE, key=lambda each: each.rank)
    return size


def _litres(item: OrderItem) -> float:
    if item.volume:
        return item.volume * LITRES_PER_FT3
    return (item.length or 0) * (item.width or 0) * (item.height or 0) * LITRES_PER_INCH3


def contents_of(order: Order, currency: str) -> Contents:
    items = tuple(_item(item, currency) for item in order.items or ())
    value = Money(order.order_value, currency) if order.order_value is not None else None
    return Contents(
        description=", ".join(item.name for item in items)[:500],
        count=min(1_000, max(1, sum(item.quantity for item in items))),
        value=value,
        items=items,
        goods=goods_of(order),
    )


def goods_of(order: Order) -> tuple[Goods, ...]:
    said = order.order_contains
    goods = [each for name, each in _GOODS.items() if said is not None and getattr(said, name)]
    if any(item.dangerous_goods for item in order.items or ()):
        goods.append(Goods.DANGEROUS)
    return tuple(goods)


def _item(item: OrderItem, currency: str) -> Item:
    dangerous = item.dangerous_goods[0] if item.dangerous_goods else None
    return Item(
        name=item.name,
        quantity=item.quantity,
        external_id=item.external_id or "",
        description=item.description or item.special_instructions or "",
        weight_g=Grams(round(item.weight * G_PER_LB)) if item.weight else None,
        length_mm=_millimetres(item.length),
        width_mm=_millimetres(item.width),
        height_mm=_millimetres(item.height),
        price=Money(item.price, currency) if item.price is not None else None,
        barcode=item.barcode or "",
        dangerous=DangerousGoods(
            dangerous.un_number or "",
            dangerous.proper_shipping_name,
            dangerous.hazard_class or "",
            dangerous.packing_group or "",
        )
        if dangerous
        else None,
    )


def _millimetres(inches: float | None) -> Millimetres | None:
    return Millimetres(round(inches * MM_PER_INCH)) if inches else None


def _catering(order: Order) -> bool:
    return bool(order.dropoff_options and order.dropoff_options.catering_setup == "required")


# ── how it is handed over ──


def age_check(order: Order) -> AgeCheck | None:
    goods = goods_of(order)
    asked = order.dropoff_options is not None and order.dropoff_options.id_verification == "required"
    if not asked and not AGE_RESTRICTED.intersection(goods):
        return None
    return AgeCheck(STRICTEST_AGE, sober=Goods.ALCOHOL in goods)


def signature_wanted(order: Order) -> bool:
    """`preferred` asks for nothing that a courier could be held to."""
    options = order.dropoff_options
    return bool(order.dropoff_requires_signature) or (options is not None and options.signature == "required")


def pin_wanted(order: Order) -> bool:
    return bool(order.dropoff_options and order.dropoff_options.proof_of_delivery == "pin_code")


def to_a_person(order: Order) -> bool:
    return bool(signature_wanted(order) or pin_wanted(order) or age_check(order))


def handover_of(order: Order) -> Handover:
    if order.contactless_dropoff:
        return Handover.AT_DOOR
    return Handover.TO_PERSON if to_a_person(order) else Handover.ANY


def undeliverable_of(order: Order) -> Undeliverable:
    """Left blank, an order counts as contactless; but what a person must take is never left lying."""
    match order.action_if_undeliverable:
        case "return_to_pickup":
            return Undeliverable.RETURN
        case "dispose":
            return Undeliverable.DISPOSE
        case _:
            return Undeliverable.RETURN if to_a_person(order) else Undeliverable.LEAVE_AT_DOOR


def proof_of(order: Order) -> ProofRequest:
    return ProofRequest(
        photo=_photo(order),
        signature=signature_wanted(order),
        pin=_pin_code(order),
        age=age_check(order),
        at_pickup=StepProof(barcodes=pickup_barcodes(order)),
        return_pin=_return_pin(order),
    )


def pickup_barcodes(order: Order) -> tuple[Barcode, ...]:
    said = order.pickup_verification_metadata
    if said is None or said.verification_type == "NO_SCAN":
        return ()
    known = (said.verification_format or "").lower().replace("_", "")
    data_matrix = known in ("data", "atrix")
    return (Barcode(said.verification_code, "datamatrix" if data_matrix else known),)


def _photo(order: Order) -> bool:
    wanted = order.dropoff_options.proof_of_delivery if order.dropoff_options else None
    if order.contactless_dropoff or wanted in ("photo_required", "photo_preferred"):
        return True
    return wanted is None and not to_a_person(order)


def _pin_code(order: Order) -> bool | str:
    if not pin_wanted(order):
        return False
    said = order.dropoff_pin_code_verification_metadata
    match said.pin_code_type if said else None:
        case "random_number":
            return True
        case "merchant_provided_number":
            return (said.pin_code_value if said else None) or True
        case _:
            return (order.dropoff_phone_number or "")[-4:] or True


def _return_pin(order: Order) -> bool | str:
    said = order.return_pin_code_verification_metadata
    return (said.pin_code_value or True) if said else False


def dropoff_of(order: Order) -> DropoffRequest:
    names = (order.dropoff_contact_given_name, order.dropoff_contact_family_name)
    parts = order.dropoff_address_components
    return DropoffRequest(
        address=address_of(order.dropoff_address, parts),
        place=_pin(order),
        unit=(parts.sub_premise or "") if parts else "",
        contact=Contact(
            " ".join(filter(None, names)), order.dropoff_phone_number or None, order.dropoff_email_address or None
        ),
        instructions=order.dropoff_instructions or "",
        company=order.dropoff_business_name or "",
    )


def pickup_instructions(order: Order) -> str | None:
    """The reference tag stands first, for it is what the courier says at the counter; None leaves the store's own."""
    code = order.pickup_verification_metadata
    spoken = code.verification_code if code and code.verification_type == "NO_SCAN" else None
    said = " · ".join(filter(None, [order.pickup_reference_tag, spoken, order.pickup_instructions]))
    return said[:500] or None


def _round_trip(order: Order) -> tuple[str, ...]:
    if order.order_route_type != "roundtrip":
        return ()
    return tuple(_BROUGHT_BACK[each] for each in order.order_route_items or ("check",))


# ── the booking, and changes to it ──


def booking(order: Order, quote: Quote, option: QuoteOption, *, redelivery_of: str | None = None) -> BookRequest:
    """Book this option of this quote; what the order asks for besides travels with it."""
    currency = option.price.total.currency
    return BookRequest(
        quote_id=quote.id,
        option_id=option.id,
        dropoff=dropoff_of(order),
        contents=contents_of(order, currency),
        external_id=order.external_delivery_id,
        pickup=None if order.pickup_external_store_id else pickup_of(order),
        pickup_instructions=pickup_instructions(order),
        proof=proof_of(order),
        undeliverable=undeliverable_of(order),
        handover=handover_of(order),
        round_trip=_round_trip(order),
        tip=Money(order.tip, currency) if order.tip else None,
        notify=order.dropoff_contact_send_notifications is not False,
        redelivery_of=redelivery_of,
        door=Door(DIALECT, order.said()),
    )


def pickup_moves(before: Order, after: Order) -> bool:
    """Whether it is fetched somewhere else. A store that is named wins over every address."""
    if before.pickup_external_store_id or after.pickup_external_store_id:
        names = ("pickup_external_business_id", "pickup_external_store_id")
        return any(getattr(before, name) != getattr(after, name) for name in names)
    return pickup_of(before).address != pickup_of(after).address


def changes(before: Order, after: Order, currency: str, store_id: str | None = None) -> ChangeRequest | None:
    """What the merchant changes, in our words; None if nothing of it concerns us.

    `store_id` is the store that `after` names, where the pickup moves.
    """
    was, now = dropoff_of(before), dropoff_of(after)
    moves = pickup_moves(before, after)
    request = ChangeRequest(
        contact=_new(was.contact, now.contact),
        instructions=_new(was.instructions, now.instructions),
        unit=_new(was.unit, now.unit),
        company=_new(was.company, now.company),
        address=_new(was.address, now.address),
        place=_new(was.place, now.place),
        pickup_instructions=_new(pickup_instructions(before) or "", pickup_instructions(after) or ""),
        ready_at=_new(ready_at(before), ready_at(after)),
        undeliverable=_new(undeliverable_of(before), undeliverable_of(after)),
        handover=_new(handover_of(before), handover_of(after)),
        contents=_new(contents_of(before, currency), contents_of(after, currency)),
        proof=_new(replace(proof_of(before), at_pickup=StepProof()), replace(proof_of(after), at_pickup=StepProof())),
        pickup_barcodes=_new(pickup_barcodes(before), pickup_barcodes(after)),
        window=_new(window_of(before), window_of(after)),
        store_id=store_id if moves else None,
        store_external_id=after.pickup_external_store_id if moves and store_id is None else None,
        pickup=pickup_of(after) if moves and not after.pickup_external_store_id else None,
        pickup_contact=None if moves else _new(_met_at(before), _met_at(after)),
    )
    if request == ChangeRequest():
        return None
    return request


def _met_at(order: Order) -> Contact:
    return Contact(order.pickup_business_name or "", order.pickup_phone_number)


def _new(before: _T, after: _T) -> _T | None:
    return after if after != before else None

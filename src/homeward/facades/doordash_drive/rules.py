"""What an order may not say, or not together. Pure.

Source: their API description 2.1.59 and their pages about returns, windows and PINs (2026-09). What they offer and we
do not is refused here with its field named, rather than taken and forgotten.
"""

from collections.abc import Container, Iterator

from homeward.deliveries.contents import AGE_RESTRICTED
from homeward.facades.doordash_drive import asking
from homeward.facades.doordash_drive.orders import Order, TimeWindow
from homeward.kit.problems import FieldError, MalformedRequest

_SHOPPED = ("shop_stage", "shop_deliver", "shop_handoff")

NOT_UPDATABLE = ("dropoff_options",)
"""The description says that these cannot be changed once the delivery exists."""

SETTLED = (
    "order_contains",
    "order_route_type",
    "order_route_items",
    "return_pin_code_verification_metadata",
)
"""Price and promise stand on these: a new quote is needed, and so a new delivery."""

MOMENTS = ("pickup_time", "dropoff_time")
WINDOWS = ("pickup_window", "dropoff_window")
"""Two ways to name the time. An update in one of them takes the place of whatever was said before in the other."""

PASSED = (
    "pickup_time",
    "dropoff_time",
    "pickup_window",
    "dropoff_window",
    "customer_expected_sla",
    "expires_by",
    "order_ready_time",
)
"""What was said about the time of an earlier delivery."""


def require_sound(order: Order, *, booking: bool = False) -> None:
    """Raises MalformedRequest that names every field which cannot stand as it is."""
    wrong = [FieldError(f"/{name}", "refused", error) for name, error in _wrong_in(order, booking)]
    if wrong:
        raise MalformedRequest(wrong)


def require_updatable(before: Order, after: Order) -> None:
    """Raises MalformedRequest for what the description rules out."""
    wrong = [name for name in NOT_UPDATABLE if getattr(before, name) != getattr(after, name)]
    if wrong:
        raise MalformedRequest([FieldError(f"/{name}", "refused", "This field cannot be updated") for name in wrong])


def settled(before: Order, after: Order) -> list[str]:
    """What the change touches although it is settled."""
    touched = [name for name in SETTLED if getattr(before, name) != getattr(after, name)]
    if asking.window_of(before) is not None and asking.window_of(after) is None:
        touched.append("dropoff_time")  # "as soon as it can be" is no time to promise instead
    return touched


def outdated(said: Container[str]) -> tuple[str, ...]:
    """What an earlier order said about the time that no longer holds once this is said."""
    if any(name in said for name in MOMENTS):
        return (*MOMENTS, *WINDOWS)
    return MOMENTS if any(name in said for name in WINDOWS) else ()


def _wrong_in(order: Order, booking: bool) -> Iterator[tuple[str, str]]:
    yield from _wrong_pickup(order)
    yield from _not_offered(order)
    yield from _wrong_times(order)
    yield from _wrong_handover(order)
    if booking and not order.dropoff_phone_number:
        yield "dropoff_phone_number", "A phone number is required to book a delivery"


def _wrong_pickup(order: Order) -> Iterator[tuple[str, str]]:
    business, store = order.pickup_external_business_id, order.pickup_external_store_id
    if business and not store:
        yield "pickup_external_store_id", "Missing store id: send it with pickup_external_business_id"
    if store and not business:
        yield "pickup_external_business_id", "Missing business id: send it with pickup_external_store_id"
    if not (business or store or asking.address_of(order.pickup_address, order.pickup_address_components)):
        yield "pickup_address", "Send a pickup address, or the ids of a business and its store"


def _not_offered(order: Order) -> Iterator[tuple[str, str]]:
    if order.order_fulfillment_method in _SHOPPED:
        yield "order_fulfillment_method", "Shopping is not offered here: the store hands the order over packed"
    if order.shopping_options:
        yield "shopping_options", "Shopping is not offered here: the store hands the order over packed"
    if order.dropoff_cash_on_delivery:
        yield "dropoff_cash_on_delivery", "Cash on delivery is not offered here"
    if order.shipping_label_config:
        yield "shipping_label_config", "Shipping labels are not printed here"


def _wrong_times(order: Order) -> Iterator[tuple[str, str]]:
    if order.pickup_time and order.dropoff_time:
        yield "dropoff_time", "Send either pickup_time or dropoff_time, not both"
    for name in ("pickup_window", "dropoff_window"):
        window: TimeWindow | None = getattr(order, name)
        if window and window.start_time and window.end_time and window.end_time < window.start_time:
            yield name, "The window ends before it begins"


def _wrong_handover(order: Order) -> Iterator[tuple[str, str]]:
    pin = order.dropoff_pin_code_verification_metadata
    own_pin = pin is not None and pin.pin_code_type == "merchant_provided_number"
    if asking.pin_wanted(order) and own_pin and not (pin and pin.pin_code_value):
        yield "dropoff_pin_code_verification_metadata.pin_code_value", "Send the four digits of your PIN"
    if not order.contactless_dropoff:
        return
    if order.action_if_undeliverable == "return_to_pickup":
        yield "action_if_undeliverable", "return_to_pickup cannot go with contactless_dropoff"
    if asking.pin_wanted(order):
        yield "dropoff_options.proof_of_delivery", "A PIN cannot go with contactless_dropoff"
    if asking.signature_wanted(order):
        yield "dropoff_options.signature", "A signature cannot go with contactless_dropoff"
    if AGE_RESTRICTED.intersection(asking.goods_of(order)):
        yield "contactless_dropoff", "Goods for adults are handed to a person whose age is checked"
    elif asking.age_check(order):
        yield "dropoff_options.id_verification", "An ID check cannot go with contactless_dropoff"

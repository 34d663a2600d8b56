# Written by `make docs` from the API's description; change it there.
"""Every refusal by its code. What each one means: docs/reference/refusals.md."""

from __future__ import annotations

from typing import Final

from homeward_client._refusal import HomewardError


class ActNotPossible(HomewardError):
    """409: The delivery's state does not allow this; `possible` says what may be done now."""


class AddressNotFound(HomewardError):
    """409: No such address was found; check street, number and town, or send the place as a pin."""


class AddressTooLong(HomewardError):
    """422: This is longer than an address can be; send street, number, city and postcode only."""


class AddressUnclear(HomewardError):
    """409: The address is not clear enough; send the `place` of one of `candidates`, or a pin."""


class AgeCheckNeeded(HomewardError):
    """409: These goods go only to people of age; ask for an age check (proof.age)."""


class AlreadyRefunded(HomewardError):
    """409: A claim for this delivery was accepted already; one delivery is refunded once."""


class BadGeocoderUrl(HomewardError):
    """422: Write the outside geocoder as nominatim+https://host or pelias+https://host?api_key=…"""


class BadMarketName(HomewardError):
    """422: A market's name needs at least one letter or digit and at most 60 characters."""


class BeyondHorizon(HomewardError):
    """409: This is too far ahead to promise; ask for a time up to `latest_accepted`."""


class BodyTooLarge(HomewardError):
    """413: The request is larger than anything that belongs here; send less at once."""


class BookingIncomplete(HomewardError):
    """422: Book either an option of a quote (quote_id and option_id), or directly (store_id, dropoff and parcel)."""


class CapabilityNotOffered(HomewardError):
    """409: The parcel needs something that couriers here do not do; see `offered`."""


class ClaimOverLimit(HomewardError):
    """409: The items claimed are worth more than the order was said to be; see `most`."""


class ClaimTooEarly(HomewardError):
    """409: The delivery is still under way; claim when it has ended, or once its promise is an hour past."""


class ClaimTooLate(HomewardError):
    """409: The time to claim is over."""


class ColoursTooClose(HomewardError):
    """409: The text could not be read on this colour; choose a darker or lighter one, or use `suggested`."""


class DomainTaken(HomewardError):
    """409: This tracking domain belongs to another merchant; use another."""


class EmailTaken(HomewardError):
    """409: Somebody with this e-mail address exists already; use another."""


class ExpressTooSlow(HomewardError):
    """409: Express cannot be promised in time at the moment; take a window instead."""


class ExternalIdTaken(HomewardError):
    """409: This external_id belongs to a delivery with other content; use a new one, or change that delivery."""


class ExtraAddressesBroken(HomewardError):
    """422: The file of extra addresses needs the columns lat, lon, number and street. Nothing was installed."""


class FieldsLocked(HomewardError):
    """409: Some of these can no longer be changed; `changeable` says what still can."""


class Forbidden(HomewardError):
    """403: This credential may not do that; use one whose role or mode allows it."""


class GeocoderRefused(HomewardError):
    """502: The address service refused the request; the operator must check its address and key."""


class GeocoderUnavailable(HomewardError):
    """503: The address service does not answer at the moment; try again shortly, or send the place as coordinates."""


class HandoverConflict(HomewardError):
    """409: Nobody is there to give these at a door; hand over to a person, or leave them out."""


class HandshakeMissing(HomewardError):
    """409: The store has not confirmed you yet; show your code at the counter and try again."""


class IdempotencyKeyInFlight(HomewardError):
    """409: The first request with this Idempotency-Key is still running; ask again in a second."""


class IdempotencyKeyReused(HomewardError):
    """422: This Idempotency-Key was used with another body; use a new key for a new request."""


class InternalError(HomewardError):
    """500: Something broke on our side and is logged under this request id; repeat with the same Idempotency-Key."""


class InvitationEnded(HomewardError):
    """410: This invitation was used or is no longer valid; ask whoever sent it for a new one."""


class LastAreaNeeded(HomewardError):
    """409: A market without a service area serves nobody; add another area first, or pause the market."""


class LastOwner(HomewardError):
    """409: A merchant needs an owner; make somebody else an owner first."""


class LogoUnusable(HomewardError):
    """409: The logo cannot be used; send a PNG, JPEG or WebP of at most 512 kB and 4096 pixels a side."""


class MalformedRequest(HomewardError):
    """422: The request does not have the documented form; see `errors` for each field."""


class MapFileBroken(HomewardError):
    """422: The map file is damaged, cut off, or no OpenStreetMap data; fetch it again. Nothing was installed."""


class MapFileMissing(HomewardError):
    """404: There is no such map file; give the path of an .osm.pbf, .osm, .osm.gz or .osm.bz2 file."""


class MarketPaused(HomewardError):
    """409: This market takes no new deliveries at the moment; try again later."""


class NewQuoteNeeded(HomewardError):
    """409: This goes beyond the quote; cancel, ask for a new quote and book that."""


class NoMarketForStore(HomewardError):
    """409: No market covers this place; check the pin, or ask the operator to open a market there."""


class NoOptionFits(HomewardError):
    """409: No service fits what was asked; `offered` lists what would."""


class NoRoadNearDoor(HomewardError):
    """409: No road leads near this door; check the pin."""


class NoRoadToDoor(HomewardError):
    """409: No road leads from the store to this door; check the pin."""


class NoRoadsInMap(HomewardError):
    """422: The map file holds no road that a car can use; use an extract with roads. Nothing was installed."""


class NoRoute(HomewardError):
    """422: No road leads from one place to the next; check both pins."""


class NoSuchRoute(HomewardError):
    """404: There is nothing at this path; the API reference lists what there is."""


class NoTariff(HomewardError):
    """503: This market has no prices in force; tell the operator."""


class NoWindowLeft(HomewardError):
    """409: No window of this class can be reached any more; see `earliest_promise`, or choose another class."""


class NobodyToTip(HomewardError):
    """409: Nobody carried this delivery, so nobody can get a tip for it."""


class NotEndedYet(HomewardError):
    """409: The delivery is still under way; send this when it has ended."""


class NotForShopper(HomewardError):
    """409: This can not be done from the tracking page now; `possible` says what can."""


class NotFound(HomewardError):
    """404: There is no such thing here; check the id and the key you use."""


class NotYoursToDo(HomewardError):
    """403: This kind of actor may not do that."""


class NothingToOffer(HomewardError):
    """409: No service class can take this delivery; `refusals` says why for each."""


class OutsideArea(HomewardError):
    """409: The door lies outside the area that is served from this store."""


class OutsideHours(HomewardError):
    """409: Nothing is delivered here at that hour; see `opens_at` for the next time."""


class PhotoRefused(HomewardError):
    """422: Send a JPEG, PNG or WEBP of at most 10 MB and 25 megapixels."""


class PickedUpAlready(HomewardError):
    """409: The parcel is on its way and can no longer be cancelled; ask for its return instead (POST …/return)."""


class PinLocked(HomewardError):
    """409: The PIN was wrong too often; bring the parcel back: report the problem no_pin."""


class PinWrong(HomewardError):
    """409: That is not the right PIN; ask again. Without tries left, take a photo instead."""


class PriceRises(HomewardError):
    """409: The change makes the delivery dearer; send it again with accept_price of at least `price`."""


class ProofMissing(HomewardError):
    """409: This step needs proof; send the evidence in `needs` with the report."""


class QuoteAlreadyBooked(HomewardError):
    """409: This quote has been booked; ask for a new one for another delivery."""


class QuoteExpired(HomewardError):
    """409: This quote has expired; ask for a new one."""


class ReadyAfterWindow(HomewardError):
    """409: The parcel is ready too late for this window; ask for one that ends at `earliest_promise` or later."""


class ReasonDoesNotFit(HomewardError):
    """409: This reason belongs to another part of the delivery; `fitting` lists those that fit now."""


class ReasonUnknown(HomewardError):
    """422: Give one of the known reasons."""


class RecipientNotAllowed(HomewardError):
    """409: This person may not have it; bring it back to the store and say why as the problem."""


class RedeliveryNotPossible(HomewardError):
    """409: Only what came back, failed or was cancelled can be delivered again."""


class Refused(HomewardError):
    """400: The request was refused."""


class RoadBuildFailed(HomewardError):
    """500: The road graph could not be built; the last lines of the builder say why. Nothing was installed."""


class RoadsUnavailable(HomewardError):
    """503: The roads of this market do not answer at the moment; try again shortly."""


class RobotInLiveMode(HomewardError):
    """409: Robots carry test deliveries only; use a test key, or leave `robot` out."""


class ServiceClassNotOffered(HomewardError):
    """409: This service class is not offered here; choose one of `offered`."""


class SlugTaken(HomewardError):
    """409: A merchant with this short name exists already; give another `slug`."""


class SpotDoesNotFit(HomewardError):
    """409: This kind of building has no such spot; `fitting` lists those it has."""


class StepNeedsReason(HomewardError):
    """422: Say why with one of `reasons`."""


class StepNotPossible(HomewardError):
    """409: This cannot happen to the delivery now; `possible` lists what can."""


class StoreAddressUnclear(HomewardError):
    """409: The store's address is not clear; send the `place` of one of `candidates`, or a pin."""


class StoreClosed(HomewardError):
    """409: The store is closed when the parcel would have to be picked up; see `opens_at`."""


class StoreInactive(HomewardError):
    """409: This store is closed for good; use another store of yours or open it again."""


class TipOnlyUpward(HomewardError):
    """409: A tip that was given stays; name a total above `given`."""


class TipTooHigh(HomewardError):
    """409: That is more than a tip may be; see `most`."""


class TipTooLate(HomewardError):
    """409: The time to give a tip is over."""


class TooFar(HomewardError):
    """409: The door is too far from the store by road; send it from a nearer store."""


class TooFarFromRoad(HomewardError):
    """422: This place is too far from any road that we can use; check the pin."""


class TooHeavy(HomewardError):
    """409: The parcel is heavier than couriers carry here; split it into several deliveries."""


class TooLarge(HomewardError):
    """409: The parcel is larger than couriers carry here; split it into several deliveries."""


class TooManyEndpoints(HomewardError):
    """409: There are as many endpoints as one merchant may have; remove one first."""


class TooManyReports(HomewardError):
    """409: As many problems as one delivery may have were reported; contact the store."""


class TooManyRequests(HomewardError):
    """429: Too many tries; wait as long as Retry-After says."""


class TooShortNotice(HomewardError):
    """409: The window ends before the door can be reached; ask for one that ends at `earliest_promise` or later."""


class Unauthenticated(HomewardError):
    """401: Send a valid credential: an API key as `Authorization: Bearer …`, or sign in."""


class Unavailable(HomewardError):
    """503: A part of the service does not answer at the moment; try again shortly."""


class UnknownTimeZone(HomewardError):
    """422: Give an IANA time zone, such as Europe/Zurich."""


class WebhookDialectUnknown(HomewardError):
    """422: We do not write webhooks in that dialect; see `known`."""


class WebhookHeaderRefused(HomewardError):
    """422: This header is written by us; let your receiver expect its secret in another one."""


class WebhookUrlRefused(HomewardError):
    """422: We may not send to this address; use a public https:// address on port 443 or 8443."""


class WindowClosed(HomewardError):
    """409: Bookings for this window have ended, so that one trip can be planned for all; ask for a later one."""


class WindowDoesNotFitClass(HomewardError):
    """409: This window belongs to another service class; ask for that class, or name none."""


class WindowInPast(HomewardError):
    """409: The window has already passed; ask for a later one."""


class WindowTooShort(HomewardError):
    """409: The window is too short to promise; ask for a longer one."""


class WrongCredentials(HomewardError):
    """401: E-mail and password do not belong together; check both."""


class WrongCurrency(HomewardError):
    """409: Amounts of a delivery are in its market's currency; see `expected`."""


class WrongMethod(HomewardError):
    """405: This path does not answer that method; see the Allow header."""


class WrongParcel(HomewardError):
    """409: This code belongs to another parcel; check the label."""


BY_CODE: Final[dict[str, type[HomewardError]]] = {
    "act-not-possible": ActNotPossible,
    "address-not-found": AddressNotFound,
    "address-too-long": AddressTooLong,
    "address-unclear": AddressUnclear,
    "age-check-needed": AgeCheckNeeded,
    "already-refunded": AlreadyRefunded,
    "bad-geocoder-url": BadGeocoderUrl,
    "bad-market-name": BadMarketName,
    "beyond-horizon": BeyondHorizon,
    "body-too-large": BodyTooLarge,
    "booking-incomplete": BookingIncomplete,
    "capability-not-offered": CapabilityNotOffered,
    "claim-over-limit": ClaimOverLimit,
    "claim-too-early": ClaimTooEarly,
    "claim-too-late": ClaimTooLate,
    "colours-too-close": ColoursTooClose,
    "domain-taken": DomainTaken,
    "email-taken": EmailTaken,
    "express-too-slow": ExpressTooSlow,
    "external-id-taken": ExternalIdTaken,
    "extra-addresses-broken": ExtraAddressesBroken,
    "fields-locked": FieldsLocked,
    "forbidden": Forbidden,
    "geocoder-refused": GeocoderRefused,
    "geocoder-unavailable": GeocoderUnavailable,
    "handover-conflict": HandoverConflict,
    "handshake-missing": HandshakeMissing,
    "idempotency-key-in-flight": IdempotencyKeyInFlight,
    "idempotency-key-reused": IdempotencyKeyReused,
    "internal-error": InternalError,
    "invitation-ended": InvitationEnded,
    "last-area-needed": LastAreaNeeded,
    "last-owner": LastOwner,
    "logo-unusable": LogoUnusable,
    "malformed-request": MalformedRequest,
    "map-file-broken": MapFileBroken,
    "map-file-missing": MapFileMissing,
    "market-paused": MarketPaused,
    "new-quote-needed": NewQuoteNeeded,
    "no-market-for-store": NoMarketForStore,
    "no-option-fits": NoOptionFits,
    "no-road-near-door": NoRoadNearDoor,
    "no-road-to-door": NoRoadToDoor,
    "no-roads-in-map": NoRoadsInMap,
    "no-route": NoRoute,
    "no-such-route": NoSuchRoute,
    "no-tariff": NoTariff,
    "no-window-left": NoWindowLeft,
    "nobody-to-tip": NobodyToTip,
    "not-ended-yet": NotEndedYet,
    "not-for-shopper": NotForShopper,
    "not-found": NotFound,
    "not-yours-to-do": NotYoursToDo,
    "nothing-to-offer": NothingToOffer,
    "outside-area": OutsideArea,
    "outside-hours": OutsideHours,
    "photo-refused": PhotoRefused,
    "picked-up-already": PickedUpAlready,
    "pin-locked": PinLocked,
    "pin-wrong": PinWrong,
    "price-rises": PriceRises,
    "proof-missing": ProofMissing,
    "quote-already-booked": QuoteAlreadyBooked,
    "quote-expired": QuoteExpired,
    "ready-after-window": ReadyAfterWindow,
    "reason-does-not-fit": ReasonDoesNotFit,
    "reason-unknown": ReasonUnknown,
    "recipient-not-allowed": RecipientNotAllowed,
    "redelivery-not-possible": RedeliveryNotPossible,
    "refused": Refused,
    "road-build-failed": RoadBuildFailed,
    "roads-unavailable": RoadsUnavailable,
    "robot-in-live-mode": RobotInLiveMode,
    "service-class-not-offered": ServiceClassNotOffered,
    "slug-taken": SlugTaken,
    "spot-does-not-fit": SpotDoesNotFit,
    "step-needs-reason": StepNeedsReason,
    "step-not-possible": StepNotPossible,
    "store-address-unclear": StoreAddressUnclear,
    "store-closed": StoreClosed,
    "store-inactive": StoreInactive,
    "tip-only-upward": TipOnlyUpward,
    "tip-too-high": TipTooHigh,
    "tip-too-late": TipTooLate,
    "too-far": TooFar,
    "too-far-from-road": TooFarFromRoad,
    "too-heavy": TooHeavy,
    "too-large": TooLarge,
    "too-many-endpoints": TooManyEndpoints,
    "too-many-reports": TooManyReports,
    "too-many-requests": TooManyRequests,
    "too-short-notice": TooShortNotice,
    "unauthenticated": Unauthenticated,
    "unavailable": Unavailable,
    "unknown-time-zone": UnknownTimeZone,
    "webhook-dialect-unknown": WebhookDialectUnknown,
    "webhook-header-refused": WebhookHeaderRefused,
    "webhook-url-refused": WebhookUrlRefused,
    "window-closed": WindowClosed,
    "window-does-not-fit-class": WindowDoesNotFitClass,
    "window-in-past": WindowInPast,
    "window-too-short": WindowTooShort,
    "wrong-credentials": WrongCredentials,
    "wrong-currency": WrongCurrency,
    "wrong-method": WrongMethod,
    "wrong-parcel": WrongParcel,
}

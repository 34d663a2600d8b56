# Written by `make docs` from the API's description; change it there.
"""The calls by resource, for the plain and for the asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from homeward_client import _requests
from homeward_client._answers import (
    AddressConfirmation,
    AddressMatches,
    AddressSearch,
    AddressSuggestions,
    ApplicantSessionBody,
    ApplicantSessionOut,
    Booking,
    Change,
    ChangeEndpointBody,
    ClaimBody,
    ClaimList,
    ClaimOut,
    ConsentBody,
    CoverageOut,
    CredentialOut,
    CredentialsOut,
    DeliveryList,
    DeliveryOut,
    DocumentBody,
    DossierOut,
    DriverOut,
    DriversOut,
    EligibilityBody,
    EligibilityOut,
    EndpointOut,
    EndpointsOut,
    EventFeed,
    EventList,
    EventOut,
    FeedbackBody,
    FeedbackList,
    FeedbackOut,
    HandshakeStep,
    InvitationsOut,
    KeyOut,
    KeysOut,
    LegList,
    LogOut,
    MerchantOut,
    MerchantPatch,
    NewCredentialBody,
    NewCredentialOut,
    NewDriverBody,
    NewEndpointBody,
    NewInvitationBody,
    NewInvitationOut,
    NewKeyBody,
    NewKeyOut,
    NewStoreBody,
    NewUserBody,
    OpenedOut,
    ParticularsBody,
    PayoutBody,
    ProofList,
    ProvePhoneBody,
    QuoteBody,
    QuoteOut,
    Reason,
    ReplayBody,
    ReplayedOut,
    ReportList,
    StatesState,
    StepIn,
    StepsOut,
    StoreOut,
    StorePatch,
    StoresOut,
    TextOut,
    Tip,
    UserOut,
    UserPatch,
    UsersOut,
    VehicleBody,
    WebhooksMessageOut,
)
from homeward_client._running import AsyncRunner, Runner
from homeward_client._talk import Pages


class Addresses:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def search(self, body: AddressSearch, *, idempotency_key: str | None = None) -> AddressMatches:
        """The same search that a quote and a booking use, with its confidence."""
        return self._runner.run(_requests.to_addresses_search(body, idempotency_key=idempotency_key))

    def suggest(
        self,
        *,
        q: str,
        market_id: str | None = None,
        near_lat: float | None = None,
        near_lon: float | None = None,
        limit: int | None = None,
    ) -> AddressSuggestions:
        """Streets that begin with or hold the words typed so far; given a number, `place` is that of the door."""
        return self._runner.run(
            _requests.to_addresses_suggest(q=q, market_id=market_id, near_lat=near_lat, near_lon=near_lon, limit=limit)
        )


class ApiKeys:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(self, body: NewKeyBody, *, idempotency_key: str | None = None) -> NewKeyOut:
        """Makes a key and shows it, this once. Only an owner makes a live one: it may do all that an owner may."""
        return self._runner.run(_requests.to_api_keys_create(body, idempotency_key=idempotency_key))

    def list(
        self,
    ) -> KeysOut:
        """All keys, newest first, without the keys themselves."""
        return self._runner.run(_requests.to_api_keys_list())

    def revoke(self, key_id: str) -> KeyOut:
        """Revokes a key for good."""
        return self._runner.run(_requests.to_api_keys_revoke(key_id))


class Applicant:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def accept_text(self, kind: str, body: ConsentBody, *, idempotency_key: str | None = None) -> DossierOut:
        """Recorded with the time, where it came from, and the hash of what was shown."""
        return self._runner.run(_requests.to_applicant_accept_text(kind, body, idempotency_key=idempotency_key))

    def application(
        self,
    ) -> DossierOut:
        """Where it stands, and what to do next."""
        return self._runner.run(_requests.to_applicant_application())

    def describe_vehicle(self, body: VehicleBody) -> DossierOut:
        """Whatever your kind of vehicle has of these."""
        return self._runner.run(_requests.to_applicant_describe_vehicle(body))

    def name_payout(self, body: PayoutBody) -> DossierOut:
        """Where your pay goes, by the payment company's token. We never want to see a bank or card number."""
        return self._runner.run(_requests.to_applicant_name_payout(body))

    def prove_phone(self, body: ProvePhoneBody, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Sends a six-digit code by text to whoever wants to become a courier."""
        return self._runner.run(_requests.to_applicant_prove_phone(body, idempotency_key=idempotency_key))

    def read_text(self, kind: str) -> TextOut:
        """Exact words to read. The notice of the background check stands alone, apart from the agreement."""
        return self._runner.run(_requests.to_applicant_read_text(kind))

    def say_who(self, body: ParticularsBody) -> DossierOut:
        """Name, market and what you move with."""
        return self._runner.run(_requests.to_applicant_say_who(body))

    def send_document(self, body: DocumentBody, *, idempotency_key: str | None = None) -> DossierOut:
        """A picture of a document; also later, before the one we have ends."""
        return self._runner.run(_requests.to_applicant_send_document(body, idempotency_key=idempotency_key))

    def session(self, body: ApplicantSessionBody, *, idempotency_key: str | None = None) -> ApplicantSessionOut:
        """Begins an application, or goes on with it. The session reaches nothing else."""
        return self._runner.run(_requests.to_applicant_session(body, idempotency_key=idempotency_key))


class Claims:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list(self, *, cursor: str | None = None, limit: int | None = None) -> ClaimList:
        """All of the merchant's claims, the newest first."""
        return self._runner.run(_requests.to_claims_list(cursor=cursor, limit=limit))

    def each(self, *, cursor: str | None = None, limit: int | None = None) -> Iterator[ClaimOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(Pages(_requests.to_claims_list(cursor=cursor, limit=limit), "cursor"))


class Coverage:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def check(self, *, lat: float, lon: float) -> CoverageOut:
        """Whether a place is served at all; a quote says more."""
        return self._runner.run(_requests.to_coverage_check(lat=lat, lon=lon))


class Credentials:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(self, body: NewCredentialBody, *, idempotency_key: str | None = None) -> NewCredentialOut:
        """Makes a credential and shows its secret, this once."""
        return self._runner.run(_requests.to_credentials_create(body, idempotency_key=idempotency_key))

    def list(
        self,
    ) -> CredentialsOut:
        """All of them, newest first, without their secrets."""
        return self._runner.run(_requests.to_credentials_list())

    def revoke(self, credential_id: str) -> CredentialOut:
        """Revokes it for good, with every token it was exchanged for."""
        return self._runner.run(_requests.to_credentials_revoke(credential_id))


class Deliveries:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def add_feedback(self, delivery_id: str, body: FeedbackBody, *, idempotency_key: str | None = None) -> FeedbackOut:
        """What the shopper thought of it; each call adds one."""
        return self._runner.run(
            _requests.to_deliveries_add_feedback(delivery_id, body, idempotency_key=idempotency_key)
        )

    def book(self, body: Booking, *, idempotency_key: str | None = None) -> DeliveryOut:
        """Book an option of a quote, or book directly with store, address and parcel."""
        return self._runner.run(_requests.to_deliveries_book(body, idempotency_key=idempotency_key))

    def cancel(
        self, delivery_id: str, body: Reason | None = None, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """Cancel before pick-up; free until a courier is assigned, then the tariff's fee applies."""
        return self._runner.run(_requests.to_deliveries_cancel(delivery_id, body, idempotency_key=idempotency_key))

    def change(self, delivery_id: str, body: Change) -> DeliveryOut:
        """Change what the state still allows; price and promise stay as quoted, unless you ask for another time."""
        return self._runner.run(_requests.to_deliveries_change(delivery_id, body))

    def claim_refund(self, delivery_id: str, body: ClaimBody, *, idempotency_key: str | None = None) -> ClaimOut:
        """Ask for a refund; the published rules answer at once, or say that a person will."""
        return self._runner.run(
            _requests.to_deliveries_claim_refund(delivery_id, body, idempotency_key=idempotency_key)
        )

    def confirm_address(
        self, delivery_id: str, body: AddressConfirmation, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """Set the pin of the door, where the address alone was not certain enough."""
        return self._runner.run(
            _requests.to_deliveries_confirm_address(delivery_id, body, idempotency_key=idempotency_key)
        )

    def confirm_handshake(
        self, delivery_id: str, body: HandshakeStep, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """The courier at your counter showed the right code: `pickup.code`, or `proof.return_code` on the way back."""
        return self._runner.run(
            _requests.to_deliveries_confirm_handshake(delivery_id, body, idempotency_key=idempotency_key)
        )

    def get(self, delivery_id: str) -> DeliveryOut:
        """One delivery."""
        return self._runner.run(_requests.to_deliveries_get(delivery_id))

    def get_report_photo(self, delivery_id: str, report_id: str) -> bytes:
        """The picture that came with a report."""
        return self._runner.run(_requests.to_deliveries_get_report_photo(delivery_id, report_id))

    def list(
        self,
        *,
        state: Sequence[StatesState] | None = None,
        store_id: str | None = None,
        external_id: str | None = None,
        created_from: str | None = None,
        created_to: str | None = None,
        attention: bool | None = None,
        text: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> DeliveryList:
        """The merchant's deliveries, the newest first."""
        return self._runner.run(
            _requests.to_deliveries_list(
                state=state,
                store_id=store_id,
                external_id=external_id,
                created_from=created_from,
                created_to=created_to,
                attention=attention,
                text=text,
                cursor=cursor,
                limit=limit,
            )
        )

    def each(
        self,
        *,
        state: Sequence[StatesState] | None = None,
        store_id: str | None = None,
        external_id: str | None = None,
        created_from: str | None = None,
        created_to: str | None = None,
        attention: bool | None = None,
        text: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> Iterator[DeliveryOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(
            Pages(
                _requests.to_deliveries_list(
                    state=state,
                    store_id=store_id,
                    external_id=external_id,
                    created_from=created_from,
                    created_to=created_to,
                    attention=attention,
                    text=text,
                    cursor=cursor,
                    limit=limit,
                ),
                "cursor",
            )
        )

    def list_claims(self, delivery_id: str) -> ClaimList:
        """The oldest first."""
        return self._runner.run(_requests.to_deliveries_list_claims(delivery_id))

    def list_events(self, delivery_id: str) -> EventList:
        """Its whole story, without a gap in `seq`."""
        return self._runner.run(_requests.to_deliveries_list_events(delivery_id))

    def list_feedback(self, delivery_id: str) -> FeedbackList:
        """The oldest first."""
        return self._runner.run(_requests.to_deliveries_list_feedback(delivery_id))

    def list_legs(self, delivery_id: str) -> LegList:
        """Each carrying by one courier, the way back to the store included."""
        return self._runner.run(_requests.to_deliveries_list_legs(delivery_id))

    def list_proofs(self, delivery_id: str) -> ProofList:
        """Photos, signatures and codes that prove it, each with its link, and the link to all of it on one sheet."""
        return self._runner.run(_requests.to_deliveries_list_proofs(delivery_id))

    def list_reports(self, delivery_id: str) -> ReportList:
        """What the shopper reported on the tracking page, the oldest first."""
        return self._runner.run(_requests.to_deliveries_list_reports(delivery_id))

    def mark_ready(self, delivery_id: str, *, idempotency_key: str | None = None) -> DeliveryOut:
        """The parcel is ready, perhaps earlier than you had said."""
        return self._runner.run(_requests.to_deliveries_mark_ready(delivery_id, idempotency_key=idempotency_key))

    def open_compartment(self, delivery_id: str, *, idempotency_key: str | None = None) -> OpenedOut:
        """Opens the compartment of the machine that stands at the store, to put the parcel in or take it back."""
        return self._runner.run(_requests.to_deliveries_open_compartment(delivery_id, idempotency_key=idempotency_key))

    def read_proof_pdf(self, delivery_id: str) -> bytes:
        """All that proves it on one sheet, in your brand: as things stand, also before its end."""
        return self._runner.run(_requests.to_deliveries_read_proof_pdf(delivery_id))

    def return_(
        self, delivery_id: str, body: Reason | None = None, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """Call a parcel back that is already on its way."""
        return self._runner.run(_requests.to_deliveries_return(delivery_id, body, idempotency_key=idempotency_key))

    def tip_courier(self, delivery_id: str, body: Tip, *, idempotency_key: str | None = None) -> DeliveryOut:
        """Raise the tip to `amount`, until 14 days after the end; all of it is the courier's."""
        return self._runner.run(_requests.to_deliveries_tip_courier(delivery_id, body, idempotency_key=idempotency_key))


class Drivers:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def add(self, body: NewDriverBody, *, idempotency_key: str | None = None) -> DriverOut:
        """Adds one of your own drivers. They go on duty in the courier app, and are asked before other couriers are
        wherever that is no worse for your shoppers.
        """
        return self._runner.run(_requests.to_drivers_add(body, idempotency_key=idempotency_key))

    def list(
        self,
    ) -> DriversOut:
        """Your own drivers, by name."""
        return self._runner.run(_requests.to_drivers_list())

    def remove(self, courier_id: str) -> None:
        """They are signed out at once. What they carry has to be finished first."""
        self._runner.run(_requests.to_drivers_remove(courier_id))


class Eligibility:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def check(self, body: EligibilityBody, *, idempotency_key: str | None = None) -> EligibilityOut:
        """Which of these doors are served from which of these stores; a quote says when and for how much."""
        return self._runner.run(_requests.to_eligibility_check(body, idempotency_key=idempotency_key))


class Events:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def read(self, *, after: str | None = None, limit: int | None = None) -> EventFeed:
        """All events of the last 30 days in order; ask again with `next_cursor` for what came since."""
        return self._runner.run(_requests.to_events_read(after=after, limit=limit))

    def each(self, *, after: str | None = None, limit: int | None = None) -> Iterator[EventOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(Pages(_requests.to_events_read(after=after, limit=limit), "after"))

    def follow(
        self, *, after: str | None = None, limit: int | None = None, every_s: float = 5.0
    ) -> Iterator[EventFeed]:
        """Every page with something new, for ever. Keep its `next_cursor` when you have done with it."""
        return self._runner.poll(Pages(_requests.to_events_read(after=after, limit=limit), "after"), every_s)


class Invitations:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(self, body: NewInvitationBody, *, idempotency_key: str | None = None) -> NewInvitationOut:
        """Makes a link for somebody to join by; it is valid for seven days, and ends the link they had before."""
        return self._runner.run(_requests.to_invitations_create(body, idempotency_key=idempotency_key))

    def list(
        self,
    ) -> InvitationsOut:
        """Who is asked and has not joined yet, by e-mail."""
        return self._runner.run(_requests.to_invitations_list())

    def withdraw(self, invitation_id: str) -> None:
        """The link opens nothing any more."""
        self._runner.run(_requests.to_invitations_withdraw(invitation_id))


class Merchant:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def change(self, body: MerchantPatch) -> MerchantOut:
        """Changes name, brand and what shoppers may do; what is left out stays."""
        return self._runner.run(_requests.to_merchant_change(body))

    def get(
        self,
    ) -> MerchantOut:
        """The merchant that the key or session belongs to."""
        return self._runner.run(_requests.to_merchant_get())


class Proofs:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def read(self, proof_id: str) -> bytes:
        """The picture itself."""
        return self._runner.run(_requests.to_proofs_read(proof_id))


class Quotes:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def create(self, body: QuoteBody, *, idempotency_key: str | None = None) -> QuoteOut:
        """What a delivery would cost and when it can be promised: one or more options, valid until `book_by`."""
        return self._runner.run(_requests.to_quotes_create(body, idempotency_key=idempotency_key))

    def get(self, quote_id: str) -> QuoteOut:
        """A quote given before, also after it has expired."""
        return self._runner.run(_requests.to_quotes_get(quote_id))


class Stores:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def change(self, store_id: str, body: StorePatch) -> StoreOut:
        """Changes what is given; `null` empties phone, external_id and holiday_calendar."""
        return self._runner.run(_requests.to_stores_change(store_id, body))

    def create(self, body: NewStoreBody, *, idempotency_key: str | None = None) -> StoreOut:
        """Adds a store. Its market follows from where it stands; hours left out are the market's."""
        return self._runner.run(_requests.to_stores_create(body, idempotency_key=idempotency_key))

    def get(self, store_id: str) -> StoreOut:
        """One store."""
        return self._runner.run(_requests.to_stores_get(store_id))

    def list(
        self,
    ) -> StoresOut:
        """All stores of the merchant, closed ones too, by name."""
        return self._runner.run(_requests.to_stores_list())


class Test:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def list_steps(self, delivery_id: str) -> StepsOut:
        """What may happen to this test delivery now, and by whom."""
        return self._runner.run(_requests.to_test_list_steps(delivery_id))

    def perform_step(self, delivery_id: str, body: StepIn, *, idempotency_key: str | None = None) -> StepsOut:
        """Make one of them happen now; answers the new state and what may happen then."""
        return self._runner.run(_requests.to_test_perform_step(delivery_id, body, idempotency_key=idempotency_key))


class Users:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def change(self, user_id: str, body: UserPatch) -> UserOut:
        """Gives another role or a new password; a new password ends all sessions of that person."""
        return self._runner.run(_requests.to_users_change(user_id, body))

    def create(self, body: NewUserBody, *, idempotency_key: str | None = None) -> UserOut:
        """Lets somebody in."""
        return self._runner.run(_requests.to_users_create(body, idempotency_key=idempotency_key))

    def list(
        self,
    ) -> UsersOut:
        """The merchant's people, by e-mail."""
        return self._runner.run(_requests.to_users_list())

    def remove(self, user_id: str) -> None:
        """Shuts somebody out at once."""
        self._runner.run(_requests.to_users_remove(user_id))


class WebhookEndpoints:
    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def change(self, endpoint_id: str, body: ChangeEndpointBody) -> EndpointOut:
        """Change the address or the events, or switch it off and on again."""
        return self._runner.run(_requests.to_webhook_endpoints_change(endpoint_id, body))

    def create(self, body: NewEndpointBody, *, idempotency_key: str | None = None) -> EndpointOut:
        """The answer holds the signing secret: keep it, it is not shown again."""
        return self._runner.run(_requests.to_webhook_endpoints_create(body, idempotency_key=idempotency_key))

    def get(self, endpoint_id: str) -> EndpointOut:
        """Get Endpoint"""
        return self._runner.run(_requests.to_webhook_endpoints_get(endpoint_id))

    def list(
        self,
    ) -> EndpointsOut:
        """List Endpoints"""
        return self._runner.run(_requests.to_webhook_endpoints_list())

    def log(
        self, endpoint_id: str, *, cursor: str | None = None, state: str | None = None, limit: int | None = None
    ) -> LogOut:
        """Messages with all their tries, newest first."""
        return self._runner.run(
            _requests.to_webhook_endpoints_log(endpoint_id, cursor=cursor, state=state, limit=limit)
        )

    def each_log(
        self, endpoint_id: str, *, cursor: str | None = None, state: str | None = None, limit: int | None = None
    ) -> Iterator[WebhooksMessageOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(
            Pages(_requests.to_webhook_endpoints_log(endpoint_id, cursor=cursor, state=state, limit=limit), "cursor")
        )

    def remove(self, endpoint_id: str) -> None:
        """With its log."""
        self._runner.run(_requests.to_webhook_endpoints_remove(endpoint_id))

    def replay(self, endpoint_id: str, body: ReplayBody, *, idempotency_key: str | None = None) -> ReplayedOut:
        """Send again: one message, a range of time, or all that failed."""
        return self._runner.run(
            _requests.to_webhook_endpoints_replay(endpoint_id, body, idempotency_key=idempotency_key)
        )

    def rotate_secret(self, endpoint_id: str, *, idempotency_key: str | None = None) -> EndpointOut:
        """A new secret; the one before goes on signing beside it until the next rotation."""
        return self._runner.run(
            _requests.to_webhook_endpoints_rotate_secret(endpoint_id, idempotency_key=idempotency_key)
        )


class Resources:
    def __init__(self, runner: Runner) -> None:
        self.addresses = Addresses(runner)
        self.api_keys = ApiKeys(runner)
        self.applicant = Applicant(runner)
        self.claims = Claims(runner)
        self.coverage = Coverage(runner)
        self.credentials = Credentials(runner)
        self.deliveries = Deliveries(runner)
        self.drivers = Drivers(runner)
        self.eligibility = Eligibility(runner)
        self.events = Events(runner)
        self.invitations = Invitations(runner)
        self.merchant = Merchant(runner)
        self.proofs = Proofs(runner)
        self.quotes = Quotes(runner)
        self.stores = Stores(runner)
        self.test = Test(runner)
        self.users = Users(runner)
        self.webhook_endpoints = WebhookEndpoints(runner)


class AsyncAddresses:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def search(self, body: AddressSearch, *, idempotency_key: str | None = None) -> AddressMatches:
        """The same search that a quote and a booking use, with its confidence."""
        return await self._runner.run(_requests.to_addresses_search(body, idempotency_key=idempotency_key))

    async def suggest(
        self,
        *,
        q: str,
        market_id: str | None = None,
        near_lat: float | None = None,
        near_lon: float | None = None,
        limit: int | None = None,
    ) -> AddressSuggestions:
        """Streets that begin with or hold the words typed so far; given a number, `place` is that of the door."""
        return await self._runner.run(
            _requests.to_addresses_suggest(q=q, market_id=market_id, near_lat=near_lat, near_lon=near_lon, limit=limit)
        )


class AsyncApiKeys:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def create(self, body: NewKeyBody, *, idempotency_key: str | None = None) -> NewKeyOut:
        """Makes a key and shows it, this once. Only an owner makes a live one: it may do all that an owner may."""
        return await self._runner.run(_requests.to_api_keys_create(body, idempotency_key=idempotency_key))

    async def list(
        self,
    ) -> KeysOut:
        """All keys, newest first, without the keys themselves."""
        return await self._runner.run(_requests.to_api_keys_list())

    async def revoke(self, key_id: str) -> KeyOut:
        """Revokes a key for good."""
        return await self._runner.run(_requests.to_api_keys_revoke(key_id))


class AsyncApplicant:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def accept_text(self, kind: str, body: ConsentBody, *, idempotency_key: str | None = None) -> DossierOut:
        """Recorded with the time, where it came from, and the hash of what was shown."""
        return await self._runner.run(_requests.to_applicant_accept_text(kind, body, idempotency_key=idempotency_key))

    async def application(
        self,
    ) -> DossierOut:
        """Where it stands, and what to do next."""
        return await self._runner.run(_requests.to_applicant_application())

    async def describe_vehicle(self, body: VehicleBody) -> DossierOut:
        """Whatever your kind of vehicle has of these."""
        return await self._runner.run(_requests.to_applicant_describe_vehicle(body))

    async def name_payout(self, body: PayoutBody) -> DossierOut:
        """Where your pay goes, by the payment company's token. We never want to see a bank or card number."""
        return await self._runner.run(_requests.to_applicant_name_payout(body))

    async def prove_phone(self, body: ProvePhoneBody, *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Sends a six-digit code by text to whoever wants to become a courier."""
        return await self._runner.run(_requests.to_applicant_prove_phone(body, idempotency_key=idempotency_key))

    async def read_text(self, kind: str) -> TextOut:
        """Exact words to read. The notice of the background check stands alone, apart from the agreement."""
        return await self._runner.run(_requests.to_applicant_read_text(kind))

    async def say_who(self, body: ParticularsBody) -> DossierOut:
        """Name, market and what you move with."""
        return await self._runner.run(_requests.to_applicant_say_who(body))

    async def send_document(self, body: DocumentBody, *, idempotency_key: str | None = None) -> DossierOut:
        """A picture of a document; also later, before the one we have ends."""
        return await self._runner.run(_requests.to_applicant_send_document(body, idempotency_key=idempotency_key))

    async def session(self, body: ApplicantSessionBody, *, idempotency_key: str | None = None) -> ApplicantSessionOut:
        """Begins an application, or goes on with it. The session reaches nothing else."""
        return await self._runner.run(_requests.to_applicant_session(body, idempotency_key=idempotency_key))


class AsyncClaims:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def list(self, *, cursor: str | None = None, limit: int | None = None) -> ClaimList:
        """All of the merchant's claims, the newest first."""
        return await self._runner.run(_requests.to_claims_list(cursor=cursor, limit=limit))

    def each(self, *, cursor: str | None = None, limit: int | None = None) -> AsyncIterator[ClaimOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(Pages(_requests.to_claims_list(cursor=cursor, limit=limit), "cursor"))


class AsyncCoverage:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def check(self, *, lat: float, lon: float) -> CoverageOut:
        """Whether a place is served at all; a quote says more."""
        return await self._runner.run(_requests.to_coverage_check(lat=lat, lon=lon))


class AsyncCredentials:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def create(self, body: NewCredentialBody, *, idempotency_key: str | None = None) -> NewCredentialOut:
        """Makes a credential and shows its secret, this once."""
        return await self._runner.run(_requests.to_credentials_create(body, idempotency_key=idempotency_key))

    async def list(
        self,
    ) -> CredentialsOut:
        """All of them, newest first, without their secrets."""
        return await self._runner.run(_requests.to_credentials_list())

    async def revoke(self, credential_id: str) -> CredentialOut:
        """Revokes it for good, with every token it was exchanged for."""
        return await self._runner.run(_requests.to_credentials_revoke(credential_id))


class AsyncDeliveries:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def add_feedback(
        self, delivery_id: str, body: FeedbackBody, *, idempotency_key: str | None = None
    ) -> FeedbackOut:
        """What the shopper thought of it; each call adds one."""
        return await self._runner.run(
            _requests.to_deliveries_add_feedback(delivery_id, body, idempotency_key=idempotency_key)
        )

    async def book(self, body: Booking, *, idempotency_key: str | None = None) -> DeliveryOut:
        """Book an option of a quote, or book directly with store, address and parcel."""
        return await self._runner.run(_requests.to_deliveries_book(body, idempotency_key=idempotency_key))

    async def cancel(
        self, delivery_id: str, body: Reason | None = None, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """Cancel before pick-up; free until a courier is assigned, then the tariff's fee applies."""
        return await self._runner.run(
            _requests.to_deliveries_cancel(delivery_id, body, idempotency_key=idempotency_key)
        )

    async def change(self, delivery_id: str, body: Change) -> DeliveryOut:
        """Change what the state still allows; price and promise stay as quoted, unless you ask for another time."""
        return await self._runner.run(_requests.to_deliveries_change(delivery_id, body))

    async def claim_refund(self, delivery_id: str, body: ClaimBody, *, idempotency_key: str | None = None) -> ClaimOut:
        """Ask for a refund; the published rules answer at once, or say that a person will."""
        return await self._runner.run(
            _requests.to_deliveries_claim_refund(delivery_id, body, idempotency_key=idempotency_key)
        )

    async def confirm_address(
        self, delivery_id: str, body: AddressConfirmation, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """Set the pin of the door, where the address alone was not certain enough."""
        return await self._runner.run(
            _requests.to_deliveries_confirm_address(delivery_id, body, idempotency_key=idempotency_key)
        )

    async def confirm_handshake(
        self, delivery_id: str, body: HandshakeStep, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """The courier at your counter showed the right code: `pickup.code`, or `proof.return_code` on the way back."""
        return await self._runner.run(
            _requests.to_deliveries_confirm_handshake(delivery_id, body, idempotency_key=idempotency_key)
        )

    async def get(self, delivery_id: str) -> DeliveryOut:
        """One delivery."""
        return await self._runner.run(_requests.to_deliveries_get(delivery_id))

    async def get_report_photo(self, delivery_id: str, report_id: str) -> bytes:
        """The picture that came with a report."""
        return await self._runner.run(_requests.to_deliveries_get_report_photo(delivery_id, report_id))

    async def list(
        self,
        *,
        state: Sequence[StatesState] | None = None,
        store_id: str | None = None,
        external_id: str | None = None,
        created_from: str | None = None,
        created_to: str | None = None,
        attention: bool | None = None,
        text: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> DeliveryList:
        """The merchant's deliveries, the newest first."""
        return await self._runner.run(
            _requests.to_deliveries_list(
                state=state,
                store_id=store_id,
                external_id=external_id,
                created_from=created_from,
                created_to=created_to,
                attention=attention,
                text=text,
                cursor=cursor,
                limit=limit,
            )
        )

    def each(
        self,
        *,
        state: Sequence[StatesState] | None = None,
        store_id: str | None = None,
        external_id: str | None = None,
        created_from: str | None = None,
        created_to: str | None = None,
        attention: bool | None = None,
        text: str | None = None,
        cursor: str | None = None,
        limit: int | None = None,
    ) -> AsyncIterator[DeliveryOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(
            Pages(
                _requests.to_deliveries_list(
                    state=state,
                    store_id=store_id,
                    external_id=external_id,
                    created_from=created_from,
                    created_to=created_to,
                    attention=attention,
                    text=text,
                    cursor=cursor,
                    limit=limit,
                ),
                "cursor",
            )
        )

    async def list_claims(self, delivery_id: str) -> ClaimList:
        """The oldest first."""
        return await self._runner.run(_requests.to_deliveries_list_claims(delivery_id))

    async def list_events(self, delivery_id: str) -> EventList:
        """Its whole story, without a gap in `seq`."""
        return await self._runner.run(_requests.to_deliveries_list_events(delivery_id))

    async def list_feedback(self, delivery_id: str) -> FeedbackList:
        """The oldest first."""
        return await self._runner.run(_requests.to_deliveries_list_feedback(delivery_id))

    async def list_legs(self, delivery_id: str) -> LegList:
        """Each carrying by one courier, the way back to the store included."""
        return await self._runner.run(_requests.to_deliveries_list_legs(delivery_id))

    async def list_proofs(self, delivery_id: str) -> ProofList:
        """Photos, signatures and codes that prove it, each with its link, and the link to all of it on one sheet."""
        return await self._runner.run(_requests.to_deliveries_list_proofs(delivery_id))

    async def list_reports(self, delivery_id: str) -> ReportList:
        """What the shopper reported on the tracking page, the oldest first."""
        return await self._runner.run(_requests.to_deliveries_list_reports(delivery_id))

    async def mark_ready(self, delivery_id: str, *, idempotency_key: str | None = None) -> DeliveryOut:
        """The parcel is ready, perhaps earlier than you had said."""
        return await self._runner.run(_requests.to_deliveries_mark_ready(delivery_id, idempotency_key=idempotency_key))

    async def open_compartment(self, delivery_id: str, *, idempotency_key: str | None = None) -> OpenedOut:
        """Opens the compartment of the machine that stands at the store, to put the parcel in or take it back."""
        return await self._runner.run(
            _requests.to_deliveries_open_compartment(delivery_id, idempotency_key=idempotency_key)
        )

    async def read_proof_pdf(self, delivery_id: str) -> bytes:
        """All that proves it on one sheet, in your brand: as things stand, also before its end."""
        return await self._runner.run(_requests.to_deliveries_read_proof_pdf(delivery_id))

    async def return_(
        self, delivery_id: str, body: Reason | None = None, *, idempotency_key: str | None = None
    ) -> DeliveryOut:
        """Call a parcel back that is already on its way."""
        return await self._runner.run(
            _requests.to_deliveries_return(delivery_id, body, idempotency_key=idempotency_key)
        )

    async def tip_courier(self, delivery_id: str, body: Tip, *, idempotency_key: str | None = None) -> DeliveryOut:
        """Raise the tip to `amount`, until 14 days after the end; all of it is the courier's."""
        return await self._runner.run(
            _requests.to_deliveries_tip_courier(delivery_id, body, idempotency_key=idempotency_key)
        )


class AsyncDrivers:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def add(self, body: NewDriverBody, *, idempotency_key: str | None = None) -> DriverOut:
        """Adds one of your own drivers. They go on duty in the courier app, and are asked before other couriers are
        wherever that is no worse for your shoppers.
        """
        return await self._runner.run(_requests.to_drivers_add(body, idempotency_key=idempotency_key))

    async def list(
        self,
    ) -> DriversOut:
        """Your own drivers, by name."""
        return await self._runner.run(_requests.to_drivers_list())

    async def remove(self, courier_id: str) -> None:
        """They are signed out at once. What they carry has to be finished first."""
        await self._runner.run(_requests.to_drivers_remove(courier_id))


class AsyncEligibility:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def check(self, body: EligibilityBody, *, idempotency_key: str | None = None) -> EligibilityOut:
        """Which of these doors are served from which of these stores; a quote says when and for how much."""
        return await self._runner.run(_requests.to_eligibility_check(body, idempotency_key=idempotency_key))


class AsyncEvents:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def read(self, *, after: str | None = None, limit: int | None = None) -> EventFeed:
        """All events of the last 30 days in order; ask again with `next_cursor` for what came since."""
        return await self._runner.run(_requests.to_events_read(after=after, limit=limit))

    def each(self, *, after: str | None = None, limit: int | None = None) -> AsyncIterator[EventOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(Pages(_requests.to_events_read(after=after, limit=limit), "after"))

    def follow(
        self, *, after: str | None = None, limit: int | None = None, every_s: float = 5.0
    ) -> AsyncIterator[EventFeed]:
        """Every page with something new, for ever. Keep its `next_cursor` when you have done with it."""
        return self._runner.poll(Pages(_requests.to_events_read(after=after, limit=limit), "after"), every_s)


class AsyncInvitations:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def create(self, body: NewInvitationBody, *, idempotency_key: str | None = None) -> NewInvitationOut:
        """Makes a link for somebody to join by; it is valid for seven days, and ends the link they had before."""
        return await self._runner.run(_requests.to_invitations_create(body, idempotency_key=idempotency_key))

    async def list(
        self,
    ) -> InvitationsOut:
        """Who is asked and has not joined yet, by e-mail."""
        return await self._runner.run(_requests.to_invitations_list())

    async def withdraw(self, invitation_id: str) -> None:
        """The link opens nothing any more."""
        await self._runner.run(_requests.to_invitations_withdraw(invitation_id))


class AsyncMerchant:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def change(self, body: MerchantPatch) -> MerchantOut:
        """Changes name, brand and what shoppers may do; what is left out stays."""
        return await self._runner.run(_requests.to_merchant_change(body))

    async def get(
        self,
    ) -> MerchantOut:
        """The merchant that the key or session belongs to."""
        return await self._runner.run(_requests.to_merchant_get())


class AsyncProofs:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def read(self, proof_id: str) -> bytes:
        """The picture itself."""
        return await self._runner.run(_requests.to_proofs_read(proof_id))


class AsyncQuotes:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def create(self, body: QuoteBody, *, idempotency_key: str | None = None) -> QuoteOut:
        """What a delivery would cost and when it can be promised: one or more options, valid until `book_by`."""
        return await self._runner.run(_requests.to_quotes_create(body, idempotency_key=idempotency_key))

    async def get(self, quote_id: str) -> QuoteOut:
        """A quote given before, also after it has expired."""
        return await self._runner.run(_requests.to_quotes_get(quote_id))


class AsyncStores:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def change(self, store_id: str, body: StorePatch) -> StoreOut:
        """Changes what is given; `null` empties phone, external_id and holiday_calendar."""
        return await self._runner.run(_requests.to_stores_change(store_id, body))

    async def create(self, body: NewStoreBody, *, idempotency_key: str | None = None) -> StoreOut:
        """Adds a store. Its market follows from where it stands; hours left out are the market's."""
        return await self._runner.run(_requests.to_stores_create(body, idempotency_key=idempotency_key))

    async def get(self, store_id: str) -> StoreOut:
        """One store."""
        return await self._runner.run(_requests.to_stores_get(store_id))

    async def list(
        self,
    ) -> StoresOut:
        """All stores of the merchant, closed ones too, by name."""
        return await self._runner.run(_requests.to_stores_list())


class AsyncTest:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def list_steps(self, delivery_id: str) -> StepsOut:
        """What may happen to this test delivery now, and by whom."""
        return await self._runner.run(_requests.to_test_list_steps(delivery_id))

    async def perform_step(self, delivery_id: str, body: StepIn, *, idempotency_key: str | None = None) -> StepsOut:
        """Make one of them happen now; answers the new state and what may happen then."""
        return await self._runner.run(
            _requests.to_test_perform_step(delivery_id, body, idempotency_key=idempotency_key)
        )


class AsyncUsers:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def change(self, user_id: str, body: UserPatch) -> UserOut:
        """Gives another role or a new password; a new password ends all sessions of that person."""
        return await self._runner.run(_requests.to_users_change(user_id, body))

    async def create(self, body: NewUserBody, *, idempotency_key: str | None = None) -> UserOut:
        """Lets somebody in."""
        return await self._runner.run(_requests.to_users_create(body, idempotency_key=idempotency_key))

    async def list(
        self,
    ) -> UsersOut:
        """The merchant's people, by e-mail."""
        return await self._runner.run(_requests.to_users_list())

    async def remove(self, user_id: str) -> None:
        """Shuts somebody out at once."""
        await self._runner.run(_requests.to_users_remove(user_id))


class AsyncWebhookEndpoints:
    def __init__(self, runner: AsyncRunner) -> None:
        self._runner = runner

    async def change(self, endpoint_id: str, body: ChangeEndpointBody) -> EndpointOut:
        """Change the address or the events, or switch it off and on again."""
        return await self._runner.run(_requests.to_webhook_endpoints_change(endpoint_id, body))

    async def create(self, body: NewEndpointBody, *, idempotency_key: str | None = None) -> EndpointOut:
        """The answer holds the signing secret: keep it, it is not shown again."""
        return await self._runner.run(_requests.to_webhook_endpoints_create(body, idempotency_key=idempotency_key))

    async def get(self, endpoint_id: str) -> EndpointOut:
        """Get Endpoint"""
        return await self._runner.run(_requests.to_webhook_endpoints_get(endpoint_id))

    async def list(
        self,
    ) -> EndpointsOut:
        """List Endpoints"""
        return await self._runner.run(_requests.to_webhook_endpoints_list())

    async def log(
        self, endpoint_id: str, *, cursor: str | None = None, state: str | None = None, limit: int | None = None
    ) -> LogOut:
        """Messages with all their tries, newest first."""
        return await self._runner.run(
            _requests.to_webhook_endpoints_log(endpoint_id, cursor=cursor, state=state, limit=limit)
        )

    def each_log(
        self, endpoint_id: str, *, cursor: str | None = None, state: str | None = None, limit: int | None = None
    ) -> AsyncIterator[WebhooksMessageOut]:
        """As the list, but every item of all its pages."""
        return self._runner.walk(
            Pages(_requests.to_webhook_endpoints_log(endpoint_id, cursor=cursor, state=state, limit=limit), "cursor")
        )

    async def remove(self, endpoint_id: str) -> None:
        """With its log."""
        await self._runner.run(_requests.to_webhook_endpoints_remove(endpoint_id))

    async def replay(self, endpoint_id: str, body: ReplayBody, *, idempotency_key: str | None = None) -> ReplayedOut:
        """Send again: one message, a range of time, or all that failed."""
        return await self._runner.run(
            _requests.to_webhook_endpoints_replay(endpoint_id, body, idempotency_key=idempotency_key)
        )

    async def rotate_secret(self, endpoint_id: str, *, idempotency_key: str | None = None) -> EndpointOut:
        """A new secret; the one before goes on signing beside it until the next rotation."""
        return await self._runner.run(
            _requests.to_webhook_endpoints_rotate_secret(endpoint_id, idempotency_key=idempotency_key)
        )


class AsyncResources:
    def __init__(self, runner: AsyncRunner) -> None:
        self.addresses = AsyncAddresses(runner)
        self.api_keys = AsyncApiKeys(runner)
        self.applicant = AsyncApplicant(runner)
        self.claims = AsyncClaims(runner)
        self.coverage = AsyncCoverage(runner)
        self.credentials = AsyncCredentials(runner)
        self.deliveries = AsyncDeliveries(runner)
        self.drivers = AsyncDrivers(runner)
        self.eligibility = AsyncEligibility(runner)
        self.events = AsyncEvents(runner)
        self.invitations = AsyncInvitations(runner)
        self.merchant = AsyncMerchant(runner)
        self.proofs = AsyncProofs(runner)
        self.quotes = AsyncQuotes(runner)
        self.stores = AsyncStores(runner)
        self.test = AsyncTest(runner)
        self.users = AsyncUsers(runner)
        self.webhook_endpoints = AsyncWebhookEndpoints(runner)

# Written by `make docs` from the API's description; change it there.
"""Every call of the API as a value, for both clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
)
from homeward_client._calls import Call, a_key, path_part


def to_addresses_search(body: AddressSearch, *, idempotency_key: str | None = None) -> Call[AddressMatches]:
    return Call("POST", "/v1/addresses/search", body=body, idempotency_key=idempotency_key or a_key())


def to_addresses_suggest(
    *,
    q: str,
    market_id: str | None = None,
    near_lat: float | None = None,
    near_lon: float | None = None,
    limit: int | None = None,
) -> Call[AddressSuggestions]:
    return Call(
        "GET",
        "/v1/addresses/suggest",
        query={"q": q, "market_id": market_id, "near_lat": near_lat, "near_lon": near_lon, "limit": limit},
    )


def to_api_keys_create(body: NewKeyBody, *, idempotency_key: str | None = None) -> Call[NewKeyOut]:
    return Call("POST", "/v1/api-keys", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False)


def to_api_keys_list() -> Call[KeysOut]:
    return Call("GET", "/v1/api-keys")


def to_api_keys_revoke(key_id: str) -> Call[KeyOut]:
    return Call("DELETE", f"/v1/api-keys/{path_part(key_id)}")


def to_applicant_accept_text(kind: str, body: ConsentBody, *, idempotency_key: str | None = None) -> Call[DossierOut]:
    return Call(
        "POST",
        f"/v1/applicant/texts/{path_part(kind)}/consent",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_applicant_application() -> Call[DossierOut]:
    return Call("GET", "/v1/applicant/application")


def to_applicant_describe_vehicle(body: VehicleBody) -> Call[DossierOut]:
    return Call("PUT", "/v1/applicant/vehicle", body=body)


def to_applicant_name_payout(body: PayoutBody) -> Call[DossierOut]:
    return Call("PUT", "/v1/applicant/payout", body=body)


def to_applicant_prove_phone(body: ProvePhoneBody, *, idempotency_key: str | None = None) -> Call[dict[str, Any]]:
    return Call(
        "POST", "/v1/applicant/login-codes", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False
    )


def to_applicant_read_text(kind: str) -> Call[TextOut]:
    return Call("GET", f"/v1/applicant/texts/{path_part(kind)}")


def to_applicant_say_who(body: ParticularsBody) -> Call[DossierOut]:
    return Call("PUT", "/v1/applicant/application", body=body)


def to_applicant_send_document(body: DocumentBody, *, idempotency_key: str | None = None) -> Call[DossierOut]:
    return Call(
        "POST", "/v1/applicant/documents", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False
    )


def to_applicant_session(
    body: ApplicantSessionBody, *, idempotency_key: str | None = None
) -> Call[ApplicantSessionOut]:
    return Call(
        "POST", "/v1/applicant/sessions", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False
    )


def to_claims_list(*, cursor: str | None = None, limit: int | None = None) -> Call[ClaimList]:
    return Call("GET", "/v1/claims", query={"cursor": cursor, "limit": limit})


def to_coverage_check(*, lat: float, lon: float) -> Call[CoverageOut]:
    return Call("GET", "/v1/coverage", query={"lat": lat, "lon": lon})


def to_credentials_create(body: NewCredentialBody, *, idempotency_key: str | None = None) -> Call[NewCredentialOut]:
    return Call("POST", "/v1/credentials", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False)


def to_credentials_list() -> Call[CredentialsOut]:
    return Call("GET", "/v1/credentials")


def to_credentials_revoke(credential_id: str) -> Call[CredentialOut]:
    return Call("DELETE", f"/v1/credentials/{path_part(credential_id)}")


def to_deliveries_add_feedback(
    delivery_id: str, body: FeedbackBody, *, idempotency_key: str | None = None
) -> Call[FeedbackOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/feedback",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_deliveries_book(body: Booking, *, idempotency_key: str | None = None) -> Call[DeliveryOut]:
    return Call("POST", "/v1/deliveries", body=body, idempotency_key=idempotency_key or a_key())


def to_deliveries_cancel(
    delivery_id: str, body: Reason | None = None, *, idempotency_key: str | None = None
) -> Call[DeliveryOut]:
    return Call(
        "POST", f"/v1/deliveries/{path_part(delivery_id)}/cancel", body=body, idempotency_key=idempotency_key or a_key()
    )


def to_deliveries_change(delivery_id: str, body: Change) -> Call[DeliveryOut]:
    return Call("PATCH", f"/v1/deliveries/{path_part(delivery_id)}", body=body)


def to_deliveries_claim_refund(
    delivery_id: str, body: ClaimBody, *, idempotency_key: str | None = None
) -> Call[ClaimOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/claims",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_deliveries_confirm_address(
    delivery_id: str, body: AddressConfirmation, *, idempotency_key: str | None = None
) -> Call[DeliveryOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/confirm-address",
        body=body,
        idempotency_key=idempotency_key or a_key(),
    )


def to_deliveries_confirm_handshake(
    delivery_id: str, body: HandshakeStep, *, idempotency_key: str | None = None
) -> Call[DeliveryOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/handshake",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_deliveries_get(delivery_id: str) -> Call[DeliveryOut]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}")


def to_deliveries_get_report_photo(delivery_id: str, report_id: str) -> Call[bytes]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/reports/{path_part(report_id)}/photo")


def to_deliveries_list(
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
) -> Call[DeliveryList]:
    return Call(
        "GET",
        "/v1/deliveries",
        query={
            "state": state,
            "store_id": store_id,
            "external_id": external_id,
            "created_from": created_from,
            "created_to": created_to,
            "attention": attention,
            "text": text,
            "cursor": cursor,
            "limit": limit,
        },
    )


def to_deliveries_list_claims(delivery_id: str) -> Call[ClaimList]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/claims")


def to_deliveries_list_events(delivery_id: str) -> Call[EventList]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/events")


def to_deliveries_list_feedback(delivery_id: str) -> Call[FeedbackList]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/feedback")


def to_deliveries_list_legs(delivery_id: str) -> Call[LegList]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/legs")


def to_deliveries_list_proofs(delivery_id: str) -> Call[ProofList]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/proofs")


def to_deliveries_list_reports(delivery_id: str) -> Call[ReportList]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/reports")


def to_deliveries_mark_ready(delivery_id: str, *, idempotency_key: str | None = None) -> Call[DeliveryOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/ready",
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_deliveries_open_compartment(delivery_id: str, *, idempotency_key: str | None = None) -> Call[OpenedOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/compartment/open",
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_deliveries_read_proof_pdf(delivery_id: str) -> Call[bytes]:
    return Call("GET", f"/v1/deliveries/{path_part(delivery_id)}/proof.pdf")


def to_deliveries_return(
    delivery_id: str, body: Reason | None = None, *, idempotency_key: str | None = None
) -> Call[DeliveryOut]:
    return Call(
        "POST", f"/v1/deliveries/{path_part(delivery_id)}/return", body=body, idempotency_key=idempotency_key or a_key()
    )


def to_deliveries_tip_courier(delivery_id: str, body: Tip, *, idempotency_key: str | None = None) -> Call[DeliveryOut]:
    return Call(
        "POST",
        f"/v1/deliveries/{path_part(delivery_id)}/tip",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_drivers_add(body: NewDriverBody, *, idempotency_key: str | None = None) -> Call[DriverOut]:
    return Call("POST", "/v1/drivers", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False)


def to_drivers_list() -> Call[DriversOut]:
    return Call("GET", "/v1/drivers")


def to_drivers_remove(courier_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/drivers/{path_part(courier_id)}")


def to_eligibility_check(body: EligibilityBody, *, idempotency_key: str | None = None) -> Call[EligibilityOut]:
    return Call("POST", "/v1/eligibility", body=body, idempotency_key=idempotency_key or a_key())


def to_events_read(*, after: str | None = None, limit: int | None = None) -> Call[EventFeed]:
    return Call("GET", "/v1/events", query={"after": after, "limit": limit})


def to_invitations_create(body: NewInvitationBody, *, idempotency_key: str | None = None) -> Call[NewInvitationOut]:
    return Call("POST", "/v1/invitations", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False)


def to_invitations_list() -> Call[InvitationsOut]:
    return Call("GET", "/v1/invitations")


def to_invitations_withdraw(invitation_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/invitations/{path_part(invitation_id)}")


def to_merchant_change(body: MerchantPatch) -> Call[MerchantOut]:
    return Call("PATCH", "/v1/merchant", body=body)


def to_merchant_get() -> Call[MerchantOut]:
    return Call("GET", "/v1/merchant")


def to_proofs_read(proof_id: str) -> Call[bytes]:
    return Call("GET", f"/v1/proofs/{path_part(proof_id)}/content")


def to_quotes_create(body: QuoteBody, *, idempotency_key: str | None = None) -> Call[QuoteOut]:
    return Call("POST", "/v1/quotes", body=body, idempotency_key=idempotency_key or a_key())


def to_quotes_get(quote_id: str) -> Call[QuoteOut]:
    return Call("GET", f"/v1/quotes/{path_part(quote_id)}")


def to_stores_change(store_id: str, body: StorePatch) -> Call[StoreOut]:
    return Call("PATCH", f"/v1/stores/{path_part(store_id)}", body=body)


def to_stores_create(body: NewStoreBody, *, idempotency_key: str | None = None) -> Call[StoreOut]:
    return Call("POST", "/v1/stores", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False)


def to_stores_get(store_id: str) -> Call[StoreOut]:
    return Call("GET", f"/v1/stores/{path_part(store_id)}")


def to_stores_list() -> Call[StoresOut]:
    return Call("GET", "/v1/stores")


def to_test_list_steps(delivery_id: str) -> Call[StepsOut]:
    return Call("GET", f"/v1/test/deliveries/{path_part(delivery_id)}/steps")


def to_test_perform_step(delivery_id: str, body: StepIn, *, idempotency_key: str | None = None) -> Call[StepsOut]:
    return Call(
        "POST",
        f"/v1/test/deliveries/{path_part(delivery_id)}/steps",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_users_change(user_id: str, body: UserPatch) -> Call[UserOut]:
    return Call("PATCH", f"/v1/users/{path_part(user_id)}", body=body)


def to_users_create(body: NewUserBody, *, idempotency_key: str | None = None) -> Call[UserOut]:
    return Call("POST", "/v1/users", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False)


def to_users_list() -> Call[UsersOut]:
    return Call("GET", "/v1/users")


def to_users_remove(user_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/users/{path_part(user_id)}")


def to_webhook_endpoints_change(endpoint_id: str, body: ChangeEndpointBody) -> Call[EndpointOut]:
    return Call("PATCH", f"/v1/webhook-endpoints/{path_part(endpoint_id)}", body=body)


def to_webhook_endpoints_create(body: NewEndpointBody, *, idempotency_key: str | None = None) -> Call[EndpointOut]:
    return Call(
        "POST", "/v1/webhook-endpoints", body=body, idempotency_key=idempotency_key or a_key(), repeatable=False
    )


def to_webhook_endpoints_get(endpoint_id: str) -> Call[EndpointOut]:
    return Call("GET", f"/v1/webhook-endpoints/{path_part(endpoint_id)}")


def to_webhook_endpoints_list() -> Call[EndpointsOut]:
    return Call("GET", "/v1/webhook-endpoints")


def to_webhook_endpoints_log(
    endpoint_id: str, *, cursor: str | None = None, state: str | None = None, limit: int | None = None
) -> Call[LogOut]:
    return Call(
        "GET",
        f"/v1/webhook-endpoints/{path_part(endpoint_id)}/attempts",
        query={"cursor": cursor, "state": state, "limit": limit},
    )


def to_webhook_endpoints_remove(endpoint_id: str) -> Call[None]:
    return Call("DELETE", f"/v1/webhook-endpoints/{path_part(endpoint_id)}")


def to_webhook_endpoints_replay(
    endpoint_id: str, body: ReplayBody, *, idempotency_key: str | None = None
) -> Call[ReplayedOut]:
    return Call(
        "POST",
        f"/v1/webhook-endpoints/{path_part(endpoint_id)}/replay",
        body=body,
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )


def to_webhook_endpoints_rotate_secret(endpoint_id: str, *, idempotency_key: str | None = None) -> Call[EndpointOut]:
    return Call(
        "POST",
        f"/v1/webhook-endpoints/{path_part(endpoint_id)}/rotate-secret",
        idempotency_key=idempotency_key or a_key(),
        repeatable=False,
    )

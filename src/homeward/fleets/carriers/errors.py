"""What the business with other companies refuses, and what to do then."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class UnknownCarrierKind(Problem):
    slug, status = "unknown-carrier-kind", 422
    title = "There is no adapter for this company; choose one of `known`."

    kind: str
    known: list[str]


@dataclass(eq=False)
class CarrierLoginIncomplete(Problem):
    slug, status = "carrier-login-incomplete", 422
    title = "The login must have exactly the fields in `needs`, none of them empty."

    needs: list[str]


@dataclass(eq=False)
class CarrierAddressRefused(Problem):
    slug, status = "carrier-address-refused", 422
    title = "The company's address must begin with https:// and have no query; plain http:// only to this machine."

    base_url: str


@dataclass(eq=False)
class UnknownCarrierAccount(Problem):
    slug, status = "unknown-carrier-account", 422
    title = "The list names an account that does not exist; see the list of carrier accounts."

    account_id: str


@dataclass(eq=False)
class NotSearching(Problem):
    slug, status = "not-searching", 409
    title = "Only a delivery that still searches for a courier can be handed out."

    delivery_id: str
    state: str

"""What onboarding refuses, and what to do next."""

from dataclasses import dataclass
from datetime import date

from homeward.kit.problems import Problem


@dataclass(eq=False)
class NotThisStep(Problem):
    slug, status = "not-this-step", 409
    title = "The application is at another step; do what `next` says."

    state: str
    next: str


@dataclass(eq=False)
class DocumentExpired(Problem):
    slug, status = "document-expired", 422
    title = "This document has expired; send one that is still valid."

    expires_on: date


@dataclass(eq=False)
class OtherTextShown(Problem):
    """What was on the screen is not the text that is recorded."""

    slug, status = "other-text-shown", 409
    title = "The text that was shown is not the one in force; show it again and ask again."

    version_id: str
    text_hash: str


@dataclass(eq=False)
class NoTextInForce(Problem):
    slug, status = "no-text-in-force", 409
    title = "The operator has not published this text yet; try again later, or ask the operator."

    kind: str


@dataclass(eq=False)
class NotAToken(Problem):
    """The number is not repeated: it must be written down nowhere."""

    slug, status = "not-a-payout-token", 422
    title = "Send the payment company's token for the account, never an account or card number."


@dataclass(eq=False)
class NotReady(Problem):
    slug, status = "not-ready-to-activate", 409
    title = "Something is missing before this person may work; see `missing`."

    missing: list[str]


@dataclass(eq=False)
class AlreadyACourier(Problem):
    slug, status = "already-a-courier", 409
    title = "This phone number belongs to a courier already; sign in as that courier."

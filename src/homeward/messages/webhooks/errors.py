"""What the webhook API refuses."""

from dataclasses import dataclass

from homeward.kit.problems import Problem


@dataclass(eq=False)
class UrlRefused(Problem):
    slug, status = "webhook-url-refused", 422
    title = "We may not send to this address; use a public https:// address on port 443 or 8443."

    reason: str

    def detail(self) -> str:
        return self.reason


@dataclass(eq=False)
class DialectUnknown(Problem):
    slug, status = "webhook-dialect-unknown", 422
    title = "We do not write webhooks in that dialect; see `known`."

    dialect: str
    known: list[str]


@dataclass(eq=False)
class TooManyEndpoints(Problem):
    slug, status = "too-many-endpoints", 409
    title = "There are as many endpoints as one merchant may have; remove one first."

    limit: int


@dataclass(eq=False)
class HeaderRefused(Problem):
    slug, status = "webhook-header-refused", 422
    title = "This header is written by us; let your receiver expect its secret in another one."

    header: str

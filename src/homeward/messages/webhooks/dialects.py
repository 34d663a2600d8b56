"""What a webhook in another dialect needs: the event with its delivery as it was then, and words for it. Pure.

The native form is thin, because its receiver has a key to read the rest with. Other dialects put the delivery into the
message, so that theirs are written from more than the event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from homeward.deliveries.model import Batch, DeliveryView, Leg, Proof, State
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.event_log import LoggedEvent
from homeward.messages.webhooks.model import RetryPlan

NATIVE: Final = "native"
LOCATION: Final = "courier.location"
"""Type of a message that tells where the courier is; asked for by `location_every_s`."""


@dataclass(frozen=True, slots=True)
class Story:
    """A delivery with all that was recorded of it, in its merchant's eyes. `account`: its number in the dialect."""

    view: DeliveryView
    legs: Sequence[Leg] = ()
    proofs: Sequence[Proof] = ()
    base_url: str = ""
    account: str = ""

    def at(self, event: LoggedEvent) -> "Story":
        """As it stood when the event happened: messages are written later, and what came since has its own."""
        if event.type in ("delivery.batched", "delivery.unbatched"):
            batch = Batch.told_in(event.data) if event.type == "delivery.batched" else None
            return replace(self, view=replace(self.view, delivery=replace(self.view.delivery, batch=batch)))
        told = event.data.get("state")
        if told is None or told == self.view.delivery.state:
            return self
        delivery = replace(self.view.delivery, state=State(told))
        return replace(self, view=replace(self.view, delivery=delivery))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in the dialect; `type` is what its log calls it. `opt_in` goes only to endpoints that name the type."""

    type: str
    body: Mapping[str, Any]
    opt_in: bool = False


OUR_HEADERS: Final = frozenset(
    {
        # How the request is carried: with one of these somebody could end it early and begin another.
        *("host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"),
        *("expect", "proxy-connection", "proxy-authorization"),
        # What we say of the body.
        *("content-type", "content-encoding", "accept-encoding", "user-agent"),
        # What proves that it is from us.
        *("webhook-id", "webhook-timestamp", "webhook-signature", "x-uber-signature", "x-postmates-signature"),
    }
)
"""Headers of a webhook that are ours to write, in small letters."""


@dataclass(frozen=True, slots=True)
class ReceiverAuth:
    """What the receiver expects: a header as it is, or a key that signs. Values are secrets."""

    header: str = ""
    value: str = field(default="", repr=False)
    signing_key: str = field(default="", repr=False)

    @property
    def takes_ours(self) -> bool:
        return self.header.strip().lower() in OUR_HEADERS

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> "ReceiverAuth":
        return cls(**{name: str(body[name]) for name in cls.__dataclass_fields__ if body.get(name)})

    def to_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if getattr(self, name)}


@dataclass(frozen=True, slots=True)
class Signing:
    """One try of one message, as far as its headers depend on it."""

    message_id: str
    timestamp: int
    body: str
    auth: ReceiverAuth = ReceiverAuth()
    secrets: tuple[str, ...] = field(default=(), repr=False)


class WebhookDialect(Protocol):
    """One dialect's webhooks. Pure: everything it may know is in the arguments."""

    plan: RetryPlan

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        """The message for an event, None if the dialect has none for it."""
        ...

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        """The message that tells where the courier is."""
        ...

    def headers(self, signing: Signing) -> dict[str, str]:
        """Headers of one try besides the content type."""
        ...

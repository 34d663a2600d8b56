"""The words of open offers: rounds, invitations, and the draw with everything it is made from. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from homeward.dispatch.model import Offer, RouteStop, StopRef


class OpenOfferState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    NOBODY = "nobody"  # not even for the most that the market pays
    WITHDRAWN = "withdrawn"  # the delivery is gone or is not what was shown


class Result(StrEnum):
    """What became of one courier's interest."""

    WON = "won"
    LOST = "lost"
    PASSED_OVER = "passed_over"  # chosen, but meanwhile off duty or busy with other work
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Terms:
    """The numbers of one round, as they were when it began: a change of the policy changes the next one."""

    rule: "ChoiceRule"
    window_s: int  # gathered from the first interest on
    round_s: int  # without any interest
    raised_pct: int
    last: bool  # the pay does not rise any more


@dataclass(frozen=True, slots=True)
class ChoiceRule:
    """The numbers that one is chosen by. `version` names the rule itself; it changes with any of its sentences."""

    version: str
    band_s: int
    wait_step_s: int


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """One delivery that is offered to all who can.

    `gathering`: a round runs, until `ends_at`, which comes nearer with the first interest but not before `not_before`.
    """

    id: str
    market_id: str
    delivery_id: str
    decision_id: str
    state: OpenOfferState
    why: str
    basis: str
    seed: str
    opened_at: datetime
    round: int
    terms: Terms | None  # None before the first round
    gathering: bool
    not_before: datetime
    ends_at: datetime
    winner_id: str | None = None
    reason: str | None = None

    @property
    def finished(self) -> bool:
        """Nobody was interested in the last round either."""
        return not self.gathering and self.terms is not None and self.terms.last


@dataclass(frozen=True, slots=True)
class Entry:
    """One interested courier, with all that counts. What they declined is not among it."""

    courier_id: str
    arrives_s: int  # until they stand at the store
    waited_s: int  # since they last got work, or came on duty


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry's place in the choice and the three things that gave it, compared in this order."""

    courier_id: str
    band: int
    wait_steps: int
    lot: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """What one courier is shown in one round. `offer` becomes theirs as it stands if they are chosen."""

    open_offer_id: str
    round: int
    offer: Offer
    arrives_s: int
    carries: tuple[str, ...]
    interested_at: datetime | None = None
    result: Result | None = None

    @property
    def courier_id(self) -> str:
        return self.offer.courier_id


@dataclass(frozen=True, slots=True)
class Draft:
    """How an able courier would carry it: what `Invitation` is made from."""

    delivery_id: str
    courier_id: str
    distance_m: int
    work_s: int
    arrives_s: int
    route: tuple[StopRef, ...]
    stops: tuple[RouteStop, ...]
    carries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """A choice with its inputs: whoever has them comes to the same ranking."""

    open_offer_id: str
    round: int
    drawn_at: datetime
    rule: ChoiceRule
    seed: str
    entries: Sequence[Entry]
    ranking: Sequence[Placed]
    results: Mapping[str, Result]


@dataclass(frozen=True, slots=True)
class Seen:
    """An open offer as one courier sees it. The draw is there once the choice was made."""

    open_offer: OpenOffer
    invitation: Invitation
    draw: Draw | None

    @property
    def state(self) -> str:
        """'gathering' while interest can be told, the result, or 'over' for a round without one."""
        if self.invitation.result is not None:
            return self.invitation.result.value
        current = self.open_offer.state is OpenOfferState.OPEN and self.open_offer.round == self.invitation.round
        return "gathering" if current and self.open_offer.gathering else "over"


@dataclass(frozen=True, slots=True)
class Audit:
    """An open offer with all its rounds and choices; `again` is each choice made anew from what is stored."""

    open_offer: OpenOffer
    invitations: Sequence[Invitation]
    draws: Sequence[Draw]
    again: Sequence[Sequence[Placed]]


RESULTS_SHOWN_S: Final = 600
"""How long couriers see what became of their interest."""

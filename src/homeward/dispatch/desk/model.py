"""What needs a person, and who looks after it."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from homeward.deliveries.states import State


class Harm(IntEnum):
    """How soon an exception hurts; the lower, the sooner."""

    CUSTODY = 1
    PROMISE = 2
    QUESTION = 3
    NETWORK = 4


class Step(StrEnum):
    """What a person may do about an exception."""

    GIVE = "give"
    SEARCH_AGAIN = "search_again"
    CONFIRM_ADDRESS = "confirm_address"
    CALL_COURIER = "call_courier"
    CALL_STORE = "call_store"
    CALL_SHOPPER = "call_shopper"
    CALL_BACK = "call_back"
    GOES_ON = "goes_on"
    CANCEL = "cancel"
    FAIL = "fail"
    LOOK = "look"


LATE = "late"
FLEET_LOGIN = "fleet_login_invalid"
FLEET_SILENT = "fleet_silent"
FLEET_TROUBLE = "fleet_trouble"
WEBHOOK_OFF = "webhook_disabled"
MESSAGE_FAILED = "message_failed"


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that needs a person.

    `subject` is the id of what it is about; `since` is None where nobody can say when it began: a delivery that is
    going to be late.
    """

    subject: str
    code: str
    since: datetime | None
    promised_by: datetime | None = None
    state: State | None = None
    on_board: bool = False
    in_rescue: bool = False
    someone_comes: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The step to take first, and those that are possible beside it."""

    text: str
    step: Step
    also: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Care:
    """A person has taken an exception, or put it off until a moment, with the reason."""

    subject: str
    code: str
    operator_id: str
    operator_name: str
    at: datetime
    snoozed_until: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class SavedFilter:
    """A list of deliveries under a name; `query` as in the list's address."""

    id: str
    name: str
    query: str

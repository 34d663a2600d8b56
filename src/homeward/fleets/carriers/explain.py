"""A decision about handing out, in sentences."""

from collections.abc import Mapping
from typing import Final

from homeward.fleets.carriers.model import Candidate, Choice, HandOut, Why

_WHY: Final[Mapping[Why, str]] = {
    Why.NOBODY_ON_DUTY: "nobody is on duty",
    Why.NOBODY_FREE: "nobody has been free for too long",
    Why.LATE_RISK: "its promise is about to break",
}


def as_text(delivery_id: str, choice: Choice) -> str:
    """One line for the decision and one for each candidate, in the order of the market's list."""
    if isinstance(choice, HandOut):
        first = f"{delivery_id}: would go to {_name(choice)}, because {_WHY[choice.why]}."
    else:
        why = f" although {_WHY[choice.why]}" if choice.why else ""
        first = f"{delivery_id}: stays with us{why}: {_plain(choice.reason)}."
    return "\n".join([first, *(f"  {one.rank}. {one.name}: {_candidate(one)}" for one in choice.candidates)])


def _name(choice: HandOut) -> str:
    return next(one.name for one in choice.candidates if one.account_id == choice.account_id)


def _candidate(one: Candidate) -> str:
    if one.refusal is not None:
        return f"no, {_plain(one.refusal)}" + (f" ({one.detail})" if one.detail else "")
    when = "in time" if one.in_time else "late"
    return f"yes, {one.fee}, {when}; {one.reliability_sum}"


def _plain(code: str) -> str:
    return code.replace("_", " ")

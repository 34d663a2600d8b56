"""A merchant's people as the portal shows them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from homeward.infra.passwords import SHORTEST
from homeward.merchants.model import Role, User
from homeward.merchants.team.model import VALID_FOR, Invitation, NewInvitation
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.translation import N_, Speech
from homeward.web.words import Word

ROLES: Final = (
    (Role.STAFF.value, N_("Staff")),
    (Role.DEVELOPER.value, N_("Developer")),
    (Role.OWNER.value, N_("Owner")),
)
# What a role may, for the table below the list: staff, developer, owner.
MAY: Final = (
    ("Book, follow and cancel deliveries", True, True, True),
    ("Hand out at the counter", True, True, True),
    ("Stores, drivers, test keys, webhooks", False, True, True),
    ("Live keys, brand, what shoppers may do", False, False, True),
    ("People and their roles", False, False, True),
)
_NAMES: Final = dict(ROLES)


@dataclass(frozen=True, slots=True)
class PersonRow:
    """`last_owner` can neither leave nor become less; `you` is who looks at the page."""

    id: str
    name: str
    email: str
    role: str
    since: Moment
    you: bool
    last_owner: bool


@dataclass(frozen=True, slots=True)
class InvitedRow:
    id: str
    email: str
    role: str
    role_label: str
    until: Moment
    ended: Word | None


@dataclass(frozen=True, slots=True)
class TeamPage:
    """`fresh` is a link just made, for `fresh_for`."""

    people: tuple[PersonRow, ...]
    invited: tuple[InvitedRow, ...]
    form: Form
    fresh: str = ""
    fresh_for: str = ""
    roles: tuple[tuple[str, str], ...] = ROLES
    may: tuple[tuple[str, bool, bool, bool], ...] = MAY
    days: int = VALID_FOR.days


@dataclass(frozen=True, slots=True)
class JoinPage:
    """`title` and `mark` are the merchant's door; an empty `email` is a link that has ended."""

    title: str
    mark: str
    heading: str
    email: str = ""
    role: str = ""
    action: str = ""
    form: Form = field(default_factory=Form)
    shortest: int = SHORTEST


def team_page(
    people: Sequence[User],
    invited: Sequence[Invitation],
    you: str,
    formats: Formats,
    now: datetime,
    form: Form,
    made: NewInvitation | None = None,
) -> TeamPage:
    owners = [person.id for person in people if person.role is Role.OWNER]
    return TeamPage(
        people=tuple(
            PersonRow(
                person.id,
                person.name,
                person.email,
                person.role.value,
                formats.moment(person.created_at, now),
                person.id == you,
                owners == [person.id],
            )
            for person in people
        ),
        invited=tuple(
            InvitedRow(
                one.id,
                one.email,
                one.role.value,
                _NAMES[one.role.value],
                formats.moment(one.expires_at, now),
                Word("Link too old", "clock", "warn") if one.expires_at <= now else None,
            )
            for one in invited
        ),
        form=form,
        fresh=made.link if made else "",
        fresh_for=made.invitation.email if made else "",
    )


def join_page(say: Speech, merchant: str, mark: str, invitation: Invitation, action: str, form: Form) -> JoinPage:
    """In the language of whoever was invited."""
    return JoinPage(
        title=merchant,
        mark=mark,
        heading=say("Join %(merchant)s", merchant=merchant),
        email=invitation.email,
        role=say(_NAMES[invitation.role.value]),
        action=action,
        form=form,
    )


def ended_page(say: Speech, title: str, mark: str) -> JoinPage:
    return JoinPage(title=say(title), mark=mark, heading=say("This invitation has ended"))

"""Invitations and what refuses them. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeward.kit.problems import Problem
from homeward.merchants.model import Role

VALID_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody is asked to join; the link itself is only known to whoever holds it."""

    id: str
    merchant_id: str
    email: str
    role: Role
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """With its link, the only time that it can be seen."""

    invitation: Invitation
    link: str


@dataclass(eq=False)
class InvitationEnded(Problem):
    """Used, withdrawn, replaced, too old, or never made: all the same to who holds such a link."""

    slug, status = "invitation-ended", 410
    title = "This invitation was used or is no longer valid; ask whoever sent it for a new one."

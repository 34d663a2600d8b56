"""Organizations of the dialect, as far as they exist here: the merchant itself, and its people.

Their tree of organizations lets one account stand for many shops. Here every shop is a merchant of its own that only
the operator opens, and nobody of one sees anything of another. So a merchant finds itself as its own organization,
"creates" it by its own name as often as it likes, and invites its own people. Any other name is refused: whoever was
invited to it would see all deliveries of this merchant.
"""

from typing import Any, Final

from homeward.facades.uber_direct.errors import ORGANIZATION, refused
from homeward.facades.uber_direct.wire import InviteBody, OrganizationBody
from homeward.kit.ids import new_secret
from homeward.kit.problems import Forbidden, NotFound
from homeward.merchants.credentials.service import DialectActor
from homeward.merchants.model import Role
from homeward.merchants.service import MerchantsService

# Whom a shop's programme invites may do daily work; keys and people are given by an owner, in the portal.
_ROLES: Final = {"ROLE_ADMIN": Role.DEVELOPER, "ROLE_EMPLOYEE": Role.STAFF, "ROLE_SUPPORT": Role.STAFF}
_STRONGEST_FIRST: Final = (Role.DEVELOPER, Role.STAFF)


class Organizations:
    """The id of a merchant's organization is its customer id."""

    def __init__(self, merchants: MerchantsService) -> None:
        self._merchants = merchants

    async def create(self, actor: DialectActor, body: OrganizationBody) -> dict[str, Any]:
        """Finds the merchant by its own name; changes nothing."""
        parent = body.hierarchy_info.parent_organization_id if body.hierarchy_info else None
        if parent and parent != actor.account:
            raise NotFound(ORGANIZATION, parent)
        merchant = await self._merchants.get(actor.merchant_id)
        if body.info.name.strip().casefold() != merchant.name.casefold():
            raise refused("not_allowed", "Other organizations are opened by the operator of this service.")
        return {"organization_id": actor.account}

    async def get(self, actor: DialectActor, organization_id: str) -> dict[str, Any]:
        _require_own(actor, organization_id)
        merchant = await self._merchants.get(actor.merchant_id)
        return {"organization_id": actor.account, "info": {"name": merchant.name}}

    async def invite(self, actor: DialectActor, organization_id: str, body: InviteBody) -> dict[str, Any]:
        """An account without a password that anybody knows: an owner sets one in the portal and tells it."""
        _require_own(actor, organization_id)
        if actor.mode == "test":
            raise Forbidden("live credentials")
        asked = {_ROLES[role] for role in body.roles}
        person = body.user_details
        user = await self._merchants.create_user(
            actor.merchant_id,
            email=person.email,
            name=f"{person.first_name} {person.last_name}".strip(),
            role=next(role for role in _STRONGEST_FIRST if role in asked),
            password=new_secret(),
        )
        return {"membership_id": user.id}


def _require_own(actor: DialectActor, organization_id: str) -> None:
    if organization_id != actor.account:
        raise NotFound(ORGANIZATION, organization_id)

"""Who is asking, by the token that the client signed for this call, and how often."""

from datetime import UTC, datetime

from fastapi import Request

from homeward.facades.doordash_drive import tokens
from homeward.facades.doordash_drive.errors import Refused, unauthenticated
from homeward.facades.doordash_drive.tokens import TokenRefused
from homeward.infra.auth import bearer
from homeward.infra.pace import Pace
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import CredentialsService, DialectActor


class DriveAuth:
    """A FastAPI dependency. Raises Refused with what is wrong about the token, and TooManyRequests.

    Every call brings a token of its own, so that the limit on credentials, which goes by what is sent, sees strangers
    only; here the calls of one key are counted together.
    """

    def __init__(self, credentials: CredentialsService, per_minute: int) -> None:
        self._credentials = credentials
        self._pace = Pace(per_minute)

    async def __call__(self, request: Request) -> DialectActor:
        token = bearer(request)
        if token is None:
            raise Refused(unauthenticated("Send a JWT as Authorization: Bearer …"))
        try:
            actor = await self._holder(token)
        except TokenRefused as refusal:
            raise Refused(unauthenticated(str(refusal))) from refusal
        self._pace.take(actor.merchant.actor_id)
        return actor

    async def _holder(self, token: str) -> DialectActor:
        claim = tokens.claim_of(token)
        known = await self._credentials.signing_key(Dialect.DOORDASH_DRIVE, claim.developer_id, claim.key_id)
        if known is None:
            self._credentials.count_in_vain(Dialect.DOORDASH_DRIVE, claim.key_id)
            raise TokenRefused("No credentials have this developer_id and key_id, or they were revoked.")
        # Clients sign by real time, also while ours runs fast.
        try:
            tokens.check(token, known.key, datetime.now(UTC))
        except TokenRefused:
            self._credentials.count_in_vain(Dialect.DOORDASH_DRIVE, claim.key_id)
            raise
        return known.actor

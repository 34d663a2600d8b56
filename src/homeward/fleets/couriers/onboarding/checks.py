"""Background checks: who is asked for one, behind one seam."""

from typing import Protocol

from homeward.fleets.couriers.onboarding.model import Application
from homeward.infra import audit
from homeward.infra.db import Tx


class BackgroundChecks(Protocol):
    """Hands a check over once the applicant has allowed it. The result always comes back through a person."""

    async def ask(self, tx: Tx, application: Application) -> None: ...


class ChecksByHand:
    """A person of the operator orders the check where they like, and records the result."""

    async def ask(self, tx: Tx, application: Application) -> None:
        await audit.record(
            tx, actor=f"applicant:{application.id}", action="background_check.allowed", subject=application.id
        )

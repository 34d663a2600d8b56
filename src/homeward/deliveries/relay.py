"""The number and the code by which a courier is called without anybody's number being told. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.model import DeliveryView


@dataclass(frozen=True, slots=True)
class CourierContact:
    """Call `phone` and dial `code`. `expires_at` is None while the courier has it."""

    phone: str
    code: str
    expires_at: datetime | None = None

    @property
    def dialled(self) -> str:
        """As phones dial it: a comma waits, then the code follows."""
        return f"{self.phone},{self.code}"


@dataclass(frozen=True, slots=True)
class Relay:
    """What the operator has set up. Without a `phone` there is no relay, and codes lead nowhere."""

    phone: str | None = None
    after_end: timedelta = timedelta(minutes=30)

    def contact(self, view: DeliveryView, now: datetime) -> CourierContact | None:
        """While a courier has it, and for a while after the delivery's end: something may have been left behind.

        A courier who gave it back before its end is not to be called about it any more.
        """
        leg, ended_at = view.leg, view.delivery.ended_at
        if self.phone is None or leg is None or leg.relay_code is None:
            return None
        if leg.ended_at is None:
            return CourierContact(self.phone, leg.relay_code)
        if ended_at is None or leg.ended_at != ended_at:
            return None
        until = ended_at + self.after_end
        return CourierContact(self.phone, leg.relay_code, until) if now < until else None

    def spent_before(self, now: datetime) -> datetime:
        """Legs that ended before this moment need their codes no more."""
        return now - self.after_end


NO_RELAY: Final = Relay()

"""Every company that we can speak with. A new adapter is one file and one line here."""

from collections.abc import Mapping
from typing import Final, Protocol

import httpx

from homeward.fleets.carriers.contract import Access, Carrier, CarrierKind
from homeward.fleets.carriers.doordash_drive import DOORDASH_DRIVE, DoordashDrive
from homeward.fleets.carriers.uber_direct import UBER_DIRECT, UberDirect
from homeward.kit.clock import Clock


class Connect(Protocol):
    """How an adapter is made for one account."""

    def __call__(self, access: Access, http: httpx.AsyncClient, clock: Clock) -> Carrier: ...


ADAPTERS: Final[Mapping[str, tuple[CarrierKind, Connect]]] = {
    DOORDASH_DRIVE.code: (DOORDASH_DRIVE, DoordashDrive),
    UBER_DIRECT.code: (UBER_DIRECT, UberDirect),
}
KINDS: Final[Mapping[str, CarrierKind]] = {code: kind for code, (kind, _) in ADAPTERS.items()}

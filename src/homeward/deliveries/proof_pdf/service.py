"""Gathering what the sheet tells, and drawing it off the event loop."""

import asyncio
from typing import Final

from homeward.coverage.service import CoverageService
from homeward.deliveries.model import DeliveryView
from homeward.deliveries.proof_links import opens
from homeward.deliveries.proof_pdf.drawing import drawn, smaller
from homeward.deliveries.proof_pdf.model import Facts, Sheet
from homeward.deliveries.proof_pdf.policy import sheet_of
from homeward.deliveries.service import DeliveriesService
from homeward.kit.clock import Clock
from homeward.kit.problems import NotFound
from homeward.merchants.service import MerchantsService

# The library keeps what it knows of a typeface for the whole process; one sheet at a time also bounds the memory.
_DRAWING: Final = asyncio.Semaphore(1)


class ProofPdfService:
    """`merchant_id=None` is the operator's view over all merchants."""

    def __init__(
        self, clock: Clock, deliveries: DeliveriesService, merchants: MerchantsService, coverage: CoverageService
    ) -> None:
        self._clock = clock
        self._deliveries = deliveries
        self._merchants = merchants
        self._coverage = coverage

    async def made(self, merchant_id: str | None, delivery_id: str, *, mode: str | None = None) -> bytes:
        """The PDF as things stand now. Raises NotFound."""
        view = await self._deliveries.get(merchant_id, delivery_id, mode=mode)
        facts = await self._facts(view)
        sheet = sheet_of(facts)
        pictures = await self._pictures(view, sheet)
        async with _DRAWING:
            return await asyncio.to_thread(drawn, sheet, facts.brand, pictures)

    async def made_by_link(self, delivery_id: str, expires_s: int, signed: str) -> bytes:
        """For whoever holds a link. Raises NotFound for every reason not to show it."""
        view = await self._deliveries.get(None, delivery_id)
        if not opens(view.delivery.tracking_token, delivery_id, expires_s, signed, self._clock.now()):
            raise NotFound("delivery", delivery_id)
        return await self.made(view.delivery.merchant_id, delivery_id)

    async def _facts(self, view: DeliveryView) -> Facts:
        delivery = view.delivery
        market = await self._coverage.market(delivery.market_id)
        merchant = await self._merchants.get(delivery.merchant_id)
        return Facts(
            view=view,
            legs=await self._deliveries.legs(delivery.merchant_id, delivery.id),
            events=await self._deliveries.events(delivery.merchant_id, delivery.id),
            proofs=await self._deliveries.proofs(delivery.merchant_id, delivery.id),
            brand=merchant.brand,
            locale=market.locale,
            time_zone=market.time_zone,
        )

    async def _pictures(self, view: DeliveryView, sheet: Sheet) -> dict[str, bytes]:
        """Shrunk one after another, so that only small ones are ever in memory together."""
        found: dict[str, bytes] = {}
        for picture in sheet.pictures:
            _, content = await self._deliveries.proof_content(view.delivery.merchant_id, picture.proof_id)
            found[picture.proof_id] = await asyncio.to_thread(smaller, content)
        return found

"""What a shopper does goes through the doors that the merchant uses, under the shopper's name in the events."""

from collections.abc import Sequence
from typing import Final

from homeward.deliveries import photos, read_model
from homeward.deliveries.change_policy import PIN_MOVE_FREE_M
from homeward.deliveries.errors import FieldsLocked
from homeward.deliveries.feedback.model import Feedback
from homeward.deliveries.feedback.service import FeedbackService
from homeward.deliveries.model import Actor, ChangeRequest, Delivery, DeliveryView, NewEvent, Spot, Who
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.shopper import policy
from homeward.deliveries.shopper.errors import NotForShopper, TooManyReports
from homeward.deliveries.shopper.model import MAX_REPORTS, Leave, Possible, Report, ReportKind
from homeward.deliveries.states import BEFORE_COURIER
from homeward.infra.db import Database, Row
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.money import Money
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import NotFound
from homeward.kit.windows import Window
from homeward.merchants.model import ShopperRights
from homeward.merchants.service import MerchantsService
from homeward.quotes.model import QuoteOption

SHOPPER: Final = Actor(Who.SHOPPER, "link")
"""Whoever has the link; the link is the only thing we know them by."""

_LINK_BITS: Final = 128
_COLUMNS: Final = "id, delivery_id, kind, comment, photo IS NOT NULL AS has_photo, reported_at"


class ShopperService:
    """Every act takes the delivery as its page showed it, and checks again what is possible now."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        deliveries: DeliveriesService,
        feedback: FeedbackService,
        merchants: MerchantsService,
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._feedback = feedback
        self._merchants = merchants

    async def possible(self, view: DeliveryView, *, by_machine: bool) -> Possible:
        """What the page may offer."""
        rights = await self._rights(view.delivery)
        return policy.possible(view.delivery, rights, self._clock.now(), by_machine=by_machine)

    # ── before it arrives ──

    async def details(self, view: DeliveryView, *, instructions: str, unit: str, gate_code: str) -> None:
        """Raises NotForShopper, FieldsLocked."""
        await self._require(view, "details")
        change = ChangeRequest(instructions=instructions, unit=unit, gate_code=gate_code)
        await self._change(view, change)

    async def move_pin(self, view: DeliveryView, place: LatLon) -> None:
        """To another door on about the same way. Raises NotForShopper, FieldsLocked, NewQuoteNeeded."""
        delivery = view.delivery
        await self._require(view, "pin")
        far = great_circle_m(delivery.dropoff.place, place) > PIN_MOVE_FREE_M
        if far and delivery.state not in BEFORE_COURIER and not policy.asks_for_pin(delivery):
            raise FieldsLocked(delivery.id, delivery.state, ["place"], [])
        await self._deliveries.confirm_address(None, delivery.id, place, SHOPPER)

    async def leave(self, view: DeliveryView, leave: Leave, spot: Spot | None, neighbour: str) -> None:
        """Raises NotForShopper, FieldsLocked, HandoverConflict, SpotDoesNotFit."""
        await self._require(view, "leave")
        await self._change(view, policy.leave_change(view.delivery, leave, spot, neighbour))

    async def other_times(self, view: DeliveryView) -> Sequence[QuoteOption]:
        """What the shopper may choose from, the soonest first. Raises NotForShopper and the quote's refusals."""
        await self._require(view, "time")
        options = await self._deliveries.other_times(view.delivery.merchant_id, view.delivery.id)
        return policy.times_to_choose(options, view.delivery, await self._rights(view.delivery))

    async def move_to(self, view: DeliveryView, window: Window, shown: Money) -> None:
        """To a window at the price that was shown. Raises NotForShopper, NoOptionFits, PriceRises, FieldsLocked."""
        await self._require(view, "time")
        delivery = view.delivery
        dearer = (await self._rights(delivery)).dearer_time
        most = shown if dearer else min(shown, delivery.total, key=lambda money: money.minor)
        await self._change(view, ChangeRequest(window=window, accept_price=most))

    async def cancel(self, view: DeliveryView) -> None:
        """Raises NotForShopper once a courier has given up other work for it."""
        delivery = view.delivery
        await self._require(view, "cancel")
        async with self._db.merchant(delivery.merchant_id) as tx:
            held = await self._deliveries.hold(tx, delivery.id)
            if held.state not in BEFORE_COURIER:
                raise NotForShopper(delivery.id, "cancel", [])
            await self._deliveries.cancel_in(tx, delivery.id, SHOPPER, "shopper")

    # ── afterwards ──

    async def tip(self, view: DeliveryView, total: Money) -> None:
        """Raises NotForShopper and what a tip of the merchant's may raise."""
        await self._require(view, "tip")
        await self._deliveries.tip(view.delivery.merchant_id, view.delivery.id, total, SHOPPER)

    async def rate(self, view: DeliveryView, rating: int, comment: str) -> None:
        """Once: who changes their mind calls the store. Raises NotForShopper."""
        await self._require(view, "rating")
        if not await self.rated(view):
            delivery = view.delivery
            await self._feedback.add(delivery.merchant_id, delivery.id, rating, comment, SHOPPER)

    async def rated(self, view: DeliveryView) -> Feedback | None:
        """The last word on it, if there is one."""
        given = await self._feedback.all(view.delivery.merchant_id, view.delivery.id)
        return given[-1] if given else None

    async def report(self, view: DeliveryView, kind: ReportKind, comment: str, photo: bytes | None) -> Report:
        """Keep what went wrong, and tell the merchant. Raises NotForShopper, TooManyReports, PhotoRefused."""
        await self._require(view, "report")
        clean = await photos.clean(photo) if photo else None
        now = self._clock.now()
        merchant_id, delivery_id = view.delivery.merchant_id, view.delivery.id
        report = Report(new_id("rep", now), delivery_id, kind, comment, clean is not None, now)
        async with self._db.merchant(merchant_id) as tx:
            delivery = await self._deliveries.hold(tx, delivery_id)
            count = await tx.value("SELECT count(*) FROM shopper_report WHERE delivery_id = %(id)s", id=delivery_id)
            if count >= MAX_REPORTS:
                raise TooManyReports(delivery_id, MAX_REPORTS)
            await tx.run(
                """INSERT INTO shopper_report (merchant_id, id, delivery_id, kind, comment, photo, media_type,
                       reported_at)
                   VALUES (%(merchant_id)s, %(id)s, %(delivery_id)s, %(kind)s, %(comment)s, %(photo)s, %(media_type)s,
                       %(now)s)""",
                merchant_id=merchant_id,
                id=report.id,
                delivery_id=delivery_id,
                kind=kind,
                comment=comment,
                photo=clean.content if clean else None,
                media_type=photos.MEDIA_TYPE if clean else None,
                now=now,
            )
            told = {"report_id": report.id, "kind": kind, "photo": report.has_photo}
            event = NewEvent("delivery.problem_reported", told)
            await self._deliveries.write(tx, delivery, [event], at=now, by=SHOPPER)
        return report

    async def reports(self, merchant_id: str, delivery_id: str, *, mode: str | None = None) -> Sequence[Report]:
        """The oldest first. Raises NotFound."""
        await self._deliveries.get(merchant_id, delivery_id, mode=mode)
        async with self._db.merchant(merchant_id) as tx:
            rows = await tx.all(
                f"SELECT {_COLUMNS} FROM shopper_report WHERE delivery_id = %(id)s ORDER BY reported_at, id",
                id=delivery_id,
            )
        return [_report(row) for row in rows]

    async def photo(
        self, merchant_id: str, delivery_id: str, report_id: str, *, mode: str | None = None
    ) -> tuple[str, bytes]:
        """Media type and picture. Raises NotFound."""
        await self._deliveries.get(merchant_id, delivery_id, mode=mode)
        async with self._db.merchant(merchant_id) as tx:
            row = await tx.one(
                """SELECT media_type, photo FROM shopper_report
                   WHERE delivery_id = %(delivery_id)s AND id = %(id)s AND photo IS NOT NULL""",
                delivery_id=delivery_id,
                id=report_id,
            )
        if row is None:
            raise NotFound("photo", report_id)
        return row["media_type"], bytes(row["photo"])

    # ── the link that shows less ──

    async def share(self, view: DeliveryView) -> str:
        """The token of the link to hand on; always the same for one delivery. Raises NotForShopper."""
        await self._require(view, "share")
        delivery = view.delivery
        async with self._db.merchant(delivery.merchant_id) as tx:
            await tx.run(
                """INSERT INTO shared_link (merchant_id, delivery_id, token, made_at)
                   VALUES (%(merchant_id)s, %(id)s, %(token)s, %(now)s) ON CONFLICT DO NOTHING""",
                merchant_id=delivery.merchant_id,
                id=delivery.id,
                token=new_secret(_LINK_BITS),
                now=self._clock.now(),
            )
            return str(await tx.value("SELECT token FROM shared_link WHERE delivery_id = %(id)s", id=delivery.id))

    async def by_shared_token(self, token: str) -> DeliveryView:
        """What such a link leads to. Raises NotFound, also when the merchant no longer lets its shoppers share."""
        async with self._db.operator() as tx:
            view = await read_model.view_by_shared_token(tx, token)
        if view is None or not (await self._rights(view.delivery)).share:
            raise NotFound("delivery", "(link)")
        return view

    async def _change(self, view: DeliveryView, change: ChangeRequest) -> None:
        await self._deliveries.change(view.delivery.merchant_id, view.delivery.id, change, SHOPPER)

    async def _rights(self, delivery: Delivery) -> ShopperRights:
        return (await self._merchants.get(delivery.merchant_id)).shopper

    async def _require(self, view: DeliveryView, act: str) -> None:
        # A machine's page offers less, but asking for more does no harm: nobody reads the note then.
        now_possible = await self.possible(view, by_machine=False)
        if not getattr(now_possible, act):
            open_acts = [name for name in Possible.__dataclass_fields__ if getattr(now_possible, name)]
            raise NotForShopper(view.delivery.id, act, open_acts)


def _report(row: Row) -> Report:
    return Report(**{**row, "kind": ReportKind(row["kind"])})

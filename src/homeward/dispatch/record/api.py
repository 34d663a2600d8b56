"""`/v1/courier/record`: everything, as JSON and as a table; the operator sees the same."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import AwareDatetime, BaseModel

from homeward.deliveries.answers import MoneyOut
from homeward.dispatch.record import policy
from homeward.dispatch.record.csv_file import as_csv
from homeward.dispatch.record.errors import PeriodNotPossible
from homeward.dispatch.record.model import Record
from homeward.dispatch.record.service import RecordService
from homeward.infra.auth import Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound, jsonable

CSV: dict[int | str, dict[str, object]] = {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}}


class PayLineOut(BaseModel):
    code: str
    label: str
    minor: int


class ShownOfferOut(BaseModel):
    """`took_s`: from shown to answered; null where nothing was said."""

    id: str
    shown_at: datetime
    expires_at: datetime
    decision: str
    answered_at: datetime | None
    took_s: int | None
    delivery_ids: list[str]
    pay: MoneyOut
    pay_lines: list[PayLineOut]
    distance_m: int
    duration_s: int


class PlaceOut(BaseModel):
    lat: float
    lon: float


class WayOut(BaseModel):
    """Metres by the courier's own positions; null while unknown."""

    to_store_m: int | None
    to_door_m: int | None


class TipOut(BaseModel):
    at: datetime
    amount: MoneyOut


class LegRecordOut(BaseModel):
    """`pay` never depends on `tips`, which come on top of it."""

    leg_id: str
    delivery_id: str
    kind: str
    state: str
    store: str
    market_id: str
    pickup: PlaceOut
    vehicle: str
    accepted_at: datetime
    at_store_at: datetime | None
    ready_at: datetime
    left_store_at: datetime | None
    at_door_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None
    engaged_s: int
    waited_s: int
    way: WayOut
    pay: MoneyOut
    tips: list[TipOut]


class TripOut(BaseModel):
    offer: ShownOfferOut | None
    legs: list[LegRecordOut]


class OfferedOut(BaseModel):
    """Counts only. Declining is free: nothing is computed from it, and it is no ground for any decision."""

    shown: int
    accepted: int
    declined: int
    unanswered: int
    withdrawn: int


class TotalsOut(BaseModel):
    """Time that legs share counts once; `pay` adds up what was picked up or brought back."""

    trips: int
    legs: int
    engaged_s: int
    waited_s: int
    pay: list[MoneyOut]
    tips: list[MoneyOut]
    offers: OfferedOut


class RecordOut(BaseModel):
    courier_id: str
    since: datetime
    until: datetime
    kept_days: int
    trips: list[TripOut]
    other_offers: list[ShownOfferOut]
    totals: TotalsOut


def record_json(record: Record) -> RecordOut:
    said = jsonable(record)
    trips = [(trip.offer, one["offer"]) for trip, one in zip(record.trips, said["trips"], strict=True)]
    others = list(zip(record.other_offers, said["other_offers"], strict=True))
    for offer, one in [*trips, *others]:
        if offer is not None:
            one["took_s"] = offer.took_s
    return RecordOut.model_validate({**said, "kept_days": policy.KEPT.days})


def courier_router(service: RecordService, auth: Auth) -> APIRouter:
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.get("/record", response_model=RecordOut, responses=responses(PeriodNotPossible))
    async def my_record(
        actor: signed_in, since: AwareDatetime | None = None, until: AwareDatetime | None = None
    ) -> RecordOut:
        """Every offer, trip, minute, metre and unit of pay of a period, the last month if none is named.

        It is yours for `kept_days` after the work, also when you work here no more.
        """
        return record_json(await service.of_courier(actor.courier_id, since, until))

    @api.get("/record.csv", response_class=Response, responses={**responses(PeriodNotPossible), **CSV})
    async def my_record_as_table(
        actor: signed_in, since: AwareDatetime | None = None, until: AwareDatetime | None = None
    ) -> Response:
        """The same as a file for any spreadsheet: a row for each leg, and one for each offer not taken."""
        return csv_answer(await service.of_courier(actor.courier_id, since, until))

    return api


def operator_router(service: RecordService, auth: Auth) -> APIRouter:
    api = APIRouter(prefix="/v1/operator", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]

    @api.get(
        "/couriers/{courier_id}/record",
        response_model=RecordOut,
        responses=responses(NotFound, PeriodNotPossible),
    )
    async def get_courier_record(
        courier_id: str, actor: anyone, since: AwareDatetime | None = None, until: AwareDatetime | None = None
    ) -> RecordOut:
        """What the courier sees, word for word; for whoever has no phone any more."""
        return record_json(await service.of_courier(courier_id, since, until))

    return api


def csv_answer(record: Record) -> Response:
    name = f"record-{record.since:%Y-%m-%d}-{record.until:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(as_csv(record), media_type="text/csv; charset=utf-8", headers=headers)

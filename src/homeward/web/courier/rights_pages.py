"""Notices, appeals, the check to answer, and the record: the courier app's quiet pages."""

from typing import Annotated

from fastapi import APIRouter, Depends, File, Form, Request, Response, UploadFile

from homeward.dispatch.record.api import csv_answer
from homeward.dispatch.record.service import RecordService
from homeward.fleets.couriers.identity.model import Answer
from homeward.fleets.couriers.identity.service import IdentityService
from homeward.fleets.couriers.standing.service import StandingService
from homeward.infra.auth import CourierActor
from homeward.kit.problems import Problem
from homeward.web.courier.pages import FACE, CourierApp
from homeward.web.courier.rights_views import notices_view, record_view
from homeward.web.forms import detail_in
from homeward.web.shell import go
from homeward.web.stories import formats_of

_NOTICES = "/courier/notices"


def rights_router(
    app: CourierApp, standing: StandingService, identity: IdentityService, record: RecordService
) -> APIRouter:
    routes, doors = app.new_router(), app.doors
    signed_in = Annotated[CourierActor, Depends(doors.auth.courier())]

    async def notices_page(request: Request, courier_id: str, problem: Problem | None = None) -> Response:
        courier = await doors.couriers.get(courier_id)
        market = await doors.coverage.market(courier.market_id)
        say = app.pages.say(request)
        cases = await standing.of_courier(courier_id)
        for case in cases:
            await standing.seen(courier_id, case.decision.id)
        view = notices_view(
            cases,
            await identity.open_check(courier_id),
            await standing.policies(),
            formats_of(market, say),
            doors.clock.now(),
            (detail_in(problem, say) or say(problem.title)) if problem else None,
        )
        status = problem.status if problem else 200
        return app.pages.page(request, "courier/notices.html", view, status=status, face=FACE.name)

    @routes.get("/notices")
    async def notices(request: Request, actor: signed_in) -> Response:
        return await notices_page(request, actor.courier_id)

    @routes.post("/notices/{decision_id}/appeal")
    async def appeal(
        request: Request, decision_id: str, actor: signed_in, text: Annotated[str, Form(max_length=4_000)]
    ) -> Response:
        try:
            await standing.appeal(actor.courier_id, decision_id, text.strip())
        except Problem as problem:
            return await notices_page(request, actor.courier_id, problem)
        return go(_NOTICES)

    @routes.post("/identity-checks/{check_id}")
    async def answer_check(
        request: Request,
        check_id: str,
        actor: signed_in,
        way: Annotated[Answer, Form()],
        photo: Annotated[UploadFile | None, File()] = None,
    ) -> Response:
        try:
            if way is Answer.PHOTO:
                content = await photo.read() if photo is not None else b""
                await identity.send_photo(actor.courier_id, check_id, content)
            else:
                await identity.ask_otherwise(actor.courier_id, check_id, way)
        except Problem as problem:
            return await notices_page(request, actor.courier_id, problem)
        return go(_NOTICES)

    @routes.get("/record")
    async def my_record(request: Request, actor: signed_in) -> Response:
        courier = await doors.couriers.get(actor.courier_id)
        market = await doors.coverage.market(courier.market_id)
        formats = formats_of(market, app.pages.say(request))
        view = record_view(await record.of_courier(actor.courier_id), formats, doors.clock.now())
        return app.pages.page(request, "courier/record.html", view, face=FACE.name)

    @routes.get("/record.csv")
    async def my_table(actor: signed_in) -> Response:
        return csv_answer(await record.of_courier(actor.courier_id))

    return routes

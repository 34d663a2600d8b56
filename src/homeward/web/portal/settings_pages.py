"""Stores, keys and webhooks in the portal."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response

from homeward.infra.auth import MerchantActor
from homeward.kit.hours_json import hours_from_json, hours_to_json
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.merchants.errors import StoreAddressUnclear
from homeward.merchants.model import Mode, NewStore, Store
from homeward.web import forms
from homeward.web.portal import settings_views, views
from homeward.web.portal.pages import Portal, Visitor
from homeward.web.shell import go

_LOG_PAGE = 50


def store_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    signed_in = Annotated[Visitor, Depends(portal.visitor)]

    @routes.get("/stores")
    async def stores(request: Request, visitor: signed_in) -> Response:
        now = doors.clock.now()
        rows = tuple(views.store_row(store, visitor.formats, now) for store in visitor.stores)
        return portal.page(request, "stores.html", views.StoresPage(rows, True), visitor)

    def store_page(
        request: Request, visitor: Visitor, store: Store | None, form: forms.Form, status: int = 200, **more: Any
    ) -> Response:
        shown = views.store_map(store, visitor.markets.get(store.market_id)) if store else None
        days = tuple(enumerate(settings_views.DAYS))
        name = store.name if store else "New store"
        view = views.StorePage(store.id if store else None, name, form, days, shown, **more)
        return portal.page(request, "store.html", view, visitor, status=status)

    @routes.get("/stores/new")
    async def new_store(request: Request, visitor: signed_in) -> Response:
        usual = {f"day_{day}": "09:00-18:00" for day in range(6)}
        return store_page(request, visitor, None, forms.Form(usual | {"preparation_min": "15"}))

    @routes.get("/stores/{store_id}")
    async def store(request: Request, store_id: str, visitor: signed_in) -> Response:
        found = await doors.merchants.get_store(visitor.actor.merchant_id, store_id)
        return store_page(request, visitor, found, forms.Form(settings_views.store_values(found)))

    async def save(request: Request, visitor: Visitor, store_id: str | None) -> Response:
        values = forms.with_pick({name: str(value) for name, value in (await request.form()).items()})
        merchant_id = visitor.actor.merchant_id
        before = await doors.merchants.get_store(merchant_id, store_id) if store_id else None
        try:
            asked = settings_views.asked_store(values, _zone(visitor, before), _exceptions(before))
            if before is None:
                await doors.merchants.create_store(merchant_id, _new_store(asked))
            else:
                status = {"status": values["status"]} if values.get("status") in ("active", "closed") else {}
                if asked["address"] == before.address:
                    asked.pop("address")
                await doors.merchants.update_store(merchant_id, before.id, asked | status)
        except Problem as refusal:
            found = (
                [forms.pick_of(one.label, one.place) for one in refusal.candidates]
                if isinstance(refusal, StoreAddressUnclear)
                else []
            )
            refused = forms.refused_form(values, refusal)
            return store_page(request, visitor, before, refused, refusal.status, candidates=tuple(found))
        return go("/portal/stores", "store-saved")

    @routes.post("/stores")
    async def create_store(request: Request, visitor: signed_in) -> Response:
        return await save(request, visitor, None)

    @routes.post("/stores/{store_id}")
    async def change_store(request: Request, store_id: str, visitor: signed_in) -> Response:
        return await save(request, visitor, store_id)

    return routes


def _zone(visitor: Visitor, store: Store | None) -> str:
    if store:
        return store.hours.time_zone
    return next((market.time_zone for market in visitor.markets.values()), "UTC")


def _exceptions(store: Store | None) -> dict[str, Any]:
    exceptions: dict[str, Any] = hours_to_json(store.hours)["exceptions"] if store else {}
    return exceptions


def _new_store(asked: dict[str, Any]) -> NewStore:
    hours = hours_from_json(asked["hours"]) if asked["hours"]["weekly"] else None
    return NewStore(**{**asked, "hours": hours})


def key_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    builder = Annotated[Visitor, Depends(portal.builder)]

    async def keys_page(
        request: Request, visitor: Visitor, form: forms.Form, *, fresh: str = "", status: int = 200
    ) -> Response:
        keys = await doors.merchants.list_keys(visitor.actor.merchant_id)
        view = settings_views.keys_page(keys, visitor.formats, doors.clock.now(), form, fresh)
        return portal.page(request, "keys.html", view, visitor, status=status)

    @routes.get("/keys")
    async def keys(request: Request, visitor: builder) -> Response:
        return await keys_page(request, visitor, forms.Form())

    @routes.post("/keys")
    async def create_key(
        request: Request, visitor: builder, name: Annotated[str, Form()] = "", mode: Annotated[str, Form()] = "test"
    ) -> Response:
        if mode == "live" and visitor.actor.role != "owner":
            refusal = MalformedRequest([FieldError("/mode", "owner-only", "only an owner may make a live key")])
            form = forms.refused_form({"name": name, "mode": mode}, refusal)
            return await keys_page(request, visitor, form, status=403)
        chosen: Mode = "live" if mode == "live" else "test"
        made = await doors.merchants.create_key(visitor.actor.merchant_id, chosen, name.strip()[:80])
        return await keys_page(request, visitor, forms.Form(), fresh=made.secret, status=201)

    @routes.post("/keys/{key_id}/revoke")
    async def revoke_key(key_id: str, visitor: builder) -> Response:
        await doors.merchants.revoke_key(visitor.actor.merchant_id, key_id)
        return go("/portal/keys", "key-revoked")

    return routes


def webhook_router(portal: Portal) -> APIRouter:
    routes = portal.new_router()
    doors = portal.doors
    builder = Annotated[Visitor, Depends(portal.builder)]

    async def endpoints_page(request: Request, visitor: Visitor, form: forms.Form, status: int = 200) -> Response:
        now = doors.clock.now()
        found = await doors.webhooks.all(visitor.actor)
        rows = tuple(settings_views.endpoint_row(endpoint, visitor.formats, now) for endpoint in found)
        return portal.page(request, "webhooks.html", settings_views.EndpointsPage(rows, form), visitor, status=status)

    async def endpoint_page(
        request: Request, visitor: Visitor, endpoint_id: str, *, secret: str | None = None, before: str | None = None
    ) -> Response:
        now = doors.clock.now()
        endpoint = await doors.webhooks.get(visitor.actor, endpoint_id)
        log = await doors.webhooks.log(visitor.actor, endpoint_id, before=before, limit=_LOG_PAGE)
        full = len(log) == _LOG_PAGE
        view = settings_views.EndpointPage(
            id=endpoint.id,
            endpoint=settings_views.endpoint_row(endpoint, visitor.formats, now),
            active=endpoint.status == "active",
            messages=tuple(settings_views.message_row(message, visitor.formats, now) for message in log),
            next_url=f"/portal/webhooks/{endpoint.id}?before={log[-1].id}" if full else None,
            fresh_secret=secret,
            form=forms.Form(),
        )
        return portal.page(request, "webhook.html", view, visitor)

    @routes.get("/webhooks")
    async def endpoints(request: Request, visitor: builder) -> Response:
        return await endpoints_page(request, visitor, forms.Form())

    @routes.post("/webhooks")
    async def add_endpoint(request: Request, visitor: builder) -> Response:
        sent = {name: str(value).strip() for name, value in (await request.form()).items()}
        try:
            wanted = settings_views.new_endpoint(sent)
            endpoint = await doors.webhooks.create(visitor.actor, wanted)
        except Problem as refusal:
            shown = {name: value for name, value in sent.items() if name not in settings_views.RECEIVER_SECRETS}
            form = forms.refused_form(shown, refusal)
            return await endpoints_page(request, visitor, form, refusal.status)
        return await endpoint_page(request, visitor, endpoint.id, secret=endpoint.secrets[0])

    @routes.get("/webhooks/{endpoint_id}")
    async def endpoint(request: Request, endpoint_id: str, visitor: builder, before: str | None = None) -> Response:
        return await endpoint_page(request, visitor, endpoint_id, before=before)

    @routes.post("/webhooks/{endpoint_id}/rotate")
    async def rotate(request: Request, endpoint_id: str, visitor: builder) -> Response:
        changed = await doors.webhooks.rotate_secret(visitor.actor, endpoint_id)
        return await endpoint_page(request, visitor, endpoint_id, secret=changed.secrets[0])

    @routes.post("/webhooks/{endpoint_id}/replay")
    async def replay(endpoint_id: str, visitor: builder, message_id: Annotated[str, Form()] = "") -> Response:
        await doors.webhooks.replay(
            visitor.actor, endpoint_id, message_id=message_id or None, failed_only=not message_id
        )
        return go(f"/portal/webhooks/{endpoint_id}", "replayed")

    @routes.post("/webhooks/{endpoint_id}/{act}")
    async def change(endpoint_id: str, act: str, visitor: builder) -> Response:
        return await _change_endpoint(portal, visitor.actor, endpoint_id, act)

    return routes


async def _change_endpoint(portal: Portal, actor: MerchantActor, endpoint_id: str, act: str) -> Response:
    match act:
        case "pause" | "resume":
            await portal.doors.webhooks.change(actor, endpoint_id, active=act == "resume")
            return go(f"/portal/webhooks/{endpoint_id}", "endpoint-saved")
        case "remove":
            await portal.doors.webhooks.remove(actor, endpoint_id)
            return go("/portal/webhooks", "endpoint-removed")
        case _:
            raise NotFound("page", act)

"""The whole portal as one router; bootstrap mounts it."""

from fastapi import APIRouter

from homeward.web.portal import (
    account_pages,
    book_pages,
    brand_pages,
    counter_pages,
    credential_pages,
    driver_pages,
    pages,
    settings_pages,
    shopper_pages,
    team_pages,
)
from homeward.web.portal.pages import Portal, PortalDoors
from homeward.web.render import Pages


def portal_router(doors: PortalDoors, shared: Pages) -> APIRouter:
    portal = Portal(doors, shared)
    whole = APIRouter()
    for part in (
        pages.door_router(portal),
        pages.router(portal),
        counter_pages.counter_router(portal),
        book_pages.router(portal),
        book_pages.address_router(portal),
        pages.delivery_router(portal),
        settings_pages.store_router(portal),
        driver_pages.driver_router(portal),
        settings_pages.key_router(portal),
        credential_pages.credential_router(portal),
        settings_pages.webhook_router(portal),
        brand_pages.brand_router(portal),
        shopper_pages.shopper_router(portal),
        team_pages.team_router(portal),
        account_pages.account_router(portal),
        team_pages.join_router(portal),
    ):
        whole.include_router(part)
    return whole

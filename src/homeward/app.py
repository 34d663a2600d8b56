"""The web application: every router of every feature, mounted in one place."""

from typing import Final

from fastapi import Depends, FastAPI, Response

from homeward import __version__
from homeward.bootstrap import Platform
from homeward.coverage import api as coverage_api
from homeward.deliveries import api as deliveries_api
from homeward.dispatch import api as dispatch_api
from homeward.fleets.couriers import api as couriers_api
from homeward.infra.http import install_shell, metrics_response
from homeward.merchants import api as merchants_api
from homeward.messages import api as messages_api
from homeward.messages.webhooks.api import webhooks_router
from homeward.quotes import api as quotes_api
from homeward.routing.addresses_api import router as addresses_router
from homeward.routing.tiles import tile_router

_DESCRIPTION: Final = """
Quote a delivery, book it, follow it. Money is whole minor units with a currency, moments are RFC 3339 in UTC,
lists come in pages with a cursor. A POST takes an `Idempotency-Key`; a repeat with the same key makes nothing twice.
Errors are RFC 9457 problem details with a stable `code`.
"""


def create_app(platform: Platform) -> FastAPI:
    """The app of one process. It owns nothing: the platform is opened and closed by whoever runs it."""
    app = FastAPI(
        title="Delivery API",  # no name of ours: merchants show these pages to their own developers
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    install_shell(app, platform.db)
    _mount_api(app, platform)
    _mount_operations(app, platform)
    return app


def _mount_api(app: FastAPI, p: Platform) -> None:
    app.include_router(quotes_api.router(p.quotes, p.auth))
    app.include_router(deliveries_api.router(p.deliveries, p.auth))
    app.include_router(merchants_api.router(p.merchants, p.auth))
    app.include_router(webhooks_router(p.webhooks, p.auth))
    app.include_router(addresses_router(p.geocoder, p.coverage, p.auth))
    app.include_router(couriers_api.router(p.couriers, p.auth, p.clock))
    app.include_router(dispatch_api.router(p.dispatch, p.auth))
    app.include_router(coverage_api.operator_router(p.coverage, p.auth))
    app.include_router(merchants_api.operator_router(p.merchants, p.auth))
    app.include_router(deliveries_api.operator_router(p.deliveries, p.auth))
    app.include_router(couriers_api.operator_router(p.couriers, p.auth, p.clock))
    app.include_router(dispatch_api.operator_router(p.dispatch, p.auth))
    app.include_router(tile_router(p.settings.data_dir))
    if p.settings.demo:
        app.include_router(messages_api.mailbox_router(p.messages))


def _mount_operations(app: FastAPI, p: Platform) -> None:
    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(p.auth.operator())])
    async def metrics() -> Response:
        return metrics_response()

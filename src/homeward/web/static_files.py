"""The built scripts and styles, and the map tiles, with the right caching."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from homeward.kit.problems import NotFound
from homeward.web.assets_manifest import STATIC


class BuiltFiles(StaticFiles):
    """Names carry a hash of the content, so a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def assets_app(static: Path = STATIC) -> StaticFiles:
    """Mount it at `/assets`."""
    return BuiltFiles(directory=static, check_dir=False)


def tiles_router(markets_dir: Path) -> APIRouter:
    """`/tiles/{slug}.pmtiles`, by ranges, from `<markets_dir>/<slug>/tiles.pmtiles`."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/tiles/{slug}.pmtiles", methods=["GET", "HEAD"])
    async def tiles(slug: str) -> Response:
        path = markets_dir / slug / "tiles.pmtiles"
        if not slug.replace("-", "").isalnum() or not path.is_file():
            raise NotFound("map tiles", slug)
        return FileResponse(
            path, media_type="application/vnd.pmtiles", headers={"Cache-Control": "public, max-age=3600"}
        )

    return router

"""The built scripts and styles, with the right caching."""

from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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

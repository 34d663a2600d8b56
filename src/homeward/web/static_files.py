"""The built scripts and styles, with the right caching, in the shortest form that the browser reads."""

from mimetypes import guess_type
from pathlib import Path
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from homeward.web.assets_manifest import STATIC

PACKED: Final = {"br": ".br", "gzip": ".gz"}
"""What the build leaves beside a file, the shortest first. Pages are never packed: they hold secrets beside what
somebody else may have typed, and the length of a packed page tells of both."""


class BuiltFiles(StaticFiles):
    """Names carry a hash of the content, so a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        asked = {part.partition(";")[0].strip() for part in Headers(scope=scope).get("accept-encoding", "").split(",")}
        packed = next((code for code in PACKED if code in asked and self.lookup_path(path + PACKED[code])[1]), None)
        response = await super().get_response(path + PACKED[packed] if packed else path, scope)
        if packed:
            response.headers["Content-Encoding"] = packed
            response.headers["Content-Type"] = guess_type(path)[0] or "application/octet-stream"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


def assets_app(static: Path = STATIC) -> StaticFiles:
    """Mount it at `/assets`."""
    return BuiltFiles(directory=static, check_dir=False)

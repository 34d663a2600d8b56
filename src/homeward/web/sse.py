"""Server-sent events, as they go over the wire."""

import json
from typing import Any, Final

SSE_HEADERS: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


def message(name: str, data: Any) -> str:
    """One event with JSON data."""
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"

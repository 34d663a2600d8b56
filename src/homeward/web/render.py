"""Templates to pages: one environment, strict about what it does not know."""

import json
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from homeward.web import words
from homeward.web.assets_manifest import Manifest, load_manifest, manifest_written
from homeward.web.format import initials
from homeward.web.security import page_headers

_HERE = Path(__file__).parent
THEMES = ("light", "dark")


class Pages:
    """Renders a template with a view model; every face of the installation shares it.

    The view model is the template's `view`. A partial (an answer to htmx) is a template of its own.
    """

    def __init__(self, manifest: Manifest | None = None) -> None:
        self._given = manifest
        self._read: tuple[float, Manifest] | None = None
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(
            icon=icon,
            words=words,
            word=words.word,
            attention=words.attention,
            initials=initials,
            data=_data,
            entry=self._entry,
            prose=prose,
        )

    def html(self, request: Request, template: str, view: object, *, nonce: str = "", **more: Any) -> str:
        theme = request.cookies.get("theme", "")
        return self._environment.get_template(template).render(
            view=view,
            nonce=nonce,
            theme=theme if theme in THEMES else "",
            partial=is_partial(request),
            path=request.url.path,
            query=request.url.query,
            **more,
        )

    def page(
        self,
        request: Request,
        template: str,
        view: object,
        *,
        status: int = 200,
        for_shopper: bool = False,
        **more: Any,
    ) -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        headers = page_headers(nonce, shared_with_shopper=for_shopper)
        return HTMLResponse(self.html(request, template, view, nonce=nonce, **more), status, headers)

    def _entry(self, name: str) -> Any:
        if self._given is not None:
            return self._given.entry(name)
        # A new build takes the old files away: its list is read again as soon as it changes.
        written = manifest_written()
        if self._read is None or self._read[0] != written:
            self._read = (written, load_manifest())
        return self._read[1].entry(name)


def is_partial(request: Request) -> bool:
    """Whether htmx asks for a piece of the page (and not for the page on a return through the history)."""
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Request-Type", "partial") == "partial"


def prose(text: str) -> Markup:
    """A sentence of ours whose `code` is marked as Markdown does."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if n % 2 else part for n, part in enumerate(parts))


@cache
def icon(name: str, label: str = "", extra: str = "") -> Markup:
    """An icon as inline SVG; decorative unless it has a `label`."""
    source = (_HERE / "icons" / f"{name}.svg").read_text("utf-8")
    body = source[source.index(">") + 1 : source.rindex("</svg>")]
    body = body.replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "")
    shown = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup(
        '<svg class="icon{}" {} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-linecap="round"'
        ' stroke-linejoin="round">{}</svg>'
    ).format(f" {extra}" if extra else "", shown, Markup(" ".join(body.split())))  # noqa: S704  # a file of ours


def _data(value: Any) -> str:
    """JSON for a `data-` attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

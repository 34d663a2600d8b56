"""Templates to pages: one environment, strict about what it does not know."""

import json
import secrets
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from homeward.web import words
from homeward.web.assets_manifest import Manifest, load_manifest, manifest_written
from homeward.web.format import initials
from homeward.web.languages import FALLBACK, LANGUAGES, VARY, language_of
from homeward.web.security import page_headers
from homeward.web.translation import Speech, speech

_HERE = Path(__file__).parent
THEMES = ("light", "dark")
# Templates whose every word is in the catalogues; all others speak English until they are, and say so.
TRANSLATED = ("courier/", "problem.html", "sign_in.html")


class Pages:
    """Renders a template with a view model; every face of the installation shares it.

    The view model is the template's `view`. A partial (an answer to htmx) is a template of its own.
    """

    def __init__(self, manifest: Manifest | None = None, speeches: Callable[[str], Speech] = speech) -> None:
        self._given = manifest
        self._read: tuple[float, Manifest] | None = None
        self._speeches = speeches
        self._environments: dict[str, Environment] = {}

    def say(self, request: Request) -> Speech:
        """The speech of this request, for pages that are translated."""
        return self._speeches(language_of(request))

    def _environment(self, language: str) -> Environment:
        """One for each language: what a template says is looked up there, and nothing has to be passed on."""
        known = self._environments.get(language)
        if known is None:
            known = self._environments[language] = self._make(self._speeches(language))
        return known

    def _make(self, say: Speech) -> Environment:
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.policies["ext.i18n.trimmed"] = True
        environment.install_gettext_callables(say.gettext, say.ngettext, newstyle=True)  # type: ignore[attr-defined]
        # For words of ours that come as data: the answer is text and is escaped as such.
        environment.filters["say"] = say.gettext
        environment.globals.update(
            icon=icon,
            words=words,
            word=words.word,
            attention=words.attention,
            initials=initials,
            data=_data,
            entry=self._entry,
            prose=prose,
            language=say.code,
            languages=LANGUAGES,
        )
        return environment

    def html(self, request: Request, template: str, view: object, *, nonce: str = "", **more: Any) -> str:
        theme = more.pop("theme", "") or request.cookies.get("theme", "")
        language = self._language(request, template, more)
        return (
            self._environment(language)
            .get_template(template)
            .render(
                view=view,
                nonce=nonce,
                theme=theme if theme in THEMES else "",
                partial=is_partial(request),
                path=request.url.path,
                query=request.url.query,
                here=_address(request),
                **more,
            )
        )

    def page(
        self,
        request: Request,
        template: str,
        view: object,
        *,
        status: int = 200,
        for_shopper: bool = False,
        framing: Literal["none", "holds", "held"] = "none",
        **more: Any,
    ) -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        headers = page_headers(nonce, shared_with_shopper=for_shopper, framing=framing)
        headers |= {"Content-Language": self._language(request, template, more), "Vary": VARY}
        return HTMLResponse(self.html(request, template, view, nonce=nonce, **more), status, headers)

    def _language(self, request: Request, template: str, more: dict[str, Any]) -> str:
        """The shopper's page brings its own."""
        if "lang" in more:
            return str(more["lang"])
        return language_of(request) if template.startswith(TRANSLATED) else FALLBACK

    def _entry(self, name: str) -> Any:
        if self._given is not None:
            return self._given.entry(name)
        # A new build takes the old files away: its list is read again as soon as it changes.
        written = manifest_written()
        if self._read is None or self._read[0] != written:
            self._read = (written, load_manifest())
        return self._read[1].entry(name)


def _address(request: Request) -> str:
    """This page's own address, to come back to; empty where it is the answer to a form."""
    if request.method != "GET":
        return ""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


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

"""No word of a translated face stands outside the marks: shown in a language that says every sentence in brackets."""

import gettext
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from jinja2 import Environment, nodes

from homeward.web.render import TRANSLATED, Pages
from homeward.web.translation import Speech
from scripts.messages import HOUSE, messages
from tests.web.courier_gallery import courier_pages
from tests.web.gallery import gallery
from tests.web.test_gallery import BUILT, DOORS

TEMPLATES = HOUSE / "web" / "templates"
# Attributes that people hear or read; `data-` ones are what scripts say.
READ = {"aria-label", "title", "alt", "placeholder", "data-confirm", "data-other", "data-again", "data-copied", "label"}
# What the made-up world says, longest first: names, addresses, what people wrote, and codes.
MADE_UP = sorted(
    (
        "Corner Bakery", "Nora Hasler", "Austrasse 7", "Städtle 1", "Bo Lindqvist", "Bo", "Ida Berger", "Vaduz", "Ida",
        "Zoe Maria Hilti-Frommelt", "It never came", "No photo", "I stood there", "It was somebody else", "dlv_1",
        "WEB-1", "WEB-2", "House rules as published.", "We have no work in your town yet.", "LABEL-1", "LABEL-2",
        "ab12cd34ef56", "Liechtenstein", "Müller's Bakery", "lea@bakery.example",
        "The name cannot be read; please take it in daylight.", "English", "Español", "ida@example.org",
    ),
    key=len,
    reverse=True,
)  # fmt: skip
# Written alike in every language of ours: units, currencies; and what the locale writes.
ALIKE = re.compile(r"\b(km|m|min|h|s|kg|g|CHF|AM|PM|[ap]\.\s?m\.|\d+ \w{3,4}\.? \d{4})(?=\W|$)")
_BRACKETS = re.compile(r"⟦[^⟦⟧]*⟧")


class InBrackets(gettext.NullTranslations):
    """Says every sentence of the catalogues in brackets, and leaves alone what is in none of them."""

    def __init__(self) -> None:
        super().__init__()
        self._known = {form for said in messages() for form in ([said] if isinstance(said, str) else said)}

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧" if message in self._known else message

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self.gettext(one if number == 1 else many)


class Words(HTMLParser):
    """What a person reads on a page: its text and the attributes that speak, without what `<time>` holds."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("time", "style", "script", "code")
        if tag != "time":
            self.said += [value or "" for name, value in attrs if name in READ]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("time", "style", "script", "code")

    def handle_data(self, data: str) -> None:
        # Brackets open and close across tags and times, so the text stays in one piece.
        self.said.append(re.sub(r"[^⟦⟧]", "", data) if self._silent else data)


def bare(html: str) -> list[str]:
    """The words that stand in no brackets and are not the made-up world's."""
    text = " ".join(Words(html).said)
    while _BRACKETS.search(text):
        text = _BRACKETS.sub(" ", text)
    for known in MADE_UP:
        text = text.replace(known, " ")
    return re.findall(r"[^\W\d_]{2,}", ALIKE.sub(" ", text))


@pytest.fixture(scope="module")
def browser() -> TestClient:
    say = Speech("es", InBrackets())
    return TestClient(gallery(Pages(BUILT, lambda _: say)))


@pytest.mark.parametrize("path", [*courier_pages(), *DOORS])
def test_a_translated_page_shows_no_word_that_was_not_said(browser: TestClient, path: str) -> None:
    assert bare(browser.get(path).text) == []


def test_a_word_outside_the_marks_is_found() -> None:
    assert bare("<p>⟦Send ⟦it⟧⟧ <b>now</b> 12 min</p>") == ["now"]
    assert bare('<input placeholder="Street">') == ["Street"]
    assert bare('<time title="Monday">12:00</time> CHF 6.20') == []


def translated_templates() -> list[Path]:
    shared = [TEMPLATES / name for name in ("base.html", "door.html", "ui.html", "frame.html", "_languages.html")]
    return [path for path in sorted(TEMPLATES.rglob("*.html")) if _name(path).startswith(TRANSLATED)] + shared


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@pytest.mark.parametrize("path", translated_templates(), ids=_name)
def test_a_translated_template_has_no_bare_text(path: Path) -> None:
    """Also where no page of the gallery leads."""
    assert list(loose_text(path.read_text("utf-8"))) == []


def loose_text(source: str) -> Iterator[str]:
    """Words between the tags of a template, and in attributes that speak; what `_()` and `{% trans %}` say is none."""
    tree = Environment(extensions=["jinja2.ext.i18n"], autoescape=True).parse(source)  # only read, never rendered
    # The gaps keep a tag together that an expression stands in the middle of.
    whole = "".join(
        part.data if isinstance(part, nodes.TemplateData) else "{}"
        for output in tree.find_all(nodes.Output)
        for part in output.nodes
    )
    for said in re.findall(rf'(?<![\w-])(?:{"|".join(READ)})="([^"]*)"', whole):
        yield from re.findall(r"[^\W\d_]{2,}", said)
    # An expression may leave half a tag on either side; what remains of tags has no angle bracket of its own.
    for text in re.findall(r">([^<>]*)<", whole):
        yield from re.findall(r"[^\W\d_]{2,}", re.sub(r'&\w+;|[\w-]+="[^"]*"|[\w-]+(?==")', " ", text))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Send it</p>", ["Send", "it"]),
        ('<p>{{ _("Send it") }}</p>', []),
        ("<p>{% trans %}Send <b>it</b>{% endtrans %}</p>", []),
        ('<img alt="A map">', ["map"]),
        ('<a class="x"{% if y %} href="/z"{% endif %}>{{ y }}</a>', []),
    ],
)
def test_bare_text_in_a_template_is_found(source: str, found: list[str]) -> None:
    assert list(loose_text(source)) == found

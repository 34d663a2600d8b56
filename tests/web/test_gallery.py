"""Every page, empty, crowded and refused: what holds for all of them."""

from collections import Counter
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from homeward.web.assets_manifest import Entry, Manifest
from homeward.web.render import Pages
from tests.web.courier_gallery import courier_pages
from tests.web.gallery import console_pages, gallery
from tests.web.portal_gallery import portal_pages
from tests.web.tracking_gallery import tracking_paths

BUILT = Manifest(
    {name: Entry(f"{name}.js", (f"{name}.css",), ()) for name in ("console", "courier", "portal", "tracking")}
)
DOORS = ["/console/sign-in", "/console/sign-in?wrong=1", "/console/missing", "/portal/join", "/portal/join?ended=1"]
PATHS = [*console_pages(), *portal_pages(), *courier_pages(), *tracking_paths(), *DOORS]
OURS = ("/console", "/portal", "/courier", "/language", "/t/")
_FIELDS = {"input", "select", "textarea"}


class Seen(HTMLParser):
    """What the checks below ask about a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: Counter[str] = Counter()
        self.labelled: set[str] = set()
        self.unlabelled: list[str] = []
        self.silent: list[str] = []
        self._in_label = 0
        self._button: list[str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in values.items()]
        if "id" in values:
            self.ids[values["id"]] += 1
        if tag == "label":
            self._in_label += 1
            self.labelled.add(values.get("for", ""))
        if tag in _FIELDS and values.get("type") != "hidden" and not self._in_label and "aria-label" not in values:
            self.unlabelled.append(values.get("id", values.get("name", tag)))
        if tag == "button":
            self._button = [values.get("aria-label", "")]
        if tag == "img" and "alt" not in values:
            self.silent.append("img")

    def handle_endtag(self, tag: str) -> None:
        if tag == "label":
            self._in_label -= 1
        if tag == "button" and self._button is not None:
            if not "".join(self._button).strip():
                self.silent.append("button")
            self._button = None

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._button.append(data)


@pytest.fixture(scope="module")
def browser() -> TestClient:
    return TestClient(gallery(Pages(BUILT)))


@pytest.mark.parametrize("path", PATHS)
def test_a_page_can_be_read_and_used_by_everybody(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    seen = Seen(answer.text)
    assert answer.status_code in (200, 404)
    assert seen.tags["h1"] == 1
    assert seen.tags["main"] == 1
    assert [name for name in seen.unlabelled if name not in seen.labelled] == []
    assert seen.silent == []
    assert {name: times for name, times in seen.ids.items() if times > 1} == {}


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_no_script_or_style_of_its_own_and_nothing_from_elsewhere(browser: TestClient, path: str) -> None:
    answer = browser.get(path)
    seen = Seen(answer.text)
    inline = [name for _, name, _ in seen.attributes if name == "style" or name.startswith("on")]
    loaded = [value for tag, name, value in seen.attributes if name == "src" or (tag == "link" and name == "href")]
    assert inline == []
    assert [address for address in loaded if not address.startswith(("/", "data:"))] == []
    assert "unsafe" not in answer.headers.get("content-security-policy", "unsafe")


@pytest.mark.parametrize("path", PATHS)
def test_every_form_says_where_it_goes(browser: TestClient, path: str) -> None:
    seen = Seen(browser.get(path).text)
    posted = [value for tag, name, value in seen.attributes if tag == "form" and name == "action"]
    assert [action for action in posted if not action.startswith(OURS)] == []


def test_a_theme_that_was_chosen_is_rendered_by_the_server(browser: TestClient) -> None:
    assert 'data-theme="dark"' in browser.get("/console", headers={"Cookie": "theme=dark"}).text
    assert "data-theme" not in browser.get("/console", headers={"Cookie": 'theme="><script>'}).text.split("<body")[0]


def test_names_from_outside_stay_text(browser: TestClient) -> None:
    assert "Müller&#39;s Bakery" in browser.get("/console/merchants").text

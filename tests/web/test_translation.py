"""The catalogues are whole, and every reader gets the language that is theirs."""

import re

import pytest
from babel.messages.catalog import Message
from fastapi.testclient import TestClient

from homeward.web.languages import LANGUAGES
from homeward.web.render import Pages
from homeward.web.translation import ENGLISH, speech
from scripts.messages import CATALOGUES, in_step, messages, placeholders, read, titles, written
from tests.web.gallery import gallery
from tests.web.test_gallery import BUILT

OTHERS = sorted(set(LANGUAGES) - {"en"})
_TAG = re.compile(r"<[^>]+>")


def forms(message: Message) -> list[tuple[str, str]]:
    """English beside the other language, for each form."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    said = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return [(ids[min(number, len(ids) - 1)], text) for number, text in enumerate(said or [""])]


@pytest.mark.parametrize("code", OTHERS)
def test_every_sentence_of_a_translated_face_has_words_in_every_language(code: str) -> None:
    known = read(CATALOGUES / f"{code}.po")
    bare = [said for said in messages() if not _whole(known.get(said if isinstance(said, str) else said[0]))]
    assert bare == [], "run `make messages`, then give these their words"


def _whole(message: Message | None) -> bool:
    return message is not None and not message.fuzzy and all(text.strip() for _, text in forms(message))


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_holds_what_is_said_now_and_nothing_else(code: str) -> None:
    path = CATALOGUES / f"{code}.po"
    assert path.read_bytes() == written(in_step(read(path))), "run `make messages`"


@pytest.mark.parametrize("code", OTHERS)
def test_both_languages_name_the_same_values_and_the_same_links(code: str) -> None:
    for message in read(CATALOGUES / f"{code}.po"):
        for english, other in forms(message) if message.id else ():
            assert placeholders(english) == placeholders(other), english
            assert sorted(_TAG.findall(english)) == sorted(_TAG.findall(other)), english


@pytest.mark.parametrize("code", OTHERS)
def test_a_sentence_may_stand_in_an_attribute(code: str) -> None:
    """Templates trust the catalogue: what it says is not escaped again, so no quotation mark may end an attribute."""
    for message in read(CATALOGUES / f"{code}.po"):
        for pair in forms(message) if message.id else ():
            assert [text for text in pair if '"' in _TAG.sub("", text)] == []


def test_the_titles_of_refusals_are_sentences_too() -> None:
    source = 'class A(Problem):\n    slug, status = "a", 400\n    title = (\n        "One, "\n        "two."\n    )\n'
    assert list(titles(source)) == [(3, "One, two.")]


def test_speech_puts_values_in_and_counts() -> None:
    spanish = speech("es")
    assert ENGLISH("version %(number)s", number=3) == "version 3"
    assert spanish("version %(number)s", number=3) == "versión 3"
    pieces = ("%(num)s piece", "%(num)s pieces")
    assert [spanish.plural(number, *pieces) for number in (1, 2)] == ["1 bulto", "2 bultos"]
    assert [ENGLISH.plural(number, *pieces) for number in (1, 2)] == ["1 piece", "2 pieces"]


def test_what_no_catalogue_knows_is_said_as_it_is_and_nothing_stays_nothing() -> None:
    assert speech("es")("Corner Bakery 100 %") == "Corner Bakery 100 %"
    assert speech("es")("") == ""


@pytest.fixture(scope="module")
def browser() -> TestClient:
    return TestClient(gallery(Pages(BUILT)), follow_redirects=False)


def test_a_browser_that_asks_for_spanish_is_answered_in_spanish(browser: TestClient) -> None:
    answer = browser.get("/console/sign-in", headers={"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"})
    assert '<html lang="es"' in answer.text
    assert "Contraseña" in answer.text
    assert answer.headers["content-language"] == "es"
    assert "Accept-Language" in answer.headers["vary"]
    assert "Cookie" in answer.headers["vary"]


def test_a_page_that_is_not_translated_says_that_it_is_english(browser: TestClient) -> None:
    answer = browser.get("/console/merchants", headers={"Accept-Language": "es"})
    assert '<html lang="en"' in answer.text
    assert answer.headers["content-language"] == "en"


def test_a_choice_is_kept_and_counts_more_than_the_browser(browser: TestClient) -> None:
    page = browser.get("/console/sign-in?wrong=1", headers={"Accept-Language": "es"}).text
    assert 'name="back" value="/console/sign-in?wrong=1"' in page
    chosen = browser.post("/language", data={"language": "en", "back": "/console/sign-in?wrong=1"}, headers=OURS)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/console/sign-in?wrong=1")
    assert chosen.cookies["language"] == "en"
    cookie = {"Cookie": "language=en", "Accept-Language": "es"}
    assert '<html lang="en"' in browser.get("/console/sign-in", headers=cookie).text


@pytest.mark.parametrize("back", ["https://elsewhere.example/x", "//elsewhere.example", "/\\elsewhere.example", ""])
def test_the_switch_leads_to_no_other_host(browser: TestClient, back: str) -> None:
    answer = browser.post("/language", data={"language": "es", "back": back}, headers=OURS)
    assert answer.headers["location"] == "/"


def test_a_language_that_nobody_speaks_is_not_kept(browser: TestClient) -> None:
    answer = browser.post("/language", data={"language": "tlh", "back": "/"}, headers=OURS)
    assert "set-cookie" not in answer.headers
    assert '<html lang="en"' in browser.get("/console/sign-in", headers={"Cookie": "language=tlh"}).text


def test_another_site_cannot_switch_the_language(browser: TestClient) -> None:
    from homeward.web.security import ForeignForm

    with pytest.raises(ForeignForm):
        browser.post("/language", data={"language": "es"}, headers={"Sec-Fetch-Site": "cross-site"})


OURS = {"Sec-Fetch-Site": "same-origin"}

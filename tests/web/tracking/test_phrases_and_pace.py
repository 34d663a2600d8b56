"""Which language a browser gets, and how often it may ask."""

from dataclasses import fields

import pytest

from homeward.deliveries.states import State
from homeward.infra.pace import Pace, Streams
from homeward.kit.problems import TooManyRequests
from homeward.web.tracking.phrases import ENGLISH, LANGUAGES, SPANISH, language


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-MX,es;q=0.9,en;q=0.8", "es"),
        ("fr-CH, de;q=0.9", "en"),
        ("en;q=0.3, es;q=0.7", "es"),
        ("es;q=0, en;q=0.1", "en"),
        ("es;q=nonsense", "en"),
        ("*", "en"),
    ],
)
def test_the_browsers_favourite_of_our_languages_is_taken(header: str, expected: str) -> None:
    assert language(header) == expected


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_language_has_words_for_every_state(lang: str) -> None:
    assert set(LANGUAGES[lang].states) == {str(state) for state in State}
    assert set(LANGUAGES[lang].reasons) == set(ENGLISH.reasons)
    assert set(LANGUAGES[lang].vehicles) == set(ENGLISH.vehicles)


def test_spanish_is_spanish() -> None:
    plain = [f.name for f in fields(ENGLISH) if isinstance(getattr(ENGLISH, f.name), str)]
    assert [name for name in plain if getattr(ENGLISH, name) == getattr(SPANISH, name)] == []


class Watch:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_sixty_requests_pass_and_the_next_must_wait() -> None:
    pace = Pace(60, seconds=Watch())
    for _ in range(60):
        pace.take("link")
    with pytest.raises(TooManyRequests) as refusal:
        pace.take("link")
    assert refusal.value.retry_after_s == 1


def test_the_pace_comes_back_with_time_and_each_link_has_its_own() -> None:
    watch = Watch()
    pace = Pace(60, seconds=watch)
    for _ in range(60):
        pace.take("link")
    pace.take("another link")
    watch.seconds = 2.0
    pace.take("link")
    pace.take("link")
    with pytest.raises(TooManyRequests):
        pace.take("link")


def test_a_link_has_so_many_streams_at_once() -> None:
    streams = Streams(at_once=1)
    streams.check("dlv_1")
    with streams.one("dlv_1"):
        streams.check("dlv_2")
        with pytest.raises(TooManyRequests):
            streams.check("dlv_1")
    streams.check("dlv_1")

"""Every page in a real browser, a phone by day and a desk by night: readable, tappable, and nothing fails to load."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.screens import Look, Watched, a_browser, served_gallery
from tests.web.test_gallery import PATHS

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOOKS = (Look("phone", "light"), Look("desktop", "dark"))


@pytest.fixture(scope="module")
def aside() -> Iterator[ThreadPoolExecutor]:
    """Where the browser is driven: Playwright keeps a loop running in its thread, other tests start theirs."""
    with ThreadPoolExecutor(1) as thread:
        yield thread


@pytest.fixture(scope="module")
def browser(aside: ThreadPoolExecutor, chromium: Path) -> Iterator[Browser]:
    opened = ExitStack()
    yield aside.submit(opened.enter_context, a_browser(chromium)).result()
    aside.submit(opened.close).result()


@pytest.fixture(scope="module")
def eyes(aside: ThreadPoolExecutor, browser: Browser) -> Iterator[tuple[str, dict[Look, Watched]]]:
    with served_gallery() as base:
        yield base, aside.submit(lambda: {look: Watched(browser, look) for look in LOOKS}).result()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_wrong_with_a_page(
    aside: ThreadPoolExecutor, eyes: tuple[str, dict[Look, Watched]], path: str
) -> None:
    base, watched = eyes
    found = aside.submit(lambda: {look.name: watched[look].wrong(base + path) for look in LOOKS}).result()
    assert found == {look.name: [] for look in LOOKS}


PLANTED = {
    "scrolls sideways": '<p style="width: 3000px">wide</p>',
    "lies over": '<button>One</button><button style="position: relative; left: -20px">Two</button>',
    "is cut off": '<h2 style="width: 40px; overflow: hidden; white-space: nowrap">Much too long for this</h2>',
    "is no picture": '<img alt="" src="data:image/png;base64,AAAA">',
    "color-contrast": '<p style="color: #aaa; background: #fff">grey on white</p>',
    "image-alt": '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==">',
    "target-size": '<a href="#a">a</a><a href="#b">b</a>'.replace("<a ", '<a style="display:inline-block;width:9px" '),
    "label": "<input>",
    "console": "<script>console.error('broken')</script>",
    "script": "<script>throw new Error('broken')</script>",
}


@pytest.mark.parametrize("told", sorted(PLANTED))
def test_what_is_wrong_is_seen(aside: ThreadPoolExecutor, browser: Browser, told: str) -> None:
    def seen() -> list[str]:
        watched = Watched(browser, Look("phone", "light"))
        watched.page.set_content(f'<html lang="en"><title>Planted</title><main><h1>Here</h1>{PLANTED[told]}</main>')
        return [*watched.heard, *watched.judged()]

    assert [sentence for sentence in aside.submit(seen).result() if told in sentence]

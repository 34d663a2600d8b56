"""What a browser gets of a built file, by what it reads."""

from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from homeward.web.static_files import assets_app

SCRIPT = b"export const bread = 1;\n"


@pytest.fixture
def browser(tmp_path: Path) -> TestClient:
    for ending, content in (("", SCRIPT), (".br", b"as brotli"), (".gz", b"as gzip")):
        (tmp_path / f"page-1a2b.js{ending}").write_bytes(content)
    (tmp_path / "plain-1a2b.woff2").write_bytes(b"letters")
    app = FastAPI()
    app.mount("/assets", assets_app(tmp_path))
    return TestClient(app, base_url="http://test/assets/")


@pytest.mark.parametrize(
    ("reads", "packed"),
    [("gzip, deflate, br, zstd", "br"), ("br;q=1.0, gzip;q=0.8", "br"), ("gzip", "gzip"), ("identity", None)],
)
def test_the_shortest_form_that_is_read_is_sent(browser: TestClient, reads: str, packed: str | None) -> None:
    with browser.stream("GET", "page-1a2b.js", headers={"Accept-Encoding": reads}) as answer:
        content = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == packed
    assert content == {"br": b"as brotli", "gzip": b"as gzip", None: SCRIPT}[packed]
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "immutable" in answer.headers["cache-control"]


def test_what_has_no_packed_form_comes_as_it_is(browser: TestClient) -> None:
    answer = browser.get("plain-1a2b.woff2", headers={"Accept-Encoding": "br"})
    assert (answer.content, answer.headers.get("content-encoding")) == (b"letters", None)


def test_no_path_leads_out_of_the_folder(browser: TestClient) -> None:
    assert browser.get("..%2f..%2fetc/passwd", headers={"Accept-Encoding": "br"}).status_code == 404

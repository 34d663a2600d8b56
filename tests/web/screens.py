"""Looks at a page as a person would who reads, taps and tabs: what is wrong with it, in words.

`python -m tests.web.screens FOLDER [PART…]` leaves pictures of every page of the gallery in a folder, with a page that
shows them side by side; parts of addresses choose among them.
"""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from homeward.web.render import Pages
from tests.web.gallery import gallery
from tests.web.town import a_free_port

ROOT: Final = Path(__file__).parents[2]
LAYOUT: Final = Path(__file__).with_name("layout.js")
AXE: Final = ROOT / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
SIZES: Final = {"phone": (390, 844), "desktop": (1440, 900)}
SCHEMES: Final = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Look:
    """On which screen, by day or night."""

    size: str
    scheme: str

    @property
    def name(self) -> str:
        return f"{self.size}-{self.scheme}"


LOOKS: Final = tuple(Look(size, scheme) for size in SIZES for scheme in SCHEMES)


@cache
def _script(file: Path) -> str:
    text = file.read_text("utf-8")
    return text[text.index("() =>") :] if file == LAYOUT else text


class Watched:
    """One browser page that is led through many addresses; what goes wrong in it is kept by address."""

    def __init__(self, browser: Browser, look: Look) -> None:
        width, height = SIZES[look.size]
        dark: Any = look.scheme
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=dark, reduced_motion="reduce"
        )
        self.page: Page = context.new_page()
        self.heard: list[str] = []
        self.page.on("pageerror", lambda error: self.heard.append(f"script: {error}"))
        self.page.on("console", self._said)
        self.page.on("response", self._answered)

    def _said(self, said: ConsoleMessage) -> None:
        # What failed to load is told by the answer, with its address.
        if said.type == "error" and "Failed to load resource" not in said.text:
            self.heard.append(f"console: {said.text}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400 and answer.request.resource_type != "document":
            self.heard.append(f"{answer.status} for {answer.url}")

    def open(self, url: str) -> None:
        self.heard.clear()
        self.page.goto(url, wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => true)")  # the page's policy forbids waiting by eval

    def wrong(self, url: str) -> list[str]:
        """Everything that is wrong with the page, as sentences."""
        self.open(url)
        return self.judged()

    def judged(self) -> list[str]:
        """The same of the page that is open."""
        found = list(self.page.evaluate(_script(LAYOUT)))
        self.page.evaluate(_script(AXE))
        judged = self.page.evaluate("(tags) => axe.run(document, { runOnly: tags })", list(RULES))
        for rule in judged["violations"]:
            for node in rule["nodes"][:5]:
                why = " ".join(str(node["failureSummary"]).split())
                found.append(f"{rule['id']}: {node['html'][:120]}: {why[:200]}")
        return [*self.heard, *found]


@contextmanager
def served_gallery() -> Iterator[str]:
    """The gallery on a port of its own; its address."""
    port = a_free_port()
    config = uvicorn.Config(gallery(Pages()), host="127.0.0.1", port=port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)


@contextmanager
def a_browser(executable: Path) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Software rendering draws maps on machines without a graphics card.
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--enable-unsafe-swiftshader"]
        )
        yield browser
        browser.close()


def _file(path: str, look: Look) -> str:
    return f"{path.strip('/').replace('/', '_').replace('?', '_')}-{look.name}.png"


def _index(paths: Sequence[str]) -> str:
    def row(path: str) -> str:
        pictures = "".join(f'<a href="{_file(path, look)}"><img src="{_file(path, look)}"></a>' for look in LOOKS)
        return f"<h2>{escape(path)}</h2><div>{pictures}</div>"

    style = "body{font:14px system-ui}div{display:flex;gap:12px;align-items:start}img{max-height:520px}"
    return f"<!doctype html><title>Pages</title><style>{style}</style>{''.join(row(path) for path in paths)}"


def take_pictures(folder: Path, paths: Sequence[str], executable: Path) -> int:
    """One picture a page and look, and a page that shows them. How many things are wrong; each is printed."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    with served_gallery() as base, a_browser(executable) as browser:
        for look in LOOKS:
            watched = Watched(browser, look)
            for path in paths:
                for sentence in watched.wrong(base + path):
                    print(f"{look.name} {path}: {sentence}")
                    count += 1
                watched.page.screenshot(path=folder / _file(path, look), full_page=True)
            print(f"{look.name}: {len(paths)} pages")
    (folder / "index.html").write_text(_index(paths), "utf-8")
    return count


if __name__ == "__main__":
    from tests.web.test_gallery import PATHS

    chosen = [path for path in PATHS if not sys.argv[2:] or any(part in path for part in sys.argv[2:])]
    link = ROOT / ".venv" / "share" / "homeward" / "bin" / "chromium"
    sys.exit(1 if take_pictures(Path(sys.argv[1]), chosen, link) else 0)

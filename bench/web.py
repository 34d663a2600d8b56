"""What the pages weigh, how soon they show, how soon they answer, how soon they tell, and how smoothly the map moves.

A town of the tests runs on a real database, its pages in a real Chromium. A phone of the middle is the desktop's
processor slowed down four times behind a slow mobile network (1.6 Mbit/s down, 150 ms there and back), as Lighthouse
takes it. Weight counts the bytes on the wire up to the moment the page is loaded, the map and its worker apart.

Live latency is from the commit of an event to the frame in which an open page shows it, while a thousand others keep
their streams open. The map is drawn by the processor here, not by a graphics card: its figure is the worst case.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from rich.console import Console
from rich.table import Table

from homeward.deliveries.model import State
from homeward.infra.settings import Settings
from homeward.infra.telemetry import configure_logs
from homeward.launcher import running_database
from tests.web.booking import a_booked_delivery
from tests.web.town import OPERATOR, OWNER, Town, a_free_port, a_town, served
from tests.web.tracking.world import a_carried_parcel, a_token

ROOT: Final = Path(__file__).resolve().parent.parent
CHROMIUM: Final = ROOT / ".venv" / "share" / "homeward" / "bin" / "chromium"
SLOWER: Final = 4
NETWORK: Final = {"latency": 150, "downloadThroughput": 1_600_000 // 8, "uploadThroughput": 750_000 // 8}
OF_THE_MAP: Final = ("/tiles/", "/assets/map-", "/assets/maplibre")
WEIGHT_KB: Final = {"tracking": 150, "courier": 250}
FIRST_PAINT_MS: Final = 1_000
LIVE_MS: Final = 1_000
FRAMES: Final = 30
A_LINK: Final = 10  # streams that one link may have open, less one for the page itself

console = Console()


@dataclass(frozen=True)
class Face:
    """Weight in kB as transferred, times in ms on the phone of the middle."""

    face: str
    before_map_kb: float
    with_map_kb: float
    first_paint_ms: float
    loaded_ms: float
    answer_ms: float


@dataclass(frozen=True)
class Live:
    watchers: int
    events: int
    p50_ms: float
    p95_ms: float
    most_ms: float


@dataclass(frozen=True)
class Frames:
    couriers: int
    per_second: float
    longest_ms: float


# ── weight, paint, answer ──


@asynccontextmanager
async def a_phone(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True)
    yield context
    await context.close()


async def sign_in(context: BrowserContext, town: Town, face: str) -> None:
    email, password = OPERATOR if face == "console" else OWNER
    page = await context.new_page()
    await page.goto(f"{town.base_url}/{face}/sign-in")
    await page.fill("[name=email]", email)
    await page.fill("[name=password]", password)
    await page.click("main button[type=submit]")
    await page.wait_for_url(f"{town.base_url}/{face}")
    await page.close()


async def measured(context: BrowserContext, face: str, url: str, tap: str) -> Face:
    """Opens the page with nothing cached, then taps once."""
    page = await context.new_page()
    wire = await context.new_cdp_session(page)
    await wire.send("Network.enable")
    await wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await wire.send("Network.emulateNetworkConditions", {"offline": False, **NETWORK})
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    urls: dict[str, str] = {}
    bytes_of: dict[str, float] = {}
    wire.on("Network.requestWillBeSent", lambda said: urls.update({said["requestId"]: said["request"]["url"]}))
    wire.on("Network.loadingFinished", lambda said: bytes_of.update({said["requestId"]: said["encodedDataLength"]}))
    await page.add_init_script(_WATCH_TAPS)
    await page.goto(url, wait_until="load")
    await page.wait_for_timeout(4_000)
    paints = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    loaded = await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    await page.locator(tap).locator("visible=true").first.tap()
    await page.wait_for_timeout(1_500)
    answer = await page.evaluate("window.longestTap")
    await page.close()
    before = sum(size for key, size in bytes_of.items() if not _of_map(urls.get(key, "")))
    return Face(face, before / 1024, sum(bytes_of.values()) / 1024, paints, loaded, answer)


# The event timing interface: from the tap to the next frame, in steps of 8 ms; what is shorter than 16 is not told.
_WATCH_TAPS: Final = """
window.longestTap = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (entry.interactionId) window.longestTap = Math.max(window.longestTap, entry.duration);
}).observe({ type: "event", durationThreshold: 16, buffered: true });
// The page's own handlers run; it only stays where it is.
for (const leaving of ["click", "submit"]) addEventListener(leaving, (event) => event.preventDefault());
"""


def _of_map(url: str) -> bool:
    return urlsplit(url).path.startswith(OF_THE_MAP)


async def courier_session(town: Town, phone: str) -> str:
    """The cookie of a courier who signed in with the code of a text."""
    async with town.client() as http:
        await http.post("/courier/sign-in", data={"phone": phone})
        text = (await http.get("/demo/mailbox", params={"recipient": phone})).json()["items"][0]["body"]
        await http.post("/courier/code", data={"phone": phone, "code": re.findall(r"\d{6}", text)[0]})
        return str(http.cookies["courier"])


async def faces(browser: Browser, town: Town) -> list[Face]:
    parcel = await a_carried_parcel(town)
    await parcel.brought_to(State.TO_DROPOFF)
    found = []
    async with a_phone(browser) as context:
        url = f"{town.base_url}/t/{parcel.token}"
        found.append(await measured(context, "tracking", url, ".act-links a"))
    session = await courier_session(town, parcel.courier.phone)
    async with a_phone(browser) as context:
        await context.add_cookies([{"name": "courier", "value": session, "url": town.base_url}])
        found.append(await measured(context, "courier", f"{town.base_url}/courier", "button"))
    for face, tap in (("portal", "main a"), ("console", "main a")):
        async with a_phone(browser) as context:
            await sign_in(context, town, face)
            found.append(await measured(context, face, f"{town.base_url}/{face}", tap))
    return found


# ── live ──


async def live(browser: Browser, town: Town, watchers: int, events: int) -> Live:
    """A third of the events on each of three pages; the crowd watches other deliveries of the same town."""
    links = -(-watchers // A_LINK)
    tokens = [await a_token(town, await _booked_by_key(town, number)) for number in range(links)]
    addresses = [f"{town.base_url}/t/{tokens[n % len(tokens)]}/live" for n in range(watchers)]
    await _give_courier(town, tokens)
    pages = [await _watching_page(browser, town, number) for number in range(3)]
    async with _crowd(addresses):
        late = [await _one_event(town, *pages[number % 3], number) for number in range(events)]
    late.sort()
    return Live(watchers, events, late[len(late) // 2], late[int(len(late) * 0.95)], late[-1])


async def _booked_by_key(town: Town, number: int) -> str:
    async with town.client() as http:
        http.headers["Authorization"] = f"Bearer {town.merchant.live_key.secret}"
        http.headers["Idempotency-Key"] = f"a-crowd-key-{number:06d}"
        door = {"address": f"{number % 60 + 1} Elm Street, Springfield", "contact": {"name": f"Shopper {number}"}}
        # Tomorrow's windows: today's would be full before all are booked.
        ready_at = (town.clock.now() + timedelta(days=1 + number % 5)).isoformat()
        order = {"store_id": town.store.id, "parcel": {"weight_g": 2_000}, "dropoff": door, "ready_at": ready_at}
        answer = await http.post("/v1/deliveries", json=order)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def _give_courier(town: Town, tokens: Sequence[str]) -> None:
    """Every stream of the crowd has somebody's place to read: the worst of what a busy evening brings."""
    (courier, *_) = await town.platform.couriers.list()
    async with town.platform.db.operator() as tx:
        await tx.run(
            "UPDATE delivery SET courier_id = %(courier)s, state = 'to_dropoff' WHERE tracking_token = ANY(%(tokens)s)",
            courier=courier.id,
            tokens=list(tokens),
        )


async def _watching_page(browser: Browser, town: Town, number: int) -> tuple[str, Page]:
    delivery_id = await a_booked_delivery(town, key=f"a-watched-key-{number:04d}")
    page = await (await browser.new_context(viewport={"width": 390, "height": 844})).new_page()
    await page.goto(f"{town.base_url}/t/{await a_token(town, delivery_id)}")
    await page.wait_for_selector(".keeps.is-live")
    return delivery_id, page


async def _one_event(town: Town, delivery_id: str, page: Page, number: int) -> float:
    """From the commit to the frame after the change, in ms; both clocks are this machine's."""
    said = f"Ring bell {number}"
    shown = asyncio.create_task(
        page.evaluate(
            """(said) => new Promise((done) => {
              const look = () => document.body.innerText.includes(said)
                ? requestAnimationFrame(() => done(Date.now())) : requestAnimationFrame(look);
              look();
            })""",
            said,
        )
    )
    await asyncio.sleep(0.3)
    view = await town.platform.deliveries.get(None, delivery_id)
    await town.platform.shopper.details(view, instructions=said, unit="", gate_code="")
    committed = time.time() * 1000
    return max(0.0, float(await asyncio.wait_for(shown, 30)) - committed)


@asynccontextmanager
async def _crowd(addresses: Sequence[str]) -> AsyncIterator[None]:
    """In a process of their own, so that they cost the server nothing but their streams."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as listed:
        json.dump(list(addresses), listed)
        listed.flush()
        command = [sys.executable, "-m", "bench.web", "--watch", listed.name]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
        assert process.stdout
        line = await asyncio.wait_for(process.stdout.readline(), 120)
        assert line.strip() == b"all here", line
        yield
        process.terminate()
        await process.wait()


async def watch(addresses: Sequence[str]) -> None:
    """Keeps every stream open until somebody ends it."""

    async def one(address: str) -> None:
        parts = urlsplit(address)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        status = await reader.readline()
        assert b" 200 " in status, status
        here.release()
        while await reader.read(65_536):
            pass

    here = asyncio.Semaphore(0)
    streams = []
    for address in addresses:
        streams.append(asyncio.create_task(one(address)))
        await here.acquire()
    print("all here", flush=True)
    await asyncio.gather(*streams)


# ── the map ──


async def frames(browser: Browser, town: Town, couriers: int, seconds: float) -> Frames:
    """Everybody moves every two seconds, as the server tells it, while somebody drags the map."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    await sign_in(context, town, "console")
    page = await context.new_page()
    await page.goto(f"{town.base_url}/console")
    await page.wait_for_selector(".maplibregl-canvas")
    await page.wait_for_timeout(2_000)
    found = await page.evaluate(_MOVE_ALL, [couriers, seconds])
    await context.close()
    return Frames(couriers, found["frames"] / seconds, found["longest"])


_MOVE_ALL: Final = """async ([count, seconds]) => {
  const couriers = Array.from({ length: count }, (_, n) => ({
    id: `cou_${n}`, lat: 44.0 + Math.random() * 0.06, lon: -73.0 + Math.random() * 0.06, heading: n % 360,
    vehicle: ["bicycle", "car", "scooter", "foot"][n % 4], state: n % 3 ? "busy" : "idle", label: "", name: `C ${n}`,
  }));
  const step = () => (Math.random() - 0.5) * 0.001;
  const move = () => {
    for (const one of couriers) { one.lat += step(); one.lon += step(); }
    document.dispatchEvent(new CustomEvent("live:snapshot", { detail: { couriers, doors: [] } }));
  };
  move();
  await new Promise((done) => setTimeout(done, 1500));
  const timer = setInterval(move, 2000);
  const canvas = document.querySelector(".maplibregl-canvas");
  const box = canvas.getBoundingClientRect();
  const mouse = (type, step) => canvas.dispatchEvent(new MouseEvent(type, {
    bubbles: true, button: 0, buttons: 1,
    clientX: box.x + box.width / 2 + 60 * Math.sin(step / 10), clientY: box.y + box.height / 2,
  }));
  let frames = 0, longest = 0, last = performance.now();
  const until = last + seconds * 1000;
  mouse("mousedown", 0);
  await new Promise((done) => {
    const frame = (now) => {
      frames += 1; longest = Math.max(longest, now - last); last = now;
      mouse("mousemove", frames);
      if (now < until) requestAnimationFrame(frame); else done();
    };
    requestAnimationFrame(frame);
  });
  mouse("mouseup", frames);
  clearInterval(timer);
  return { frames, longest };
}"""


# ── all of it ──


def _verdict(value: float, limit: float, *, at_least: bool = False) -> str:
    kept = value >= limit if at_least else value <= limit
    share = value / limit
    return f"[{'green' if kept else 'red'}]{share:.2f} of the limit[/]"


def show(found: Sequence[Face], told: Live, moved: Frames) -> None:
    table = Table("face", "kB before the map", "kB with it", "first paint ms", "loaded ms", "tap to frame ms", "")
    for face in found:
        limit = WEIGHT_KB.get(face.face)
        weight = _verdict(face.before_map_kb, limit) if limit else ""
        cells = (face.before_map_kb, face.with_map_kb, face.first_paint_ms, face.loaded_ms, face.answer_ms)
        paint = f"paint {_verdict(face.first_paint_ms, FIRST_PAINT_MS)}"
        verdict = f"weight {weight}, {paint}" if weight else paint
        table.add_row(face.face, *(f"{cell:,.0f}" for cell in cells), verdict)
    console.print(table)
    console.print(
        f"event to pixel, {told.watchers} watching: p50 {told.p50_ms:.0f} ms, p95 {told.p95_ms:.0f} ms "
        f"({_verdict(told.p95_ms, LIVE_MS)}), most {told.most_ms:.0f} ms of {told.events}"
    )
    console.print(
        f"map with {moved.couriers} moving: {moved.per_second:.0f} frames per second "
        f"({_verdict(moved.per_second, FRAMES, at_least=True)}), longest {moved.longest_ms:.0f} ms, "
        "drawn by the processor"
    )


async def run(watchers: int, events: int, couriers: int, seconds: float) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = await stack.enter_async_context(running_database(Settings(data_dir=folder)))
        town = await stack.enter_async_context(a_town(url, folder, port=a_free_port()))
        await stack.enter_async_context(served(town))
        playwright = await stack.enter_async_context(async_playwright())
        arguments = ["--no-sandbox", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist"]
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        found = await faces(browser, town)
        moved = await frames(browser, town, couriers, seconds)
        told = await live(browser, town, watchers, events)
        await browser.close()
    show(found, told, moved)
    return {"faces": [asdict(face) for face in found], "live": asdict(told), "map": asdict(moved)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watchers", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=60)
    parser.add_argument("--couriers", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=8.0, help="how long the map is dragged")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument("--watch", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.watch:
        asyncio.run(watch(json.loads(asked.watch.read_text("utf-8"))))
        return
    configure_logs("critical", as_json=False, process="bench")
    figures = asyncio.run(run(asked.watchers, asked.events, asked.couriers, asked.seconds))
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()

"""A simulated courier: signs in by telephone, weighs offers, drives along real roads, waits, rings, hands over.

It knows only what the courier app knows: the route that the platform gives it and what each stop allows next.
"""

import asyncio
import io
import random
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from PIL import Image, ImageDraw

from homeward.kit.clock import Clock
from homeward.kit.places import LatLon
from homeward.simulator.cast import Phones
from homeward.simulator.day import Person, fate_of, on_shift, vanishes, wants
from homeward.simulator.doors import Doors, GivenUp, Json, Refused
from homeward.simulator.motion import claimed_accuracy_m, length_m, noisy, walked, way_to

log = structlog.get_logger()

Pin = Callable[[str], Awaitable[Json]]
"""Tells what the shopper knows of a delivery: its external id and PIN."""

# Real seconds between two reports: a town at 60 times speed must not knock 60 times as often.
_REPORT_EVERY_REAL_S: Final = 1.0
_REPORT_EVERY_S: Final = 10.0
_LOOK_FOR_OFFERS_EVERY_S: Final = 15.0
_IDLE_REPORT_EVERY_S: Final = 60.0
_SILENCE_S: Final = 900
_NOTHING_TO_DO: Final[Json] = {"stops": []}


@dataclass(slots=True)
class Drive:
    """A way under the wheels: what is left of it, and how fast it goes."""

    way: list[LatLon]
    speed_mps: float


class Courier:
    """One person on the road. `live` never returns."""

    def __init__(
        self,
        person: Person,
        seed: int,
        time_zone: str,
        doors: Doors,
        clock: Clock,
        code: Callable[[str], Awaitable[str]],
        shopper: Pin,
        phones: Phones,
    ) -> None:
        self._person = person
        self._seed = seed
        self._time_zone = time_zone
        self._doors = doors
        self._clock = clock
        self._code = code
        self._shopper = shopper
        self._phones = phones
        self._place = person.home.place
        self._rng = random.Random(f"{seed}/gps/{person.phone}")
        self._looked_at: datetime | None = None
        self._told_at: datetime | None = None
        self._silent_until: datetime | None = None
        self._interested: set[str] = set()

    async def live(self) -> None:
        """Shift after shift; whatever goes wrong on the line, the courier looks again a little later."""
        await self._sign_in()
        while True:
            try:
                await self._shift()
            except (Refused, GivenUp) as trouble:
                log.debug("courier tries again", courier=self._person.phone, why=str(trouble))
                await self._pause(10)

    # ── on and off duty ──

    async def _sign_in(self) -> None:
        """With the session that the phone remembers, else by a new code."""
        while True:
            try:
                token = self._phones.token(self._person.phone) or await self._token_by_code()
                self._doors = self._doors.with_key(token)
                known = (await self._doors.get("/v1/courier/me"))["place"]
                self._place = LatLon(known["lat"], known["lon"]) if known else self._place
                self._phones.remember(self._person.phone, token)
                return
            except (Refused, GivenUp) as trouble:
                log.warning("courier cannot sign in yet", courier=self._person.phone, why=str(trouble))
                self._phones.remember(self._person.phone, "")
                await asyncio.sleep(3)

    async def _token_by_code(self) -> str:
        await self._doors.post("/v1/courier/login-codes", {"phone": self._person.phone})
        code = await self._code(self._person.phone)
        session = await self._doors.post("/v1/courier/sessions", {"phone": self._person.phone, "code": code})
        return str(session["token"])

    async def _shift(self) -> None:
        ends = on_shift(self._person, self._clock.now(), self._time_zone)
        route = await self._doors.get("/v1/courier/route")
        if ends is None and not _next(route):
            await self._doors.post("/v1/courier/duty", {"on": False})
            await self._pause(300)
            return
        if ends is not None:
            place = {"lat": self._place.lat, "lon": self._place.lon}
            await self._doors.post("/v1/courier/duty", {"on": True, "shift_ends": _rfc3339(ends), "place": place})
        while _next(route) or (ends and self._clock.now() < ends):
            route = await self._stop(route) if _next(route) else await self._idle()

    async def _idle(self) -> Json:
        """Wait where one is; look for offers, and now and then tell that one is there."""
        now = self._clock.now()
        if self._told_at is None or (now - self._told_at).total_seconds() > _IDLE_REPORT_EVERY_S:
            await self._tell([(now, self._place)])
        if await self._look_for_offer():
            return await self._doors.get("/v1/courier/route")
        await self._pause(max(_LOOK_FOR_OFFERS_EVERY_S, _REPORT_EVERY_REAL_S * self._clock.speed))
        return _NOTHING_TO_DO

    async def _look_for_offer(self) -> bool:
        """Whether an offer was taken."""
        self._looked_at = self._clock.now()
        offer = await self._doors.get("/v1/courier/offer")
        if not offer:
            return await self._look_at_open_offers()
        await self._pause(self._rng.uniform(4, 20))  # reading it
        answer = (
            "accept"
            if wants(self._seed, self._person.phone, offer["delivery_ids"], self._person.decline_rate)
            else "decline"
        )
        try:
            await self._doors.post(
                f"/v1/courier/offers/{offer['id']}/{answer}",
                {"reason": "too far for me"} if answer == "decline" else {},
            )
        except Refused as late:
            log.debug("offer was gone", why=str(late))
            return False
        if answer == "accept" and vanishes(self._seed, self._person.phone, offer["id"]):
            self._silent_until = self._clock.now() + timedelta(seconds=_SILENCE_S)
            log.info("a courier's phone dies", courier=self._person.phone)
        return answer == "accept"

    async def _look_at_open_offers(self) -> bool:
        """Whether one that this courier was interested in has become theirs. More pay makes them less choosy."""
        won = False
        for one in (await self._doors.get("/v1/courier/open-offers"))["items"]:
            if one["state"] != "gathering":
                won = won or (one["state"] == "won" and one["id"] in self._interested)
                self._interested.discard(one["id"])
                continue
            choosy = self._person.decline_rate * (1 - one["raised_pct"] / 100)
            if not one["interested"] and wants(self._seed, self._person.phone, one["offer"]["delivery_ids"], choosy):
                await self._is_interested(one["id"])
        return won

    async def _is_interested(self, open_offer_id: str) -> None:
        try:
            await self._doors.post(f"/v1/courier/open-offers/{open_offer_id}/interest", {})
        except Refused as late:
            log.debug("open offer was gone", why=str(late))
        else:
            self._interested.add(open_offer_id)

    # ── one stop ──

    async def _stop(self, route: Json) -> Json:
        """Do the next thing that the route asks for, and get the route as it is then."""
        stop = _next(route)
        assert stop is not None
        if not stop["acts"]:  # nothing to do here for us: somebody is deciding
            await self._pause(15)
            return await self._doors.get("/v1/courier/route")
        act = stop["acts"][0]
        if act.startswith("arrive"):
            await self._drive(route, stop)
            if self._silent_until:
                return await self._be_silent()
        elif act == "pick_up":
            await self._wait_for_parcel(stop)
        elif act in ("hand_over", "return_handed"):
            return await self._at_the_door(stop, act)
        if act == "pick_up" and stop["take_over"]:
            return await self._takes_on(stop)
        label = (await self._shopper(stop["delivery_id"]))["label"] if act == "pick_up" else None
        return await self._report(stop, act, [{"kind": "scan", "text": label}] if label else [])

    async def _takes_on(self, stop: Json) -> Json:
        """From a machine that opens for us, or from a colleague who hands it over."""
        try:
            await self._doors.post(f"/v1/courier/deliveries/{stop['delivery_id']}/compartment/open")
        except Refused as refusal:
            log.debug("nothing opens", why=str(refusal))
        await self._pause(60)
        return await self._report(stop, "pick_up", [])

    async def _at_the_door(self, stop: Json, act: str) -> Json:
        if act == "return_handed":
            await self._pause(120)
            return await self._report(stop, act, [])
        known = await self._shopper(stop["delivery_id"])
        fate = fate_of(self._seed, known["external_id"] or stop["delivery_id"])
        await self._pause(fate.door_s)
        if fate.nobody_home:
            await self._pause(300)
            return await self._report(stop, "problem", [], reason="nobody_there")
        evidence: list[Json] = [{"kind": "photo", "content_base64": doorstep_photo(stop["delivery_id"])}]
        if stop["requirements"].get("signature"):
            evidence.append({"kind": "signature", "content_base64": signature(stop["delivery_id"])})
        if known.get("pin"):
            evidence.append({"kind": "pin", "text": known["pin"]})
        try:
            return await self._post_report(stop, act, evidence)
        except Refused as refusal:
            if refusal.code not in ("proof-missing", "pin-wrong"):
                raise
            # Only the shopper knows the PIN, and this one is a real person who is not standing in our town.
            return await self._report(stop, "problem", [], reason="nobody_there")

    async def _wait_for_parcel(self, stop: Json) -> None:
        known = await self._shopper(stop["delivery_id"])
        late_s = fate_of(self._seed, known["external_id"] or "").late_preparation_s
        ready = datetime.fromisoformat(stop["ready_at"]) + timedelta(seconds=late_s)
        waiting_s = (ready - self._clock.now()).total_seconds()
        while waiting_s > 0:
            await self._tell([(self._clock.now(), self._place)])
            await self._pause(min(waiting_s, 30))
            waiting_s = (ready - self._clock.now()).total_seconds()
        await self._pause(self._rng.uniform(30, 90))

    async def _report(self, stop: Json, act: str, evidence: list[Json], reason: str | None = None) -> Json:
        try:
            return await self._post_report(stop, act, evidence, reason)
        except Refused as refusal:
            # Cancelled under way, taken away by a dispatcher: the new route says what to do now.
            log.info("report refused", act=act, why=str(refusal))
            await self._pause(15)
            return await self._doors.get("/v1/courier/route")

    async def _post_report(self, stop: Json, act: str, evidence: list[Json], reason: str | None = None) -> Json:
        body = {
            "act": act,
            "at": _rfc3339(self._clock.now()),
            "place": {"lat": self._place.lat, "lon": self._place.lon},
            "evidence": evidence,
            **({"reason": reason} if reason else {}),
        }
        return await self._doors.post(f"/v1/courier/legs/{stop['leg_id']}/reports", body)

    # ── on the road ──

    async def _drive(self, route: Json, stop: Json) -> None:
        """Along the route's line to the stop, reporting where one is and looking at offers on the way."""
        goal = LatLon(stop["place"]["lat"], stop["place"]["lon"])
        line = [LatLon(lat, lon) for lat, lon in route["geometry"]]
        speed_mps = max(1.0, route["distance_m"] / max(1, route["duration_s"])) * self._person.pace
        drive = Drive([self._place, *way_to(line, goal)], speed_mps)
        moved_at = self._clock.now()
        while length_m(drive.way) > 1:
            await self._pause(min(self._report_every_s, length_m(drive.way) / drive.speed_mps))
            now = self._clock.now()
            drive.way = walked(drive.way, drive.speed_mps * (now - moved_at).total_seconds())
            moved_at, self._place = now, drive.way[0]
            if self._silent_until:
                continue
            await self._tell([(now, self._place)])
            looks_every_s = max(_LOOK_FOR_OFFERS_EVERY_S, 2 * self._report_every_s)
            if self._looked_at is None or (now - self._looked_at).total_seconds() > looks_every_s:
                await self._look_for_offer()
        self._place = goal

    async def _be_silent(self) -> Json:
        assert self._silent_until is not None
        await self._clock.sleep(max(0.0, (self._silent_until - self._clock.now()).total_seconds()))
        self._silent_until = None
        await self._tell([(self._clock.now(), self._place)])
        return await self._doors.get("/v1/courier/route")

    async def _tell(self, fixes: list[tuple[datetime, LatLon]]) -> None:
        self._told_at = fixes[-1][0]
        seen = [(at, place, noisy(place, self._rng)) for at, place in fixes]
        body = [
            {"at": _rfc3339(at), "lat": said.lat, "lon": said.lon, "accuracy_m": claimed_accuracy_m(place, said)}
            for at, place, said in seen
        ]
        await self._doors.post("/v1/courier/positions", {"fixes": body})

    @property
    def _report_every_s(self) -> float:
        return max(_REPORT_EVERY_S, _REPORT_EVERY_REAL_S * self._clock.speed)

    async def _pause(self, seconds: float) -> None:
        """So long by the town's clock, and never so short that it would be a busy loop."""
        await self._clock.sleep(max(seconds, 0.05 * self._clock.speed))


def _next(route: Json) -> Json | None:
    return next((stop for stop in route["stops"] if stop["state"] != "done"), None)


def _rfc3339(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def doorstep_photo(seed: str) -> str:
    """A drawn doorstep with a parcel, as base64 JPEG: proof that looks like proof and shows nobody's home."""
    rng = random.Random(seed)
    wall, door = _colour(rng, 150, 220), _colour(rng, 40, 140)
    picture = Image.new("RGB", (480, 360), wall)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 290, 480, 360), fill=(120, 118, 112))
    draw.rectangle((170, 60, 310, 292), fill=door, outline=(40, 40, 40), width=4)
    draw.ellipse((285, 175, 297, 187), fill=(230, 200, 90))
    left = rng.randint(120, 250)
    draw.rectangle((left, 235, left + 100, 305), fill=(196, 154, 108), outline=(120, 90, 60), width=3)
    draw.line((left + 50, 235, left + 50, 305), fill=(225, 205, 170), width=8)
    return _encoded(picture, "JPEG")


def signature(seed: str) -> str:
    """A scribble as base64 PNG."""
    rng = random.Random(seed)
    picture = Image.new("RGB", (300, 100), (255, 255, 255))
    points = [(20 + i * 13, 50 + rng.randint(-35, 35)) for i in range(20)]
    ImageDraw.Draw(picture).line(points, fill=(20, 20, 80), width=3, joint="curve")
    return _encoded(picture, "PNG")


def _colour(rng: random.Random, low: int, high: int) -> tuple[int, int, int]:
    return rng.randint(low, high), rng.randint(low, high), rng.randint(low, high)


def _encoded(picture: Image.Image, kind: str) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, kind, quality=80)
    return b64encode(buffer.getvalue()).decode()

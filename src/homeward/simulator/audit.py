"""What became of everything that was booked, asked through the merchants' own doors."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from homeward.simulator.cast import Cast
from homeward.simulator.doors import Doors, Json

ENDED = frozenset({"delivered", "returned", "cancelled", "failed"})


@dataclass(frozen=True, slots=True)
class Audit:
    """The summary of a run. `lost` and `gaps` must be empty: everything else is business."""

    booked: int
    by_state: Mapping[str, int]
    lost: tuple[str, ...]
    gaps: tuple[str, ...]
    on_time: int
    late: int
    click_to_door_s: float | None
    events: int
    last_seq: Mapping[str, int]

    @property
    def ended(self) -> int:
        return sum(self.by_state.get(state, 0) for state in ENDED)

    @property
    def sound(self) -> bool:
        return not self.lost and not self.gaps

    @property
    def on_time_share(self) -> float | None:
        counted = self.on_time + self.late
        return self.on_time / counted if counted else None


async def audit(cast: Cast, doors: Doors, known: Iterable[str]) -> Audit:
    """Compare what the shops were told (`known` delivery ids) with what the platform has, event by event."""
    deliveries: dict[str, Json] = {}
    events: list[Json] = []
    for shop in cast.shops:
        own = doors.with_key(shop.live_key)
        deliveries |= {delivery["id"]: delivery for delivery in await _all(own, "/v1/deliveries", "cursor")}
        events += await _all(own, "/v1/events", "after")
    return judge(deliveries, events, set(known))


def judge(deliveries: Mapping[str, Json], events: Sequence[Json], known: set[str]) -> Audit:
    """Pure part: lost is what a shop was told of and the platform has not, or what has ended without its last event."""
    seqs: dict[str, list[int]] = defaultdict(list)
    ends: dict[str, Json] = {}
    for event in events:
        seqs[event["delivery_id"]].append(event["seq"])
        if event["type"].removeprefix("delivery.") in ENDED:
            ends[event["delivery_id"]] = event
    ended = {name for name, delivery in deliveries.items() if delivery["state"] in ENDED}
    delivered = [delivery for name, delivery in deliveries.items() if delivery["state"] == "delivered" and name in ends]
    punctual = [_moment(ends[d["id"]]["at"]) <= _moment(d["promised_by"]) for d in delivered]
    express = [
        (_moment(ends[d["id"]]["at"]) - _moment(d["created_at"])).total_seconds()
        for d in delivered
        if d["service_class"] == "express"
    ]
    return Audit(
        booked=len(deliveries),
        by_state=Counter(delivery["state"] for delivery in deliveries.values()),
        lost=tuple(sorted((known - deliveries.keys()) | (ended - ends.keys()))),
        gaps=tuple(sorted(name for name in deliveries if not _gapless(seqs[name]))),
        on_time=sum(punctual),
        late=len(punctual) - sum(punctual),
        click_to_door_s=median(express) if express else None,
        events=len(events),
        last_seq={name: max(seqs[name], default=0) for name in deliveries},
    )


def _gapless(seqs: Sequence[int]) -> bool:
    return bool(seqs) and sorted(seqs) == list(range(1, len(seqs) + 1))


async def _all(doors: Doors, path: str, cursor_name: str) -> list[Json]:
    items: list[Json] = []
    cursor: str | None = None
    while True:
        page = await doors.get(path, limit=200, **{cursor_name: cursor})
        items += page["items"]
        cursor = page["next_cursor"]
        if not cursor or not page["items"]:
            return items


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

"""Anything that somebody on the telephone may name, found over all merchants. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from homeward.deliveries.finding import WORDS, Asked, asked, condition
from homeward.infra.db import Database, Tx

_FEW: Final = 8
# A common word ends in so many deliveries that reading them all helps nobody; the open ones among these stand first.
_CANDIDATES: Final = 500


@dataclass(frozen=True, slots=True)
class Hit:
    """`kind` is delivery, courier, vehicle, merchant or store; `state` a delivery's."""

    kind: str
    id: str
    name: str
    detail: str
    parent_id: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """The first few of each kind, the best first; `more` if there are other deliveries."""

    deliveries: tuple[Hit, ...] = ()
    couriers: tuple[Hit, ...] = ()
    vehicles: tuple[Hit, ...] = ()
    merchants: tuple[Hit, ...] = ()
    stores: tuple[Hit, ...] = ()
    more: bool = False

    @property
    def count(self) -> int:
        return sum(map(len, (self.deliveries, self.couriers, self.vehicles, self.merchants, self.stores)))


# The index finds, and only what it found is sorted: a planner that reads ids backwards would read them all.
DELIVERIES: Final = """
    WITH found AS MATERIALIZED (
        SELECT d.id, d.state, d.external_id, d.dropoff, d.ended_at FROM delivery d
        WHERE {matches} LIMIT %(candidates)s)
    SELECT 'delivery' AS kind, id, dropoff ->> 'address' AS name, state, '' AS parent_id,
           concat_ws(' · ', nullif(external_id, ''), dropoff -> 'contact' ->> 'name') AS detail
    FROM found ORDER BY (ended_at IS NULL) DESC, id DESC LIMIT %(few)s
"""

_OTHERS: Final = {
    "couriers": (
        """SELECT 'courier' AS kind, c.id, c.name, c.phone AS detail, '' AS parent_id, '' AS state
           FROM courier c LEFT JOIN courier_application a ON a.courier_id = c.id""",
        """lower(c.name || ' ' || c.id || ' ' || regexp_replace(c.phone, '\\D', '', 'g') || ' '
                 || coalesce(a.vehicle_facts ->> 'plate', ''))""",
        "c.name, c.id",
    ),
    "vehicles": (
        """SELECT 'vehicle' AS kind, v.id, coalesce(nullif(v.now ->> 'plate', ''), v.vehicle_id) AS name,
                  f.name AS detail, f.id AS parent_id, '' AS state
           FROM machine v JOIN fleet_account f ON f.id = v.account_id""",
        "lower(coalesce(v.now ->> 'plate', '') || ' ' || v.vehicle_id || ' ' || v.id)",
        "(v.gone_at IS NULL) DESC, name, v.id",
    ),
    "merchants": (
        """SELECT 'merchant' AS kind, m.id, m.name, m.slug AS detail, '' AS parent_id, '' AS state FROM merchant m""",
        "lower(m.name || ' ' || m.slug || ' ' || m.id)",
        "m.name, m.id",
    ),
    "stores": (
        """SELECT 'store' AS kind, s.id, s.name, s.address AS detail, s.merchant_id AS parent_id, '' AS state
           FROM store s""",
        """lower(s.name || ' ' || s.address || ' ' || s.id || ' '
                 || regexp_replace(coalesce(s.phone, ''), '\\D', '', 'g'))""",
        "s.name, s.id",
    ),
}


class SearchService:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def find(self, text: str) -> Results:
        """Nothing for a text without any word of three letters."""
        wanted = asked(text)
        if not wanted.enough:
            return Results()
        async with self._db.operator() as tx:
            deliveries = await _deliveries(tx, wanted)
            others = {kind: await _others(tx, kind, wanted) for kind in _OTHERS}
        return Results(tuple(deliveries[:_FEW]), **others, more=len(deliveries) > _FEW)


async def _deliveries(tx: Tx, wanted: Asked) -> Sequence[Hit]:
    matches, params = condition(WORDS, wanted)
    rows = await tx.all(DELIVERIES.format(matches=matches), **params, candidates=_CANDIDATES, few=_FEW + 1)
    return [Hit(**row) for row in rows]


async def _others(tx: Tx, kind: str, wanted: Asked) -> tuple[Hit, ...]:
    """Hundreds or thousands of rows at most: read through in less time than an index would save."""
    select, words, order = _OTHERS[kind]
    matches, params = condition(words, wanted)
    rows = await tx.all(f"{select} WHERE {matches} ORDER BY {order} LIMIT %(few)s", **params, few=_FEW)
    return tuple(Hit(**row) for row in rows)

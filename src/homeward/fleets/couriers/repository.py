"""Couriers in the database. Everything here belongs to the operator: no merchant's role can read it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.fleets.couriers.journeys.documents import journey_from
from homeward.fleets.couriers.limits.documents import wishes_from
from homeward.fleets.couriers.model import Courier, Engagement, Fix, Heard, NewCourier, VehicleKind, Whereabouts
from homeward.infra.db import Row, Tx
from homeward.kit.places import LatLon

_COLUMNS: Final = """id, market_id, name, phone, vehicle, capacity_g, capacity_l, max_deliveries, skills, status,
    on_duty, duty_since, shift_ends, lat, lon, accuracy_m, heading, position_at, contact_lost_at,
    own_limits, offers_paused_until, papers_valid_until, consent_due_at, engagement, employer_id, journey"""


async def insert(tx: Tx, courier_id: str, new: NewCourier, activated_by: str) -> bool:
    """False if another courier has the phone number."""
    inserted = await tx.run(
        """INSERT INTO courier (id, market_id, name, phone, vehicle, capacity_g, capacity_l, max_deliveries, skills,
                                activated_by, engagement, employer_id)
           VALUES (%(id)s, %(market_id)s, %(name)s, %(phone)s, %(vehicle)s, %(capacity_g)s, %(capacity_l)s,
                   %(max_deliveries)s, %(skills)s, %(activated_by)s, %(engagement)s,
                   %(employer_id)s)
           ON CONFLICT (phone) DO NOTHING""",
        id=courier_id,
        market_id=new.market_id,
        name=new.name,
        phone=new.phone,
        vehicle=new.vehicle.value,
        capacity_g=new.capacity_g,
        capacity_l=new.capacity_l,
        max_deliveries=new.max_deliveries,
        skills=list(new.skills),
        activated_by=activated_by,
        engagement=new.engagement.value,
        employer_id=new.employer_id,
    )
    return inserted == 1


async def market_exists(tx: Tx, market_id: str) -> bool:
    return await tx.value("SELECT true FROM market WHERE id = %(id)s", id=market_id) is True


async def get(tx: Tx, courier_id: str, *, lock: bool = False) -> Courier | None:
    held = "FOR NO KEY UPDATE" if lock else ""
    row = await tx.one(f"SELECT {_COLUMNS} FROM courier WHERE id = %(id)s {held}", id=courier_id)
    return _courier(row) if row else None


async def by_phone(tx: Tx, phone: str) -> Courier | None:
    """An active courier with this number."""
    row = await tx.one(
        f"SELECT {_COLUMNS} FROM courier WHERE phone = %(phone)s AND status = 'active'",
        phone=phone,
    )
    return _courier(row) if row else None


async def listed(tx: Tx, market_id: str | None, on_duty: bool | None) -> list[Courier]:
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM courier
            WHERE (%(market_id)s::text IS NULL OR market_id = %(market_id)s)
              AND (%(on_duty)s::boolean IS NULL OR on_duty = %(on_duty)s)
            ORDER BY name, id""",
        market_id=market_id,
        on_duty=on_duty,
    )
    return [_courier(row) for row in rows]


async def on_duty(tx: Tx, market_id: str) -> list[Courier]:
    rows = await tx.all(
        f"SELECT {_COLUMNS} FROM courier WHERE market_id = %(market_id)s AND on_duty ORDER BY id",
        market_id=market_id,
    )
    return [_courier(row) for row in rows]


# ── duty and contact ──


async def seen_at(tx: Tx, courier_ids: Sequence[str]) -> dict[str, Whereabouts]:
    rows = await tx.all(
        """SELECT id, lat, lon, heading, position_at FROM courier
           WHERE id = ANY(%(ids)s) AND on_duty AND position_at IS NOT NULL AND contact_lost_at IS NULL""",
        ids=list(courier_ids),
    )
    return {row["id"]: Whereabouts(LatLon(row["lat"], row["lon"]), row["heading"], row["position_at"]) for row in rows}


async def begin_duty(tx: Tx, courier_id: str, *, at: datetime, shift_ends: datetime | None) -> None:
    """Already on duty: only the end of the shift moves."""
    await tx.run(
        """UPDATE courier SET on_duty = true, shift_ends = %(shift_ends)s,
                  duty_since = CASE WHEN on_duty THEN duty_since ELSE %(at)s END,
                  contact_lost_at = CASE WHEN on_duty THEN contact_lost_at END
           WHERE id = %(id)s""",
        id=courier_id,
        at=at,
        shift_ends=shift_ends,
    )


async def wind_down(tx: Tx, courier_id: str, at: datetime) -> None:
    """The shift ends now, duty goes on until the promised stops are made."""
    await tx.run(
        "UPDATE courier SET shift_ends = %(at)s WHERE id = %(id)s AND on_duty",
        id=courier_id,
        at=at,
    )


async def end_duty(tx: Tx, courier_ids: Sequence[str]) -> int:
    return await tx.run(
        """UPDATE courier SET on_duty = false, duty_since = NULL, shift_ends = NULL, contact_lost_at = NULL,
                  journey = NULL
           WHERE id = ANY(%(ids)s) AND on_duty""",
        ids=list(courier_ids),
    )


async def mark_lost(tx: Tx, *, now: datetime, listening_since: datetime, default_s: int) -> list[str]:
    """Couriers on duty who have been silent longer than their market allows; each is marked once.

    Silence counts from when we began to listen: after an outage of ours nobody is lost yet. Nor is who is to leave on
    a journey later.
    """
    rows = await tx.all(
        """UPDATE courier c SET contact_lost_at = %(now)s FROM market m
           WHERE m.id = c.market_id AND c.on_duty AND c.contact_lost_at IS NULL
             AND (c.journey IS NULL OR (c.journey->>'leaves_at')::timestamptz <= %(now)s)
             AND greatest(c.position_at, c.duty_since, %(listening_since)s) < %(now)s
                 - make_interval(secs => coalesce((m.settings->>'lost_contact_s')::integer, %(default_s)s))
           RETURNING c.id""",
        now=now,
        listening_since=listening_since,
        default_s=default_s,
    )
    return [row["id"] for row in rows]


async def keep_papers(tx: Tx, courier_id: str, valid_until: datetime | None) -> None:
    await tx.run(
        "UPDATE courier SET papers_valid_until = %(until)s WHERE id = %(id)s", id=courier_id, until=valid_until
    )


async def ask_consent(tx: Tx, courier_ids: Sequence[str], due_at: datetime | None) -> None:
    await tx.run(
        "UPDATE courier SET consent_due_at = %(due_at)s WHERE id = ANY(%(ids)s)", ids=list(courier_ids), due_at=due_at
    )


# ── positions ──


async def keep_latest(tx: Tx, newest: Mapping[str, Fix]) -> list[str]:
    """Where each courier is now, only if newer than what we know. Returns those on duty, whose fixes are kept."""
    items = sorted(newest.items())  # one order for all batches: two of them never wait for each other in a circle
    rows = await tx.all(
        """WITH fix AS (
               SELECT * FROM unnest(%(ids)s::text[], %(ats)s::timestamptz[], %(lats)s::float8[], %(lons)s::float8[],
                                    %(accuracies)s::integer[], %(headings)s::integer[])
                      AS f(courier_id, at, lat, lon, accuracy_m, heading)),
           held AS (
               SELECT c.id FROM courier c WHERE c.id = ANY(%(ids)s) AND c.on_duty ORDER BY c.id FOR UPDATE),
           moved AS (
               UPDATE courier c SET lat = f.lat, lon = f.lon, accuracy_m = f.accuracy_m, heading = f.heading,
                      position_at = f.at, contact_lost_at = NULL
               FROM fix f JOIN held ON held.id = f.courier_id
               WHERE c.id = f.courier_id AND (c.position_at IS NULL OR c.position_at < f.at))
           SELECT id FROM held""",
        ids=[courier_id for courier_id, _ in items],
        ats=[fix.at for _, fix in items],
        lats=[fix.place.lat for _, fix in items],
        lons=[fix.place.lon for _, fix in items],
        accuracies=[fix.accuracy_m for _, fix in items],
        headings=[fix.heading for _, fix in items],
    )
    return [row["id"] for row in rows]


async def append_history(tx: Tx, fixes: Sequence[tuple[str, Fix]]) -> None:
    # Not COPY: Postgres refuses it on tables with row-level security, and arrays are nearly as fast.
    await tx.run(
        """INSERT INTO courier_position (courier_id, at, lat, lon, accuracy_m)
           SELECT * FROM unnest(%(ids)s::text[], %(ats)s::timestamptz[], %(lats)s::float8[], %(lons)s::float8[],
                                %(accuracies)s::integer[])""",
        ids=[courier_id for courier_id, _ in fixes],
        ats=[fix.at for _, fix in fixes],
        lats=[fix.place.lat for _, fix in fixes],
        lons=[fix.place.lon for _, fix in fixes],
        accuracies=[fix.accuracy_m for _, fix in fixes],
    )


async def on_the_road(tx: Tx, since: datetime, until: datetime) -> list[Courier]:
    """Couriers who reported a position in that time."""
    rows = await tx.all(
        f"""SELECT {_COLUMNS} FROM courier c
            WHERE EXISTS (SELECT FROM courier_position p
                          WHERE p.courier_id = c.id AND p.at >= %(since)s AND p.at < %(until)s)
            ORDER BY c.id""",
        since=since,
        until=until,
    )
    return [_courier(row) for row in rows]


async def heard(tx: Tx, courier_ids: Sequence[str], since: datetime, until: datetime) -> dict[str, list[Heard]]:
    """By courier, in the order in which they reached us."""
    rows = await tx.all(
        """SELECT courier_id, at, lat, lon, accuracy_m, recorded_at FROM courier_position
           WHERE courier_id = ANY(%(ids)s) AND at >= %(since)s AND at < %(until)s ORDER BY recorded_at, at""",
        ids=list(courier_ids),
        since=since,
        until=until,
    )
    found: dict[str, list[Heard]] = {courier_id: [] for courier_id in courier_ids}
    for row in rows:
        fix = Fix(row["at"], LatLon(row["lat"], row["lon"]), row["accuracy_m"])
        found[row["courier_id"]].append(Heard(fix, row["recorded_at"]))
    return found


async def forget_old_positions(tx: Tx, kept_days: int) -> int:
    """Some of the oldest at a time."""
    return await tx.run(
        """DELETE FROM courier_position WHERE ctid = ANY(ARRAY(
               SELECT ctid FROM courier_position WHERE recorded_at < now() - make_interval(days => %(days)s)
               LIMIT 10000))""",
        days=kept_days,
    )


# ── signing in ──


async def codes_in_last_hour(tx: Tx, *, phone: str, ip: str) -> tuple[int, int]:
    """Codes asked for by this phone and by this address."""
    row = await tx.one(
        """SELECT count(*) FILTER (WHERE phone = %(phone)s) AS by_phone, count(*) FILTER (WHERE ip = %(ip)s) AS by_ip
           FROM login_code WHERE (phone = %(phone)s OR ip = %(ip)s) AND created_at > now() - interval '1 hour'""",
        phone=phone,
        ip=ip,
    )
    assert row is not None
    return row["by_phone"], row["by_ip"]


async def lock_sign_in(tx: Tx, *keys: str) -> None:
    """Requests for one phone or from one address queue here, so that a burst cannot slip under the limits."""
    for key in sorted(keys):
        await tx.run("SELECT pg_advisory_xact_lock(hashtextextended(%(key)s, 4711))", key=key)


async def insert_code(tx: Tx, *, code_id: str, phone: str, ip: str, code_hash: bytes, tries: int, valid_s: int) -> None:
    await tx.run(
        """INSERT INTO login_code (id, phone, ip, code_hash, tries_left, expires_at)
           VALUES (%(id)s, %(phone)s, %(ip)s, %(hash)s, %(tries)s, now() + make_interval(secs => %(valid_s)s))""",
        id=code_id,
        phone=phone,
        ip=ip,
        hash=code_hash,
        tries=tries,
        valid_s=valid_s,
    )


async def take_try(tx: Tx, phone: str) -> Row | None:
    """The newest code of this phone if it may still be guessed, one try fewer; None if there is none."""
    return await tx.one(
        """UPDATE login_code SET tries_left = tries_left - 1
           WHERE id = (SELECT id FROM login_code WHERE phone = %(phone)s ORDER BY created_at DESC, id DESC LIMIT 1
                       FOR UPDATE)
             AND tries_left > 0 AND used_at IS NULL AND expires_at > now()
           RETURNING id, code_hash""",
        phone=phone,
    )


async def mark_used(tx: Tx, code_id: str) -> None:
    await tx.run("UPDATE login_code SET used_at = now() WHERE id = %(id)s", id=code_id)


async def forget_old_codes(tx: Tx) -> int:
    return await tx.run("DELETE FROM login_code WHERE created_at < now() - interval '1 day'")


def _courier(row: Row) -> Courier:
    values: dict[str, Any] = {**row}
    lat, lon = values.pop("lat"), values.pop("lon")
    values["place"] = LatLon(lat, lon) if lat is not None else None
    values["vehicle"] = VehicleKind(values["vehicle"])
    values["journey"] = journey_from(values["journey"])
    values["engagement"] = Engagement(values["engagement"])
    values["skills"] = frozenset(values["skills"])
    values["own"] = wishes_from(values.pop("own_limits")).limits
    return Courier(**values)

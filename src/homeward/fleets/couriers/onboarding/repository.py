"""Applications in the database. Everything here belongs to the operator."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.fleets.couriers.model import VehicleKind
from homeward.fleets.couriers.onboarding.model import (
    AgreementText,
    Application,
    Document,
    DocumentKind,
    Shown,
    State,
    TextKind,
    VehicleFacts,
)
from homeward.infra.db import Row, Tx, json_param

_APPLICATION: Final = """id, phone, state, market_id, name, vehicle, vehicle_facts, payout_token, check_result,
    check_note, checked_by, courier_id, decided_by, decision_reason, created_at, updated_at"""
_DOCUMENT: Final = "id, application_id, kind, expires_on, state, reason, reviewed_by, sent_at"
_TEXT: Final = """id, kind, market_id, jurisdiction, language, text, text_hash, effective_at, published_by,
    published_at"""
# Nothing else may be set: the names are written into the statement.
_CHANGEABLE: Final = frozenset(
    {
        "state", "market_id", "name", "vehicle", "vehicle_facts", "payout_token", "check_result", "check_note",
        "checked_by", "courier_id", "decided_by", "decision_reason",
    }
)  # fmt: skip


async def open_for(tx: Tx, application_id: str, phone: str, at: datetime) -> Application:
    """The application of this phone that is not declined; a new one if there is none."""
    await tx.run(
        """INSERT INTO courier_application (id, phone, state, created_at, updated_at)
           VALUES (%(id)s, %(phone)s, 'started', %(at)s, %(at)s)
           ON CONFLICT (phone) WHERE state <> 'declined' DO NOTHING""",
        id=application_id,
        phone=phone,
        at=at,
    )
    row = await tx.one(
        f"SELECT {_APPLICATION} FROM courier_application WHERE phone = %(phone)s AND state <> 'declined'", phone=phone
    )
    assert row is not None
    return _application(row)


async def of_phone(tx: Tx, phone: str) -> bool:
    return bool(
        await tx.value(
            "SELECT true FROM courier_application WHERE phone = %(phone)s AND state <> 'declined'", phone=phone
        )
    )


async def get(tx: Tx, application_id: str, *, lock: bool = False) -> Application | None:
    held = "FOR UPDATE" if lock else ""
    row = await tx.one(f"SELECT {_APPLICATION} FROM courier_application WHERE id = %(id)s {held}", id=application_id)
    return _application(row) if row else None


async def listed(tx: Tx, state: State | None) -> list[Application]:
    rows = await tx.all(
        f"""SELECT {_APPLICATION} FROM courier_application WHERE (%(state)s::text IS NULL OR state = %(state)s)
            ORDER BY updated_at DESC, id LIMIT 500""",
        state=state,
    )
    return [_application(row) for row in rows]


async def change(tx: Tx, application_id: str, at: datetime, changes: Mapping[str, Any]) -> None:
    assert changes.keys() <= _CHANGEABLE, changes.keys()
    values = {name: json_param(value) if name == "vehicle_facts" else value for name, value in changes.items()}
    assignments = ", ".join(f"{name} = %({name})s" for name in values)
    await tx.run(
        f"UPDATE courier_application SET {assignments}, updated_at = %(at)s WHERE id = %(id)s",
        id=application_id,
        at=at,
        **values,
    )


# ── documents ──


async def add_document(tx: Tx, document: Document, content: bytes, content_hash: str) -> None:
    """What was sent before of its kind and nobody has looked at is replaced by it."""
    await tx.run(
        """UPDATE courier_document SET state = 'replaced'
           WHERE application_id = %(of)s AND kind = %(kind)s AND state = 'sent'""",
        of=document.application_id,
        kind=document.kind,
    )
    await tx.run(
        """INSERT INTO courier_document (id, application_id, kind, expires_on, content, content_hash, sent_at)
           VALUES (%(id)s, %(of)s, %(kind)s, %(expires_on)s, %(content)s, %(hash)s, %(sent_at)s)""",
        id=document.id,
        of=document.application_id,
        kind=document.kind,
        expires_on=document.expires_on,
        content=content,
        hash=content_hash,
        sent_at=document.sent_at,
    )


async def documents(tx: Tx, application_id: str) -> tuple[Document, ...]:
    rows = await tx.all(
        f"SELECT {_DOCUMENT} FROM courier_document WHERE application_id = %(of)s ORDER BY sent_at, id",
        of=application_id,
    )
    return tuple(Document(**{**row, "kind": DocumentKind(row["kind"])}) for row in rows)


async def content(tx: Tx, application_id: str, document_id: str) -> bytes | None:
    found = await tx.value(
        "SELECT content FROM courier_document WHERE id = %(id)s AND application_id = %(of)s",
        id=document_id,
        of=application_id,
    )
    return bytes(found) if found is not None else None


async def review(tx: Tx, document_id: str, application_id: str, state: str, reason: str, by: str) -> bool:
    """False if it is not this application's, or has been replaced."""
    changed = await tx.run(
        """UPDATE courier_document SET state = %(state)s, reason = %(reason)s, reviewed_by = %(by)s
           WHERE id = %(id)s AND application_id = %(of)s AND state <> 'replaced'""",
        id=document_id,
        of=application_id,
        state=state,
        reason=reason,
        by=by,
    )
    return changed == 1


# ── texts and consents ──


async def publish(tx: Tx, text: AgreementText) -> None:
    await tx.run(
        """INSERT INTO agreement_version (id, kind, market_id, jurisdiction, language, text, text_hash, effective_at,
                                          published_by, published_at)
           VALUES (%(id)s, %(kind)s, %(market_id)s, %(jurisdiction)s, %(language)s, %(text)s, %(text_hash)s,
                   %(effective_at)s, %(published_by)s, %(published_at)s)""",
        id=text.id,
        kind=text.kind,
        market_id=text.market_id,
        jurisdiction=text.jurisdiction,
        language=text.language,
        text=text.text,
        text_hash=text.text_hash,
        effective_at=text.effective_at,
        published_by=text.published_by,
        published_at=text.published_at,
    )


async def newest_text(tx: Tx, market_id: str, kind: TextKind, until: datetime | None) -> AgreementText | None:
    """In force at `until`, or the newest of all for None."""
    row = await tx.one(
        f"""SELECT {_TEXT} FROM agreement_version WHERE market_id = %(market)s AND kind = %(kind)s
              AND (%(until)s::timestamptz IS NULL OR effective_at <= %(until)s)
            ORDER BY effective_at DESC, id DESC LIMIT 1""",
        market=market_id,
        kind=kind,
        until=until,
    )
    return AgreementText(**{**row, "kind": TextKind(row["kind"])}) if row else None


async def consent(tx: Tx, consent_id: str, application_id: str, shown: Shown, at: datetime) -> None:
    """A repeat says nothing new."""
    await tx.run(
        """INSERT INTO courier_consent (id, application_id, version_id, displayed_hash, at, ip, user_agent, method)
           VALUES (%(id)s, %(of)s, %(version)s, %(hash)s, %(at)s, %(ip)s, %(agent)s, %(method)s)
           ON CONFLICT (application_id, version_id) DO NOTHING""",
        id=consent_id,
        of=application_id,
        version=shown.version_id,
        hash=shown.displayed_hash,
        at=at,
        ip=shown.ip,
        agent=shown.user_agent,
        method=shown.method,
    )


async def consents(tx: Tx, application_id: str, now: datetime) -> frozenset[TextKind]:
    """To the newest text in force then; a yes to an earlier one is no yes to this."""
    rows = await tx.all(
        """SELECT v.kind FROM courier_consent c JOIN agreement_version v ON v.id = c.version_id
           WHERE c.application_id = %(of)s AND NOT EXISTS (
               SELECT FROM agreement_version newer
               WHERE newer.market_id = v.market_id AND newer.kind = v.kind AND newer.effective_at <= %(now)s
                 AND (newer.effective_at, newer.id) > (v.effective_at, v.id))""",
        of=application_id,
        now=now,
    )
    return frozenset(TextKind(row["kind"]) for row in rows)


async def active_couriers(tx: Tx, market_id: str) -> Sequence[str]:
    """Those who came in by an application; the others have agreed with the operator on paper."""
    rows = await tx.all(
        """SELECT courier_id FROM courier_application
           WHERE market_id = %(market)s AND state = 'active' ORDER BY courier_id""",
        market=market_id,
    )
    return [row["courier_id"] for row in rows]


def _application(row: Row) -> Application:
    vehicle = VehicleKind(row["vehicle"]) if row["vehicle"] else None
    facts = VehicleFacts(**row["vehicle_facts"])
    return Application(**{**row, "state": State(row["state"]), "vehicle": vehicle, "vehicle_facts": facts})

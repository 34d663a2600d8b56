"""The way in: what applicants send, and what persons of the operator decide."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Final

from homeward.deliveries import photos
from homeward.fleets.couriers.model import NewCourier, VehicleKind
from homeward.fleets.couriers.onboarding import policy
from homeward.fleets.couriers.onboarding import repository as applications
from homeward.fleets.couriers.onboarding.checks import BackgroundChecks
from homeward.fleets.couriers.onboarding.errors import AlreadyACourier, NoTextInForce, NotReady
from homeward.fleets.couriers.onboarding.model import (
    SESSION_LENGTH,
    AgreementText,
    Application,
    Document,
    DocumentKind,
    Dossier,
    Particulars,
    Person,
    Shown,
    State,
    Step,
    TextKind,
    VehicleFacts,
)
from homeward.fleets.couriers.service import CouriersService
from homeward.infra import audit
from homeward.infra.auth import Auth
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.problems import NotFound

_CONSENT_STEPS: Final = {
    TextKind.AGREEMENT: Step.ACCEPT_AGREEMENT,
    TextKind.CHECK_DISCLOSURE: Step.AUTHORISE_CHECK,
}


class OnboardingService:
    """One for the process."""

    def __init__(
        self, db: Database, clock: Clock, auth: Auth, couriers: CouriersService, checks: BackgroundChecks
    ) -> None:
        self._db = db
        self._clock = clock
        self._auth = auth
        self._couriers = couriers
        self._checks = checks

    # ── the applicant ──

    async def sign_in(self, phone: str, code: str) -> str:
        """A session that reaches this application alone. Raises WrongCode, AlreadyACourier."""
        number = await self._couriers.proven_phone(phone, code)
        now = self._clock.now()
        async with self._db.operator() as tx:
            if await self._couriers.known(tx, number) and not await applications.of_phone(tx, number):
                raise AlreadyACourier()
            application = await applications.open_for(tx, new_id("app", now), number, now)
        return await self._auth.open_session("applicant", application.id, length=SESSION_LENGTH)

    async def dossier(self, application_id: str) -> Dossier:
        """Raises NotFound."""
        async with self._db.operator() as tx:
            return await self._dossier(tx, await self._held(tx, application_id, lock=False))

    async def apply(self, application_id: str, said: Particulars) -> None:
        """Raises NotThisStep, NotFound for an unknown market."""
        await self._step(
            application_id,
            Step.APPLY,
            {"name": said.name.strip(), "market_id": said.market_id, "vehicle": said.vehicle.value},
        )

    async def send_document(
        self, application_id: str, kind: DocumentKind, expires_on: date, content: bytes
    ) -> Document:
        """Also later, in place of one that ends. Raises NotThisStep, DocumentExpired, PhotoRefused."""
        now = self._clock.now()
        policy.check_expiry(expires_on, now)
        photo = await photos.clean(content)
        document = Document(new_id("doc", now), application_id, kind, expires_on, "sent", "", None, now)
        async with self._db.operator() as tx:
            application = await self._held(tx, application_id)
            if application.state not in (State.REVIEW, State.ACTIVE):
                complete = policy.moved(application.state, Step.COMPLETE_DOCUMENTS)
            await applications.add_document(tx, document, photo.content, hashlib.sha256(photo.content).hexdigest())
            sent = await applications.documents(tx, application_id)
            assert application.vehicle is not None, "named with the first step"
            if application.state is State.DOCUMENTS and not policy.missing_documents(application.vehicle, sent):
                await applications.change(tx, application_id, now, {"state": complete})
        return document

    async def text(self, application_id: str, kind: TextKind) -> AgreementText:
        """What this applicant is to read now. Raises NoTextInForce."""
        async with self._db.operator() as tx:
            return await self._text(tx, await self._held(tx, application_id, lock=False), kind)

    async def consent(self, application_id: str, kind: TextKind, shown: Shown) -> None:
        """Raises OtherTextShown, NoTextInForce, NotThisStep."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            application = await self._held(tx, application_id)
            # A newer text may come while somebody reads the application, or years later.
            again = application.state is State.REVIEW or (
                application.state is State.ACTIVE and kind is TextKind.AGREEMENT
            )
            after = application.state if again else policy.moved(application.state, _CONSENT_STEPS[kind])
            policy.check_shown(shown, await self._text(tx, application, kind))
            await applications.consent(tx, new_id("cns", now), application_id, shown, now)
            await applications.change(tx, application_id, now, {"state": after})
            if again and application.courier_id is not None:
                await self._couriers.ask_consent(tx, [application.courier_id], None)
            if kind is TextKind.CHECK_DISCLOSURE and not again:
                await self._checks.ask(tx, application)

    async def describe_vehicle(self, application_id: str, facts: VehicleFacts) -> None:
        """Raises NotThisStep."""
        await self._step(application_id, Step.DESCRIBE_VEHICLE, {"vehicle_facts": asdict(facts)})

    async def name_payout(self, application_id: str, token: str) -> None:
        """Raises NotAToken, NotThisStep."""
        policy.check_token(token)
        await self._step(application_id, Step.NAME_PAYOUT, {"payout_token": token})

    # ── persons of the operator ──

    async def listed(self, state: State | None = None) -> Sequence[Application]:
        async with self._db.operator() as tx:
            return await applications.listed(tx, state)

    async def picture(self, application_id: str, document_id: str, by: Person) -> bytes:
        """Who looked at whose papers is recorded. Raises NotFound."""
        async with self._db.operator() as tx:
            content = await applications.content(tx, application_id, document_id)
            if content is None:
                raise NotFound("document", document_id)
            await audit.record(tx, actor=by.label, action="document.viewed", subject=document_id)
        return content

    async def review(self, application_id: str, document_id: str, accepted: bool, reason: str, by: Person) -> None:
        """Also of an active courier's newer papers, from which on they count. Raises NotFound, NotThisStep."""
        state = "accepted" if accepted else "refused"
        step = Step.ACCEPT_DOCUMENT if accepted else Step.REFUSE_DOCUMENT
        async with self._db.operator() as tx:
            application = await self._held(tx, application_id)
            policy.moved(application.state, step, by)
            if not await applications.review(tx, document_id, application_id, state, reason, by.label):
                raise NotFound("document", document_id)
            if application.courier_id is not None:
                await self._keep_papers(tx, await self._dossier(tx, application), application.courier_id)
            await audit.record(tx, actor=by.label, action=f"document.{state}", subject=document_id, reason=reason)

    async def record_check(self, application_id: str, result: str, note: str, by: Person) -> None:
        """What the background check said, as `by` has read it. Raises NotFound."""
        changes = {"check_result": result, "check_note": note, "checked_by": by.label}
        async with self._db.operator() as tx:
            await self._held(tx, application_id)
            await applications.change(tx, application_id, self._clock.now(), changes)
            await audit.record(tx, actor=by.label, action="background_check.recorded", subject=application_id)

    async def activate(self, application_id: str, by: Person) -> str:
        """The new courier's id. Raises NotThisStep, NotReady, PhoneTaken."""
        now = self._clock.now()
        async with self._db.operator() as tx:
            application = await self._held(tx, application_id)
            after = policy.moved(application.state, Step.ACTIVATE, by)
            dossier = await self._dossier(tx, application)
            missing = policy.missing_to_activate(dossier)
            if missing:
                raise NotReady(missing)
            courier_id = await self._couriers.add(tx, _as_courier(application), by.label)
            await self._keep_papers(tx, dossier, courier_id)
            changes = {"state": after, "courier_id": courier_id, "decided_by": by.label}
            await applications.change(tx, application_id, now, changes)
            await audit.record(tx, actor=by.label, action="courier.activated", subject=courier_id)
        return courier_id

    async def decline(self, application_id: str, reason: str, by: Person) -> None:
        """Raises NotThisStep."""
        async with self._db.operator() as tx:
            application = await self._held(tx, application_id)
            after = policy.moved(application.state, Step.DECLINE, by)
            changes = {"state": after, "decided_by": by.label, "decision_reason": reason}
            await applications.change(tx, application_id, self._clock.now(), changes)
            await audit.record(tx, actor=by.label, action="application.declined", subject=application_id, reason=reason)

    async def publish(
        self,
        kind: TextKind,
        market_id: str,
        jurisdiction: str,
        language: str,
        text: str,
        effective_at: datetime,
        by: Person,
    ) -> AgreementText:
        """A new version. Couriers may work under the old one until it takes effect, and are asked from now on."""
        now = self._clock.now()
        version = AgreementText(
            new_id("agr", now), kind, market_id, jurisdiction, language, text, policy.text_hash(text),
            max(effective_at, now), by.label, now,
        )  # fmt: skip
        async with self._db.operator() as tx:
            if not await self._couriers.knows_market(tx, market_id):
                raise NotFound("market", market_id)
            await applications.publish(tx, version)
            if kind is TextKind.AGREEMENT:
                asked = await applications.active_couriers(tx, market_id)
                await self._couriers.ask_consent(tx, asked, version.effective_at)
            await audit.record(tx, actor=by.label, action=f"{kind}.published", subject=version.id)
        return version

    # ── pieces ──

    async def _step(self, application_id: str, step: Step, changes: dict[str, Any]) -> None:
        async with self._db.operator() as tx:
            application = await self._held(tx, application_id)
            after = policy.moved(application.state, step)
            market_id = changes.get("market_id")
            if market_id is not None and not await self._couriers.knows_market(tx, market_id):
                raise NotFound("market", market_id)
            await applications.change(tx, application_id, self._clock.now(), {**changes, "state": after})

    async def _held(self, tx: Tx, application_id: str, *, lock: bool = True) -> Application:
        application = await applications.get(tx, application_id, lock=lock)
        if application is None:
            raise NotFound("application", application_id)
        return application

    async def _dossier(self, tx: Tx, application: Application) -> Dossier:
        documents = await applications.documents(tx, application.id)
        return Dossier(application, documents, await applications.consents(tx, application.id, self._clock.now()))

    async def _text(self, tx: Tx, application: Application, kind: TextKind) -> AgreementText:
        # Couriers read the next agreement before it takes effect; applicants the one in force.
        until = None if application.state is State.ACTIVE else self._clock.now()
        market_id = application.market_id
        text = await applications.newest_text(tx, market_id, kind, until) if market_id else None
        if text is None:
            raise NoTextInForce(kind.value)
        return text

    async def _keep_papers(self, tx: Tx, dossier: Dossier, courier_id: str) -> None:
        vehicle = dossier.application.vehicle
        assert vehicle is not None, "named with the first step"
        await self._couriers.keep_papers(tx, courier_id, policy.valid_until(vehicle, dossier.documents))


def _as_courier(application: Application) -> NewCourier:
    assert application.market_id is not None, "named with the first step"
    assert application.vehicle is not None, "named with the first step"
    return NewCourier(application.market_id, application.name, application.phone, VehicleKind(application.vehicle))

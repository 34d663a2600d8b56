"""Merchants and what is theirs: stores, people, keys, brand. The market of a store is found by where it stands."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from psycopg.errors import UniqueViolation

from homeward.infra import audit
from homeward.infra.auth import SESSION_LENGTH, Auth, secret_hash
from homeward.infra.db import Database, Tx
from homeward.infra.operators import EmailTaken, TryLimit, WrongCredentials
from homeward.infra.passwords import SHORTEST, Passwords
from homeward.kit.clock import Clock
from homeward.kit.hours_json import check_hours, hours_to_json
from homeward.kit.ids import new_id, new_secret
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound
from homeward.kit.units import Seconds
from homeward.kit.windows import OpeningHours
from homeward.merchants import repository
from homeward.merchants.errors import (
    DomainTaken,
    ExternalIdTaken,
    LastOwner,
    NoMarketForStore,
    PlaceCandidate,
    SlugTaken,
    StoreAddressUnclear,
)
from homeward.merchants.logo import redrawn
from homeward.merchants.model import (
    ApiKey,
    Brand,
    Merchant,
    Mode,
    NewApiKey,
    NewMerchant,
    NewStore,
    PickupPlace,
    Role,
    SignedIn,
    Store,
    User,
)
from homeward.merchants.policy import (
    check_brand,
    host_of,
    is_email,
    is_holiday_calendar,
    is_slug,
    key_hint,
    require_readable,
    slug_of,
    store_at_door,
    unlisted_id,
)
from homeward.routing.geocoding import AddressQuery, Geocoder

store_from_row = repository.to_store
"""For the quote's one look-up, which reads the store together with what belongs to others."""

# Guesses from one address: many people may share one, an attacker should still find it slow.
_TRIES_PER_ADDRESS: Final = 50
# A store is set up once and every courier goes there: it must be the very door.
_CERTAIN: Final = 0.8


class StoreMarket(Protocol):
    """What a store needs to know of its market."""

    @property
    def id(self) -> str: ...
    @property
    def hours(self) -> OpeningHours: ...


class Markets(Protocol):
    """Finds the market of a place; `coverage.service.CoverageService` is one."""

    async def market_at(self, place: LatLon) -> StoreMarket | None: ...


class MerchantsService:
    """All that concerns merchants; each call is fenced to the merchant it names."""

    def __init__(
        self, db: Database, clock: Clock, auth: Auth, geocoder: Geocoder, markets: Markets, passwords: Passwords
    ) -> None:
        self._db = db
        self._clock = clock
        self._auth = auth
        self._geocoder = geocoder
        self._markets = markets
        self._passwords = passwords
        self._by_email = TryLimit()
        self._by_address = TryLimit(tries=_TRIES_PER_ADDRESS)

    # ── merchants ──

    async def create_merchant(
        self,
        name: str,
        *,
        slug: str | None = None,
        brand: Mapping[str, str] | None = None,
        owner_email: str | None = None,
        owner_name: str = "",
        owner_password: str | None = None,
        tracking_domain: str | None = None,
        by: str = "operator:cli",
    ) -> NewMerchant:
        """A merchant with a live and a test key, and with an owner if an e-mail and a password are given.

        Raises SlugTaken, DomainTaken, EmailTaken, MalformedRequest and what a brand may raise.
        """
        wanted = slug if slug is not None else slug_of(name)
        host = host_of(tracking_domain) if tracking_domain else None
        wrong = [] if name.strip() else [FieldError("/name", "empty", "a merchant needs a name")]
        if not is_slug(wanted):
            wrong.append(FieldError("/slug", "bad-slug", "use a-z, 0-9 and hyphens, at most 48 characters"))
        if tracking_domain and host is None:
            wrong.append(FieldError("/tracking_domain", "bad-domain", "give a host name such as track.example.org"))
        if owner_email is not None:
            wrong += _check_person(owner_email, owner_password or "")
        if wrong:
            raise MalformedRequest(wrong)
        look = await _changed_brand(Brand(display_name=name.strip()[:60]), brand or {})
        hashed = await self._passwords.hash(owner_password) if owner_email and owner_password else None
        merchant_id = new_id("mer", self._clock.now())
        async with self._db.operator() as tx:
            added = await repository.add_merchant(
                tx, merchant_id=merchant_id, slug=wanted, name=name.strip(), brand=look, domain=host
            )
            if not added:
                raise await _taken(tx, wanted, host)
            owner = None
            if owner_email and hashed:
                owner = await self._add_user(
                    tx, merchant_id, owner_email, owner_name or name.strip(), Role.OWNER, hashed
                )
            live = await self._add_key(tx, merchant_id, "live", "first live key")
            test = await self._add_key(tx, merchant_id, "test", "first test key")
            await audit.record(tx, actor=by, action="merchant.create", subject=merchant_id)
            merchant = await _merchant(tx, merchant_id)
        return NewMerchant(merchant, live, test, owner)

    async def get(self, merchant_id: str) -> Merchant:
        async with self._db.merchant(merchant_id) as tx:
            return await _merchant(tx, merchant_id)

    async def all(self) -> list[Merchant]:
        async with self._db.operator() as tx:
            return await repository.merchants(tx)

    async def by_slug(self, slug: str) -> Merchant | None:
        async with self._db.operator() as tx:
            return await repository.merchant_by(tx, "slug", slug)

    async def by_tracking_domain(self, host: str) -> Merchant | None:
        """Whose shoppers' pages live at this host (a port is ignored)."""
        name = host_of(host)
        if name is None:
            return None
        async with self._db.operator() as tx:
            return await repository.merchant_by(tx, "tracking_domain", name)

    async def update(
        self,
        merchant_id: str,
        *,
        name: str | None = None,
        brand: Mapping[str, str] | None = None,
        shopper: Mapping[str, bool] | None = None,
    ) -> Merchant:
        """Change what is given. Raises MalformedRequest, ColoursTooClose, LogoUnusable."""
        if name is not None and not name.strip():
            raise MalformedRequest([FieldError("/name", "empty", "a merchant needs a name")])
        before = await self.get(merchant_id)
        # Redrawing a logo takes a moment: no transaction is open meanwhile.
        look = await _changed_brand(before.brand, brand or {})
        async with self._db.merchant(merchant_id) as tx:
            rights = replace(before.shopper, **(shopper or {}))
            await repository.update_merchant(
                tx, merchant_id, name=(name or before.name).strip(), brand=look, shopper=rights
            )
            return await _merchant(tx, merchant_id)

    async def set_tracking_domain(self, merchant_id: str, domain: str | None) -> Merchant:
        """Where this merchant's shoppers follow their deliveries; None is the installation's neutral host."""
        host = host_of(domain) if domain else None
        if domain and host is None:
            raise MalformedRequest([FieldError("/tracking_domain", "bad-domain", "give a host name")])
        async with self._db.operator() as tx:
            try:
                await tx.run(
                    "UPDATE merchant SET tracking_domain = %(host)s WHERE id = %(id)s", host=host, id=merchant_id
                )
            except UniqueViolation as cause:
                raise DomainTaken(str(host)) from cause
            return await _merchant(tx, merchant_id)

    async def set_status(self, merchant_id: str, status: str, *, by: str) -> Merchant:
        """'suspended' shuts out the merchant's keys and people at once; 'active' lets them in again."""
        if status not in ("active", "suspended"):
            raise MalformedRequest([FieldError("/status", "bad-status", "give 'active' or 'suspended'")])
        async with self._db.operator() as tx:
            await tx.run("UPDATE merchant SET status = %(status)s WHERE id = %(id)s", status=status, id=merchant_id)
            await audit.record(tx, actor=by, action=f"merchant.{status}", subject=merchant_id)
            return await _merchant(tx, merchant_id)

    # ── stores ──

    async def create_store(self, merchant_id: str, new: NewStore, *, listed: bool = True) -> Store:
        """Raises MalformedRequest, StoreAddressUnclear, NoMarketForStore, ExternalIdTaken."""
        wrong = _check_store({"name": new.name, "holiday_calendar": new.holiday_calendar})
        if wrong:
            raise MalformedRequest(wrong)
        place, label = await self._locate(new.address, new.place)
        market = await self._markets.market_at(place)
        if market is None:
            raise NoMarketForStore(place)
        store_id = new_id("sto", self._clock.now())
        values = {
            "external_id": new.external_id,
            "name": new.name.strip(),
            "address": label,
            "market_id": market.id,
            "lat": place.lat,
            "lon": place.lon,
            "phone": new.phone,
            "hours": hours_to_json(new.hours or market.hours),
            "holiday_calendar": new.holiday_calendar,
            "preparation_s": new.preparation_s,
            "pickup_instructions": new.pickup_instructions,
            "listed": listed,
        }
        async with self._db.merchant(merchant_id) as tx:
            try:
                await repository.add_store(tx, merchant_id, store_id, values)
            except UniqueViolation as cause:
                raise ExternalIdTaken(str(new.external_id)) from cause
            return await _store(tx, merchant_id, store_id)

    async def update_store(self, merchant_id: str, store_id: str, changes: Mapping[str, Any]) -> Store:
        """Change what is given: name, external_id, address, place, phone, hours (JSON), holiday_calendar,
        preparation_s, pickup_instructions, status. Quotes given before stay as they are."""
        before = await self.get_store(merchant_id, store_id)
        wrong = _check_store(changes)
        if wrong:
            raise MalformedRequest(wrong)
        values = {name: value for name, value in changes.items() if name not in ("address", "place")}
        if changes.get("address") or changes.get("place"):
            place, label = await self._locate(changes.get("address") or before.address, changes.get("place"))
            market = await self._markets.market_at(place)
            if market is None:
                raise NoMarketForStore(place)
            values |= {"address": label, "lat": place.lat, "lon": place.lon, "market_id": market.id}
        async with self._db.merchant(merchant_id) as tx:
            try:
                await repository.update_store(tx, merchant_id, store_id, values)
            except UniqueViolation as cause:
                raise ExternalIdTaken(str(changes.get("external_id"))) from cause
            return await _store(tx, merchant_id, store_id)

    async def list_stores(self, merchant_id: str, *, active_only: bool = False) -> list[Store]:
        async with self._db.merchant(merchant_id) as tx:
            return await repository.stores(tx, merchant_id, active_only=active_only)

    async def store_named(self, merchant_id: str, name: str) -> Store:
        """By the merchant's own number of it, else by our id. Raises NotFound."""
        async with self._db.merchant(merchant_id) as tx:
            found = await repository.store_named(tx, merchant_id, name)
        if found is None:
            raise NotFound("store", name)
        return found

    async def all_stores(self, market_id: str | None = None) -> list[Store]:
        """Every merchant's stores: for the operator only."""
        async with self._db.operator() as tx:
            return await repository.all_stores(tx, market_id)

    async def get_store(self, merchant_id: str, store_id: str) -> Store:
        async with self._db.merchant(merchant_id) as tx:
            return await _store(tx, merchant_id, store_id)

    async def store_for(self, merchant_id: str, wanted: PickupPlace) -> Store:
        """The store to fetch from where a booking names a place instead.

        One of the merchant's own stores if the place is its door; else an unlisted one, made at the first call and
        found again at the next. Raises StoreAddressUnclear, NoMarketForStore, MalformedRequest.
        """
        known_as = unlisted_id(wanted)
        async with self._db.merchant(merchant_id) as tx:
            known = await repository.store_by_external_id(tx, merchant_id, known_as)
            own = await repository.stores(tx, merchant_id, active_only=True)
        if known is not None:
            return known
        place, label = await self._locate(wanted.address, wanted.place)
        here = store_at_door(own, place)
        if here is not None:
            return here
        new = NewStore(wanted.name, label, place, known_as, wanted.phone, preparation_s=Seconds(0))
        try:
            return await self.create_store(merchant_id, new, listed=False)
        except ExternalIdTaken:  # by a twin of this request that was a moment faster
            return await self.store_for(merchant_id, wanted)

    async def _locate(self, address: str, place: LatLon | None) -> tuple[LatLon, str]:
        """The pin if one is given, else what the geocoder is certain of."""
        if place is not None:
            return place, address.strip() or f"{place.lat:.5f}, {place.lon:.5f}"
        if not address.strip():
            raise MalformedRequest([FieldError("/address", "missing", "give an address or a place")])
        matches = await self._geocoder.find(None, AddressQuery(text=address))
        if matches and matches[0].confidence >= _CERTAIN:
            return matches[0].place, matches[0].label
        candidates = [PlaceCandidate(match.label, match.place, match.confidence) for match in matches]
        raise StoreAddressUnclear(address, candidates)

    # ── keys ──

    async def create_key(self, merchant_id: str, mode: Mode, name: str = "") -> NewApiKey:
        """The only moment at which the key itself can be seen."""
        async with self._db.merchant(merchant_id) as tx:
            return await self._add_key(tx, merchant_id, mode, name)

    async def list_keys(self, merchant_id: str) -> list[ApiKey]:
        async with self._db.merchant(merchant_id) as tx:
            return await repository.keys(tx, merchant_id)

    async def revoke_key(self, merchant_id: str, key_id: str) -> ApiKey:
        """From the next request on the key opens nothing. Revoking twice changes nothing."""
        async with self._db.merchant(merchant_id) as tx:
            key = await repository.revoke_key(tx, merchant_id, key_id)
        if key is None:
            raise NotFound("api_key", key_id)
        return key

    async def _add_key(self, tx: Tx, merchant_id: str, mode: Mode, name: str) -> NewApiKey:
        secret = f"sk_{mode}_{new_secret()}"
        key = await repository.add_key(
            tx,
            key_id=new_id("key", self._clock.now()),
            merchant_id=merchant_id,
            mode=mode,
            name=name,
            hint=key_hint(secret),
            secret_hash=secret_hash(secret),
        )
        return NewApiKey(key, secret)

    # ── people ──

    async def create_user(self, merchant_id: str, *, email: str, name: str, role: Role, password: str) -> User:
        """Raises MalformedRequest, EmailTaken."""
        wrong = _check_person(email, password)
        if wrong:
            raise MalformedRequest(wrong)
        hashed = await self._passwords.hash(password)
        async with self._db.merchant(merchant_id) as tx:
            return await self._add_user(tx, merchant_id, email, name, role, hashed)

    async def list_users(self, merchant_id: str) -> list[User]:
        async with self._db.merchant(merchant_id) as tx:
            return await repository.users(tx, merchant_id)

    async def set_role(self, merchant_id: str, user_id: str, role: Role) -> User:
        """Raises LastOwner."""
        async with self._db.merchant(merchant_id) as tx:
            user = await _user(tx, merchant_id, user_id, leaves_owner=role is not Role.OWNER)
            await repository.set_role(tx, merchant_id, user_id, role)
        return replace(user, role=role)

    async def remove_user(self, merchant_id: str, user_id: str) -> None:
        """Raises LastOwner. The person's open sessions end with the account."""
        async with self._db.merchant(merchant_id) as tx:
            await _user(tx, merchant_id, user_id, leaves_owner=True)
            await repository.remove_user(tx, merchant_id, user_id)
        await self._close_sessions(user_id)

    async def set_password(self, merchant_id: str, user_id: str, password: str) -> None:
        """Ends all sessions of the person: who changes a password may have lost the old one to somebody."""
        if len(password) < SHORTEST:
            raise MalformedRequest([_too_short()])
        hashed = await self._passwords.hash(password)
        async with self._db.merchant(merchant_id) as tx:
            await _user(tx, merchant_id, user_id, leaves_owner=False)
            await repository.set_password(tx, merchant_id, user_id, hashed)
        await self._close_sessions(user_id)

    async def sign_in(self, email: str, password: str, address: str = "") -> SignedIn:
        """A session for the portal. `address` is where the request came from.

        Raises WrongCredentials, the same for an unknown e-mail, a wrong password and a suspended merchant, after the
        same time; and TooManyRequests.
        """
        name = email.strip().lower()
        self._by_email.check(name)
        if address:
            self._by_address.check(address)
        async with self._db.operator() as tx:
            row = await repository.user_for_sign_in(tx, name)
        if not await self._passwords.fits(row["password_hash"] if row else None, password):
            raise WrongCredentials()
        assert row is not None
        self._by_email.forget(name)
        user = repository.to_user(row)
        token = await self._auth.open_session("merchant", user.id, user.merchant_id)
        # Sessions end by the database's clock; this is only told to the browser.
        return SignedIn(token=token, user=user, expires_at=datetime.now(UTC) + SESSION_LENGTH)

    async def sign_out(self, token: str) -> None:
        await self._auth.close_session(token)

    async def _close_sessions(self, user_id: str) -> None:
        async with self._db.operator() as tx:
            await tx.run("DELETE FROM session WHERE kind = 'merchant' AND subject_id = %(id)s", id=user_id)

    async def _add_user(self, tx: Tx, merchant_id: str, email: str, name: str, role: Role, password_hash: str) -> User:
        user = User(
            id=new_id("usr", self._clock.now()),
            merchant_id=merchant_id,
            email=email.strip().lower(),
            name=name.strip(),
            role=role,
            created_at=self._clock.now(),
        )
        if not await repository.add_user(tx, user, password_hash):
            raise EmailTaken(user.email)
        return user


async def _changed_brand(before: Brand, changes: Mapping[str, str]) -> Brand:
    wrong = check_brand(changes)
    if wrong:
        raise MalformedRequest(wrong)
    cleaned = {name: value.lower() if name.endswith("colour") else value for name, value in changes.items()}
    if "logo" in cleaned and cleaned["logo"] != before.logo:
        cleaned["logo"] = await asyncio.to_thread(redrawn, cleaned["logo"])
    after = replace(before, **cleaned)
    require_readable(after)
    return after


def _check_person(email: str, password: str) -> list[FieldError]:
    wrong = [] if is_email(email.strip()) else [FieldError("/email", "bad-email", "give an e-mail address")]
    return wrong if len(password) >= SHORTEST else [*wrong, _too_short()]


def _too_short() -> FieldError:
    return FieldError("/password", "too-short", f"a password needs at least {SHORTEST} characters")


def _check_store(changes: Mapping[str, Any]) -> list[FieldError]:
    wrong: list[FieldError] = []
    if "name" in changes and not str(changes["name"] or "").strip():
        wrong.append(FieldError("/name", "empty", "a store needs a name"))
    if changes.get("hours") is not None:
        wrong += check_hours(changes["hours"])
    calendar = changes.get("holiday_calendar")
    if calendar and not is_holiday_calendar(calendar):
        wrong.append(FieldError("/holiday_calendar", "unknown-calendar", "give a code such as CH or US-VT"))
    return wrong


async def _taken(tx: Tx, slug: str, host: str | None) -> SlugTaken | DomainTaken:
    if host and await repository.merchant_by(tx, "tracking_domain", host):
        return DomainTaken(host)
    return SlugTaken(slug)


async def _merchant(tx: Tx, merchant_id: str) -> Merchant:
    found = await repository.merchant(tx, merchant_id)
    if found is None:
        raise NotFound("merchant", merchant_id)
    return found


async def _store(tx: Tx, merchant_id: str, store_id: str) -> Store:
    found = await repository.store(tx, merchant_id, store_id)
    if found is None:
        raise NotFound("store", store_id)
    return found


async def _user(tx: Tx, merchant_id: str, user_id: str, *, leaves_owner: bool) -> User:
    """The user; with `leaves_owner` only if an owner remains without this one."""
    # Locked, so that two owners cannot remove each other at the same moment.
    people = await repository.users(tx, merchant_id, lock=True)
    user = next((person for person in people if person.id == user_id), None)
    if user is None:
        raise NotFound("user", user_id)
    owners = [person for person in people if person.role is Role.OWNER]
    if leaves_owner and owners == [user]:
        raise LastOwner(user_id)
    return user

"""Credentials in other shapes: made once, exchanged for tokens, shut out at once."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from homeward.infra.db import Database
from homeward.kit.problems import NotFound, TooManyRequests
from homeward.merchants.credentials.model import SIGNS, Dialect, account_of, hint_of
from homeward.merchants.credentials.service import CredentialsService
from tests.acceptance.world import World, a_world
from tests.conftest import DatabaseUrls
from tests.deliveries.world import build_world

ASKED = [dialect for dialect in Dialect if dialect not in SIGNS]


@pytest.fixture
async def db(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    db = Database(database_urls.app, min_size=1, max_size=4)
    await db.open()
    yield db
    await db.close()


@pytest.fixture
async def service(db: Database) -> CredentialsService:
    return CredentialsService(db, (await build_world(db)).clock)


@pytest.mark.parametrize("dialect", list(Dialect))
def test_an_account_is_for_ever_and_one_merchants_own(dialect: Dialect) -> None:
    assert account_of("mer_a", "live", dialect) == account_of("mer_a", "live", dialect)
    assert account_of("mer_a", "live", dialect) != account_of("mer_b", "live", dialect)


def test_accounts_look_as_the_dialects_software_expects() -> None:
    assert account_of("mer_a", "live", Dialect.GOLOCAL).isdecimal()
    assert account_of("mer_a", "live", Dialect.GOLOCAL) == account_of("mer_a", "test", Dialect.GOLOCAL)
    for dialect in (Dialect.UBER_DIRECT, Dialect.DOORDASH_DRIVE):
        assert UUID(account_of("mer_a", "live", dialect)) != UUID(account_of("mer_a", "test", dialect))


@pytest.mark.parametrize("secret", ["a" * 30 + "_" + "b" * 12, "c" * 43, "_" * 43])
def test_a_hint_gives_away_four_characters_wherever_the_underscores_are(secret: str) -> None:
    assert hint_of(secret) == "…" + secret[-4:]


@pytest.mark.parametrize("dialect", ASKED)
async def test_a_secret_is_exchanged_for_a_token_that_tells_who_asks(
    service: CredentialsService, dialect: Dialect
) -> None:
    made = await service.create("mer_a", "test", dialect, "till")
    client = made.credential.client_id
    token = await service.exchange(dialect, client, made.secret, lifetime_s=900, scope="deliveries")
    actor = await service.actor_of_token(dialect, token)
    assert actor is not None
    assert (actor.merchant_id, actor.mode, actor.scope) == ("mer_a", "test", "deliveries")
    assert (actor.merchant.actor_id, actor.account) == (made.credential.id, made.credential.account)


@pytest.mark.parametrize("dialect", ASKED)
async def test_what_does_not_belong_together_opens_nothing(service: CredentialsService, dialect: Dialect) -> None:
    made = await service.create("mer_a", "live", dialect)
    other = next(each for each in ASKED if each is not dialect)
    client = made.credential.client_id
    assert await service.exchange(dialect, client, "guess", lifetime_s=900) is None
    assert await service.exchange(other, client, made.secret, lifetime_s=900) is None
    assert await service.exchange(dialect, "nobody", made.secret, lifetime_s=900) is None
    token = await service.exchange(dialect, client, made.secret, lifetime_s=900)
    assert await service.actor_of_token(other, token) is None
    assert await service.actor_of_token(dialect, None) is None
    assert await service.signing_key(dialect, client, client) is None


async def test_many_tokens_of_one_credential_share_one_allowance(db: Database) -> None:
    service = CredentialsService(db, (await build_world(db)).clock, requests_per_minute=6)
    made = await service.create("mer_a", "live", Dialect.UBER_DIRECT)
    tokens = [
        await service.exchange(Dialect.UBER_DIRECT, made.credential.client_id, made.secret, lifetime_s=900)
        for _ in range(7)
    ]
    for token in tokens[:6]:
        assert await service.actor_of_token(Dialect.UBER_DIRECT, token)
    with pytest.raises(TooManyRequests):
        await service.actor_of_token(Dialect.UBER_DIRECT, tokens[6])


async def test_a_token_ends_and_is_forgotten(service: CredentialsService) -> None:
    made = await service.create("mer_a", "live", Dialect.GOLOCAL)
    token = await service.exchange(Dialect.GOLOCAL, made.credential.client_id, made.secret, lifetime_s=-1)
    assert await service.actor_of_token(Dialect.GOLOCAL, token) is None
    assert await service.forget_ended_tokens() == 1


async def test_revoking_ends_tokens_too_and_twice_is_once(service: CredentialsService) -> None:
    made = await service.create("mer_a", "live", Dialect.UBER_DIRECT)
    client = made.credential.client_id
    token = await service.exchange(Dialect.UBER_DIRECT, client, made.secret, lifetime_s=900)
    revoked = [await service.revoke("mer_a", made.credential.id) for _ in range(2)]
    assert revoked[0].revoked_at == revoked[1].revoked_at is not None
    assert await service.actor_of_token(Dialect.UBER_DIRECT, token) is None
    assert await service.exchange(Dialect.UBER_DIRECT, client, made.secret, lifetime_s=900) is None


async def test_a_suspended_merchant_opens_nothing(service: CredentialsService, db: Database) -> None:
    asked = await service.create("mer_a", "live", Dialect.GOLOCAL)
    signed = await service.create("mer_a", "live", Dialect.DOORDASH_DRIVE)
    token = await service.exchange(Dialect.GOLOCAL, asked.credential.client_id, asked.secret, lifetime_s=900)
    async with db.operator() as tx:
        await tx.run("UPDATE merchant SET status = 'suspended' WHERE id = 'mer_a'")
    assert await service.actor_of_token(Dialect.GOLOCAL, token) is None
    key_id = str(signed.credential.key_id)
    assert await service.signing_key(Dialect.DOORDASH_DRIVE, signed.credential.client_id, key_id) is None


async def test_who_signs_gets_a_key_of_32_bytes_that_only_its_developer_id_opens(service: CredentialsService) -> None:
    made = await service.create("mer_a", "live", Dialect.DOORDASH_DRIVE)
    key_id = str(made.credential.key_id)
    found = await service.signing_key(Dialect.DOORDASH_DRIVE, made.credential.client_id, key_id)
    assert found is not None
    assert found.key == base64.urlsafe_b64decode(made.secret + "=")
    assert (len(found.key), found.actor.merchant_id) == (32, "mer_a")
    others = await service.create("mer_b", "live", Dialect.DOORDASH_DRIVE)
    assert await service.signing_key(Dialect.DOORDASH_DRIVE, others.credential.client_id, key_id) is None


async def test_nobody_lists_or_revokes_what_is_anothers(service: CredentialsService) -> None:
    made = await service.create("mer_a", "live", Dialect.GOLOCAL)
    assert [each.id for each in await service.all("mer_a")] == [made.credential.id]
    assert await service.all("mer_b") == []
    with pytest.raises(NotFound):
        await service.revoke("mer_b", made.credential.id)


class TestOverHttp:
    @pytest.fixture
    async def world(self, database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[World]:
        async with a_world(database_urls.app, tmp_path) as world:
            yield world

    async def test_the_secret_is_shown_once(self, world: World) -> None:
        body = {"dialect": "doordash_drive", "mode": "live", "name": "till"}
        made = await world.done(world.bakery.live_key, "POST", "/v1/credentials", body)
        assert made["secret"]
        listed = await world.done(world.bakery.live_key, "GET", "/v1/credentials")
        assert [each["id"] for each in listed["items"]] == [made["id"]]
        assert made["secret"] not in str(listed)
        gone = await world.done(world.bakery.live_key, "DELETE", f"/v1/credentials/{made['id']}")
        assert gone["revoked_at"]

    async def test_a_test_key_makes_none_and_a_dialect_that_is_none_is_refused(self, world: World) -> None:
        body = {"dialect": "golocal"}
        assert (await world.ask(world.bakery.test_key, "POST", "/v1/credentials", body)).status_code == 403
        body = {"dialect": "klingon"}
        assert (await world.ask(world.bakery.live_key, "POST", "/v1/credentials", body)).status_code == 422


@pytest.mark.parametrize("dialect", ASKED)
async def test_guessing_at_one_client_ends_wherever_it_comes_from_and_locks_its_holder_out_of_nothing(
    service: CredentialsService, dialect: Dialect
) -> None:
    made, other = await service.create("mer_a", "live", dialect), await service.create("mer_a", "live", dialect)
    client = made.credential.client_id
    for _ in range(30):
        assert await service.exchange(dialect, client, "a guess", lifetime_s=900) is None
    with pytest.raises(TooManyRequests):
        await service.exchange(dialect, client, "one more", lifetime_s=900)
    assert await service.exchange(dialect, other.credential.client_id, "wrong", lifetime_s=900) is None
    assert await service.exchange(dialect, client, made.secret, lifetime_s=900)

"""Signing in to the console."""

from collections.abc import AsyncIterator

import pytest

from homeward.infra.auth import Auth
from homeward.infra.db import Database
from homeward.infra.operators import EmailTaken, OperatorsService, TryLimit, WrongCredentials
from homeward.infra.passwords import Passwords
from homeward.kit.clock import SystemClock
from homeward.kit.problems import TooManyRequests
from tests.conftest import DatabaseUrls


@pytest.fixture
async def db(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app, min_size=1, max_size=4)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def operators(db: Database) -> OperatorsService:
    return OperatorsService(db, SystemClock(), Auth(db), Passwords(cheap=True))


async def test_the_right_password_opens_a_session_that_knows_the_person(
    db: Database, operators: OperatorsService
) -> None:
    user = await operators.create("Ada@example.org", "Ada", "dispatcher", "a long password")
    token = await operators.sign_in(" ada@example.org ", "a long password")
    actor = await Auth(db).find_operator(token)
    assert actor is not None
    assert (actor.user_id, actor.role) == (user.id, "dispatcher")


async def test_a_closed_session_opens_nothing(db: Database, operators: OperatorsService) -> None:
    await operators.create("ada@example.org", "Ada", "admin", "a long password")
    token = await operators.sign_in("ada@example.org", "a long password")
    await Auth(db).close_session(token)
    assert await Auth(db).find_operator(token) is None


async def test_a_session_of_one_kind_is_no_key_to_another(db: Database, operators: OperatorsService) -> None:
    await operators.create("ada@example.org", "Ada", "admin", "a long password")
    token = await operators.sign_in("ada@example.org", "a long password")
    assert await Auth(db).find_courier(token) is None
    assert await Auth(db).find_merchant(token, token) is None


@pytest.mark.parametrize(
    ("email", "password"), [("ada@example.org", "wrong password"), ("eve@example.org", "a long password")]
)
async def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(
    operators: OperatorsService, email: str, password: str
) -> None:
    await operators.create("ada@example.org", "Ada", "admin", "a long password")
    with pytest.raises(WrongCredentials):
        await operators.sign_in(email, password)


async def test_the_eleventh_guess_in_five_minutes_has_to_wait(operators: OperatorsService) -> None:
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await operators.sign_in("ada@example.org", "guess")
    with pytest.raises(TooManyRequests):
        await operators.sign_in("ada@example.org", "guess")


async def test_one_address_has_one_account(operators: OperatorsService) -> None:
    await operators.create("ada@example.org", "Ada", "admin", "a long password")
    with pytest.raises(EmailTaken):
        await operators.create("ADA@example.org", "Another", "support", "a long password")


async def test_a_short_password_is_refused(operators: OperatorsService) -> None:
    with pytest.raises(ValueError, match="at least 8"):
        await operators.create("ada@example.org", "Ada", "admin", "short")


def test_made_up_names_neither_fill_the_memory_nor_free_the_one_who_is_guessed_at() -> None:
    limit = TryLimit()
    for _ in range(10):
        limit.check("ada@example.org")
    for number in range(50_000):
        limit.check(f"{number}@example.org")
    assert limit.remembered <= 20_000
    with pytest.raises(TooManyRequests):
        limit.check("ada@example.org")

"""The same key never makes the same thing twice."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.infra.db import Database, Tx
from homeward.infra.idempotency import Answer, KeyReused, Request, checked_key, once
from homeward.kit.problems import MalformedRequest, NotFound, Unavailable
from tests.conftest import DatabaseUrls


@pytest.fixture
async def db(database_urls: DatabaseUrls) -> AsyncIterator[Database]:
    database = Database(database_urls.app, min_size=2, max_size=12)
    await database.open()
    async with database.operator() as tx:
        await tx.run("INSERT INTO merchant (id, slug, name) VALUES ('mer_a', 'a', 'A'), ('mer_b', 'b', 'B')")
    yield database
    await database.close()


@dataclass
class Counter:
    """An effect that counts its runs, and fails as told."""

    failures: list[Exception] = field(default_factory=list)
    runs: int = 0

    async def __call__(self, tx: Tx) -> tuple[int, dict[str, object]]:
        self.runs += 1
        await asyncio.sleep(0.01)
        if self.failures:
            raise self.failures.pop(0)
        return 201, {"run": self.runs}


def a_request(**changes: object) -> Request:
    defaults = {
        "merchant_id": "mer_a",
        "actor_id": "key_a",
        "route": "POST /v1/things",
        "key": "k-1",
        "body": {"weight_g": 1},
    }
    return Request(**{**defaults, **changes})  # type: ignore[arg-type]


async def test_a_repeat_gets_the_first_answer_and_no_second_effect(db: Database) -> None:
    effect = Counter()
    first = await once(db, a_request(), effect)
    again = await once(db, a_request(), effect)
    assert (first, again) == (Answer(201, {"run": 1}, False), Answer(201, {"run": 1}, True))
    assert effect.runs == 1


async def test_twenty_raced_repeats_make_one_effect(db: Database) -> None:
    effect = Counter()
    answers = await asyncio.gather(*(once(db, a_request(), effect) for _ in range(20)))
    assert effect.runs == 1
    assert {answer.status for answer in answers} == {201}
    assert sum(answer.replayed for answer in answers) == 19


async def test_the_order_of_the_bodys_members_does_not_matter(db: Database) -> None:
    effect = Counter()
    await once(db, a_request(body={"a": 1, "b": 2}), effect)
    assert (await once(db, a_request(body={"b": 2, "a": 1}), effect)).replayed


async def test_the_same_key_with_another_body_is_refused(db: Database) -> None:
    await once(db, a_request(), Counter())
    with pytest.raises(KeyReused):
        await once(db, a_request(body={"weight_g": 2}), Counter())


@pytest.mark.parametrize(
    "changes", [{"merchant_id": "mer_b"}, {"actor_id": "key_b"}, {"route": "POST /v1/others"}, {"key": "k-2"}]
)
async def test_another_merchant_key_or_route_is_another_request(db: Database, changes: dict[str, str]) -> None:
    effect = Counter()
    await once(db, a_request(), effect)
    assert not (await once(db, a_request(**changes), effect)).replayed


async def test_a_final_refusal_is_remembered(db: Database) -> None:
    effect = Counter([NotFound("store", "sto_1")])
    with pytest.raises(NotFound):
        await once(db, a_request(), effect)
    answer = await once(db, a_request(), effect)
    assert (answer.status, answer.body["code"], answer.replayed, effect.runs) == (404, "not-found", True, 1)


@pytest.mark.parametrize("failure", [Unavailable("roads"), RuntimeError("a bug")])
async def test_what_failed_on_our_side_is_run_again(db: Database, failure: Exception) -> None:
    effect = Counter([failure])
    with pytest.raises(type(failure)):
        await once(db, a_request(), effect)
    assert (await once(db, a_request(), effect)).body == {"run": 2}


@pytest.mark.parametrize(
    ("header", "key"), [("abc", "abc"), ('"abc"', "abc"), ("  abc ", "abc"), ("x" * 255, "x" * 255)]
)
def test_a_key_may_be_sent_bare_or_quoted(header: str, key: str) -> None:
    assert checked_key(header) == key


@given(
    st.one_of(
        st.none(), st.just(""), st.text(min_size=256, alphabet="x", max_size=300), st.text(alphabet="é\n\t", min_size=1)
    )
)
def test_a_missing_overlong_or_unprintable_key_is_refused(header: str | None) -> None:
    with pytest.raises(MalformedRequest):
        checked_key(header)

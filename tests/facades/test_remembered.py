"""What a dialect remembers between its quote and its booking."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from homeward.facades.remembered import RememberedQuote
from homeward.infra.auth import MerchantActor
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import DialectActor
from tests.conftest import DatabaseUrls
from tests.web.town import Town, a_town


@pytest.fixture
async def town(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_urls.app, tmp_path) as found:
        yield found


def an_asker(town: Town) -> DialectActor:
    merchant = MerchantActor(town.merchant.merchant.id, "live", "crd_1", "key")
    return DialectActor(merchant, Dialect.UBER_DIRECT, "account", "client")


def a_quote(town: Town, reference: str = "dqt_1", **changes: object) -> RememberedQuote:
    expires_at = town.clock.now() + timedelta(minutes=15)
    quote = RememberedQuote(reference, "quo_1", "opt_1", {"fee": 745, "asked": {"name": "Zoë"}}, expires_at)
    return replace(quote, **changes)  # type: ignore[arg-type]


async def test_what_is_remembered_is_found_by_the_dialects_own_name_for_it(town: Town) -> None:
    quotes, asker = town.platform.facade_quotes, an_asker(town)
    await quotes.remember(asker, a_quote(town))
    assert await quotes.find(asker, "dqt_1") == a_quote(town)
    assert await quotes.find(asker, "dqt_2") is None


async def test_a_newer_one_takes_its_place(town: Town) -> None:
    quotes, asker = town.platform.facade_quotes, an_asker(town)
    await quotes.remember(asker, a_quote(town))
    newer = a_quote(town, quote_id="quo_2", data={})
    await quotes.remember(asker, newer)
    assert await quotes.find(asker, "dqt_1") == newer


async def test_another_merchant_mode_or_dialect_does_not_find_it(town: Town) -> None:
    quotes, asker = town.platform.facade_quotes, an_asker(town)
    rival = await town.platform.merchants.create_merchant(
        "Rival", owner_email="r@example.org", owner_password="long enough 1"
    )
    await quotes.remember(asker, a_quote(town))
    strangers = [
        replace(asker, merchant=replace(asker.merchant, merchant_id=rival.merchant.id)),
        replace(asker, merchant=replace(asker.merchant, mode="test")),
        replace(asker, dialect=Dialect.DOORDASH_DRIVE),
    ]
    assert [await quotes.find(stranger, "dqt_1") for stranger in strangers] == [None, None, None]


async def test_an_expired_one_is_still_found_and_forgotten_a_day_later(town: Town) -> None:
    quotes, asker = town.platform.facade_quotes, an_asker(town)
    await quotes.remember(asker, a_quote(town))
    town.clock.advance(23 * 3600)
    assert await quotes.forget_old() == 0
    assert await quotes.find(asker, "dqt_1")
    town.clock.advance(2 * 3600)
    assert await quotes.forget_old() == 1
    assert await quotes.find(asker, "dqt_1") is None

"""What a new market begins with: an area to serve and a tariff. Called by the command that imports a map."""

from collections.abc import Sequence
from datetime import datetime

from homeward.coverage.service import seed_area
from homeward.infra.db import Tx
from homeward.kit.ids import new_id
from homeward.kit.money import Money
from homeward.kit.places import Box, LatLon
from homeward.quotes import repository
from homeward.quotes.tariff import default_rules
from homeward.quotes.tariff_json import rules_to_json


async def seed_market_defaults(
    tx: Tx, *, market_id: str, currency: str, box: Box, addresses: Sequence[LatLon], now: datetime
) -> None:
    """The first service area and the first tariff; does nothing about one that is already there.

    `tx` is the operator's and holds the market's row; `addresses` may be a sample of some thousands.
    """
    await seed_area(tx, market_id=market_id, box=box, addresses=list(addresses), area_id=new_id("area", now))
    if await tx.value("SELECT 1 FROM tariff WHERE market_id = %(id)s LIMIT 1", id=market_id):
        return
    rules = default_rules(currency, Money(0, currency).exponent)
    await repository.add_tariff(
        tx,
        tariff_id=new_id("trf", now),
        market_id=market_id,
        # From ever: a simulation may begin on a day before the import.
        effective_from=datetime.fromtimestamp(0, now.tzinfo),
        rules=rules_to_json(rules),
    )

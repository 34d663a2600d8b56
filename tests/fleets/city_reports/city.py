"""A city that reads its market's reports, and looks at each answer closely."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.fleets.autonomous.world import Park
from tests.fleets.city_reports.schema import ERROR, ITEMS, answer_of, wrong_in
from tests.web.town import MARKET_ID

CONTENT_TYPE = "application/vnd.mds+json;version=2.0"


@dataclass
class City:
    park: Park
    token: str = field(default="", repr=False)
    token_id: str = ""

    @property
    def now(self) -> datetime:
        return self.park.clock.now()

    async def gets_a_token(self) -> None:
        path = f"/v1/operator/markets/{MARKET_ID}/city-tokens"
        made = await self.park.world.done(self.park.world.operator_token, "POST", path, {"name": "The town"})
        self.token, self.token_id = made["secret"], made["id"]

    async def asks(
        self, path: str, token: str | None = None, market_id: str = MARKET_ID, accept: str = "*/*", **query: Any
    ) -> httpx.Response:
        headers = {"Accept": accept}
        async with self.park.world.client(token or self.token) as http:
            answer = await http.get(f"/v1/mds/{market_id}{path}", params=query, headers=headers)
        assert answer.headers["content-type"] == CONTENT_TYPE
        if answer.status_code != 200:
            assert wrong_in(ERROR, answer.json()) == []
        return answer

    async def reads(self, path: str, **query: Any) -> dict[str, Any]:
        """An answer that keeps the specification in every field."""
        answer = await self.asks(path, **query)
        assert answer.status_code == 200, answer.text
        body = dict(answer.json())
        name = next(name for name in ITEMS if name in body)
        assert wrong_in(answer_of(name), body) == []
        return body

    async def settles(self) -> None:
        """Time passes until the present hour is ready."""
        self.park.clock.advance(timedelta(hours=1, minutes=16).total_seconds())

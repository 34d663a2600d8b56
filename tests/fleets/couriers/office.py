"""Two named people of the operator, rules that are in force, and a courier to be decided about."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from tests.acceptance.world import World


@dataclass
class Office:
    """Ida (administrator) decides, Otto (dispatcher) answers appeals; `courier` is the first of the world's two."""

    world: World
    ida: str
    otto: str

    @property
    def courier(self) -> str:
        return self.world.couriers[0]

    @property
    def phone(self) -> str:
        return self.world.courier_tokens[self.courier]

    def at(self, **later: float) -> str:
        return (self.world.clock.now() + timedelta(**later)).isoformat()

    async def decides(self, *, by: str = "", **changes: Any) -> httpx.Response:
        body = {
            "kind": "restriction",
            "ground": "not_delivered",
            "explanation": "The parcel was marked as handed over and never came.",
            "evidence": [{"kind": "delivery", "id": "dlv_1", "note": "no photo, no PIN"}],
            "policy_version": 1,
            "ends_at": self.at(hours=48),
            **changes,
        }
        path = f"/v1/operator/couriers/{self.courier}/standing"
        return await self.world.ask(by or self.ida, "POST", path, body)

    async def decided(self, **changes: Any) -> dict[str, Any]:
        answer = await self.decides(**changes)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    async def appeals(self, decision_id: str, *, by: str = "") -> httpx.Response:
        path = f"/v1/courier/standing/{decision_id}/appeal"
        return await self.world.ask(by or self.phone, "POST", path, {"text": "I stood there and it rang."})

    async def answers(self, decision_id: str, *, by: str = "", **body: Any) -> httpx.Response:
        path = f"/v1/operator/standing/{decision_id}/answer"
        return await self.world.ask(by or self.otto, "POST", path, {"text": "We looked again.", **body})

    async def mine(self) -> list[dict[str, Any]]:
        """What the courier reads about themselves."""
        return list((await self.world.done(self.phone, "GET", "/v1/courier/standing"))["items"])

    async def texts(self) -> list[str]:
        """Sent to the courier's phone."""
        sql = "SELECT m.body FROM message m JOIN courier c ON c.phone = m.recipient WHERE c.id = %(id)s ORDER BY m.id"
        return [row["body"] for row in await self.world.rows(sql, id=self.courier)]


async def an_office(world: World) -> Office:
    operators = world.platform.operators
    await operators.create("otto@example.org", "Otto Frei", "dispatcher", "a long password")
    otto = await operators.sign_in("otto@example.org", "a long password")
    rules = {"text": "Parcels are handed over to people.", "notice_days": 0}
    await world.done(world.operator_token, "POST", "/v1/operator/standing-policies", rules)
    return Office(world, world.operator_token, otto)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

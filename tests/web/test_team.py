"""A merchant's people, from the invitation to the last owner, through the portal's pages and the interface."""

import html
import re
from datetime import timedelta

import httpx
import pytest

from homeward.merchants.team.model import VALID_FOR, InvitationEnded
from tests.web.town import OWNER, Town

ASKED = {"email": "Lea@Bakery.example", "role": "staff"}
JOINING = {"name": "Lea Brandt", "password": "a password of mine"}


@pytest.fixture
async def owner(town: Town) -> httpx.AsyncClient:
    return await town.signed_in("portal")


async def a_link(owner: httpx.AsyncClient, **changes: str) -> str:
    page = await owner.post("/portal/team/invitations", data=ASKED | changes)
    assert page.status_code == 200, page.text
    assert page.headers["Cache-Control"] == "no-store"
    (link,) = re.findall(r"<code>([^<]+/portal/join/[^<]+)</code>", page.text)
    return "/portal/join/" + str(link).rpartition("/")[2]


async def people(town: Town) -> dict[str, str]:
    """Role by e-mail."""
    found = await town.platform.merchants.list_users(town.merchant.merchant.id)
    return {one.email: one.role.value for one in found}


async def acts(town: Town) -> list[str]:
    async with town.platform.db.operator() as tx:
        rows = await tx.all("SELECT action FROM audit_entry WHERE action LIKE 'invitation.%%' ORDER BY id")
    return [row["action"] for row in rows]


async def test_who_is_invited_joins_by_the_link_with_a_password_of_their_own(
    town: Town, owner: httpx.AsyncClient
) -> None:
    link = await a_link(owner)
    async with town.client() as lea:
        door = (await lea.get(link)).text
        assert "lea@bakery.example" in door
        assert town.merchant.merchant.name in html.unescape(door)
        assert "Homeward" not in door
        joined = await lea.post(link, data=JOINING)
        assert (joined.status_code, joined.headers["location"]) == (303, "/portal?told=joined")
        assert "Lea Brandt" in (await lea.get("/portal")).text
        assert (await lea.get("/portal/team")).status_code == 403
    assert (await people(town))["lea@bakery.example"] == "staff"
    assert "lea@bakery.example" in (await owner.get("/portal/team")).text
    assert await acts(town) == ["invitation.create", "invitation.join"]


async def test_a_link_is_for_one_person_once(town: Town, owner: httpx.AsyncClient) -> None:
    link = await a_link(owner)
    async with town.client() as lea, town.client() as somebody:
        assert (await lea.post(link, data=JOINING)).status_code == 303
        late = await somebody.post(link, data=JOINING | {"name": "Somebody"})
        assert late.status_code == 410
        assert "This invitation has ended" in late.text
    with pytest.raises(InvitationEnded):
        await town.platform.team.by_link(link.rpartition("/")[2])


async def test_a_new_link_ends_the_one_before(town: Town, owner: httpx.AsyncClient) -> None:
    old, new = await a_link(owner), await a_link(owner, role="developer")
    async with town.client() as lea:
        assert (await lea.get(old)).status_code == 410
        assert "Developer" in (await lea.get(new)).text


async def test_a_link_grows_too_old_and_can_be_withdrawn(town: Town, owner: httpx.AsyncClient) -> None:
    link = await a_link(owner)
    (asked,) = await town.platform.team.invited(town.merchant.merchant.id)
    town.clock.advance(VALID_FOR / timedelta(seconds=1))
    async with town.client() as lea:
        assert (await lea.get(link)).status_code == 410
        assert "Link too old" in (await owner.get("/portal/team")).text
        link = await a_link(owner)
        (again,) = await town.platform.team.invited(town.merchant.merchant.id)
        assert again.id != asked.id
        answer = await owner.post(f"/portal/team/invitations/{again.id}/withdraw")
        assert answer.status_code == 303
        assert (await lea.post(link, data=JOINING)).status_code == 410
    assert list((await people(town)).values()) == ["owner"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"name": " ", "password": "a password of mine"}, "write your name"),
        ({"name": "Lea", "password": "short"}, "too short"),
    ],
)
async def test_what_is_missing_at_the_door_is_said_and_the_link_stays(
    town: Town, owner: httpx.AsyncClient, said: dict[str, str], told: str
) -> None:
    link = await a_link(owner)
    async with town.client() as lea:
        refused = await lea.post(link, data=said)
        assert refused.status_code == 422
        assert told in refused.text.lower()
        assert '-error"' in refused.text, "beside its field"
        assert (await lea.post(link, data=JOINING)).status_code == 303


async def test_nobody_is_invited_twice_into_two_houses(town: Town, owner: httpx.AsyncClient) -> None:
    there = next(iter(await people(town)))
    refused = await owner.post("/portal/team/invitations", data={"email": there, "role": "staff"})
    assert refused.status_code == 409
    assert "exists already" in refused.text
    wrong = await owner.post("/portal/team/invitations", data={"email": "lea", "role": "staff"})
    assert wrong.status_code == 422
    assert 'value="lea"' in wrong.text


async def test_roles_change_and_the_last_owner_stays(town: Town, owner: httpx.AsyncClient) -> None:
    link = await a_link(owner)
    async with town.client() as lea:
        await lea.post(link, data=JOINING)
        users = {one.email: one.id for one in await town.platform.merchants.list_users(town.merchant.merchant.id)}
        hers = users.pop("lea@bakery.example")
        (own,) = users.values()
        for path, data in ((f"{own}/role", {"role": "staff"}), (f"{own}/remove", {})):
            refused = await owner.post(f"/portal/team/{path}", data=data)
            assert refused.status_code == 409
            assert "needs an owner" in refused.text
        assert (await owner.post(f"/portal/team/{hers}/role", data={"role": "owner"})).status_code == 303
        assert (await lea.get("/portal/team")).status_code == 200
        assert (await lea.post(f"/portal/team/{own}/remove")).status_code == 303
    assert (await owner.get("/portal")).status_code == 303, "signed out at once"
    assert await people(town) == {"lea@bakery.example": "owner"}


async def test_ones_own_password_changes_with_the_old_one_and_ends_other_sessions(
    town: Town, owner: httpx.AsyncClient
) -> None:
    elsewhere = await town.signed_in("portal")
    said = {"now": OWNER[1], "password": "another password"}
    for wrong, told in (({"now": "guessed"}, "not your password"), ({"password": "short"}, "needs at least")):
        refused = await owner.post("/portal/account/password", data=said | wrong)
        assert refused.status_code == 422
        assert told in refused.text
    assert (await elsewhere.get("/portal/account")).status_code == 200, "nothing has changed yet"
    assert (await owner.post("/portal/account/password", data=said)).status_code == 303
    assert "Petra Miller" in (await owner.get("/portal/account")).text
    assert (await elsewhere.get("/portal/account")).status_code == 303
    async with town.client() as late:
        answer = await late.post("/portal/sign-in", data={"email": OWNER[0], "password": OWNER[1]})
        assert answer.status_code == 401


async def test_the_interface_invites_lists_and_withdraws(town: Town) -> None:
    key = {"Authorization": f"Bearer {town.merchant.live_key.secret}"}
    async with town.client() as shop:
        made = (await shop.post("/v1/invitations", json={"email": "lea@bakery.example"}, headers=key)).json()
        listed = (await shop.get("/v1/invitations", headers=key)).json()["items"]
        assert [one["id"] for one in listed] == [made["id"]]
        assert "link" not in listed[0]
        assert (await shop.delete(f"/v1/invitations/{made['id']}", headers=key)).status_code == 204
        assert (await shop.delete(f"/v1/invitations/{made['id']}", headers=key)).status_code == 404
        test = {"Authorization": f"Bearer {town.merchant.test_key.secret}"}
        refused = await shop.post("/v1/invitations", json={"email": "lea@bakery.example"}, headers=test)
        assert refused.status_code == 403

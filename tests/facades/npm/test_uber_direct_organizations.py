"""Organizations and their members, asked for by the published library."""

from typing import Any

from tests.facades.npm.uber import Direct

SHOP = {"info": {"name": "Corner Bakery", "merchant_type": "MERCHANT_TYPE_RESTAURANT"}}


def an_invitation(**more: Any) -> dict[str, Any]:
    who = {"email": "mia@bakery.example", "first_name": "Mia", "last_name": "Miller"}
    return {"user_details": who, "roles": "ROLE_ADMIN", **more}


async def test_an_organization_is_made_and_found_again(direct: Direct) -> None:
    made = await direct.library.call("createOrganization", SHOP)
    assert made["organization_id"]
    found = await direct.library.call("getOrganization", made["organization_id"])
    assert found["info"]["name"]


async def test_a_person_is_invited_into_it(direct: Direct) -> None:
    made = await direct.library.call("createOrganization", SHOP)
    answer = await direct.library.call("inviteMember", made["organization_id"], an_invitation())
    assert answer["membership_id"]


async def test_a_merchant_is_its_own_organization_and_makes_no_other(direct: Direct) -> None:
    made = await direct.library.call("createOrganization", SHOP)
    assert await direct.library.call("createOrganization", SHOP) == made
    await direct.must_refuse(400, "not_allowed", "createOrganization", {"info": {"name": "Bakery West"}})


async def test_a_name_has_no_signs_that_paths_have(direct: Direct) -> None:
    for name in ("a/b", "a\\b", "a:b", "a%b", "a<b", "a>b", "a#b", "a=b", ""):
        await direct.must_refuse(400, "invalid_params", "createOrganization", {"info": {"name": name}})


async def test_an_invitation_needs_somebody_and_a_role(direct: Direct) -> None:
    made = await direct.library.call("createOrganization", SHOP)
    for wrong in (
        {},
        an_invitation(user_details={"first_name": "Mia"}),
        an_invitation(roles="ROLE_KING"),
        an_invitation(user_details={"email": "no address", "first_name": "Mia", "last_name": "Miller"}),
    ):
        await direct.must_refuse(400, "invalid_params", "inviteMember", made["organization_id"], wrong)


async def test_another_merchants_organization_is_not_found(direct: Direct) -> None:
    made = await direct.library.call("createOrganization", SHOP)
    token = await direct.signed_in(await direct.keys_of(direct.world.butcher))
    for method, path in (("GET", ""), ("POST", "/memberships/invite")):
        answer = await direct.send(
            method,
            f"/v1/direct/organizations/{made['organization_id']}{path}",
            headers={"Authorization": f"Bearer {token}"},
            json=an_invitation() if method == "POST" else None,
        )
        assert answer.status_code == 404, answer.text


async def test_a_token_without_the_scope_opens_no_organization(direct: Direct) -> None:
    token = (await direct.token_for(direct.keys, scope="eats.deliveries")).json()["access_token"]
    await direct.library.call("useToken", token)
    assert (await direct.done("listDeliveries"))["data"] == []
    await direct.must_refuse(401, "unauthorized", "createOrganization", SHOP)

"""The reference describes the very app it stands in."""

import re

from homeward.web.reference.views import kinds_of_problem, problem_pages, reference
from tests.web.town import Town


async def test_every_operation_of_the_api_is_described_with_a_request_to_copy(town: Town) -> None:
    async with town.client() as client:
        document = (await client.get("/openapi.json")).json()
        page = (await client.get("/docs")).text
    view = reference(document, "http://localhost:8080")
    shown = {(one.method, one.path) for group in view.groups for one in group.operations}
    declared = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if not path.startswith("/demo")
    }
    assert shown == declared
    assert ("POST", "/v1/deliveries") in shown
    assert all(one.curl.startswith("curl ") for group in view.groups for one in group.operations)
    assert page.count('<article class="operation"') == len(shown)
    assert "homeward" not in page.lower()
    assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]+"', page) == []


async def test_every_refusal_that_the_api_declares_has_its_page(town: Town) -> None:
    async with town.client() as client:
        view = reference((await client.get("/openapi.json")).json(), "http://localhost:8080")
        index = (await client.get("/problems")).text
        declared = {refusal.code for group in view.groups for one in group.operations for refusal in one.refusals}
        for code in sorted(declared):
            answer = await client.get(f"/problems/{code}")
            assert answer.status_code == 200, code
            assert f'href="/problems/{code}"' in index
    assert "quote-expired" in declared


async def test_the_type_of_a_refusal_leads_to_its_page(town: Town) -> None:
    async with town.client() as client:
        refusal = (await client.get("/v1/deliveries")).json()
        page = await client.get(refusal["type"])
    assert refusal["code"] in page.text
    assert page.status_code == 200


async def test_a_refusal_that_does_not_exist_is_a_page_too(town: Town) -> None:
    async with town.client() as client:
        answer = await client.get("/problems/no-such-thing")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_a_page_tells_the_members_and_whether_to_try_again() -> None:
    kinds = [kind for kind in kinds_of_problem() if kind.slug == "too-many-requests"]
    (page,) = problem_pages(kinds, ())
    assert page.retryable
    assert [member.name for member in page.members] == ["retry_after_s"]


def test_slugs_are_unique_enough_to_be_addresses() -> None:
    slugs = [kind.slug for kind in kinds_of_problem()]
    assert len(slugs) == len(set(slugs))
    assert all(re.fullmatch(r"[a-z0-9-]+", slug) for slug in slugs)

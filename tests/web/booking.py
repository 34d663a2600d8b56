"""A delivery from the bakery, booked through the portal's own forms."""

import re

import httpx

from tests.web.town import Town

TYPED = {"name": "Nora Hasler", "size": "medium", "weight": "4", "photo": "on", "key": "key-of-this-form-0001"}


def hidden_fields(html: str, action: str) -> dict[str, str]:
    """What the form with that action would send untouched, its first radio chosen."""
    form = html[html.index(f'action="{action}"') :]
    form = form[: form.index("</form>")]
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    radio = re.search(r'type="radio" name="([^"]+)" value="([^"]+)" checked', form)
    return fields | ({radio[1]: radio[2]} if radio else {})


async def ask(client: httpx.AsyncClient, town: Town, address: str, **changes: str) -> httpx.Response:
    """The first form, sent: the answer is the page with options, or the form again."""
    return await client.post("/portal/book", data={**TYPED, "store_id": town.store.id, "address": address, **changes})


async def book(client: httpx.AsyncClient, options: httpx.Response) -> httpx.Response:
    """The first option, taken."""
    return await client.post("/portal/book/confirm", data=hidden_fields(options.text, "/portal/book/confirm"))


async def a_booked_delivery(town: Town, address: str = "12 Elm Street, Springfield", **changes: str) -> str:
    """Its id."""
    client = await town.signed_in("portal")
    booked = await book(client, await ask(client, town, address, **changes))
    assert booked.status_code == 303, booked.text
    return booked.headers["location"].rpartition("/")[2].partition("?")[0]

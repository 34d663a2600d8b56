"""The console on the real platform, as a browser without scripts meets it."""

import pytest

from homeward.deliveries.model import Actor, State, Who
from tests.web.booking import a_booked_delivery
from tests.web.town import OPERATOR, STREETS, Town


async def test_whoever_is_not_signed_in_is_led_to_the_door_and_back(town: Town) -> None:
    async with town.client() as client:
        sent = await client.get("/console/couriers?q=ada")
        assert sent.status_code == 303
        assert sent.headers["location"] == "/console/sign-in?next=/console/couriers%3Fq%3Dada"
        door = {"email": OPERATOR[0], "password": OPERATOR[1], "next": "/console/couriers?q=ada"}
        back = await client.post("/console/sign-in", data=door)
        assert back.headers["location"] == "/console/couriers?q=ada"
        assert (await client.get("/console/couriers")).status_code == 200


async def test_a_wrong_password_keeps_the_e_mail_and_says_so(town: Town) -> None:
    async with town.client() as client:
        answer = await client.post("/console/sign-in", data={"email": OPERATOR[0], "password": "wrong word"})
    assert answer.status_code == 401
    assert "do not belong together" in answer.text
    assert f'value="{OPERATOR[0]}"' in answer.text
    assert "wrong word" not in answer.text


async def test_a_session_cookie_is_kept_from_scripts_and_other_sites(town: Town) -> None:
    async with town.client() as client:
        answer = await client.post("/console/sign-in", data={"email": OPERATOR[0], "password": OPERATOR[1]})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


async def test_a_form_from_another_site_changes_nothing(town: Town) -> None:
    client = await town.signed_in("console")
    answer = await client.post("/console/markets/mkt_1/pause", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert not (await town.platform.coverage.market("mkt_1")).paused


async def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(town: Town) -> None:
    client = await town.signed_in("console")
    token = client.cookies["console"]
    await client.post("/console/sign-out")
    async with town.client(console=token) as thief:
        assert (await thief.get("/console")).status_code == 303


async def test_a_merchant_s_session_does_not_open_the_console(town: Town) -> None:
    client = await town.signed_in("portal")
    answer = await client.get("/console")
    assert answer.headers["location"].startswith("/console/sign-in")


async def test_support_may_look_but_not_step_in(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    await town.platform.operators.create("sam@example.org", "Sam Ruiz", "support", "a third password")
    async with town.client() as client:
        await client.post("/console/sign-in", data={"email": "sam@example.org", "password": "a third password"})
        story = await client.get(f"/console/deliveries/{delivery_id}")
        refused = await client.post(f"/console/deliveries/{delivery_id}/cancel", data={"cancel_reason": "because"})
    assert "Your role may look" in story.text
    assert "/cancel" not in story.text
    assert refused.status_code == 403


async def test_a_new_courier_with_mistakes_is_asked_again_and_nothing_typed_is_lost(town: Town) -> None:
    client = await town.signed_in("console")
    typed = {
        "name": "Ada Byron",
        "phone": "not a phone",
        "vehicle": "bicycle",
        "market_id": "mkt_1",
        "skills": "age_check",
    }
    answer = await client.post("/console/couriers", data=typed)
    assert answer.status_code == 422
    assert 'value="Ada Byron"' in answer.text
    assert await town.platform.couriers.list() == []


async def test_a_courier_entered_in_the_console_can_be_found_by_name_and_phone(town: Town) -> None:
    client = await town.signed_in("console")
    typed = {"name": "Ada Byron", "phone": "+1 802 555 0134", "vehicle": "bicycle", "market_id": "mkt_1"}
    made = await client.post("/console/couriers", data=typed)
    page = await client.get(made.headers["location"])
    assert "Ada Byron" in page.text
    assert "Ada Byron" in (await client.get("/console/couriers?q=8025550134")).text
    assert "Ada Byron" not in (await client.get("/console/couriers?q=bo")).text


async def test_the_keys_of_a_new_merchant_are_shown_once(town: Town) -> None:
    client = await town.signed_in("console")
    made = await client.post("/console/merchants", data={"name": "Corner Shop"})
    assert made.status_code == 201
    assert "sk_live_" in made.text
    shop = await town.platform.merchants.by_slug("corner-shop")
    assert shop is not None
    assert "sk_live_" not in (await client.get(f"/console/merchants/{shop.id}")).text


async def test_a_paused_market_says_so_and_opens_again(town: Town) -> None:
    client = await town.signed_in("console")
    await client.post("/console/markets/mkt_1/pause")
    assert (await town.platform.coverage.market("mkt_1")).paused
    assert "No new deliveries are quoted" in (await client.get("/console/markets/mkt_1")).text
    await client.post("/console/markets/mkt_1/resume")
    assert not (await town.platform.coverage.market("mkt_1")).paused


async def test_the_story_tells_who_was_considered_and_why_the_courier_got_it(town: Town) -> None:
    await town.courier("Ada Byron")
    delivery_id = await a_booked_delivery(town)
    await town.plan(after_s=1_100)  # the parcel is about to be ready
    client = await town.signed_in("console")
    story = (await client.get(f"/console/deliveries/{delivery_id}")).text
    assert "Why this courier" in story
    assert "The only courier who could" in story
    assert "Ada Byron" in story
    assert "Waiting for an answer" in story


async def test_the_story_lists_the_webhooks_of_this_delivery_with_their_last_answer(town: Town) -> None:
    delivery_id, other = await a_booked_delivery(town), await a_booked_delivery(town, key="another form")
    async with town.platform.db.operator() as tx:
        await tx.run(
            """INSERT INTO webhook_endpoint (id, merchant_id, mode, url, secrets)
               VALUES ('whe_1', %(merchant_id)s, 'live', 'https://shop.example.com/hook', '[]')""",
            merchant_id=town.merchant.merchant.id,
        )
        for number, delivery in enumerate((delivery_id, other)):
            await tx.run(
                """INSERT INTO webhook_message (id, merchant_id, endpoint_id, delivery_id, seq, type, body, tries)
                   VALUES (%(id)s, %(merchant_id)s, 'whe_1', %(delivery)s, 1, %(type)s, '{}', 1)""",
                id=f"whm_{number}",
                merchant_id=town.merchant.merchant.id,
                delivery=delivery,
                type=f"delivery.number_{number}",
            )
        await tx.run(
            """INSERT INTO webhook_attempt (merchant_id, message_id, status, took_ms, answer)
               VALUES (%(merchant_id)s, 'whm_0', 503, 9, 'busy')""",
            merchant_id=town.merchant.merchant.id,
        )
    client = await town.signed_in("console")
    story = (await client.get(f"/console/deliveries/{delivery_id}")).text
    assert "delivery.number_0" in story
    assert "503" in story
    assert "delivery.number_1" not in story


async def test_stepping_in_needs_a_reason(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    refused = await client.post(f"/console/deliveries/{delivery_id}/cancel", data={"cancel_reason": " "})
    assert refused.status_code == 422
    assert "say why" in refused.text
    done = await client.post(f"/console/deliveries/{delivery_id}/cancel", data={"cancel_reason": "asked by phone"})
    assert done.status_code == 303
    view = await town.platform.deliveries.get(None, delivery_id)
    assert view.delivery.state is State.CANCELLED


async def test_a_delivery_is_given_to_the_courier_that_was_chosen(town: Town) -> None:
    chosen = await town.courier("Bo Lindqvist")
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    act = {"courier_id": chosen.id, "reason": "knows the house"}
    answer = await client.post(f"/console/deliveries/{delivery_id}/reassign", data=act)
    assert answer.status_code == 303
    view = await town.platform.deliveries.get(None, delivery_id)
    assert view.delivery.courier_id == chosen.id


async def test_what_goes_together_is_linked_on_both_pages_of_console_and_portal(town: Town) -> None:
    courier = await town.courier("Ada Byron")
    both = [await a_booked_delivery(town), await a_booked_delivery(town, key="another form")]
    by = Actor(Who.OPERATOR, "opr_1")
    for delivery_id in both:
        await town.platform.dispatch.reassign(delivery_id, courier.id, by, "on one trip")
    # A person puts the second one behind the first. The planner sees that both are fetched at one counter.
    await town.plan()
    await town.plan()
    for face in ("console", "portal"):
        client = await town.signed_in(face)
        for shown, linked in (both, both[::-1]):
            page = (await client.get(f"/{face}/deliveries/{shown}")).text
            assert "Goes together with" in page
            assert f'href="/{face}/deliveries/{linked}"' in page


@pytest.mark.parametrize(("asked", "shown"), [("state=searching", True), ("state=delivered", False), ("q=Elm", True)])
async def test_the_list_shows_what_the_filters_ask_for(town: Town, asked: str, shown: bool) -> None:
    delivery_id = await a_booked_delivery(town, f"12 {list(STREETS)[1]}")
    client = await town.signed_in("console")
    page = (await client.get(f"/console/deliveries?{asked}")).text
    assert (f"/console/deliveries/{delivery_id}" in page) is shown


async def test_the_live_snapshot_holds_couriers_and_open_doors(town: Town) -> None:
    courier = await town.courier("Ada Byron")
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    snapshot = (await client.get("/console/live.json?market=mkt_1")).json()
    assert [(one["id"], one["state"]) for one in snapshot["couriers"]] == [(courier.id, "idle")]
    assert [door["id"] for door in snapshot["doors"]] == [delivery_id]


async def test_an_unknown_delivery_is_a_page_and_not_a_crash(town: Town) -> None:
    client = await town.signed_in("console")
    answer = await client.get("/console/deliveries/dlv_nothing")
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


async def test_a_delivery_on_its_way_is_ended_as_failed_with_a_reason_and_on_the_record(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    path = f"/console/deliveries/{delivery_id}"
    assert f"{path}/fail" not in (await client.get(path)).text, "before pickup it is cancelled"
    async with town.platform.db.operator() as tx:
        await tx.run("UPDATE delivery SET state = 'to_dropoff' WHERE id = %(id)s", id=delivery_id)
    assert f"{path}/fail" in (await client.get(path)).text
    refused = await client.post(f"{path}/fail", data={"fail_reason": " "})
    assert (refused.status_code, "say why" in refused.text) == (422, True)
    assert (await client.post(f"{path}/fail", data={"fail_reason": "the van burnt"})).status_code == 303
    assert (await town.platform.deliveries.get(None, delivery_id)).delivery.state is State.FAILED
    async with town.platform.db.operator() as tx:
        noted = await tx.one("SELECT reason FROM audit_entry WHERE action = 'delivery.failed'")
    assert noted == {"reason": "the van burnt"}
    again = await client.post(f"{path}/fail", data={"fail_reason": "twice"})
    assert again.status_code == 409

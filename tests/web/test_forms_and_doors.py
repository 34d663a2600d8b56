import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound
from homeward.web.forms import Form, pick_of, refused_form, with_pick
from homeward.web.security import ForeignForm, page_headers, same_origin
from homeward.web.shell import NavLink, at, safe_next

TYPED = {"name": "Nora", "weight": "two"}


def test_a_refused_form_keeps_what_was_typed_and_says_what_is_wrong_where() -> None:
    problem = MalformedRequest([FieldError("/parcel/weight_g", "bad", "give a number")])
    form = refused_form(TYPED, problem, {"/parcel/weight_g": "weight"})
    assert form.value("name") == "Nora"
    assert form.errors == {"weight": "give a number"}
    assert form.problem is None


def test_an_error_that_belongs_to_no_field_is_told_above_the_form() -> None:
    form = refused_form(TYPED, MalformedRequest([FieldError("/moon", "bad", "there is none")]))
    assert form.errors == {}
    assert form.problem == "moon: there is none"


def test_any_other_refusal_is_told_above_the_form() -> None:
    form = refused_form(TYPED, NotFound("store", "sto_9"))
    assert form.refused
    assert form.problem == NotFound.title


def test_an_untouched_form_is_not_refused() -> None:
    assert not Form({"name": "Nora"}).refused


def test_a_picked_address_brings_its_pin() -> None:
    pick = pick_of("Mill Lane 1; Springfield", LatLon(44.0, -73.0))
    assert with_pick({"address": "mil", "pick": pick.value}) == {
        "address": "Mill Lane 1; Springfield",
        "lat": "44.000000",
        "lon": "-73.000000",
    }


def test_a_form_without_a_pick_stays_as_it_is() -> None:
    assert with_pick(TYPED) == TYPED


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/console", "//evil.example/console", "/\\evil.example", "javascript:alert(1)", "/portal", ""],
)
def test_signing_in_never_leads_to_another_site_or_face(elsewhere: str) -> None:
    assert safe_next(elsewhere, "/console") == "/console"


def test_signing_in_leads_back_to_the_page_that_was_asked() -> None:
    assert safe_next("/console/deliveries?state=searching", "/console") == "/console/deliveries?state=searching"


@pytest.mark.parametrize(
    ("path", "marked"),
    [("/console", "/console"), ("/console/couriers/cou_1", "/console/couriers"), ("/console/else", None)],
)
def test_the_way_around_marks_where_one_is(path: str, marked: str | None) -> None:
    links = at((NavLink("/console", "Board", "map-2"), NavLink("/console/couriers", "Couriers", "bike")), path)
    assert next((link.href for link in links if link.current), None) == marked


@pytest.fixture
def guarded() -> TestClient:
    app = FastAPI()

    @app.exception_handler(ForeignForm)
    async def refuse(*_: object) -> object:
        from fastapi.responses import PlainTextResponse

        return PlainTextResponse("foreign", 403)

    @app.post("/save", dependencies=[Depends(same_origin)])
    async def save() -> str:
        return "saved"

    return TestClient(app, base_url="http://shop.test")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://shop.test"}, 403),
        ({"Origin": "http://shop.test"}, 200),
        ({"Origin": "http://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_only_our_own_pages_may_send_forms(guarded: TestClient, headers: dict[str, str], status: int) -> None:
    assert guarded.post("/save", headers=headers).status_code == status


def test_pages_run_no_script_and_load_nothing_from_elsewhere() -> None:
    policy = page_headers("n0nce")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy

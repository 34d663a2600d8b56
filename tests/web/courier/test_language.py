"""A courier who reads Spanish works in Spanish: from the door to the refusals."""

from datetime import timedelta

from homeward.web.stories import formats_of
from homeward.web.translation import speech
from tests.web import worlds as w
from tests.web.courier.test_pages import a_phone
from tests.web.town import Town

SPANISH = {"Accept-Language": "es-US,es;q=0.9,en;q=0.4"}


async def test_the_door_its_refusals_and_the_screen_speak_spanish(town: Town) -> None:
    phone = await a_phone(town)
    phone.http.headers.update(SPANISH)
    door = await phone.http.get("/courier/sign-in")
    assert "Su número de teléfono" in door.text
    assert (door.headers["content-language"], "Accept-Language" in door.headers["vary"]) == ("es", True)
    wrong = await phone.http.post("/courier/code", data={"phone": phone.courier.phone, "code": "000 000"})
    assert "Este código no es correcto o ya venció" in wrong.text
    screen = await phone.screen()
    assert '<html lang="es"' in screen
    assert "Esperando una oferta" in screen
    unknown = await phone.http.post("/courier/offers/ofr_none", data={"answer": "accept"})
    assert unknown.status_code == 404
    assert "Eso no funcionó" in unknown.text
    assert "Aquí no hay nada así" in unknown.text


async def test_a_choice_on_the_screen_outlives_the_browsers_wish(town: Town) -> None:
    phone = await a_phone(town)
    phone.http.headers.update(SPANISH)
    chosen = await phone.http.post("/language", data={"language": "en", "back": "/courier"})
    assert chosen.headers["location"] == "/courier"
    assert "Waiting for an offer" in await phone.screen()
    assert (await phone.http.get("/courier/app.webmanifest")).json()["lang"] == "en"


async def test_the_app_on_the_phone_is_named_in_the_readers_language(town: Town) -> None:
    phone = await a_phone(town)
    manifest = await phone.http.get("/courier/app.webmanifest", headers=SPANISH)
    assert (manifest.json()["name"], manifest.json()["lang"]) == ("Repartidor", "es")


def test_figures_days_and_spans_follow_the_reader_and_units_the_market() -> None:
    spanish = formats_of(w.MARKET, speech("es"))
    assert spanish.distance(3_400) == "3,4 km"
    assert spanish.ago(w.NOON, w.minutes(5)) == "hace 5 min"
    assert spanish.span(3 * 86_400) == "3 días"
    assert spanish.moment(w.NOON + timedelta(days=1), w.NOON).text.startswith("Mañana, ")
    assert formats_of(w.MARKET).distance(3_400) == "3.4 km"


def test_english_readers_keep_the_clock_of_their_market() -> None:
    assert formats_of(w.MARKET, speech("en")).clock(w.NOON) == formats_of(w.MARKET).clock(w.NOON)

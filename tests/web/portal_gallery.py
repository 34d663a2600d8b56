"""The portal's pages with made-up content, beside the console's in gallery.py."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from homeward.deliveries.states import OPEN, State
from homeward.kit.money import Money
from homeward.kit.problems import FieldError, MalformedRequest
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import Window
from homeward.merchants.credentials.model import Credential, Dialect, NewCredential
from homeward.merchants.logo import LogoLook
from homeward.merchants.model import ApiKey, Brand, Role, User
from homeward.merchants.team.model import VALID_FOR, Invitation, NewInvitation
from homeward.messages.service import words_in
from homeward.messages.webhooks.model import Endpoint, LoggedAttempt, LoggedMessage
from homeward.quotes.model import (
    AddressAsked,
    Dropoff,
    Parcel,
    ParcelSize,
    Price,
    PriceComponent,
    Quote,
    QuoteOption,
    ReasonTerm,
    Refusal,
    ServiceClass,
)
from homeward.web.forms import Form, Pick, refused_form
from homeward.web.portal import (
    account_pages,
    book_views,
    brand_views,
    credential_views,
    driver_views,
    settings_views,
    start_views,
    team_views,
    views,
)
from homeward.web.portal.pages import FACE, PortalFrame
from homeward.web.shell import at
from homeward.web.stories import formats_of
from homeward.web.translation import Speech
from tests.web import worlds as w

FORMATS = formats_of(w.MARKET)
TYPED = {
    "name": "Nora Hasler",
    "address": "Austrasse 7, Vaduz",
    "weight": "2.5",
    "size": "medium",
    "store_id": "sto_1",
    "photo": "on",
    "key": "k",
}


def an_option(number: int, service: ServiceClass, since: float, until: float, minor: int) -> QuoteOption:
    components = (PriceComponent("distance", "2.4 km by road", 690), PriceComponent("service", "Service", minor - 690))
    terms = (("preparation", 900), ("courier_wait", 420), ("pickup", 180), ("drive", 540), ("buffer", 435))
    return QuoteOption(
        id=f"opt_{number}",
        service_class=service,
        window=Window(w.minutes(since), w.minutes(until)),
        ready_at=w.minutes(15),
        search_from=w.minutes(5),
        book_by=w.minutes(5),
        price=Price(Money(minor, "CHF"), components),
        reasoning=tuple(ReasonTerm(term, Seconds(seconds)) for term, seconds in terms),
    )


def a_quote(*, certain: bool = True) -> Quote:
    address = AddressAsked(text="Austrasse 7, 9490 Vaduz")
    door = w.a_delivery().dropoff.place
    return Quote(
        id="quo_1",
        merchant_id="mer_1",
        mode="live",
        market_id=w.MARKET.id,
        store_id="sto_1",
        parcel=Parcel(Grams(2_500), ParcelSize.MEDIUM),
        dropoff=Dropoff(
            door, address.text, address, 1.0 if certain else 0.6, "exact" if certain else "street", certain
        ),
        distance_m=Metres(2_400),
        duration_s=Seconds(540),
        options=(
            an_option(1, ServiceClass.EXPRESS, 20, 62, 1090),
            an_option(2, ServiceClass.SAME_DAY, 120, 240, 840),
            an_option(3, ServiceClass.SAME_DAY, 240, 420, 790),
            an_option(4, ServiceClass.SCHEDULED, 1320, 1440, 740),
        ),
        refusals=(
            Refusal(ServiceClass.EXPRESS, "express-too-slow", "Express cannot be promised in time.", "97 minutes", {}),
        ),
        attention=() if certain else ("confirm_address",),
        created_at=w.NOON,
        expires_at=w.minutes(60),
    )


def options(*, certain: bool = True) -> book_views.OptionsPage:
    return book_views.options_page(a_quote(certain=certain), w.a_store(), w.MARKET, TYPED, Form(), w.minutes(1))


def booking(form: Form, candidates: tuple[Pick, ...] = ()) -> book_views.BookPage:
    return book_views.book_page([w.a_store()], FORMATS, form, candidates)


def refused_booking() -> book_views.BookPage:
    wrong = [
        FieldError("/name", "missing", "the courier asks for this name at the door"),
        FieldError("/weight", "bad-weight", "give the weight in kg, such as 2.5"),
    ]
    form = refused_form({**TYPED, "name": "", "weight": "two"}, MalformedRequest(wrong))
    return booking(form, (Pick("Austrasse 7, 9490 Vaduz", "47.1;9.5;Austrasse 7, 9490 Vaduz"),))


def a_start(has_store: bool) -> start_views.Start:
    stores = [w.a_store()] if has_store else []
    return start_views.start(stores, Brand("Bakery"), (), "owner", tested=has_store, live=False)


def overview(crowded: bool, has_store: bool = True) -> views.Overview:
    found = w.every_state() if crowded else []
    open_ones = [view for view in found if view.delivery.state in OPEN]
    return views.overview(
        open_ones,
        found,
        FORMATS,
        w.minutes(20),
        has_store=has_store,
        mode="live",
        start=None if crowded else a_start(has_store),
    )


def deliveries(crowded: bool, asked: views.Asked | None = None) -> views.ListPage:
    rows = tuple(views.row(view, FORMATS, w.minutes(20)) for view in w.every_state()) if crowded else ()
    stores = (("sto_1", "Bakery"), ("sto_2", "Kiosk"))
    return views.ListPage(
        asked or views.Asked(), views.STATE_CHOICES, stores, rows, "?cursor=x" if rows else None, None
    )


def delivery(state: State = State.TO_DROPOFF, **changes: Any) -> views.DeliveryPage:
    found = w.a_view(w.a_delivery(1, state, **changes))
    return views.delivery_page(
        found,
        w.MARKET,
        w.events(),
        w.proofs() if state is State.DELIVERED else [],
        {"key_1": "Web shop"},
        "http://muellers.localhost/t/token1",
        Form(),
        w.minutes(20),
    )


def keys(fresh: str = "") -> settings_views.KeysPage:
    key = ApiKey("key_1", "mer_1", "live", "Web shop", "sk_live_9x…k2", w.NOON, w.minutes(15), None)
    old = replace(key, id="key_2", mode="test", name="", last_used_at=None, revoked_at=w.minutes(3))
    return settings_views.keys_page([key, old], FORMATS, w.minutes(20), Form(), fresh)


def drivers(*, none: bool = False, refused: bool = False) -> driver_views.DriversPage:
    found = [] if none else [w.a_courier(1), replace(w.a_courier(2), on_duty=False)]
    wrong = Form({"name": "Eva", "phone": "0142"}, {"phone": "Write it with its country code."}, "Not added.")
    form = wrong if refused else Form()
    return driver_views.drivers_page(found, [w.a_store()], {"mkt_1": "Vaduz"}, "https://delivery.example/courier", form)


def team(*, crowded: bool = False, refused: bool = False) -> team_views.TeamPage:
    petra = User("usr_1", "mer_1", "petra@bakery.example", "Petra Müller", Role.OWNER, w.NOON)
    names = ("Ana Rossi", "Jon Okafor", "Wilhelmina von Hohenstein-Bergmann")
    others = [
        User(f"usr_{n}", "mer_1", f"{name.split()[0].lower()}@bakery.example", name, role, w.minutes(n))
        for n, (name, role) in enumerate(zip(names, (Role.STAFF, Role.DEVELOPER, Role.OWNER), strict=True), 2)
    ]
    asked = Invitation("inv_1", "mer_1", "lea@bakery.example", Role.STAFF, w.NOON, w.NOON + VALID_FOR)
    old = replace(asked, id="inv_2", email="sven@bakery.example", expires_at=w.NOON)
    made = NewInvitation(asked, "https://delivery.example/portal/join/0123456789abcdef") if crowded else None
    wrong = Form({"email": "lea", "role": "staff"}, {"email": "Give an e-mail address."}) if refused else Form()
    people, invited = ([petra, *others], [asked, old]) if crowded else ([petra], [])
    return team_views.team_page(people, invited, "usr_1", FORMATS, w.minutes(20), wrong, made)


def account() -> account_pages.AccountPage:
    return account_pages.AccountPage("Petra Müller", "petra@bakery.example", Form({}, {"now": "Not your password."}))


def a_join(say: Speech, *, ended: bool = False) -> team_views.JoinPage:
    if ended:
        return team_views.ended_page(say, FACE.title, FACE.mark)
    asked = Invitation("inv_1", "mer_1", "lea@bakery.example", Role.STAFF, w.NOON, w.NOON + VALID_FOR)
    wrong = [FieldError("/password", "too-short", "this is too short")]
    form = refused_form({"name": "Lea", "password": ""}, MalformedRequest(wrong), say=say)
    return team_views.join_page(say, "Müller's Bakery", FACE.mark, asked, "/portal/join/0123456789abcdef", form)


def credentials(*, none: bool = False, fresh: bool = False) -> credential_views.CredentialsPage:
    account = "5b0a3c52-7a49-5e0c-9f30-4a8a7f6f3d11"
    signed = Credential(
        "crd_1", "mer_1", "live", Dialect.DOORDASH_DRIVE, "Till", account, account,
        "0c5a9a4e-8e0e-4c80-bb17-5a3c7a1d9e02", "…x7Qk", w.NOON, w.minutes(15), None,
    )  # fmt: skip
    old = replace(signed, id="crd_2", dialect=Dialect.GOLOCAL, name="", mode="test", revoked_at=w.minutes(3))
    made = NewCredential(signed, "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE") if fresh else None
    rows = [] if none else [signed, old]
    return credential_views.credentials_page(rows, FORMATS, w.minutes(20), "https://delivery.example", Form(), made)


ENDPOINT = Endpoint(
    "whe_1",
    "mer_1",
    "live",
    "https://shop.example.com/hooks",
    (),
    ("whsec_x",),
    "active",
    None,
    None,
    w.NOON,
)


def endpoint(fresh: str | None = None) -> settings_views.EndpointPage:
    good = LoggedAttempt(w.minutes(2), 200, 84, "ok")
    bad = LoggedAttempt(w.minutes(1), None, 10_000, "timed out")
    sent = LoggedMessage(
        "whm_1", w.a_delivery().id, 4, "delivery.assigned", "sent", 2, w.NOON, w.minutes(2), None, [bad, good]
    )
    waits = replace(
        sent, id="whm_2", type="delivery.picked_up", state="pending", tries=1, attempts=[bad], next_try_at=w.minutes(30)
    )
    rows = tuple(settings_views.message_row(message, FORMATS, w.minutes(20)) for message in (waits, sent))
    shown = settings_views.endpoint_row(ENDPOINT, FORMATS, w.minutes(20))
    return settings_views.EndpointPage("whe_1", shown, True, rows, None, fresh, Form())


def endpoints(crowded: bool) -> settings_views.EndpointsPage:
    off = replace(ENDPOINT, id="whe_2", status="disabled", disabled_reason="every try failed for 72 hours")
    found = [ENDPOINT, off] if crowded else []
    rows = tuple(settings_views.endpoint_row(one, FORMATS, w.minutes(20)) for one in found)
    return settings_views.EndpointsPage(rows, Form())


def store(new: bool = False) -> views.StorePage:
    days = tuple(enumerate(settings_views.DAYS))
    if new:
        wrong = Form({"name": "", "day_0": "nine to five"}, {"day_0": "write spans as 09:00-12:00, 13:00-18:30"})
        return views.StorePage(None, "New store", wrong, days, None)
    found = w.a_store()
    form = Form(settings_views.store_values(found))
    return views.StorePage(found.id, found.name, form, days, views.store_map(found, w.MARKET))


def a_studio(
    brand: Brand, typed: dict[str, str] | None = None, wrong: dict[str, str] | None = None
) -> brand_views.BrandPage:
    link = "https://track.muellers.example/t/01234567890123456789012345"
    example = brand_views.Example("Bakery", link, FORMATS, w.NOON, LogoLook(120, 40, True, 0.0) if typed else None)
    form = Form(typed or {}, wrong or {})
    words = words_in(brand_views.asked_language(form.values))
    return brand_views.brand_page(brand, "muellers.localhost", form, words, example)


def portal_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """Path to template and view."""
    shops = tuple(views.store_row(one, FORMATS, w.minutes(20)) for one in (w.a_store(), w.a_store("Kiosk")))
    brand = Brand("Müller's Bakery", "#7a3b1d", "#ffffff", "", "+423 237 00 00", "")
    return {
        "/portal": ("overview.html", lambda: overview(True)),
        "/portal/empty": ("overview.html", lambda: overview(False)),
        "/portal/first": ("overview.html", lambda: overview(False, has_store=False)),
        "/portal/book": ("book.html", lambda: booking(Form({"key": "k", "photo": "on"}))),
        "/portal/book/refused": ("book.html", refused_booking),
        "/portal/book/options": ("options.html", options),
        "/portal/book/pin": ("options.html", lambda: options(certain=False)),
        "/portal/deliveries": ("deliveries.html", lambda: deliveries(True)),
        "/portal/deliveries/none": ("deliveries.html", lambda: deliveries(False)),
        "/portal/deliveries/nothing-fits": ("deliveries.html", lambda: deliveries(False, views.Asked(text="zzz"))),
        "/portal/delivery": ("delivery.html", delivery),
        "/portal/delivery/done": ("delivery.html", lambda: delivery(State.DELIVERED)),
        "/portal/delivery/pin": ("delivery.html", lambda: delivery(State.SEARCHING, attention="confirm_address")),
        "/portal/stores": ("stores.html", lambda: views.StoresPage(shops, True)),
        "/portal/stores/none": ("stores.html", lambda: views.StoresPage((), True)),
        "/portal/store": ("store.html", store),
        "/portal/stores/new": ("store.html", lambda: store(new=True)),
        "/portal/drivers": ("drivers.html", drivers),
        "/portal/drivers/none": ("drivers.html", lambda: drivers(none=True)),
        "/portal/drivers/refused": ("drivers.html", lambda: drivers(refused=True)),
        "/portal/team": ("team.html", team),
        "/portal/team/crowded": ("team.html", lambda: team(crowded=True)),
        "/portal/team/refused": ("team.html", lambda: team(refused=True)),
        "/portal/account": ("account.html", account),
        "/portal/keys": ("keys.html", keys),
        "/portal/keys/made": ("keys.html", lambda: keys("sk_test_k3x9")),
        "/portal/credentials": ("credentials.html", credentials),
        "/portal/credentials/none": ("credentials.html", lambda: credentials(none=True)),
        "/portal/credentials/made": ("credentials.html", lambda: credentials(fresh=True)),
        "/portal/webhooks": ("webhooks.html", lambda: endpoints(True)),
        "/portal/webhooks/none": ("webhooks.html", lambda: endpoints(False)),
        "/portal/webhook": ("webhook.html", lambda: endpoint("whsec_abc")),
        "/portal/brand": ("brand.html", lambda: a_studio(brand)),
        "/portal/brand/pale": ("brand.html", lambda: a_studio(brand, {"colour": "#ffd800", "lang": "es"})),
        "/portal/brand/refused": (
            "brand.html",
            lambda: a_studio(brand, wrong={"support_phone": "Give a phone number."}),
        ),
    }


def portal_frame(path: str, mode: str = "live") -> PortalFrame:
    return PortalFrame(
        title="Müller's Bakery",
        subtitle=FACE.title,
        mark=FACE.mark,
        home=FACE.home,
        sign_out="/portal/sign-out",
        person="Petra Müller",
        role="Owner",
        links=at(views.links_for("owner"), path),
        mode=mode,
        account="/portal/account",
    )

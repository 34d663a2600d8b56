"""The pages where a shopper changes, rates, reports or shares something. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from homeward.coverage.model import Market
from homeward.deliveries.feedback.model import BEST, Feedback
from homeward.deliveries.model import Delivery, DeliveryView
from homeward.deliveries.shopper.model import Leave, Possible, ReportKind
from homeward.deliveries.shopper.policy import left_how, spots_of
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import MalformedRequest, Problem
from homeward.kit.windows import Window
from homeward.merchants.model import Brand
from homeward.quotes.model import QuoteOption
from homeward.web.format import Formats
from homeward.web.forms import Form
from homeward.web.maps import Pin, map_config, style_url
from homeward.web.tracking.act_phrases import ACTS, ActPhrases
from homeward.web.tracking.phrases import LANGUAGES, Headline, Phrases

ICONS: Final[Mapping[str, str]] = {
    "details": "message-2",
    "pin": "map-pin",
    "leave": "door-exit",
    "time": "calendar-event",
    "cancel": "circle-x",
    "report": "flag",
    "share": "share",
}
"""Of the acts that have a page of their own, in the order in which they are offered."""
TIP_STEPS: Final = (2, 3, 5)
"""In whole units of a currency with small coins; a hundred times as much of one without."""


@dataclass(frozen=True, slots=True)
class ActLink:
    href: str
    label: str
    icon: str


@dataclass(frozen=True, slots=True)
class TipCard:
    """`before` is what was given so far: the new total stands on it, so that a repeated form gives nothing twice."""

    before: int
    steps: tuple[tuple[int, str], ...]
    given: str
    unit: str


@dataclass(frozen=True, slots=True)
class RatingCard:
    """One choice of stars with its words, worst first; `given` once there is one."""

    choices: tuple[tuple[int, str], ...]
    given: str
    heading: Headline


@dataclass(frozen=True, slots=True)
class ActsView:
    """What the shopper's page offers to do, as far as anything is possible."""

    words: ActPhrases
    changes: tuple[ActLink, ...]
    after: tuple[ActLink, ...]
    tip: TipCard | None
    rating: RatingCard | None


@dataclass(frozen=True, slots=True)
class TimeChoice:
    value: str
    label: str
    extra: str


@dataclass(frozen=True, slots=True)
class ActPage:
    """One act. Only the fields of that act are filled."""

    lang: str
    words: Phrases
    say: ActPhrases
    token: str = field(repr=False)
    brand: Brand
    title: str
    name: str
    icon: str
    head: Headline
    form: Form
    map: dict[str, Any] | None = None
    door: LatLon | None = None
    chosen: str = ""
    spots: tuple[tuple[str, str], ...] = ()
    times: tuple[TimeChoice, ...] = ()
    booked: str = ""
    kinds: tuple[tuple[str, str], ...] = ()
    link: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """Whose page, in which language, at which place."""

    brand: Brand
    market: Market
    lang: str
    formats: Formats
    now: datetime

    @property
    def say(self) -> ActPhrases:
        return ACTS[self.lang]


def acts_view(delivery: Delivery, possible: Possible, rated: Feedback | None, about: About) -> ActsView:
    say = about.say
    names = [name for name in ICONS if getattr(possible, name)]
    links = [ActLink(f"/t/{delivery.tracking_token}/{name}", say.heads[name].title, ICONS[name]) for name in names]
    return ActsView(
        words=say,
        changes=tuple(links) if possible.changes else (),
        after=() if possible.changes else tuple(links),
        tip=tip_card(delivery, about) if possible.tip else None,
        rating=rating_card(rated, about) if possible.rating else None,
    )


def tip_card(delivery: Delivery, about: About) -> TipCard:
    currency, exponent = delivery.total.currency, delivery.total.exponent
    small = 10**exponent if exponent else 100
    steps = [Money(step * small, currency) for step in TIP_STEPS]
    given = about.say.tip_given.format(amount=about.formats.money(delivery.tip)) if delivery.tip_minor else ""
    shown = tuple((step.minor, about.formats.money(step)) for step in steps)
    return TipCard(delivery.tip_minor, shown, given, currency)


def rating_card(rated: Feedback | None, about: About) -> RatingCard:
    say = about.say
    choices = tuple(
        (count, f"{say.star.format(count=count)}: {word}") for count, word in enumerate(say.star_words, start=1)
    )
    assert len(choices) == BEST, "as many words as there are stars"
    return RatingCard(choices, say.rated.format(count=rated.rating) if rated else "", _head("rating", about))


def act_page(name: str, view: DeliveryView, about: About, form: Form, **more: Any) -> ActPage:
    words = LANGUAGES[about.lang]
    return ActPage(
        lang=about.lang,
        words=words,
        say=about.say,
        token=view.delivery.tracking_token,
        brand=about.brand,
        title=words.page_title.format(merchant=about.brand.display_name),
        name=name,
        icon=ICONS[name],
        head=_head(name, about),
        form=form,
        **more,
    )


def _head(name: str, about: About) -> Headline:
    head = about.say.heads[name]
    return Headline(head.title, head.text.format(merchant=about.brand.display_name))


def details_form(view: DeliveryView) -> Form:
    door = view.delivery.dropoff
    return Form({"instructions": door.instructions, "unit": door.unit, "gate_code": door.gate_code})


def pin_extras(view: DeliveryView, about: About) -> dict[str, Any]:
    door = view.delivery.dropoff.place
    label = LANGUAGES[about.lang].you
    pin = Pin("door", door, "home", label, draggable=True)
    return {"door": door, "map": map_config(style_url(about.market.slug), about.market.box, pins=[pin])}


def leave_extras(view: DeliveryView, about: About) -> dict[str, Any]:
    words = LANGUAGES[about.lang]
    door = view.delivery.dropoff
    how = left_how(view.delivery)
    return {
        "chosen": how.value if how else "",
        "spots": tuple((spot.value, words.spots[spot]) for spot in spots_of(door.building)),
    }


def leave_form(view: DeliveryView) -> Form:
    door = view.delivery.dropoff
    return Form({"spot": door.spot or "", "neighbour": door.neighbour})


def report_extras(about: About) -> dict[str, Any]:
    return {"kinds": tuple((kind.value, about.say.kinds[kind]) for kind in ReportKind)}


def time_extras(view: DeliveryView, options: Sequence[QuoteOption], about: About) -> dict[str, Any]:
    delivery = view.delivery
    booked = _window(delivery.window_earliest, delivery.promised_by, about)
    return {"times": tuple(_time(option, delivery, about) for option in options), "booked": booked}


def _time(option: QuoteOption, delivery: Delivery, about: About) -> TimeChoice:
    window, price = option.window, option.price.total
    more = price - delivery.total
    extra = ""
    if more.minor > 0:
        extra = about.say.dearer.format(price=about.formats.money(more), merchant=about.brand.display_name)
    value = f"{window.earliest.isoformat()} {window.latest.isoformat()} {price.minor}"
    return TimeChoice(value, _window(window.earliest, window.latest, about), extra)


def _window(earliest: datetime, latest: datetime, about: About) -> str:
    return in_days_words(about.formats, earliest, latest, about.now, LANGUAGES[about.lang])


def in_days_words(formats: Formats, earliest: datetime, latest: datetime, now: datetime, words: Phrases) -> str:
    """`Tomorrow, 2:00 PM–4:00 PM`, with the day always said."""
    day = formats.day(latest, now)
    return f"{words.days.get(day, day)}, {formats.clock(earliest)}–{formats.clock(latest)}"  # a range takes an en dash


def chosen_time(value: str, currency: str) -> tuple[Window, Money] | None:
    """What a button of the page of times says; None if it says something else."""
    parts = value.split(" ")
    try:
        earliest, latest = (datetime.fromisoformat(part) for part in parts[:2])
        minor = int(parts[2])
    except (ValueError, IndexError):
        return None
    if earliest.tzinfo is None or latest.tzinfo is None or not earliest < latest:
        return None
    return Window(earliest, latest), Money(minor, currency)


def chosen_leave(values: Mapping[str, str]) -> Leave | None:
    said = values.get("leave", "")
    return Leave(said) if said in Leave._value2member_map_ else None


def refusal_form(values: Mapping[str, str], problem: Problem, say: ActPhrases) -> Form:
    """In the shopper's words: the platform's own are for the people of the shop."""
    if isinstance(problem, MalformedRequest):
        return Form(dict(values), {error.pointer.strip("/"): say.wrong for error in problem.errors})
    return Form(dict(values), {}, say.refused.get(problem.slug, say.refused[""]))

"""The shopper's page with a delivery that never was, for a merchant who tries a brand on. Pure."""

from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.states import State
from homeward.kit.places import LatLon
from homeward.merchants.model import Brand
from homeward.web.format import Formats
from homeward.web.tracking.act_views import in_days_words
from homeward.web.tracking.phrases import LANGUAGES
from homeward.web.tracking.views import LOOKS, CourierLine, TrackingView, in_words, steps_of

SAMPLES: Final = {"on-the-way": State.TO_DROPOFF, "delivered": State.DELIVERED, "failed": State.FAILED}


def sample_view(
    brand: Brand, state: State, lang: str, formats: Formats, now: datetime, *, store: str, address: str
) -> TrackingView:
    """No map and nothing to do on it: only how it looks and what it says."""
    words = LANGUAGES[lang]
    icon, tone = LOOKS[state]
    moving = state is State.TO_DROPOFF
    promised = in_days_words(formats, now - timedelta(hours=1), now + timedelta(hours=1), now, words)
    moment = in_words(formats.moment(now + timedelta(minutes=20) if moving else now, now), words)
    return TrackingView(
        lang=lang,
        words=words,
        token="",
        brand=brand,
        title=words.page_title.format(merchant=brand.display_name),
        headline=words.states[state],
        icon=icon,
        tone=tone,
        reason=None,
        steps=steps_of(state, words),
        promised=promised,
        eta=moment if moving else None,
        late=False,
        ended=None if moving else moment,
        store_name=store,
        address=address,
        instructions="",
        neighbour="",
        neighbour_words="",
        pin=None,
        have_id="",
        spot="",
        test=False,
        courier=CourierLine("Ana", "", "bike") if moving else None,
        map=None,
        confirm=False,
        door=LatLon(0, 0),
        refused=False,
        consent=False,
        opens=None,
        photos=(),
        moving=False,  # it follows nobody
        seq=0,
    )

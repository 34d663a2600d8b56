"""What every adapter must keep, whoever the company is. A new one gets its own small class with a peer to play it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import Contact, Contents
from homeward.fleets.carriers.contract import (
    Access,
    Carrier,
    CarrierLoginInvalid,
    CarrierRefused,
    CarrierState,
    CarrierUnavailable,
    Errand,
    Reservation,
    Stop,
    Taken,
)
from homeward.fleets.carriers.registry import ADAPTERS
from homeward.kit.clock import ManualClock
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams
from tests.builders import TUESDAY_NOON
from tests.fleets.carriers.peers import HOOK_SECRET, Peer, silence, status


def an_errand(**changes: Any) -> Errand:
    """A cake from the bakery to Elm Street, ready now, promised within the hour."""
    errand = Errand(
        reference="cjb_1",
        pickup=Stop(LatLon(44.0, -73.0), "2 Main Street, Springfield", Contact("Bakery", "+18025550100"), "Bakery"),
        dropoff=Stop(LatLon(44.008, -73.0), "12 Elm Street, Springfield", Contact("Sam Shopper", "+18025551234")),
        contents=Contents(value=Money(1_999, "USD")),
        weight_g=Grams(2_000),
        size=ParcelSize.SMALL,
        ready_at=TUESDAY_NOON,
        promised_by=TUESDAY_NOON + timedelta(hours=1),
        currency="USD",
    )
    return replace(errand, **changes)


class CarrierContract:
    """The whole contract, replayed against a company that speaks this adapter's API."""

    code: ClassVar[str]
    login: ClassVar[dict[str, str]]
    new_peer: ClassVar[type[Peer]]
    way: ClassVar[dict[str, CarrierState]]
    refusal: ClassVar[str]

    @pytest.fixture
    def peer(self) -> Any:
        return self.new_peer(ManualClock(TUESDAY_NOON))

    @pytest.fixture
    def carrier(self, peer: Any) -> Carrier:
        access = Access("https://peer.example", self.login, HOOK_SECRET, pause_s=0.0)
        return ADAPTERS[self.code][1](access, peer.http(), peer.clock)

    async def ordered(self, carrier: Carrier, errand: Errand | None = None) -> Taken:
        errand = errand or an_errand()
        return await carrier.commit(errand, await carrier.reserve(await carrier.quote(errand)))

    async def test_a_quote_tells_price_times_and_its_end(self, carrier: Carrier, peer: Any) -> None:
        quote = await carrier.quote(an_errand())
        assert quote.fee == Money(650, "USD")
        assert quote.dropoff_eta == TUESDAY_NOON + timedelta(minutes=25)
        assert quote.expires_at > TUESDAY_NOON
        assert (await carrier.reserve(quote)).held_until == quote.expires_at
        assert peer.made() == 0

    async def test_an_order_is_known_by_our_reference_and_its_fee_is_without_the_tip(
        self, carrier: Carrier, peer: Any
    ) -> None:
        taken = await self.ordered(carrier, an_errand(tip=Money(200, "USD")))
        assert taken.fee == Money(650, "USD")
        found = await carrier.find("cjb_1", None)
        assert found is not None
        assert (found.job, found.state) == (taken.job, CarrierState.SEARCHING)
        assert peer.made() == 1

    async def test_an_order_given_twice_is_one_order(self, carrier: Carrier, peer: Any) -> None:
        errand = an_errand()
        reservation = await carrier.reserve(await carrier.quote(errand))
        first = await carrier.commit(errand, reservation)
        assert await carrier.commit(errand, reservation) == first
        assert peer.made() == 1

    async def test_an_order_whose_answer_was_lost_is_found_again(self, carrier: Carrier, peer: Any) -> None:
        errand = an_errand()
        reservation = await carrier.reserve(await carrier.quote(errand))
        peer.after = [httpx.ReadTimeout("lost")]
        taken = await carrier.commit(errand, reservation)
        assert peer.made() == 1
        found = await carrier.find(errand.reference, taken.job)
        assert found is not None

    async def test_an_order_after_the_quotes_end_is_still_taken(self, carrier: Carrier, peer: Any) -> None:
        errand = an_errand()
        quote = await carrier.quote(errand)
        peer.clock.advance(3_600)
        peer.deliveries.clear()
        await carrier.commit(errand, Reservation(quote, quote.expires_at))
        assert peer.made() == 1

    async def test_every_published_status_is_understood(self, carrier: Carrier, peer: Any) -> None:
        taken = await self.ordered(carrier)
        for theirs, ours in self.way.items():
            peer.moves(theirs)
            found = await carrier.find("cjb_1", taken.job)
            assert found is not None
            assert found.state is ours, theirs

    async def test_their_courier_is_a_first_name_an_initial_and_a_place(self, carrier: Carrier, peer: Any) -> None:
        taken = await self.ordered(carrier)
        peer.moves(list(self.way)[2])
        found = await carrier.find("cjb_1", taken.job)
        assert found is not None
        assert found.courier is not None
        assert (found.courier.first_name, found.courier.initial) == ("Kim", "L")
        assert found.place == LatLon(44.001, -73.001)

    async def test_an_unpublished_status_is_no_answer(self, carrier: Carrier, peer: Any) -> None:
        taken = await self.ordered(carrier)
        peer.moves("teleporting")
        with pytest.raises(CarrierUnavailable):
            await carrier.find("cjb_1", taken.job)

    async def test_what_was_called_off_before_and_after_the_pick_up_is_told_apart(
        self, carrier: Carrier, peer: Any
    ) -> None:
        taken = await self.ordered(carrier)
        await carrier.cancel("cjb_1", taken.job)
        found = await carrier.find("cjb_1", taken.job)
        assert found is not None
        assert found.state is CarrierState.CANCELLED

    async def test_a_cancel_that_comes_too_late_is_refused(self, carrier: Carrier, peer: Any) -> None:
        taken = await self.ordered(carrier)
        peer.too_late_to_cancel = True
        with pytest.raises(CarrierRefused):
            await carrier.cancel("cjb_1", taken.job)

    async def test_a_stranger_is_not_found(self, carrier: Carrier, peer: Any) -> None:
        assert await carrier.find("cjb_nobody", None) is None

    async def test_the_door_is_shown(self, carrier: Carrier, peer: Any) -> None:
        taken = await self.ordered(carrier)
        peer.moves("delivered")
        found = await carrier.find("cjb_1", taken.job)
        assert found is not None
        (part,) = [one for one in found.parts if one.kind == "photo"]
        assert part.step == "dropoff"
        image = await carrier.proof(part, taken.job)
        assert image is not None
        assert image[:2] == b"\xff\xd8"

    async def test_a_busy_moment_passes(self, carrier: Carrier, peer: Any) -> None:
        peer.faults = [status(429, headers={"retry-after": "0"}), status(500)]
        assert (await carrier.quote(an_errand())).fee == Money(650, "USD")

    @pytest.mark.parametrize("fault", [status(500), status(503), status(429), silence])
    async def test_a_company_that_does_not_answer_is_unavailable(self, carrier: Carrier, peer: Any, fault: Any) -> None:
        await carrier.check_login()
        peer.faults = [fault] * 3
        with pytest.raises(CarrierUnavailable):
            await carrier.quote(an_errand())

    async def test_a_gateways_page_is_no_answer(self, carrier: Carrier, peer: Any) -> None:
        await carrier.check_login()
        peer.faults = [lambda request: httpx.Response(200, text="<html>sorry</html>")]
        with pytest.raises(CarrierUnavailable):
            await carrier.quote(an_errand())

    async def test_a_no_is_a_refusal_with_their_word_for_it(self, carrier: Carrier, peer: Any) -> None:
        peer.refuses = self.refusal
        with pytest.raises(CarrierRefused) as refused:
            await carrier.quote(an_errand())
        assert refused.value.code == self.refusal

    async def test_who_is_not_known_there_must_reconnect(self, carrier: Carrier, peer: Any) -> None:
        peer.login_known = False
        with pytest.raises(CarrierLoginInvalid):
            await carrier.check_login()

    async def test_news_is_read_whatever_case_it_comes_in_and_a_repeat_has_the_same_key(
        self, carrier: Carrier, peer: Any
    ) -> None:
        taken = await self.ordered(carrier)
        headers, body = peer.event("DASHER_PICKED_UP")
        event = carrier.read_event(headers, body)
        assert event is not None
        assert taken.job == event.job
        assert event.reference in ("cjb_1", None)
        again = carrier.read_event(*peer.event("DASHER_PICKED_UP"))
        assert again == event

    async def test_news_from_somebody_else_is_refused(self, carrier: Carrier, peer: Any) -> None:
        await self.ordered(carrier)
        headers, body = peer.event("delivered", secret="guessed")
        with pytest.raises(CarrierLoginInvalid):
            carrier.read_event(headers, body)
        with pytest.raises(CarrierLoginInvalid):
            carrier.read_event({}, body)

    async def test_news_that_cannot_be_read_is_of_no_interest(self, carrier: Carrier, peer: Any) -> None:
        await self.ordered(carrier)
        headers, _ = self.signed(b"not json")
        assert carrier.read_event(headers, b"not json") is None

    def signed(self, body: bytes) -> tuple[dict[str, str], bytes]:
        raise NotImplementedError

"""A small town on paper for pages: markets, couriers, deliveries in every state, a decision with its offers."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from homeward.coverage.model import Market, MarketSettings, MarketStatus, ServiceArea
from homeward.deliveries.model import (
    Contact,
    Contents,
    CourierCard,
    Delivery,
    DeliveryEvent,
    DeliveryView,
    EvidenceKind,
    Leg,
    LegKind,
    LegState,
    Parcel,
    Proof,
    Requirements,
    State,
    StopDetails,
)
from homeward.dispatch.model import (
    Explanation,
    Offer,
    OfferState,
    PayTerm,
    Round,
    Ruling,
)
from homeward.fleets.couriers.model import VEHICLES, Courier, VehicleKind
from homeward.infra.auth import OperatorActor
from homeward.kit.money import Money
from homeward.kit.places import Box, LatLon
from homeward.kit.units import Grams, Seconds
from homeward.kit.windows import OpeningHours, OpenSpan
from homeward.merchants.model import Brand, Merchant, Store
from homeward.messages.model import ChannelKind, Message, MessageState
from homeward.quotes.calibration import SHARES_PCT, Calibration, HourCurve
from homeward.quotes.learning import PromisesKept
from homeward.quotes.model import ParcelSize, ServiceClass
from homeward.quotes.outcomes import HourKept
from homeward.quotes.tariff import FeeRules, Tariff, default_rules

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ADMIN = OperatorActor("opr_ida", "Ida Berger", "admin")
SUPPORT = OperatorActor("opr_sam", "Sam Ruiz", "support")
SHOP_HOURS = OpeningHours("Europe/Vaduz", {day: (OpenSpan(time(8), time(18, 30)),) for day in range(6)})
MARKET = Market(
    id="mkt_1",
    slug="liechtenstein",
    name="Liechtenstein",
    currency="CHF",
    time_zone="Europe/Vaduz",
    units="metric",
    locale="en_GB",
    box=Box(47.05, 9.47, 47.25, 9.62),
    graph_version="2026-11-22-a1b2c3",
    status=MarketStatus.ACTIVE,
    hours=SHOP_HOURS,
    settings=MarketSettings(),
    revision=1,
)
AREA = ServiceArea(
    "area_1",
    MARKET.id,
    "Vaduz and Schaan",
    {
        "type": "Polygon",
        "coordinates": [[[9.49, 47.12], [9.55, 47.12], [9.55, 47.19], [9.49, 47.19], [9.49, 47.12]]],
    },
    True,
    NOON,
)
TARIFF = Tariff("trf_1", MARKET.id, 3, NOON - timedelta(days=9), default_rules("CHF", 2))
BAKERY = LatLon(47.1410, 9.5209)
STREETS = ("Aeulestrasse", "Landstrasse", "Austrasse", "Heiligkreuz", "Fürst-Franz-Josef-Strasse", "Bannholzstrasse")


def minutes(count: float) -> datetime:
    """After noon."""
    return NOON + timedelta(minutes=count)


def a_merchant(name: str = "Müller's Bakery", merchant_id: str = "mer_1") -> Merchant:
    brand = Brand(display_name=name, colour="#7a3b1d", support_phone="+423 237 00 00")
    return Merchant(merchant_id, "muellers-bakery", name, "active", brand, "muellers.localhost", NOON)


def a_store(name: str = "Bakery at the Town Hall", place: LatLon = BAKERY, store_id: str = "sto_1") -> Store:
    return Store(
        id=store_id,
        merchant_id="mer_1",
        market_id=MARKET.id,
        external_id=None,
        name=name,
        address="Städtle 4, 9490 Vaduz",
        place=place,
        phone=None,
        hours=SHOP_HOURS,
        holiday_calendar="LI",
        preparation_s=Seconds(900),
        pickup_instructions="Side door, ring twice.",
        status="active",
        created_at=NOON,
    )


def a_courier(number: int = 1, **changes: Any) -> Courier:
    """On duty with a bicycle near the bakery."""
    names = (
        "Ada Byron",
        "Bo Lindqvist",
        "Cyra Haddad",
        "Dev Patel",
        "Eva Mayr",
        "Finn Ospelt",
        "Gia Rossi",
        "Hugo Ritter",
    )
    kinds = list(VehicleKind)
    vehicle = kinds[number % len(kinds)]
    courier = Courier(
        id=f"cou_{number}",
        market_id=MARKET.id,
        name=names[number % len(names)] + ("" if number < len(names) else f" {number}"),
        phone=f"+4237910{number:04d}",
        vehicle=vehicle,
        capacity_g=VEHICLES[vehicle].capacity_g,
        capacity_l=VEHICLES[vehicle].capacity_l,
        max_deliveries=VEHICLES[vehicle].max_deliveries,
        skills=frozenset({"age_check"}),
        status="active",
        on_duty=True,
        duty_since=minutes(-120),
        shift_ends=minutes(240),
        place=LatLon(47.1410 + (number % 5 - 2) * 0.006, 9.5209 + (number % 7 - 3) * 0.004),
        accuracy_m=8,
        heading=(number * 57) % 360,
        position_at=minutes(-0.2),
        contact_lost_at=None,
    )
    return replace(courier, **changes)


def a_delivery(number: int = 1, state: State = State.TO_DROPOFF, **changes: Any) -> Delivery:
    """From the bakery to a door in Vaduz, promised by 12:40, carried by courier 1 where the state has one."""
    carried = state not in (State.SCHEDULED, State.SEARCHING, State.CANCELLED, State.FAILED, State.RETURNED)
    ended = state in (State.DELIVERED, State.CANCELLED, State.FAILED, State.RETURNED)
    place = LatLon(47.15 + (number % 9 - 4) * 0.004, 9.515 + (number % 5 - 2) * 0.005)
    delivery = Delivery(
        id=f"dlv_01k9x3m2q7{number:016d}",
        merchant_id="mer_1",
        mode="live",
        market_id=MARKET.id,
        store_id="sto_1",
        quote_id="quo_1",
        external_id=f"WEB-{4200 + number}",
        state=state,
        attention=None,
        seq=9,
        service_class=ServiceClass.EXPRESS,
        pickup=StopDetails(BAKERY, "Städtle 4, 9490 Vaduz", instructions="Side door, ring twice.", code="7K2"),
        dropoff=StopDetails(
            place,
            f"{STREETS[number % len(STREETS)]} {number * 3 % 60 + 1}, 9490 Vaduz",
            unit="2nd floor" if number % 3 == 0 else "",
            contact=Contact("Nora Hasler", "+423 777 12 34", "nora@example.org"),
            instructions="Please ring, the dog is friendly.",
        ),
        parcel=Parcel(Grams(2_400), ParcelSize.MEDIUM),
        contents=Contents("Two loaves, one cake", 3, Money(4_250, "CHF")),
        requirements=Requirements(photo=True, pin="4711"),
        ready_at=minutes(5),
        search_from=NOON,
        window_earliest=minutes(10),
        promised_by=minutes(40 + number),
        eta=minutes(31 + number) if carried and not ended else None,
        price={
            "total": {"minor": 1090, "currency": "CHF"},
            "components": [
                {"code": "distance", "label": "2.4 km by road", "minor": 690},
                {"code": "service", "label": "Express", "minor": 300},
                {"code": "peak", "label": "Lunch time", "minor": 100},
            ],
        },
        total=Money(1090, "CHF"),
        fees=FeeRules(),
        courier_id="cou_1" if carried and not ended else None,
        tracking_token=f"token{number}",
        metadata={},
        created_at=minutes(-3 - number),
        updated_at=minutes(20),
        ended_at=minutes(33) if ended else None,
    )
    return replace(delivery, **changes)


def a_leg(state: LegState = LegState.TO_DROPOFF, **changes: Any) -> Leg:
    leg = Leg(
        id="leg_1",
        merchant_id="mer_1",
        delivery_id=a_delivery().id,
        market_id=MARKET.id,
        number=1,
        kind=LegKind.CARRY,
        courier_id="cou_1",
        courier=CourierCard("Bo", "bicycle"),
        offer_id="ofr_1",
        state=state,
        reason=None,
        pay=Money(620, "CHF"),
        created_at=minutes(1),
        picked_up_at=minutes(14),
        ended_at=None,
    )
    return replace(leg, **changes)


def a_view(delivery: Delivery | None = None, leg: Leg | None = None) -> DeliveryView:
    found = delivery or a_delivery()
    carried = leg or (a_leg() if found.courier_id else None)
    return DeliveryView(found, carried, "Bakery at the Town Hall", "Müller's Bakery", "muellers.localhost")


def every_state() -> list[DeliveryView]:
    """One of each, two calling for a person, one late, one a test."""
    views = [a_view(a_delivery(number, state)) for number, state in enumerate(State, 1)]
    more = [
        a_delivery(21, State.SEARCHING, attention="no_courier", promised_by=minutes(18)),
        a_delivery(22, State.AT_DROPOFF, attention="nobody_there"),
        a_delivery(23, State.TO_DROPOFF, eta=minutes(85)),
        a_delivery(24, State.SCHEDULED, mode="test", window_earliest=minutes(1500), promised_by=minutes(1620)),
    ]
    return views + [a_view(delivery) for delivery in more]


def events() -> list[DeliveryEvent]:
    """From booking to the way to the door, with a decline, an estimate, a flag and a late report."""
    card = {"first_name": "Bo", "vehicle": "bicycle"}
    told: Sequence[tuple[str, str, dict[str, Any]]] = [
        ("delivery.booked", "merchant:key_1", {}),
        ("delivery.searching", "system:planner", {"state": "searching", "previous": "scheduled"}),
        ("delivery.attention_needed", "system:planner", {"reason": "no_courier"}),
        ("delivery.assigned", "courier:cou_1", {"state": "assigned", "previous": "searching", "courier": card}),
        ("delivery.attention_cleared", "system:planner", {"reason": "no_courier"}),
        ("delivery.at_pickup", "courier:cou_1", {"state": "at_pickup", "previous": "assigned", "courier": card}),
        ("delivery.picked_up", "courier:cou_1", {"state": "picked_up", "previous": "at_pickup", "courier": card}),
        ("delivery.eta_changed", "system:planner", {"eta": minutes(32).isoformat()}),
        ("delivery.late_report", "courier:cou_1", {"act": "arrive_pickup", "state": "picked_up"}),
    ]
    return [
        DeliveryEvent(
            a_delivery().id,
            seq,
            kind,
            minutes(seq * 2),
            minutes(seq * 2 + (5 if "late" in kind else 0)),
            actor,
            "leg_1" if actor.startswith("courier") else None,
            data,
        )
        for seq, (kind, actor, data) in enumerate(told, 1)
    ]


def proofs() -> list[Proof]:
    return [
        Proof(
            "prf_1",
            a_delivery().id,
            "leg_1",
            "pickup",
            EvidenceKind.CODE,
            None,
            {"text": "7K2"},
            BAKERY,
            minutes(14),
            minutes(14),
        ),
        Proof(
            "prf_2",
            a_delivery().id,
            "leg_1",
            "dropoff",
            EvidenceKind.PHOTO,
            "image/jpeg",
            {},
            BAKERY,
            minutes(33),
            minutes(33),
        ),
    ]


def an_explanation() -> Explanation:
    """Nobody on duty at first, then Cyra declined, then Bo had it as the cheapest of three."""

    def able(courier_id: str, name: str, time_cost: int, wait_cost: int, late_s: int = 0) -> Ruling:
        terms = {"time": time_cost, "distance": time_cost // 4, "lateness": wait_cost}
        return Ruling(courier_id, name, sum(terms.values()), terms, minutes(14), minutes(31), late_s)

    rulings = (
        able("cou_1", "Bo Lindqvist", 96_000, 21_000),
        able("cou_3", "Dev Patel", 141_000, 34_000),
        able("cou_4", "Eva Mayr", 188_000, 96_000, 320),
        Ruling("cou_2", "Cyra Haddad", limit="said_no"),
        Ruling("cou_5", "Finn Ospelt", limit="capacity", subject="weight_g", needed=9_400, allowed=8_000),
        Ruling("cou_6", "Gia Rossi", limit="shift_over"),
    )
    waits = [
        Round(f"dec_{n}", minutes(n * 0.1), "waits", "nobody_on_duty", "Waits: no courier is on duty.", ())
        for n in range(4)
    ]
    asked = Round("dec_8", minutes(0.9), "offered", "cheapest", "Offered to Cyra Haddad: costs the least.", rulings[:3])
    last = Round(
        "dec_9",
        minutes(1.6),
        "offered",
        "cheapest",
        "Offered to Bo Lindqvist: of all who could take it, this costs the least time, distance and lateness.",
        rulings,
    )
    offers = (
        an_offer("ofr_1", "cou_2", OfferState.DECLINED, "dec_8"),
        an_offer("ofr_2", "cou_1", OfferState.ACCEPTED, "dec_9"),
    )
    names = {"cou_1": "Bo Lindqvist", "cou_2": "Cyra Haddad"}
    return Explanation(a_delivery().id, (*waits, asked, last), offers, names, "text")


def an_offer(offer_id: str, courier_id: str, state: OfferState, decision_id: str) -> Offer:
    return Offer(
        id=offer_id,
        market_id=MARKET.id,
        courier_id=courier_id,
        decision_id=decision_id,
        delivery_ids=(a_delivery().id,),
        state=state,
        pay=Money(620, "CHF"),
        pay_terms=(PayTerm("base", "Base", 250),),
        distance_m=3_400,
        duration_s=1_140,
        stops=(),
        route=(),
        basis={},
        created_at=minutes(1),
        expires_at=minutes(2),
        answered_at=minutes(1.5),
        reason=None,
    )


def messages() -> list[Message]:
    return [
        Message(
            "msg_1",
            "mer_1",
            a_delivery().id,
            ChannelKind.TEXT,
            "+423 777 12 34",
            "Müller's Bakery",
            "",
            "Your order is on its way and should arrive by 12:41. Follow it: http://muellers.localhost/t/token1",
            MessageState.SENT,
            minutes(15),
            minutes(15),
        ),
        Message(
            "msg_2",
            None,
            None,
            ChannelKind.TEXT,
            "+4237910001",
            "Courier app",
            "",
            "123456 is your sign-in code.",
            MessageState.PENDING,
            minutes(16),
            None,
        ),
    ]


def promises_kept(*, ended: bool = True, learned: bool = True) -> PromisesKept:
    """Four weeks: a market that keeps its word, but for six in the evening; a quiet hour early and one late."""
    kept = {8: 12, 9: 80, 10: 96, 11: 130, 12: 210, 13: 190, 16: 150, 17: 260, 18: 240, 19: 180, 20: 9}
    few = 1 if learned else 20
    urgent = []
    for hour, whole in kept.items():
        ended_then = max(1, whole // few)
        told = round(ended_then * (0.84 if hour == 18 else 0.955))
        urgent.append(
            HourKept(
                hour,
                True,
                ended_then,
                ended_then if learned else 0,
                int(ended_then * 0.9) if learned else 0,
                told,
                0.9,
                0.95,
                (hour % 6 == 0) * 3,
            )
        )
    spare = [HourKept(hour, False, 40, 40, 38, 39, 0.9, 0.97, 0) for hour in range(10, 20, 2)]
    hours = sorted([*urgent, *spare], key=lambda hour: (hour.hour, hour.urgent)) if ended else []
    return PromisesKept(MARKET, NOON - timedelta(days=28), tuple(hours), _calibration() if learned else None)


def _calibration() -> Calibration:
    needs = {12: 420, 13: 380, 17: 540, 18: 880, 19: 600}
    hours = tuple(
        HourCurve(120, tuple(needs.get(hour, 270) + (share - 90) * 8 for share in SHARES_PCT), 40, 960)
        for hour in range(24)
    )
    return Calibration(7, NOON, 250, hours)

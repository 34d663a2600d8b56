"""The rules of dispatch, without a database or a clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from homeward.dispatch import policy
from homeward.dispatch.model import OpenDelivery, PlanSettings, StopKind, StopRef
from homeward.dispatch.pay import offer_pay, split_pay
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.fleets.couriers.model import Courier, VehicleKind
from homeward.kit.money import Money
from homeward.kit.places import LatLon

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = PlanSettings(
    currency="EUR",
    decision_s=60,
    pickup_s=180,
    door_s=180,
    no_courier_after_s=900,
    default_wait_s=600,
    no_courier_wait_s=2_700,
    pay_base_minor=250,
    pay_per_km_minor=60,
    pay_per_minute_minor=15,
    pay_extra_stop_minor=100,
    pay_floor_minor=450,
)
RULES = DispatchPolicy()
P, D, R = StopKind.PICKUP, StopKind.DROPOFF, StopKind.RETURN


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def a_delivery(name: str = "d1", **changes: Any) -> OpenDelivery:
    """Searching since noon, ready at noon, promised by one o'clock."""
    plain = OpenDelivery(
        id=name,
        store_id="sto",
        state="searching",
        service_class="express",
        pickup=LatLon(47, 9),
        dropoff=LatLon(47.01, 9),
        weight_g=2_000,
        volume_l=10,
        skills=(),
        ready_at=NOON,
        search_from=NOON,
        window_earliest=NOON,
        promised_by=minutes(60),
        eta=None,
        attention=None,
        courier_id=None,
        leg_id=None,
        going_back=False,
        picked_up_at=None,
    )
    return replace(plain, **changes)


def a_courier(**changes: Any) -> Courier:
    """On duty since noon until four, just heard of."""
    plain = Courier(
        id="c1",
        market_id="m",
        name="Ana Meier",
        phone="+41790000000",
        vehicle=VehicleKind.CAR,
        capacity_g=50_000,
        capacity_l=300,
        max_deliveries=4,
        skills=frozenset(),
        status="active",
        on_duty=True,
        duty_since=NOON,
        shift_ends=minutes(240),
        place=LatLon(47, 9),
        accuracy_m=5,
        heading=None,
        position_at=NOON,
        contact_lost_at=None,
    )
    return replace(plain, **changes)


def refs(text: str) -> tuple[StopRef, ...]:
    """`Pa Db` is the pickup of a, then the drop-off of b."""
    kinds = {"P": P, "D": D, "R": R}
    return tuple(StopRef(word[1:], kinds[word[0]]) for word in text.split())


# ── routes ──


@pytest.mark.parametrize(
    ("stored", "carried", "left"),
    [
        ("Pa Da", {"a": "assigned"}, "Pa Da"),
        ("Pa Da", {"a": "on board"}, "Da"),
        ("Pa Pb Da Db", {"a": "on board", "b": "assigned"}, "Pb Da Db"),
        ("Pa Da", {}, ""),  # delivered
        ("Pa Pb Da Db", {"b": "assigned"}, "Pb Db"),  # a was taken away
        ("", {"a": "assigned"}, "Pa Da"),  # the route was never written
        ("Pa Da", {"a": "going back"}, "Ra"),
        ("Db Pa Da Pb", {"a": "assigned", "b": "assigned"}, "Pa Da Pb Db"),  # never before its pickup
        ("Pa Da Pb Db", {"a": "going back", "b": "on board"}, "Db Ra"),
    ],
)
def test_what_is_left_to_do_follows_the_deliveries_in_the_stored_order(
    stored: str, carried: dict[str, str], left: str
) -> None:
    deliveries = [
        a_delivery(
            name,
            state="assigned",
            picked_up_at=None if how == "assigned" else NOON,
            going_back=how == "going back",
        )
        for name, how in carried.items()
    ]
    assert policy.left_to_do(refs(stored), deliveries) == refs(left)


@pytest.mark.parametrize(
    ("left", "offered", "accepted", "route"),
    [
        ("", "Pa Da", {"a"}, "Pa Da"),
        ("Da", "Da Pb Db", {"b"}, "Da Pb Db"),
        ("Pa Da", "Pb Pa Db Da", {"b"}, "Pa Pb Db Da"),  # the next stop stays the next stop
        ("Da", "Pa Pb Da Db", {"b"}, "Da Pb Db"),  # a was picked up while the courier was deciding
        ("Pa Da Pc Dc", "Pa Pb Da Db", {"b"}, "Pa Pb Da Db Pc Dc"),  # c came in between
    ],
)
def test_an_accepted_offer_joins_the_route_as_it_was_offered(
    left: str, offered: str, accepted: set[str], route: str
) -> None:
    assert policy.with_accepted(refs(left), refs(offered), accepted) == refs(route)


@pytest.mark.parametrize(
    ("order", "allowed"),
    [("Pa Pb Db Da", True), ("Pb Pa Da Db", False), ("Pa Da Pb", False), ("Pa Pb Da Db", True)],
)
def test_a_better_order_may_move_everything_but_the_next_stop(order: str, allowed: bool) -> None:
    assert policy.same_order_after_next(refs(order), refs("Pa Pb Da Db")) is allowed


# ── couriers ──


@pytest.mark.parametrize(
    ("changes", "now", "why"),
    [
        ({}, NOON, None),
        ({"status": "suspended"}, NOON, "suspended"),
        ({"contact_lost_at": NOON}, NOON, "out_of_contact"),
        ({"position_at": minutes(-5)}, NOON, None),
        ({"position_at": minutes(-5.1)}, NOON, "out_of_contact"),
        ({"position_at": None, "duty_since": NOON}, minutes(4), None),
        ({"shift_ends": NOON}, NOON, "shift_over"),
        ({"shift_ends": None}, NOON, None),
    ],
)
def test_who_may_be_asked(changes: dict[str, Any], now: datetime, why: str | None) -> None:
    closed = policy.closed_to_offers(a_courier(**changes), now, lost_contact_s=300, has_open_offer=False)
    assert closed == why


def test_nobody_is_asked_two_things_at_once() -> None:
    closed = policy.closed_to_offers(a_courier(), NOON, lost_contact_s=300, has_open_offer=True)
    assert closed == "asked_about_another"


# ── pay ──


@pytest.mark.parametrize(
    ("deliveries", "distance_m", "work_s", "minor", "codes"),
    [
        (1, 5_000, 1_200, 250 + 300 + 300, ["base", "distance", "time"]),
        (1, 500, 120, 450, ["base", "distance", "time", "floor"]),
        (2, 5_000, 1_200, 950, ["base", "distance", "time", "extra_stops"]),
        (3, 100, 60, 1_350, ["base", "distance", "time", "extra_stops", "floor"]),
        (1, 5_001, 1_201, 250 + 301 + 301, ["base", "distance", "time"]),  # in doubt for the courier
    ],
)
def test_pay_is_base_distance_time_and_extra_stops_and_never_below_the_floor(
    deliveries: int, distance_m: int, work_s: int, minor: int, codes: list[str]
) -> None:
    pay = offer_pay(SETTINGS, deliveries=deliveries, distance_m=distance_m, work_s=work_s)
    assert pay.total == Money(minor, "EUR")
    assert [term.code for term in pay.terms] == codes
    assert sum(term.minor for term in pay.terms) == minor


@pytest.mark.parametrize("minor", [0, 1, 1_000, 1_001, 1_003])
def test_the_pay_of_an_offer_is_shared_out_without_losing_a_cent(minor: int) -> None:
    parts = split_pay(Money(minor, "EUR"), ["a", "b", "c"])
    assert sum(part.minor for part in parts.values()) == minor
    assert max(part.minor for part in parts.values()) - min(part.minor for part in parts.values()) <= 1


# ── attention ──


@pytest.mark.parametrize(
    ("changes", "eta", "now", "wanted"),
    [
        ({}, None, minutes(15), None),
        ({}, None, minutes(15.1), "no_courier"),
        ({"ready_at": minutes(40)}, None, minutes(39), None),  # not ready: nobody is late yet
        ({"state": "assigned"}, minutes(61), NOON, None),
        ({"state": "assigned"}, minutes(61.1), NOON, "late"),
        ({"state": "assigned", "attention": "late"}, minutes(60.5), NOON, "late"),
        ({"state": "assigned", "attention": "late"}, minutes(60), NOON, None),
        ({"state": "assigned", "attention": "no_courier"}, minutes(30), NOON, None),
        ({"state": "assigned", "attention": "rescue_needed"}, minutes(90), NOON, "rescue_needed"),
        ({"state": "returning", "going_back": True, "attention": "late"}, None, minutes(90), None),
    ],
)
def test_when_a_delivery_asks_for_a_person(
    changes: dict[str, Any], eta: datetime | None, now: datetime, wanted: str | None
) -> None:
    assert policy.attention_wanted(a_delivery(**changes), eta, SETTINGS, RULES.estimates, now) == wanted


@pytest.mark.parametrize(("moved_s", "told"), [(0, False), (59, False), (60, True), (-60, True)])
def test_a_shopper_hears_of_a_new_estimate_only_if_it_moved_a_minute(moved_s: int, told: bool) -> None:
    assert policy.eta_moved(NOON, NOON + timedelta(seconds=moved_s), RULES.estimates) is told


# ── supply ──


@pytest.mark.parametrize(
    ("on_duty", "free", "waiting", "approach_s", "wait_s"),
    [
        (0, 0, 3, None, 2_700),  # nobody
        (5, 2, 0, 240, 30 + 240),
        (5, 2, 2, 240, 30 + 240),  # a free courier for each
        (5, 2, 4, 240, 30 + 240 + 2 * 300),  # two wait for their turn; a turn comes every five minutes
        (5, 0, 0, None, 30 + 600 + 300),  # the next to finish comes to the new one
    ],
)
def test_expected_wait(on_duty: int, free: int, waiting: int, approach_s: int | None, wait_s: int) -> None:
    found = policy.expected_wait_s(
        on_duty=on_duty, free=free, waiting=waiting, approach_s=approach_s, settings=SETTINGS, estimates=RULES.estimates
    )
    assert found == wait_s


# ── offers ──


@pytest.mark.parametrize(
    "change",
    [
        {"dropoff": LatLon(47.02, 9)},
        {"weight_g": 3_000},
        {"ready_at": minutes(5)},
        {"promised_by": minutes(50)},
        {"skills": ("age_check",)},
    ],
)
def test_an_offer_is_untrue_once_anything_it_shows_changes(change: dict[str, Any]) -> None:
    assert policy.fingerprint(a_delivery(**change)) != policy.fingerprint(a_delivery())


def test_an_offer_stays_true_while_only_the_bookkeeping_moves() -> None:
    moved = a_delivery(eta=minutes(10), attention="late", refused_by=("c1",), offered_to="c2")
    assert policy.fingerprint(moved) == policy.fingerprint(a_delivery())

"""From recorded decisions, events and offers to a day: who was on duty when and where, and what happened at doors."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from homeward.dispatch.model import CourierSeen, Inputs, ProfileTable, TravelTables
from homeward.dispatch.whatif import record
from homeward.dispatch.whatif.book import (
    DayBook,
    DeliveryRecord,
    EventRecord,
    LegRecord,
    OfferRecord,
    Trace,
)
from homeward.dispatch.whatif.model import Answer, Day, Spell
from homeward.fleets.couriers.model import VehicleKind
from tests.dispatch.whatif.days import BAKERY, NOON, a_frame, after_noon, at_km

ENDS = after_noon(360)


def seen(name: str = "Ana", km: float = 0, **changes: Any) -> CourierSeen:
    """As a decision saw a courier by car whose shift ends at six."""
    values: dict[str, Any] = {
        "id": f"cou_{name.lower()}",
        "name": name,
        "vehicle": VehicleKind.CAR,
        "place": at_km(km),
        "capacity_g": 80_000,
        "capacity_l": 350,
        "max_deliveries": 6,
        "skills": (),
        "shift_ends": ENDS,
        "route": (),
        "closed": None,
    }
    return CourierSeen(**{**values, **changes})


def a_record(number: int = 1, km: float = 2, minute: float = 0, **times: float) -> DeliveryRecord:
    """Booked at `minute`; `times` are minutes after noon of the events by name, and Ana carried it if there are any."""
    at = after_noon(minute)
    events = [EventRecord("delivery.searching", at, "system:clock", None)]
    events += [EventRecord(f"delivery.{name}", after_noon(m), "courier:cou_ana", None) for name, m in times.items()]
    ended = after_noon(max(times.values())) if {"delivered", "returned"} & set(times) else None
    legs = (LegRecord("cou_ana", 650, after_noon(min(times.values())), ended),) if times else ()
    return DeliveryRecord(
        id=f"d{number}",
        merchant_id="mer_1",
        store_id="sto_1",
        service_class="express",
        state=list(times)[-1] if times else "searching",
        pickup=BAKERY,
        dropoff=at_km(km),
        weight_g=1_000,
        volume_l=6,
        skills=(),
        created_at=at,
        search_from=at,
        ready_at=at,
        window_earliest=at,
        promised_by=at + timedelta(hours=1),
        ended_at=ended,
        events=tuple(events),
        legs=legs,
    )


def a_book(*records: DeliveryRecord, **more: Any) -> DayBook:
    values: dict[str, Any] = {"offers": [], "traces": []}
    return DayBook(NOON, ENDS, "mkt_1", records, **{**values, **more})


def look(book: DayBook, minute: float, *couriers: CourierSeen, tables: TravelTables | None = None) -> None:
    frame = a_frame()
    snapshot = replace(frame.snapshot, now=after_noon(minute), couriers=couriers)
    book.look(replace(frame, snapshot=snapshot, tables=tables or frame.tables))


def closed(book: DayBook) -> Day:
    book.close()
    book.ways.bridge()
    return book.day(planner_every_s=5)


# ── who was on duty ──


def test_a_courier_is_on_duty_from_the_first_decision_that_saw_them_to_the_end_of_the_shift() -> None:
    book = a_book(a_record())
    look(book, 10, seen(km=3))
    look(book, 200, seen(km=5))
    [ana] = closed(book).couriers
    assert (ana.begins, ana.ends, ana.place) == (after_noon(10), ENDS, at_km(3))


def test_positions_tell_of_the_time_before_the_first_decision() -> None:
    book = a_book(a_record(), traces=[Trace("cou_ana", after_noon(2), after_noon(90))])
    look(book, 10, seen())
    assert closed(book).couriers[0].begins == after_noon(2)


def test_a_decision_without_the_courier_ends_their_spell_and_the_next_one_begins_another() -> None:
    book = a_book(a_record(), traces=[Trace("cou_ana", NOON, after_noon(300))])
    look(book, 10, seen(km=1))
    look(book, 60)
    look(book, 90, seen(km=4))
    first, second = closed(book).couriers
    assert (first.begins, first.ends) == (NOON, after_noon(60))
    assert (second.begins, second.ends, second.place) == (after_noon(60), ENDS, at_km(4))


def test_a_shift_that_was_cut_short_was_longer_before() -> None:
    book = a_book(a_record())
    look(book, 10, seen())
    look(book, 60, seen(shift_ends=after_noon(90)))
    [ana] = closed(book).couriers
    assert [ana.shift_ends(after_noon(minute)) for minute in (5, 59, 61)] == [ENDS, ENDS, after_noon(90)]


def test_silence_is_a_spell_until_a_decision_sees_them_back() -> None:
    book = a_book(a_record())
    look(book, 10, seen())
    look(book, 20, seen(closed="out_of_contact"))
    look(book, 30, seen(closed="asked_about_another"))
    [ana] = closed(book).couriers
    assert ana.away == (Spell(after_noon(20), after_noon(30), "out_of_contact"),)


def test_who_still_carried_something_of_the_time_before_begins_when_it_was_done() -> None:
    before = a_record(1, km=7, minute=-30, assigned=-20, picked_up=-5, delivered=15)
    book = a_book(before, a_record(2))
    look(book, 1, seen(km=3))
    day = closed(book)
    assert [delivery.id for delivery in day.deliveries] == ["d2"]
    assert (day.couriers[0].begins, day.couriers[0].place) == (after_noon(15), at_km(7))
    assert any("under way when it began" in note.what and note.count == 1 for note in record.notes(book))


# ── what happened ──


def test_a_wait_at_the_store_longer_than_usual_was_for_the_parcel() -> None:
    quick = [a_record(n, assigned=1, at_pickup=10, picked_up=12, at_dropoff=20, delivered=22) for n in range(1, 4)]
    slow = a_record(9, assigned=1, at_pickup=10, picked_up=25, at_dropoff=30, delivered=33)
    book = a_book(*quick, slow)
    look(book, 1, seen())
    doors = {delivery.id: delivery.doors for delivery in closed(book).deliveries}
    assert (doors["d1"].parcel_at, doors["d1"].store_s, doors["d1"].door_s) == (NOON, 120, 120)
    assert (doors["d9"].parcel_at, doors["d9"].store_s, doors["d9"].door_s) == (after_noon(23), 120, 180)


def test_what_never_reached_a_door_takes_as_long_as_was_usual_there() -> None:
    made = [a_record(n, assigned=1, at_pickup=10, picked_up=11, at_dropoff=20, delivered=24) for n in (1, 2)]
    book = a_book(*made, a_record(3))
    look(book, 1, seen())
    doors = {delivery.id: delivery.doors for delivery in closed(book).deliveries}
    assert (doors["d3"].store_s, doors["d3"].door_s, doors["d3"].parcel_at) == (60, 240, NOON)


def test_what_came_back_that_day_is_known_to_come_back_and_what_was_cancelled_when() -> None:
    back = a_record(1, assigned=1, picked_up=10, at_dropoff=20, returning=25, returned=40)
    gone = replace(a_record(2), state="cancelled", ended_at=after_noon(7))
    book = a_book(back, gone)
    look(book, 1, seen())
    first, second = closed(book).deliveries
    assert (first.doors.comes_back, first.doors.cancelled_at) == (True, None)
    assert (second.doors.comes_back, second.doors.cancelled_at) == (False, after_noon(7))


def test_a_delivery_with_an_address_to_confirm_is_known_once_somebody_has_looked() -> None:
    looked = EventRecord("delivery.attention_cleared", after_noon(9), "operator:opr_1", "confirm_address")
    late = EventRecord("delivery.attention_cleared", after_noon(50), "system:planner", "late")
    one = a_record()
    book = a_book(replace(one, events=(*one.events, looked, late)))
    look(book, 1, seen())
    assert closed(book).deliveries[0].known_at == after_noon(9)


def test_a_store_that_was_found_closed_later_does_not_make_a_delivery_known_later() -> None:
    looked = EventRecord("delivery.attention_cleared", after_noon(40), "operator:opr_1", "store_closed")
    one = a_record(assigned=2, picked_up=45, delivered=60)
    book = a_book(replace(one, events=(*one.events, looked)))
    look(book, 1, seen())
    assert closed(book).deliveries[0].known_at == NOON


def test_every_no_and_every_silence_is_kept_in_order_and_a_yes_tells_how_fast() -> None:
    def offer(minute: float, state: str, after_s: int) -> OfferRecord:
        at = after_noon(minute)
        return OfferRecord("cou_ana", ("d1",), state, at, at + timedelta(seconds=after_s))

    offers = [offer(30, "accepted", 25), offer(1, "declined", 12), offer(20, "expired", 60)]
    book = a_book(a_record(), offers=offers)
    look(book, 1, seen())
    day = closed(book)
    assert day.answers == {("cou_ana", "d1"): [Answer("declined", 12), Answer("expired", 60)]}
    assert day.couriers[0].answer_s == 25


def test_a_courier_drives_as_fast_as_they_did_that_day() -> None:
    """9 km are 1,400 s by the tables; Ana took 35 minutes, three times."""
    ways = [
        a_record(n, km=9, minute=60 * n, assigned=60 * n + 1, picked_up=60 * n + 5, at_dropoff=60 * n + 40)
        for n in range(3)
    ]
    book = a_book(*ways)
    look(book, 1, seen("Ana"), seen("Ben"))
    paces = {courier.name: courier.pace for courier in closed(book).couriers}
    assert paces["Ana"] == pytest.approx(1.5)
    assert paces["Ben"] == pytest.approx(1.5), "of whom nothing is known, what is known of the others"


def test_rules_are_kept_from_the_moment_they_changed() -> None:
    book = a_book(a_record())
    look(book, 1, seen())
    look(book, 5, seen())
    frame = a_frame()
    changed = replace(frame.snapshot.settings, decision_s=30)
    book.look(Inputs(replace(frame.snapshot, now=after_noon(9), settings=changed), TravelTables((), ())))
    assert [since for since, _ in closed(book).frames] == [after_noon(1), after_noon(9)]
    assert book.rules_changed == 1


# ── ways ──


def test_recorded_tables_are_believed_and_the_first_of_them_most() -> None:
    def tables(seconds: int) -> TravelTables:
        grid = [[0, seconds], [seconds, 0]]
        return TravelTables((BAKERY, at_km(2)), (ProfileTable("car", grid, grid),))

    book = a_book(a_record())
    look(book, 1, seen(), tables=tables(500))
    look(book, 2, seen(), tables=tables(900))
    closed(book)
    [car] = book.ways.profiles
    assert book.ways.way(car, BAKERY, at_km(2)) == (500, 500)
    assert (book.ways.sources.recorded, book.ways.sources.crow) == (2, 0)


def test_what_no_table_tells_is_a_gap_and_then_as_the_crow_flies() -> None:
    book = a_book(a_record(1, km=9), a_record(2, km=3))
    look(book, 1, seen(km=1))
    book.close()
    [car] = book.ways.profiles
    rows, columns = book.ways.gaps(car)
    assert at_km(1) in rows
    assert at_km(9) in columns
    book.ways.bridge()
    assert book.ways.way(car, BAKERY, at_km(9)) == (1400, 12600)
    assert book.ways.gaps(car) == ([], [])


# ── the record, in the form of a lived day ──


def test_a_recorded_day_counts_what_really_happened() -> None:
    one = a_record(1, km=2, assigned=1, at_pickup=5, picked_up=6, at_dropoff=15, delivered=70)
    asked = OfferRecord("cou_ana", ("d1",), "accepted", after_noon(0.5), after_noon(1))
    refused = OfferRecord("cou_ben", ("d1",), "declined", after_noon(0.1), after_noon(0.4))
    book = a_book(one, offers=[refused, asked])
    look(book, 0.2, seen(km=1), seen("Ben"))
    book.close()
    book.ways.bridge()
    day = record.lived(book)
    [life] = day.lives
    assert (life.ended, life.courier, life.offers, life.pay_minor, life.late_s) == ("delivered", "Ana", 2, 650, 600)
    assert day.courier_m["cou_ana"] == pytest.approx(1_400 + 2_800, rel=0.01)
    assert day.courier_s == {"cou_ana": 69 * 60}


def test_two_deliveries_at_once_are_one_time_at_work() -> None:
    pair = [a_record(n, assigned=start, picked_up=10, delivered=end) for n, start, end in ((1, 1, 20), (2, 5, 30))]
    book = a_book(*pair, a_record(3, minute=60, assigned=61, picked_up=65, delivered=71))
    look(book, 0.2, seen())
    book.close()
    book.ways.bridge()
    assert record.lived(book).courier_s == {"cou_ana": (29 + 10) * 60}

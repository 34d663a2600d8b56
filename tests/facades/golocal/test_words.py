"""The table of words: complete, marked, and read as it says."""

import re
import tomllib
from datetime import UTC, datetime
from typing import Any

import pytest

from homeward.facades.golocal.errors import Refused, envelope, wrongs_of
from homeward.facades.golocal.names import NAMES, names_from
from homeward.facades.golocal.reading import read
from homeward.facades.golocal.render import status_of_event
from homeward.kit.problems import NotFound
from homeward.quotes.errors import WindowTooShort
from scripts.write_reference import all_problems
from tests.builders import a_delivery
from tests.conftest import ROOT

WHOLE: dict[str, Any] = {
    "clientId": "2",
    "externalOrderId": "465-RMN-TU",
    "deliveryMethod": "SCHEDULED_DELIVERY",
    "requestedMinDeliverySlotTime": "2024-09-07T19:00:00.000Z",
    "requestedMaxDeliverySlotTime": "2024-09-07T21:00:00.000Z",
    "orderPickupReadyTime": "2024-09-07T18:00:00.000Z",
    "pickupDetails": {"externalPickupPointId": "store 1"},
    "deliveryDetails": {"address": {"line1": "1 Elm", "city": "X", "state": "VT", "zipCode": "05156"}},
    "customer": {"firstName": "E", "lastName": "M", "phone": "1"},
    "totalItems": 3,
    "orderManifest": {"summary": {"orderSize": "S"}},
}


def codes(body: Any, operation: str = "book") -> list[str]:
    with pytest.raises(Refused) as refusal:
        read(body, operation)
    return [entry["code"] for entry in envelope(refusal.value.wrongs)["errors"]]


def test_every_field_says_where_it_is_known_from() -> None:
    assert {field.mark for field in NAMES.fields.values()} == {"stated", "inferred", "chosen"}


def test_every_line_of_statuses_and_codes_is_marked_in_the_file() -> None:
    text = (ROOT / "src/homeward/facades/golocal/names.toml").read_text()
    section = text.partition("\n[statuses] # our state = theirs\n")[2].partition("\n[")[0]
    unmarked = [
        line for line in section.splitlines() if " = " in line and not re.search("stated|inferred|chosen", line)
    ]
    assert unmarked == []


def test_every_code_has_the_form_of_theirs() -> None:
    assert [code for code in NAMES.codes.values() if not re.fullmatch(r"[45]\d\d\.500\.\d{3}", code)] == []


def test_refusals_are_named_that_exist() -> None:
    known = {problem.slug for problem in all_problems()}
    assert NAMES.refusals.keys() - known == set()
    assert {told.code for told in NAMES.refusals.values()} - NAMES.codes.keys() == set()


def test_a_file_that_names_an_unknown_field_does_not_start() -> None:
    text = (ROOT / "src/homeward/facades/golocal/names.toml").read_text()
    assert tomllib.loads(text)
    with pytest.raises(KeyError, match="no such fields"):
        names_from(text.replace('required = ["sim_action"]', 'required = ["sim_actoin"]'))


@pytest.mark.parametrize(
    ("absent", "code"),
    [
        ({"clientId": None}, "400.500.100"),
        ({"pickupDetails": {}}, "400.500.101"),
        ({"deliveryMethod": None}, "400.500.102"),
        ({"externalOrderId": None}, "400.500.103"),
        ({"customer": None}, "400.500.104"),
        ({"customer": {"lastName": "M", "phone": "1"}}, "400.500.105"),
        ({"customer": {"firstName": "E", "phone": "1"}}, "400.500.106"),
        ({"customer": {"firstName": "E", "lastName": "M", "phone": ""}}, "400.500.107"),
        ({"totalItems": None}, "400.500.108"),
        ({"orderManifest": {"summary": {}}}, "400.500.109"),
        ({"orderPickupReadyTime": None}, "400.500.110"),
        ({"orderPickupReadyTime": "tomorrow"}, "400.500.111"),
        ({"totalItems": 1001}, "400.500.112"),
        ({"orderManifest": {"summary": {"orderSize": "S", "containsAlcohol": "some"}}}, "400.500.114"),
    ],
)
def test_each_thing_missing_or_wrong_has_its_stated_code(absent: dict[str, Any], code: str) -> None:
    assert codes({"deliveries": {**WHOLE, **absent}}) == [code]


def test_all_that_is_missing_is_told_at_once() -> None:
    assert codes({"deliveries": {}})[:4] == ["400.500.100", "400.500.103", "400.500.102", "400.500.901"]
    assert {f"400.500.{number}" for number in (*range(100, 105), *range(108, 111))} <= set(codes({"deliveries": {}}))


@pytest.mark.parametrize("body", [None, 7, [], {}, {"deliveries": None}, {"deliveries": [1, 2]}, {"delivery": WHOLE}])
def test_a_body_without_its_wrapper_is_refused(body: Any) -> None:
    assert len(codes(body)) == 1


def test_a_list_of_one_is_what_the_wrapper_invites_to() -> None:
    assert read({"deliveries": [WHOLE]}, "book")["external_order_id"] == "465-RMN-TU"


def test_an_entry_tells_code_field_description_hint_severity_and_category() -> None:
    (entry,) = envelope(wrongs_of(WindowTooShort(1800, 7200)))["errors"]
    assert entry["code"] == "400.500.166"
    assert entry["field"] == "field.requestedMinDeliverySlotTime"
    assert entry["description"]
    assert entry["info"]
    assert (entry["severity"], entry["category"]) == ("ERROR", "REQUEST")


def test_a_refusal_without_a_word_of_its_own_still_gets_an_entry() -> None:
    assert envelope(wrongs_of(NotFound("delivery", "x")))["errors"][0]["code"].startswith("404.")


@pytest.mark.parametrize(
    ("said", "name", "read_as"),
    [
        ({"externalOrderID": "9", "externalOrderId": None}, "external_order_id", "9"),
        ({"clientId": 49304}, "client_id", "49304"),
        ({"pickupDetails": {"pickupPointId": "7"}}, "pickup_point", "7"),
        ({"orderStatus": "READY FOR PICKUP"}, "order_status", "ready"),
        ({"orderStatus": "READY_FOR_PICKUP"}, "order_status", "ready"),
        ({"totalItems": "12"}, "total_items", 12),
        ({"propertyType": "HOUSE"}, "property_type", "house"),
        ({"addOnServices": {"signature": "true"}}, "signature", True),
        ({"orderPickupReadyTime": "2024-09-07T14:00:00-04:00"}, "ready_at", datetime(2024, 9, 7, 18, tzinfo=UTC)),
    ],
)
def test_their_variants_and_slips_are_understood(said: dict[str, Any], name: str, read_as: object) -> None:
    body = {"deliveries": {key: value for key, value in {**WHOLE, **said}.items() if value is not None}}
    assert read(body, "book")[name] == read_as


def test_what_is_not_known_is_ignored() -> None:
    more = {"unheardOf": {"a": [1]}, "deliveryDetails": {**WHOLE["deliveryDetails"], "floor": 3}}
    assert read({"deliveries": {**WHOLE, **more}}, "book") == read({"deliveries": WHOLE}, "book")


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({"requestedMinDeliverySlotTime": "2024-09-07T19:00:00"}, "requestedMinDeliverySlotTime"),
        ({"totalItems": 2.5}, "totalItems"),
        ({"totalItems": 0}, "totalItems"),
        ({"totalItems": True}, "totalItems"),
        ({"deliveryMethod": "EXPRESS"}, "deliveryMethod"),
        ({"externalOrderId": "x" * 256}, "externalOrderId"),
        ({"externalOrderId": "a\x00b"}, "externalOrderId"),
        ({"customer": "Erika"}, "customer"),
        ({"scanDetails": {"scanIds": [{}]}}, "scanDetails.scanIds"),
        ({"addOnServices": {"signature": "maybe"}}, "addOnServices.signature"),
        ({"tip": {"amount": 0}}, "tip.amount"),
        ({"tip": {"amount": 100.01}}, "tip.amount"),
    ],
)
def test_what_cannot_be_read_is_named_by_its_path(said: dict[str, Any], path: str) -> None:
    with pytest.raises(Refused) as refusal:
        read({"deliveries": {**WHOLE, **said}}, "book")
    assert [wrong.field for wrong in refusal.value.wrongs] == [path]


def test_a_new_place_on_the_same_trip_is_no_news() -> None:
    placed = {"batch_id": "bat_1", "position": 2, "count": 3, "together_with": []}
    told = [
        status_of_event("delivery.batched", {**placed, "previous_batch_id": former}, "planner", a_delivery())
        for former in (None, "bat_0", "bat_1")
    ]
    assert told == ["DELIVERY_BATCHED", "DELIVERY_BATCHED", None]

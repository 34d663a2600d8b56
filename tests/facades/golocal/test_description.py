"""The published description is valid and complete, and nothing that is sent breaks the reading."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import validate

from homeward.deliveries.model import BookRequest
from homeward.facades.golocal import api
from homeward.facades.golocal.checks import wrong_together
from homeward.facades.golocal.errors import Refused, Wrong, envelope, status_of
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import Said, read
from homeward.facades.golocal.translate import Pickup, book_request, kept, quote_request, remembered
from homeward.kit.problems import jsonable
from tests.facades.golocal.test_words import WHOLE
from tests.facades.golocal.world import GoLocal

OPERATIONS = {
    ("POST", ""): api.TOKEN,
    ("POST", "/deliveries/location/eligibility"): api.LIVE,
    ("POST", "/deliveries/quote"): api.LIVE,
    ("POST", "/deliveries"): api.LIVE,
    ("GET", "/deliveries/{delivery_id}"): api.LIVE,
    ("GET", "/deliveries"): api.LIVE,
    ("POST", "/deliveries/search"): api.LIVE,
    ("PUT", "/deliveries/{delivery_id}/update"): api.LIVE,
    ("PUT", "/deliveries/{delivery_id}/orderStatus"): api.LIVE,
    ("PUT", "/deliveries/{delivery_id}/cancel"): api.LIVE,
    ("POST", "/clients/tips"): api.LIVE,
    ("GET", "/clients/tips/client/{client_id}/externalorder/{external_order_id}"): api.LIVE,
    ("POST", "/feedbacks"): api.LIVE,
    ("GET", "/feedbacks"): api.LIVE,
    ("POST", "/available-step"): api.SIMULATOR,
    ("POST", "/available-step/execute"): api.SIMULATOR,
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, width=16) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


async def test_every_operation_is_described_and_the_description_is_valid(golocal: GoLocal) -> None:
    validate(golocal.schema)
    paths = golocal.schema["paths"]
    for (method, tail), base in OPERATIONS.items():
        assert method.lower() in paths[base + tail], f"{method} {tail}"
        if base == api.LIVE:
            assert method.lower() in paths[api.SANDBOX + tail], "the sandbox has the same calls"


def _paths() -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(path for field in NAMES.fields.values() for path in field.paths))


@given(st.dictionaries(_paths(), json_values, max_size=6), st.sampled_from(sorted(NAMES.takes)))
def test_whatever_is_sent_is_read_or_refused(values: dict[str, Any], operation: str) -> None:
    inner: dict[str, Any] = {**WHOLE}
    for path, value in values.items():
        _put(inner, path, value)
    wrapper = NAMES.takes[operation].wrapper
    said = _read({wrapper: inner} if wrapper else inner, operation)
    if isinstance(said, list):
        assert 400 <= status_of(said) < 500
        assert envelope(said)["errors"]
        return
    known = kept(said)
    assert remembered({"said": jsonable(known)}) == {name: value for name, value in said.items() if name in known}
    if operation == "book" and not wrong_together(said):
        assert isinstance(book_request(said, Pickup("sto_1", "USD")), BookRequest)
        assert quote_request(said, Pickup("sto_1", "USD")).window


def _read(body: dict[str, Any], operation: str) -> Said | list[Wrong]:
    try:
        return read(body, operation)
    except Refused as refusal:
        return list(refusal.wrongs)


def _put(inner: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    at = inner
    for step in parents:
        at[step] = dict(at[step]) if isinstance(at.get(step), dict) else {}
        at = at[step]
    with suppress(TypeError):
        at[last] = value

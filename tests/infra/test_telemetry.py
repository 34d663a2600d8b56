"""What may stand in a log."""

from collections.abc import Iterator

import pytest
import structlog

from homeward.infra.telemetry import configure_logs


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_crash_is_logged_without_the_values_it_worked_on(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    configure_logs("info", as_json, "serve")

    def call(phone: str) -> None:
        raise ZeroDivisionError("broken")

    try:
        call("+41 79 123" + " 45 67")
    except ZeroDivisionError:
        structlog.get_logger().exception("request crashed")
    told = capsys.readouterr().err
    assert "ZeroDivisionError: broken" in told
    assert "+41 79 123 45 67" not in told

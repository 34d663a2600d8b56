"""The command line as an operator types it: what it prints, what it refuses, and how it ends."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from homeward.app import create_app
from homeward.bootstrap import opened
from homeward.cli import main
from homeward.infra.settings import Settings
from tests.conftest import DatabaseUrls

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def homeward(
    database_urls: DatabaseUrls,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Run:
    """Runs a command on a database and a folder of its own: its exit status and what it said, on one line each."""
    monkeypatch.setenv("HOMEWARD_APP_DATABASE_URL", database_urls.app)
    monkeypatch.setenv("HOMEWARD_DATA_DIR", str(tmp_path / "data"))

    def run(*words: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(words)
        told = capsys.readouterr()
        # A terminal breaks long lines; what is said stays the same.
        return status, " ".join(told.out.split()), " ".join(told.err.split())

    return run


def test_merchant_create_prints_keys_that_work(homeward: Run, database_urls: DatabaseUrls, tmp_path: Path) -> None:
    status, out, _ = homeward("merchant", "create", "Corner Bakery", "--json")
    made = json.loads(out)
    assert status == 0
    assert set(made) == {"merchant_id", "name", "slug", "live_key", "test_key"}
    for key in (made["live_key"], made["test_key"]):
        assert asked_with(key, database_urls, tmp_path) == (200, made["merchant_id"])
    assert asked_with(made["live_key"] + "x", database_urls, tmp_path) == (401, None)


def test_merchant_create_without_json_prints_the_same_for_people(homeward: Run) -> None:
    status, out, _ = homeward("merchant", "create", "Corner Bakery")
    assert status == 0
    assert "live_key sk_live_" in out


def test_market_policy_prints_the_numbers_and_takes_new_ones(
    homeward: Run, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    with psycopg.connect(database_urls.owner) as connection:
        connection.execute(
            """INSERT INTO market (id, slug, name, currency, time_zone, south, west, north, east, graph_version, hours)
               VALUES ('mkt_p', 'policy-town', 'Policy Town', 'EUR', 'Europe/Zurich', 0, 0, 1, 1, 'g',
                       '{"time_zone": "Europe/Zurich", "weekly": {}, "exceptions": {}}')"""
        )
    file = tmp_path / "policy.toml"
    file.write_text("[costs]\nper_s = 555\n")
    assert "per_s = 400 " in homeward("market", "policy", "policy-town")[1]
    assert "per_s = 555 " in homeward("market", "policy", "policy-town", "--set", str(file))[1]
    assert "per_s = 555 " in homeward("market", "policy", "policy-town")[1]
    file.write_text("[costs]\nper_second = 555\n")
    status, _, told = homeward("market", "policy", "policy-town", "--set", str(file))
    assert status == 1
    assert "/costs/per_second: there is only per_s" in told
    assert "per_s = 555 " in homeward("market", "policy", "policy-town")[1]


def test_operator_create_prints_a_password_that_nobody_else_was_given(homeward: Run) -> None:
    made = [json.loads(homeward("operator", "create", f"{name}@example.org", "--json")[1]) for name in ("a", "b")]
    assert made[0]["password"] != made[1]["password"]
    assert made[0]["role"] == "admin"


def test_the_same_operator_twice_is_refused_with_what_to_do(homeward: Run) -> None:
    homeward("operator", "create", "ida@example.org")
    status, out, err = homeward("operator", "create", "ida@example.org")
    assert (status, out) == (1, "")
    assert err.endswith(".")


def test_a_wrong_map_file_is_refused_with_what_to_do_and_leaves_nothing(
    homeward: Run, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.osm.pbf"
    notes.write_text("Remember the milk.\n" * 50)
    status, _, err = homeward("market", "import", "Springfield", "--osm", str(notes))
    assert status == 1
    assert "no OpenStreetMap data; fetch it again" in err
    assert str(notes) in err
    assert left_behind(tmp_path / "data") == []
    with psycopg.connect(database_urls.owner) as connection:
        assert connection.execute("SELECT count(*) FROM market").fetchone() == (0,)


def test_a_map_file_that_is_not_there_is_refused_by_its_path(homeward: Run, tmp_path: Path) -> None:
    status, _, err = homeward("market", "import", "Springfield", "--osm", str(tmp_path / "none.osm.pbf"))
    assert status == 1
    assert "There is no such map file" in err
    assert left_behind(tmp_path / "data") == []


def test_a_courier_for_an_unknown_market_is_refused(homeward: Run) -> None:
    words = ("courier", "create", "Ana Meier", "--phone", "+18025550101", "--market", "atlantis")
    status, _, err = homeward(*words)
    assert status == 1
    assert "There is no such thing here" in err


def test_explaining_an_unknown_delivery_is_refused(homeward: Run) -> None:
    status, _, err = homeward("explain", "dlv_nothing")
    assert status == 1
    assert "There is no such thing here" in err


def test_the_list_of_markets_begins_empty(homeward: Run) -> None:
    status, out, _ = homeward("market", "list")
    assert status == 0
    assert "slug" in out


def test_doctor_says_what_is_missing_and_how_to_mend_it(homeward: Run) -> None:
    status, out, _ = homeward("doctor")
    assert status == 1, "a market is missing, so all is not well"
    assert "ok the database answers and has this release's schema" in out
    assert "bad there is no market yet homeward market import NAME --osm FILE" in out


def test_doctor_notices_a_port_that_somebody_else_has(homeward: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        monkeypatch.setenv("HOMEWARD_PORT", str(port))
        _, out, _ = homeward("doctor")
    assert f"bad port {port} is taken by another program choose one with --port" in out


@pytest.mark.parametrize("words", [(), ("fly",), ("merchant",), ("market", "import", "Springfield")])
def test_half_a_command_is_answered_with_how_to_write_it(words: tuple[str, ...], homeward: Run) -> None:
    with pytest.raises(SystemExit) as ended:
        homeward(*words)
    assert ended.value.code == 2


def asked_with(key: str, database_urls: DatabaseUrls, folder: Path) -> tuple[int, str | None]:
    """Who the API thinks one is, over HTTP."""

    async def ask() -> tuple[int, str | None]:
        async with opened(Settings(data_dir=folder), database_urls.app) as platform:
            transport = httpx.ASGITransport(create_app(platform))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
                answer = await http.get("/v1/merchant", headers={"Authorization": f"Bearer {key}"})
                return answer.status_code, answer.json().get("id")

    return asyncio.run(ask())


def left_behind(data_dir: Path) -> list[Path]:
    """Files of a market; locks and empty folders are nothing."""
    return [path for path in (data_dir / "markets").rglob("*") if path.is_file() and path.stat().st_size > 0]

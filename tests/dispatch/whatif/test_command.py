"""`homeward replay` as an operator types it, on a database with a recorded day."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeward.cli import main
from homeward.infra.migrate import app_url
from homeward.infra.postgres import EmbeddedPostgres
from tests.dispatch.whatif.conftest import copied

DAY = "2026-11-23"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def homeward(
    postgres: EmbeddedPostgres,
    day_database: tuple[str, tuple[str, ...]],
    app_password: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Run]:
    """Runs `replay` with a policy of these lines on a copy of the day; a terminal's line breaks are taken out."""
    with copied(postgres, day_database[0]) as name:
        monkeypatch.setenv("HOMEWARD_APP_DATABASE_URL", app_url(postgres.url(name), app_password))
        monkeypatch.setenv("HOMEWARD_DATA_DIR", str(tmp_path / "data"))

        def run(*words: str, policy: str | None = None) -> tuple[int, str, str]:
            capsys.readouterr()
            if policy is not None:
                (tmp_path / "other.toml").write_text(policy)
                words = (*words, "--policy", str(tmp_path / "other.toml"))
            status = main(["replay", "--from", DAY, *words])
            told = capsys.readouterr()
            return status, " ".join(told.out.split()), " ".join(told.err.split())

        yield run


def test_a_replay_prints_what_changes_and_writes_everything_as_json(homeward: Run, tmp_path: Path) -> None:
    status, out, _ = homeward("--json", str(tmp_path / "all.json"), policy="[offers]\nmost_together = 1\n")
    assert status == 0
    assert "Other policy: offers.most_together = 1" in out
    assert "with exactly the recorded outcome" in out
    assert "Whole days in the model: 1" in out
    body = json.loads((tmp_path / "all.json").read_text())
    assert body["market"] == "town"
    assert body["policy"] == {"offers": {"most_together": 1}}
    assert body["total"]["recorded"]["delivered"] == 3
    assert body["decisions"]["equal"] == body["decisions"]["decisions"] > 0


def test_roads_that_do_not_answer_are_bridged_and_said(homeward: Run) -> None:
    """No road server runs for this database."""
    status, out, _ = homeward(policy="")
    assert status == 0
    assert "travel times as recorded" in out


@pytest.mark.parametrize(
    ("words", "policy", "says"),
    [
        ((), None, "Name another policy with --policy"),
        (("--market", "atlantis"), "", "There are town."),
        (("--to", "2026-11-22"), "", "the end is not after the beginning"),
        ((), "[offers]\nmost_togther = 1\n", "other.toml:2: offers.most_togther: there is only"),
        ((), "[offers\n", "this is not TOML"),
    ],
)
def test_what_cannot_be_replayed_is_refused_in_a_line_that_says_what_to_do(
    homeward: Run, words: tuple[str, ...], policy: str | None, says: str
) -> None:
    status, out, err = homeward(*words, policy=policy)
    assert (status, out) == (1, "")
    assert says in err


def test_a_file_that_is_not_there_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", "--from", DAY, "--policy", str(tmp_path / "missing.toml")])
    assert ended.value.code == 2
    assert "cannot read" in capsys.readouterr().err

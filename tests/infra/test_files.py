"""Files that hold secrets: whole, and for their owner alone."""

from pathlib import Path

import pytest

from homeward.infra.files import write_private
from homeward.infra.settings import Secrets, SecretsDamaged


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_private_file_is_readable_for_its_owner_only_also_when_it_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    for text in ("first", "second"):
        write_private(path, text)
        assert (path.read_text(), mode_of(path)) == (text, 0o600)
    assert [each.name for each in tmp_path.iterdir()] == ["state.json"]


def test_the_first_start_makes_secrets_and_every_later_one_finds_them(tmp_path: Path) -> None:
    made = Secrets.load(tmp_path / "data")
    assert len(made.app_password) >= 32
    assert mode_of(tmp_path / "data" / "secrets.json") == 0o600
    assert Secrets.load(tmp_path / "data") == made


def test_two_installations_never_share_a_secret(tmp_path: Path) -> None:
    assert Secrets.load(tmp_path / "one") != Secrets.load(tmp_path / "two")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"other": "x"}'])
def test_damaged_secrets_are_refused_and_not_made_anew(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)
    with pytest.raises(SecretsDamaged, match="backup"):
        Secrets.load(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == text

"""Instances are found wherever people keep them, and what is no instance is refused with its name."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from homeward.benchmarks.inputs import MEMBER_BYTES_AT_MOST, UnreadableInput, members


def zipped(path: Path, contents: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def test_a_folder_is_read_in_depth_in_the_order_of_names(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "deep").mkdir()
    (tmp_path / "b" / "deep" / "two.txt").write_bytes(b"2")
    (tmp_path / "a.txt").write_bytes(b"1")
    assert list(members(tmp_path)) == [("a.txt", b"1"), ("b/deep/two.txt", b"2")]


def test_a_zip_reads_like_the_folder_it_was_made_from(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "all.zip", {"b/deep/two.txt": b"2", "a.txt": b"1"})
    assert list(members(archive)) == [("a.txt", b"1"), ("b/deep/two.txt", b"2")]


def test_a_zip_in_a_folder_counts_as_a_folder_of_its_name(tmp_path: Path) -> None:
    zipped(tmp_path / "all.zip", {"100/one.txt": b"1"})
    assert list(members(tmp_path)) == [("all.zip/100/one.txt", b"1")]


def test_one_file_keeps_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_bytes(b"1")
    assert list(members(tmp_path / "one.txt")) == [("one.txt", b"1")]


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".DS_Store").write_bytes(b"0")
    archive = zipped(tmp_path / "all.zip", {"__MACOSX/one.txt": b"0", "one.txt": b"1", "x/.hidden": b"0"})
    assert list(members(archive)) == [("one.txt", b"1")]
    assert list(members(tmp_path)) == [("all.zip/one.txt", b"1")]


def test_what_is_not_there_is_refused_with_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput) as refused:
        list(members(tmp_path / "none", expected="Li & Lim instances"))
    assert str(tmp_path / "none") in str(refused.value)
    assert "Expected: Li & Lim instances." in str(refused.value)


@pytest.mark.parametrize("spoil", [lambda whole: b"Remember the milk.", lambda whole: whole[:30] + b"x" + whole[31:]])
def test_a_damaged_zip_is_refused(tmp_path: Path, spoil: object) -> None:
    archive = zipped(tmp_path / "all.zip", {"one.txt": b"1" * 500})
    assert callable(spoil)
    archive.write_bytes(spoil(archive.read_bytes()))
    with pytest.raises(UnreadableInput):
        list(members(archive))


@pytest.mark.slow
def test_a_zip_that_unpacks_to_far_more_than_an_instance_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb,
        bomb.open("one.txt", "w") as file,
    ):
        for _ in range(MEMBER_BYTES_AT_MOST // 2**24 + 1):
            file.write(bytes(2**24))
    with pytest.raises(UnreadableInput, match="unpacks to more than"):
        list(members(archive))

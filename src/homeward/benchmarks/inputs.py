"""Benchmark instances as bytes, wherever they lie: a folder, a zip, a folder with zips in it, or one file."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from homeward.kit.problems import Problem

# The largest published instance has some 150 MB as text; a zip of a few kilobytes can unpack to a hundred gigabytes.
MEMBER_BYTES_AT_MOST: Final = 512 * 2**20
ARCHIVE_BYTES_AT_MOST: Final = 4 * 2**30
MEMBERS_AT_MOST: Final = 200_000


@dataclass(eq=False)
class UnreadableInput(Problem):
    """Names the file, what is wrong with it, and what was expected there."""

    slug, status = "unreadable-input", 422
    title = "This input cannot be read; give a folder, a zip or a file in the documented format."

    path: str
    wrong: str
    expected: str

    def detail(self) -> str:
        return f"{self.path}: {self.wrong} Expected: {self.expected}."


def members(path: Path, *, expected: str = "a folder, a zip or one file") -> Iterator[tuple[str, bytes]]:
    """Every file below `path` with its content, in the order of names.

    Parameters
    ----------
    path
        A folder (searched in depth), a zip, or one file. A zip inside a folder counts as a folder of its name.
    expected
        What the caller hopes to find, for the refusal.

    Returns
    -------
    Iterator[tuple[str, bytes]]
        Names are relative to `path`, with `/`; one file keeps its own name. Hidden files are left out.

    Raises
    ------
    UnreadableInput
        If there is nothing at `path`, a zip is damaged, or it unpacks to more than any instance needs.
    """
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.is_file())
        for file in files:
            name = file.relative_to(path).as_posix()
            if not _hidden(name):
                yield from _members_of_file(file, name, f"{name}/", expected)
    elif path.is_file():
        yield from _members_of_file(path, path.name, "", expected)
    else:
        raise UnreadableInput(str(path), "there is nothing here.", expected)


def _members_of_file(file: Path, name: str, prefix: str, expected: str) -> Iterator[tuple[str, bytes]]:
    if not zipfile.is_zipfile(file):
        if file.suffix.lower() == ".zip":
            raise UnreadableInput(str(file), "this is no zip, whatever its name says.", expected)
        yield name, file.read_bytes()
        return
    try:
        with zipfile.ZipFile(file) as archive:
            for inside, content in _members_of_zip(archive, str(file), expected):
                yield prefix + inside, content
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as damage:
        raise UnreadableInput(str(file), f"the zip is damaged or locked: {damage}.", expected) from damage


def _members_of_zip(archive: zipfile.ZipFile, path: str, expected: str) -> Iterator[tuple[str, bytes]]:
    infos = sorted((info for info in archive.infolist() if not info.is_dir()), key=lambda info: info.filename)
    if len(infos) > MEMBERS_AT_MOST:
        raise UnreadableInput(path, f"the zip holds {len(infos)} files, at most {MEMBERS_AT_MOST} are read.", expected)
    left = ARCHIVE_BYTES_AT_MOST
    for info in infos:
        if _hidden(info.filename):
            continue
        with archive.open(info) as stream:
            content = _read(stream, f"{path}/{info.filename}", min(left, MEMBER_BYTES_AT_MOST), expected)
        left -= len(content)
        yield info.filename, content


def _read(stream: IO[bytes], path: str, at_most: int, expected: str) -> bytes:
    # The size in a zip's directory is only a claim; what comes out of it counts.
    content = stream.read(at_most + 1)
    if len(content) > at_most:
        raise UnreadableInput(path, f"it unpacks to more than {at_most} bytes.", expected)
    return content


def _hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in name.split("/"))

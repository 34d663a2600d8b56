"""Which built file answers to which source name; Vite writes the list at set-up."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATIC = Path(__file__).parent / "static"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a page puts into its head for one face, as paths under the assets address."""

    script: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]


class PagesNotBuilt(RuntimeError):
    """The scripts and styles are missing: `make setup` builds them."""


@dataclass(frozen=True, slots=True)
class Manifest:
    entries: dict[str, Entry]

    def entry(self, name: str) -> Entry:
        try:
            return self.entries[name]
        except KeyError as cause:
            raise PagesNotBuilt(f"the pages' {name}.ts is not built; run `make setup`") from cause


def manifest_written(static: Path = STATIC) -> float:
    """When the list was last written. Raises PagesNotBuilt if there is none."""
    try:
        return (static / ".vite" / "manifest.json").stat().st_mtime
    except FileNotFoundError as cause:
        raise PagesNotBuilt("the pages are not built; run `make setup`") from cause


def load_manifest(static: Path = STATIC) -> Manifest:
    """The manifest beside the built files. Raises PagesNotBuilt if there is none."""
    path = static / ".vite" / "manifest.json"
    try:
        chunks = json.loads(path.read_text("utf-8"))
    except FileNotFoundError as cause:
        raise PagesNotBuilt("the pages are not built; run `make setup`") from cause
    return Manifest(
        {name.removesuffix(".ts"): _entry(chunks, name) for name, chunk in chunks.items() if chunk.get("isEntry")}
    )


def _entry(chunks: dict[str, Any], name: str) -> Entry:
    styles: list[str] = []
    preloads: list[str] = []
    for chunk in _with_imports(chunks, name, set()):
        styles += [style for style in chunk.get("css", []) if style not in styles]
        if chunk is not chunks[name]:
            preloads.append(chunk["file"])
    return Entry(chunks[name]["file"], tuple(styles), tuple(preloads))


def _with_imports(chunks: dict[str, Any], name: str, seen: set[str]) -> Iterator[dict[str, Any]]:
    """The chunk and everything it imports at once, dependencies first so that their styles come first."""
    if name in seen:
        return
    seen.add(name)
    for imported in chunks[name].get("imports", []):
        yield from _with_imports(chunks, imported, seen)
    yield chunks[name]

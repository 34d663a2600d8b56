"""`make messages`: find every sentence of the translated faces and keep the catalogues in step with them.

A catalogue keeps what is translated, gains what is new (without words yet) and loses what nobody says any more.
`tests/web/test_translation.py` fails while anything in it has no words.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
HOUSE: Final = ROOT / "src" / "homeward"
CATALOGUES: Final = HOUSE / "web" / "locale"

TEMPLATES: Final = ("web/templates/**/*.html",)
PYTHON: Final = ("web/courier/*.py", "web/format.py", "web/shell.py", "web/words.py")
# What a courier may be refused: the title of a Problem is a sentence of the page that tells it.
# Of these only what is marked by hand: their other words are not translated yet.
MARKED: Final = ("web/console/pages.py", "web/portal/pages.py", "web/portal/team_pages.py", "web/portal/team_views.py")
REFUSALS: Final = (
    "infra/operators.py", "merchants/team/model.py", "kit/problems.py", "web/security.py",
    "deliveries/errors.py", "dispatch/errors.py", "fleets/couriers/errors.py",
    "fleets/couriers/identity/errors.py", "fleets/couriers/journeys/errors.py", "fleets/couriers/limits/errors.py",
    "fleets/couriers/onboarding/errors.py", "fleets/couriers/standing/errors.py",
)  # fmt: skip
FIELD_ERRORS: Final = ("deliveries/proof_policy.py", "merchants/team/service.py")

Message = str | tuple[str, str]
_KEYWORDS: Final = {
    "say": None, "N_": None, "plural": (2, 3), "Word": None, "ActWord": None, "FieldError": (3,), "_": None,
    "gettext": None, "ngettext": (1, 2),
}  # fmt: skip


def messages() -> dict[Message, list[tuple[str, int]]]:
    """Every sentence with the places that say it; of one with a plural, both forms."""
    found: dict[Message, list[tuple[str, int]]] = {}
    for path, line, message in _everything():
        found.setdefault(message, []).append((path.relative_to(ROOT).as_posix(), line))
    return found


def _everything() -> Iterator[tuple[Path, int, Message]]:
    for path in _files(TEMPLATES):
        for line, message in _marked(path, "jinja2.ext:babel_extract", {"trimmed": "true"}):
            yield path, line, message
    for path in _files((*PYTHON, *FIELD_ERRORS)):
        for line, message in _marked(path, "python", {}):
            yield path, line, message
    for path in _files(MARKED):
        for line, message in _marked(path, "python", {}, {"N_": None, "say": None}):
            yield path, line, message
    for path in _files(REFUSALS):
        yield from ((path, line, title) for line, title in titles(path.read_text("utf-8")))


def _files(patterns: tuple[str, ...]) -> list[Path]:
    return sorted(path for pattern in patterns for path in HOUSE.glob(pattern))


def _marked(
    path: Path, method: str, options: dict[str, str], keywords: Mapping[str, tuple[int, ...] | None] | None = None
) -> Iterator[tuple[int, Message]]:
    content = io.BytesIO(path.read_bytes())
    for line, said, _, _ in extract(method, content, keywords or _KEYWORDS, options=options):
        if said:
            yield line, said if isinstance(said, str) else (said[0], said[1])


def titles(source: str) -> Iterator[tuple[int, str]]:
    """The `title` of every class in a file of refusals."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        for part in node.body:
            if isinstance(part, ast.Assign | ast.AnnAssign) and isinstance(part.value, ast.Constant):
                targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                if any(isinstance(target, ast.Name) and target.id == "title" for target in targets):
                    yield part.lineno, str(part.value.value)


def placeholders(message: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s", message))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def written(catalogue: Catalog) -> bytes:
    """Without line numbers and dates: a catalogue changes when a sentence does."""
    out = io.BytesIO()
    write_po(out, catalogue, width=110, no_location=False, include_lineno=False, omit_header=False, sort_output=True)
    return out.getvalue()


def in_step(old: Catalog) -> Catalog:
    """The same language with exactly the sentences that are said now."""
    new = Catalog(locale=old.locale, project="pages", fuzzy=False, creation_date=_NEVER, revision_date=_NEVER)
    new.header_comment = "# Sentences of the pages. The English sentence is the id; `make messages` keeps them in step."
    for message, places in messages().items():
        known = old.get(message if isinstance(message, str) else message[0])
        fits = known is not None and isinstance(known.id, str) == isinstance(message, str)
        files = sorted({(path, 1) for path, _ in places})
        new.add(message, known.string if known is not None and fits else None, locations=files)
    return new


def main() -> None:
    for path in sorted(CATALOGUES.glob("*.po")):
        new = in_step(read(path))
        path.write_bytes(written(new))
        bare = [message for message in new if message.id and not all(_forms(message.string))]
        print(f"{path.relative_to(ROOT)}: {len(new)} sentences, {len(bare)} without words")


def _forms(string: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [string] if isinstance(string, str) else list(string or ("",))


_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

if __name__ == "__main__":
    main()

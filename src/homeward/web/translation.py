"""Sentences in the reader's language. The English sentence is the id; `locale/<code>.po` holds the others.

In Python a sentence is said by `say("…")` or `say.plural(n, "…", "…")`. Tables that are built at import mark theirs
with `N_("…")` and are said when shown. `make messages` finds all of them and keeps the catalogues in step.
"""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from homeward.web.languages import FALLBACK

CATALOGUES: Final = Path(__file__).parent / "locale"


class Speech:
    """One language: says a sentence, with `values` put into its `%(name)s`."""

    def __init__(self, code: str, translations: NullTranslations) -> None:
        self.code = code
        self._translations = translations

    def __call__(self, message: str, /, **values: object) -> str:
        said = self.gettext(message)
        return said % values if values else said

    def plural(self, number: int, one: str, many: str, /, **values: object) -> str:
        """As many as `number`, which the sentence names `%(num)s`."""
        return self.ngettext(one, many, number) % {"num": number, **values}

    def gettext(self, message: str) -> str:
        # The empty id is the catalogue's own header.
        return self._translations.gettext(message) if message else ""

    def ngettext(self, one: str, many: str, number: int) -> str:
        return self._translations.ngettext(one, many, number)


@cache
def speech(code: str) -> Speech:
    """The speech of one of our languages. Read once: a catalogue is a file of ours and changes with a release."""
    if code == FALLBACK:
        return ENGLISH
    with (CATALOGUES / f"{code}.po").open("rb") as file:
        catalogue = read_po(file, locale=code)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Speech(code, GNUTranslations(compiled))


ENGLISH: Final = Speech(FALLBACK, NullTranslations())


def N_(message: str) -> str:  # noqa: N802  # gettext's own name for it, which every tool knows
    """Marks a sentence that is said later."""
    return message

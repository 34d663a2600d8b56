"""Finding a delivery by anything that somebody on the telephone may name. Pure."""

import re
from dataclasses import dataclass
from typing import Any, Final

# The index `delivery_by_words` is on exactly this.
WORDS: Final = "delivery_words(d.id, d.external_id, d.dropoff)"

# Shorter words have no trigram of their own: alone they would read the whole table.
SHORTEST: Final = 3
_LONGEST: Final = 100
_PHONE: Final = re.compile(r"[+\d][\d\s()./-]*")
# Fewer digits are a house number.
_PHONE_DIGITS: Final = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look for: every word, or the digits of a telephone number."""

    patterns: tuple[str, ...]
    phone: str | None
    enough: bool  # some word is long enough for the index


def asked(text: str) -> Asked:
    """The words of a search, and the telephone number that it may be."""
    words = text.lower()[:_LONGEST].split()
    digits = re.sub(r"\D", "", text)
    # As said within the country: 0660 123 stands for +43 660 123.
    phone = digits.lstrip("0") if _PHONE.fullmatch(text.strip()) and len(digits) >= _PHONE_DIGITS else ""
    enough = max(map(len, words), default=0) >= SHORTEST
    return Asked(tuple(_pattern(word) for word in words), _pattern(phone) if phone else None, enough)


def _pattern(word: str) -> str:
    # Somebody's own % and _ are letters, not wild cards.
    escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def condition(words: str, wanted: Asked) -> tuple[str, dict[str, Any]]:
    """SQL that holds where the text has every word, or the telephone number; with its parameters."""
    params: dict[str, Any] = {f"word_{number}": pattern for number, pattern in enumerate(wanted.patterns)}
    matches = " AND ".join(f"{words} LIKE %({name})s" for name in params) or "true"
    if wanted.phone:
        return f"(({matches}) OR {words} LIKE %(phone)s)", {**params, "phone": wanted.phone}
    return matches, params

"""From one line of text to the few ways it can be read. Pure.

An address has no grammar: "12 Main St 5", "9490 Vaduz, Hauptstr. 12 a" and "Route 7" put numbers everywhere. So the
parser does not decide; it gives every plausible reading, and the index decides which one exists.
"""

import re
import unicodedata
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from homeward.routing.geocoding.model import AddressQuery, Gazetteer
from homeward.routing.geocoding.normalise import fold, normal_postcode, normalise
from homeward.routing.geocoding.words import (
    COUNTRIES,
    DIRECTIONS,
    OTHER_WORDS,
    STATE_CODES,
    STREET_TYPES,
    TYPES,
    US_STATES,
)

MAX_READINGS: Final = 8
MAX_MENDED: Final = 4
_COMMON_WORDS: Final = frozenset({*STREET_TYPES, *OTHER_WORDS, *STREET_TYPES.values(), *OTHER_WORDS.values()})
_LONG_WORDS: Final = sorted(word for word in {*STREET_TYPES, *OTHER_WORDS} if len(word) >= 4)
_CITY_WORDS: Final = 4
_LIKE_A_CITY: Final = 80.0

_VALUE: Final = r"(?P<unit>\d{1,5}[a-z]?|[a-z]\d{0,4}|[a-z]?-\d{1,4})\b"
_UNITS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"#\s*" + _VALUE,
        r"\b(?:apartment|apt|unit|suite|ste|room|rm|bldg|building|lot|trlr|trailer|space|wohnung|whg|top|tür|appartement|appt|"
        r"bat|bâtiment|esc|piso|puerta|depto|dpto|apto|bloco|sala|conj|flat|floor)\b\.?\s*#?\s*" + _VALUE,
        r"\b(?P<unit>\d{1,2})(?:st|nd|rd|th|er|e|\.|º|ª|o)?\s*(?:floor|fl|stock|og|obergeschoss|étage|etage|piso|andar)\b\.?",
        r"\b(?P<unit>ground floor|erdgeschoss|eg|rez-de-chaussée|planta baja|térreo)\b",
    )
)
_POSTCODES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<code>\d{5}-\d{4})\b",  # United States, nine digits
        r"\b(?P<code>\d{5}-\d{3})\b",  # Brazil
        r"\b(?P<code>\d{4}-\d{3})\b",  # Portugal
        r"\b(?:fl|li|ch|a|d|de|at|f|l)\s?-\s?(?P<code>\d{4,5})\b",  # with the country in front
        r"\b(?P<code>[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2})\b",  # United Kingdom
        r"\b(?P<code>[a-z]\d[a-z]\s?\d[a-z]\d)\b",  # Canada
    )
)
_BARE_POSTCODE: Final = re.compile(r"^\d{4,5}$")
_NUMBER: Final = re.compile(r"^\d{1,6}[a-z]{0,2}$|^\d{1,5}[a-z]?[-/–]\d{1,5}[a-z]?$", re.IGNORECASE)
_HALF: Final = re.compile(r"^\d/\d$")
_LETTER: Final = re.compile(r"^[a-z]$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to understand the text. `street`, `city` and `postcode` are in normal form."""

    street: str
    number: str = ""
    unit: str = ""
    city: str = ""
    postcode: str = ""
    mended: bool = False  # a word of the street was taken for a misspelt "road", "north" or the like


def readings(query: AddressQuery, known: Gazetteer) -> list[Reading]:
    """Every plausible reading, the likelier first, at most `MAX_READINGS`; empty if there is nothing to read."""
    if query.street or query.city or query.postcode:
        found = _of_fields(query, known)
    else:
        found = _of_text(query.text, known)
    useful = [r for r in dict.fromkeys(found) if r.street or r.city or r.postcode][:MAX_READINGS]
    mended = (replace(r, street=street, mended=True) for r in useful if (street := _mend(r.street)) != r.street)
    return [*useful, *list(mended)[:MAX_MENDED]]


def _mend(street: str) -> str:
    """With misspelt street types and common words put right: short in the index, they look like nothing typed long."""
    return normalise(" ".join(_mended_word(word) for word in street.split()))


def _mended_word(word: str) -> str:
    if len(word) < 3 or not word.isalpha() or word in _COMMON_WORDS:
        return word
    # The normal form may have taken an e away ("roue" came as "rou"), so it is also tried with it.
    spellings = [word, *(word[:i] + "e" + word[i:] for i in range(1, len(word) + 1) if word[i - 1] in "aou")]
    for spelling in spellings if len(word) > 3 else spellings[1:]:
        most = 1 if len(spelling) < 9 else 2
        hit = process.extractOne(spelling, _LONG_WORDS, scorer=OSA.distance, score_cutoff=most)
        if hit:
            return hit[0]
    # -strasse with two slips; one slip is mended by the normal form already.
    ends = {length: OSA.distance(word[-length:], "strasse") for length in (7, 8, 9, 6) if len(word) >= length + 3}
    best = min(ends, key=ends.__getitem__, default=0)
    return word[:-best] + "strasse" if best and ends[best] <= 2 else word


def _of_fields(query: AddressQuery, known: Gazetteer) -> list[Reading]:
    street, unit = pull_unit(_tidy(query.street or query.text))
    city = _without_state(normalise(_tidy(query.city)))
    postcode = normal_postcode(query.postcode)
    if query.number:
        number, behind = pull_unit(_tidy(query.number))
        base = Reading(normalise(street), tidy_number(number), query.unit or unit or behind, city, postcode)
        return [base]
    segments = [words for part in re.split(r"[,;\n]", street) if (words := part.split())]
    found = _numbered(segments, known) if segments else [Reading("")]
    # A street field that turns out to hold the whole address is common; the fields still win.
    return [replace(r, unit=query.unit or unit, city=city or r.city, postcode=postcode or r.postcode) for r in found]


def _of_text(text: str, known: Gazetteer) -> list[Reading]:
    text, unit = pull_unit(_tidy(text))
    text, postcode = _pull_marked_postcode(text)
    segments = [words for part in re.split(r"[,;\n|]| - ", text) if (words := part.split())]
    segments = _without_country(segments, known)
    if not postcode:
        segments, postcode = _pull_bare_postcode(segments, known)
    segments = _without_country(_without_state_tail(segments, known, bool(postcode)), known)
    if not segments:
        return [Reading("", postcode=postcode)]
    return [replace(r, unit=r.unit or unit, postcode=postcode) for r in _numbered(segments, known)]


# ── units, postcodes, states, countries ──


def _tidy(text: str) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = "".join(char if char == "\n" or char.isprintable() else " " for char in text)
    return re.sub(r"[^\S\n]+", " ", text).strip(" .\n")


def pull_unit(text: str) -> tuple[str, str]:
    """(the text without it, flat or floor or suite)."""
    unit = ""
    for pattern in _UNITS:
        if (found := pattern.search(text)) and (rest := text[: found.start()] + " " + text[found.end() :]).strip(" ,"):
            unit = unit or found["unit"]
            text = rest
    return text, unit.upper()


def _pull_marked_postcode(text: str) -> tuple[str, str]:
    for pattern in _POSTCODES:
        found = next(
            (m for m in reversed(list(pattern.finditer(text))) if m.start() > 0 or not m[0][0].isdigit()), None
        )
        if found is not None:
            return text[: found.start()] + " " + text[found.end() :], normal_postcode(found["code"])
    return text, ""


def _pull_bare_postcode(segments: list[list[str]], known: Gazetteer) -> tuple[list[list[str]], str]:
    places = [(s, w) for s, words in enumerate(segments) for w, word in enumerate(words) if _BARE_POSTCODE.match(word)]
    numbers = sum(1 for words in segments for word in words if _NUMBER.match(word))
    for s, w in sorted(
        places, key=lambda at: (normal_postcode(segments[at[0]][at[1]]) in known.postcodes, at), reverse=True
    ):
        word = segments[s][w]
        is_known = normal_postcode(word) in known.postcodes
        first = s == 0 and w == 0
        # At the very start it is a house number ("1234 Main St"), unless a city follows ("9490 Vaduz").
        if first and not (is_known and (numbers > 1 or _is_city(" ".join(segments[0][1:]), known))):
            continue
        at_end = s == len(segments) - 1 and w == len(segments[s]) - 1
        starts_segment = s > 0 and w == 0 and len(segments[s]) > 1
        words_follow = not any(_NUMBER.match(later) for later in segments[s][w + 1 :]) and numbers > 1
        if (
            is_known
            or (len(word) == 5 and at_end)
            or starts_segment
            or (words_follow and len(word) >= 4 and not at_end)
        ):
            rest = [[*words[:w], *words[w + 1 :]] if i == s else words for i, words in enumerate(segments)]
            return [words for words in rest if words], normal_postcode(word)
    return segments, ""


def _without_country(segments: list[list[str]], known: Gazetteer) -> list[list[str]]:
    if len(segments) > 1 and normalise(" ".join(segments[-1])) in COUNTRIES:
        return segments[:-1]
    for count in (3, 2, 1):
        if not segments or len(segments[-1]) <= count:
            continue
        tail = normalise(" ".join(segments[-1][-count:]))
        # Two letters at the end are rather a state or a street type than a country.
        if len(tail) > 2 and tail in COUNTRIES and tail not in known.cities:
            return [*segments[:-1], segments[-1][:-count]]
    return segments


def _without_state_tail(segments: list[list[str]], known: Gazetteer, postcode: bool) -> list[list[str]]:
    if not segments:
        return segments
    last = segments[-1]
    for count in (2, 1):
        tail = fold(" ".join(last[-count:]))
        if tail not in STATE_CODES and tail not in US_STATES:
            continue
        alone = len(last) == count and len(segments) > 1
        behind_city = any(
            _is_city(" ".join(last[-count - n : -count]), known) for n in (1, 2, 3) if len(last) >= count + n
        )
        if alone or behind_city or (len(last) > count and (len(segments) > 1 or (postcode and len(tail) == 2))):
            return [*segments[:-1], *([last[:-count]] if len(last) > count else [])]
    if len(segments) > 1 and len(last) == 1 and len(last[0]) <= 3 and last[0].isalpha():
        return segments[:-1]  # a state or province that we do not know: "RS", "GR"
    return segments


def _without_state(city: str) -> str:
    words = city.split()
    return " ".join(words[:-1]) if len(words) > 1 and words[-1] in STATE_CODES else city


# ── street, number and city ──


def _numbered(segments: list[list[str]], known: Gazetteer) -> list[Reading]:
    """Readings of text that holds only street, number and city."""
    segments = _join_lone_numbers(segments)
    if len(segments) == 1:
        return _of_one_segment(segments[0], known)
    with_number = [i for i, words in enumerate(segments) if any(_NUMBER.match(word) for word in words)]
    found: list[Reading] = []
    for at in list(dict.fromkeys([*with_number[:2], 0]))[:2]:
        city = _city_of([words for i, words in enumerate(segments) if i != at], known)
        whole = [replace(r, city=r.city if r.city and not city else city) for r in _of_street_words(segments[at])]
        found += whole
        if city not in known.cities:
            # The city may stand before the comma: "12 Main St Burlington, Chittenden County".
            found += [r for r in _of_one_segment(segments[at], known) if r.city in known.cities]
    return found


def _join_lone_numbers(segments: list[list[str]]) -> list[list[str]]:
    """ "12, rue X" and "Rua X, 123": the number belongs to its neighbour. A later one is a flat, and is left out."""
    joined: list[list[str]] = []
    for words in segments:
        lone = len(words) == 1 and _NUMBER.match(words[0])
        if (joined and lone and not _has_number(joined[-1])) or (
            joined and len(joined[-1]) == 1 and _NUMBER.match(joined[-1][0])
        ):
            joined[-1] = [*joined[-1], *words]
        elif not (lone and joined):
            joined.append(words)
    return joined


def _of_one_segment(words: list[str], known: Gazetteer) -> list[Reading]:
    """Without commas: cut a city off either end where one fits, else trust street types and the number."""
    found: list[Reading] = []
    whole = normalise(" ".join(words))
    if whole in known.cities:
        found.append(Reading("", city=whole))
    for city, rest in _city_cuts(words, known):
        found += [replace(r, city=city) for r in _of_street_words(rest)]
    found += _of_street_words(words)
    found += _cut_behind_type(words)
    return found


def _city_cuts(words: list[str], known: Gazetteer) -> list[tuple[str, list[str]]]:
    """(city, other words): the longest known city at either end, else the likest one."""
    exact: list[tuple[str, list[str]]] = []
    alike: list[tuple[float, str, list[str]]] = []
    for count in range(min(_CITY_WORDS, len(words) - 1), 0, -1):
        for city_words, rest in ((words[-count:], words[:-count]), (words[:count], words[count:])):
            city = normalise(" ".join(city_words))
            likeness = _likeness_of_city(city, known)
            if likeness == 100.0:
                exact.append((city, rest))
            elif likeness >= _LIKE_A_CITY:
                alike.append((likeness, city, rest))
    alike.sort(key=lambda cut: -cut[0])
    return (exact + [(city, rest) for _, city, rest in alike])[:2]


def _of_street_words(words: list[str]) -> list[Reading]:
    """The number may be first, last or in the middle (then a city follows), or there is none."""
    found: list[Reading] = []
    at_front, at_back = _leading_number(words), _trailing_number(words)
    if at_front:
        number, rest = at_front
        found.append(Reading(_street(rest), number))
    if at_back:
        number, rest = at_back
        found.append(Reading(_street(rest), number))
    for i in range(1, len(words) - 1):
        if _NUMBER.match(words[i]) and not at_front:
            letter = 1 if i + 2 < len(words) and _LETTER.match(words[i + 1]) else 0
            number = tidy_number("".join(words[i : i + 1 + letter]))
            found.append(Reading(_street(words[:i]), number, city=normalise(" ".join(words[i + 1 + letter :]))))
    found.append(Reading(_street(words)))
    return found


def _leading_number(words: list[str]) -> tuple[str, list[str]] | None:
    if len(words) < 2 or not _NUMBER.match(words[0]):
        return None
    if len(words) > 2 and _HALF.match(words[1]):
        return tidy_number(words[0]), words[2:]
    # "12 A Main St": a letter that is no direction belongs to the number.
    letter = (
        len(words) > 3
        and _LETTER.match(words[1])
        and words[1].lower() not in DIRECTIONS
        and words[1].lower() not in STREET_TYPES
    )
    return (tidy_number(words[0] + words[1]), words[2:]) if letter else (tidy_number(words[0]), words[1:])


def _trailing_number(words: list[str]) -> tuple[str, list[str]] | None:
    if len(words) > 2 and _LETTER.match(words[-1]) and re.fullmatch(r"\d{1,5}", words[-2]):
        return tidy_number(words[-2] + words[-1]), words[:-2]
    if len(words) > 1 and _NUMBER.match(words[-1]):
        return tidy_number(words[-1]), words[:-1]
    return None


def _cut_behind_type(words: list[str]) -> list[Reading]:
    """ "12 main st somewhere": an unknown city behind a street type."""
    for i, (word, _) in enumerate(pairwise(words)):
        if i > 0 and fold(word) in STREET_TYPES:
            city = normalise(" ".join(words[i + 1 :]))
            return [replace(r, city=city) for r in _of_street_words(words[: i + 1])]
    return []


def _street(words: list[str]) -> str:
    return normalise(" ".join(words))


def _city_of(segments: list[list[str]], known: Gazetteer) -> str:
    """The segment that is most like a city; of several unknown ones the first."""
    best, best_score = "", -1.0
    for words in segments:
        norm = _without_state(normalise(" ".join(word for word in words if not _NUMBER.match(word))))
        score = _likeness(norm, known)
        if norm and score > best_score:
            best, best_score = norm, score
    return best


def _likeness_of_city(norm: str, known: Gazetteer) -> float:
    """100 if it is a city; less if it may be a misspelt one; 0 if it cannot be."""
    if norm in known.cities:
        return 100.0
    if len(norm) < 4 or norm.split(maxsplit=1)[0] in TYPES or any(_NUMBER.match(word) for word in norm.split()):
        return 0.0
    return min(99.0, _likeness(norm, known))


def _is_city(text: str, known: Gazetteer) -> bool:
    return bool(text) and normalise(text) in known.cities


def _likeness(norm: str, known: Gazetteer) -> float:
    return max(
        (score for _, score, _ in process.extract(norm, known.cities.keys(), scorer=fuzz.ratio, limit=1)), default=0.0
    )


def _has_number(words: list[str]) -> bool:
    return bool(_NUMBER.match(words[0]) or (len(words) > 1 and _NUMBER.match(words[-1])))


def tidy_number(number: str) -> str:
    """ "12 A" → "12a", "12 – 14" → "12-14"."""
    return re.sub(r"\s+", "", number).lower().replace("–", "-")

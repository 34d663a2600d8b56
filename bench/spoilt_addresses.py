"""Real addresses as people would mistype them, by kind, from a seed. Pure."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from homeward.kit.places import LatLon
from homeward.routing.extract import AddressPoint
from homeward.routing.geocoding import AddressQuery


@dataclass(frozen=True, slots=True)
class Case:
    """One query and where it should lead; `truth` is empty where no certain answer may be given."""

    kind: str
    query: AddressQuery
    near: LatLon | None
    truth: tuple[LatLon, ...]


@dataclass(frozen=True, slots=True)
class Written:
    """The parts of an address on their way to one line."""

    number: str
    street: str
    city: str
    postcode: str
    state: str
    number_last: bool
    extra: str = ""
    commas: bool = True

    def line(self) -> str:
        door = f"{self.street} {self.number}" if self.number_last else f"{self.number} {self.street}"
        if self.number_last:
            where = f"{self.postcode} {self.city}".strip()
        else:
            where = f"{self.city}, {self.state} {self.postcode}".strip(" ,") if self.city else self.postcode
        line = ", ".join(part for part in (door.strip() + self.extra, where.strip(" ,")) if part)
        return line if self.commas else line.replace(",", "")


Spoiler = Callable[[Written, random.Random], Written | None]

LONG_AND_SHORT = (
    ("STREET", "ST"), ("ROAD", "RD"), ("AVENUE", "AVE"), ("DRIVE", "DR"), ("LANE", "LN"), ("COURT", "CT"),
    ("CIRCLE", "CIR"), ("TERRACE", "TER"), ("HILL", "HL"), ("PLACE", "PL"), ("NORTH", "N"), ("SOUTH", "S"),
    ("EAST", "E"), ("WEST", "W"), ("ROUTE", "RTE"), ("HEIGHTS", "HTS"), ("EXTENSION", "EXT"), ("MOUNTAIN", "MTN"),
    ("SAINT", "ST."), ("strasse", "str."), ("Strasse", "Str."), ("gasse", "g."),
)  # fmt: skip
TYPE_WORDS = frozenset(word for pair in LONG_AND_SHORT[:10] for word in pair)


def _letters_of(street: str) -> list[int]:
    """Where a typo may fall: letters of the words that are no street type and no number, from the second letter on."""
    words = [m for m in re.finditer(r"[^\W\d_]{4,}", street) if m[0].upper() not in TYPE_WORDS]
    return [i for m in words for i in range(m.start() + 1, m.end())]


def typo(text: str, rng: random.Random, way: str = "") -> str | None:
    places = _letters_of(text)
    if not places:
        return None
    at, way = rng.choice(places), way or rng.choice(["drop", "double", "wrong", "swap", "add"])
    letter = rng.choice("abcdefghijklmnoprstuvwy")
    match way:
        case "drop":
            return text[:at] + text[at + 1 :]
        case "double":
            return text[:at] + text[at] + text[at:]
        case "wrong":
            return text[:at] + (letter if letter != text[at].lower() else "x") + text[at + 1 :]
        case "add":
            return text[:at] + letter + text[at:]
    swaps = [i for i in places if i + 1 in places and text[i].lower() != text[i + 1].lower()]
    if not swaps:
        return None
    at = rng.choice(swaps)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _spoil_street(way: str) -> Spoiler:
    def spoil(written: Written, rng: random.Random) -> Written | None:
        street = typo(written.street, rng, way)
        return replace(written, street=street) if street else None

    return spoil


def _two_typos(written: Written, rng: random.Random) -> Written | None:
    if sum(map(str.isalpha, written.street)) < 9:
        return None
    once = typo(written.street, rng)
    twice = once and typo(once, rng)
    return replace(written, street=twice) if twice else None


def _other_abbreviation(written: Written, rng: random.Random) -> Written | None:
    """Every long form shortened, or every short one written out."""
    street = written.street
    for long, short in LONG_AND_SHORT:
        if re.search(rf"\b{long}\b|(?<=[a-zäöü]){long}$", street):
            street = re.sub(rf"\b{long}\b|(?<=[a-zäöü]){long}$", short, street)
        elif re.search(rf"\b{re.escape(short)}(?=\s|$)", street):
            street = re.sub(rf"\b{re.escape(short)}(?=\s|$)", long, street)
    return replace(written, street=street) if street != written.street else None


def _no_type(written: Written, rng: random.Random) -> Written | None:
    words = written.street.split()
    if len(words) > 1 and words[-1].upper() in TYPE_WORDS and len("".join(words[:-1])) > 2:
        return replace(written, street=" ".join(words[:-1]))
    joined = re.match(r"(.{4,}?)strasse$", written.street)
    return replace(written, street=joined[1]) if joined else None


def _unit(written: Written, rng: random.Random) -> Written:
    forms = [" Apt 4B", " #12", ", Unit 3", " Suite 200", ", 2nd floor"]
    return replace(written, extra=rng.choice([", 2. Stock", ", Top 4", ", Whg. 3"] if written.number_last else forms))


def _plain_letters(written: Written, rng: random.Random) -> Written | None:
    to = rng.choice([{"ä": "a", "ö": "o", "ü": "u"}, {"ä": "ae", "ö": "oe", "ü": "ue"}])
    table = str.maketrans(to | {key.upper(): value.upper() for key, value in to.items()})
    changed = replace(written, street=written.street.translate(table), city=written.city.translate(table))
    return changed if changed != written else None


def _spoil_city(written: Written, rng: random.Random) -> Written | None:
    city = typo(written.city, rng)
    return replace(written, city=city) if city else None


def _spoil_postcode(written: Written, rng: random.Random) -> Written | None:
    if not written.postcode:
        return None
    at = rng.randrange(2, len(written.postcode))
    other = rng.choice([d for d in "0123456789" if d != written.postcode[at]])
    return replace(written, postcode=written.postcode[:at] + other + written.postcode[at + 1 :])


def _everything(written: Written, rng: random.Random) -> Written | None:
    street = typo(written.street, rng)
    if not street:
        return None
    bare = replace(written, street=street.lower(), city=written.city.lower(), commas=False)
    return replace(_unit(bare, rng), postcode="", state="")


KINDS: dict[str, Spoiler] = {
    "as written": lambda w, _: w,
    "capitals": lambda w, _: replace(w, street=w.street.upper(), city=w.city.upper()),
    "small letters, no commas": lambda w, _: replace(w, street=w.street.lower(), city=w.city.lower(), commas=False),
    "letter left out": _spoil_street("drop"),
    "letter doubled": _spoil_street("double"),
    "wrong letter": _spoil_street("wrong"),
    "letters swapped": _spoil_street("swap"),
    "two typos": _two_typos,
    "other abbreviation": _other_abbreviation,
    "umlauts written otherwise": _plain_letters,
    "no street type": _no_type,
    "no postcode": lambda w, _: replace(w, postcode=""),
    "no city, postcode or a store near": lambda w, _: replace(w, city="", state=""),
    "typo in the city": _spoil_city,
    "wrong digit in the postcode": _spoil_postcode,
    "number on the other side": lambda w, _: replace(w, number_last=not w.number_last),
    "flat or floor": _unit,
    "typo, small letters, no postcode, flat": _everything,
    "house not in the index": lambda w, _: w,
}
NEW_DOOR = "house not in the index"
NEEDS_STORE = "no city, postcode or a store near"


def make_cases(
    points: Sequence[AddressPoint], count: int, seed: str, *, state: str, number_last: bool
) -> tuple[list[Case], set[tuple[str, str, str]]]:
    """`count` cases, the kinds in turn, and the (number, street, city) to keep out of the index."""
    rng = random.Random(seed)
    by_door: dict[tuple[str, str, str], list[AddressPoint]] = {}
    for p in points:
        by_door.setdefault((p.number, p.street, p.city), []).append(p)
    usable = [p for p in points if p.city and p.number.strip("0")]
    cases: list[Case] = []
    hidden: set[tuple[str, str, str]] = set()
    kinds = list(KINDS)
    while len(cases) < count:
        kind = kinds[len(cases) % len(kinds)]
        spoilt = None
        for _ in range(200):
            p = rng.choice(usable)
            key = (p.number, p.street, p.city)
            if key in hidden:
                continue
            spoilt = KINDS[kind](Written(p.number, p.street, p.city, p.postcode, state, number_last), rng)
            if spoilt is not None:
                break
        if spoilt is None:
            kinds.remove(kind)  # this map has no such address: no umlauts in Vermont
            continue
        near = None
        if kind == NEEDS_STORE and not spoilt.postcode:
            near = LatLon(p.lat + rng.uniform(-0.03, 0.03), p.lon + rng.uniform(-0.03, 0.03))
        if kind == NEW_DOOR:
            hidden.add(key)
        places = tuple(LatLon(q.lat, q.lon) for q in by_door[key] if q.postcode == p.postcode)
        cases.append(Case(kind, AddressQuery(text=spoilt.line()), near, places))
    return cases, hidden


def make_strangers(
    points: Sequence[AddressPoint],
    others: Sequence[AddressPoint],
    count: int,
    seed: str,
    *,
    state: str,
    number_last: bool,
) -> list[Case]:
    """Streets of another region with a city of this one: nothing may be certain about them."""
    rng = random.Random(seed)
    known = {p.street.lower() for p in points}
    strange = [p for p in others if p.street.lower() not in known]
    here = [p for p in points if p.city]
    cases = []
    for _ in range(count):
        a, b = rng.choice(strange), rng.choice(here)
        line = Written(a.number, a.street, b.city, b.postcode, state, number_last).line()
        cases.append(Case("street that does not exist", AddressQuery(text=line), None, ()))
    return cases

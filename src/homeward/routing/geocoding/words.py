"""Words of addresses and their one short form, for English, German, Spanish, French and Portuguese. Pure data.

The short form is only ever compared, never shown, so one form may serve two languages ("rue", "rua" and "r" are all
`rua`) as long as queries and index go through the same table.

Source of the English street types: USPS Publication 28, appendix C1 (the common half).
"""

from typing import Final


def _expand(table: dict[str, str]) -> dict[str, str]:
    return {long: short for short, longs in table.items() for long in longs.split()}


STREET_TYPES: Final = _expand({
    "st": "st street str strasse strase straat strada streets",
    "ave": "ave avenue avenida av aven avn avnue avda avd aved",
    "rd": "rd road roads", "dr": "dr drive drv", "ln": "ln lane", "ct": "ct court crt", "cir": "cir circle circ crcl",
    "blvd": "blvd boulevard bvd boul bd bulevar", "ter": "ter terrace terr tce", "pkwy": "pkwy parkway pky pwy",
    "hwy": "hwy highway hiway hway", "rte": "rte route rt", "trl": "trl trail trails tr", "aly": "aly alley",
    "way": "way wy", "loop": "loop lp", "sq": "sq square sqr", "pl": "pl place platz", "plz": "plz plaza pza plza",
    "cres": "cres crescent crsnt", "xing": "xing crossing", "expy": "expy expressway", "fwy": "fwy freeway",
    "tpke": "tpke turnpike tpk", "ext": "ext extension extn", "pt": "pt point", "rdg": "rdg ridge",
    "hts": "hts heights ht", "hl": "hl hill", "hls": "hls hills", "est": "est estates ests", "mnr": "mnr manor",
    "lndg": "lndg landing", "cv": "cv cove", "brk": "brk brook", "pne": "pne pines", "vw": "vw view",
    "vlg": "vlg village", "mdws": "mdws meadows", "grn": "grn green", "crk": "crk creek", "gdns": "gdns gardens",
    "byp": "byp bypass", "psge": "psge passage", "walk": "walk", "row": "row", "run": "run", "path": "path",
    "rua": "rua rue r", "calle": "calle c cl cll", "weg": "weg", "gasse": "gasse gass", "all": "allee all alle",
    "ch": "chemin ch che", "imp": "impasse imp", "quai": "quai", "trav": "travessa travesia trav tv",
    "cam": "camino caminho", "ctra": "carretera ctra", "pca": "praca pca pc", "pso": "paseo pso",
    "alam": "alameda alam", "estr": "estrada estr", "rod": "rodovia rod", "lgo": "largo lgo", "ring": "ring",
    "promenade": "promenade prom", "ufer": "ufer", "steig": "steig",
})  # fmt: skip
"""Every spelling of a street type → its short form."""

OTHER_WORDS: Final = _expand({
    "mt": "mt mount", "mtn": "mtn mountain", "ft": "ft fort", "st": "saint sankt snt", "ste": "sainte",
    "ctr": "ctr center centre cntr", "jct": "jct junction", "lk": "lk lake", "riv": "riv river",
    "vly": "vly valley", "spgs": "spgs springs", "cem": "cem cemetery", "sch": "sch school",
    "dr": "doctor doutor doktor", "prof": "prof professor", "gen": "general gen gal", "cel": "cel coronel colonel",
    "eng": "eng engenheiro", "mal": "mal marechal", "pres": "pres presidente president", "cap": "cap capitao captain",
    "sta": "sta santa", "sto": "sto santo", "jr": "jr junior", "sr": "sr senior", "fbg": "fbg faubourg fg",
    "twp": "twp township", "n": "north norte nord n", "s": "south sul sud sur s", "e": "east este leste ost e",
    "w": "west oeste ouest w", "ne": "northeast noreste nordeste nordost", "nw": "northwest noroeste nordwest",
    "se": "southeast sureste sudeste sudost", "sw": "southwest suroeste sudoeste sudwest",
    "1st": "first primero premier primeira", "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth",
    "6th": "sixth", "7th": "seventh", "8th": "eighth", "9th": "ninth", "10th": "tenth", "11th": "eleventh",
    "12th": "twelfth", "13th": "thirteenth", "14th": "fourteenth", "15th": "fifteenth", "16th": "sixteenth",
    "17th": "seventeenth", "18th": "eighteenth", "19th": "nineteenth", "20th": "twentieth", "30th": "thirtieth",
    "40th": "fortieth", "50th": "fiftieth", "60th": "sixtieth", "70th": "seventieth", "80th": "eightieth",
    "90th": "ninetieth", "100th": "hundredth",
})  # fmt: skip

TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip

DIRECTIONS: Final = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})
TYPES: Final = frozenset(STREET_TYPES.values())
# These stand in front of the name ("Rua Augusta", "Avenue Foch"); all may also stand behind it.
LEADING_TYPES: Final = frozenset({
    "rua", "calle", "ave", "blvd", "ch", "imp", "quai", "trav", "cam", "ctra", "pca", "pso", "alam", "estr", "rod",
    "lgo", "plz", "pl", "sq", "all", "psge", "rte", "promenade",
})  # fmt: skip

# Left out or put in at will by those who type: they carry no name.
FILLERS: Final = frozenset({
    "the", "of", "de", "la", "le", "du", "des", "do", "da", "dos", "das", "del", "los", "las", "les", "d", "l", "and",
    "und", "et", "y",
})  # fmt: skip

US_STATES: Final = {
    "alabama": "al", "alaska": "ak", "arizona": "az", "arkansas": "ar", "california": "ca", "colorado": "co",
    "connecticut": "ct", "delaware": "de", "florida": "fl", "georgia": "ga", "hawaii": "hi", "idaho": "id",
    "illinois": "il", "indiana": "in", "iowa": "ia", "kansas": "ks", "kentucky": "ky", "louisiana": "la",
    "maine": "me", "maryland": "md", "massachusetts": "ma", "michigan": "mi", "minnesota": "mn",
    "mississippi": "ms", "missouri": "mo", "montana": "mt", "nebraska": "ne", "nevada": "nv", "new hampshire": "nh",
    "new jersey": "nj", "new mexico": "nm", "new york": "ny", "north carolina": "nc", "north dakota": "nd",
    "ohio": "oh", "oklahoma": "ok", "oregon": "or", "pennsylvania": "pa", "rhode island": "ri",
    "south carolina": "sc", "south dakota": "sd", "tennessee": "tn", "texas": "tx", "utah": "ut", "vermont": "vt",
    "virginia": "va", "washington": "wa", "west virginia": "wv", "wisconsin": "wi", "wyoming": "wy",
    "district columbia": "dc",
}  # fmt: skip
STATE_CODES: Final = frozenset(US_STATES.values())
# "VT 100" is a road; but "Ct 5", "La 3" or "In 2" are more likely words.
_WORDS_TOO: Final = frozenset({
    "al", "ar", "ca", "co", "ct", "de", "fl", "hi", "id", "in", "la", "ma", "me", "mo", "mt", "ne", "oh", "ok", "or",
    "pa", "va",
})  # fmt: skip
ROAD_PREFIXES: Final = (STATE_CODES - _WORDS_TOO) | {"us", "state"}

COUNTRIES: Final = frozenset({
    "usa", "us", "united states", "united states america", "u s a", "u s", "liechtenstein", "furstentum liechtenstein",
    "li", "fl", "switzerland", "schweiz", "suisse", "svizzera", "deutschland", "germany", "osterreich", "austria",
    "france", "monaco", "espana", "spain", "portugal", "brasil", "brazil", "belgium", "belgique", "belgie",
    "united kingdom", "uk", "england", "canada", "mexico", "netherlands", "nederland", "luxembourg", "italy", "italia",
})  # fmt: skip

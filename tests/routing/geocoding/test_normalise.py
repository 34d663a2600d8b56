"""One spelling for every way to write the same street."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from homeward.routing.geocoding.normalise import core, normal_postcode, normalise
from homeward.routing.geocoding.words import DIRECTIONS, OTHER_WORDS, STREET_TYPES

WORDS = st.one_of(
    st.sampled_from([*sorted(STREET_TYPES | OTHER_WORDS), "us", "vt", "twenty", "l'", "the", "de", "vermont"]),
    st.from_regex(r"[A-Za-zäöüßéñç']{1,12}(strasse|str\.)?", fullmatch=True),
    st.from_regex(r"\d{1,4}(st|nd|th|er|º|a)?", fullmatch=True),
)


@pytest.mark.parametrize(
    "spellings",
    [
        ["Hauptstraße 5", "HAUPTSTR. 5", "Haupt-Strasse 5", "Hauptstrasse 5", "haupt str 5"],
        ["Färchaneggstrasse", "Faerchaneggstr.", "Farchanegg Strasse"],
        ["North Main Street", "N Main St.", "N. MAIN STREET"],
        ["VT Route 22A", "Vermont Rte 22A", "VT-22A", "Route 22a", "State Hwy 22A"],
        ["First Avenue", "1st Ave", "1st Av."],
        ["Twenty-Second Street", "22nd St"],
        ["Rue de l'Église", "R. Eglise", "rue église"],
        ["Avenida Brasil", "Av. Brasil", "AVDA BRASIL"],
        ["Rua Dr. João Inácio", "R Doutor Joao Inacio"],
        ["Calle Mayor", "C/ Mayor", "Cl. Mayor"],
        ["Boulevard Albert 1er", "Bd Albert 1ere"],
        ["Saint Mary's Lane", "St. Marys Ln", "St Mary’s lane"],
        ["Praça da Sé", "Pca Se"],
        ["Rosen Weg", "rosen  weg"],
    ],
)
def test_all_spellings_of_one_street_have_one_form(spellings: list[str]) -> None:
    assert len({normalise(text) for text in spellings}) == 1, {text: normalise(text) for text in spellings}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VT Route 7", "VT Route 7A"),
        ("1st Ave", "2nd Ave"),
        ("N Main St", "S Main St"),
        ("Elm St", "Elm Rd"),
        ("Hauptstrasse", "Hauptgasse"),
    ],
)
def test_different_streets_keep_different_forms(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


@given(st.one_of(st.text(max_size=80), st.lists(WORDS, max_size=8).map(" ".join)))
@example("us us 5")
@example("twenty the first")
@example("straesse lae")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(st.text(max_size=80))
def test_the_form_holds_nothing_but_ascii_words(text: str) -> None:
    assert all(word.isascii() and word.isalnum() for word in normalise(text).split())


@given(st.lists(WORDS, min_size=1, max_size=6).map(" ".join))
def test_a_street_that_has_a_form_has_a_name(text: str) -> None:
    norm = normalise(text)
    name, _, direction = core(norm)
    assert bool(name) == bool(norm)
    assert not direction or direction in DIRECTIONS


@pytest.mark.parametrize(
    ("street", "parts"),
    [
        ("n main st", ("main", "st", "n")),
        ("ave brasil", ("brasil", "ave", "")),
        ("rte 7 s", ("rte 7", "", "s")),
        ("broadway", ("broadway", "", "")),
        ("st", ("st", "", "")),
        ("n st", ("n", "st", "")),
        ("w n st", ("n", "st", "w")),
    ],
)
def test_a_street_has_a_name_a_type_and_a_direction(street: str, parts: tuple[str, str, str]) -> None:
    assert core(street) == parts


@pytest.mark.parametrize(
    ("one", "other"),
    [("05401", "5401"), ("05401-1234", "05401"), ("sw1a 1aa", "SW1A1AA")],
)
def test_postcodes_compare_without_spaces_and_leading_zeros(one: str, other: str) -> None:
    assert normal_postcode(one) == normal_postcode(other)

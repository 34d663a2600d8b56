"""How many text messages a text takes."""

import pytest

from homeward.messages.segments import length_of
from homeward.messages.service import LANGUAGES, words_in


@pytest.mark.parametrize(
    ("text", "alphabet", "places", "segments"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),
        ("Ñandú", "UCS-2", 5, 1),
        ("ñ" * 160, "GSM-7", 160, 1),
        ("ł" * 70, "UCS-2", 70, 1),
        ("ł" * 71, "UCS-2", 71, 2),
        ("ł" * 135, "UCS-2", 135, 3),
        ("🍞" * 35, "UCS-2", 70, 1),
        ("🍞" * 36, "UCS-2", 72, 2),
    ],
)
def test_a_text_is_counted_as_networks_bill_it(text: str, alphabet: str, places: int, segments: int) -> None:
    length = length_of(text)
    assert (length.alphabet, length.places, length.segments) == (alphabet, places, segments)


def test_no_character_is_cut_in_half_between_two_parts() -> None:
    assert length_of("a" * 152 + "€" + "a" * 151).segments == 2
    assert length_of("a" * 152 + "€" + "a" * 152).segments == 3
    # 33 emoji and a half would fit: the half begins the next part.
    assert length_of("🍞" * 66).segments == 2
    assert length_of("🍞" * 67).segments == 3


def test_it_is_said_which_characters_make_it_dear() -> None:
    assert length_of("Pączki łódź ą").outside == ("ą", "ł", "ó", "ź")


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for code in LANGUAGES for kind in sorted(words_in(code))])
def test_our_own_words_never_make_a_text_dear(code: str, kind: str) -> None:
    """Names, streets and days may; what we write ourselves stays in the alphabet that telephones have."""
    assert length_of(words_in(code)[kind]["text"].replace("{", "").replace("}", "")).outside == ()

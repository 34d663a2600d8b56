"""The ids of deliveries in the form of UUIDs, there and back.

Ours are `dlv_` and 26 characters of Crockford base 32 that hold 128 bits (kit/ids.py): exactly as many as a UUID has,
so that nothing need be stored. Such a UUID claims no version; their clients treat it as an opaque text.
"""

from typing import Final
from uuid import UUID

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_PREFIX: Final = "dlv_"
_CHARS: Final = 26


def to_uuid(delivery_id: str) -> str:
    """`dlv_…` as a UUID in its usual form; ids of other things just the same, without the way back."""
    value = 0
    for letter in delivery_id.rpartition("_")[2]:
        value = value << 5 | _VALUES[letter]
    return str(UUID(int=value))


def from_uuid(text: str) -> str | None:
    """The delivery that a UUID names; None if it is no UUID."""
    try:
        value = UUID(text).int
    except ValueError:
        return None
    return _PREFIX + "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_CHARS)))

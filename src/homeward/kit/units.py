"""Units as types, so that grams never meet metres. Values are plain integers; the unit stands last in every name."""

from typing import NewType

Grams = NewType("Grams", int)
Metres = NewType("Metres", int)
Millimetres = NewType("Millimetres", int)
Seconds = NewType("Seconds", int)

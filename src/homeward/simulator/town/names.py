"""Names that no street has twice. Pure."""

from collections.abc import Iterator
from typing import Final

import numpy as np


def _words(text: str) -> list[str]:
    return text.split()


_PLAIN: Final = _words(
    """
    Alder Almond Amber Anchor Arbour Ash Aspen Aster Barley Barrow Basil Beacon Beech Bellflower Birch Bishop
    Blackthorn Bluebell Boatman Bramble Briar Brook Butter Calder Candle Canon Cardinal Carter Castle Cedar Chandler
    Chapel Cherry Chestnut Clay Clover Cobble Cooper Copper Coral Cornflower Cotton Cowslip Crane Cricket Cypress
    Dahlia Daisy Damson Dogwood Dove Dyer Elder Elm Falcon Fennel Fern Finch Fletcher Flint Foundry Foxglove Gable
    Garnet Ginger Glover Granary Harbour Harrier Hawthorn Hazel Heather Heron Hickory Holly Honeysuckle Hopper Iris
    Ivory Ivy Jasmine Juniper Kestrel Kiln Lantern Larch Laurel Lavender Lilac Linden Linnet Lupin Magnolia Mallow
    Maple Marigold Marsh Mason Meadow Miller Mint Mistletoe Mulberry Myrtle Nettle Nutmeg Oak Olive Orchard Osprey
    Otter Parsley Pear Pebble Pepper Pewter Pine Plover Plum Poplar Poppy Primrose Quarry Quill Quince Raven Reed
    Robin Rose Rowan Rush Saddler Saffron Sage Sexton Skylark Sloe Sorrel Sparrow Spruce Starling Stone Sumac
    Swallow Swan Sycamore Tanner Teal Thatcher Thistle Thyme Tinker Tulip Turner Union Velvet Vine Violet Walnut
    Warbler Weaver Wharf Wheat Willow Wren Yarrow Yew
    """
)
_FIRST: Final = _words(
    """
    Ash Bram Brook Clare Cold Copper Crow Deer Ever Fair Fallow Fox Glen Golden Green Hart Haver High Holly Kings
    Lark Long Lower Mill Moss North Oak Otter Penny Quarry Raven Red Rook Rose Silver South Stan Stone Sum Swan
    Thorn Upper Wake West White Win Winter Wood
    """
)
_SECOND: Final = _words(
    """
    bank bourne bridge bury cliff combe cote croft dale den fell field ford gate grove ham haven hill holme hurst
    land ley low mead mere moor mount ridge shaw side stead stoke ton vale view wick wold wood worth
    """
)
_SURNAMES: Final = _words(
    """
    Abernathy Bellamy Calloway Delacroix Ellery Fairbanks Gallagher Halloran Ingram Jessup Kowalski Lindqvist
    Marchetti Nakamura Okafor Pettibone Quintana Rosenthal Sandoval Thackeray Underhill Vasquez Whitlock Yamada
    Zimmer Ambrose Baptiste Castellano Drummond Eastwood Farrow Grimaldi Hathaway Iverson Jamison Kessler Lombardi
    Mendoza Novak Ostrowski Prescott Rinaldi Sutherland Tolliver Ursini Vandermeer Winslow Yarborough
    """
)


class StreetNames:
    """Draws names; a word that one street has is never given to another."""

    def __init__(self, rng: np.random.Generator) -> None:
        plain = [str(word) for word in rng.permutation(_PLAIN)]
        joined = [f"{a}{b}" for a in _FIRST for b in _SECOND if b[:2] != a.lower()[-2:]]
        taken = set(_PLAIN)
        self._words: Iterator[str] = iter([*plain, *(str(w) for w in rng.permutation(joined) if w not in taken)])
        self._rng = rng

    def draw(self, endings: tuple[str, ...]) -> str:
        return f"{next(self._words)} {self._rng.choice(endings)}"


TOWN_ENDINGS: Final = ("Street", "Street", "Avenue", "Place")
SUBURB_ENDINGS: Final = ("Road", "Lane", "Drive", "Avenue", "Way", "Crescent", "Terrace", "Street")
COURT_ENDINGS: Final = ("Court", "Close", "Place")
RURAL_ENDINGS: Final = ("Road", "Lane", "Hill Road")

# What a kind of shop is called, how often it comes, and how the map tags it.
SHOPS: Final[dict[str, tuple[int, tuple[str, ...], tuple[str, str]]]] = {
    "bakery": (6, ("{}'s Bakery", "{} & Daughters Bakers", "The {} Oven"), ("shop", "bakery")),
    "pharmacy": (6, ("{} Pharmacy", "{}'s Chemists"), ("amenity", "pharmacy")),
    "grocery": (9, ("{} Grocers", "{}'s Market", "{} Fine Foods"), ("shop", "supermarket")),
    "florist": (5, ("{} Flowers", "The {} Florist"), ("shop", "florist")),
    "hardware": (4, ("{} Hardware", "{} & Sons Ironmongers"), ("shop", "hardware")),
    "books": (4, ("{} Books", "The {} Bookshop"), ("shop", "books")),
    "restaurant": (14, ("{}'s Table", "Trattoria {}", "The {} Kitchen", "{} Grill"), ("amenity", "restaurant")),
    "cafe": (7, ("Café {}", "{} Coffee Rooms"), ("amenity", "cafe")),
    "butcher": (3, ("{} Butchers",), ("shop", "butcher")),
    "wine": (3, ("{} Wines",), ("shop", "alcohol")),
    "pets": (3, ("{} Pet Supplies",), ("shop", "pet")),
    "electronics": (3, ("{} Electronics",), ("shop", "electronics")),
    "clothes": (5, ("{} Outfitters", "{} & Thread"), ("shop", "clothes")),
    "toys": (2, ("{} Toys",), ("shop", "toys")),
    "gifts": (3, ("{} Gifts",), ("shop", "gift")),
}


def shop_names(rng: np.random.Generator) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """(kind, name, tag) of every shop; the kinds take turns, so that the first streets get a mixture."""
    surnames = [str(s) for s in rng.permutation(_SURNAMES)]
    surnames += [f"{word}" for word in rng.permutation([f"{a}{b}" for a in _FIRST[:20] for b in ("ley", "worth")])]
    left = {kind: count for kind, (count, _, _) in SHOPS.items()}
    words = iter(surnames)
    while any(left.values()):
        for kind, (_, patterns, tag) in SHOPS.items():
            if left[kind]:
                left[kind] -= 1
                yield kind, str(rng.choice(patterns)).format(next(words)), tag

"""Invented people and goods. Telephone numbers are from the range kept free for fiction (555-01xx)."""

import random
from typing import Final

_FIRST: Final = (
    "Ada", "Amir", "Aiko", "Bela", "Bruno", "Carla", "Chidi", "Clara", "Dara", "Davi", "Edda", "Elias", "Emre",
    "Fatou", "Felix", "Gita", "Hana", "Hugo", "Imani", "Ines", "Ivo", "Jana", "Jonas", "Kai", "Keiko", "Kofi",
    "Lars", "Leila", "Lena", "Luca", "Maia", "Marek", "Mina", "Nadia", "Nico", "Nora", "Omar", "Otto", "Paula",
    "Petra", "Priya", "Rafa", "Rosa", "Sami", "Sara", "Selma", "Sven", "Tala", "Theo", "Tomas", "Uma", "Vera",
    "Viktor", "Wanda", "Yara", "Yusuf", "Zoe",
)  # fmt: skip
_LAST: Final = (
    "Abebe", "Almeida", "Andersson", "Baker", "Becker", "Bianchi", "Campos", "Castillo", "Cohen", "Costa", "Demir",
    "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad", "Hansen", "Ito", "Jansen", "Kaya", "Keller", "Kim",
    "Kowalski", "Laurent", "Lindgren", "Lopez", "Mensah", "Meyer", "Moreau", "Murphy", "Nguyen", "Novak", "Okafor",
    "Olsen", "Patel", "Pereira", "Petrov", "Quinn", "Rahman", "Ricci", "Rossi", "Sato", "Schmid", "Silva", "Singh",
    "Suzuki", "Tanaka", "Torres", "Varga", "Walker", "Weber", "Wong", "Yilmaz", "Zhang",
)  # fmt: skip
_AREA_CODES: Final = ("202", "303", "312", "404", "415", "503", "512", "602", "617", "702", "713", "718", "804", "919")
_COURIER_AREA_CODE: Final = "206"

GOODS: Final = {
    "bakery": ("two loaves and rolls", "a birthday cake", "croissants", "sandwiches for four"),
    "pharmacy": ("a prescription", "vitamins and plasters", "baby formula"),
    "grocery": ("the week's shopping", "milk, eggs and fruit", "a crate of vegetables", "supper for two"),
    "florist": ("a bouquet of tulips", "a potted orchid", "flowers for a wedding anniversary"),
    "hardware": ("a drill and screws", "two tins of paint", "a garden hose"),
    "books": ("three novels", "a school atlas", "a board game"),
    "restaurant": ("two curries and rice", "four pizzas", "noodle soup for three", "a sushi platter"),
    "cafe": ("four coffees and cake", "a tray of sandwiches"),
    "butcher": ("a Sunday roast", "sausages for the grill"),
    "wine": ("six bottles of water and juice", "a gift basket"),
    "pets": ("a bag of cat food", "straw and hay"),
    "toys": ("a board game", "a wooden train"),
    "other": ("a parcel", "a gift box", "a bag of goods"),
}
INSTRUCTIONS: Final = (
    "",
    "",
    "",
    "Ring twice, please.",
    "Side door, by the bins.",
    "Please leave it with the neighbour at 12.",
    "Gate code 4711.",
)


def person(rng: random.Random) -> str:
    return f"{rng.choice(_FIRST)} {rng.choice(_LAST)}"


def phone(rng: random.Random) -> str:
    """A shopper's."""
    return f"+1{rng.choice(_AREA_CODES)}55501{rng.randrange(100):02d}"


def courier_phone(number: int) -> str:
    """A courier's own; at most a hundred of them."""
    assert 0 <= number < 100, "the range for fiction has a hundred numbers"
    return f"+1{_COURIER_AREA_CODE}55501{number:02d}"


def goods_of(kind: str, rng: random.Random) -> str:
    """Something that a shop of this kind sells."""
    return rng.choice(GOODS.get(kind, GOODS["other"]))

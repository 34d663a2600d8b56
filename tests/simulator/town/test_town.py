from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest
from osmium import osm

from homeward.kit.places import great_circle_m
from homeward.simulator.town import TOWN_NAME, TOWN_TIME_ZONE, TownSummary, write_town
from homeward.simulator.town.model import DRIVEN, ORIGIN
from homeward.simulator.town.names import SUBURB_ENDINGS, StreetNames

Tags = dict[str, str]


@dataclass
class Written:
    """A town and what any reader of map files finds in it."""

    path: Path
    summary: TownSummary
    nodes: dict[int, tuple[float, float]] = field(default_factory=dict)
    node_tags: list[Tags] = field(default_factory=list)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    relations: list[Tags] = field(default_factory=list)

    def roads(self) -> Iterator[tuple[list[int], Tags]]:
        return ((nodes, tags) for nodes, tags in self.ways if tags.get("highway") in DRIVEN)

    def doors(self) -> list[Tags]:
        tagged = (*self.node_tags, *(tags for _, tags in self.ways))
        return [tags for tags in tagged if "addr:housenumber" in tags]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Written:
    path = tmp_path_factory.mktemp("town") / "town.osm.pbf"
    written = Written(path, write_town(path, seed=1))
    for item in osmium.FileProcessor(str(path)):
        tags = dict(item.tags)
        if isinstance(item, osm.Node):
            written.nodes[item.id] = (item.lat, item.lon)
            written.node_tags.append(tags)
        elif isinstance(item, osm.Way):
            written.ways.append(([node.ref for node in item.nodes], tags))
        else:
            written.relations.append(tags)
    return written


def test_the_same_seed_gives_the_same_town_to_the_byte(town: Written, tmp_path: Path) -> None:
    again = write_town(tmp_path / "town.osm.pbf", seed=1)
    assert again == town.summary
    assert (tmp_path / "town.osm.pbf").read_bytes() == town.path.read_bytes()


def test_another_seed_gives_another_town_of_the_same_name(town: Written, tmp_path: Path) -> None:
    other = write_town(tmp_path / "town.osm.pbf", seed=2)
    assert (other.name, other.time_zone) == (TOWN_NAME, TOWN_TIME_ZONE)
    assert other.shops != town.summary.shops
    assert 4_000 <= other.addresses <= 8_500


def test_the_town_has_several_thousand_doors_each_with_a_whole_address(town: Written) -> None:
    assert 4_000 <= town.summary.addresses <= 8_000
    for door in town.doors():
        assert door["addr:street"]
        assert door["addr:city"]
        assert len(door["addr:postcode"]) == 5


def test_no_two_houses_share_an_address(town: Written) -> None:
    houses = Counter(
        (tags["addr:street"], tags["addr:housenumber"], tags["addr:city"])
        for _, tags in town.ways
        if "addr:housenumber" in tags
    )
    assert houses.most_common(1)[0][1] == 1
    assert len(houses) == town.summary.addresses


def test_no_two_streets_share_a_word() -> None:
    names = StreetNames(np.random.default_rng(3))
    drawn = [names.draw(SUBURB_ENDINGS) for _ in range(600)]
    assert len({name.split()[0] for name in drawn}) == 600


def test_a_street_name_is_one_street(town: Written) -> None:
    """Two streets of one name would show by their different speed limits sooner or later."""
    kinds = defaultdict(set)
    for _, tags in town.roads():
        if tags.get("name"):
            kinds[tags["name"]].add(tags["maxspeed"])
    assert len(kinds) == town.summary.streets > 250
    assert all(len(speeds) == 1 for speeds in kinds.values())


def test_every_street_on_the_map_can_be_reached_by_car_and_left_again(town: Written) -> None:
    onward: dict[int, list[int]] = defaultdict(list)
    back: dict[int, list[int]] = defaultdict(list)
    for nodes, tags in town.roads():
        one_way = tags.get("oneway") == "yes"
        for a, b in pairwise(nodes):
            onward[a].append(b)
            back[b].append(a)
            if not one_way:
                onward[b].append(a)
                back[a].append(b)
    everywhere = set(onward) | set(back)
    start = min(everywhere)
    assert reached(start, onward) == reached(start, back) == everywhere


def reached(start: int, ways: dict[int, list[int]]) -> set[int]:
    seen, ends = {start}, [start]
    while ends:
        for node in ways[ends.pop()]:
            if node not in seen:
                seen.add(node)
                ends.append(node)
    return seen


def test_few_bridges_cross_the_river_and_one_is_for_feet_only(town: Written) -> None:
    bridges = [(tags.get("name"), tags["highway"]) for _, tags in town.ways if tags.get("bridge") == "yes"]
    over_river = [b for b in bridges if b[0] in ("Ring Road", "Old Bridge Road", "Ferry Lane", "Miller's Footbridge")]
    assert Counter(name for name, _ in over_river) == {
        "Ring Road": 2, "Old Bridge Road": 1, "Ferry Lane": 1, "Miller's Footbridge": 1,
    }  # fmt: skip


def test_nobody_can_turn_from_a_bridge_onto_what_it_crosses(town: Written) -> None:
    below = {n for nodes, tags in town.ways if tags.get("highway") == "motorway" for n in nodes}
    above = {n for nodes, tags in town.ways if tags.get("bridge") == "yes" for n in nodes}
    assert not below & above


def test_the_map_has_what_routing_must_obey(town: Written) -> None:
    kinds = Counter(tags["highway"] for _, tags in town.roads())
    assert {"motorway", "motorway_link", "trunk", "primary", "secondary", "tertiary", "residential"} <= set(kinds)
    assert kinds["motorway_link"] == 12
    assert sum(tags.get("oneway") == "yes" for _, tags in town.roads()) > 20
    assert all("maxspeed" in tags for _, tags in town.roads() if tags["highway"] != "service")
    assert sum(tags.get("highway") == "traffic_signals" for tags in town.node_tags) > 20
    assert sum(tags.get("type") == "restriction" for tags in town.relations) >= 4
    paths = Counter(tags.get("highway") for _, tags in town.ways)
    assert paths["footway"] >= 5
    assert paths["cycleway"] >= 1
    assert paths["pedestrian"] >= 1


def test_shops_have_names_of_their_own_and_stand_at_known_doors(town: Written) -> None:
    shops = town.summary.shops
    assert len(shops) >= 60
    assert {"bakery", "pharmacy", "grocery", "florist", "hardware", "books", "restaurant"} <= {s.kind for s in shops}
    assert len({shop.name for shop in shops}) == len(shops)
    houses = {(tags["addr:street"], tags["addr:housenumber"]) for tags in town.doors() if "building" in tags}
    assert all((shop.street, shop.number) in houses for shop in shops)
    assert {tags["name"] for tags in town.node_tags if "shop" in tags or "amenity" in tags} == {s.name for s in shops}


def test_the_town_lies_far_from_any_coast(town: Written) -> None:
    assert town.summary.box.holds(ORIGIN)
    assert all(great_circle_m(shop.place, ORIGIN) < 10_000 for shop in town.summary.shops)
    assert (ORIGIN.lat, ORIGIN.lon) == (36.0, -70.0)


def test_half_a_town_is_never_left_behind(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        write_town(tmp_path / "town.unknown-format", seed=1)
    assert list(tmp_path.iterdir()) == []

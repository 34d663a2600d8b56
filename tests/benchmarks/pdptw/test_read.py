"""Both published formats are read for what they say, whatever their files are called."""

from __future__ import annotations

import pytest

from homeward.benchmarks.inputs import members
from homeward.benchmarks.pdptw.model import BestKnown
from homeward.benchmarks.pdptw.read import NotAnInstance, looks_like_instance, read_best_known, read_instance
from tests.benchmarks.pdptw.world import LI_LIM, SARTORI_BURIOL, shared_data


def test_li_and_lim_travel_is_the_straight_line_unrounded() -> None:
    diagonal = LI_LIM.replace(b"1\t1\t0\t6", b"1\t1\t1\t6")
    instance = read_instance("folder/cross.txt", diagonal)
    assert instance.name == "cross"
    assert instance.travel[0, 1] == pytest.approx(2**0.5, abs=1e-15)
    assert not instance.whole
    assert (instance.vehicles, instance.capacity) == (3, 10)


def test_sartori_and_buriol_travel_is_the_given_matrix_row_to_column() -> None:
    instance = read_instance("whatever.txt", SARTORI_BURIOL)
    assert instance.name == "tiny-n4-1"
    assert (instance.travel[0, 1], instance.travel[1, 0]) == (1, 2)
    assert instance.whole


@pytest.mark.parametrize("content", [LI_LIM, SARTORI_BURIOL], ids=["Li & Lim", "Sartori & Buriol"])
def test_pairs_go_from_pickup_to_delivery(content: bytes) -> None:
    assert read_instance("x", content).pairs == ((1, 2), (3, 4))


def test_lines_may_end_as_on_windows() -> None:
    assert read_instance("x", LI_LIM.replace(b"\n", b"\r\n")).pairs == ((1, 2), (3, 4))
    assert read_instance("x", SARTORI_BURIOL.replace(b"\n", b"\r\n")).name == "tiny-n4-1"


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (LI_LIM.replace(b"3\t-1\t0\t6", b"3\t-1\t0\t5"), "demands of 3 and 4"),
        (LI_LIM.replace(b"60\t2\t3\t0", b"60\t2\t3\t0\t9"), "nine numbers"),
        (LI_LIM.replace(b"4\t-2", b"7\t-2"), "numbered"),
        (LI_LIM.replace(b"50\t2\t0\t4", b"50\t2\t0\t0"), "every node but the depot"),
        (SARTORI_BURIOL.replace(b"2 4 5 1 0\n", b""), "the matrix is"),
        (SARTORI_BURIOL.replace(b"CAPACITY: 10\n", b""), "no CAPACITY"),
    ],
)
def test_an_instance_whose_parts_do_not_fit_is_refused_with_the_reason(spoilt: bytes, why: str) -> None:
    with pytest.raises(NotAnInstance, match=why):
        read_instance("spoilt.txt", spoilt)


def test_other_files_of_an_archive_are_passed_over() -> None:
    assert looks_like_instance(LI_LIM)
    assert looks_like_instance(SARTORI_BURIOL)
    assert not looks_like_instance(b"instance,best_vehicles,best_cost\nlc101,10,828.94\n")
    assert not looks_like_instance(b"How to read these files: see the paper.")
    assert not looks_like_instance(b"")


def test_best_known_values_are_found_by_name_in_any_case() -> None:
    table = b"set,instance,best_vehicles,best_cost\nli_lim,LC1_2_1,20,2704.57\n"
    assert read_best_known(table) == {"lc1_2_1": BestKnown(20, 2704.57)}


def test_a_table_without_the_needed_columns_is_refused() -> None:
    with pytest.raises(NotAnInstance, match="best_vehicles"):
        read_best_known(b"instance,vehicles\nlc101,10\n")


@pytest.mark.parametrize(("archive", "count"), [("lilim_dev.zip", 69), ("sartori_buriol_dev.zip", 40)])
def test_every_published_instance_is_read_and_has_a_best_known_value(archive: str, count: int) -> None:
    known = read_best_known(shared_data("best_known.csv").read_bytes())
    found = [read_instance(name, content) for name, content in members(shared_data(archive))]
    assert len(found) == count
    assert all(instance.name.lower() in known for instance in found)


def test_a_size_class_is_the_published_size_that_the_tasks_fill() -> None:
    classes = {
        read_instance(name, content).size_class: name.split("/")[0]
        for archive in ("lilim_dev.zip", "sartori_buriol_dev.zip")
        for name, content in members(shared_data(archive))
    }
    assert classes == {
        "Li & Lim 100": "100", "Li & Lim 200": "200", "Li & Lim 400": "400", "Li & Lim 600": "600",
        "Li & Lim 1000": "1000", "n100": "n100", "n200": "n200", "n400": "n400", "n1000": "n1000",
    }  # fmt: skip

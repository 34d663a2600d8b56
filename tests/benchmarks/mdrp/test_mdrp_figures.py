import json
from pathlib import Path
from typing import Any

import pytest

from homeward.benchmarks.cli import main
from homeward.benchmarks.inputs import UnreadableInput
from homeward.benchmarks.mdrp.checker import check
from homeward.benchmarks.mdrp.instance import instances
from homeward.benchmarks.mdrp.metrics import COLUMNS, bootstrap, differences, figures, floors, percentile
from homeward.benchmarks.mdrp.world import Go, Take
from tests.benchmarks.mdrp.small_days import a_courier, a_day, an_order

FILES = {
    "orders.txt": "order\tx\ty\tplacement_time\trestaurant\tready_time\no1\t500\t0\t10\tgrill\t20\n",
    "restaurants.txt": "restaurant\tx\ty\ngrill\t0\t0\n",
    "couriers.txt": "courier\tx\ty\ton_time\toff_time\nann\t0\t0\t0\t120\n",
    "instance_parameters.txt": "meters_per_minute\tpickup service minutes\tdropoff service minutes\ttarget "
    "click-to-door\tmaximum click-to-door\tpay per order\tguaranteed pay per hour\n100\t4\t4\t40\t90\t10\t15\n",
}


def written(folder: Path, **changes: str) -> Path:
    place = folder / "tiny"
    place.mkdir(parents=True)
    for name, text in {**FILES, **{f"{key}.txt": value for key, value in changes.items()}}.items():
        (place / name).write_text(text)
    return folder


def test_the_figures_of_a_day_follow_their_definitions() -> None:
    day = a_day(an_order("o1"), an_order("late", at=(0.0, 0.0), placed=0, ready=5), couriers=(a_courier(off=240),))
    verdict = check(day, [Go(10, "ann", "grill"), Take(50, "ann", ("o1",))])
    row = figures(day, verdict, [0.1, 0.3])

    assert (row["orders"], row["undelivered_pct"]) == (2, 50.0)
    assert (row["ctd_mean"], row["ctd_max"], row["overage_mean"], row["rtp_mean"]) == (49, 49, 9, 30)
    assert row["ctd_floor_mean"] == (19 + 9) / 2
    assert row["cost_per_order"] == 60.0  # four hours' guarantee for one order
    assert row["utilisation_mean"] == (4 + 5 + 4) / 240
    assert row["ctd_lost_at_max"] == (49 + 90) / 2
    assert row["decision_s_max"] == 0.3


def test_percentiles_lie_between_the_nearest_ranks() -> None:
    assert percentile([0, 10], 90) == 9
    assert percentile([7], 90) == 7


def test_differences_are_paired_by_instance_and_leave_out_what_the_reference_lacks() -> None:
    rows: list[dict[str, Any]] = [{"instance": name, **dict.fromkeys(COLUMNS[1:], 10.0)} for name in ("a", "b", "c")]
    reference = {"a": {"meas_foodmatch_ctd_mean": 12.0}, "b": {"meas_foodmatch_ctd_mean": 11.0}, "c": {}}
    found = differences(rows, reference)

    assert [(one.ours, one.theirs, one.instances, one.mean) for one in found] == [
        ("ctd_mean", "meas_foodmatch_ctd_mean", 2, -1.5)
    ]
    assert -2.0 <= found[0].low <= found[0].high <= -1.0


def test_the_bootstrap_interval_of_equal_differences_is_a_point() -> None:
    assert bootstrap([-1.5] * 8) == (-1.5, -1.5)


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"orders": FILES["orders.txt"].replace("grill", "pizzeria")}, "names no restaurant"),
        ({"orders": FILES["orders.txt"].replace("20\n", "9\n")}, "ready before it was placed"),
        ({"couriers": FILES["couriers.txt"].replace("120", "noon")}, "line 2 does not fit"),
        ({"restaurants": "name\tx\ty\ngrill\t0\t0\n"}, "line 2 does not fit"),
        ({"instance_parameters": FILES["instance_parameters.txt"].replace("100\t", "0\t")}, "must be positive"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(tmp_path: Path, changes: dict[str, str], wrong: str) -> None:
    with pytest.raises(UnreadableInput, match=wrong):
        list(instances(written(tmp_path, **changes)))


def test_an_unknown_pattern_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="is called big"):
        list(instances(written(tmp_path), "big*"))


@pytest.mark.parametrize("words", [[], ["--narrow"]])
def test_the_command_writes_rows_with_the_agreed_fields_first(tmp_path: Path, words: list[str]) -> None:
    out, logs = tmp_path / "rows.json", tmp_path / "logs"
    status = main(["mdrp", str(written(tmp_path / "in")), "--out", str(out), "--log", str(logs), *words])
    row = json.loads(out.read_text())["rows"][0]

    assert status == 0
    assert tuple(row)[: len(COLUMNS)] == COLUMNS
    assert (row["instance"], row["undelivered_pct"], row["ctd_mean"]) == ("tiny", 0.0, 19)
    told = [json.loads(line)["told"] for line in (logs / "tiny.jsonl").read_text().splitlines()]
    assert told == ["go", "take"]


def test_the_published_floors_come_out_of_the_published_instances(shared_data: Path) -> None:
    found = {instance.name: instance for instance in instances(shared_data / "mdrp" / "sample")}

    assert {name: len(instance.orders) for name, instance in found.items()} == {
        "0o50t100s1p100": 252,
        "0r50t75s2p125": 242,
    }
    floor = floors(found["0o50t100s1p100"])
    assert round(sum(floor) / len(floor), 3) == 28.329

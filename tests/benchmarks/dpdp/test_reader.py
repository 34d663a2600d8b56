"""Reading the competition's files, and saying what is wrong with others."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from homeward.benchmarks.dpdp.reader import read
from homeward.benchmarks.inputs import UnreadableInput

FACTORIES = "factory_id,longitude,latitude,port_num\na,116.6,40.2,6\nb,116.7,40.3,2\n"
ROADS = "route_code,start_factory_id,end_factory_id,distance,time\n1,a,b,37.25,4464\n2,b,a,36.0,4000\n"
COLUMNS = (
    "order_id,q_standard,q_small,q_box,demand,creation_time,committed_completion_time,load_time,unload_time,"
    "pickup_id,delivery_id\n"
)
ORDERS = (
    COLUMNS
    + "0003480001,2,1,1,2.75,00:03:48,04:03:48,660,660,a,b\n2300000002,1,0,0,1.0,23:00:00,03:00:00,240,240,b,a\n"
)
TRUCKS = "car_num,capacity,operation_time,gps_id\nV_1,15,24,G_1\nV_2,15,24,G_2\n"


def files(**changes: str) -> dict[str, str]:
    return {
        "factory_info.csv": changes.get("factories", FACTORIES),
        "route_info.csv": changes.get("roads", ROADS),
        "instance_2/2_1.csv": changes.get("orders", ORDERS),
        "instance_2/vehicle_info_2.csv": changes.get("trucks", TRUCKS),
        "instance_10/2_1.csv": changes.get("orders", ORDERS),
        "instance_10/vehicle_info_2.csv": changes.get("trucks", TRUCKS),
    }


def a_folder(under: Path, contents: dict[str, str]) -> Path:
    for name, content in contents.items():
        (under / name).parent.mkdir(parents=True, exist_ok=True)
        (under / name).write_text(content)
    return under


def test_sizes_times_and_roads_come_in_whole_units(tmp_path: Path) -> None:
    instance = next(read(a_folder(tmp_path, files())))
    first, second = instance.orders
    assert [item.quarters for item in first.items] == [4, 4, 2, 1]
    assert (first.quarters, first.created_at, first.promised_by, first.pickup, first.dropoff) == (11, 228, 14_628, 0, 1)
    assert second.promised_by == 27 * 3_600, "a promise after midnight belongs to the next day"
    assert instance.roads.metres.tolist() == [[0, 37_250], [36_000, 0]]
    assert instance.roads.travel_s.tolist() == [[0, 4_464], [4_000, 0]]
    assert (instance.roads.docks, [truck.quarters for truck in instance.trucks]) == ((6, 2), [60, 60])


def test_a_folder_and_its_zip_read_the_same_in_the_order_of_numbers(tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "folder", files())
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        for name, content in files().items():
            archive.writestr(f"somewhere/{name}", content)
    names = [[instance.name for instance in read(path)] for path in (folder, tmp_path / "all.zip")]
    assert names == [["instance_2", "instance_10"]] * 2
    assert [instance.name for instance in read(folder, "instance_1*")] == ["instance_10"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"roads": ROADS.splitlines()[0] + "\n1,a,b,37.2,4464\n"}, "no road"),
        ({"roads": ROADS.replace("4464", "soon")}, "route_info.csv"),
        ({"factories": FACTORIES.replace(",2\n", ",0\n")}, "no dock"),
        ({"orders": ORDERS.replace(",a,b", ",a,x")}, "0003480001"),
        ({"orders": ORDERS.replace(",2,1,1,", ",0,0,0,")}, "no cargo"),
        ({"orders": COLUMNS}, "no rows"),
        ({"trucks": TRUCKS.replace("car_num", "name")}, "car_num"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_named(tmp_path: Path, changes: dict[str, str], told: str) -> None:
    with pytest.raises(UnreadableInput, match=told):
        list(read(a_folder(tmp_path, files(**changes))))


def test_instances_that_nobody_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableInput, match="instance_7"):
        list(read(a_folder(tmp_path, files()), "instance_7"))

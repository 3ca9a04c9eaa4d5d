"""Records: JSON objects as Python objects."""

from __future__ import annotations

import copy
import enum
import pickle
from datetime import datetime, timezone
from typing import Any, ClassVar, Optional

import pytest

from copilot._record import Record, camel, parse_time, snake


class Colour(str, enum.Enum):
    RED = "red"


class Wheel(Record):
    size: int


class Car(Record):
    _wire_names: ClassVar[dict[str, str]] = {"top_speed": "top_speed"}
    plate: str
    wheel_base: float
    wheels: Optional[list[Wheel]] = None
    by_name: Optional[dict[str, Wheel]] = None
    colour: Optional[Colour] = None
    built: Optional[datetime] = None
    top_speed: Optional[int] = None
    seats: int = 4


WIRE: dict[str, Any] = {
    "plate": "A 1",
    "wheelBase": 2.5,
    "wheels": [{"size": 17}, {"size": 18}],
    "byName": {"spare": {"size": 15}},
    "colour": "red",
    "built": "2026-01-02T03:04:05.678Z",
    "top_speed": 200,
    "towBar": {"maxLoad": 750},
}


@pytest.mark.parametrize(
    ("python", "wire"), [("a", "a"), ("delta_content", "deltaContent"), ("x_y_z", "xYZ")]
)
def test_names_are_spelled_both_ways(python: str, wire: str) -> None:
    assert camel(python) == wire
    assert snake(camel("delta_content")) == "delta_content"


def test_members_are_read_as_their_annotations_say() -> None:
    car = Car.from_dict(WIRE)
    assert (car.plate, car.wheel_base, car.top_speed) == ("A 1", 2.5, 200)
    assert car.wheels is not None and [wheel.size for wheel in car.wheels] == [17, 18]
    assert isinstance(car.wheels[0], Wheel)
    assert car.by_name is not None and car.by_name["spare"] == Wheel(15)
    assert car.colour is Colour.RED
    assert car.built == datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)


def test_members_are_found_in_either_spelling_and_as_items() -> None:
    car = Car.from_dict(WIRE)
    assert car.wheelBase == car.wheel_base == car["wheelBase"] == car["wheel_base"] == car.get("wheel_base")
    assert "wheelBase" in car and "wheel_base" in car and "doors" not in car
    assert car.get("doors", 5) == 5
    assert dict(car)["plate"] == "A 1"
    with pytest.raises(KeyError):
        car["doors"]


def test_members_that_are_not_declared_are_kept() -> None:
    car = Car.from_dict(WIRE)
    assert car.tow_bar.max_load == car.towBar.maxLoad == 750
    assert car.to_dict() is WIRE
    with pytest.raises(AttributeError, match="'Car' object has no attribute 'doors'"):
        _ = car.doors
    assert not hasattr(car, "__fspath__")


def test_what_is_missing_is_its_default_or_an_error() -> None:
    car = Car.from_dict({"plate": "A 1", "wheelBase": 1})
    assert car.wheels is None and car.seats == 4
    with pytest.raises(ValueError, match=r"^Missing required fields in Car: plate=A 1, wheel_base=None$"):
        Car.from_dict({"plate": "A 1"})
    with pytest.raises(ValueError, match=r"^Missing required field 'size' in Wheel$"):
        Wheel.from_dict({"size": None})
    with pytest.raises(ValueError, match="made from an object, not from list"):
        Wheel.from_dict([])


def test_reading_an_attribute_checks_nothing() -> None:
    car = Car.from_dict({"plate": "", "wheelBase": 0, "wheels": [{}, 7], "built": 3, "colour": "mauve"})
    assert car.wheels is not None
    assert car.wheels[0].size is None
    assert car.wheels[1] == 7
    assert (car.built, car.colour) == (3, "mauve")


def test_constructed_records_are_those_of_the_wire() -> None:
    car = Car("A 1", 2.5, wheels=[Wheel(17)], colour=Colour.RED, seats=2)
    expected = {"plate": "A 1", "wheelBase": 2.5, "wheels": [{"size": 17}], "colour": "red", "seats": 2}
    assert car.to_dict() == expected
    assert car == Car.from_dict(expected)
    assert Car("A 1", 2.5).to_dict()["seats"] == 4
    assert Car("A 1", 2.5) == Car("A 1", 2.5, seats=4)


@pytest.mark.parametrize(
    ("values", "named", "text"),
    [
        ((), {"plate": "x"}, "needs wheel_base"),
        (("x", 1), {"plate": "y"}, "two values for 'plate'"),
        (("x", 1), {"doors": 3}, "no member 'doors', only: plate, wheel_base"),
        (tuple(range(9)), {}, "takes 8 values, 9 were given"),
    ],
)
def test_a_wrong_construction_says_what_is_wrong(values: Any, named: Any, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        Car(*values, **named)


def test_attributes_can_be_set() -> None:
    car = Car("A 1", 2.5)
    assert car.colour is None
    car.colour = Colour.RED
    car.tow_bar = {"maxLoad": 1}
    assert car.to_dict()["colour"] == "red" and car.colour is Colour.RED
    assert car.to_dict()["towBar"] == {"maxLoad": 1}


def test_equal_records_hash_alike() -> None:
    one, other = Car.from_dict({"plate": "x", "wheelBase": 1}), Car.from_dict({"wheelBase": 1, "plate": "x"})
    assert one == other and hash(one) == hash(other)
    assert one != Car("y", 1) and one != {"plate": "x", "wheelBase": 1}


def test_copies_and_pickles() -> None:
    car = Car.from_dict(copy.deepcopy(WIRE))
    deep, shallow, pickled = copy.deepcopy(car), copy.copy(car), pickle.loads(pickle.dumps(car))
    assert deep == shallow == pickled == car
    deep.to_dict()["wheels"][0]["size"] = 1
    assert car.wheels is not None and car.wheels[0].size == 17
    assert repr(Wheel(17)) == "Wheel(size=17)"


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.000Z",
        "2026-01-02T03:04:05+00:00",
        "2026-01-02T04:04:05+0100",
    ],
)
def test_times(text: str) -> None:
    assert parse_time(text) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)

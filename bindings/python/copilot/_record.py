"""Records: JSON objects of the wire as Python objects, typed by their annotations.

A record keeps the object as it came. What an annotation says of a member is done when the member is read, so that a
record costs nothing for the members that nobody asks for, and members that this version does not know are kept.
"""

from __future__ import annotations

import enum
import re
import sys
import typing
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Callable, ClassVar, Optional, TypeVar, Union

if TYPE_CHECKING:
    from typing_extensions import Self, dataclass_transform
else:

    def dataclass_transform(**_):
        """Tells type checkers how records are constructed; nothing at run time."""
        return lambda cls: cls


T = TypeVar("T")
Reader = Callable[[Any], Any]

_BOUNDARY = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_READ = object()


def camel(name: str) -> str:
    """`delta_content` as the wire spells it: `deltaContent`."""
    head, *rest = name.split("_")
    return head + "".join(part[:1].upper() + part[1:] for part in rest)


def snake(name: str) -> str:
    """`deltaContent` as Python spells it: `delta_content`."""
    return _BOUNDARY.sub("_", name).lower()


def camel_keys(value: Any) -> Any:
    """An object with all its keys, and those of the objects in it, as the wire spells them; names of headers stay."""
    if isinstance(value, dict):
        return {camel(key): item if key == "headers" else camel_keys(item) for key, item in value.items()}
    return [camel_keys(item) for item in value] if isinstance(value, list) else value


def parse_time(text: str) -> datetime:
    """A time of the wire, in ISO 8601. Python before 3.11 does not know the "Z" of UTC, nor fractions of any length."""
    if sys.version_info >= (3, 11):
        return datetime.fromisoformat(text)
    match = re.fullmatch(r"(.*?)(\.\d+)?(Z|[+-]\d\d:?\d\d)?", text)
    assert match is not None  # every part of the pattern may be empty
    moment, fraction, zone = match.group(1), match.group(2) or "", match.group(3) or ""
    zone = "+00:00" if zone == "Z" else zone
    if len(zone) == 5:
        zone = zone[:3] + ":" + zone[3:]
    return datetime.fromisoformat(moment + (fraction[:7].ljust(7, "0") if fraction else "") + zone)


def to_wire(value: Any) -> Any:
    """What stands for a value in JSON: records, enums, times and containers of them."""
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: to_wire(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_wire(item) for item in value]
    return value


def from_wire(value: Any) -> Any:
    """A value of the wire that no annotation describes: objects become records of no type in particular."""
    if type(value) is dict:
        return Record.from_dict(value)
    if type(value) is list:
        return [from_wire(item) for item in value]
    return value


def _enum_reader(kind: type[enum.Enum]) -> Reader:
    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            return value  # a word that this version does not know

    return read


def _union_reader(arguments: tuple[Any, ...]) -> Reader:
    """Optional[X] reads as X. Of several types the one for objects is taken where an object has come."""
    kinds = [argument for argument in arguments if argument is not type(None)]
    if len(kinds) == 1:
        return _reader(kinds[0])
    readers: dict[type, Reader] = {dict: from_wire, list: from_wire}
    for kind in kinds:
        origin = typing.get_origin(kind) or kind
        if isinstance(origin, type) and issubclass(origin, Record):
            readers[dict] = _reader(kind)
        elif origin in (dict, list):
            readers[origin] = _reader(kind)
    return lambda value: readers[type(value)](value) if type(value) in readers else value


def _as_it_is(value: Any) -> Any:
    return value


def _reader(annotation: Any) -> Reader:
    """How a member of the wire becomes what its annotation says."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Union:
        return _union_reader(arguments)
    if origin is list and arguments:
        item = _reader(arguments[0])
        return lambda value: [item(each) for each in value] if isinstance(value, list) else value
    if origin is dict and arguments:
        item = _reader(arguments[1])
        return lambda value: {k: item(v) for k, v in value.items()} if isinstance(value, dict) else value
    if isinstance(annotation, type):
        if issubclass(annotation, Record):
            record = annotation
            return lambda value: record._unchecked(value) if isinstance(value, dict) else value
        if issubclass(annotation, enum.Enum):
            return _enum_reader(annotation)
        if annotation is datetime:
            return lambda value: parse_time(value) if isinstance(value, str) else value
    return _as_it_is


class Member:
    """One annotation of a record, as an attribute of its class: the wire's name, the default, and how it is read."""

    __slots__ = ("default", "name", "plain", "reader", "required", "wire")

    def __init__(self, name: str, wire: str, required: bool, default: Any, reader: Reader) -> None:
        self.name, self.wire, self.required, self.default, self.reader = name, wire, required, default, reader
        self.plain = reader is _as_it_is and (required or default is None)

    def __get__(self, record: Optional[Record], _: Any = None) -> Any:
        if record is None:
            raise AttributeError(self.name)
        value = record._wire.get(self.wire)
        if self.plain:
            return value
        read = record._read
        if self.name not in read:
            read[self.name] = record._convert(self, value)
        return read[self.name]


def _members_of(cls: type[Record]) -> dict[str, Member]:
    """The members of a class, in the order of their annotations; those of its bases come first."""
    hints = typing.get_type_hints(cls)
    members = {}
    for name, hint in hints.items():
        if name.startswith("_") or typing.get_origin(hint) is ClassVar:
            continue
        default = cls._defaults.get(name, _NOT_READ)
        wire = cls._wire_names.get(name) or camel(name)
        members[name] = Member(name, wire, default is _NOT_READ, default, _reader(hint))
    return members


@dataclass_transform(eq_default=False)
class Record:
    """A JSON object with attributes. A subclass declares them by annotations; those with a default are optional.

    An attribute is found by its declared name, in the wire's spelling or in snake_case, and a member also by
    ``record["memberOfTheWire"]``. Members that no annotation names are attributes too.
    """

    __slots__ = ("_read", "_wire")
    _wire: dict[str, Any]
    _read: dict[str, Any]
    _wire_names: ClassVar[dict[str, str]] = {}
    _defaults: ClassVar[dict[str, Any]] = {}
    _members: ClassVar[Optional[dict[str, Member]]] = None
    _required: ClassVar[tuple[Member, ...]] = ()

    def __init_subclass__(cls) -> None:
        # The defaults make way for the members, which come when the first record is made.
        defaults = dict(cls._defaults)
        for name in cls.__dict__.get("__annotations__", {}):
            if not name.startswith("_") and name in cls.__dict__:
                defaults[name] = cls.__dict__[name]
                delattr(cls, name)
        cls._defaults = defaults
        cls._members = None

    def __init__(self, *values: Any, **named: Any) -> None:
        members = self._declared()
        if len(values) > len(members):
            raise TypeError(f"{type(self).__name__}() takes {len(members)} values, {len(values)} were given")
        given = dict(zip(members, values))
        for name, value in named.items():
            if name in given:
                raise TypeError(f"{type(self).__name__}() got two values for {name!r}")
            if name not in members:
                raise TypeError(f"{type(self).__name__}() has no member {name!r}, only: {', '.join(members)}")
            given[name] = value
        missing = [name for name, member in members.items() if member.required and name not in given]
        if missing:
            raise TypeError(f"{type(self).__name__}() needs {', '.join(missing)}")
        defaults = {name: member.default for name, member in members.items() if not member.required}
        told = {**defaults, **given}
        _set_wire(
            self, {members[name].wire: to_wire(value) for name, value in told.items() if value is not None}
        )
        _set_read(self, {})

    @classmethod
    def _declared(cls) -> dict[str, Member]:
        # On first use and not when the class is made: annotations may name classes that come later.
        if cls._members is None:
            cls._members = _members_of(cls)
            cls._required = tuple(member for member in cls._members.values() if member.required)
            for name, member in cls._members.items():
                if not hasattr(Record, name):
                    setattr(cls, name, member)
        return cls._members

    @classmethod
    def from_dict(cls, obj: Any) -> Self:
        """The record of a JSON object, which it keeps. ValueError names the members that it should have and has not."""
        if not isinstance(obj, dict):
            raise ValueError(f"{cls.__name__} is made from an object, not from {type(obj).__name__}")
        cls._declared()
        for member in cls._required:
            if obj.get(member.wire) is None:
                raise cls._incomplete(obj)
        return cls._unchecked(obj)

    @classmethod
    def _incomplete(cls, obj: dict[str, Any]) -> ValueError:
        if len(cls._required) == 1:
            return ValueError(f"Missing required field '{cls._required[0].name}' in {cls.__name__}")
        values = ", ".join(f"{member.name}={obj.get(member.wire)}" for member in cls._required)
        return ValueError(f"Missing required fields in {cls.__name__}: {values}")

    @classmethod
    def _unchecked(cls, obj: dict[str, Any]) -> Self:
        """The record of an object that may lack what it should have: reading an attribute is to raise nothing."""
        record = cls.__new__(cls)
        _set_wire(record, obj)
        _set_read(record, {})
        return record

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, in the wire's spelling. It is the record's own: copy it before you change it."""
        return self._wire

    def __getattr__(self, name: str) -> Any:
        # Members in their declared spelling are attributes of the class, and do not come here.
        if name.startswith("__") or name in Record.__slots__:
            raise AttributeError(name)
        read = self._read
        if name not in read:
            read[name] = self._find(name)
        return read[name]

    def _find(self, name: str) -> Any:
        members = self._declared()
        member = members.get(name) or members.get(camel(name)) or members.get(snake(name))
        if member is not None:
            return member.__get__(self)
        for wire in (name, camel(name)):
            if wire in self._wire:
                return from_wire(self._wire[wire])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _convert(self, member: Member, value: Any) -> Any:
        """What a member's annotation makes of a value of the wire. It is asked once for each member."""
        return member.default if value is None and not member.required else member.reader(value)

    def __setattr__(self, name: str, value: Any) -> None:
        member = self._declared().get(name)
        self._wire[member.wire if member else camel(name)] = to_wire(value)
        self._read.clear()

    def __getitem__(self, key: str) -> Any:
        if key in self._wire:
            return self._wire[key]
        return self._wire[camel(key)]

    def __contains__(self, key: object) -> bool:
        return key in self._wire or (isinstance(key, str) and camel(key) in self._wire)

    def __iter__(self) -> Iterator[str]:
        return iter(self._wire)

    def keys(self) -> Any:
        """The names of the members that are there, in the wire's spelling; with this, `dict(record)` works."""
        return self._wire.keys()

    def get(self, key: str, default: Any = None) -> Any:
        """A member as it came, by the wire's name or in snake_case."""
        return self[key] if key in self else default

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Record) and type(self) is type(other) and self._wire == other._wire

    def __hash__(self) -> int:
        # Of the names alone: values may be lists, and equal objects may have their members in different orders.
        return hash((type(self), frozenset(self._wire)))

    def __repr__(self) -> str:
        members = self._declared()
        names = list(members) or [snake(key) for key in self._wire]
        shown = ", ".join(f"{name}={getattr(self, name, None)!r}" for name in names)
        return f"{type(self).__name__}({shown})"

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._declared(), *map(snake, self._wire)})

    def __copy__(self) -> Self:
        return type(self)._unchecked(dict(self._wire))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        import copy

        return type(self)._unchecked(copy.deepcopy(self._wire, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self)._unchecked, (self._wire,))


# A record's own two attributes: an assignment would be taken for one to a member.
_set_wire = Record.__dict__["_wire"].__set__
_set_read = Record.__dict__["_read"].__set__

"""Parameters of tools as types: their JSON schema, and how the arguments of a call become an object of them.

Pydantic models do both themselves. For dataclasses Pydantic does it where it is installed; without it, this
module knows str, int, float, bool, lists, dicts, Optional, Union, Literal, enums and other dataclasses.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from typing import Annotated, Any, Callable, Literal, NamedTuple, Optional, Union

from ._record import to_wire

# That of `int | None`, which Python has since 3.10.
_UNIONS = (Union, getattr(types, "UnionType", Union))


class Parameters(NamedTuple):
    """A JSON schema, and what makes an object of arguments; it raises when they do not fit."""

    schema: dict[str, Any]
    read: Callable[[Any], Any]


def parameters_of(kind: Any) -> Optional[Parameters]:
    """The parameters that a type describes; None when it is neither a Pydantic model nor a dataclass.

    TypeError names a member of a dataclass that JSON has no type for.
    """
    if not isinstance(kind, type):
        return None
    if hasattr(kind, "model_json_schema") and hasattr(kind, "model_validate"):
        return Parameters(kind.model_json_schema(), kind.model_validate)
    if dataclasses.is_dataclass(kind):
        return _by_pydantic(kind) or Parameters(
            _Schema().of_parameters(kind), lambda value: read(kind, value)
        )
    return None


def _by_pydantic(kind: type) -> Optional[Parameters]:
    try:
        from pydantic import TypeAdapter
        from pydantic.errors import PydanticUserError
    except ImportError:
        return None
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(kind)
        return Parameters(_described(kind, adapter.json_schema()), adapter.validate_python)
    except PydanticUserError:
        return None


def _described(kind: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with what `field(metadata={"description": ...})` says of the members."""
    for field in dataclasses.fields(kind):
        if "description" in field.metadata and field.name in schema.get("properties", {}):
            schema["properties"][field.name]["description"] = field.metadata["description"]
    return schema


_SIMPLE = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def _is_union(origin: Any) -> bool:
    return origin in _UNIONS


class _Schema:
    """A schema under construction: its dataclasses have names, so that they may hold one another."""

    def __init__(self) -> None:
        self._names: dict[type, str] = {}
        self._definitions: dict[str, Any] = {}

    def of_parameters(self, kind: Any) -> dict[str, Any]:
        """The schema of a dataclass, with those of the dataclasses that it uses."""
        schema = self._of_dataclass(kind)
        return {**schema, "$defs": self._definitions} if self._definitions else schema

    def _of_dataclass(self, kind: Any) -> dict[str, Any]:
        hints = typing.get_type_hints(kind, include_extras=True)
        properties, required = {}, []
        for field in dataclasses.fields(kind):
            if not field.init:
                continue
            try:
                properties[field.name] = self._of(hints[field.name])
            except TypeError as error:
                raise TypeError(f"{kind.__name__}.{field.name}: {error}") from None
            if field.default is not dataclasses.MISSING:
                properties[field.name]["default"] = to_wire(field.default)
            elif field.default_factory is dataclasses.MISSING:
                required.append(field.name)
        schema = {"type": "object", "properties": properties}
        return _described(kind, {**schema, "required": required} if required else schema)

    def _of(self, hint: Any) -> dict[str, Any]:
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if hint in _SIMPLE:
            return {"type": _SIMPLE[hint]}
        if hint is Any:
            return {}
        if origin is Annotated:
            texts = [each for each in arguments[1:] if isinstance(each, str)]
            return {**self._of(arguments[0]), **({"description": texts[0]} if texts else {})}
        if _is_union(origin):
            return {"anyOf": [self._of(each) for each in arguments]}
        if origin is Literal:
            return _one_of(arguments)
        if hint is list or origin is list:
            return {"type": "array", **({"items": self._of(arguments[0])} if arguments else {})}
        if hint is dict or origin is dict:
            values = {"additionalProperties": self._of(arguments[1])} if arguments else {}
            return {"type": "object", **values}
        if isinstance(hint, type) and issubclass(hint, enum.Enum):
            return _one_of([each.value for each in hint])
        if dataclasses.is_dataclass(hint):
            return {"$ref": f"#/$defs/{self._name(hint)}"}
        raise TypeError(f"JSON has no type for {hint!r}: give parameters=, or install pydantic")

    def _name(self, kind: Any) -> str:
        if kind not in self._names:
            same = sum(each.__name__ == kind.__name__ for each in self._names)
            name = self._names[kind] = kind.__name__ + (str(same + 1) if same else "")
            self._definitions[name] = self._of_dataclass(kind)
        return self._names[kind]


def _one_of(values: Any) -> dict[str, Any]:
    kinds = {_SIMPLE.get(type(value)) for value in values}
    kind = {"type": kinds.pop()} if len(kinds) == 1 and None not in kinds else {}
    return {"enum": list(values), **kind}


def read(hint: Any, value: Any, where: str = "arguments") -> Any:
    """What a type makes of a JSON value. ValueError says what does not fit, and where it is."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin is Annotated:
        return read(arguments[0], value, where)
    if hint in _SIMPLE:
        return _simple(hint, value, where)
    if _is_union(origin):
        return _first(arguments, value, where)
    if origin is Literal:
        if any(type(value) is type(each) and value == each for each in arguments):
            return value
        raise ValueError(f"{where}: {value!r} is none of {', '.join(map(repr, arguments))}")
    if hint is list or origin is list:
        _check(isinstance(value, list), "a list", value, where)
        item = arguments[0] if arguments else Any
        return [read(item, each, f"{where}[{index}]") for index, each in enumerate(value)]
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    _check(isinstance(value, dict), "an object", value, where)
    if dataclasses.is_dataclass(hint):
        return _instance(hint, value, where)
    item = arguments[1] if arguments else Any
    return {key: read(item, each, f"{where}.{key}") for key, each in value.items()}


def _instance(kind: Any, value: dict[str, Any], where: str) -> Any:
    hints = typing.get_type_hints(kind, include_extras=True)
    given = {}
    for field in dataclasses.fields(kind):
        if not field.init:
            continue
        if field.name in value:
            given[field.name] = read(hints[field.name], value[field.name], f"{where}.{field.name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ValueError(f"{where}: {field.name} is missing")
    return kind(**given)


def _simple(kind: type, value: Any, where: str) -> Any:
    """JSON does not tell 1 from 1.0, and models write either."""
    if kind is float and type(value) is int:
        return float(value)
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    _check(type(value) is kind, _SIMPLE[kind], value, where)
    return value


def _first(kinds: tuple[Any, ...], value: Any, where: str) -> Any:
    reasons = []
    for kind in kinds:
        try:
            return read(kind, value, where)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError("; ".join(reasons))


def _check(fits: bool, wanted: str, value: Any, where: str) -> None:
    if not fits:
        raise ValueError(f"{where}: {wanted} is wanted, not {value!r}")

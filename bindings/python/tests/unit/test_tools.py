"""Tools: how their handlers are called, the schema of their parameters, and what becomes of their results."""

from __future__ import annotations

import asyncio
import enum
import functools
import json
import sys
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Dict, List, Literal, Optional, Union  # noqa: UP035

import pytest

from copilot import Tool, ToolInvocation, define_tool
from copilot._schema import _Schema, parameters_of, read
from copilot.errors import CopilotError
from copilot.tools import _normalize_result, call_tool_handler, takes
from copilot.types import PingResponse

try:
    from pydantic import BaseModel, Field

    class City(BaseModel):
        name: str = Field(description="its name")
        size: int = 1

    class Weather(BaseModel):
        day: date
        degrees: float

except ImportError:
    BaseModel = None  # type: ignore[assignment,misc]

needs_pydantic = pytest.mark.skipif(BaseModel is None, reason="Pydantic is not installed")


class Kind(enum.Enum):
    BUG = "bug"
    WISH = "wish"


@dataclass
class Place:
    line: int
    inner: Optional[Place] = None


@dataclass
class Issue:
    id: str = field(metadata={"description": "its number"})
    weight: float
    kind: Kind = Kind.BUG
    tags: List[str] = field(default_factory=list)  # noqa: UP006
    urgent: Optional[bool] = None
    state: Literal["open", "closed"] = "open"
    counts: Dict[str, int] = field(default_factory=dict)  # noqa: UP006
    place: Optional[Place] = None
    note: Annotated[str, "what else there is"] = ""
    anything: Any = None
    computed: int = field(init=False, default=0)


@dataclass
class Opaque:
    what: CopilotError


ARGUMENTS = {"name": "Ulm"}
INVOCATION = {"session_id": "s", "tool_call_id": "c", "tool_name": "t", "arguments": ARGUMENTS}


async def text(tool: Tool, **changed: Any) -> str:
    result = await tool.handler(ToolInvocation({**INVOCATION, **changed}))
    assert result["resultType"] == "success", result
    return str(result["textResultForLlm"])


async def error(tool: Tool, **changed: Any) -> str:
    result = await tool.handler({**INVOCATION, **changed})
    assert set(result) == {"textResultForLlm", "resultType", "error", "toolTelemetry"}
    hidden = "Invoking this tool produced an error. Detailed information is not available."
    assert (result["textResultForLlm"], result["resultType"], result["toolTelemetry"]) == (
        hidden,
        "failure",
        {},
    )
    return str(result["error"])


# ---- how it is defined ----


async def test_as_document_a_does_it() -> None:
    async def fetch(name: str) -> dict[str, Any]:
        return {"name": name}

    schema = {"type": "object", "properties": {"name": {"type": "string"}}}
    tool = define_tool(
        name="lookup", description="d", parameters=schema, handler=lambda args, inv: fetch(args["name"])
    )
    assert (tool.name, tool.description, tool.parameters) == ("lookup", "d", schema)
    assert await text(tool) == '{"name": "Ulm"}'


async def test_a_decorator_of_the_programs_own() -> None:
    def copilot_tool(name: str) -> Any:
        return lambda function: define_tool(name=name, handler=lambda args, inv: function(**args))

    @copilot_tool("calculate")  # type: ignore[untyped-decorator]
    def calculate(name: str) -> float:
        return len(name) / 2

    assert await text(calculate) == "1.5"


def test_names_and_flags() -> None:
    @define_tool
    def bare() -> None: ...

    @define_tool()
    def named_by_itself() -> None: ...

    @define_tool("other", description="d", overrides_built_in_tool=True, skip_permission=True)
    def something() -> None: ...

    assert (bare.name, bare.description, bare.parameters) == ("bare", "", None)
    assert named_by_itself.name == "named_by_itself" and not named_by_itself.skip_permission
    assert something.name == "other" and something.overrides_built_in_tool and something.skip_permission
    assert define_tool("f", handler=functools.partial(lambda a, b: b)).name == "f"
    with pytest.raises(ValueError, match=r"^name is required when using define_tool with handler=$"):
        define_tool(handler=lambda: None)  # type: ignore[call-overload]


@pytest.mark.parametrize("handler", [lambda a, b, c: 0, lambda a, *, b: 0, "text", 5])
def test_what_cannot_be_called_is_refused_when_it_is_defined(handler: Any) -> None:
    with pytest.raises(TypeError, match="the handler of the tool 'mine'"):
        define_tool("mine", handler=handler)
    if callable(handler):
        with pytest.raises(TypeError, match=r"lambda>\(\), needs"):
            define_tool("mine")(handler)


# ---- how it is called ----


class Callable_:
    def __call__(self, args: dict[str, Any]) -> Any:
        return list(args)

    def method(self, args: dict[str, Any], invocation: ToolInvocation) -> Any:
        return invocation.arguments is args


HANDLERS: list[tuple[Any, str]] = [
    (lambda: "nothing", "nothing"),
    (lambda args: args["name"], "Ulm"),
    (lambda args, inv: args["name"] + inv.tool_call_id, "Ulmc"),
    (lambda args, inv=None: inv["session_id"], "s"),
    (lambda args, inv, more=7: str(more), "7"),
    (lambda *args: str(len(args)), "2"),
    (lambda args, *, flag=True: str(flag), "True"),
    (functools.partial(lambda first, args: first + args["name"], "in "), "in Ulm"),
    (Callable_(), '["name"]'),
    (Callable_().method, "true"),
    (len, "1"),
]


@pytest.mark.parametrize(("handler", "expected"), HANDLERS)
async def test_handlers_get_what_they_take(handler: Any, expected: str) -> None:
    assert await text(define_tool("t", handler=handler)) == expected


def test_handlers_without_a_hash() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self, invocation: Any) -> Any:
            return invocation.tool_name

    assert call_tool_handler(Unhashable(), ToolInvocation(INVOCATION)) == "t"
    assert takes(Unhashable(), 1) and not takes(Unhashable(), 2)


async def test_a_single_parameter_may_be_the_invocation() -> None:
    def direct(invocation: ToolInvocation) -> Any:
        return invocation["tool_call_id"]

    def quoted(invocation: copilot.types.ToolInvocation) -> Any:  # type: ignore[name-defined] # noqa: F821
        return invocation.tool_name

    async def unlike(invocation: dict) -> Any:  # type: ignore[type-arg]
        return invocation

    assert await text(define_tool("t", handler=direct)) == "c"
    assert await text(define_tool("t", handler=quoted)) == "t"
    assert json.loads(await text(define_tool("t", handler=unlike))) == ARGUMENTS
    assert await text(define_tool("t", handler=lambda args: str(args)), arguments=None) == "{}"


def test_an_annotation_that_nobody_knows_is_named() -> None:
    def handler(params: Missing) -> None: ...  # type: ignore[name-defined] # noqa: F821

    with pytest.raises(NameError, match="the annotation 'Missing' of the tool 'mine'"):
        define_tool("mine", handler=handler)


async def test_errors_are_hidden() -> None:
    def broken(args: Any) -> None:
        raise ValueError("the secret")

    async def broken_later() -> None:
        await asyncio.sleep(0)
        raise KeyError("key")

    assert await error(define_tool("t", handler=broken)) == "the secret"
    assert await error(define_tool("t", handler=broken_later)) == "'key'"
    unserializable = await error(define_tool("t", handler=lambda: object()))
    assert unserializable == "Failed to serialize tool result: Object of type object is not JSON serializable"


async def test_being_cancelled_is_no_failure() -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(define_tool("t", handler=slow).handler(INVOCATION))
    await asyncio.wait_for(begun.wait(), 5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 5)


RAW: list[tuple[Any, Any]] = [
    (lambda: "nothing", "nothing"),
    (lambda invocation: invocation["arguments"]["name"], "Ulm"),
    (lambda invocation, extra=1: invocation.tool_name, "t"),
    (lambda arguments, invocation: (arguments["name"], invocation.tool_name), ("Ulm", "t")),
]


@pytest.mark.parametrize(("handler", "expected"), RAW)
def test_raw_handlers(handler: Any, expected: Any) -> None:
    invocation = ToolInvocation(INVOCATION)
    assert call_tool_handler(handler, invocation) == expected
    assert call_tool_handler(Tool("t", "", handler), invocation) == expected


async def test_raw_handlers_may_be_coroutine_functions_and_may_raise() -> None:
    async def later(invocation: Any) -> int:
        return 5

    def three(a: Any, b: Any, c: Any) -> None: ...

    assert await call_tool_handler(later, ToolInvocation(INVOCATION)) == 5
    with pytest.raises(ZeroDivisionError):
        call_tool_handler(lambda: 1 / 0, ToolInvocation(INVOCATION))
    with pytest.raises(TypeError, match="tool 't'"):
        call_tool_handler(three, ToolInvocation(INVOCATION))


# ---- parameters ----


@needs_pydantic
async def test_pydantic_models() -> None:
    @define_tool
    def typed(city: City, invocation: ToolInvocation) -> str:
        return f"{city.name} {city.size} {invocation.session_id}"

    assert typed.parameters is not None
    assert typed.parameters["properties"]["name"]["description"] == "its name"
    assert await text(typed) == "Ulm 1 s"
    assert "size" in await error(typed, arguments={"name": "Ulm", "size": "many"})
    by_type = define_tool("t", params_type=City, handler=lambda city, inv: city.name)
    by_class = define_tool("t", parameters=City, handler=lambda city, inv: city.name)
    by_schema = define_tool(
        "t", parameters={"type": "object"}, params_type=City, handler=lambda city: city.name
    )
    assert by_type.parameters == by_class.parameters == City.model_json_schema()
    assert by_schema.parameters == {"type": "object"}
    for tool in (by_type, by_class, by_schema):
        assert await text(tool) == "Ulm"


@needs_pydantic
async def test_models_may_be_local_to_a_function() -> None:
    class Local(BaseModel):
        name: str

    @define_tool
    def typed(local: Local) -> str:
        return local.name

    assert await text(typed) == "Ulm"


async def test_dataclasses() -> None:
    @define_tool
    async def typed(issue: Issue) -> str:
        return f"{issue.id} {issue.kind} {issue.place and issue.place.inner}"

    schema = typed.parameters
    assert schema is not None and schema["required"] == ["id", "weight"]
    assert schema["properties"]["id"] == {
        **schema["properties"]["id"],
        "type": "string",
        "description": "its number",
    }
    arguments = {"id": "1", "weight": 2, "kind": "wish", "place": {"line": 3, "inner": {"line": 4}}}
    assert await text(typed, arguments=arguments) == "1 Kind.WISH Place(line=4, inner=None)"
    assert "weight" in await error(typed, arguments={"id": "1"})


def test_the_schema_of_a_dataclass_without_pydantic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydantic", None)
    own = parameters_of(Issue)
    assert own is not None
    place = {"anyOf": [{"$ref": "#/$defs/Place"}, {"type": "null"}], "default": None}
    assert own.schema == {
        "type": "object",
        "required": ["id", "weight"],
        "properties": {
            "id": {"type": "string", "description": "its number"},
            "weight": {"type": "number"},
            "kind": {"enum": ["bug", "wish"], "type": "string", "default": "bug"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "urgent": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None},
            "state": {"enum": ["open", "closed"], "type": "string", "default": "open"},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "place": place,
            "note": {"type": "string", "description": "what else there is", "default": ""},
            "anything": {"default": None},
        },
        "$defs": {
            "Place": {
                "type": "object",
                "required": ["line"],
                "properties": {"line": {"type": "integer"}, "inner": place},
            }
        },
    }
    issue = own.read({"id": "1", "weight": 2, "counts": {"a": 3.0}, "tags": ["x"], "unknown": 1})
    assert issue == Issue("1", 2.0, counts={"a": 3}, tags=["x"])
    assert type(issue.weight) is float and type(issue.counts["a"]) is int
    with pytest.raises(TypeError, match=r"Opaque\.what: JSON has no type for"):
        parameters_of(Opaque)


def test_two_dataclasses_of_one_name_stay_two() -> None:
    @dataclass
    class Both:
        ours: Place
        theirs: Any

    def other() -> Any:
        @dataclass
        class Place:
            column: int

        return Place

    theirs = other()
    Both.__annotations__ = {"ours": Place, "theirs": theirs}
    schema = _Schema().of_parameters(dataclass(type("Both", (), {"__annotations__": Both.__annotations__})))
    assert schema["properties"] == {"ours": {"$ref": "#/$defs/Place"}, "theirs": {"$ref": "#/$defs/Place2"}}
    assert set(schema["$defs"]["Place2"]["properties"]) == {"column"}


@pytest.mark.parametrize(
    ("hint", "value", "reason"),
    [
        (str, 1, "arguments: string is wanted, not 1"),
        (int, True, "integer is wanted"),
        (int, 1.5, "integer is wanted"),
        (bool, 1, "boolean is wanted"),
        (float, "1", "number is wanted"),
        (List[int], [1, "a"], r"arguments\[1\]: integer is wanted"),  # noqa: UP006
        (list, {}, "a list is wanted"),
        (Dict[str, int], {"a": None}, r"arguments\.a: integer is wanted"),  # noqa: UP006
        (Literal["a", 1], True, "True is none of 'a', 1"),
        (Kind, "other", "'other' is not a valid Kind"),
        (Union[int, str], [], "integer is wanted.*string is wanted"),
        (Place, {"inner": {}}, "arguments: line is missing"),
        (Place, {"line": 1, "inner": {}}, r"arguments\.inner: line is missing"),
        (Place, [], "an object is wanted"),
    ],
)
def test_arguments_that_do_not_fit(hint: Any, value: Any, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(hint, value)


@pytest.mark.skipif(sys.version_info < (3, 10), reason="X | Y is no type there")
def test_unions_in_the_newer_spelling() -> None:
    hint = eval("int | None")
    assert read(hint, None) is None and read(hint, 5) == 5
    assert _Schema()._of(hint) == {"anyOf": [{"type": "integer"}, {"type": "null"}]}


def test_types_that_describe_no_parameters() -> None:
    for kind in (None, dict, int, "text", List[int], ToolInvocation, Issue("1", 1)):  # noqa: UP006
        assert parameters_of(kind) is None


# ---- results ----


@dataclass
class Result:
    text_result_for_llm: str
    result_type: str = "success"
    error: Optional[str] = None
    binary_results_for_llm: Optional[list[Any]] = None
    _from_exception: bool = False


@dataclass
class Binary:
    data: str
    mime_type: str


RESULTS: list[tuple[Any, dict[str, Any]]] = [
    (None, {"textResultForLlm": "", "resultType": "success"}),
    ("text", {"textResultForLlm": "text", "resultType": "success"}),
    (1.5, {"textResultForLlm": "1.5", "resultType": "success"}),
    (True, {"textResultForLlm": "true", "resultType": "success"}),
    (["a", None], {"textResultForLlm": '["a", null]', "resultType": "success"}),
    ({}, {"textResultForLlm": "{}", "resultType": "success"}),
    ({"content": "x"}, {"textResultForLlm": '{"content": "x"}', "resultType": "success"}),
    ({"content": []}, {"textResultForLlm": '{"content": []}', "resultType": "success"}),
    ({"resultType": "x"}, {"textResultForLlm": '{"resultType": "x"}', "resultType": "success"}),
    ([Place(1)], {"textResultForLlm": '[{"line": 1, "inner": null}]', "resultType": "success"}),
    (Place(1), {"textResultForLlm": '{"line": 1, "inner": null}', "resultType": "success"}),
    (
        {"k": Kind.BUG, "d": date(2026, 1, 2), "n": Decimal("1.50"), "s": {1}},
        {
            "textResultForLlm": '{"k": "bug", "d": "2026-01-02", "n": "1.50", "s": [1]}',
            "resultType": "success",
        },
    ),
    (
        PingResponse("m", 1, 2),
        {
            "textResultForLlm": '{"message": "m", "timestamp": 1, "protocolVersion": 2}',
            "resultType": "success",
        },
    ),
    ({"text_result_for_llm": "t"}, {"textResultForLlm": "t", "resultType": "success"}),
    (
        {
            "text_result_for_llm": "t",
            "result_type": "failure",
            "error": "e",
            "session_log": "l",
            "tool_telemetry": {"a_b": 1},
            "binary_results_for_llm": [{"data": "", "mime_type": "image/png", "type": "image"}],
        },
        {
            "textResultForLlm": "t",
            "resultType": "failure",
            "error": "e",
            "sessionLog": "l",
            "toolTelemetry": {"a_b": 1},
            "binaryResultsForLlm": [{"data": "", "mimeType": "image/png", "type": "image"}],
        },
    ),
    (
        Result("t", binary_results_for_llm=[Binary("x", "image/png")]),
        {
            "textResultForLlm": "t",
            "resultType": "success",
            "binaryResultsForLlm": [{"data": "x", "mimeType": "image/png"}],
        },
    ),
]


@pytest.mark.parametrize(("returned", "expected"), RESULTS)
def test_results(returned: Any, expected: dict[str, Any]) -> None:
    assert _normalize_result(returned) == expected


@pytest.mark.parametrize(
    "returned",
    [
        {"textResultForLlm": "t", "resultType": "failure", "sessionLog": "l"},
        {"content": [{"type": "text", "text": "t"}, {"type": "image", "data": "", "mimeType": ""}]},
        {"content": [{"type": "text", "text": "t"}], "isError": True},
    ],
)
def test_results_that_are_left_as_they_are(returned: Any) -> None:
    assert _normalize_result(returned) is returned


@needs_pydantic
def test_pydantic_results() -> None:
    weather = Weather(day=date(2026, 1, 2), degrees=3)
    expected = '{"day": "2026-01-02", "degrees": 3.0}'
    assert _normalize_result(weather)["textResultForLlm"] == expected
    assert _normalize_result([weather])["textResultForLlm"] == f"[{expected}]"


@pytest.mark.parametrize("returned", [object(), {1j: 1}, [lambda: 0], b"bytes", Place])
def test_results_that_json_cannot_hold(returned: Any) -> None:
    with pytest.raises(TypeError, match=r"^Failed to serialize tool result: "):
        _normalize_result(returned)


def test_results_that_hold_themselves() -> None:
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(TypeError, match=r"^Failed to serialize tool result: Circular reference"):
        _normalize_result(circle)
    with pytest.raises(TypeError, match="text_result_for_llm is a str, not dict"):
        _normalize_result({"text_result_for_llm": {}})

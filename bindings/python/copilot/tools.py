"""Tools: `define_tool()`, and how their handlers are called and their results understood."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import json
from collections.abc import Awaitable, Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any, Callable, Optional, Union, cast, overload
from uuid import UUID

from ._calling import shape, takes
from ._record import Record
from ._schema import Parameters, parameters_of
from ._tool_types import Tool, ToolInvocation, ToolResult, check_tool_handler

__all__ = ["call_tool_handler", "define_tool", "failure", "takes"]

Handler = Callable[..., Any]


@overload
def define_tool(
    name: Optional[str] = None,
    *,
    description: Optional[str] = None,
    parameters: Union[dict[str, Any], type, None] = None,
    params_type: Optional[type] = None,
    overrides_built_in_tool: bool = False,
    skip_permission: bool = False,
) -> Callable[[Handler], Tool]: ...


@overload
def define_tool(
    name: str,
    *,
    description: Optional[str] = None,
    parameters: Union[dict[str, Any], type, None] = None,
    params_type: Optional[type] = None,
    handler: Handler,
    overrides_built_in_tool: bool = False,
    skip_permission: bool = False,
) -> Tool: ...


@overload
def define_tool(name: Handler) -> Tool: ...


def define_tool(
    name: Union[str, Handler, None] = None,
    *,
    description: Optional[str] = None,
    parameters: Union[dict[str, Any], type, None] = None,
    params_type: Optional[type] = None,
    handler: Optional[Handler] = None,
    overrides_built_in_tool: bool = False,
    skip_permission: bool = False,
) -> Union[Tool, Callable[[Handler], Tool]]:
    """Makes a tool of a function: as a decorator, or with `handler=`.

        @define_tool(description="Fetches an issue")
        async def lookup_issue(params: LookupIssueParams) -> str: ...

        define_tool(name="lookup_issue", parameters={...}, handler=lambda args, invocation: ...)

    The function is called with nothing, with the arguments, or with the arguments and the `ToolInvocation`,
    as it takes them; a single parameter that is annotated with ToolInvocation gets that. The arguments are a
    dict, or an object of `params_type`, a Pydantic model or a dataclass, which is also found as the
    annotation of the first parameter. Its JSON schema is that of the tool, unless `parameters` is one. The
    function may be a coroutine function, and runs on the event loop.

    What it returns is the result: a text, a dict with the keys of ToolResult in either spelling, or anything
    that JSON can hold. What it raises makes a result that does not tell the model why.

    Raises TypeError when the function cannot be called so, and ValueError when `handler=` comes without a
    name.
    """
    if callable(name):
        return define_tool()(name)

    def tool_of(function: Handler) -> Tool:
        tool = name if isinstance(name, str) else getattr(function, "__name__", "unknown")
        count = check_tool_handler(tool, function)
        annotation = _first_annotation(tool, function) if count else None
        given = parameters if isinstance(parameters, type) else None
        own = (
            parameters_of(params_type or given or annotation)
            if count
            else parameters_of(params_type or given)
        )
        its_schema = parameters if isinstance(parameters, dict) else own.schema if own else None
        return Tool(
            name=tool,
            description=description or "",
            handler=_runner(function, _arguments(count, annotation is ToolInvocation, own)),
            parameters=its_schema,
            overrides_built_in_tool=overrides_built_in_tool,
            skip_permission=skip_permission,
        )

    if handler is None:
        return tool_of
    if name is None:
        raise ValueError("name is required when using define_tool with handler=")
    return tool_of(handler)


def _arguments(
    count: int, invocation_alone: bool, parameters: Optional[Parameters]
) -> Callable[[ToolInvocation], tuple[Any, ...]]:
    """What a function that takes `count` arguments is called with."""

    def arguments(invocation: ToolInvocation) -> tuple[Any, ...]:
        if count == 0:
            return ()
        if count == 1 and invocation_alone:
            return (invocation,)
        given = invocation["arguments"] or {}
        told = parameters.read(given) if parameters else given
        return (told, invocation)[:count]

    return arguments


def _runner(
    function: Handler, arguments: Callable[[ToolInvocation], tuple[Any, ...]]
) -> Callable[[Mapping[str, Any]], Awaitable[ToolResult]]:
    """The handler of a tool that is defined by a function. Being cancelled is no failure: it goes through."""

    @functools.wraps(function, assigned=("__module__", "__name__", "__qualname__", "__doc__"), updated=())
    async def run(invocation: Mapping[str, Any]) -> ToolResult:
        try:
            its = invocation if isinstance(invocation, ToolInvocation) else ToolInvocation(invocation)
            result = function(*arguments(its))
            if inspect.isawaitable(result):
                result = await result
            return _normalize_result(result)
        except Exception as error:
            return failure(error)

    del run.__wrapped__  # whoever looks how it is called is to see run()
    return run


# ---- annotations ----


def _first_annotation(tool: str, function: Handler) -> Any:
    """The annotation of the first parameter, as a type. NameError when it names what cannot be found."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except ValueError:
        return None
    annotation = parameters[0].annotation
    if not isinstance(annotation, str):
        return annotation
    if annotation.split(".")[-1] == ToolInvocation.__name__:
        return ToolInvocation
    caller = _caller()
    for names in (_globals_of(function), caller):
        try:
            return eval(annotation, names)
        except NameError:
            continue
        except Exception:
            return None  # not a type on this Python, and therefore none of those that matter here
    raise NameError(
        f"the annotation {annotation!r} of the tool {tool!r} names what is not known at module level"
    )


def _globals_of(function: Any) -> dict[str, Any]:
    while isinstance(function, functools.partial):
        function = function.func
    function = inspect.unwrap(function)
    if not hasattr(function, "__globals__"):
        function = type(function).__call__
    return dict(getattr(function, "__globals__", {}))


def _caller() -> dict[str, Any]:
    """The names that are known where the tool is defined: models may be local to a function."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals is globals():
        frame = frame.f_back
    return {**frame.f_globals, **frame.f_locals} if frame is not None else {}


# ---- calls ----


def call_tool_handler(tool_or_handler: Union[Tool, Handler], invocation: ToolInvocation) -> Any:
    """Calls a tool's handler and returns what it returns, which may be awaitable.

    It is called with the invocation; with the arguments and the invocation if it needs two; else with
    nothing.
    """
    handler = tool_or_handler.handler if isinstance(tool_or_handler, Tool) else tool_or_handler
    its = shape(handler)
    if its.takes(1):
        return handler(invocation)
    if its.takes(2):
        return handler(invocation.get("arguments") or {}, invocation)
    check_tool_handler(invocation.get("tool_name", ""), handler)
    return handler()


# ---- results ----


def failure(error: Union[BaseException, str]) -> ToolResult:
    """The result of a tool that failed. The model does not learn why; `error` is for events and logs."""
    return {
        "textResultForLlm": "Invoking this tool produced an error. Detailed information is not available.",
        "resultType": "failure",
        "error": str(error),
        "toolTelemetry": {},
    }


def _normalize_result(result: Any) -> ToolResult:
    """The result of a tool for what its function returned. TypeError when JSON cannot hold it."""
    if result is None:
        return {"textResultForLlm": "", "resultType": "success"}
    if isinstance(result, str):
        return {"textResultForLlm": result, "resultType": "success"}
    if not isinstance(result, (dict, list)) and _is_object(result):
        result = _plain(result)
    if isinstance(result, dict):
        if ("resultType" in result and "textResultForLlm" in result) or _is_of_mcp(result):
            return cast(ToolResult, result)
        if "text_result_for_llm" in result:
            return _in_the_wires_spelling(result)
    try:
        text = json.dumps(result, default=_plain)
    except (TypeError, ValueError) as error:
        raise TypeError(f"Failed to serialize tool result: {error}") from error
    return {"textResultForLlm": text, "resultType": "success"}


def _is_object(value: Any) -> bool:
    """Whether a value stands for a JSON object without being a dict."""
    is_dataclass = dataclasses.is_dataclass(value) and not isinstance(value, type)
    return is_dataclass or isinstance(value, Record) or _dumps_itself(value)


def _dumps_itself(value: Any) -> bool:
    return callable(getattr(type(value), "model_dump", None))


def _plain(value: Any) -> Any:
    """What stands in JSON for an object that JSON does not know."""
    if _dumps_itself(value):
        return value.model_dump(mode="json")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_WIRE_NAMES = {
    "text_result_for_llm": "textResultForLlm",
    "result_type": "resultType",
    "session_log": "sessionLog",
    "tool_telemetry": "toolTelemetry",
    "tool_references": "toolReferences",
    "binary_results_for_llm": "binaryResultsForLlm",
    "mime_type": "mimeType",
}


def _in_the_wires_spelling(result: Mapping[str, Any]) -> ToolResult:
    told = {_WIRE_NAMES.get(key, key): value for key, value in result.items() if value is not None}
    told = {key: value for key, value in told.items() if not key.startswith("_")}
    text = told.setdefault("textResultForLlm", "")
    if not isinstance(text, str):
        raise TypeError(f"text_result_for_llm is a str, not {type(text).__name__}")
    told.setdefault("resultType", "success")
    if "binaryResultsForLlm" in told:
        binaries = (_plain(each) if _is_object(each) else each for each in told["binaryResultsForLlm"])
        told["binaryResultsForLlm"] = [
            {_WIRE_NAMES.get(k, k): v for k, v in each.items()} for each in binaries
        ]
    return cast(ToolResult, told)


_MCP_BLOCKS = ("text", "image", "audio", "resource", "resource_link")


def _is_of_mcp(result: Mapping[str, Any]) -> bool:
    """Whether a dict is a CallToolResult of MCP. The library knows what becomes of one."""
    blocks = result.get("content")
    if not isinstance(blocks, list) or not blocks:
        return False
    return all(isinstance(block, dict) and block.get("type") in _MCP_BLOCKS for block in blocks)

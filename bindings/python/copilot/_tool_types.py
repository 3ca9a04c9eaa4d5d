"""A tool, a call of it, and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Literal, Optional, TypedDict

from ._calling import fitting

ToolResultType = Literal["success", "failure", "rejected", "denied", "timeout"]


class ToolBinaryResult(TypedDict, total=False):
    """An image or a file of a tool's result; `data` is in base64, `type` "image" or "resource"."""

    data: str
    mimeType: str
    type: str
    description: str


class ToolResult(TypedDict, total=False):
    """The result of a tool: what the model sees, and what only events and logs have."""

    textResultForLlm: str
    binaryResultsForLlm: list[ToolBinaryResult]
    resultType: ToolResultType
    error: str
    sessionLog: str
    toolTelemetry: dict[str, Any]
    toolReferences: list[str]


class ToolInvocation(dict[str, Any]):
    """A call of a tool: a dict whose keys are attributes too."""

    session_id: str
    tool_call_id: str
    tool_name: str
    arguments: Any

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"a ToolInvocation has no {name!r}, only: {', '.join(self)}") from None

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value

    def __delattr__(self, name: str) -> None:
        try:
            del self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __repr__(self) -> str:
        return f"ToolInvocation({', '.join(f'{name}={value!r}' for name, value in self.items())})"


ToolHandler = Callable[..., Any]
"""Called with nothing, with the invocation, or with the arguments and the invocation, as it takes them.

It may be a coroutine function. What it returns is the result: a text, a ToolResult, or any value for JSON."""


@dataclass
class Tool:
    """A tool that the model may call. TypeError says when its handler cannot be called."""

    name: str
    description: str
    handler: ToolHandler
    parameters: Optional[dict[str, Any]] = None
    """A JSON schema of the arguments."""
    overrides_built_in_tool: bool = False
    """That the name may be that of a tool of the CLI, which this one replaces."""
    skip_permission: bool = False
    """That it runs without a permission request."""
    defer: Optional[Literal["auto", "never"]] = None
    """Whether the model is told of it only when it looks for tools."""
    metadata: Optional[dict[str, Any]] = None
    is_terminal: bool = False
    """That the turn is over when it has succeeded."""

    def __post_init__(self) -> None:
        check_tool_handler(self.name, self.handler)


def check_tool_handler(tool: str, handler: ToolHandler) -> int:
    """How many arguments a tool's handler is called with; TypeError names one that cannot be called."""
    return fitting(handler, ("arguments", "invocation"), f"the handler of the tool {tool!r}")

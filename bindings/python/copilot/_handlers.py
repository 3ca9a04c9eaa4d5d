"""What the server asks of the program, hooks aside: questions, answers, and the types of the handlers.

A handler is called with the question and, if it takes two arguments, with `{"session_id": ...}`. It may be a
coroutine function.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, Callable, Literal, Optional, TypedDict, TypeVar, Union

from ._results import CommandContext

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")
_Handler = Union[
    Callable[[_Question, dict[str, str]], Union[_Answer, Awaitable[_Answer]]],
    Callable[[_Question], Union[_Answer, Awaitable[_Answer]]],
]


class PermissionRequest(TypedDict, total=False):
    """Something that the agent wants to do. What else is told depends on the kind."""

    kind: Literal["shell", "write", "mcp", "read", "url", "custom-tool", "memory", "hook"]
    toolCallId: str
    managedApprovalRequired: bool


class PermissionRequestResult(TypedDict, total=False):
    """The decision, in the words of either protocol: the library puts it into those of the server."""

    kind: Literal[
        "approved",
        "denied-by-rules",
        "denied-no-approval-rule-and-could-not-request-from-user",
        "denied-interactively-by-user",
        "approve-once",
        "approve-for-session",
        "approve-for-location",
        "approve-permanently",
        "reject",
        "user-not-available",
        "no-result",
    ]
    rules: list[Any]
    feedback: str


_PermissionHandlerFn = _Handler[PermissionRequest, PermissionRequestResult]


class PermissionHandler:
    """Handlers for permission requests that need no thought."""

    @staticmethod
    def approve_all(
        request: PermissionRequest, invocation: Optional[dict[str, str]] = None
    ) -> PermissionRequestResult:
        """Allows everything, but for what an organisation wants a person to decide: others may do so."""
        if request.get("managedApprovalRequired"):
            return {"kind": "no-result"}
        return {"kind": "approved"}

    @staticmethod
    def deny_all(
        request: PermissionRequest, invocation: Optional[dict[str, str]] = None
    ) -> PermissionRequestResult:
        """Allows nothing. The agent learns it and goes on."""
        return {"kind": "denied-by-rules"}


class UserInputRequest(TypedDict, total=False):
    """The agent asks the user something."""

    question: str
    choices: list[str]
    allowFreeform: bool


class UserInputResponse(TypedDict):
    """The user's answer, and whether it is none of the choices."""

    answer: str
    wasFreeform: bool


UserInputHandler = _Handler[UserInputRequest, UserInputResponse]

ElicitationFieldValue = Union[str, float, bool, list[str]]


class _ElicitationContext(TypedDict):
    session_id: str
    message: str


class ElicitationContext(_ElicitationContext, total=False):
    """An MCP server, or the agent, wants a form to be filled in or an address to be visited."""

    requestedSchema: dict[str, Any]
    mode: Literal["form", "url"]
    elicitationSource: str
    url: str


class _ElicitationResult(TypedDict):
    action: Literal["accept", "decline", "cancel"]


class ElicitationResult(_ElicitationResult, total=False):
    """What the user did with the form, and what is in it."""

    content: dict[str, ElicitationFieldValue]


ElicitationHandler = _Handler[ElicitationContext, ElicitationResult]


class _ExitPlanModeRequest(TypedDict):
    summary: str
    actions: list[str]
    recommendedAction: str


class ExitPlanModeRequest(_ExitPlanModeRequest, total=False):
    """The agent has a plan and wants to carry it out."""

    planContent: str


class _ExitPlanModeResult(TypedDict):
    approved: bool


class ExitPlanModeResult(_ExitPlanModeResult, total=False):
    """Whether it may, and how."""

    selectedAction: str
    feedback: str
    autoApproveEdits: bool


ExitPlanModeHandler = _Handler[ExitPlanModeRequest, ExitPlanModeResult]


class AutoModeSwitchRequest(TypedDict, total=False):
    """A rate limit was hit: shall the CLI choose another model by itself?"""

    errorCode: str
    retryAfterSeconds: float


AutoModeSwitchResponse = Literal["yes", "yes_always", "no"]
AutoModeSwitchHandler = _Handler[AutoModeSwitchRequest, AutoModeSwitchResponse]


class McpAuthWwwAuthenticateParams(TypedDict, total=False):
    """What the MCP server's WWW-Authenticate header says."""

    resourceMetadataUrl: str
    scope: str
    error: str


class _McpAuthStaticClientConfig(TypedDict):
    clientId: str


class McpAuthStaticClientConfig(_McpAuthStaticClientConfig, total=False):
    """The OAuth client that the MCP server's configuration names."""

    clientSecret: str
    grantType: Literal["client_credentials"]
    publicClient: bool
    scope: str


class _McpAuthRequest(TypedDict):
    requestId: str
    serverName: str
    serverUrl: str
    reason: Literal["initial", "refresh", "reauth", "upscope"]


class McpAuthRequest(_McpAuthRequest, total=False):
    """An MCP server wants to know who is there."""

    runtimeRefreshSupported: bool
    wwwAuthenticateParams: McpAuthWwwAuthenticateParams
    resourceMetadata: str
    staticClientConfig: McpAuthStaticClientConfig


class _McpAuthToken(TypedDict):
    accessToken: str


class McpAuthToken(_McpAuthToken, total=False):
    """A token for it."""

    tokenType: str
    expiresIn: int


class _McpAuthResult(TypedDict):
    kind: Literal["token", "cancelled", "runtimeRefresh"]


class McpAuthResult(_McpAuthResult, total=False):
    """A token, that there is none, or that the CLI may renew the one it has."""

    accessToken: str
    tokenType: str
    expiresIn: int


McpAuthHandlerResult = Union[McpAuthResult, McpAuthToken, None]
McpAuthHandler = _Handler[McpAuthRequest, McpAuthHandlerResult]

CommandHandler = Callable[[CommandContext], Optional[Awaitable[None]]]


@dataclass
class CommandDefinition:
    """A slash command of the session: its name without the slash, what carries it out, what it is for."""

    name: str
    handler: CommandHandler
    description: Optional[str] = None

"""Hooks: what they are told, what they may answer, and their handlers' types.

A hook is called with its input and, if it takes two arguments, with `{"session_id": ...}`. It may be a
coroutine function. None means that it has no opinion.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Callable, Literal, Optional, TypedDict, TypeVar, Union

_Input = TypeVar("_Input")
_Output = TypeVar("_Output")
_Hook = Union[
    Callable[[_Input, dict[str, str]], Union[Optional[_Output], Awaitable[Optional[_Output]]]],
    Callable[[_Input], Union[Optional[_Output], Awaitable[Optional[_Output]]]],
]


class _Origin(TypedDict, total=False):
    """Which session, and which agent of it, a hook is called for. Servers of protocol 2 do not say."""

    sessionId: str
    agentId: str
    agentType: str
    parentAgentId: str


class BaseHookInput(_Origin):
    """What every hook is told: the time in milliseconds since 1970, and the folder that is worked in."""

    timestamp: int
    cwd: str


class PreToolUseHookInput(BaseHookInput):
    """A tool is about to run."""

    toolName: str
    toolArgs: Any


class PreToolUseHookOutput(TypedDict, total=False):
    """Whether the tool may run, and with which arguments."""

    permissionDecision: Literal["allow", "deny", "ask"]
    permissionDecisionReason: str
    modifiedArgs: Any
    additionalContext: str
    suppressOutput: bool


PreToolUseHandler = _Hook[PreToolUseHookInput, PreToolUseHookOutput]


class _PreMcpToolCallHookInput(BaseHookInput):
    serverName: str
    toolName: str
    arguments: Any


class PreMcpToolCallHookInput(_PreMcpToolCallHookInput, total=False):
    """A tool of an MCP server is about to be called."""

    toolCallId: str
    _meta: dict[str, Any]


class PreMcpToolCallHookOutput(TypedDict, total=False):
    """The `_meta` of the request: without the key it stays, None removes it, a dict replaces it."""

    metaToUse: Optional[dict[str, Any]]


PreMcpToolCallHandler = _Hook[PreMcpToolCallHookInput, PreMcpToolCallHookOutput]


class PostToolUseHookInput(BaseHookInput):
    """A tool has run."""

    toolName: str
    toolArgs: Any
    toolResult: Any


class PostToolUseHookOutput(TypedDict, total=False):
    """What the model sees instead of the tool's result, or besides it."""

    modifiedResult: Any
    additionalContext: str
    suppressOutput: bool


PostToolUseHandler = _Hook[PostToolUseHookInput, PostToolUseHookOutput]


class PostToolUseFailureHookInput(BaseHookInput):
    """A tool has failed."""

    toolName: str
    toolArgs: Any
    error: str


class PostToolUseFailureHookOutput(TypedDict, total=False):
    """What the model is told besides the failure."""

    additionalContext: str


PostToolUseFailureHandler = _Hook[PostToolUseFailureHookInput, PostToolUseFailureHookOutput]


class UserPromptSubmittedHookInput(BaseHookInput):
    """The user's prompt, before the model sees it."""

    prompt: str


class UserPromptSubmittedHookOutput(TypedDict, total=False):
    """What the prompt becomes, or that it is not sent."""

    modifiedPrompt: str
    additionalContext: str
    suppressOutput: bool
    decision: Literal["block"]
    reason: str


UserPromptSubmittedHandler = _Hook[UserPromptSubmittedHookInput, UserPromptSubmittedHookOutput]


class UserPromptTransformedHookInput(BaseHookInput):
    """The prompt, and what the CLI has made of it."""

    prompt: str
    transformedPrompt: str


class UserPromptTransformedHookOutput(TypedDict, total=False):
    """What is sent instead."""

    modifiedTransformedPrompt: str


UserPromptTransformedHandler = _Hook[UserPromptTransformedHookInput, UserPromptTransformedHookOutput]


class _SessionStartHookInput(BaseHookInput):
    source: Literal["startup", "resume", "new"]


class SessionStartHookInput(_SessionStartHookInput, total=False):
    """The session begins."""

    initialPrompt: str


class SessionStartHookOutput(TypedDict, total=False):
    """What the model is told before the first prompt."""

    additionalContext: str
    modifiedConfig: dict[str, Any]


SessionStartHandler = _Hook[SessionStartHookInput, SessionStartHookOutput]


class _SessionEndHookInput(BaseHookInput):
    reason: Literal["complete", "error", "abort", "timeout", "user_exit"]


class SessionEndHookInput(_SessionEndHookInput, total=False):
    """The session ends."""

    finalMessage: str
    error: str


class SessionEndHookOutput(TypedDict, total=False):
    """What is done about the end."""

    suppressOutput: bool
    cleanupActions: list[str]
    sessionSummary: str


SessionEndHandler = _Hook[SessionEndHookInput, SessionEndHookOutput]


class ErrorOccurredHookInput(BaseHookInput):
    """Something went wrong."""

    error: str
    errorContext: Literal["model_call", "tool_execution", "system", "user_input"]
    recoverable: bool


class ErrorOccurredHookOutput(TypedDict, total=False):
    """What is done about the error."""

    suppressOutput: bool
    errorHandling: Literal["retry", "skip", "abort"]
    retryCount: int
    userNotification: str


ErrorOccurredHandler = _Hook[ErrorOccurredHookInput, ErrorOccurredHookOutput]


class AgentStopHookInput(BaseHookInput, total=False):
    """The agent is about to stop."""

    stopReason: str
    transcriptPath: str
    stop_hook_active: bool


class AgentStopHookOutput(TypedDict, total=False):
    """That the agent goes on, and why."""

    decision: Literal["block"]
    reason: str


AgentStopHandler = _Hook[AgentStopHookInput, AgentStopHookOutput]


class _SubagentHookInput(BaseHookInput):
    transcriptPath: str
    agentName: str


class SubagentStartHookInput(_SubagentHookInput, total=False):
    """A sub-agent begins."""

    agentDisplayName: str
    agentDescription: str


class SubagentStartHookOutput(TypedDict, total=False):
    """What the sub-agent is told before its prompt."""

    additionalContext: str


SubagentStartHandler = _Hook[SubagentStartHookInput, SubagentStartHookOutput]


class _SubagentStopHookInput(_SubagentHookInput):
    stopReason: str
    response: str


class SubagentStopHookInput(_SubagentStopHookInput, total=False):
    """A sub-agent has answered."""

    agentDisplayName: str
    agentDescription: str


class SubagentStopHookOutput(TypedDict, total=False):
    """That the sub-agent goes on, and why; or what its answer becomes."""

    decision: Literal["allow", "block"]
    reason: str
    modifiedResponse: str


SubagentStopHandler = _Hook[SubagentStopHookInput, SubagentStopHookOutput]


class SessionHooks(TypedDict, total=False):
    """The hooks of a session. Only those that are given are asked."""

    on_pre_tool_use: PreToolUseHandler
    on_pre_mcp_tool_call: PreMcpToolCallHandler
    on_post_tool_use: PostToolUseHandler
    on_post_tool_use_failure: PostToolUseFailureHandler
    on_user_prompt_submitted: UserPromptSubmittedHandler
    on_user_prompt_transformed: UserPromptTransformedHandler
    on_session_start: SessionStartHandler
    on_session_end: SessionEndHandler
    on_error_occurred: ErrorOccurredHandler
    on_agent_stop: AgentStopHandler
    on_subagent_start: SubagentStartHandler
    on_subagent_stop: SubagentStopHandler

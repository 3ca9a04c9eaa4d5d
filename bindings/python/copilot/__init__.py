"""The GitHub Copilot CLI's agent runtime for Python, on top of libcopilot.

from copilot import CopilotClient, PermissionHandler

async with CopilotClient() as client:
    session = await client.create_session(
        {"model": "gpt-5", "on_permission_request": PermissionHandler.approve_all}
    )
    answer = await session.send_and_wait({"prompt": "What is 2+2?"})
"""

from ._native import lib as _lib
from .client import CopilotClient
from .errors import (
    CopilotError,
    CopilotTimeoutError,
    InvalidArgumentError,
    JsonRpcError,
    ProcessExitedError,
    SessionError,
)
from .events import SessionEvent, SessionEventType
from .session import CopilotSession
from .tools import define_tool
from .types import (
    AzureProviderOptions,
    CommandContext,
    CommandDefinition,
    ConnectionState,
    CopilotClientOptions,
    CustomAgentConfig,
    GetAuthStatusResponse,
    GetStatusResponse,
    MCPLocalServerConfig,
    MCPRemoteServerConfig,
    MCPServerConfig,
    MessageOptions,
    ModelBilling,
    ModelCapabilities,
    ModelInfo,
    ModelPolicy,
    PermissionHandler,
    PermissionRequest,
    PermissionRequestResult,
    PingResponse,
    ProviderConfig,
    ResumeSessionConfig,
    SessionConfig,
    SessionContext,
    SessionHooks,
    SessionLifecycleEvent,
    SessionListFilter,
    SessionMetadata,
    StopError,
    Tool,
    ToolHandler,
    ToolInvocation,
    ToolResult,
    UserInputRequest,
    UserInputResponse,
)

__version__: str = _lib.version_string().decode()

__all__ = [
    "AzureProviderOptions",
    "CommandContext",
    "CommandDefinition",
    "ConnectionState",
    "CopilotClient",
    "CopilotClientOptions",
    "CopilotError",
    "CopilotSession",
    "CopilotTimeoutError",
    "CustomAgentConfig",
    "GetAuthStatusResponse",
    "GetStatusResponse",
    "InvalidArgumentError",
    "JsonRpcError",
    "MCPLocalServerConfig",
    "MCPRemoteServerConfig",
    "MCPServerConfig",
    "MessageOptions",
    "ModelBilling",
    "ModelCapabilities",
    "ModelInfo",
    "ModelPolicy",
    "PermissionHandler",
    "PermissionRequest",
    "PermissionRequestResult",
    "PingResponse",
    "ProcessExitedError",
    "ProviderConfig",
    "ResumeSessionConfig",
    "SessionConfig",
    "SessionContext",
    "SessionError",
    "SessionEvent",
    "SessionEventType",
    "SessionHooks",
    "SessionLifecycleEvent",
    "SessionListFilter",
    "SessionMetadata",
    "StopError",
    "Tool",
    "ToolHandler",
    "ToolInvocation",
    "ToolResult",
    "UserInputRequest",
    "UserInputResponse",
    "define_tool",
]

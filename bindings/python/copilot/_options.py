"""The options of clients, sessions and messages: dicts, typed."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, Callable, Literal, Optional, TypedDict, Union

from ._handlers import (
    AutoModeSwitchHandler,
    CommandDefinition,
    ElicitationHandler,
    ExitPlanModeHandler,
    McpAuthHandler,
    UserInputHandler,
    _PermissionHandlerFn,
)
from ._hooks import SessionHooks
from ._tool_types import Tool
from .events import SessionEvent

ReasoningEffort = Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]
ReasoningSummary = Literal["none", "concise", "detailed"]
ContextTier = Literal["default", "long_context"]
ConnectionState = Literal["disconnected", "connecting", "connected", "error"]
LogLevel = Literal["none", "error", "warning", "info", "debug", "all"]
AskUserVariant = Literal["legacy", "elicitation"]

SessionEventHandler = Callable[[SessionEvent], Union[None, Awaitable[None]]]


class CopilotClientOptions(TypedDict, total=False):
    """How the CLI is started, or where a server is that runs already."""

    cli_path: str
    cli_args: list[str]
    cwd: str
    port: int
    use_stdio: bool
    cli_url: str
    log_level: LogLevel
    auto_start: bool
    auto_restart: bool
    env: dict[str, str]
    github_token: str
    use_logged_in_user: bool


# ---- messages ----


class SelectionRange(TypedDict):
    """A place in a file, counted from 0."""

    line: int
    character: int


class Selection(TypedDict):
    """A part of a file."""

    start: SelectionRange
    end: SelectionRange


class _Labelled(TypedDict, total=False):
    displayName: str
    display_name: str


class _FileAttachment(TypedDict):
    type: Literal["file"]
    path: str


class FileAttachment(_FileAttachment, _Labelled):
    """A file, which may be an image."""


class _DirectoryAttachment(TypedDict):
    type: Literal["directory"]
    path: str


class DirectoryAttachment(_DirectoryAttachment, _Labelled):
    """A folder."""


class _SelectionAttachment(TypedDict):
    type: Literal["selection"]
    filePath: str
    displayName: str


class SelectionAttachment(_SelectionAttachment, total=False):
    """A part of a file, and its text."""

    selection: Selection
    text: str


class _BlobAttachment(TypedDict):
    type: Literal["blob"]
    data: str
    mimeType: str


class BlobAttachment(_BlobAttachment, _Labelled):
    """Content that is in no file, in base64."""


Attachment = Union[FileAttachment, DirectoryAttachment, SelectionAttachment, BlobAttachment]


class _MessageOptions(TypedDict):
    prompt: str


class MessageOptions(_MessageOptions, total=False):
    """A message. In the mode "immediate" it steers what is being done; with "enqueue" it waits its turn."""

    attachments: list[Attachment]
    mode: Literal["enqueue", "immediate"]


# ---- sessions ----


class SystemMessageAppendConfig(TypedDict, total=False):
    """What is appended to the CLI's own system message."""

    mode: Literal["append"]
    content: str


class SystemMessageReplaceConfig(TypedDict):
    """What replaces the CLI's own system message, and with it the guardrails that are there."""

    mode: Literal["replace"]
    content: str


SectionTransformFn = Callable[[str], Union[str, Awaitable[str]]]
SectionOverrideAction = Union[
    Literal["replace", "remove", "append", "prepend", "preserve"], SectionTransformFn
]


class _SectionOverride(TypedDict):
    action: SectionOverrideAction


class SectionOverride(_SectionOverride, total=False):
    """What becomes of a section; a function is given its text and returns another."""

    content: str


class _SystemMessageCustomizeConfig(TypedDict):
    mode: Literal["customize"]


class SystemMessageCustomizeConfig(_SystemMessageCustomizeConfig, total=False):
    """What becomes of single sections of the CLI's own system message."""

    sections: dict[str, SectionOverride]
    content: str


SystemMessageConfig = Union[
    SystemMessageAppendConfig, SystemMessageReplaceConfig, SystemMessageCustomizeConfig
]


class MCPLocalServerConfig(TypedDict, total=False):
    """An MCP server that is a program. In `tools` [] is none and ["*"] all; `timeout` is in milliseconds."""

    tools: list[str]
    type: Literal["local", "stdio"]
    timeout: int
    command: str
    args: list[str]
    env: dict[str, str]
    cwd: str
    working_directory: str


class MCPRemoteServerConfig(TypedDict, total=False):
    """An MCP server that is reached by HTTP or SSE."""

    tools: list[str]
    type: Literal["http", "sse"]
    timeout: int
    url: str
    headers: dict[str, str]


MCPServerConfig = Union[MCPLocalServerConfig, MCPRemoteServerConfig]
MCPStdioServerConfig = MCPLocalServerConfig
MCPHTTPServerConfig = MCPRemoteServerConfig


class CustomAgentConfig(TypedDict, total=False):
    """An agent of the program's own, which the user or the model may choose."""

    name: str
    display_name: str
    description: str
    tools: Optional[list[str]]
    prompt: str
    mcp_servers: dict[str, MCPServerConfig]
    infer: bool
    skills: list[str]
    model: str
    model_policy: Literal["preferred", "required"]
    reasoning_effort: ReasoningEffort
    hooks: dict[str, list[dict[str, Any]]]


class DefaultAgentConfig(TypedDict, total=False):
    """What the agent that is chosen without a choice does not have."""

    excluded_tools: list[str]


class InfiniteSessionConfig(TypedDict, total=False):
    """When a session's history is condensed: shares of the context window between 0 and 1."""

    enabled: bool
    background_compaction_threshold: float
    buffer_exhaustion_threshold: float


class AzureProviderOptions(TypedDict, total=False):
    """What only Azure has."""

    api_version: str


class ProviderTokenArgs(TypedDict):
    """For which provider of which session a token is wanted."""

    provider_name: str
    session_id: str


BearerTokenProvider = Callable[[ProviderTokenArgs], Union[str, Awaitable[str]]]


class _Provider(TypedDict, total=False):
    type: Literal["openai", "azure", "anthropic"]
    wire_api: Literal["completions", "responses"]
    base_url: str
    api_key: str
    bearer_token: str
    azure: AzureProviderOptions
    headers: dict[str, str]
    model_provider: str
    bearer_token_provider: BearerTokenProvider


class ProviderConfig(_Provider, total=False):
    """Whose models a session uses instead of Copilot's. A bearer token wins over an API key."""

    transport: Literal["http", "websockets"]
    api_key_command: str
    model_id: str
    wire_model: str
    max_prompt_tokens: int
    max_output_tokens: int


class NamedProviderConfig(_Provider, total=False):
    """One of several providers, by its name."""

    name: str


class ProviderModelConfig(TypedDict, total=False):
    """A model of a named provider; it is chosen as "provider/id"."""

    id: str
    provider: str
    wire_model: str
    model_id: str
    name: str
    max_prompt_tokens: int
    max_context_window_tokens: int
    max_output_tokens: int
    capabilities: dict[str, Any]


class _AnySessionConfig(TypedDict, total=False):
    client_name: str
    model: str
    reasoning_effort: ReasoningEffort
    tools: list[Tool]
    system_message: SystemMessageConfig
    available_tools: list[str]
    excluded_tools: list[str]
    on_permission_request: _PermissionHandlerFn
    on_user_input_request: UserInputHandler
    hooks: SessionHooks
    working_directory: str
    provider: ProviderConfig
    streaming: bool
    mcp_servers: Union[dict[str, MCPServerConfig], list[dict[str, Any]]]
    custom_agents: list[CustomAgentConfig]
    config_dir: str
    skill_directories: list[str]
    disabled_skills: list[str]
    infinite_sessions: InfiniteSessionConfig
    # What follows came after version 0.1.30 of the SDK. Older servers ignore it.
    on_event: SessionEventHandler
    on_elicitation_request: ElicitationHandler
    on_exit_plan_mode_request: ExitPlanModeHandler
    on_auto_mode_switch_request: AutoModeSwitchHandler
    on_mcp_auth_request: McpAuthHandler
    commands: list[CommandDefinition]
    methods: dict[str, Callable[..., Any]]
    additional_directories: list[str]
    agent: str
    agent_directories: list[str]
    ask_user_variant: AskUserVariant
    auth_client_id_metadata_url: str
    autopilot: dict[str, Any]
    canvas_provider: dict[str, Any]
    canvases: list[dict[str, Any]]
    capi: dict[str, Any]
    coauthor_enabled: bool
    config_directory: str
    context_tier: ContextTier
    custom_agents_local_only: bool
    default_agent: DefaultAgentConfig
    diagnostics: dict[str, Any]
    disabled_mcp_servers: list[str]
    embedding_cache_storage: Literal["persistent", "in-memory"]
    enable_citations: bool
    enable_config_discovery: bool
    enable_experimental_mode: bool
    enable_file_change_tracking: bool
    enable_file_hooks: bool
    enable_host_git_operations: bool
    enable_managed_settings: bool
    enable_mcp_apps: bool
    enable_on_demand_instruction_discovery: bool
    enable_session_store: bool
    enable_session_telemetry: bool
    enable_skills: bool
    enforce_managed_model_defaults: bool
    excluded_builtin_agents: list[str]
    excluded_managed_settings: list[str]
    exp_assignments: dict[str, Any]
    extension_info: dict[str, Any]
    extension_sdk_path: str
    feature_flags: dict[str, bool]
    github_mcp_tool_config: dict[str, Any]
    github_token: str
    hook_directories: list[str]
    image_generation: dict[str, Any]
    include_sub_agent_streaming_events: bool
    included_builtin_skills: list[str]
    instruction_directories: list[str]
    interactive_user: bool
    large_output: dict[str, Any]
    manage_schedule_enabled: bool
    managed_settings: dict[str, Any]
    mcp_oauth_token_storage: Literal["persistent", "in-memory"]
    memory: dict[str, Any]
    model_capabilities: dict[str, Any]
    models: list[ProviderModelConfig]
    organization_custom_instructions: str
    plugin_directories: list[str]
    providers: list[NamedProviderConfig]
    reasoning_summary: ReasoningSummary
    request_canvas_renderer: bool
    request_extensions: bool
    sandbox_config: dict[str, Any]
    session_limits: dict[str, Any]
    skip_custom_instructions: bool
    skip_embedding_retrieval: bool
    tool_search: dict[str, Any]


class SessionConfig(_AnySessionConfig, total=False):
    """The options of a new session."""

    session_id: str
    cloud: dict[str, Any]
    name: str
    refresh_custom_instructions: bool
    trust_working_directory: Literal["session", "user"]


class ResumeSessionConfig(_AnySessionConfig, total=False):
    """The options of a session that is opened again."""

    disable_resume: bool
    allow_transcript_recovery: bool
    continue_pending_work: bool
    open_canvases: list[dict[str, Any]]
    suppress_resume_event: bool

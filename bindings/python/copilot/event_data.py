"""What events carry: `event.data`. One class serves all types, since many share their members.

A member that an event does not have is None. Members that are not listed here are attributes all the same, when they
come.
"""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any, Optional, Union

from ._record import Record


class AgentMode(str, enum.Enum):
    AUTOPILOT = "autopilot"
    INTERACTIVE = "interactive"
    PLAN = "plan"
    SHELL = "shell"


class AttachmentType(str, enum.Enum):
    DIRECTORY = "directory"
    FILE = "file"
    GITHUB_REFERENCE = "github_reference"
    SELECTION = "selection"


class ContentType(str, enum.Enum):
    AUDIO = "audio"
    IMAGE = "image"
    RESOURCE = "resource"
    RESOURCE_LINK = "resource_link"
    TERMINAL = "terminal"
    TEXT = "text"


class Operation(str, enum.Enum):
    CREATE = "create"
    DELETE = "delete"
    UPDATE = "update"


class ReferenceType(str, enum.Enum):
    DISCUSSION = "discussion"
    ISSUE = "issue"
    PR = "pr"


class Role(str, enum.Enum):
    DEVELOPER = "developer"
    SYSTEM = "system"


class ShutdownType(str, enum.Enum):
    ERROR = "error"
    ROUTINE = "routine"


class SourceType(str, enum.Enum):
    LOCAL = "local"
    REMOTE = "remote"


class Theme(str, enum.Enum):
    DARK = "dark"
    LIGHT = "light"


class ToolRequestType(str, enum.Enum):
    CUSTOM = "custom"
    FUNCTION = "function"


class Position(Record):
    line: Optional[float] = None
    character: Optional[float] = None


class Selection(Record):
    start: Optional[Position] = None
    end: Optional[Position] = None


class LineRange(Record):
    start: Optional[float] = None
    end: Optional[float] = None


class Attachment(Record):
    type: Optional[AttachmentType] = None
    display_name: Optional[str] = None
    line_range: Optional[LineRange] = None
    path: Optional[str] = None
    file_path: Optional[str] = None
    selection: Optional[Selection] = None
    text: Optional[str] = None
    number: Optional[float] = None
    reference_type: Optional[ReferenceType] = None
    state: Optional[str] = None
    title: Optional[str] = None
    url: Optional[str] = None


class CodeChanges(Record):
    files_modified: Optional[list[str]] = None
    lines_added: Optional[float] = None
    lines_removed: Optional[float] = None


class CompactionTokensUsed(Record):
    cached_input: Optional[float] = None
    input: Optional[float] = None
    output: Optional[float] = None


class ContextClass(Record):
    cwd: Optional[str] = None
    branch: Optional[str] = None
    git_root: Optional[str] = None
    repository: Optional[str] = None


class TokenDetail(Record):
    batch_size: Optional[float] = None
    cost_per_batch: Optional[float] = None
    token_count: Optional[float] = None
    token_type: Optional[str] = None


class CopilotUsage(Record):
    token_details: Optional[list[TokenDetail]] = None
    total_nano_aiu: Optional[float] = None


class ErrorClass(Record):
    message: Optional[str] = None
    code: Optional[str] = None
    stack: Optional[str] = None


class Metadata(Record):
    prompt_version: Optional[str] = None
    variables: Optional[dict[str, Any]] = None


class Requests(Record):
    cost: Optional[float] = None
    count: Optional[float] = None


class Usage(Record):
    cache_read_tokens: Optional[float] = None
    cache_write_tokens: Optional[float] = None
    input_tokens: Optional[float] = None
    output_tokens: Optional[float] = None


class ModelMetric(Record):
    requests: Optional[Requests] = None
    usage: Optional[Usage] = None


class QuotaSnapshot(Record):
    entitlement_requests: Optional[float] = None
    is_unlimited_entitlement: Optional[bool] = None
    overage: Optional[float] = None
    overage_allowed_with_exhausted_quota: Optional[bool] = None
    remaining_percentage: Optional[float] = None
    usage_allowed_with_exhausted_quota: Optional[bool] = None
    used_requests: Optional[float] = None
    reset_date: Optional[datetime] = None


class RepositoryClass(Record):
    name: Optional[str] = None
    owner: Optional[str] = None
    branch: Optional[str] = None


class Resource(Record):
    uri: Optional[str] = None
    mime_type: Optional[str] = None
    text: Optional[str] = None
    blob: Optional[str] = None


class Icon(Record):
    src: Optional[str] = None
    mime_type: Optional[str] = None
    sizes: Optional[list[str]] = None
    theme: Optional[Theme] = None


class Content(Record):
    type: Optional[ContentType] = None
    text: Optional[str] = None
    cwd: Optional[str] = None
    exit_code: Optional[float] = None
    data: Optional[str] = None
    mime_type: Optional[str] = None
    description: Optional[str] = None
    icons: Optional[list[Icon]] = None
    name: Optional[str] = None
    size: Optional[float] = None
    title: Optional[str] = None
    uri: Optional[str] = None
    resource: Optional[Resource] = None


class Result(Record):
    content: Optional[str] = None
    contents: Optional[list[Content]] = None
    detailed_content: Optional[str] = None
    kind: Optional[str] = None


class ToolRequest(Record):
    name: Optional[str] = None
    tool_call_id: Optional[str] = None
    arguments: Any = None
    type: Optional[ToolRequestType] = None


class Data(Record):
    """The members of an event's `data`."""

    # A turn: what was said, by whom, and in pieces.
    content: Optional[str] = None
    delta_content: Optional[str] = None
    message_id: Optional[str] = None
    reasoning_id: Optional[str] = None
    turn_id: Optional[str] = None
    interaction_id: Optional[str] = None
    parent_tool_call_id: Optional[str] = None
    phase: Optional[str] = None
    intent: Optional[str] = None
    reasoning_text: Optional[str] = None
    reasoning_opaque: Optional[str] = None
    encrypted_content: Optional[str] = None
    transformed_content: Optional[str] = None
    total_response_size_bytes: Optional[float] = None
    tool_requests: Optional[list[ToolRequest]] = None
    attachments: Optional[list[Attachment]] = None
    agent_mode: Optional[AgentMode] = None
    source: Optional[str] = None
    role: Optional[Role] = None
    metadata: Optional[Metadata] = None

    # Tools, hooks, skills, agents.
    tool_call_id: Optional[str] = None
    tool_name: Optional[str] = None
    arguments: Any = None
    result: Optional[Result] = None
    success: Optional[bool] = None
    error: Optional[Union[ErrorClass, str]] = None
    partial_output: Optional[str] = None
    progress_message: Optional[str] = None
    is_user_requested: Optional[bool] = None
    tool_telemetry: Optional[dict[str, Any]] = None
    mcp_server_name: Optional[str] = None
    mcp_tool_name: Optional[str] = None
    hook_invocation_id: Optional[str] = None
    hook_type: Optional[str] = None
    input: Any = None
    output: Any = None
    name: Optional[str] = None
    path: Optional[str] = None
    allowed_tools: Optional[list[str]] = None
    plugin_name: Optional[str] = None
    plugin_version: Optional[str] = None
    agent_name: Optional[str] = None
    agent_display_name: Optional[str] = None
    agent_description: Optional[str] = None
    tools: Optional[list[str]] = None
    request_id: Optional[str] = None

    # The session: its start, its errors, its changes.
    session_id: Optional[str] = None
    version: Optional[float] = None
    producer: Optional[str] = None
    copilot_version: Optional[str] = None
    selected_model: Optional[str] = None
    start_time: Optional[datetime] = None
    resume_time: Optional[datetime] = None
    event_count: Optional[float] = None
    context: Optional[Union[ContextClass, str]] = None
    message: Optional[str] = None
    error_type: Optional[str] = None
    status_code: Optional[int] = None
    stack: Optional[str] = None
    provider_call_id: Optional[str] = None
    title: Optional[str] = None
    url: Optional[str] = None
    info_type: Optional[str] = None
    warning_type: Optional[str] = None
    new_model: Optional[str] = None
    previous_model: Optional[str] = None
    new_mode: Optional[str] = None
    previous_mode: Optional[str] = None
    operation: Optional[Operation] = None
    reason: Optional[str] = None
    summary: Optional[str] = None
    cwd: Optional[str] = None
    branch: Optional[str] = None
    git_root: Optional[str] = None
    repository: Optional[Union[RepositoryClass, str]] = None
    remote_session_id: Optional[str] = None
    handoff_time: Optional[datetime] = None
    source_type: Optional[SourceType] = None
    up_to_event_id: Optional[str] = None
    events_removed: Optional[float] = None

    # Context, compaction, truncation.
    token_limit: Optional[float] = None
    current_tokens: Optional[float] = None
    messages_length: Optional[float] = None
    messages_removed: Optional[float] = None
    tokens_removed: Optional[float] = None
    summary_content: Optional[str] = None
    checkpoint_number: Optional[float] = None
    checkpoint_path: Optional[str] = None
    compaction_tokens_used: Optional[CompactionTokensUsed] = None
    pre_compaction_messages_length: Optional[float] = None
    pre_compaction_tokens: Optional[float] = None
    post_compaction_tokens: Optional[float] = None
    performed_by: Optional[str] = None
    messages_removed_during_truncation: Optional[float] = None
    tokens_removed_during_truncation: Optional[float] = None
    pre_truncation_messages_length: Optional[float] = None
    pre_truncation_tokens_in_messages: Optional[float] = None
    post_truncation_messages_length: Optional[float] = None
    post_truncation_tokens_in_messages: Optional[float] = None

    # What it cost.
    model: Optional[str] = None
    input_tokens: Optional[float] = None
    output_tokens: Optional[float] = None
    cache_read_tokens: Optional[float] = None
    cache_write_tokens: Optional[float] = None
    cost: Optional[float] = None
    duration: Optional[float] = None
    initiator: Optional[str] = None
    api_call_id: Optional[str] = None
    quota_snapshots: Optional[dict[str, QuotaSnapshot]] = None
    copilot_usage: Optional[CopilotUsage] = None
    shutdown_type: Optional[ShutdownType] = None
    error_reason: Optional[str] = None
    session_start_time: Optional[float] = None
    total_api_duration_ms: Optional[float] = None
    total_premium_requests: Optional[float] = None
    code_changes: Optional[CodeChanges] = None
    current_model: Optional[str] = None
    model_metrics: Optional[dict[str, ModelMetric]] = None

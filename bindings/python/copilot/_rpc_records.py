"""Parameters and results of the methods that `rpc` knows by name."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, ClassVar, Optional

from ._record import Record
from ._results import milliseconds

if TYPE_CHECKING:
    from typing_extensions import Self


class PingParams(Record):
    """What the server is to send back."""

    __slots__ = ()
    message: Optional[str] = None


class PingResult(Record):
    """What it sent back, and its time in milliseconds since 1970."""

    __slots__ = ()
    message: str
    protocol_version: float
    timestamp: float

    @classmethod
    def from_dict(cls, obj: Any) -> Self:
        """The answer of a server of either protocol; `timestamp` becomes milliseconds."""
        if isinstance(obj, dict) and obj.get("timestamp") is not None:
            obj = {**obj, "timestamp": milliseconds(obj["timestamp"])}
        return super().from_dict(obj)


class Billing(Record):
    """What a model costs."""

    __slots__ = ()
    multiplier: float


class Limits(Record):
    """How much a model takes and gives."""

    __slots__ = ()
    _wire_names: ClassVar[dict[str, str]] = {
        name: name for name in ("max_context_window_tokens", "max_output_tokens", "max_prompt_tokens")
    }
    max_context_window_tokens: float
    max_output_tokens: Optional[float] = None
    max_prompt_tokens: Optional[float] = None


class Supports(Record):
    """What a model can do."""

    __slots__ = ()
    reasoning_effort: Optional[bool] = None
    vision: Optional[bool] = None


class Capabilities(Record):
    """What a model can do, and how much."""

    __slots__ = ()
    limits: Limits
    supports: Supports


class Policy(Record):
    """Whether a model may be used."""

    __slots__ = ()
    state: str
    terms: str


class Model(Record):
    """A model."""

    __slots__ = ()
    capabilities: Capabilities
    id: str
    name: str
    billing: Optional[Billing] = None
    default_reasoning_effort: Optional[str] = None
    policy: Optional[Policy] = None
    supported_reasoning_efforts: Optional[list[str]] = None


class ModelsListResult(Record):
    """The models that can be used."""

    __slots__ = ()
    models: list[Model]


class Tool(Record):
    """A tool of the CLI; `parameters` is a JSON schema."""

    __slots__ = ()
    description: str
    name: str
    instructions: Optional[str] = None
    namespaced_name: Optional[str] = None
    parameters: Optional[dict[str, Any]] = None


class ToolsListParams(Record):
    """For which model the tools are listed."""

    __slots__ = ()
    model: Optional[str] = None


class ToolsListResult(Record):
    """The tools of the CLI."""

    __slots__ = ()
    tools: list[Tool]


class QuotaSnapshot(Record):
    """How much of a quota is used."""

    __slots__ = ()
    entitlement_requests: float
    overage: float
    overage_allowed_with_exhausted_quota: bool
    remaining_percentage: float
    used_requests: float
    reset_date: Optional[str] = None


class AccountGetQuotaResult(Record):
    """The quotas, by their kinds."""

    __slots__ = ()
    quota_snapshots: dict[str, QuotaSnapshot]


class SessionModelGetCurrentResult(Record):
    """The model in use."""

    __slots__ = ()
    model_id: Optional[str] = None


class SessionModelSwitchToResult(Record):
    """The model in use from now on."""

    __slots__ = ()
    model_id: Optional[str] = None


class SessionModelSwitchToParams(Record):
    """The model to use from now on."""

    __slots__ = ()
    model_id: str


class Mode(str, enum.Enum):
    """How the agent works. It equals its text."""

    AUTOPILOT = "autopilot"
    INTERACTIVE = "interactive"
    PLAN = "plan"


class SessionModeGetResult(Record):
    """The mode."""

    __slots__ = ()
    mode: Mode

    @classmethod
    def from_dict(cls, obj: Any) -> Self:
        """The answer of a server of either protocol: newer ones send the mode alone."""
        return super().from_dict({"mode": obj} if isinstance(obj, str) else obj)


class SessionModeSetResult(Record):
    """The mode from now on."""

    __slots__ = ()
    mode: Mode


class SessionModeSetParams(Record):
    """The mode from now on."""

    __slots__ = ()
    mode: Mode


class SessionPlanReadResult(Record):
    """The plan; `content` is None when there is none."""

    __slots__ = ()
    exists: bool
    content: Optional[str] = None


class SessionPlanUpdateResult(Record):
    """Nothing."""

    __slots__ = ()


class SessionPlanUpdateParams(Record):
    """The plan from now on."""

    __slots__ = ()
    content: str


class SessionPlanDeleteResult(Record):
    """Nothing."""

    __slots__ = ()


class SessionWorkspaceListFilesResult(Record):
    """The files of the session's workspace, by their paths in it."""

    __slots__ = ()
    files: list[str]


class SessionWorkspaceReadFileResult(Record):
    """What is in a file."""

    __slots__ = ()
    content: str


class SessionWorkspaceReadFileParams(Record):
    """The file to read."""

    __slots__ = ()
    path: str


class SessionWorkspaceCreateFileResult(Record):
    """Nothing."""

    __slots__ = ()


class SessionWorkspaceCreateFileParams(Record):
    """The file to write, and what is to be in it."""

    __slots__ = ()
    content: str
    path: str


class SessionFleetStartResult(Record):
    """Whether the fleet started."""

    __slots__ = ()
    started: bool


class SessionFleetStartParams(Record):
    """What the fleet is to do."""

    __slots__ = ()
    prompt: Optional[str] = None


class AgentElement(Record):
    """A custom agent."""

    __slots__ = ()
    description: str
    display_name: str
    name: str


class SessionAgentListResult(Record):
    """The custom agents."""

    __slots__ = ()
    agents: list[AgentElement]


class SessionAgentGetCurrentResultAgent(AgentElement):
    """The custom agent in use."""

    __slots__ = ()


class SessionAgentGetCurrentResult(Record):
    """The custom agent in use; None for the default one."""

    __slots__ = ()
    agent: Optional[SessionAgentGetCurrentResultAgent] = None


class SessionAgentSelectResultAgent(AgentElement):
    """The custom agent in use from now on."""

    __slots__ = ()


class SessionAgentSelectResult(Record):
    """The custom agent in use from now on."""

    __slots__ = ()
    agent: SessionAgentSelectResultAgent


class SessionAgentSelectParams(Record):
    """The custom agent to use from now on."""

    __slots__ = ()
    name: str


class SessionAgentDeselectResult(Record):
    """Nothing."""

    __slots__ = ()


class SessionCompactionCompactResult(Record):
    """What condensing the history has brought."""

    __slots__ = ()
    messages_removed: float
    success: bool
    tokens_removed: float

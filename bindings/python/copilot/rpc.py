"""The methods of the server: `client.rpc` has those of the server, `session.rpc` those of a session.

Methods with types of their own are `client.rpc.models.list()`,
`session.rpc.mode.set(SessionModeSetParams(...))` and the like. Every other method that the server has can be
called as well: `session.rpc.tasks.start_agent(prompt="...")` is "session.tasks.startAgent" on the wire, and
its result a record of what the server answered.

Parameters are a record, a dict in the wire's spelling, keyword arguments, or one of the first two and
keywords. Every method takes `timeout=`, in seconds; a parameter of that name goes into the dict. All of them
raise JsonRpcError when the server refuses, and asyncio.TimeoutError when the time is up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Optional, Protocol, TypeVar, Union

from ._record import Record, camel, from_wire, to_wire
from ._rpc_records import (
    AccountGetQuotaResult,
    AgentElement,
    Billing,
    Capabilities,
    Limits,
    Mode,
    Model,
    ModelsListResult,
    PingParams,
    PingResult,
    Policy,
    QuotaSnapshot,
    SessionAgentDeselectResult,
    SessionAgentGetCurrentResult,
    SessionAgentGetCurrentResultAgent,
    SessionAgentListResult,
    SessionAgentSelectParams,
    SessionAgentSelectResult,
    SessionAgentSelectResultAgent,
    SessionCompactionCompactResult,
    SessionFleetStartParams,
    SessionFleetStartResult,
    SessionModeGetResult,
    SessionModelGetCurrentResult,
    SessionModelSwitchToParams,
    SessionModelSwitchToResult,
    SessionModeSetParams,
    SessionModeSetResult,
    SessionPlanDeleteResult,
    SessionPlanReadResult,
    SessionPlanUpdateParams,
    SessionPlanUpdateResult,
    SessionWorkspaceCreateFileParams,
    SessionWorkspaceCreateFileResult,
    SessionWorkspaceListFilesResult,
    SessionWorkspaceReadFileParams,
    SessionWorkspaceReadFileResult,
    Supports,
    Tool,
    ToolsListParams,
    ToolsListResult,
)
from .errors import JsonRpcError

__all__ = [
    "AccountApi",
    "AccountGetQuotaResult",
    "AgentApi",
    "AgentElement",
    "Billing",
    "Capabilities",
    "CompactionApi",
    "FleetApi",
    "Limits",
    "Mode",
    "ModeApi",
    "Model",
    "ModelApi",
    "ModelsApi",
    "ModelsListResult",
    "Namespace",
    "PingParams",
    "PingResult",
    "PlanApi",
    "Policy",
    "QuotaSnapshot",
    "ServerRpc",
    "SessionAgentDeselectResult",
    "SessionAgentGetCurrentResult",
    "SessionAgentGetCurrentResultAgent",
    "SessionAgentListResult",
    "SessionAgentSelectParams",
    "SessionAgentSelectResult",
    "SessionAgentSelectResultAgent",
    "SessionCompactionCompactResult",
    "SessionFleetStartParams",
    "SessionFleetStartResult",
    "SessionModeGetResult",
    "SessionModeSetParams",
    "SessionModeSetResult",
    "SessionModelGetCurrentResult",
    "SessionModelSwitchToParams",
    "SessionModelSwitchToResult",
    "SessionPlanDeleteResult",
    "SessionPlanReadResult",
    "SessionPlanUpdateParams",
    "SessionPlanUpdateResult",
    "SessionRpc",
    "SessionWorkspaceCreateFileParams",
    "SessionWorkspaceCreateFileResult",
    "SessionWorkspaceListFilesResult",
    "SessionWorkspaceReadFileParams",
    "SessionWorkspaceReadFileResult",
    "Supports",
    "Tool",
    "ToolsApi",
    "ToolsListParams",
    "ToolsListResult",
    "WorkspaceApi",
]

METHOD_NOT_FOUND = -32601

# Methods that servers of protocol 3 have under other names.
_RENAMED = {
    "session.compaction.compact": "session.history.compact",
    "session.workspace.createFile": "session.workspaces.createFile",
    "session.workspace.listFiles": "session.workspaces.listFiles",
    "session.workspace.readFile": "session.workspaces.readFile",
}

_Result = TypeVar("_Result", bound=Record)
_Params = TypeVar("_Params", bound=Record)
Params = Union[_Params, Mapping[str, Any], None]


class Requests(Protocol):
    """What calls the server."""

    async def request(self, method: str, params: dict[str, Any], *, timeout: Optional[float] = None) -> Any:
        """Calls a method and returns its result."""


class Namespace:
    """The methods whose names begin alike. Each attribute is both a method and the namespace below it."""

    _path: ClassVar[str] = ""

    def __init__(
        self, client: Requests, session_id: Optional[str] = None, path: Optional[str] = None
    ) -> None:
        self._client = client
        self._session_id = session_id
        self._prefix = self._path if path is None else path

    def __getattr__(self, name: str) -> Namespace:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return Namespace(self._client, self._session_id, self._of(camel(name)))

    def __repr__(self) -> str:
        return f"<the methods {self._prefix or 'of the server'}>"

    async def __call__(
        self, params: Params[Record] = None, /, *, timeout: Optional[float] = None, **named: Any
    ) -> Any:
        """Calls the method of this name. Its result: a record of an object, or a plain value."""
        return from_wire(await self._send(self._prefix, _wire(params, named), timeout))

    def _of(self, name: str) -> str:
        return f"{self._prefix}.{name}" if self._prefix else name

    async def _typed(
        self,
        name: str,
        result: type[_Result],
        timeout: Optional[float],
        params: Params[Record] = None,
        named: Optional[Mapping[str, Any]] = None,
        kind: type[Record] = Record,
    ) -> _Result:
        """Calls a method whose result has a type of its own. Parameters that are None are left out."""
        told = {key: value for key, value in _wire(params, named or {}, kind).items() if value is not None}
        return result.from_dict(await self._send(self._of(name), told, timeout) or {})

    async def _send(self, method: str, params: dict[str, Any], timeout: Optional[float]) -> Any:
        if self._session_id is not None:
            params["sessionId"] = self._session_id
        limit = {} if timeout is None else {"timeout": timeout}
        try:
            return await self._client.request(method, params, **limit)
        except JsonRpcError as error:
            if error.code != METHOD_NOT_FOUND or method not in _RENAMED:
                raise
        return await self._client.request(_RENAMED[method], params, **limit)


def _wire(params: Params[Record], named: Mapping[str, Any], kind: type[Record] = Record) -> dict[str, Any]:
    """Parameters as one object in the wire's spelling. `kind` knows the names of those that are declared."""
    declared = kind._declared()

    def spelled(name: str, otherwise: str) -> str:
        return declared[name].wire if name in declared else otherwise

    if params is None:
        told = {}
    elif isinstance(params, Record):
        told = dict(params.to_dict())
    elif isinstance(params, Mapping):
        told = {spelled(name, name): to_wire(value) for name, value in params.items()}
    else:
        raise TypeError(f"parameters are a dict, a record or keywords, not {type(params).__name__}")
    told.update({spelled(name, camel(name)): to_wire(value) for name, value in named.items()})
    return told


class ModelsApi(Namespace):
    """Models."""

    _path = "models"

    async def list(self, *, timeout: Optional[float] = None) -> ModelsListResult:
        """The models that can be used."""
        return await self._typed("list", ModelsListResult, timeout)


class ToolsApi(Namespace):
    """Tools of the CLI."""

    _path = "tools"

    async def list(
        self, params: Params[ToolsListParams] = None, *, timeout: Optional[float] = None, **named: Any
    ) -> ToolsListResult:
        """The tools of the CLI."""
        return await self._typed("list", ToolsListResult, timeout, params, named, ToolsListParams)


class AccountApi(Namespace):
    """The account."""

    _path = "account"

    async def get_quota(self, *, timeout: Optional[float] = None) -> AccountGetQuotaResult:
        """How much of the account's quotas is used."""
        return await self._typed("getQuota", AccountGetQuotaResult, timeout)


class ServerRpc(Namespace):
    """The methods of the server that concern no session."""

    def __init__(self, client: Requests) -> None:
        super().__init__(client)
        self.models = ModelsApi(client)
        self.tools = ToolsApi(client)
        self.account = AccountApi(client)

    async def ping(
        self, params: Params[PingParams] = None, *, timeout: Optional[float] = None, **named: Any
    ) -> PingResult:
        """Asks for a sign of life."""
        return await self._typed("ping", PingResult, timeout, params, named, PingParams)


class ModelApi(Namespace):
    """The model of a session."""

    _path = "session.model"

    async def get_current(self, *, timeout: Optional[float] = None) -> SessionModelGetCurrentResult:
        """The model in use."""
        return await self._typed("getCurrent", SessionModelGetCurrentResult, timeout)

    async def switch_to(
        self,
        params: Params[SessionModelSwitchToParams] = None,
        *,
        timeout: Optional[float] = None,
        **named: Any,
    ) -> SessionModelSwitchToResult:
        """Uses another model."""
        return await self._typed(
            "switchTo", SessionModelSwitchToResult, timeout, params, named, SessionModelSwitchToParams
        )


class ModeApi(Namespace):
    """The mode of a session's agent."""

    _path = "session.mode"

    async def get(self, *, timeout: Optional[float] = None) -> SessionModeGetResult:
        """The agent's mode."""
        return await self._typed("get", SessionModeGetResult, timeout)

    async def set(
        self, params: Params[SessionModeSetParams] = None, *, timeout: Optional[float] = None, **named: Any
    ) -> SessionModeSetResult:
        """Changes the agent's mode."""
        told = _wire(params, named, SessionModeSetParams)
        reply = await self._send(self._of("set"), told, timeout) or {}
        if "mode" not in reply:  # newer servers tell at most whether it has changed
            reply = {**reply, "mode": (await self.get(timeout=timeout))["mode"]}
        return SessionModeSetResult.from_dict(reply)


class PlanApi(Namespace):
    """The plan of a session."""

    _path = "session.plan"

    async def read(self, *, timeout: Optional[float] = None) -> SessionPlanReadResult:
        """The plan."""
        return await self._typed("read", SessionPlanReadResult, timeout)

    async def update(
        self, params: Params[SessionPlanUpdateParams] = None, *, timeout: Optional[float] = None, **named: Any
    ) -> SessionPlanUpdateResult:
        """Writes the plan."""
        return await self._typed(
            "update", SessionPlanUpdateResult, timeout, params, named, SessionPlanUpdateParams
        )

    async def delete(self, *, timeout: Optional[float] = None) -> SessionPlanDeleteResult:
        """Deletes the plan."""
        return await self._typed("delete", SessionPlanDeleteResult, timeout)


class WorkspaceApi(Namespace):
    """The files of a session's workspace."""

    _path = "session.workspace"

    async def list_files(self, *, timeout: Optional[float] = None) -> SessionWorkspaceListFilesResult:
        """The files of the session's workspace."""
        return await self._typed("listFiles", SessionWorkspaceListFilesResult, timeout)

    async def read_file(
        self,
        params: Params[SessionWorkspaceReadFileParams] = None,
        *,
        timeout: Optional[float] = None,
        **named: Any,
    ) -> SessionWorkspaceReadFileResult:
        """Reads one of them."""
        return await self._typed(
            "readFile", SessionWorkspaceReadFileResult, timeout, params, named, SessionWorkspaceReadFileParams
        )

    async def create_file(
        self,
        params: Params[SessionWorkspaceCreateFileParams] = None,
        *,
        timeout: Optional[float] = None,
        **named: Any,
    ) -> SessionWorkspaceCreateFileResult:
        """Writes one of them."""
        return await self._typed(
            "createFile",
            SessionWorkspaceCreateFileResult,
            timeout,
            params,
            named,
            SessionWorkspaceCreateFileParams,
        )


class FleetApi(Namespace):
    """Sub-agents that work side by side."""

    _path = "session.fleet"

    async def start(
        self, params: Params[SessionFleetStartParams] = None, *, timeout: Optional[float] = None, **named: Any
    ) -> SessionFleetStartResult:
        """Starts sub-agents that work side by side."""
        return await self._typed(
            "start", SessionFleetStartResult, timeout, params, named, SessionFleetStartParams
        )


class AgentApi(Namespace):
    """The custom agents of a session."""

    _path = "session.agent"

    async def list(self, *, timeout: Optional[float] = None) -> SessionAgentListResult:
        """The custom agents."""
        return await self._typed("list", SessionAgentListResult, timeout)

    async def get_current(self, *, timeout: Optional[float] = None) -> SessionAgentGetCurrentResult:
        """The custom agent in use."""
        return await self._typed("getCurrent", SessionAgentGetCurrentResult, timeout)

    async def select(
        self,
        params: Params[SessionAgentSelectParams] = None,
        *,
        timeout: Optional[float] = None,
        **named: Any,
    ) -> SessionAgentSelectResult:
        """Uses a custom agent."""
        return await self._typed(
            "select", SessionAgentSelectResult, timeout, params, named, SessionAgentSelectParams
        )

    async def deselect(self, *, timeout: Optional[float] = None) -> SessionAgentDeselectResult:
        """Uses the default agent again."""
        return await self._typed("deselect", SessionAgentDeselectResult, timeout)


class CompactionApi(Namespace):
    """The history of a session."""

    _path = "session.compaction"

    async def compact(self, *, timeout: Optional[float] = None) -> SessionCompactionCompactResult:
        """Condenses the history now."""
        return await self._typed("compact", SessionCompactionCompactResult, timeout)


class SessionRpc(Namespace):
    """The methods of the server that concern a session."""

    _path = "session"

    def __init__(self, client: Requests, session_id: str) -> None:
        super().__init__(client, session_id)
        self.model = ModelApi(client, session_id)
        self.mode = ModeApi(client, session_id)
        self.plan = PlanApi(client, session_id)
        self.workspace = WorkspaceApi(client, session_id)
        self.fleet = FleetApi(client, session_id)
        self.agent = AgentApi(client, session_id)
        self.compaction = CompactionApi(client, session_id)

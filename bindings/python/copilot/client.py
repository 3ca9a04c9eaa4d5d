"""The client: a Copilot CLI, and what it is asked for."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading
import uuid
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Callable, Optional, Union, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

from ._config import needs_model, wire_params
from ._connection import Connection
from ._delivery import Request
from ._questions import Questions, settled
from ._record import camel
from .errors import CopilotError, InvalidArgumentError, ProcessExitedError
from .rpc import ServerRpc
from .session import CopilotSession
from .types import (
    ConnectionState,
    CopilotClientOptions,
    GetAuthStatusResponse,
    GetStatusResponse,
    ModelInfo,
    PingResponse,
    ResumeSessionConfig,
    SessionConfig,
    SessionLifecycleEvent,
    SessionLifecycleHandler,
    SessionListFilter,
    SessionMetadata,
    StopError,
)

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

log = logging.getLogger("copilot")

STOP_TIMEOUT = 10.0

_WIRE_NAMES = {"github_token": "githubToken"}


class CopilotClient:
    """A Copilot CLI: one that is started when it is first needed, or a server that runs already.

    Options are given as a dict, as keyword arguments, or both. All handlers run on the event loop from which the
    client was used first; when that has ended, on the next one. `on()` and `get_state()` may be called from any
    thread.

        async with CopilotClient() as client:
            session = await client.create_session({"model": "gpt-5"})
            answer = await session.send_and_wait({"prompt": "What is 2+2?"})
    """

    def __init__(self, options: Optional[CopilotClientOptions] = None, **named: Any) -> None:
        given: dict[str, Any] = {**(options or {}), **named}
        _refuse_contradictions(given)
        self._actual_host, self._actual_port = _address(given.get("cli_url"))
        self._is_external_server = self._actual_port is not None
        self._methods: dict[str, Callable[..., Any]] = dict(given.pop("methods", None) or {})
        self.options = _with_defaults(given)
        self._connection = Connection(_told(given, self._address_text()), list(self._methods), self)
        # Weak: the connection holds those that are open.
        self._sessions: WeakValueDictionary[str, CopilotSession] = WeakValueDictionary()
        self._models_cache: Optional[list[ModelInfo]] = None
        self._models_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()
        self._lifecycle_handlers: list[tuple[Optional[str], SessionLifecycleHandler]] = []
        self._lifecycle_lock = threading.Lock()
        self._failed_before = False

    def _address_text(self) -> Optional[str]:
        return f"{self._actual_host}:{self._actual_port}" if self._is_external_server else None

    @property
    def rpc(self) -> ServerRpc:
        """Methods of the server: `await client.rpc.models.list()`. Every one that there is can be called so."""
        if self._client is None:
            raise CopilotError("Client is not connected. Call start() first.")
        return ServerRpc(self._client)

    @property
    def _client(self) -> Optional[Connection]:
        """The connection while there is one."""
        return self._connection if self._connection.state() in ("connected", "connecting") else None

    @property
    def _process(self) -> Optional[Process]:
        """The CLI's process while one that this client started is connected."""
        pid = self._connection.stats().get("processId")
        return Process(pid) if pid else None

    # ---- life ----

    async def start(self) -> None:
        """Starts the CLI, or connects to the server at `cli_url`. Without it the first call does that.

        RuntimeError says why it did not work; the words of a CLI that ended, on stderr, are in it.
        """
        try:
            await self._connection.start()
        except ProcessExitedError:
            raise
        except CopilotError as error:
            if self._failed_before:
                error.args = (f"the connection is closed, and starting the CLI again failed: {error}",)
            self._failed_before = True
            raise
        self._failed_before = False

    async def stop(self) -> None:
        """Lets go of every session and ends the CLI; a server at `cli_url` goes on.

        A CLI that does not answer is killed: it takes 20 seconds at most. What failed on the way is raised as an
        ExceptionGroup of StopError when all of it is done.
        """
        sessions = list(self._sessions.values())
        self._sessions.clear()
        failures = await asyncio.gather(*map(_let_go, sessions))
        self._models_cache = None
        await self._connection.stop(STOP_TIMEOUT)
        errors = [failure for failure in failures if failure is not None]
        if errors:
            raise ExceptionGroup("errors during CopilotClient.stop()", errors)

    async def force_stop(self) -> None:
        """Kills the CLI. The sessions' data stays as far as it was written."""
        self._sessions.clear()
        self._models_cache = None
        self._connection.force_stop()

    async def __aenter__(self) -> CopilotClient:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        await self.stop()
        return False

    def get_state(self) -> ConnectionState:
        """ "disconnected", "connecting", "connected", or "error" when the last start failed."""
        return cast(ConnectionState, self._connection.state())

    async def _request(self, method: str, params: Optional[dict[str, Any]] = None) -> Any:
        """Calls a method of the server, after a start where that is due."""
        await self._ensure_started()
        return await self._connection.request(method, params or {})

    async def _ensure_started(self) -> None:
        if self._connection.state() == "connected":
            return
        if not self.options["auto_start"]:
            raise CopilotError("Client not connected. Call start() first.")
        await self.start()

    # ---- sessions ----

    async def create_session(self, config: Optional[SessionConfig] = None, **named: Any) -> CopilotSession:
        """Makes a session. The options are those of `SessionConfig`, as a dict, as keyword arguments, or both.

        Without a handler for permission requests nothing is permitted. A dict that is empty is refused with a
        ValueError, since whoever writes one out has probably forgotten that handler.
        """
        return await self._open("session.create", str(uuid.uuid4()), config, named)

    async def resume_session(
        self, session_id: str, config: Optional[ResumeSessionConfig] = None, **named: Any
    ) -> CopilotSession:
        """Opens a session again, with its history. Tools and handlers are those of `config`."""
        return await self._open("session.resume", session_id, config, named)

    async def _open(
        self, method: str, session_id: str, config: Optional[Mapping[str, Any]], named: Mapping[str, Any]
    ) -> CopilotSession:
        await self._ensure_started()
        options: dict[str, Any] = {**(config or {}), **named}
        if config is not None and not options:
            raise InvalidArgumentError(_NO_HANDLER[method])
        if method == "session.create":
            session_id = options.get("session_id") or session_id
        session = CopilotSession(session_id, self._connection)
        if options.get("on_event"):
            session.on(options["on_event"])
        params = {**wire_params(options, session._questions), "sessionId": session_id}
        session._needs_model = method == "session.create" and needs_model(params)
        former = self._connection.sessions.get(session_id)
        self._connection.sessions[session_id] = session
        session._opening()
        try:
            reply = await self._connection.request(method, params)
        except BaseException:
            self._connection.restore(session_id, former)
            raise
        session._workspace_path = reply.get("workspacePath")
        self._sessions[session_id] = session
        session._opened()
        return session

    async def list_sessions(self, filter: Optional[SessionListFilter] = None) -> list[SessionMetadata]:
        """The sessions that the server keeps, perhaps only those of a folder, repository or branch."""
        params = {} if filter is None else {"filter": filter.to_dict()}
        reply = await self._request("session.list", params)
        return [SessionMetadata.from_dict(session) for session in reply.get("sessions", [])]

    async def delete_session(self, session_id: str) -> None:
        """Deletes a session with its history."""
        reply = await self._request("session.delete", {"sessionId": session_id})
        if not reply.get("success", False):
            raise CopilotError(
                f"Failed to delete session {session_id}: {reply.get('error', 'Unknown error')}"
            )
        self._sessions.pop(session_id, None)
        self._connection.release(session_id)

    async def get_last_session_id(self) -> Optional[str]:
        """The session that was used last; None when there is none."""
        session_id: Optional[str] = (await self._request("session.getLastId")).get("sessionId")
        return session_id

    async def get_foreground_session_id(self) -> Optional[str]:
        """The session that the server's terminal shows, if it has one."""
        session_id: Optional[str] = (await self._request("session.getForeground")).get("sessionId")
        return session_id

    async def set_foreground_session_id(self, session_id: str) -> None:
        """Lets the server's terminal show a session."""
        reply = await self._request("session.setForeground", {"sessionId": session_id})
        if not reply.get("success", False):
            raise CopilotError(f"Failed to set foreground session: {reply.get('error', 'Unknown error')}")

    # ---- the server ----

    async def ping(self, message: Optional[str] = None) -> PingResponse:
        """Asks for a sign of life."""
        return PingResponse.from_dict(
            await self._request("ping", {} if message is None else {"message": message})
        )

    async def get_status(self) -> GetStatusResponse:
        """The CLI's version and its protocol's."""
        return GetStatusResponse.from_dict(await self._request("status.get"))

    async def get_auth_status(self) -> GetAuthStatusResponse:
        """Who is signed in, and how."""
        return GetAuthStatusResponse.from_dict(await self._request("auth.getStatus"))

    async def list_models(self) -> list[ModelInfo]:
        """The models that can be used. The server is asked once, until the client is stopped."""
        # A lock belongs to a loop, and the client may be used on several.
        async with self._models_locks.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
            if self._models_cache is None:
                reply = await self._request("models.list")
                self._models_cache = [ModelInfo.from_dict(model) for model in reply.get("models", [])]
            return list(self._models_cache)

    # ---- the lives of sessions ----

    def on(
        self,
        event_type_or_handler: Union[str, SessionLifecycleHandler],
        handler: Optional[SessionLifecycleHandler] = None,
    ) -> Callable[[], None]:
        """`on(handler)` or `on(type, handler)`: hears of sessions that are made, changed, deleted, shown, hidden.

        Returns what ends that. What a handler raises is logged.
        """
        if callable(event_type_or_handler) and handler is None:
            entry: tuple[Optional[str], SessionLifecycleHandler] = (None, event_type_or_handler)
        elif isinstance(event_type_or_handler, str) and callable(handler):
            entry = (event_type_or_handler, handler)
        else:
            raise ValueError("Invalid arguments: use on(handler) or on(event_type, handler)")
        with self._lifecycle_lock:
            self._lifecycle_handlers.append(entry)

        def unsubscribe() -> None:
            with self._lifecycle_lock:
                if entry in self._lifecycle_handlers:
                    self._lifecycle_handlers.remove(entry)

        return unsubscribe

    def _dispatch_lifecycle(self, wire: dict[str, Any]) -> None:
        event = SessionLifecycleEvent.from_dict(wire)
        with self._lifecycle_lock:
            entries = sorted(self._lifecycle_handlers, key=lambda entry: entry[0] is None)
        for kind, handler in entries:
            if kind in (None, event.type):
                try:
                    handler(event)
                except Exception:
                    log.exception("Error in lifecycle event handler")

    # ---- questions ----

    async def _answer(self, request: Request) -> None:
        questions = Questions(request.session_id or "")
        questions.methods = self._methods
        await questions.answer(request)

    async def _handle_tool_call_request(self, params: dict[str, Any]) -> dict[str, Any]:
        """Runs a tool for the parameters of `tool.call`."""
        session = self._sessions.get(params["sessionId"])
        if session is None:
            raise ValueError(f"unknown session {params['sessionId']}")
        return {"result": await settled(session._questions.tool(params))}


async def _let_go(session: CopilotSession) -> Optional[StopError]:
    """Destroys a session of a client that stops. A CLI that does not answer must not hold that up."""
    try:
        await asyncio.wait_for(session.destroy(), STOP_TIMEOUT)
        return None
    except asyncio.TimeoutError:
        reason = f"the CLI did not answer within {STOP_TIMEOUT:g} s"
    except Exception as error:
        reason = str(error)
    return StopError(f"Failed to destroy session {session.session_id}: {reason}")


class Process:
    """The CLI's process, which belongs to the library: it can be looked at and killed."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def kill(self) -> None:
        """SIGKILL."""
        os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        os.kill(self.pid, signal.SIGTERM)


_NO_HANDLER = {
    method: f"An on_permission_request handler is required when {doing} a session. For example, to allow all "
    'permissions, use {"on_permission_request": PermissionHandler.approve_all}.'
    for method, doing in (("session.create", "creating"), ("session.resume", "resuming"))
}


def _refuse_contradictions(given: Mapping[str, Any]) -> None:
    if not given.get("cli_url"):
        return
    if given.get("use_stdio") or given.get("cli_path"):
        raise ValueError("cli_url is mutually exclusive with use_stdio and cli_path")
    if given.get("github_token") or given.get("use_logged_in_user") is not None:
        raise ValueError(
            "github_token and use_logged_in_user cannot be used with cli_url (external server manages its own auth)"
        )


def _address(url: Optional[str]) -> tuple[str, Optional[int]]:
    """Host and port of "8080", "host:8080", "http://host:8080" or "https://host:8080"."""
    if not url:
        return "localhost", None
    place = str(url)
    for scheme in ("http://", "https://"):
        place = place[len(scheme) :] if place.startswith(scheme) else place
    host, colon, port = place.rpartition(":")
    if not colon and not port.isdigit():
        raise ValueError(f"Invalid cli_url format: {url}")
    if ":" in host and not host.startswith("["):
        raise ValueError(f"Invalid cli_url format: {url}")
    if not port.isdigit() or not 0 < int(port) <= 65535:
        raise ValueError(f"Invalid port in cli_url: {url}")
    return host or "localhost", int(port)


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options as they count, for whoever looks at `client.options`."""
    logged_in = given.get("use_logged_in_user")
    options = {
        "cli_path": given.get("cli_path") or os.environ.get("COPILOT_CLI_PATH") or "copilot",
        "cwd": given.get("cwd") or os.getcwd(),
        "port": given.get("port") or 0,
        "use_stdio": not given.get("cli_url") and given.get("use_stdio") is not False,
        "log_level": given.get("log_level") or "info",
        "auto_start": given.get("auto_start") is not False,
        "auto_restart": given.get("auto_restart") is not False,
        "use_logged_in_user": not given.get("github_token") if logged_in is None else logged_in,
    }
    return {**{key: value for key, value in given.items() if value is not None}, **options}


def _told(given: Mapping[str, Any], address: Optional[str]) -> dict[str, Any]:
    """The options as the library takes them. It names those that it does not know."""
    told = {_WIRE_NAMES.get(key) or camel(key): value for key, value in given.items() if value is not None}
    if address is not None:
        told["cliUrl"] = address
        for implied in ("useStdio", "logLevel", "cwd", "port"):
            told.pop(implied, None)
    if told.get("useStdio") is True and not told.get("port"):
        told.pop("port", None)
    if "env" in told:
        if not isinstance(told["env"], Mapping):
            raise InvalidArgumentError(f"env is a dict of strings, not {type(told['env']).__name__}")
        told["env"] = {**{name: None for name in os.environ if name not in told["env"]}, **told["env"]}
    return told

"""One client of the library's: its options, its calls, and the sessions that are open on it.

`request()` is the one door for all that is asked of the server. Methods with which the library does more than pass
them on go through their own functions; every other is sent as it is.
"""

from __future__ import annotations

import asyncio
import weakref
from typing import Any, Callable, Optional, Protocol

from ._delivery import Delivery, Item, Request, taking_json, taking_session
from ._native import (
    EVENT_LIFECYCLE,
    EVENT_REQUEST_CANCELLED,
    EVENT_SESSION,
    STATES,
    done,
    dump_json,
    lib,
    made,
    take_json,
)
from ._record import camel_keys

# What a session is told of its questions: the wire's flags follow from the handlers that it has.
_FLAGS = (
    "requestPermission",
    "requestUserInput",
    "requestElicitation",
    "requestExitPlanMode",
    "requestAutoModeSwitch",
    "hooks",
    "envValueMode",
)

# Where the library's name of an option is not the wire's.
_OPTION_NAMES = {
    "configDir": "configDirectory",
    "disableResume": "suppressResumeEvent",
    "requestMcpApps": "enableMcpApps",
    "isExperimentalMode": "enableExperimentalMode",
}


class Member(Protocol):
    """A session as its connection sees it."""

    def _kinds(self) -> list[int]:
        """The kinds of questions that it answers, tools aside."""

    def _methods(self) -> list[str]:
        """The methods without a kind that it answers."""

    def _dispatch_item(self, item: Item) -> None:
        """An event of it."""

    async def _answer(self, request: Request) -> None:
        """A question to it."""


class Owner(Protocol):
    """The client, as its connection sees it."""

    def _dispatch_lifecycle(self, event: dict[str, Any]) -> None:
        """The server tells of a session's life."""

    async def _answer(self, request: Request) -> None:
        """A question that concerns no session."""


class Connection:
    """The CLI, as far as one client talks to it."""

    def __init__(self, options: dict[str, Any], methods: list[str], owner: Owner) -> None:
        self._owner = weakref.ref(owner)
        self._delivery = Delivery(self)
        self.sessions: dict[str, Member] = {}
        self._handles: dict[str, _Handle] = {}
        self._answers: dict[int, asyncio.Task[None]] = {}
        settings = made(lib.client_options_new, dump_json(options))
        try:
            done(lib.client_options_set_queue, settings, self._delivery.queue)
            self._client = made(lib.client_new, settings)
        finally:
            lib.client_options_free(settings)
        # When the interpreter exits the CLI ends with its input, and a daemon thread may still use the client.
        weakref.finalize(self, lib.client_free, self._client).atexit = False
        for method in methods:
            done(lib.client_on_request, self._client, method.encode(), None, None, None)

    # ---- life ----

    def state(self) -> str:
        """ "disconnected", "connecting", "connected" or "error"."""
        return STATES[lib.client_get_state(self._client)]

    def stats(self) -> dict[str, Any]:
        """What copilot_client_stats() tells."""
        numbers: dict[str, Any] = take_json(made(lib.client_stats, self._client))
        return numbers

    async def start(self) -> None:
        """Starts the CLI, or connects to the one that is there."""
        await self._delivery.run(taking_json, lib.client_start_async, self._client)

    async def stop(self, timeout: float) -> None:
        """Lets the CLI end, and kills it when that takes longer than `timeout` seconds."""
        try:
            await self._delivery.run(taking_json, lib.client_stop_async, self._client, int(timeout * 1000))
        finally:
            self.forget_sessions()
            self._delivery.rest()

    def force_stop(self) -> None:
        """Kills the CLI now."""
        lib.client_force_stop(self._client)
        self.forget_sessions()
        self._delivery.rest()

    def forget_sessions(self) -> None:
        """Lets go of all sessions. The questions that are being answered are cancelled."""
        self._handles.clear()
        self.sessions.clear()
        for task in list(self._answers.values()):
            task.cancel()

    # ---- calls ----

    async def request(
        self, method: str, params: Optional[dict[str, Any]] = None, timeout: Optional[float] = None
    ) -> Any:
        """Calls a method of the server and returns its result. `timeout` is in seconds; without one it waits for ever.

        Raises JsonRpcError when the server refuses, and asyncio.TimeoutError when the time is up.
        """
        call = self._call(method, dict(params or {}))
        return await (call if timeout is None else asyncio.wait_for(call, timeout))

    async def _call(self, method: str, params: dict[str, Any]) -> Any:
        session_id = params.get("sessionId")
        if method in ("session.create", "session.resume") and session_id in self.sessions:
            return await self._open(method, params)
        handle = self._handles.get(session_id) if session_id else None
        if handle is not None:
            del params["sessionId"]
            return await self._call_session(handle, method, params)
        return await self._delivery.run(
            taking_json, lib.client_call_async, self._client, method.encode(), dump_json(params)
        )

    async def _call_session(self, handle: _Handle, method: str, params: dict[str, Any]) -> Any:
        run, session = self._delivery.run, handle.pointer
        if method == "session.send":
            message = {key: value for key, value in params.items() if value is not None}
            return await run(taking_json, lib.session_send_async, session, dump_json(message))
        if method == "session.getMessages":
            return await run(taking_json, lib.session_get_messages_async, session)
        if method == "session.abort":
            return await run(taking_json, lib.session_abort_async, session)
        if method == "session.destroy":
            return await run(taking_json, lib.session_disconnect_async, session)
        return await run(taking_json, lib.session_call_async, session, method.encode(), dump_json(params))

    async def send_and_wait(self, session_id: str, message: dict[str, Any]) -> dict[str, Any]:
        """Sends a message and waits for the end of its turn: what copilot_session_send_and_wait() yields."""
        session = self._handles[session_id].pointer
        result: dict[str, Any] = await self._delivery.run(
            taking_json, lib.session_send_and_wait_async, session, dump_json(message)
        )
        return result

    # ---- sessions ----

    async def _open(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        """Makes or resumes a session whose object is registered already, so that no event misses it."""
        session_id = params["sessionId"]
        config = self._config(params, self.sessions[session_id])
        call: tuple[Any, ...] = (lib.session_create_async, self._client, config)
        if method == "session.resume":
            call = (lib.session_resume_async, self._client, session_id.encode(), config)
        try:
            handle = _Handle(await self._delivery.run(taking_session, *call))
        finally:
            lib.session_config_free(config)
        self._handles[session_id] = handle
        path = lib.session_workspace_path(handle.pointer)
        return {"sessionId": session_id, "workspacePath": path.decode() if path else None}

    def _config(self, params: dict[str, Any], session: Member) -> int:
        """The library's configuration of a session, with what it answers."""
        tools = params.get("tools") or []
        told = {
            _OPTION_NAMES.get(key, key): value
            for key, value in params.items()
            if key not in _FLAGS and key != "tools" and value is not None
        }
        told.setdefault("permissionDefault", "deny")
        if told.get("provider") and not told.get("model"):
            # The library refuses what cannot work. The official SDKs make such a session, so it goes around the check.
            told["rawParams"] = {**told.get("rawParams", {}), "provider": camel_keys(told.pop("provider"))}
        config = made(lib.session_config_new, dump_json(told))
        try:
            for tool in tools:
                done(lib.session_config_add_tool, config, dump_json(tool), None, None, None)
            for kind in session._kinds():
                done(lib.session_config_on_request, config, kind, None, None, None)
            for method in session._methods():
                done(lib.session_config_on_method, config, method.encode(), None, None, None)
        except BaseException:
            lib.session_config_free(config)
            raise
        return config

    def restore(self, session_id: str, former: Optional[Member]) -> None:
        """Puts the session back that had the id before, after another one could not be opened."""
        if former is None:
            self.sessions.pop(session_id, None)
        else:
            self.sessions[session_id] = former

    def release(self, session_id: str) -> None:
        """Lets go of a session on this side."""
        self.sessions.pop(session_id, None)
        self._handles.pop(session_id, None)

    def is_open(self, session_id: str) -> bool:
        """Whether the session can be used."""
        return session_id in self._handles

    # ---- what comes ----

    def on_item(self, item: Item) -> None:
        kind = item["kind"]
        if kind == EVENT_SESSION:
            session = self.sessions.get(item["sessionId"])
            if session is not None:
                session._dispatch_item(item)
        elif kind == EVENT_LIFECYCLE:
            owner = self._owner()
            if owner is not None:
                owner._dispatch_lifecycle(item["event"])
        elif kind == EVENT_REQUEST_CANCELLED:
            task = self._answers.get(item["event"]["request"])
            if task is not None:
                task.cancel()

    def on_request(self, request: Request) -> None:
        session = self.sessions.get(request.session_id) if request.session_id else None
        answerer = session if session is not None else self._owner()
        if answerer is None:
            request.free()
            return
        task = asyncio.get_running_loop().create_task(answerer._answer(request))
        self._answers[request.id] = task
        task.add_done_callback(lambda _: self._answered(request))

    def _answered(self, request: Request) -> None:
        self._answers.pop(request.id, None)
        request.free()


class _Handle:
    """A session of the library's. It is let go of with its last user."""

    __slots__ = ("pointer",)

    def __init__(self, pointer: int) -> None:
        self.pointer = pointer

    def __del__(self, free: Callable[[int], None] = lib.session_free) -> None:
        free(self.pointer)

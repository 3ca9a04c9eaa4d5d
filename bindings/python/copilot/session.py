"""A conversation with the agent."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from types import TracebackType
from typing import Any, Callable, Optional

from ._connection import Connection
from ._delivery import Item, Request
from ._questions import Questions
from .errors import CopilotError, CopilotTimeoutError, InvalidArgumentError, ProcessExitedError, SessionError
from .events import SessionEvent, SessionEventType
from .rpc import SessionModelSwitchToParams, SessionRpc
from .types import MessageOptions, SessionEventHandler

log = logging.getLogger("copilot")

DEFAULT_TIMEOUT = 60.0

# Handlers of events that are coroutine functions, as they run: of all sessions, of which most have none at a time.
_tasks: set[asyncio.Future[Any]] = set()

# For so many turns of the loop a new session's events wait for whoever made it to call on().
HEAD_START = 5


class CopilotSession:
    """One conversation. `CopilotClient.create_session()` and `resume_session()` make it.

    All handlers run on the event loop that serves the client, in the order in which the CLI spoke. `on()` may be
    called from any thread; everything else belongs to the loop.
    """

    def __init__(self, session_id: str, client: Connection, workspace_path: Optional[str] = None) -> None:
        self.session_id = session_id
        self._client = client
        self._workspace_path = workspace_path
        self._questions = Questions(session_id)
        self._handlers: tuple[SessionEventHandler, ...] = ()
        self._rpc: Optional[SessionRpc] = None
        self._needs_model = False
        self._destroyed = False
        # The events until then; None when events are told as they come.
        self._early: Optional[list[Item]] = None
        self._opened_on: Optional[asyncio.AbstractEventLoop] = None

    @property
    def rpc(self) -> SessionRpc:
        """Methods of the server that concern this session: `await session.rpc.mode.get()`."""
        if self._rpc is None:
            self._rpc = SessionRpc(self, self.session_id)
        return self._rpc

    @property
    def workspace_path(self) -> Optional[str]:
        """The folder of the session's checkpoints and files; None where infinite sessions are turned off."""
        return self._workspace_path

    async def request(
        self, method: str, params: Optional[dict[str, Any]] = None, timeout: Optional[float] = None
    ) -> Any:
        """Calls a method of the server for this session. Raises when the session was destroyed."""
        if self._destroyed:
            raise CopilotError(
                f"Session not found: {self.session_id} was destroyed; resume_session() opens it again"
            )
        limit = {} if timeout is None else {"timeout": timeout}
        return await self._client.request(method, {"sessionId": self.session_id, **(params or {})}, **limit)

    # ---- messages ----

    async def send(self, options: MessageOptions) -> str:
        """Sends a message and returns its id. What becomes of it comes as events.

        `options` has "prompt", and perhaps "attachments" and "mode". A key that is not known is a ValueError.
        """
        reply = await self.request("session.send", self._message(options))
        return str(reply["messageId"])

    async def send_and_wait(
        self, options: MessageOptions, timeout: Optional[float] = None
    ) -> Optional[SessionEvent]:
        """Sends a message, waits until its turn is over, and returns the last "assistant.message", or None.

        Handlers are told of the events meanwhile. After `timeout` seconds (60 by default) TimeoutError is raised, and
        the turn goes on. A turn that fails raises SessionError, a CLI that ends ProcessExitedError, at once.
        """
        limit = DEFAULT_TIMEOUT if timeout is None else timeout
        message = self._message(options)
        if not self._client.is_open(self.session_id):
            await self.request("session.send", message)  # says what is wrong
        answers: deque[SessionEvent] = deque(maxlen=1)
        end = self.on(lambda event: answers.append(event) if event.type is _ANSWER else None)
        try:
            result = await asyncio.wait_for(self._client.send_and_wait(self.session_id, message), limit)
        except asyncio.TimeoutError as error:
            if isinstance(error, CopilotError):
                raise
            raise CopilotTimeoutError(f"Timeout after {limit}s waiting for session.idle") from None
        except SessionError as error:
            error.args = (f"Session error: {error}",)
            raise
        except CopilotError as error:
            if error.status == "COPILOT_E_CANCELLED":  # aborted, after which the session is idle too
                return answers[0] if answers else None
            raise
        finally:
            self._tell_early()  # a turn may be over sooner than a new session's head start
            end()
        return SessionEvent(result["event"]) if result.get("event") else None

    async def stream(
        self, options: MessageOptions, timeout: Optional[float] = None
    ) -> AsyncGenerator[str, None]:
        """Sends a message and yields the pieces of the answer as they come, until the turn is over.

        The session needs `"streaming": True`; without it the whole answer is one piece. Raises what `send_and_wait()`
        raises. Whoever leaves the loop early aborts nothing; `abort()` does.
        """
        pieces: asyncio.Queue[Optional[str]] = asyncio.Queue()
        streamed: set[Optional[str]] = set()

        def listen(event: SessionEvent) -> None:
            if event.type is _DELTA:
                streamed.add(event.data.message_id)
                pieces.put_nowait(event.data.delta_content or "")
            elif event.type is _ANSWER and event.data.content and event.data.message_id not in streamed:
                pieces.put_nowait(event.data.content)

        end = self.on(listen)
        turn = asyncio.ensure_future(self.send_and_wait(options, timeout))
        turn.add_done_callback(lambda _: pieces.put_nowait(None))
        try:
            while True:
                piece = await pieces.get()
                if piece is None:
                    break
                if piece:
                    yield piece
            await turn
        finally:
            end()
            turn.cancel()
            await asyncio.wait({turn})
            if not turn.cancelled():
                turn.exception()  # whoever left early does not want to know

    def _message(self, options: MessageOptions) -> dict[str, Any]:
        if self._needs_model:
            raise InvalidArgumentError(
                'a session with a custom provider needs a model: give create_session() a "model" beside "provider"'
            )
        if not isinstance(options, Mapping):
            raise InvalidArgumentError(
                f'a message is a dict such as {{"prompt": "..."}}, not {type(options).__name__}'
            )
        if not options.get("prompt") and "prompt" not in options:
            raise InvalidArgumentError('the message has no "prompt"')
        return {key: value for key, value in options.items() if value is not None}

    async def abort(self) -> None:
        """Stops the turn that is running. The session can be used further."""
        await self.request("session.abort")

    async def get_messages(self) -> list[SessionEvent]:
        """The session's history: the events so far, in their order."""
        reply = await self.request("session.getMessages")
        return [SessionEvent(event) for event in reply["events"]]

    async def set_model(self, model: str) -> None:
        """Lets another model answer from the next message on."""
        await self.rpc.model.switch_to(SessionModelSwitchToParams(model_id=model))
        self._needs_model = False

    # ---- events ----

    def on(self, handler: SessionEventHandler) -> Callable[[], None]:
        """Calls a function, or a coroutine function, for each event from now on. Returns what ends that.

        When it is called as soon as the session is there, it is told of the events since the session was asked for.

        What a handler raises is logged, and the others are called all the same.
        """
        if not callable(handler):
            raise TypeError(f"a handler is called with an event; {handler!r} cannot be called")
        self._handlers = (*(known for known in self._handlers if known is not handler), handler)

        def unsubscribe() -> None:
            self._handlers = tuple(known for known in self._handlers if known is not handler)

        return unsubscribe

    def _opening(self) -> None:
        """Keeps events from now on, unless somebody listens already: `on()` can only be called when it is open."""
        if not self._handlers:
            self._early = []

    def _opened(self) -> None:
        """The session is open: what was kept is told when its maker has had the time to call `on()`."""
        self._opened_on = asyncio.get_running_loop()
        self._wait_for_handlers(HEAD_START)

    def _wait_for_handlers(self, turns: int) -> None:
        if turns and self._opened_on is not None:
            self._opened_on.call_soon(self._wait_for_handlers, turns - 1)
        else:
            self._tell_early()

    def _tell_early(self) -> None:
        early, self._early = self._early, None
        for item in early or ():
            self._dispatch_item(item)

    def _dispatch_item(self, item: Item) -> None:
        if self._early is not None:
            if self._opened_on in (None, asyncio.get_running_loop()):
                self._early.append(item)
                return
            self._tell_early()  # the loop on which it was opened has ended first
        if self._handlers:
            self._dispatch_event(SessionEvent(item["event"]))

    def _dispatch_event(self, event: SessionEvent) -> None:
        for handler in self._handlers:
            try:
                result = handler(event)
                if result is not None and inspect.isawaitable(result):
                    self._keep(asyncio.ensure_future(result))
            except Exception:
                log.exception("Error in session event handler")

    def _keep(self, task: asyncio.Future[Any]) -> None:
        """Holds a task until it has ended; the loop itself would let it be collected."""
        _tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Future[Any]) -> None:
        _tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("Error in session event handler", exc_info=task.exception())

    # ---- questions ----

    def _kinds(self) -> list[int]:
        return self._questions.kinds()

    def _methods(self) -> list[str]:
        return list(self._questions.methods)

    async def _answer(self, request: Request) -> None:
        await self._questions.answer(request)

    # ---- the end ----

    async def destroy(self) -> None:
        """Lets go of the session. Its data stays; `CopilotClient.resume_session()` opens it again."""
        if self._destroyed:
            return
        try:
            if self._client.state() != "connected":
                raise ProcessExitedError("the connection to the CLI is lost, and with it the open session")
            await self.request("session.destroy")
        finally:
            self._destroyed = True
            self._client.release(self.session_id)
            self._handlers = ()
            self._questions.clear()

    async def disconnect(self) -> None:
        """The same as `destroy()`, by its newer name."""
        await self.destroy()

    async def __aenter__(self) -> CopilotSession:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        await self.destroy()
        return False


_ANSWER = SessionEventType.ASSISTANT_MESSAGE
_DELTA = SessionEventType.ASSISTANT_MESSAGE_DELTA

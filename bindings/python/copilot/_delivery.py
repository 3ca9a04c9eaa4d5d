"""From the library's queue to the event loop, and from operations to futures.

The queue's descriptor is watched by the loop, which takes a batch of what waits as one JSON text whenever something
does. No thread of Python's is needed, and what a slow loop does not take stays in the queue: nothing is lost.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections import deque
from contextlib import suppress
from ctypes import byref, c_void_p
from typing import Any, Callable, Optional, Protocol

from ._native import (
    EVENT_COMPLETION,
    EVENT_REQUEST,
    OK,
    done,
    lib,
    made,
    read_json,
    take_error,
    take_json,
)
from .errors import CopilotError

# As many items as one turn of the loop delivers before other tasks have theirs.
BATCH = 128

# How often, in seconds, a call on one loop looks whether the other loop that serves the queue still does so.
TAKE_OVER = 0.1

Item = dict[str, Any]


class Receiver(Protocol):
    """Who is told what comes. Everything runs on the loop that is attached."""

    def on_item(self, item: Item) -> None:
        """An event of a session, of the sessions' lives, of the client's state, …: kind, type, sessionId, event."""

    def on_request(self, request: Request) -> None:
        """A question of the server's."""


class Request:
    """A question of the server's. One that is let go without an answer gets the default of its kind."""

    def __init__(self, pointer: int) -> None:
        self._pointer: Optional[int] = pointer
        self.id: int = lib.request_id(pointer)
        self.kind: int = lib.request_get_kind(pointer)
        self.method: str = (lib.request_method(pointer) or b"").decode()
        session_id = lib.request_session_id(pointer)
        self.session_id: Optional[str] = session_id.decode() if session_id else None
        self.params: dict[str, Any] = read_json(lib.request_params(pointer)) or {}

    def respond(self, answer: bytes) -> None:
        """Answers with JSON. An answer that its kind does not take is refused, and the question stays open."""
        done(lib.request_respond, self._pointer, answer)

    def fail(self, reason: str) -> None:
        """Answers that it could not be done."""
        done(lib.request_fail, self._pointer, reason.encode("utf-8", "replace"))

    def free(self) -> None:
        """Lets go of it now."""
        pointer, self._pointer = self._pointer, None
        lib.request_free(pointer)

    def __del__(self, free: Callable[[Optional[int]], None] = lib.request_free) -> None:
        free(self._pointer)


def _watch(delivery: Delivery) -> Callable[[], None]:
    """What the loop calls when items wait. It does not keep the delivery alive: the loop may outlive every client."""
    reference = weakref.ref(delivery)

    def ready() -> None:
        alive = reference()
        if alive is not None:
            alive._ready()

    return ready


class _Place:
    """The loop that watches the queue's descriptor, if any does."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.loop: Optional[asyncio.AbstractEventLoop] = None
        self._process = os.getpid()

    def leave(self) -> None:
        loop, self.loop = self.loop, None
        # A forked process shares the loop's epoll with its parent, whose entry must stay.
        if loop is not None and self._process == os.getpid():
            with suppress(RuntimeError):  # it was closed, perhaps just now by its own thread
                loop.remove_reader(self.fd)

    def serves(self) -> bool:
        return self.loop is not None and not self.loop.is_closed() and self.loop.is_running()


def _end(place: _Place, queue: int) -> None:
    place.leave()
    lib.queue_free(queue)


class Delivery:
    """A queue, the loop that serves it, and the operations whose ends come through it."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = weakref.ref(receiver)
        self.queue = made(lib.queue_new, b'{"mode":"items"}')
        self._place = _Place(lib.queue_fd(self.queue))
        # Not when the interpreter exits: a daemon thread may be in a call then that uses the queue.
        weakref.finalize(self, _end, self._place, self.queue).atexit = False
        self._waiting: deque[Any] = deque()
        # By the operation's number: whoever began it may be on another thread than the loop that serves the queue.
        self._operations: dict[int, _Operation] = {}
        self._lock = threading.Lock()
        self._resting = False

    def attach(self) -> asyncio.AbstractEventLoop:
        """Lets the running loop serve the queue, unless another one that is running does so already."""
        loop = asyncio.get_running_loop()
        self._resting = False
        if loop is not self._place.loop and not self._place.serves():
            self.detach()
            loop.add_reader(self._place.fd, _watch(self))
            self._place.loop = loop
            if self._waiting:
                loop.call_soon(self._deliver)
        return loop

    def detach(self) -> None:
        """Leaves the loop. What comes waits for the next one."""
        self._place.leave()

    def rest(self) -> None:
        """Leaves the loop as soon as nobody awaits the end of an operation any more."""
        self._resting = True
        self._leave_when_done()

    def _leave_when_done(self) -> None:
        if self._resting and not self._operations:
            self.detach()

    def _ready(self) -> None:
        batch, event, error = c_void_p(), c_void_p(), c_void_p()
        status = lib.queue_next_batch_json(self.queue, 0, BATCH, byref(batch), byref(event), byref(error))
        if status != OK:
            if error.value:
                self.detach()
                raise take_error(error.value)
            return
        self._waiting.extend(take_json(batch.value))
        if event.value:
            self._waiting.append(event.value)
        self._deliver()

    def _deliver(self) -> None:
        """Hands on what was taken. Whatever a handler throws through here, the rest of the batch is not lost."""
        receiver = self._receiver()
        waiting = self._waiting
        try:
            while waiting and receiver is not None:
                item = waiting.popleft()
                if type(item) is dict:
                    receiver.on_item(item)
                else:
                    self._take_apart(item, receiver)
        finally:
            if waiting and self._place.loop is not None:
                self._place.loop.call_soon(self._deliver)

    def _take_apart(self, event: int, receiver: Receiver) -> None:
        """An item that is more than its JSON: the end of an operation, or a question."""
        try:
            kind = lib.event_get_kind(event)
            if kind == EVENT_COMPLETION:
                self._complete(event)
            elif kind == EVENT_REQUEST:
                pointer = lib.event_take_request(event)
                if pointer:
                    receiver.on_request(Request(pointer))
        finally:
            lib.event_free(event)

    def _complete(self, event: int) -> None:
        pointer = lib.event_op(event)
        with self._lock:
            operation = self._operations.pop(lib.op_id(pointer), None)
        lib.op_free(pointer)
        if operation is not None:
            operation.settle()
        self._leave_when_done()

    async def run(self, take: Callable[[int], Any], function: Callable[..., Any], *arguments: Any) -> Any:
        """Begins an operation and awaits its result. When the awaiting task is cancelled, so is the operation."""
        loop = self.attach()
        with self._lock:
            operation = _Operation(made(function, *arguments, None, None, None), take, loop.create_future())
            self._operations[operation.id] = operation
        try:
            await self._take_over(loop, operation.future)
            return await operation.future
        except asyncio.CancelledError:
            lib.op_cancel(operation.pointer)
            raise

    async def _take_over(self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any]) -> None:
        """While another loop serves the queue: makes sure that somebody does. A loop tells nobody of its end."""
        while self._place.loop is not loop and not future.done():
            await asyncio.wait({future}, timeout=TAKE_OVER)
            self.attach()


class _Operation:
    """A call on its way, and the future of whoever awaits it."""

    __slots__ = ("future", "id", "pointer", "take")

    def __init__(self, pointer: int, take: Callable[[int], Any], future: asyncio.Future[Any]) -> None:
        self.pointer: Optional[int] = pointer
        self.id: int = lib.op_id(pointer)
        self.take = take
        self.future = future

    def free(self) -> None:
        """Lets go of it now: whoever awaited it may be kept for long, by the traceback of an exception."""
        pointer, self.pointer = self.pointer, None
        lib.op_free(pointer)

    # The function is bound here, since names of a module may be gone before its last objects are.
    def __del__(self, free: Callable[[Optional[int]], None] = lib.op_free) -> None:
        free(self.pointer)

    def settle(self) -> None:
        """The operation has ended: gives its result to the future, on the future's own loop."""
        loop = self.future.get_loop()
        if loop.is_closed():
            self.free()
            return
        if loop is asyncio.get_running_loop():
            self._hand_over()
        else:
            loop.call_soon_threadsafe(self._hand_over)

    def _hand_over(self) -> None:
        try:
            if not self.future.done() and self.pointer:
                self.future.set_result(self.take(self.pointer))
        except CopilotError as error:
            self.future.set_exception(error)
        finally:
            self.free()


def taking_json(operation: int) -> Any:
    """The result of an operation that yields JSON."""
    return take_json(made(lib.op_take_result, operation))


def taking_session(operation: int) -> int:
    """The session that an operation yields."""
    return made(lib.op_take_session, operation)

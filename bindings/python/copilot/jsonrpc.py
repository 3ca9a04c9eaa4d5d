"""JSON-RPC over the pipes of a process, for programs that start one. The client does not use this."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import json
import threading
from collections.abc import Awaitable
from typing import Any, Callable, Optional, Union

from .errors import JsonRpcError, ProcessExitedError

__all__ = ["JsonRpcClient", "JsonRpcError", "ProcessExitedError", "RequestHandler"]

_Result = Optional[dict[str, Any]]
RequestHandler = Callable[[dict[str, Any]], Union[_Result, Awaitable[_Result]]]
NotificationHandler = Callable[[str, dict[str, Any]], None]

METHOD_NOT_FOUND, INTERNAL_ERROR = -32601, -32603
_PATIENCE = 1.0


class JsonRpcClient:
    """Sends requests to a process and answers its own. A thread reads; all else happens on the event loop.

    The process has `stdin` and `stdout` as binary files, and perhaps `stderr` and `poll()`, as those of
    subprocess.Popen have.
    """

    def __init__(self, process: Any) -> None:
        self.process = process
        self.pending_requests: dict[Any, asyncio.Future[Any]] = {}
        self.notification_handler: Optional[NotificationHandler] = None
        self.request_handlers: dict[str, RequestHandler] = {}
        self._ids = itertools.count(1)
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._write_lock: Optional[asyncio.Lock] = None
        self._threads: list[threading.Thread] = []
        self._stderr: list[bytes] = []
        self._end: Optional[str] = None
        self._answers: set[asyncio.Task[None]] = set()

    # ---- life ----

    def start(self, loop: Optional[asyncio.AbstractEventLoop] = None) -> None:
        """Begins to read. The loop is the running one unless another is given."""
        if self._loop is not None:
            return
        self._loop = loop or asyncio.get_running_loop()
        targets = [self._read_loop]
        if getattr(self.process, "stderr", None):
            targets.insert(0, self._stderr_loop)
        self._threads = [threading.Thread(target=target, daemon=True) for target in targets]
        for thread in self._threads:
            thread.start()

    async def stop(self) -> None:
        """Lets go of the process: what is pending fails, and what it still says is not heard."""
        self._ended("the JSON-RPC client was stopped")
        for task in self._answers:
            task.cancel()
        await asyncio.get_running_loop().run_in_executor(None, self._join)

    def _join(self) -> None:
        for thread in self._threads:
            thread.join(_PATIENCE)

    def get_stderr_output(self) -> str:
        """What the process has written to stderr so far."""
        return b"".join(self._stderr).decode("utf-8", "replace").strip()

    # ---- calls ----

    async def request(
        self, method: str, params: Optional[dict[str, Any]] = None, timeout: Optional[float] = None
    ) -> Any:
        """Calls a method and returns its result. `timeout` is in seconds; without one it waits for ever.

        Raises JsonRpcError when the other side refuses, ProcessExitedError when it ends, and
        asyncio.TimeoutError when the time is up.
        """
        if self._loop is None:
            raise RuntimeError("Client not started. Call start() first.")
        if self._end is not None:
            raise ProcessExitedError(self._end)
        number = next(self._ids)
        future = self.pending_requests[number] = self._loop.create_future()
        try:
            await self._send(_encoded({"id": number, "method": method, "params": params or {}}))
            return await asyncio.wait_for(future, timeout)
        finally:
            self.pending_requests.pop(number, None)

    async def notify(self, method: str, params: Optional[dict[str, Any]] = None) -> None:
        """Tells something that has no answer."""
        await self._send(_encoded({"method": method, "params": params or {}}))

    def set_notification_handler(self, handler: Optional[NotificationHandler]) -> None:
        """What is called on the loop, with method and params, when the other side tells something."""
        self.notification_handler = handler

    def set_request_handler(self, method: str, handler: Optional[RequestHandler]) -> None:
        """What answers a method: a function or a coroutine function of the params. None takes it away."""
        if handler is None:
            self.request_handlers.pop(method, None)
        else:
            self.request_handlers[method] = handler

    # ---- bytes ----

    async def _send(self, frame: bytes) -> None:
        if self._write_lock is None:
            self._write_lock = asyncio.Lock()
        async with self._write_lock:
            await asyncio.get_running_loop().run_in_executor(None, self._write, frame)

    def _write(self, frame: bytes) -> None:
        try:
            self.process.stdin.write(frame)
            self.process.stdin.flush()
        except (OSError, ValueError) as error:  # ValueError: the file was closed here
            raise ProcessExitedError(f"writing to the process failed: {error}") from error

    def _read_exact(self, num_bytes: int) -> bytes:
        """So many bytes, in however many pieces they come. EOFError when the stream ends before."""
        pieces = []
        while num_bytes > 0:
            piece = self.process.stdout.read(num_bytes)
            if not piece:
                raise EOFError("Unexpected end of stream while reading JSON-RPC message")
            pieces.append(piece)
            num_bytes -= len(piece)
        return b"".join(pieces)

    def _read_message(self) -> Optional[dict[str, Any]]:
        """The next message; None when the stream has ended."""
        length = None
        line = self.process.stdout.readline()
        if not line:
            return None
        while line.strip():
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
            line = self.process.stdout.readline()
        if length is None:
            raise ValueError("a JSON-RPC message has no Content-Length")
        message: dict[str, Any] = json.loads(self._read_exact(length))
        return message

    # ---- the threads ----

    def _stderr_loop(self) -> None:
        for line in self.process.stderr:
            self._stderr.append(line if isinstance(line, bytes) else line.encode())

    def _read_loop(self) -> None:
        assert self._loop is not None
        reason = ""
        try:
            while True:
                message = self._read_message()
                if message is None:
                    break
                self._loop.call_soon_threadsafe(self._take, message)
        except (EOFError, OSError, ValueError) as error:
            reason = f": {error}"
        except RuntimeError:
            return  # the loop is closed, and nobody waits any more
        try:
            self._loop.call_soon_threadsafe(self._ended, self._exit_text(reason))
        except RuntimeError:
            return

    def _exit_text(self, reason: str) -> str:
        """Why nothing more comes. A process that has just closed its pipes is given a moment to end."""
        code = None
        if hasattr(self.process, "wait"):
            try:
                code = self.process.wait(_PATIENCE)
            except Exception:
                code = None
        elif hasattr(self.process, "poll"):
            code = self.process.poll()
        if len(self._threads) > 1:
            self._threads[0].join(_PATIENCE)
        text = "CLI process exited unexpectedly" if code is None else f"CLI process exited with code {code}"
        stderr = self.get_stderr_output()
        return text + reason + (f"\nstderr: {stderr}" if stderr else "")

    # ---- on the loop ----

    def _ended(self, why: str) -> None:
        self._end = self._end or why
        for future in self.pending_requests.values():
            if not future.done():
                future.set_exception(ProcessExitedError(why))

    def _take(self, message: dict[str, Any]) -> None:
        if self._end is not None:
            return
        if "method" not in message:
            self._settle(message)
        elif "id" in message:
            task = asyncio.ensure_future(self._answer(message))
            self._answers.add(task)
            task.add_done_callback(self._answers.discard)
        elif self.notification_handler is not None:
            self.notification_handler(message["method"], message.get("params") or {})

    def _settle(self, message: dict[str, Any]) -> None:
        future = self.pending_requests.get(message.get("id"))
        if future is None or future.done():
            return
        if "error" in message:
            error = message["error"]
            code, text = error.get("code", -1), error.get("message", "Unknown error")
            future.set_exception(JsonRpcError(code, text, error.get("data")))
        elif "result" in message:
            future.set_result(message["result"])
        else:
            future.set_exception(ValueError("Invalid JSON-RPC response"))

    async def _answer(self, message: dict[str, Any]) -> None:
        number = message["id"]
        try:
            frame = _encoded({"id": number, "result": await self._result(message)})
        except JsonRpcError as error:
            refusal = {"code": error.code, "message": error.message, "data": error.data}
            frame = _encoded({"id": number, "error": refusal})
        except Exception as error:
            refusal = {"code": INTERNAL_ERROR, "message": str(error), "data": None}
            frame = _encoded({"id": number, "error": refusal})
        with contextlib.suppress(ProcessExitedError):  # nobody is there to be answered any more
            await self._send(frame)

    async def _result(self, message: dict[str, Any]) -> dict[str, Any]:
        handler = self.request_handlers.get(message["method"])
        if handler is None:
            raise JsonRpcError(METHOD_NOT_FOUND, f"Method not found: {message['method']}")
        result = handler(message.get("params") or {})
        if inspect.isawaitable(result):
            result = await result
        if result is None:
            return {}
        if not isinstance(result, dict):
            raise ValueError("Request handler must return a dict")
        return result


def _encoded(message: dict[str, Any]) -> bytes:
    content = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(content), content)

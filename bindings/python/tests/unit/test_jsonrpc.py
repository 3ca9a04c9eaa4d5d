"""JSON-RPC over pipes, with a process that is a pair of pipes here."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any, Optional

import pytest

from copilot import errors
from copilot.jsonrpc import JsonRpcClient, JsonRpcError, ProcessExitedError

SECONDS = 10


def frame(message: Any, header: bytes = b"") -> bytes:
    content = json.dumps(message).encode()
    return header + b"Content-Length: %d\r\n\r\n%s" % (len(content), content)


class Pipes:
    """A process whose other side is the test."""

    def __init__(self) -> None:
        read, write = os.pipe()
        self.stdout, self._to_client = os.fdopen(read, "rb"), os.fdopen(write, "wb")
        read, write = os.pipe()
        self._from_client, self.stdin = os.fdopen(read, "rb"), os.fdopen(write, "wb")
        self.stderr: Optional[io.BytesIO] = None

    def poll(self) -> Optional[int]:
        return 7

    def say(self, message: Any) -> None:
        self._to_client.write(frame(message))
        self._to_client.flush()

    async def hear(self) -> Any:
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(None, self._hear), SECONDS)

    def _hear(self) -> Any:
        length = int(self._from_client.readline().split(b":")[1])
        self._from_client.readline()
        return json.loads(self._from_client.read(length))

    def end(self) -> None:
        self._to_client.close()

    def close(self) -> None:
        for file in (self._to_client, self.stdin, self._from_client, self.stdout):
            with contextlib.suppress(BrokenPipeError):
                file.close()


@pytest.fixture
async def pipes() -> AsyncIterator[Pipes]:
    pipes = Pipes()
    yield pipes
    pipes.close()


@pytest.fixture
async def client(pipes: Pipes) -> AsyncIterator[JsonRpcClient]:
    client = JsonRpcClient(pipes)
    client.start()
    yield client
    pipes.end()
    await asyncio.wait_for(client.stop(), SECONDS)


async def test_a_request_and_its_result(pipes: Pipes, client: JsonRpcClient) -> None:
    call = asyncio.ensure_future(client.request("add", {"a": 1}))
    asked = await pipes.hear()
    assert (asked["jsonrpc"], asked["method"], asked["params"]) == ("2.0", "add", {"a": 1})
    pipes.say({"id": 999, "result": "of nobody"})
    pipes.say({"id": asked["id"], "result": {"sum": "ä"}})
    assert await asyncio.wait_for(call, SECONDS) == {"sum": "ä"}
    assert client.pending_requests == {}


async def test_answers_in_any_order(pipes: Pipes, client: JsonRpcClient) -> None:
    calls = [asyncio.ensure_future(client.request(name)) for name in ("a", "b", "c")]
    asked = [await pipes.hear() for _ in calls]
    for each in reversed(asked):
        pipes.say({"id": each["id"], "result": each["method"].upper()})
    assert await asyncio.wait_for(asyncio.gather(*calls), SECONDS) == ["A", "B", "C"]


async def test_refusals(pipes: Pipes, client: JsonRpcClient) -> None:
    call = asyncio.ensure_future(client.request("x"))
    pipes.say({"id": (await pipes.hear())["id"], "error": {"code": -5, "message": "no", "data": [1]}})
    with pytest.raises(JsonRpcError, match=r"^JSON-RPC Error -5: no$") as raised:
        await asyncio.wait_for(call, SECONDS)
    assert (raised.value.code, raised.value.message, raised.value.data) == (-5, "no", [1])
    assert JsonRpcError is errors.JsonRpcError
    call = asyncio.ensure_future(client.request("x"))
    pipes.say({"id": (await pipes.hear())["id"]})
    with pytest.raises(ValueError, match="Invalid JSON-RPC response"):
        await asyncio.wait_for(call, SECONDS)


async def test_a_request_that_takes_too_long(pipes: Pipes, client: JsonRpcClient) -> None:
    with pytest.raises(asyncio.TimeoutError):
        await client.request("slow", timeout=0.01)
    assert client.pending_requests == {}
    late = (await pipes.hear())["id"]
    pipes.say({"id": late, "result": 1})
    call = asyncio.ensure_future(client.request("next"))
    pipes.say({"id": (await pipes.hear())["id"], "result": 2})
    assert await asyncio.wait_for(call, SECONDS) == 2


async def test_notifications_in_both_directions(pipes: Pipes, client: JsonRpcClient) -> None:
    heard: asyncio.Queue[Any] = asyncio.Queue()
    client.set_notification_handler(lambda method, params: heard.put_nowait((method, params)))
    pipes.say({"method": "a", "params": {"x": 1}})
    pipes.say({"method": "b"})
    assert await asyncio.wait_for(heard.get(), SECONDS) == ("a", {"x": 1})
    assert await asyncio.wait_for(heard.get(), SECONDS) == ("b", {})
    await client.notify("c", {"y": 2})
    assert await pipes.hear() == {"jsonrpc": "2.0", "method": "c", "params": {"y": 2}}


async def later(params: dict[str, Any]) -> dict[str, Any]:
    await asyncio.sleep(0)
    return {"later": params}


def refusing(params: dict[str, Any]) -> None:
    raise JsonRpcError(-1, "no", {"why": 1})


REPLIES: list[tuple[Any, dict[str, Any]]] = [
    (lambda params: {"got": params}, {"result": {"got": {"x": 1}}}),
    (later, {"result": {"later": {"x": 1}}}),
    (lambda params: None, {"result": {}}),
    (
        lambda params: [1],
        {"error": {"code": -32603, "message": "Request handler must return a dict", "data": None}},
    ),
    (lambda params: 1 / 0, {"error": {"code": -32603, "message": "division by zero", "data": None}}),
    (refusing, {"error": {"code": -1, "message": "no", "data": {"why": 1}}}),
    (None, {"error": {"code": -32601, "message": "Method not found: ask", "data": None}}),
    (
        lambda params: {"x": object()},
        {
            "error": {
                "code": -32603,
                "message": "Object of type object is not JSON serializable",
                "data": None,
            }
        },
    ),
]


@pytest.mark.parametrize(("handler", "reply"), REPLIES)
async def test_requests_of_the_process(pipes: Pipes, client: JsonRpcClient, handler: Any, reply: Any) -> None:
    client.set_request_handler("ask", lambda params: {"of": "before"})
    client.set_request_handler("ask", handler)
    pipes.say({"id": "q", "method": "ask", "params": {"x": 1}})
    assert await pipes.hear() == {"jsonrpc": "2.0", "id": "q", **reply}


async def test_the_end_of_the_process(pipes: Pipes, client: JsonRpcClient) -> None:
    call = asyncio.ensure_future(client.request("x"))
    await pipes.hear()
    pipes.end()
    for waiting in (call, client.request("y")):
        with pytest.raises(ProcessExitedError, match=r"^CLI process exited with code 7$"):
            await asyncio.wait_for(waiting, SECONDS)


@pytest.mark.parametrize(
    ("junk", "reason"),
    [
        (b"Content-Length: 5\r\n\r\n{}", "Unexpected end of stream"),
        (b"Hello: 1\r\n\r\n", "no Content-Length"),
        (b"Content-Length: 2\r\n\r\n{]", "Expecting property name"),
    ],
)
async def test_what_is_no_message(junk: bytes, reason: str) -> None:
    pipes = Pipes()
    pipes.stderr = io.BytesIO(b"first\nlast words\n")
    client = JsonRpcClient(pipes)
    client.start()
    call = asyncio.ensure_future(client.request("x"))
    await pipes.hear()
    pipes._to_client.write(junk)
    pipes.end()
    with pytest.raises(ProcessExitedError, match=rf"(?s)with code 7: .*{reason}.*stderr: first\nlast words$"):
        await asyncio.wait_for(call, SECONDS)
    assert client.get_stderr_output() == "first\nlast words"
    await asyncio.wait_for(client.stop(), SECONDS)
    pipes.close()


async def test_writing_to_a_process_that_does_not_read(pipes: Pipes, client: JsonRpcClient) -> None:
    pipes._from_client.close()
    with pytest.raises(ProcessExitedError, match="writing to the process failed"):
        await client.request("x")


async def test_stopping_fails_what_is_pending(pipes: Pipes, client: JsonRpcClient) -> None:
    call = asyncio.ensure_future(client.request("x"))
    await pipes.hear()
    pipes.end()
    await asyncio.wait_for(client.stop(), SECONDS)
    with pytest.raises(ProcessExitedError):
        await call
    with pytest.raises(ProcessExitedError):
        await client.request("y")


async def test_before_the_start(pipes: Pipes) -> None:
    with pytest.raises(RuntimeError, match=r"Client not started. Call start\(\) first."):
        await JsonRpcClient(pipes).request("x")
    await JsonRpcClient(pipes).stop()


def test_headers() -> None:
    class Process:
        stdout = io.BytesIO(
            frame({"a": 1}, b"X: y\r\n") + frame({"b": 2}).replace(b"Content-L", b"content-l")
        )

    client = JsonRpcClient(Process())
    assert [client._read_message() for _ in range(3)] == [{"a": 1}, {"b": 2}, None]


async def test_a_real_process() -> None:
    program = (
        "import sys\n"
        "line = sys.stdin.buffer.readline(); sys.stdin.buffer.readline()\n"
        "body = sys.stdin.buffer.read(int(line.split(b':')[1]))\n"
        "body = body.replace(b'\"params\"', b'\"result\"').replace(b'\"method\"', b'\"was\"')\n"
        "sys.stdout.buffer.write(b'Content-Length: %d\\r\\n\\r\\n%s' % (len(body), body))\n"
        "sys.stdout.buffer.flush(); sys.stdin.buffer.read(1)\n"
    )
    from subprocess import PIPE, Popen

    with Popen([sys.executable, "-c", program], stdin=PIPE, stdout=PIPE, stderr=PIPE) as process:
        client = JsonRpcClient(process)
        client.start()
        assert await client.request("echo", {"big": "x" * 200_000}, timeout=SECONDS) == {"big": "x" * 200_000}
        with pytest.raises(ProcessExitedError, match="CLI process exited with code 0"):
            await client.request("again", timeout=SECONDS)
        await asyncio.wait_for(client.stop(), SECONDS)

"""Calls and their options: what is refused and how it is named, errors, and the RPC namespace."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any

import pytest
from fake_runtime import until

from behaviour.conftest import MakeClient, MakeFake
from copilot import CopilotClient, CopilotError, JsonRpcError, PermissionHandler
from copilot._native import lib
from copilot.types import StopError

if sys.version_info < (3, 11):
    from exceptiongroup import ExceptionGroup

ALLOW: Any = {"on_permission_request": PermissionHandler.approve_all}


# ---- options ----


@pytest.mark.parametrize("option", ["cli_pth", "loglevel", "on_event", "something_else"])
async def test_options_of_a_client_that_do_not_exist(option: str) -> None:
    with pytest.raises(ValueError, match=f"(?i){option.replace('_', '_?')}"):
        CopilotClient(None, **{option: "x"})


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("cli_path", 5),
        ("port", "x"),
        ("env", ["A=1"]),
        ("cli_args", "--x"),
        ("log_level", "loud"),
        ("cwd", 1),
    ],
)
async def test_options_of_a_client_of_a_wrong_type(option: str, value: Any) -> None:
    camel = option.replace("_p", "P").replace("_a", "A").replace("_l", "L")
    with pytest.raises((ValueError, TypeError), match=f"{option}|{camel}"):
        CopilotClient(None, **{option: value})


@pytest.mark.parametrize("option", ["modle", "toolz", "on_permision_request", "system_mesage"])
async def test_options_of_a_session_that_do_not_exist(
    fake: MakeFake, client_of: MakeClient, option: str
) -> None:
    runtime = fake()
    client = client_of(runtime)
    camel = option.split("_")[0]
    options: Any = {**ALLOW, option: 1}
    for call in (client.create_session(options), client.resume_session("s", options)):
        with pytest.raises(ValueError, match=camel):
            await call
    assert runtime.received("session.create") == runtime.received("session.resume") == []
    assert client._connection.sessions == {}


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("model", 5),
        ("streaming", "yes"),
        ("available_tools", "bash"),
        ("tools", "bash"),
        ("hooks", 7),
        ("commands", {}),
        ("methods", []),
    ],
)
async def test_options_of_a_session_of_a_wrong_type(
    fake: MakeFake, client_of: MakeClient, option: str, value: Any
) -> None:
    client = client_of(fake())
    options: Any = {**ALLOW, option: value}
    with pytest.raises((ValueError, TypeError), match=option.split("_")[0]):
        await client.create_session(options)
    assert await client.create_session(ALLOW)


async def test_messages_that_are_none(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    session = await client_of(runtime).create_session(ALLOW)
    wrong: list[tuple[Any, str]] = [
        ({"prompt": "x", "atachments": []}, "atachments"),
        ({"mode": "immediate"}, "prompt"),
        ({"prompt": 5}, "prompt"),
        ({"prompt": "x", "attachments": "file"}, "attachments"),
        ({"prompt": "x", "mode": object()}, "mode|JSON"),
        ("just a text", "prompt"),
        (None, "prompt"),
    ]
    for message, named in wrong:
        for call in (session.send, session.send_and_wait):
            with pytest.raises((ValueError, TypeError), match=named):
                await call(message)
    assert runtime.received("session.send") == []
    assert (await session.send({"prompt": "right"})) != ""


async def test_an_empty_configuration_is_refused_and_none_is_not(
    fake: MakeFake, client_of: MakeClient
) -> None:
    client = client_of(fake(sessions=["old"]))
    with pytest.raises(ValueError, match="on_permission_request handler is required"):
        await client.create_session({})
    with pytest.raises(ValueError, match="on_permission_request handler is required"):
        await client.resume_session("old", {})
    assert (await client.create_session()).session_id
    assert (await client.create_session(model="gpt-5")).session_id
    assert (await client.resume_session("old")).session_id == "old"


async def test_a_provider_without_a_model(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    client = client_of(runtime)
    provider: Any = {"type": "openai", "base_url": "http://127.0.0.1:1/v1", "api_key": "k"}
    session = await client.create_session(**ALLOW, provider=provider)
    for call in (session.send, session.send_and_wait):
        with pytest.raises(ValueError, match="model"):
            await call({"prompt": "x"})
    assert runtime.received("session.create")[0]["provider"]["baseUrl"] == "http://127.0.0.1:1/v1"
    await session.destroy()


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("8080", "localhost", 8080),
        ("127.0.0.1:9000", "127.0.0.1", 9000),
        ("http://example.com:80", "example.com", 80),
        ("https://example.com:443", "example.com", 443),
        (":7000", "localhost", 7000),
    ],
)
async def test_addresses(url: str, host: str, port: int) -> None:
    client = CopilotClient({"cli_url": url})
    assert (client._actual_host, client._actual_port) == (host, port)


@pytest.mark.parametrize(
    "url", ["example.com", "example.com:", "x:0", "x:65536", "x:abc", "a:b:c", "http://"]
)
async def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="cli_url"):
        CopilotClient({"cli_url": url})


@pytest.mark.parametrize(
    "more",
    [{"cli_path": "copilot"}, {"use_stdio": True}, {"github_token": "t"}, {"use_logged_in_user": False}],
)
async def test_what_contradicts_an_address(more: Any) -> None:
    with pytest.raises(ValueError, match="cli_url"):
        CopilotClient(None, cli_url="8080", **more)


# ---- errors ----


async def test_what_the_server_refuses(fake: MakeFake, client_of: MakeClient) -> None:
    refusal = {"code": -32042, "message": "not today", "data": {"retryAfter": 5}}
    client = client_of(
        fake(once={"ping": {"reply_error": refusal}, "session.create": {"reply_error": refusal}})
    )
    with pytest.raises(JsonRpcError) as caught:
        await client.ping()
    error = caught.value
    assert (error.code, error.message) == (-32042, "not today")
    assert str(error) == "JSON-RPC Error -32042: not today"
    assert "retryAfter" in str(error.data)
    with pytest.raises(JsonRpcError):
        await client.create_session(ALLOW)
    assert client._connection.sessions == {} and not client._sessions
    assert (await client.ping("x")).message == "pong: x"
    assert await client.create_session(ALLOW)


async def test_stop_tells_of_every_session_that_failed(fake: MakeFake, client_of: MakeClient) -> None:
    failing = {"reply_error": {"code": -32000, "message": "cannot let go"}}
    runtime = fake(on={"session.detach": failing, "session.destroy": failing})
    client = client_of(runtime)
    sessions = [await client.create_session(ALLOW) for _ in range(3)]
    with pytest.raises(ExceptionGroup) as caught:
        await client.stop()
    errors = caught.value.exceptions
    assert len(errors) == 3
    for session, error in zip(sessions, errors):
        assert isinstance(error, StopError)
        assert f"Failed to destroy session {session.session_id}: " in error.message
        assert "cannot let go" in str(error)
    assert client.get_state() == "disconnected"
    await client.stop()


async def test_stop_does_not_wait_for_ever(
    fake: MakeFake, client_of: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("copilot.client.STOP_TIMEOUT", 0.2)
    runtime = fake(on={"session.detach": {"hang": True}, "session.destroy": {"hang": True}})
    client = client_of(runtime)
    sessions = [await client.create_session(ALLOW) for _ in range(20)]
    with pytest.raises(ExceptionGroup) as caught:
        await asyncio.wait_for(client.stop(), 3)
    assert [str(error) for error in caught.value.exceptions] == [
        f"Failed to destroy session {session.session_id}: the CLI did not answer within 0.2 s"
        for session in sessions
    ]
    assert client.get_state() == "disconnected"
    runtime.wait_gone()


async def test_any_method_can_be_called(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(
        on={
            "planets.rotateSlowly": {"reply": {"turnedBy": 3, "isDone": True}},
            "session.planets.list": {"reply": {"planets": []}},
            "session.planets.burn": {"reply_error": {"code": -32001, "message": "no"}},
        }
    )
    client = client_of(runtime)
    session = await client.create_session(ALLOW)
    result = await client.rpc.planets.rotate_slowly(by=3)
    assert (result.turned_by, result.is_done) == (3, True)
    await session.rpc.planets.list()
    with pytest.raises(JsonRpcError, match="no"):
        await session.rpc.planets.burn()
    assert runtime.received("planets.rotateSlowly") == [{"by": 3}]
    assert runtime.received("session.planets.list") == [{"sessionId": session.session_id}]
    with pytest.raises(JsonRpcError, match="Unhandled method"):
        await client.rpc.no.such.method()


async def test_the_namespace_of_a_client_that_does_not_run(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    with pytest.raises(RuntimeError, match=r"Client is not connected\. Call start\(\) first\."):
        _ = client.rpc
    session = await client.create_session(ALLOW)
    await session.destroy()
    with pytest.raises(CopilotError, match=session.session_id):
        await session.rpc.mode.get()


async def test_a_cancelled_create_leaves_nothing(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(once={"session.create": [{"sleep_ms": 200}, {"builtin": True}]})
    client = client_of(runtime)
    await client.start()
    before = lib.debug_live_objects()
    task = asyncio.ensure_future(client.create_session(**ALLOW, session_id="mine"))
    await runtime.until_received("session.create")
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    del task  # the traceback of its end holds the call
    assert client._connection.sessions == {} and not client._sessions

    def none_left() -> bool:
        gc.collect()
        return bool(lib.debug_live_objects() <= before)

    await until(none_left, "the library's objects")

    def left() -> bool:
        ends = runtime.received("session.detach") + runtime.received("session.destroy")
        return any(params["sessionId"] == "mine" for params in ends)

    await until(left, "the server to be told that nobody wants the session")
    session = await client.create_session(**ALLOW, session_id="mine")
    assert await session.send_and_wait({"prompt": "x"})


async def test_calls_that_are_cancelled_at_any_point(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    session = await client.create_session(ALLOW)
    gc.collect()
    before = lib.debug_live_objects()
    calls = [session.get_messages, client.list_models, client.get_status, session.abort, client.list_sessions]
    for turns_of_the_loop in range(4):
        for call in calls:
            task = asyncio.ensure_future(call())
            for _ in range(turns_of_the_loop):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait({task})
            del task  # the traceback of its end holds the call
    assert (await client.ping("x")).message == "pong: x"

    def none_left() -> bool:
        gc.collect()
        return bool(lib.debug_live_objects() <= before)

    await until(none_left, "the library's objects")


async def test_a_call_with_a_timeout(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake(once={"ping": {"hang": True}}))
    await client.start()
    with pytest.raises(asyncio.TimeoutError):
        await client._connection.request("ping", {}, timeout=0.1)
    assert (await client.ping("x")).message == "pong: x"


async def test_a_thousand_calls_at_once(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    await client.start()
    replies = await asyncio.gather(*(client.ping(str(n)) for n in range(1000)))
    assert [reply.message for reply in replies] == [f"pong: {n}" for n in range(1000)]

"""The life of a client: starts, ends, crashes, and what is collected without an end."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import signal
import weakref
from typing import Any

import pytest
from fake_runtime import PATIENCE, is_running, until, wait_until

from behaviour.conftest import MakeClient, MakeFake
from copilot import (
    CopilotClient,
    CopilotError,
    CopilotSession,
    PermissionHandler,
    ProcessExitedError,
    SessionEvent,
)
from copilot._native import lib

OPTIONS: Any = {"on_permission_request": PermissionHandler.approve_all}
NO_REPLY = {"on": {"ping": {"hang": True}}}


# ---- starting ----


async def test_first_calls_at_the_same_time_start_one_process(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(on={"connect": [{"sleep_ms": 100}, {"builtin": True}]})
    client = client_of(runtime)
    await asyncio.gather(
        client.start(),
        client.list_models(),
        *(client.ping() for _ in range(10)),
        *(client.create_session(OPTIONS) for _ in range(10)),
    )
    assert len(runtime.pids()) == 1
    assert len(runtime.received("session.create")) == 10


async def test_a_client_that_runs_is_not_started_again(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    client = client_of(runtime)
    await client.start()
    await client.start()
    assert len(runtime.pids()) == 1


async def test_without_auto_start_calls_say_what_to_do(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    client = client_of(runtime, auto_start=False)
    calls = (client.ping(), client.list_models(), client.create_session(OPTIONS), client.list_sessions())
    for call in calls:
        with pytest.raises(RuntimeError, match=r"Client not connected\. Call start\(\) first\."):
            await call
    assert runtime.pids() == []
    await client.start()
    assert (await client.ping("now")).message == "pong: now"


async def test_a_start_that_fails_can_be_repeated(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(runs=[{"start": {"exit": 3, "stderr": "no such model store"}}, {}])
    client = client_of(runtime)
    with pytest.raises(RuntimeError, match="no such model store"):
        await client.start()
    assert client.get_state() == "error"
    await client.start()
    assert client.get_state() == "connected"


async def test_a_cli_that_is_not_there_is_named() -> None:
    client = CopilotClient({"cli_path": "/nowhere/copilot"})
    with pytest.raises(RuntimeError, match="/nowhere/copilot"):
        await client.start()
    await client.stop()


async def test_a_cancelled_start_goes_on(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(on={"connect": [{"sleep_ms": 100}, {"builtin": True}]})
    client = client_of(runtime)
    task = asyncio.ensure_future(client.start())
    await runtime.until_received("connect")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await client.start()
    assert (await client.ping("x")).message == "pong: x"
    assert len(runtime.pids()) == 1


# ---- stopping ----


@pytest.mark.parametrize("ends", ["ss", "ff", "sf", "fs", "sfsf", "fssf"])
async def test_ends_in_every_order(fake: MakeFake, client_of: MakeClient, ends: str) -> None:
    runtime = fake()
    client = client_of(runtime)
    for _ in range(2):  # and after all of them the client can be used again
        await client.create_session(OPTIONS)
        for end in ends:
            await (client.stop() if end == "s" else client.force_stop())
            assert client.get_state() == "disconnected"
        await asyncio.get_running_loop().run_in_executor(None, runtime.wait_gone)
    assert len(runtime.pids()) == 2


async def test_ends_before_a_start(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    await client.stop()
    await client.force_stop()
    assert client.get_state() == "disconnected"
    assert (await client.ping("hello")).message == "pong: hello"


async def test_ends_at_the_same_time(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    await client.create_session(OPTIONS)
    ends = (client.stop(), client.stop(), client.force_stop())
    for result in await asyncio.wait_for(asyncio.gather(*ends, return_exceptions=True), PATIENCE):
        # a session may not have been let go in peace before the CLI was killed
        assert result is None or type(result).__name__ == "ExceptionGroup"
    assert client.get_state() == "disconnected"


@pytest.mark.parametrize("end", ["stop", "force_stop"])
async def test_calls_under_way_end_with_the_client(fake: MakeFake, client_of: MakeClient, end: str) -> None:
    runtime = fake(**NO_REPLY, turns=[[{"await_abort": True}]])
    client = client_of(runtime)
    session = await client.create_session(OPTIONS)
    tasks = [
        asyncio.ensure_future(client.ping()),
        asyncio.ensure_future(session.send_and_wait({"prompt": "go"})),
    ]
    await runtime.until_received("ping")
    await runtime.until_received("session.send")
    await getattr(client, end)()
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE)
    assert isinstance(results[0], CopilotError)
    # stop() lets the session go first, which may end its turn like an abort does
    assert results[1] is None or isinstance(results[1], CopilotError)


async def test_stop_while_the_client_starts(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(on={"connect": {"hang": True}})
    client = client_of(runtime)
    start = asyncio.ensure_future(client.start())
    await runtime.until_received("connect")
    await asyncio.wait_for(client.force_stop(), PATIENCE)
    with pytest.raises(CopilotError):
        await asyncio.wait_for(start, PATIENCE)


async def test_a_cli_that_does_not_want_to_end_is_killed(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(
        start=[{"ignore_eof": True}, {"ignore_sigterm": True}], on={"runtime.shutdown": {"hang": True}}
    )
    client = client_of(runtime)
    await client.start()
    await client.force_stop()
    await until(lambda: not runtime.running(), "the end of the CLI")


async def test_a_session_ends_with_its_client(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    session = await client.create_session(OPTIONS)
    await client.stop()
    await client.start()
    for call in (
        session.send({"prompt": "x"}),
        session.get_messages(),
        session.send_and_wait({"prompt": "x"}),
    ):
        with pytest.raises(CopilotError, match=session.session_id):
            await call


# ---- crashes ----


async def test_after_a_crash_the_next_call_starts_the_cli_again(
    fake: MakeFake, client_of: MakeClient
) -> None:
    runtime = fake(runs=[{"turns": [[{"exit": 3, "stderr": "out of memory"}]]}, {}])
    client = client_of(runtime)
    session = await client.create_session(OPTIONS)
    with pytest.raises(ProcessExitedError, match="out of memory"):
        await session.send_and_wait({"prompt": "go"})
    assert (await client.ping("again")).message == "pong: again"
    assert len(runtime.pids()) == 2
    assert client.get_state() == "connected"


async def test_a_crash_between_two_calls(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    client = client_of(runtime)
    await client.start()
    os.kill(runtime.pids()[0], signal.SIGKILL)
    await until(lambda: client.get_state() != "connected", "the end of the connection")
    assert (await client.ping("again")).message == "pong: again"
    assert len(runtime.pids()) == 2


async def test_without_auto_start_a_crash_stays_one(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    client = client_of(runtime, auto_start=False, auto_restart=False)
    await client.start()
    os.kill(runtime.pids()[0], signal.SIGKILL)
    await until(lambda: client.get_state() != "connected", "the end of the connection")
    with pytest.raises(CopilotError):
        await client.ping()
    assert len(runtime.pids()) == 1


# ---- collection ----


async def _collected() -> None:
    def none_left() -> bool:
        gc.collect()
        return bool(lib.debug_live_objects() == 0)

    await until(none_left, f"the library's objects, {lib.debug_live_objects()} of which are left")


def _hears(session: CopilotSession, event: SessionEvent) -> None:
    pass


async def test_a_client_that_is_let_go_takes_everything_along(fake: MakeFake) -> None:
    runtime = fake(turns=[[{"tool": {"name": "slow"}}, {"text": "never"}]])
    await _collected()
    client = CopilotClient(runtime.options)
    session = await client.create_session(OPTIONS)
    session.on(functools.partial(_hears, session))  # a cycle
    await session.send({"prompt": "go"})
    gone = weakref.ref(client)
    pid = runtime.pids()[0]
    del client, session
    await _collected()
    assert gone() is None
    await until(lambda: not is_running(pid), "the end of the CLI")


async def test_a_call_under_way_keeps_the_client_until_it_is_cancelled(fake: MakeFake) -> None:
    runtime = fake(**NO_REPLY)
    await _collected()
    client = CopilotClient(runtime.options)
    task = asyncio.ensure_future(client.ping())
    await runtime.until_received("ping")
    del client
    gc.collect()
    assert runtime.running()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    del task
    await _collected()
    await until(lambda: not runtime.running(), "the end of the CLI")


async def test_a_session_that_is_let_go_leaves_the_client(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    for _ in range(3):
        session = await client.create_session(OPTIONS)
        gone = weakref.ref(session)
        await session.destroy()
        del session

        def collected(gone: weakref.ref[CopilotSession] = gone) -> bool:
            gc.collect()
            return gone() is None

        await until(collected, "the end of the session's object")
    assert (await client.ping("x")).message == "pong: x"


def test_a_client_that_outlived_its_loop_is_collected(fake: MakeFake) -> None:
    runtime = fake(**NO_REPLY)

    async def main(client: CopilotClient) -> None:
        await client.create_session(OPTIONS)
        await asyncio.wait({asyncio.ensure_future(client.ping())}, timeout=0)
        await runtime.until_received("ping")

    asyncio.run(main(CopilotClient(runtime.options)))
    gc.collect()
    wait_until(lambda: not runtime.running(), "the end of the CLI")
    wait_until(lambda: lib.debug_live_objects() == 0, "the library's objects")


async def test_nothing_piles_up(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    await client.start()
    session = await client.create_session(OPTIONS)
    await session.send_and_wait({"prompt": "warm"})
    gc.collect()
    before = lib.debug_live_objects()
    for _ in range(20):
        await client.ping()
        await session.send_and_wait({"prompt": "x"})
        await session.get_messages()
    gc.collect()
    assert lib.debug_live_objects() <= before

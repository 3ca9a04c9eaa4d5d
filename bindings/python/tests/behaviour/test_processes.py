"""Whole programs: forks, and an interpreter that ends while a client is at work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest
from fake_runtime import FakeRuntime

from behaviour.conftest import MakeFake

PRELUDE = """
    import asyncio, json, os, sys, threading
    from copilot import CopilotClient, CopilotError, PermissionHandler, define_tool
    options = json.loads(sys.argv[1])
    allow = {"on_permission_request": PermissionHandler.approve_all, "streaming": True}
"""
# From Python 3.12 on fork() itself warns where there are threads.
FORKING = ("-W", "ignore::DeprecationWarning")
STREAM = [{"text": "x", "chunks": 200}, {"await_abort": True}]
TOOL_CALL = [{"tool": {"name": "slow", "arguments": {}}}]


WITH_CLIENT = "client = CopilotClient(options)\n"


def run(runtime: FakeRuntime, program: str, *options: str, before: str = WITH_CLIENT) -> str:
    """Runs a program to its end, which has to be a good and quiet one. Returns what it printed."""
    text = textwrap.dedent(PRELUDE) + before + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, *options, "-c", text, json.dumps(runtime.options)],
        capture_output=True,
        text=True,
        timeout=40,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    runtime.wait_gone()
    return done.stdout


@pytest.mark.parametrize("options", [(), ("-X", "dev", "-W", "error")], ids=["plain", "dev"])
class TestExit:
    """The interpreter ends; nothing is said and no process stays."""

    def test_with_a_client_that_runs(self, fake: MakeFake, options: tuple[str, ...]) -> None:
        run(fake(), "asyncio.run(client.start())", *options)

    def test_with_a_client_that_never_ran(self, fake: MakeFake, options: tuple[str, ...]) -> None:
        run(fake(), "pass", *options)

    def test_in_the_middle_of_a_stream(self, fake: MakeFake, options: tuple[str, ...]) -> None:
        program = """
            async def main():
                session = await client.create_session(allow)
                begun = asyncio.Event()
                session.on(lambda event: begun.set() if event.type == "assistant.message_delta" else None)
                await session.send({"prompt": "go"})
                await begun.wait()
                sys.exit(0)
            asyncio.run(main())
        """
        run(fake(turns=[STREAM]), program, *options)

    def test_in_the_middle_of_a_tool_call(self, fake: MakeFake, options: tuple[str, ...]) -> None:
        program = """
            async def main():
                called = asyncio.Event()
                @define_tool(description="Takes its time")
                async def slow():
                    called.set()
                    await asyncio.Event().wait()
                session = await client.create_session({**allow, "tools": [slow]})
                await session.send({"prompt": "go"})
                await called.wait()
            asyncio.run(main())
            print("end")
        """
        assert run(fake(turns=[TOOL_CALL]), program, *options) == "end\n"

    def test_in_the_middle_of_a_call_on_another_thread(
        self, fake: MakeFake, options: tuple[str, ...]
    ) -> None:
        program = """
            async def main():
                await client.start()
                calling.set()
                await client.ping()
            calling = threading.Event()
            threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
            calling.wait()
        """
        run(fake(on={"ping": {"hang": True}}), program, *options)

    def test_in_the_middle_of_many_calls_on_another_thread(
        self, fake: MakeFake, options: tuple[str, ...]
    ) -> None:
        program = """
            async def main():
                await client.start()
                calling.set()
                while True:
                    await asyncio.gather(*(client.ping() for _ in range(50)))
            calling = threading.Event()
            threading.Thread(target=lambda: asyncio.run(main()), daemon=True).start()
            calling.wait()
        """
        for _ in range(5):  # what is freed too early is used now and then only
            run(fake(), program, *options)

    def test_with_a_session_in_a_global_cycle(self, fake: MakeFake, options: tuple[str, ...]) -> None:
        program = """
            async def main():
                global session
                session = await client.create_session(allow)
                session.on(lambda event: (client, session))
            asyncio.run(main())
        """
        run(fake(), program, *options)


def test_a_fork_between_two_loops(fake: MakeFake) -> None:
    program = """
        asyncio.run(client.start())
        child = os.fork()
        if child == 0:
            for call in (client.ping, client.start, client.stop, client.force_stop, client.create_session):
                try:
                    asyncio.run(call())
                except CopilotError as error:
                    assert "fork" in str(error), error
            assert client.get_state() == "disconnected"
            del client
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        print(asyncio.run(client.ping("parent")).message)
        asyncio.run(client.stop())
    """
    assert run(fake(), program, *FORKING) == "pong: parent\n"


def test_a_fork_while_the_loop_runs(fake: MakeFake) -> None:
    program = """
        async def main():
            session = await client.create_session(allow)
            child = os.fork()
            if child == 0:
                try:
                    asyncio.run(client.ping())
                except CopilotError as error:
                    os._exit(0 if "fork" in str(error) else 2)
                os._exit(3)
            assert os.waitpid(child, 0)[1] == 0
            answer = await asyncio.wait_for(session.send_and_wait({"prompt": "go on"}), 20)
            print(answer.data.content)
            await client.stop()
        asyncio.run(main())
    """
    assert run(fake(turns=[[{"text": "still here"}]]), program, *FORKING) == "still here\n"


def test_a_client_that_is_made_after_a_fork(fake: MakeFake) -> None:
    """The library was loaded and not used before: the child may use it."""
    program = """
        child = os.fork()
        if child == 0:
            client = CopilotClient(options)
            print(asyncio.run(client.ping("child")).message)
            asyncio.run(client.stop())
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    assert run(fake(), program, before="") == "pong: child\n"

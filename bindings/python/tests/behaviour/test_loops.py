"""Event loops: several one after the other, several at once, and one that ends while events are waiting."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Optional

from fake_runtime import until, wait_until

from behaviour.conftest import MakeFake
from copilot import CopilotClient, CopilotSession, PermissionHandler, SessionEvent

OPTIONS: Any = {"on_permission_request": PermissionHandler.approve_all, "streaming": True}
DELTAS = [
    {"event": {"type": "assistant.message_delta", "data": {"deltaContent": f"{n}"}}} for n in range(999)
]


def test_a_client_is_started_on_one_loop_and_used_on_the_next(fake: MakeFake) -> None:
    runtime = fake(turns=[[{"text": "one"}], [{"text": "two"}]])
    client = CopilotClient(runtime.options)

    async def first() -> CopilotSession:
        await client.start()
        session = await client.create_session(OPTIONS)
        answer = await session.send_and_wait({"prompt": "1"})
        assert answer is not None and answer.data.content == "one"
        return session

    async def second(session: CopilotSession) -> None:
        answer = await session.send_and_wait({"prompt": "2"})
        assert answer is not None and answer.data.content == "two"
        assert (await client.ping("still there")).message == "pong: still there"
        await client.stop()

    asyncio.run(second(asyncio.run(first())))
    assert client.get_state() == "disconnected"
    assert len(runtime.pids()) == 1


def test_a_loop_that_pauses_takes_up_its_work_again(fake: MakeFake) -> None:
    client = CopilotClient(fake().options)
    loop = asyncio.new_event_loop()
    try:
        for text in ("a", "b", "c"):
            assert loop.run_until_complete(client.ping(text)).message == f"pong: {text}"
        loop.run_until_complete(client.stop())
    finally:
        loop.close()


def test_while_a_loop_pauses_another_one_serves_the_client(fake: MakeFake) -> None:
    client = CopilotClient(fake().options)
    loops = [asyncio.new_event_loop(), asyncio.new_event_loop()]
    try:
        for n in range(6):
            assert loops[n % 2].run_until_complete(client.ping(str(n))).message == f"pong: {n}"
        loops[0].run_until_complete(client.stop())
    finally:
        for loop in loops:
            loop.close()


def test_models_are_listed_from_several_loops(fake: MakeFake) -> None:
    client = CopilotClient(fake().options)

    async def ask_twice_at_once() -> None:
        client._models_cache = None
        first, second = await asyncio.gather(client.list_models(), client.list_models())
        assert [model.id for model in first] == [model.id for model in second]

    asyncio.run(ask_twice_at_once())
    asyncio.run(ask_twice_at_once())
    asyncio.run(client.stop())


def test_events_that_wait_when_a_loop_closes_come_to_the_next_in_their_order(fake: MakeFake) -> None:
    runtime = fake(turns=[DELTAS])
    client = CopilotClient(runtime.options)
    seen: list[Optional[str]] = []
    idle: list[bool] = []

    def listen(event: SessionEvent) -> None:
        if event.type == "assistant.message_delta":
            seen.append(event.data.delta_content)
        elif event.type == "session.idle":
            idle.append(True)

    async def first() -> CopilotSession:
        session = await client.create_session(OPTIONS)
        session.on(listen)
        await session.send({"prompt": "go"})
        await until(lambda: seen, "the first delta")
        return session

    async def second() -> None:
        await client.ping()
        await until(lambda: idle, "the end of the turn")

    session = asyncio.run(first())
    wait_until(lambda: any(_is_idle(record) for record in runtime.log()), "the end of the turn")
    assert len(seen) < len(DELTAS)
    asyncio.run(second())
    assert seen == [str(n) for n in range(len(DELTAS))]
    asyncio.run(client.stop())
    assert session is not None


def _is_idle(record: dict[str, Any]) -> bool:
    params = record.get("out", {}).get("params") or {}
    return bool((params.get("event") or {}).get("type") == "session.idle")


def test_a_question_that_waits_when_a_loop_closes_is_answered_on_the_next(fake: MakeFake) -> None:
    runtime = fake(turns=[[{"permission": {"kind": "shell", "fullCommandText": "ls"}}]])
    client = CopilotClient(runtime.options)

    async def first() -> CopilotSession:
        session = await client.create_session(OPTIONS)
        await session.send({"prompt": "go"})
        return session  # the loop is gone before the question can have been answered, unless it is quick

    async def second() -> None:
        await client.ping()
        await runtime.until_answered("permission.requested")
        await client.stop()

    session = asyncio.run(first())
    asyncio.run(second())
    assert session is not None
    (answer,) = runtime.answers("permission.requested")
    assert answer["result"]["kind"] == "approve-once"


def test_each_thread_has_its_client_and_its_loop(fake: MakeFake) -> None:
    runtimes = [fake(turns=[[{"text": f"answer {n}", "chunks": 50}]] * 5) for n in range(6)]
    answers: dict[int, list[Optional[str]]] = {}

    def work(n: int) -> None:
        async def main() -> None:
            homes = set()
            async with CopilotClient(runtimes[n].options) as client:
                session = await client.create_session(OPTIONS)
                session.on(lambda _: homes.add(threading.get_ident()))
                for _ in range(5):
                    answer = await session.send_and_wait({"prompt": "go"})
                    assert answer is not None
                    answers.setdefault(n, []).append(answer.data.content)
            assert homes == {threading.get_ident()}

        asyncio.run(main())

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert answers == {n: [f"answer {n}"] * 5 for n in range(6)}


def test_two_threads_use_one_client(fake: MakeFake) -> None:
    client = CopilotClient(fake().options)
    results: list[str] = []

    def work(name: str) -> None:
        async def main() -> None:
            for n in range(50):
                results.append((await client.ping(f"{name}{n}")).message)

        asyncio.run(main())

    threads = [threading.Thread(target=work, args=(name,), daemon=True) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    assert sorted(results) == sorted(f"pong: {name}{n}" for name in "abcd" for n in range(50))
    asyncio.run(client.stop())


def test_a_loop_takes_over_from_another_that_ends_while_it_waits(fake: MakeFake) -> None:
    """The loop that began to serve the client goes away with its thread while another one awaits a reply."""
    gate = threading.Event()
    runtime = fake(on={"ping": [{"sleep_ms": 300}, {"builtin": True}]})
    client = CopilotClient(runtime.options)
    messages: list[str] = []

    def serve() -> None:
        async def main() -> None:
            await client.start()
            gate.set()
            await until(lambda: runtime.received("ping"), "the other loop's call")

        asyncio.run(main())

    def wait() -> None:
        assert gate.wait(20)
        messages.append(asyncio.run(client.ping("hello")).message)

    threads = [threading.Thread(target=each, daemon=True) for each in (serve, wait)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert messages == ["pong: hello"]
    asyncio.run(client.stop())

"""Events: none is lost, all come in their order, whatever the handlers do."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from typing import Any, Callable

import pytest
from fake_runtime import FakeRuntime, until

from behaviour.conftest import MakeClient, MakeFake
from copilot import CopilotClient, CopilotSession, PermissionHandler, SessionEvent, SessionEventType

OPTIONS: Any = {"on_permission_request": PermissionHandler.approve_all, "streaming": True}
GO: Any = {"prompt": "go"}


def delta(number: int) -> dict[str, Any]:
    data = {"messageId": "m", "deltaContent": str(number)}
    return {"event": {"type": "assistant.message_delta", "data": data, "ephemeral": True}}


class Collector:
    """A handler that keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[SessionEvent] = []

    def __call__(self, event: SessionEvent) -> None:
        self.events.append(event)

    def of(self, kind: str) -> list[SessionEvent]:
        return [event for event in self.events if event.type == kind]

    def numbers(self) -> list[int]:
        return [int(event.data.delta_content or "") for event in self.of("assistant.message_delta")]

    async def heard(self, kind: str, count: int = 1) -> None:
        await until(lambda: len(self.of(kind)) >= count, f"{count} of {kind}")

    async def idle(self) -> None:
        await self.heard("session.idle")


async def test_a_hundred_thousand_pieces_in_one_write(fake: MakeFake, client_of: MakeClient) -> None:
    count = 100_000
    session = await client_of(fake(turns=[[{"burst": {"count": count, "size": 8}}]])).create_session(OPTIONS)
    ids: list[str] = []
    idle = asyncio.Event()

    def listen(event: SessionEvent) -> None:
        if event.type is SessionEventType.ASSISTANT_MESSAGE_DELTA:
            ids.append(event["id"])
        elif event.type is SessionEventType.SESSION_IDLE:
            idle.set()

    session.on(listen)
    await session.send(GO)
    await asyncio.wait_for(idle.wait(), 60)
    first = int(ids[0][-12:], 16)  # the fake's ids count
    assert [int(each[-12:], 16) for each in ids] == list(range(first, first + count))


async def test_two_hundred_sessions_at_the_same_time(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake(turns=[[delta(n) for n in range(50)]]))
    sessions = await asyncio.gather(*(client.create_session(OPTIONS) for _ in range(200)))
    heard: dict[str, list[int]] = defaultdict(list)
    order: list[str] = []

    def listen_to(session: CopilotSession) -> None:
        def listen(event: SessionEvent) -> None:
            if event.type == "assistant.message_delta":
                heard[session.session_id].append(int(event.data.delta_content or ""))
                order.append(session.session_id)

        session.on(listen)

    for session in sessions:
        listen_to(session)
    await asyncio.gather(*(session.send_and_wait(GO) for session in sessions))
    assert heard == {session.session_id: list(range(50)) for session in sessions}
    assert order != sorted(order, key=[session.session_id for session in sessions].index)


async def test_a_slow_handler_delays_and_loses_nothing(fake: MakeFake, client_of: MakeClient) -> None:
    session = await client_of(fake(turns=[[delta(n) for n in range(1500)]])).create_session(OPTIONS)
    collector = Collector()
    session.on(lambda _: time.sleep(0.0005))  # slower than the events come
    session.on(collector)
    await session.send(GO)
    await collector.idle()
    assert collector.numbers() == list(range(1500))


async def test_other_tasks_have_their_turn_during_a_burst(fake: MakeFake, client_of: MakeClient) -> None:
    session = await client_of(fake(turns=[[{"burst": {"count": 5_000, "size": 8}}]])).create_session(OPTIONS)
    collector = Collector()
    session.on(collector)
    seen_at_turns: set[int] = set()

    async def other() -> None:
        while True:
            seen_at_turns.add(len(collector.events))
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    await session.send(GO)
    await collector.idle()
    task.cancel()
    assert len(seen_at_turns) >= 20


async def test_a_handler_that_raises_is_logged_and_the_others_are_called(
    fake: MakeFake, client_of: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    session = await client_of(fake(turns=[[delta(1)]])).create_session(OPTIONS)
    collector = Collector()

    def broken(event: SessionEvent) -> None:
        raise ZeroDivisionError(f"cannot bear {event.type}")

    async def broken_later(event: SessionEvent) -> None:
        await asyncio.sleep(0)
        raise KeyError(f"nor bear {event.type}")

    session.on(broken)
    session.on(broken_later)
    session.on(collector)
    with caplog.at_level(logging.ERROR, logger="copilot"):
        await session.send(GO)
        await collector.idle()
        await until(lambda: "nor bear session.idle" in caplog.text, "the log")
    assert "cannot bear assistant.message_delta" in caplog.text
    assert collector.numbers() == [1]


async def test_a_coroutine_function_as_handler(fake: MakeFake, client_of: MakeClient) -> None:
    session = await client_of(fake(turns=[[delta(n) for n in range(20)]])).create_session(OPTIONS)
    heard: list[str] = []

    async def listen(event: SessionEvent) -> None:
        await asyncio.sleep(0)
        if event.type == "assistant.message_delta":
            heard.append(event.data.delta_content or "")

    session.on(listen)
    await session.send(GO)
    await until(lambda: len(heard) == 20, "the handlers")
    assert heard == [str(n) for n in range(20)]


async def test_handlers_that_leave_while_they_are_called(fake: MakeFake, client_of: MakeClient) -> None:
    session = await client_of(fake(turns=[[delta(n) for n in range(5)]])).create_session(OPTIONS)
    heard: dict[str, int] = defaultdict(int)
    ends: dict[str, Callable[[], None]] = {}

    def once(event: SessionEvent) -> None:
        heard["once"] += 1
        ends["once"]()

    def ends_the_third(event: SessionEvent) -> None:
        heard["second"] += 1
        ends["third"]()
        ends["third"]()  # twice does no harm

    def third(event: SessionEvent) -> None:
        heard["third"] += 1

    def adds_another(event: SessionEvent) -> None:
        if not heard["adder"]:
            session.on(another)
        heard["adder"] += 1

    def another(event: SessionEvent) -> None:
        heard["another"] += 1

    collector = Collector()
    ends["once"] = session.on(once)
    session.on(ends_the_third)
    ends["third"] = session.on(third)
    session.on(adds_another)
    session.on(collector)
    await session.send(GO)
    await collector.idle()
    total = len(collector.events)
    assert heard["once"] == 1
    assert heard["second"] == heard["adder"] == total
    assert heard["third"] <= 1  # it was there when the first event began to be told
    assert heard["another"] in (total - 1, total)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_what_ends_a_loop_loses_no_event(fake: MakeFake, kind: type[BaseException]) -> None:
    client = CopilotClient(fake(turns=[[delta(n) for n in range(500)]]).options)
    loop = asyncio.new_event_loop()
    collector = Collector()

    def interrupt(event: SessionEvent) -> None:
        if event.type == "assistant.message_delta" and event.data.delta_content in ("0", "100", "499"):
            raise kind()

    async def begin() -> CopilotSession:
        session = await client.create_session(OPTIONS)
        session.on(collector)
        session.on(interrupt)
        return session

    async def turn(session: CopilotSession) -> None:
        await session.send(GO)
        await collector.idle()

    try:
        session = loop.run_until_complete(begin())
        task = loop.create_task(turn(session))
        interrupts = 0
        while not task.done():
            try:
                loop.run_until_complete(task)
            except kind:
                interrupts += 1
        assert interrupts == 3
        assert collector.numbers() == list(range(500))
        loop.run_until_complete(client.stop())
    finally:
        loop.close()


# ---- what events are ----


async def test_types_and_members_that_nobody_knows_are_kept(fake: MakeFake, client_of: MakeClient) -> None:
    data = {"newField": {"innerField": [1, {"deepField": None}]}, "content": "known"}
    unknown = {"event": {"type": "planet.rotated", "data": data, "agentId": "a", "topLevel": 7}}
    session = await client_of(fake(turns=[[unknown]])).create_session(OPTIONS)
    collector = Collector()
    session.on(collector)
    await session.send_and_wait(GO)
    (event,) = collector.of("planet.rotated")
    assert event.type.value == "planet.rotated"
    assert event.type == SessionEventType.UNKNOWN
    assert event["topLevel"] == 7 and event.agent_id == "a"
    assert event.data.new_field.inner_field[0] == 1
    assert event.data.content == "known"
    assert event.to_dict()["data"] == data


async def test_both_spellings_of_types_are_equal(fake: MakeFake, client_of: MakeClient) -> None:
    tool = {"event": {"type": "tool.execution_start", "data": {"toolName": "t", "toolCallId": "1"}}}
    session = await client_of(fake(turns=[[delta(1), tool]])).create_session(OPTIONS)
    collector = Collector()
    session.on(collector)
    await session.send_and_wait(GO)
    assert collector.of("assistant.message.delta") == collector.of("assistant.message_delta") != []
    assert collector.of("tool.executionStart") == collector.of("tool.execution_start") != []
    assert {"assistant.message_delta": 1}[collector.of("assistant.message.delta")[0].type] == 1


async def test_on_event_hears_the_first_event(fake: MakeFake, client_of: MakeClient) -> None:
    early = [{"type": "session.info", "data": {"message": f"{n}"}} for n in range(3)]
    runtime = fake(on={"session.create": {"events_before_reply": early}})
    client = client_of(runtime)
    collector = Collector()
    session = await client.create_session(**OPTIONS, on_event=collector)
    assert [event.data.message for event in collector.of("session.info")] == ["0", "1", "2"]
    await session.send_and_wait(GO)
    assert collector.of("assistant.message")


async def test_events_between_the_reply_and_on(fake: MakeFake, client_of: MakeClient) -> None:
    """A program that calls `on()` at once after `create_session()` misses nothing that comes after the reply."""
    late = [{"event": {"type": "session.info", "data": {"message": f"{n}"}}} for n in range(3)]
    client = client_of(fake(on={"session.create": [{"builtin": True}, *late]}))
    for n in range(50):
        call = client.create_session(OPTIONS)
        session = await (asyncio.wait_for(call, 20) if n % 2 else call)
        collector = Collector()
        session.on(collector)
        await collector.heard("session.info", 3)
        assert [event.data.message for event in collector.of("session.info")] == ["0", "1", "2"]


def test_what_was_kept_on_one_loop_is_told_on_the_next(fake: MakeFake) -> None:
    client = CopilotClient(fake().options)
    loops = [asyncio.new_event_loop(), asyncio.new_event_loop()]
    collector = Collector()
    session = loops[0].run_until_complete(client.create_session(OPTIONS))
    loops[0].close()
    session.on(collector)
    loops[1].run_until_complete(session.send_and_wait(GO))
    loops[1].run_until_complete(client.stop())
    loops[1].close()
    assert collector.of("session.start") and collector.of("assistant.message")


async def test_a_session_that_was_resumed_hears_its_events(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake(sessions=["old"], turns=[[delta(1)]]))
    collector = Collector()
    session = await client.resume_session("old", **OPTIONS, on_event=collector)
    await session.send_and_wait(GO)
    assert session.session_id == "old"
    assert collector.numbers() == [1]


# ---- the lives of sessions ----


async def test_lives_of_sessions_with_filters(
    fake: MakeFake, client_of: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    client = client_of(fake())
    everything: list[tuple[str, str]] = []
    deleted: list[str] = []
    created: list[str] = []

    def broken(event: Any) -> None:
        raise ValueError("a lifecycle handler that fails")

    client.on(broken)
    client.on(lambda event: everything.append((event.type, event.sessionId)))
    client.on("session.deleted", lambda event: deleted.append(event.session_id))
    end = client.on("session.created", lambda event: created.append(event.sessionId))
    first = await client.create_session(OPTIONS)
    await until(lambda: created, "the lifecycle event")
    end()
    end()
    second = await client.create_session(OPTIONS)
    await client.delete_session(second.session_id)
    await until(lambda: deleted, "the lifecycle event")
    assert set(created) == {first.session_id}
    assert set(deleted) == {second.session_id}
    assert ("session.created", second.session_id) in everything
    assert "a lifecycle handler that fails" in caplog.text


@pytest.mark.parametrize("arguments", [(), (None,), ("session.created",), ("session.created", 5), (5,)])
async def test_on_with_wrong_arguments(fake: MakeFake, client_of: MakeClient, arguments: Any) -> None:
    client = client_of(fake())
    with pytest.raises((ValueError, TypeError)):
        client.on(*arguments)
    session = await client.create_session(OPTIONS)
    with pytest.raises(TypeError):
        session.on("assistant.message")  # type: ignore[arg-type]


async def test_a_session_that_was_destroyed_hears_nothing(fake: MakeFake, client_of: MakeClient) -> None:
    runtime: FakeRuntime = fake()
    client = client_of(runtime)
    session = await client.create_session(OPTIONS)
    collector = Collector()
    session.on(collector)
    await session.destroy()
    heard = len(collector.events)
    other = await client.resume_session(session.session_id, OPTIONS)
    await other.send_and_wait(GO)
    assert len(collector.events) == heard

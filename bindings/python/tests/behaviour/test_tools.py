"""Tools while a session runs: how their handlers are called, what becomes of results, failures and cancellations."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from fake_runtime import until

from behaviour.conftest import MakeClient, MakeFake
from copilot import PermissionHandler, Tool, ToolInvocation, define_tool

ALLOW: Any = {"on_permission_request": PermissionHandler.approve_all}
GO: Any = {"prompt": "go"}
GENERIC = "Invoking this tool produced an error. Detailed information is not available."


def call(name: str, **more: Any) -> dict[str, Any]:
    return {"tool": {"name": name, "arguments": {"n": 1}, "toolCallId": f"call-{name}", **more}}


async def results_of(
    fake: MakeFake, client_of: MakeClient, tools: list[Tool], **script: Any
) -> dict[str, dict[str, Any]]:
    """What the server is answered when it calls each tool once, by the tool's name."""
    results = {}
    for tool in tools:  # one after the other: the log does not say which answer is whose
        runtime = fake(turns=[[call(tool.name)]], **script)
        session = await client_of(runtime).create_session(**ALLOW, tools=[tool])
        await session.send_and_wait(GO)
        (results[tool.name],) = runtime.answers("tool")
    return results


def text_of(answer: dict[str, Any]) -> str:
    """The text of a result, on either protocol."""
    result = answer["result"]
    result = result.get("result", result) if isinstance(result, dict) else result
    return str(result["textResultForLlm"] if isinstance(result, dict) else result)


@pytest.mark.parametrize("protocol", [2, 3])
async def test_handlers_of_every_shape(fake: MakeFake, client_of: MakeClient, protocol: int) -> None:
    @define_tool()
    def none() -> str:
        return "nothing"

    @define_tool()
    async def none_later() -> str:
        await asyncio.sleep(0)
        return "nothing later"

    @define_tool()
    def arguments(arguments: dict[str, Any]) -> str:
        return f"n={arguments['n']}"

    @define_tool()
    async def arguments_later(arguments: dict[str, Any]) -> str:
        return f"n={arguments['n']} later"

    @define_tool()
    def both(arguments: dict[str, Any], invocation: ToolInvocation) -> str:
        return f"n={arguments['n']} of {invocation.tool_name} {invocation['tool_call_id']}"

    @define_tool()
    async def both_later(arguments: dict[str, Any], invocation: ToolInvocation) -> str:
        return f"n={arguments['n']} of {invocation.tool_name} later"

    plain = Tool("plain", "", lambda invocation: {"textResultForLlm": str(invocation["arguments"])})
    tools = [none, none_later, arguments, arguments_later, both, both_later, plain]
    results = await results_of(fake, client_of, tools, protocol=protocol)
    assert {name: text_of(answer) for name, answer in results.items()} == {
        "none": "nothing",
        "none_later": "nothing later",
        "arguments": "n=1",
        "arguments_later": "n=1 later",
        "both": "n=1 of both call-both",
        "both_later": "n=1 of both_later later",
        "plain": "{'n': 1}",
    }


@pytest.mark.parametrize("protocol", [2, 3])
async def test_the_model_does_not_learn_what_was_raised(
    fake: MakeFake, client_of: MakeClient, protocol: int
) -> None:
    def fails() -> str:
        raise ValueError("the password is 1234")

    async def fails_later(arguments: Any) -> str:
        await asyncio.sleep(0)
        raise ValueError("the password is 1234")

    tools = [
        define_tool("fails", handler=fails),
        define_tool("fails_later", handler=fails_later),
        Tool("fails_plainly", "", lambda invocation: fails()),
    ]
    results = await results_of(fake, client_of, tools, protocol=protocol)
    for answer in results.values():
        assert text_of(answer) == GENERIC
        result = answer["result"].get("result", answer["result"])
        assert result["resultType"] == "failure"
        assert result["error"] == "the password is 1234"  # for events and logs, as the official SDK has it


async def test_results_that_are_no_json_are_failures(fake: MakeFake, client_of: MakeClient) -> None:
    @dataclass
    class Weather:
        city: str
        degrees: float

    values: dict[str, Any] = {
        "an_object": object(),
        "a_function": len,
        "not_a_number": {
            "textResultForLlm": "x",
            "resultType": "success",
            "toolTelemetry": {"n": float("nan")},
        },
        "a_dataclass": Weather("Oslo", 3.5),
        "a_list": [1, "two", None],
        "nothing": None,
        "lone": "half a pair: \ud800",
    }
    tools = [define_tool(name, handler=_returning(value)) for name, value in values.items()]
    results = await results_of(fake, client_of, tools)
    texts = {name: text_of(answer) for name, answer in results.items()}
    assert texts["an_object"] == texts["a_function"] == GENERIC
    assert results["not_a_number"]["result"]["resultType"] == "failure"
    assert texts["a_dataclass"] == '{"city": "Oslo", "degrees": 3.5}'
    assert texts["a_list"] == '[1, "two", null]'
    assert texts["nothing"] == ""
    assert texts["lone"].startswith("half a pair: ")


def _returning(value: Any) -> Any:
    return lambda: value


async def test_arguments_that_do_not_fit_are_a_failure(fake: MakeFake, client_of: MakeClient) -> None:
    @dataclass
    class Params:
        city: str

    def weather(params: Params) -> str:
        return params.city

    tool = define_tool("weather", params_type=Params, handler=weather)
    answers = await results_of(fake, client_of, [tool])  # it is called with {"n": 1}
    assert text_of(answers["weather"]) == GENERIC


async def test_a_tool_that_nobody_has(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(protocol=2, turns=[[call("missing"), {"text": "went on"}]])
    session = await client_of(runtime).create_session(ALLOW)
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "went on"
    (told,) = runtime.answers("tool")
    assert "missing" in text_of(told) and "not supported" in text_of(told)


class Slow:
    """A tool that ends when it is told to, and knows whether it was cancelled."""

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.go_on = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.tool = define_tool("slow", handler=self.handle)

    async def handle(self) -> str:
        self.called.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return "slow result"


@pytest.mark.parametrize("protocol", [2, 3])
async def test_an_abort_cancels_the_handler_and_nothing_is_answered(
    fake: MakeFake, client_of: MakeClient, protocol: int
) -> None:
    runtime = fake(protocol=protocol, turns=[[call("slow")], [{"text": "next"}]])
    slow = Slow()
    session = await client_of(runtime).create_session(**ALLOW, tools=[slow.tool])
    turn = asyncio.ensure_future(session.send_and_wait(GO))
    await asyncio.wait_for(slow.called.wait(), 20)
    await session.abort()
    assert await asyncio.wait_for(turn, 20) is None
    if protocol == 3:
        await asyncio.wait_for(slow.cancelled.wait(), 20)
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "next"
    assert runtime.received("session.tools.handlePendingToolCall") == []
    slow.go_on.set()


async def test_a_call_that_is_taken_back(fake: MakeFake, client_of: MakeClient) -> None:
    asked = [call("slow", wait=False), {"sleep_ms": 100}, {"cancel": "last"}, {"text": "done"}]
    runtime = fake(turns=[asked])
    slow = Slow()
    session = await client_of(runtime).create_session(**ALLOW, tools=[slow.tool])
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "done"
    assert slow.called.is_set()
    await asyncio.wait_for(slow.cancelled.wait(), 20)
    assert runtime.received("session.tools.handlePendingToolCall") == []


async def test_a_handler_that_swallows_its_cancellation(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[call("stubborn")], [{"text": "next"}]])
    called, swallowed = asyncio.Event(), asyncio.Event()

    @define_tool()
    async def stubborn() -> str:
        called.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        return "too late"

    session = await client_of(runtime).create_session(**ALLOW, tools=[stubborn])
    await session.send(GO)
    await asyncio.wait_for(called.wait(), 20)
    await session.abort()
    await asyncio.wait_for(swallowed.wait(), 20)
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "next"
    assert runtime.received("session.tools.handlePendingToolCall") == []


async def test_several_calls_at_once_do_not_wait_for_each_other(
    fake: MakeFake, client_of: MakeClient
) -> None:
    names = ["slow", *(f"quick{n}" for n in range(10))]
    calls = [{"name": name, "arguments": {}, "toolCallId": name} for name in names]
    runtime = fake(turns=[[{"tool": calls}, {"text": "all"}]])
    slow = Slow()
    running: list[str] = []

    def quick(name: str) -> Tool:
        async def handle() -> str:
            running.append(name)
            await until(lambda: len(running) == 10, "all of the quick tools")  # they run at the same time
            return name

        return define_tool(name, handler=handle)

    tools = [slow.tool, *(quick(name) for name in names[1:])]
    session = await client_of(runtime).create_session(**ALLOW, tools=tools)
    turn = asyncio.ensure_future(session.send_and_wait(GO))
    answers = await runtime.until_answered("tool", 10)
    assert not turn.done()
    assert {text_of(answer) for answer in answers} == set(names[1:])
    slow.go_on.set()
    answer = await turn
    assert answer is not None and answer.data.content == "all"


async def test_a_session_that_is_destroyed_cancels_its_tools(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[call("slow")]])
    slow = Slow()
    session = await client_of(runtime).create_session(**ALLOW, tools=[slow.tool])
    await session.send(GO)
    await asyncio.wait_for(slow.called.wait(), 20)
    await session.destroy()
    await asyncio.wait_for(slow.cancelled.wait(), 20)


@pytest.mark.parametrize("end", ["stop", "force_stop"])
async def test_the_end_of_a_client_cancels_its_tools(fake: MakeFake, client_of: MakeClient, end: str) -> None:
    runtime = fake(turns=[[call("slow")]])
    slow = Slow()
    client = client_of(runtime)
    session = await client.create_session(**ALLOW, tools=[slow.tool])
    await session.send(GO)
    await asyncio.wait_for(slow.called.wait(), 20)
    await getattr(client, end)()
    await asyncio.wait_for(slow.cancelled.wait(), 20)


async def test_a_crash_cancels_the_tools(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[call("slow", wait=False), {"sleep_ms": 100}, {"kill": 9}]])
    slow = Slow()
    session = await client_of(runtime).create_session(**ALLOW, tools=[slow.tool])
    await session.send(GO)
    await asyncio.wait_for(slow.cancelled.wait(), 20)


async def test_a_tool_may_use_the_client(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[call("nested"), {"text": "outer"}]])
    client = client_of(runtime)

    @define_tool()
    async def nested() -> str:
        inner = await client.create_session(ALLOW)
        await inner.send(GO)
        reply = await client.ping("from a tool")
        await inner.destroy()
        return reply.message

    session = await client.create_session(**ALLOW, tools=[nested])
    await session.send_and_wait(GO)
    assert text_of(runtime.answers("tool")[0]) == "pong: from a tool"


# ---- what is refused ----


async def test_handlers_that_cannot_be_called_are_named() -> None:
    with pytest.raises(TypeError, match="'greedy'"):
        define_tool("greedy", handler=lambda a, b, c: "")
    with pytest.raises(TypeError, match="'textual'"):
        define_tool("textual", handler="print")  # type: ignore[call-overload]


async def test_tools_that_are_none_are_named(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    wrong: Any = {"name": "a dict"}
    with pytest.raises(ValueError, match="tools holds .*a dict"):
        await client.create_session(**ALLOW, tools=[wrong])
    twin = define_tool("twin", handler=lambda: "")
    with pytest.raises(ValueError, match="twin"):
        await client.create_session(**ALLOW, tools=[twin, twin])
    assert (await client.ping("x")).message == "pong: x"

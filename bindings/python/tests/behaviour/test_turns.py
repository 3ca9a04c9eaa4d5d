"""Messages and their turns: `send_and_wait()`, `stream()`, what ends them, and what leaves the client usable."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fake_runtime import until

from behaviour.conftest import MakeClient, MakeFake
from copilot import CopilotError, CopilotTimeoutError, PermissionHandler, ProcessExitedError, SessionError

OPTIONS: Any = {"on_permission_request": PermissionHandler.approve_all, "streaming": True}
GO: Any = {"prompt": "go"}


async def test_the_last_answer_is_returned(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[{"text": "first"}, {"text": "last"}], []])
    session = await client_of(runtime).create_session(OPTIONS)
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.type == "assistant.message" and answer.data.content == "last"
    assert await session.send_and_wait(GO) is None  # no answer in this turn


async def test_a_turn_that_fails(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(
        turns=[[{"error": {"message": "the quota is used up", "errorType": "quota"}}], [{"text": "ok"}]]
    )
    session = await client_of(runtime).create_session(OPTIONS)
    with pytest.raises(SessionError, match=r"^Session error: the quota is used up$"):
        await session.send_and_wait(GO)
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "ok"


async def test_the_time_is_up_and_the_turn_goes_on(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(
        turns=[[{"request": {"method": "userInput.request", "params": {"question": "?"}}}, {"text": "late"}]]
    )
    go_on = asyncio.Event()
    contents: list[Any] = []

    async def answer(question: Any) -> Any:
        await go_on.wait()
        return {"answer": "a", "wasFreeform": True}

    session = await client_of(runtime).create_session(**OPTIONS, on_user_input_request=answer)
    session.on(
        lambda event: contents.append(event.data.content) if event.type == "assistant.message" else None
    )
    with pytest.raises(
        asyncio.TimeoutError, match=r"Timeout after 0\.2s waiting for session\.idle"
    ) as caught:
        await session.send_and_wait(GO, timeout=0.2)
    assert isinstance(caught.value, CopilotTimeoutError) and isinstance(caught.value, TimeoutError)
    go_on.set()
    await until(lambda: contents == ["late"], "the answer")
    assert runtime.received("session.abort") == []


async def test_a_task_that_is_cancelled_in_a_turn(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[{"await_abort": True}], [{"text": "next"}]])
    client = client_of(runtime)
    session = await client.create_session(OPTIONS)
    task = asyncio.ensure_future(session.send_and_wait(GO))
    await runtime.until_received("session.send")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert runtime.received("session.abort") == []  # the turn is not the task's
    await session.abort()
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "next"
    assert (await client.ping("x")).message == "pong: x"


async def test_an_abort_by_another_task(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[{"text": "half"}, {"await_abort": True}], [{"await_abort": True}]])
    session = await client_of(runtime).create_session(OPTIONS)
    for content in ("half", None):
        task = asyncio.ensure_future(session.send_and_wait(GO))
        await runtime.until_received("session.send", 1 if content else 2)
        await asyncio.wait({task}, timeout=0.05)
        await session.abort()
        answer = await asyncio.wait_for(task, 20)
        assert (answer.data.content if answer else None) == content


@pytest.mark.parametrize(
    "fault", [{"kill": 9}, {"exit": 4, "stderr": "heap out of memory"}, {"garbage": True}]
)
async def test_a_cli_that_dies_in_a_turn(fake: MakeFake, client_of: MakeClient, fault: Any) -> None:
    runtime = fake(runs=[{"turns": [[{"text": "begun"}, fault]]}, {}])
    client = client_of(runtime)
    session = await client.create_session(OPTIONS)
    with pytest.raises(CopilotError) as caught:
        await asyncio.wait_for(session.send_and_wait(GO), 20)  # much less than its own 60 seconds
    if "stderr" in fault:
        assert isinstance(caught.value, ProcessExitedError) and "heap out of memory" in str(caught.value)
    assert (await client.ping("x")).message == "pong: x"


async def test_turns_of_several_sessions_at_the_same_time(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake(turns=[[{"text": "a"}], [{"text": "b"}]]))
    sessions = [await client.create_session(OPTIONS) for _ in range(10)]
    for content in ("a", "b"):
        answers = await asyncio.gather(*(session.send_and_wait(GO) for session in sessions))
        assert [answer.data.content for answer in answers if answer] == [content] * 10


# ---- streams ----


async def test_the_pieces_are_the_answer(fake: MakeFake, client_of: MakeClient) -> None:
    text = "The quick brown fox, \u00e4\u00f6\u00fc \U0001f98a"
    runtime = fake(turns=[[{"text": text, "chunks": 7}], [{"text": text, "chunks": 0}], []])
    session = await client_of(runtime).create_session(OPTIONS)
    pieces = [piece async for piece in session.stream(GO)]
    assert len(pieces) > 1 and "".join(pieces) == text
    assert [piece async for piece in session.stream(GO)] == [text]  # nothing was streamed
    assert [piece async for piece in session.stream(GO)] == []


async def test_two_answers_in_a_stream(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[{"text": "one ", "chunks": 3}, {"text": "two", "chunks": 0}]])
    session = await client_of(runtime).create_session(OPTIONS)
    assert "".join([piece async for piece in session.stream(GO)]) == "one two"


async def test_leaving_a_stream_early(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[{"text": "a b c d", "chunks": 4}, {"await_abort": True}], [{"text": "next"}]])
    session = await client_of(runtime).create_session(OPTIONS)
    stream = session.stream(GO)
    async for piece in stream:
        assert piece
        break
    await stream.aclose()
    assert session._handlers == ()
    await session.abort()
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content == "next"


async def test_a_stream_that_fails(fake: MakeFake, client_of: MakeClient) -> None:
    failing = [{"text": "begun", "chunks": 2}, {"error": {"message": "overloaded"}}]
    dying = [{"text": "begun", "chunks": 2}, {"kill": 9}]
    session = await client_of(fake(turns=[failing, dying])).create_session(OPTIONS)
    for kind in (SessionError, ProcessExitedError):
        pieces = []
        with pytest.raises(kind):
            async for piece in session.stream(GO):
                pieces.append(piece)
        assert "".join(pieces) == "begun"
    assert session._handlers == ()


async def test_a_stream_whose_time_is_up(fake: MakeFake, client_of: MakeClient) -> None:
    session = await client_of(fake(turns=[[{"await_abort": True}]])).create_session(OPTIONS)
    with pytest.raises(asyncio.TimeoutError):
        async for _ in session.stream(GO, timeout=0.1):
            raise AssertionError("nothing was said")


# ---- texts ----


async def test_large_messages(fake: MakeFake, client_of: MakeClient) -> None:
    size = 5_000_000
    runtime = fake(turns=[[{"big_event": size}]])
    session = await client_of(runtime).create_session(OPTIONS)
    prompt = "\u00e9" * size
    answer = await session.send_and_wait({"prompt": prompt})
    assert answer is not None and len(answer.data.content or "") == size
    assert runtime.received("session.send")[0]["prompt"] == prompt


async def test_prompts_of_any_text(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    session = await client_of(runtime).create_session(OPTIONS)
    texts = {
        '\u4f60\u597d \U0001f680 \u202e\u0000\n\t"\\': None,
        "a pair in two: \ud83d\ude80": "a pair in two: \U0001f680",
        "half a pair: \ud800, \udfff.": "half a pair: \ufffd, \ufffd.",
        "caf\udce9.txt": "caf\ufffd.txt",  # a name of a file, as os.listdir() has it
    }
    for prompt in texts:
        await session.send_and_wait({"prompt": prompt})
    told = [params["prompt"] for params in runtime.received("session.send")]
    assert told == [expected or prompt for prompt, expected in texts.items()]


async def test_half_a_pair_from_the_server(fake: MakeFake, client_of: MakeClient) -> None:
    session = await client_of(fake(turns=[[{"lone_surrogate": True}]])).create_session(OPTIONS)
    answer = await session.send_and_wait(GO)
    assert answer is not None and answer.data.content


async def test_an_empty_prompt_is_one(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake()
    session = await client_of(runtime).create_session(OPTIONS)
    await session.send_and_wait({"prompt": ""})
    assert runtime.received("session.send")[0]["prompt"] == ""

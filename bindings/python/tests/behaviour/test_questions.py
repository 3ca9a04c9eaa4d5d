"""What the server asks beside tools: handlers of every kind, their failures, and what is answered without one."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Callable, Optional

import pytest
from fake_runtime import FakeRuntime

from behaviour.conftest import MakeClient, MakeFake
from copilot import CommandContext, CommandDefinition, CopilotClient, PermissionHandler

GO: Any = {"prompt": "go"}
SHELL = {"permission": {"kind": "shell", "fullCommandText": "rm -rf /", "toolCallId": "t"}}
DENIED = "denied-no-approval-rule-and-could-not-request-from-user"
USER_INPUT = {
    "request": {"method": "userInput.request", "params": {"question": "Which?", "choices": ["a", "b"]}}
}


def fails(*_: Any) -> Any:
    raise ValueError("the handler is broken")


async def fails_later(*_: Any) -> Any:
    await asyncio.sleep(0)
    raise ValueError("the handler is broken, later")


def both(answer: Any, heard: list[Any]) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """A function and a coroutine function that give an answer."""

    def now(*arguments: Any) -> Any:
        heard.append(arguments)
        return answer

    async def later(question: Any, invocation: dict[str, str]) -> Any:
        await asyncio.sleep(0)
        heard.append((question, invocation))
        return answer

    return now, later


async def asked(client: CopilotClient, runtime: FakeRuntime, what: str, options: dict[str, Any]) -> Any:
    """What the question of the first turn is answered with. The turn has to end, and the client to be usable."""
    session = await client.create_session(**options)
    await session.send_and_wait(GO)
    (answer,) = await runtime.until_answered(what)
    assert (await client.ping("x")).message == "pong: x"
    return answer


# ---- permissions ----


def kind_of(answer: dict[str, Any]) -> str:
    result = answer["result"]
    return str(result.get("result", result)["kind"])


@pytest.mark.parametrize("protocol", [2, 3])
async def test_nobody_who_permits(fake: MakeFake, client_of: MakeClient, protocol: int) -> None:
    runtime = fake(protocol=protocol, turns=[[SHELL]])
    what = "permission.request" if protocol == 2 else "permission.requested"
    answer = await asked(client_of(runtime), runtime, what, {})
    assert kind_of(answer) == (DENIED if protocol == 2 else "user-not-available")
    (params,) = runtime.received("session.create")
    assert params["requestPermission"] is True


@pytest.mark.parametrize("protocol", [2, 3])
async def test_permissions(fake: MakeFake, client_of: MakeClient, protocol: int) -> None:
    what = "permission.request" if protocol == 2 else "permission.requested"
    heard: list[Any] = []
    now, later = both({"kind": "approved"}, heard)
    for handler in (now, later, PermissionHandler.approve_all):
        runtime = fake(protocol=protocol, turns=[[SHELL]])
        answer = await asked(client_of(runtime), runtime, what, {"on_permission_request": handler})
        assert kind_of(answer) == ("approved" if protocol == 2 else "approve-once")
    (request, invocation), _ = heard
    assert request["kind"] == "shell" and request["fullCommandText"] == "rm -rf /"
    assert set(invocation) == {"session_id"}


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize(
    "handler",
    [
        fails,
        fails_later,
        lambda *_: None,
        lambda *_: {"kind": object()},
        lambda *_: "yes",
        lambda *_: {"kind": 1},
    ],
    ids=["raises", "raises later", "none", "no json", "a text", "a number"],
)
async def test_permission_handlers_that_fail_permit_nothing(
    fake: MakeFake, client_of: MakeClient, protocol: int, handler: Any
) -> None:
    runtime = fake(protocol=protocol, turns=[[SHELL]])
    what = "permission.request" if protocol == 2 else "permission.requested"
    answer = await asked(client_of(runtime), runtime, what, {"on_permission_request": handler})
    assert kind_of(answer) in (DENIED, "user-not-available", "reject")


async def test_a_permission_question_is_cancelled_by_an_abort(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[SHELL]])
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def think(request: Any) -> Any:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    session = await client_of(runtime).create_session({"on_permission_request": think})
    await session.send(GO)
    await asyncio.wait_for(begun.wait(), 20)
    await session.abort()
    await asyncio.wait_for(cancelled.wait(), 20)
    assert runtime.received("session.permissions.handlePendingPermissionRequest") == []


# ---- the user ----


async def test_user_input(fake: MakeFake, client_of: MakeClient) -> None:
    heard: list[Any] = []
    for handler in both({"answer": "b", "wasFreeform": False}, heard):
        runtime = fake(turns=[[USER_INPUT]])
        options = {"on_user_input_request": handler, "on_permission_request": PermissionHandler.approve_all}
        answer = await asked(client_of(runtime), runtime, "userInput.request", options)
        assert answer["result"] == {"answer": "b", "wasFreeform": False}
        assert runtime.received("session.create")[0]["requestUserInput"] is True
    assert [question for question, _ in heard] == [
        {"question": "Which?", "choices": ["a", "b"], "allowFreeform": True}
    ] * 2


@pytest.mark.parametrize("handler", [fails, fails_later, lambda *_: {"answer": object()}, lambda *_: 5])
async def test_user_input_that_fails(
    fake: MakeFake, client_of: MakeClient, caplog: pytest.LogCaptureFixture, handler: Any
) -> None:
    runtime = fake(turns=[[USER_INPUT]])
    options = {"on_user_input_request": handler}
    with caplog.at_level(logging.WARNING, logger="copilot"):
        answer = await asked(client_of(runtime), runtime, "userInput.request", options)
    assert "error" in answer
    assert "userInput.request" in caplog.text


async def test_elicitation(fake: MakeFake, client_of: MakeClient) -> None:
    question = {
        "message": "Your name?",
        "requestedSchema": {"type": "object", "properties": {}},
        "mode": "form",
    }
    heard: list[Any] = []
    answers: list[Any] = []
    now, later = both({"action": "accept", "content": {"name": "Mona"}}, heard)
    for handler in (now, later, fails, fails_later, lambda *_: {"action": "dance"}):
        runtime = fake(turns=[[{"event_question": {"type": "elicitation.requested", "data": question}}]])
        options = {"on_elicitation_request": handler}
        answers.append(await asked(client_of(runtime), runtime, "elicitation.requested", options))
    accepted = {"action": "accept", "content": {"name": "Mona"}}
    results = [answer["result"] for answer in answers]
    assert results == [accepted, accepted, *[{"action": "cancel"}] * 3]
    assert heard[0][0]["message"] == "Your name?"


async def test_leaving_the_plan(fake: MakeFake, client_of: MakeClient) -> None:
    params = {"summary": "the plan", "actions": ["autopilot"], "recommendedAction": "autopilot"}
    ask = {"request": {"method": "exitPlanMode.request", "params": params}}
    heard: list[Any] = []
    for handler in both({"approved": False, "feedback": "not yet"}, heard):
        runtime = fake(turns=[[ask]])
        options = {"on_exit_plan_mode_request": handler}
        answer = await asked(client_of(runtime), runtime, "exitPlanMode.request", options)
        assert answer["result"] == {"approved": False, "feedback": "not yet"}
    assert heard[0][0]["summary"] == "the plan"
    runtime = fake(turns=[[ask]])
    answer = await asked(
        client_of(runtime), runtime, "exitPlanMode.request", {"on_exit_plan_mode_request": fails}
    )
    assert answer["error"]["message"] == "the handler is broken"


async def test_switching_to_another_model(fake: MakeFake, client_of: MakeClient) -> None:
    ask = {"request": {"method": "autoModeSwitch.request", "params": {"errorCode": "rate_limited"}}}
    answers = []
    now, later = both({"response": "yes"}, [])
    for handler in (now, later, lambda _: "yes_always"):
        runtime = fake(turns=[[ask]])
        options = {"on_auto_mode_switch_request": handler}
        answers.append(await asked(client_of(runtime), runtime, "autoModeSwitch.request", options))
    assert [answer["result"] for answer in answers] == [
        {"response": "yes"},
        {"response": "yes"},
        {"response": "yes_always"},
    ]


async def test_tokens_for_mcp_servers(fake: MakeFake, client_of: MakeClient) -> None:
    data = {"serverName": "s", "serverUrl": "https://mcp.example", "reason": "initial"}
    ask = {"event_question": {"type": "mcp.oauth_required", "data": data}}
    token = {"kind": "token", "accessToken": "abc"}
    results = []
    now, later = both(token, [])
    for handler in (now, later, fails):
        runtime = fake(turns=[[ask]])
        options = {"on_mcp_auth_request": handler}
        answer = await asked(client_of(runtime), runtime, "mcp.oauth_required", options)
        results.append(answer["result"])
    assert results == [token, token, {"kind": "cancelled"}]


# ---- hooks, commands, sections, other methods ----

HOOKS = {
    "on_pre_tool_use": ("preToolUse", {"permissionDecision": "deny"}),
    "on_post_tool_use": ("postToolUse", {"additionalContext": "more"}),
    "on_user_prompt_submitted": ("userPromptSubmitted", {"modifiedPrompt": "other"}),
    "on_session_start": ("sessionStart", {"additionalContext": "hello"}),
    "on_session_end": ("sessionEnd", {"sessionSummary": "bye"}),
    "on_error_occurred": ("errorOccurred", {"errorHandling": "retry", "retryCount": 2}),
}


def invoke(hook: str) -> dict[str, Any]:
    given = {"timestamp": 1, "cwd": "/", "toolName": "t", "toolArgs": {}, "prompt": "p", "source": "new"}
    return {"request": {"method": "hooks.invoke", "params": {"hookType": hook, "input": given}}}


@pytest.mark.parametrize("option", HOOKS)
async def test_hooks(fake: MakeFake, client_of: MakeClient, option: str) -> None:
    hook, output = HOOKS[option]
    heard: list[Any] = []
    now, later = both(output, heard)
    outputs: list[Any] = []
    handlers: list[Any] = [now, later, fails, fails_later, lambda _: None, lambda *_: {"x": object()}]
    for handler in handlers:
        runtime = fake(turns=[[invoke(hook)]])
        answer = await asked(client_of(runtime), runtime, "hooks.invoke", {"hooks": {option: handler}})
        assert "error" not in answer
        outputs.append(answer["result"].get("output"))
        assert runtime.received("session.create")[0]["hooks"] is True
    assert outputs[:2] == [output, output]
    assert all(not each for each in outputs[2:])  # no opinion
    (given, invocation), _ = heard
    assert given["timestamp"] == 1 and set(invocation) == {"session_id"}


async def test_a_hook_without_a_handler_has_no_opinion(fake: MakeFake, client_of: MakeClient) -> None:
    runtime = fake(turns=[[invoke("postToolUse")]])
    options = {"hooks": {"on_pre_tool_use": lambda given: {"permissionDecision": "allow"}}}
    answer = await asked(client_of(runtime), runtime, "hooks.invoke", options)
    assert not answer["result"].get("output")


async def test_commands(fake: MakeFake, client_of: MakeClient) -> None:
    heard: list[CommandContext] = []

    async def later(context: CommandContext) -> None:
        await asyncio.sleep(0)
        heard.append(context)

    for handler, error in ((heard.append, None), (later, None), (fails, "the handler is broken")):
        data = {"command": "/deploy prod", "commandName": "deploy", "args": "prod"}
        runtime = fake(turns=[[{"event_question": {"type": "command.execute", "data": data}}]])
        options = {"commands": [CommandDefinition("deploy", handler, "Deploys")]}
        answer = await asked(client_of(runtime), runtime, "command.execute", options)
        assert answer.get("error") == error
        (told,) = runtime.received("session.create")[0]["commands"]
        assert told["name"] == "deploy"
    assert [(each.command_name, each.args) for each in heard] == [("deploy", "prod")] * 2


async def test_sections_of_the_system_message(fake: MakeFake, client_of: MakeClient) -> None:
    sections = {name: {"content": name} for name in ("tone", "safety", "environment", "last")}
    ask = {"request": {"method": "systemMessage.transform", "params": {"sections": sections}}}
    runtime = fake(turns=[[ask]])

    async def louder(content: str) -> str:
        await asyncio.sleep(0)
        return content.upper()

    message = {
        "mode": "customize",
        "sections": {
            "tone": {"action": louder},
            "safety": {"action": lambda content: content + "!"},
            "environment": {"action": fails},
            "last": {"action": "remove"},
        },
    }
    answer = await asked(client_of(runtime), runtime, "systemMessage.transform", {"system_message": message})
    told = {name: section["content"] for name, section in answer["result"]["sections"].items()}
    assert told == {"tone": "TONE", "safety": "safety!", "environment": "environment", "last": "last"}
    wire = runtime.received("session.create")[0]["systemMessage"]["sections"]
    assert wire["tone"]["action"] == "transform" and wire["last"]["action"] == "remove"


async def test_methods_of_a_session(fake: MakeFake, client_of: MakeClient) -> None:
    def ask(method: str) -> dict[str, Any]:
        return {"request": {"method": method, "params": {"path": "/a"}}}

    answers: list[Any] = []
    handlers: list[tuple[str, Optional[Callable[..., Any]]]] = [
        ("sessionFs.readFile", lambda params: {"content": params["path"]}),
        ("sessionFs.*", lambda params, invocation: {"content": invocation["session_id"][:0]}),
        ("sessionFs.readFile", fails),
        ("sessionFs.readFile", None),
    ]
    for name, handler in handlers:
        runtime = fake(turns=[[ask("sessionFs.readFile")]])
        options: dict[str, Any] = {"methods": {name: handler}}
        answers.append(await asked(client_of(runtime), runtime, "sessionFs.readFile", options))
    assert answers[0]["result"]["content"] == "/a"
    assert answers[1]["result"]["content"] == ""
    errors = [answer["result"]["error"] for answer in answers[2:]]
    assert errors[0] == {"code": "UNKNOWN", "message": "the handler is broken"}
    assert errors[1]["code"] == "UNKNOWN"  # null is no answer to this method


async def test_methods_of_a_client(fake: MakeFake, client_of: MakeClient) -> None:
    request = {"method": "gitHubToken.getToken", "params": {"registrationId": "r"}, "global": True}
    runtime = fake(turns=[[{"request": request}]])
    methods = {"gitHubToken.getToken": lambda params: {"kind": "cancelled"}}
    answer = await asked(client_of(runtime, methods=methods), runtime, "gitHubToken.getToken", {})
    assert answer["result"] == {"kind": "cancelled"}


# ---- what is refused ----


@pytest.mark.parametrize(
    "option",
    [
        "on_permission_request",
        "on_user_input_request",
        "on_elicitation_request",
        "on_exit_plan_mode_request",
        "on_auto_mode_switch_request",
        "on_mcp_auth_request",
    ],
)
async def test_handlers_that_cannot_be_called(fake: MakeFake, client_of: MakeClient, option: str) -> None:
    client = client_of(fake())
    for wrong in ("yes", 5, lambda a, b, c: a):
        options: Any = {option: wrong}
        with pytest.raises(TypeError, match=option):
            await client.create_session(options)
    assert (await client.ping("x")).message == "pong: x"


async def test_hooks_that_do_not_exist(fake: MakeFake, client_of: MakeClient) -> None:
    client = client_of(fake())
    options: Any = {"hooks": {"pre_tool_use": fails}}
    with pytest.raises(ValueError, match="pre_tool_use"):
        await client.create_session(options)
    options = {"hooks": {"on_pre_tool_use": "no"}}
    with pytest.raises(TypeError, match="on_pre_tool_use"):
        await client.create_session(options)

"""The features of the two documents that none of their code blocks shows, with the fake runtime."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from fake_runtime import FakeRuntime

from copilot import CopilotClient, CopilotSession, SessionEvent, Tool, define_tool

ALL_KINDS = ("created", "deleted", "updated", "foreground", "background")


def options_of(fake: FakeRuntime, **more: Any) -> Any:
    """Options of a client that starts it, and more."""
    return {**fake.options, **more}


def lifecycle(kind: str) -> dict[str, Any]:
    """A frame of the wire that tells of a session."""
    body = f'{{"jsonrpc":"2.0","method":"session.lifecycle","params":{{"type":"session.{kind}","sessionId":"s-1"}}}}'
    return {"raw": f"Content-Length: {len(body)}\r\n\r\n{body}"}


async def test_options_reach_the_cli(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {})
    fake.env["COPILOT_MINE"] = "yes"
    options = options_of(
        fake, log_level="debug", cwd=str(tmp_path), github_token="secret", auto_restart=False
    )
    async with CopilotClient(options):
        pass
    (start,) = fake.starts()
    arguments = start["argv"]
    assert arguments[arguments.index("--log-level") + 1] == "debug"
    assert start["cwd"] == os.path.realpath(tmp_path) and start["env"]["COPILOT_MINE"] == "yes"
    assert "secret" not in arguments and "--no-auto-login" in arguments
    assert start["env"][arguments[arguments.index("--auth-token-env") + 1]] == "secret"


async def test_the_login_of_the_user(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {})
    for options in ({}, {"use_logged_in_user": True}, {"use_logged_in_user": False}):
        async with CopilotClient(options_of(fake, **options)):
            pass
    assert ["--no-auto-login" in start["argv"] for start in fake.starts()] == [False, False, True]


async def test_nothing_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeRuntime(tmp_path, {})
    for name, value in {**fake.env, "COPILOT_CLI_PATH": fake.program}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    choices: tuple[Any, ...] = (None, {"cli_url": None})
    for options in choices:
        async with CopilotClient(options) as client:
            session = await client.create_session()
            assert (await session.send_and_wait({"prompt": "Hello"})).data.content  # type: ignore[union-attr]
    assert [start["cwd"] for start in fake.starts()] == [os.path.realpath(tmp_path)] * 2


async def test_tcp_and_servers_that_run_already(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {})
    async with CopilotClient(options_of(fake, use_stdio=False, port=0, connection_token="t")) as owner:
        (start,) = fake.starts()
        assert "--port" in start["argv"] and "--stdio" not in start["argv"]
        port = next(record["listening"] for record in fake.log() if "listening" in record)
        for url in (str(port), f"localhost:{port}", f"http://127.0.0.1:{port}"):
            options: Any = {"cli_url": url, "connection_token": "t"}
            async with CopilotClient(options) as guest:
                assert "health" in (await guest.ping("health")).message
        assert owner.get_state() == "connected" and len(fake.starts()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"cli_url": "1", "use_stdio": True}, "use_stdio"),
        ({"cli_url": "1", "cli_path": "copilot"}, "cli_path"),
        ({"cli_url": "1", "github_token": "t"}, "github_token"),
        ({"cli_url": "1", "use_logged_in_user": False}, "use_logged_in_user"),
        ({"cli_url": "http://"}, "cli_url"),
        ({"cli_url": "host:0"}, "port"),
        ({"cli_url": "host:70000"}, "port"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CopilotClient(options)  # type: ignore[arg-type]


async def test_first_calls_start_one_cli(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {})
    client = CopilotClient(options_of(fake))
    await asyncio.gather(*(client.create_session() for _ in range(5)))
    assert len(fake.starts()) == 1
    await client.stop()
    with pytest.raises(RuntimeError, match="start"):
        await CopilotClient(options_of(fake, auto_start=False)).create_session()


async def test_a_cli_that_dies_is_started_anew(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {"on": {"session.getLastId": {"exit": 3}}})
    async with CopilotClient(options_of(fake)) as client:
        with pytest.raises(Exception, match="3"):
            await client.get_last_session_id()
        assert "again" in (await client.ping("again")).message
        assert len(fake.starts()) == 2
        await client.force_stop()
        assert client.get_state() == "disconnected"


async def test_lifecycle_events(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {"on": {"ping": [*map(lifecycle, ALL_KINDS), {"builtin": True}]}})
    everything: list[str] = []
    shown: list[str] = []
    async with CopilotClient(options_of(fake)) as client:
        await client.ping()
        unsubscribe = client.on(lambda event: everything.append(f"{event.type} {event.sessionId}"))
        client.on("session.foreground", lambda event: shown.append(event.sessionId))
        await client.ping()
        unsubscribe()
        await client.ping()
    assert everything == [f"session.{kind} s-1" for kind in ALL_KINDS] and shown == ["s-1", "s-1"]


async def test_models_are_asked_for_once(tmp_path: Path) -> None:
    limits = {"max_context_window_tokens": 1000}
    capabilities = {"supports": {"vision": False, "reasoningEffort": True}, "limits": limits}
    model = {
        "id": "m",
        "name": "M",
        "capabilities": capabilities,
        "supportedReasoningEfforts": ["low", "high"],
    }
    fake = FakeRuntime(tmp_path, {"on": {"models.list": {"reply": {"models": [model]}}}})
    async with CopilotClient(options_of(fake)) as client:
        first, second = await client.list_models(), await client.list_models()
    assert first[0].id == second[0].id == "m" and first[0].supported_reasoning_efforts == ["low", "high"]
    assert len(fake.received("models.list")) == 1


async def test_every_option_of_a_session_is_sent(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {})
    provider = {
        "type": "azure",
        "base_url": "https://x.openai.azure.com",
        "api_key": "k",
        "bearer_token": "b",
        "wire_api": "responses",
        "azure": {"api_version": "2024-10-21"},
    }
    config: Any = {
        "session_id": "mine",
        "model": "deepseek-coder-v2:16b",
        "reasoning_effort": "xhigh",
        "system_message": {"mode": "replace", "content": "Be."},
        "available_tools": ["view"],
        "excluded_tools": ["bash"],
        "provider": provider,
        "streaming": True,
        "mcp_servers": {"notes": {"type": "local", "command": "notes", "args": [], "tools": ["*"]}},
        "custom_agents": [{"name": "poet", "prompt": "You are a poet.", "display_name": "Poet"}],
        "config_dir": "/etc/mine",
        "skill_directories": ["/skills"],
        "disabled_skills": ["one"],
        "infinite_sessions": {
            "enabled": True,
            "background_compaction_threshold": 0.8,
            "buffer_exhaustion_threshold": 0.95,
        },
    }
    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session(config)
        assert session.session_id == "mine"
        await session.destroy()
        config["model"] = "other"
        await client.resume_session("mine", config)
        await client.resume_session("mine")
    (created,), resumed = fake.received("session.create"), fake.received("session.resume")
    for sent, model in ((created, "deepseek-coder-v2:16b"), (resumed[0], "other")):
        assert (sent["model"], sent["reasoningEffort"], sent["streaming"]) == (model, "xhigh", True)
        assert sent["systemMessage"] == {"mode": "replace", "content": "Be."}
        assert (sent["availableTools"], sent["excludedTools"]) == (["view"], ["bash"])
        assert sent["provider"]["baseUrl"] == "https://x.openai.azure.com"
        assert (sent["provider"]["type"], sent["provider"]["bearerToken"]) == ("azure", "b")
        assert (sent["provider"]["wireApi"], sent["provider"]["azure"]) == (
            "responses",
            {"apiVersion": "2024-10-21"},
        )
        assert sent["mcpServers"]["notes"]["command"] == "notes"
        assert sent["customAgents"][0]["displayName"] == "Poet"
        assert (sent["configDir"], sent["skillDirectories"], sent["disabledSkills"]) == (
            "/etc/mine",
            ["/skills"],
            ["one"],
        )
        assert sent["infiniteSessions"]["backgroundCompactionThreshold"] == 0.8
        assert sent["infiniteSessions"]["bufferExhaustionThreshold"] == 0.95
    assert (
        created["requestPermission"] is True
        and not created.get("requestUserInput")
        and not created.get("hooks")
    )
    assert resumed[1]["sessionId"] == "mine"


async def test_messages_carry_attachments_and_a_mode(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {})
    attachment: Any = {"type": "file", "path": "/a/b.png", "display_name": "B"}
    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session()
        ids = [await session.send({"prompt": "Look", "attachments": [attachment], "mode": "immediate"})]
        ids.append(await session.send({"prompt": "And this", "mode": "enqueue"}))
    first, second = fake.received("session.send")
    assert first["attachments"] == [{"type": "file", "path": "/a/b.png", "displayName": "B"}]
    assert (first["mode"], second["mode"]) == ("immediate", "enqueue")
    assert all(isinstance(each, str) and each for each in ids) and ids[0] != ids[1]


async def test_a_wait_ends_with_its_time_and_the_turn_goes_on(tmp_path: Path) -> None:
    fake = FakeRuntime(tmp_path, {"turns": [[{"await_abort": True}], [{"text": "Here"}]]})
    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session()
        with pytest.raises((TimeoutError, asyncio.TimeoutError), match="0.2"):
            await session.send_and_wait({"prompt": "Wait"}, timeout=0.2)
        assert fake.received("session.abort") == []
        await session.abort()
        answer = await session.send_and_wait({"prompt": "Now"}, timeout=20)
    assert answer is not None and answer.type == "assistant.message" and answer.data.content == "Here"


async def seen_of(session: CopilotSession, prompt: str = "Go") -> list[SessionEvent]:
    """The events of a turn."""
    seen: list[SessionEvent] = []
    unsubscribe = session.on(seen.append)
    await session.send_and_wait({"prompt": prompt}, timeout=20)
    unsubscribe()
    return seen


async def test_events_in_every_spelling(tmp_path: Path) -> None:
    def told(kind: str, **data: Any) -> dict[str, Any]:
        return {"event": {"type": kind, "data": data}}

    turn = [
        told("session.compaction_start"),
        told("session.compaction_complete", success=True, preCompactionTokens=9, postCompactionTokens=3),
        told("assistant.message_delta", deltaContent=None, messageId="m"),
        told("session.of_tomorrow", newField=1),
        {"text": "Together", "chunks": 3},
    ]
    fake = FakeRuntime(tmp_path, {"turns": [turn]})
    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session(streaming=True)
        seen = await seen_of(session)
        history = await session.get_messages()
    by_type = {str(event.type): event for event in seen}
    for event in seen:
        assert event["type"] == event.type.value == event.type
    assert by_type["session.compaction_start"].type == "session.compaction_start"
    complete = by_type["session.compaction_complete"].data
    assert (complete.pre_compaction_tokens, complete.post_compaction_tokens) == (9, 3)
    deltas = [event.data.delta_content or "" for event in seen if event.type == "assistant.message.delta"]
    assert len(deltas) == 4 and "".join(deltas) == by_type["assistant.message"].data.content == "Together"
    assert by_type["session.of_tomorrow"].data.new_field == 1
    assert any(event.type == "user.message" for event in history)


async def test_permission_handlers(tmp_path: Path) -> None:
    ask = {"permission": {"kind": "shell", "fullCommandText": "ls"}}
    fake = FakeRuntime(tmp_path, {"protocol": 2, "turns": [[ask, {"text": "."}]]})
    asked: list[Any] = []

    async def later(request: Any, invocation: Any) -> Any:
        asked.append((request["kind"], invocation["session_id"]))
        return {"kind": "approved"}

    def at_once(request: Any) -> Any:
        asked.append(request["fullCommandText"])
        return {"kind": "denied-interactively-by-user"}

    async with CopilotClient(options_of(fake)) as client:
        for handler in (later, at_once, None):
            session = await client.create_session(on_permission_request=handler)
            if handler is later:
                expected = ("shell", session.session_id)
            await session.send_and_wait({"prompt": "Go"}, timeout=20)
    assert asked == [expected, "ls"]
    answers = [record["answer"]["result"]["result"]["kind"] for record in fake.log() if "answered" in record]
    assert answers[:2] == ["approved", "denied-interactively-by-user"] and answers[2].startswith("denied")


async def test_user_input_by_a_plain_function(tmp_path: Path) -> None:
    question = {
        "request": {"method": "userInput.request", "params": {"question": "Which?", "allowFreeform": False}}
    }
    fake = FakeRuntime(tmp_path, {"turns": [[question, {"text": "."}]]})
    asked: list[Any] = []

    def answer(request: Any, invocation: Any) -> Any:
        asked.append((request["question"], request.get("choices"), request["allowFreeform"], invocation))
        return {"answer": "That", "wasFreeform": False}

    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session(on_user_input_request=answer)
        await session.send_and_wait({"prompt": "Go"}, timeout=20)
    assert asked == [("Which?", [], False, {"session_id": session.session_id})]
    assert fake.received("session.create")[0]["requestUserInput"] is True
    answers = [record["answer"]["result"] for record in fake.log() if "answered" in record]
    assert answers == [{"answer": "That", "wasFreeform": False}]


async def test_hooks_decide_change_or_say_nothing(tmp_path: Path) -> None:
    def hook(kind: str, **given: Any) -> dict[str, Any]:
        return {"request": {"method": "hooks.invoke", "params": {"hookType": kind, "input": given}}}

    turn = [
        hook("preToolUse", toolName="bash", toolArgs={"command": "ls"}),
        hook("postToolUse", toolName="bash", toolArgs={}, toolResult={"textResultForLlm": "x"}),
        hook("userPromptSubmitted", prompt="Go"),
        hook("sessionStart", source="resume"),
        hook("errorOccurred", error="no", errorContext="system"),
        hook("sessionEnd", reason="complete"),
        {"text": "."},
    ]
    fake = FakeRuntime(tmp_path, {"turns": [turn]})
    told: list[Any] = []

    def before(given: Any, invocation: Any) -> Any:
        told.append((given["toolArgs"], invocation["session_id"]))
        return {"permissionDecision": "deny", "modifiedArgs": {"command": "pwd"}, "additionalContext": "c"}

    async def changed(given: Any) -> Any:
        return {"modifiedResult": {"textResultForLlm": "y"}}

    hooks = {
        "on_pre_tool_use": before,
        "on_post_tool_use": changed,
        "on_user_prompt_submitted": lambda given, invocation: {"modifiedPrompt": given["prompt"] + "!"},
        "on_session_start": lambda given, invocation: {"additionalContext": given["source"]},
        "on_error_occurred": lambda given, invocation: {"errorHandling": "skip"},
        "on_session_end": lambda given, invocation: told.append(given["reason"]),
    }
    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session(hooks=hooks)
        await session.send_and_wait({"prompt": "Go"}, timeout=20)
    assert told == [({"command": "ls"}, session.session_id), "complete"]
    assert fake.received("session.create")[0]["hooks"] is True
    answers = [
        (record["answer"]["result"] or {}).get("output") for record in fake.log() if "answered" in record
    ]
    assert answers == [
        {"permissionDecision": "deny", "modifiedArgs": {"command": "pwd"}, "additionalContext": "c"},
        {"modifiedResult": {"textResultForLlm": "y"}},
        {"modifiedPrompt": "Go!"},
        {"additionalContext": "resume"},
        {"errorHandling": "skip"},
        None,
    ]


@pytest.mark.parametrize("protocol", [2, 3])
async def test_tools_of_every_kind(tmp_path: Path, protocol: int) -> None:
    names = ("number", "telling", "failing", "slow")
    calls = [{"tool": {"name": name, "arguments": {"x": 1}, "toolCallId": name}} for name in names]
    fake = FakeRuntime(tmp_path, {"protocol": protocol, "turns": [[*calls, {"text": "."}]]})
    seen: list[Any] = []

    def telling(invocation: Any) -> Any:
        seen.append(
            (invocation.tool_name, invocation.tool_call_id, invocation.session_id, invocation["arguments"])
        )
        return {
            "textResultForLlm": "told",
            "resultType": "success",
            "sessionLog": "log",
            "toolTelemetry": {"a": 1},
        }

    async def slow(invocation: Any) -> str:
        await asyncio.sleep(0.05)
        return "late"

    def failing(invocation: Any) -> str:
        raise KeyError("a secret")

    tools = [
        define_tool("number", description="n", handler=lambda args, invocation: args["x"] / 4),
        Tool(name="telling", description="t", handler=telling),
        Tool(name="failing", description="f", handler=failing),
        Tool(name="slow", description="s", handler=slow),
    ]
    async with CopilotClient(options_of(fake)) as client:
        session = await client.create_session(tools=tools)
        await session.send_and_wait({"prompt": "Go"}, timeout=20)
    assert seen == [("telling", "telling", session.session_id, {"x": 1})]
    answers = [record["answer"] for record in fake.log() if record.get("answered") == "tool"]
    results = [answer["result"]["result"] if protocol == 2 else answer["result"] for answer in answers]
    texts = [result if isinstance(result, str) else result["textResultForLlm"] for result in results]
    assert (texts[0], texts[1], texts[3]) == ("0.25", "told", "late")
    assert (
        "secret" not in texts[2] and results[2]["resultType"] == "failure" and "secret" in results[2]["error"]
    )
    assert results[1]["sessionLog"] == "log" and results[1]["toolTelemetry"] == {"a": 1}

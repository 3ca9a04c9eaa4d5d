"""The blocks of the instructions, document A. Each test is named after its block."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from document import ASK, CLIENT, SESSION, STOP, STREAMING, Place, file_of, quoted_types, text_of
from testbed import texts_of, tools_of
from wheels import wheel_of_this_package

# Statements that are put behind a block, or before it.
WATCHED = "seen = []\nsession.on(seen.append)\n"
DELTAS = 'print("streamed:", any(e.type == "assistant.message_delta" for e in seen))\n'
LISTED = "print(session_id in [each.session_id for each in await client.list_sessions()])\n"
TWO_ANSWERS = (
    'while len([e for e in seen if e.type == "assistant.message"]) < 2 or seen[-1].type != "session.idle":\n'
    "    await asyncio.sleep(0.01)\n"
)
GONE = """
print(client.get_state())
try:
    await session.send({"prompt": "Are you there?"})
except Exception:
    print("the session is gone")
"""


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """The model calls a tool."""
    return {"tools": [[tool, arguments]]}


def told(request: Any) -> str:
    """What the last tool told the model."""
    return texts_of(request, "tool")[-1]


def test_A_01_installation(tmp_path: Path) -> None:
    block = text_of(file_of("A_01_installation"))
    install = block.splitlines()[0]
    assert [line.split()[0] for line in block.splitlines() if not line.startswith("#")] == [
        "pip",
        "poetry",
        "uv",
    ]
    wheel = wheel_of_this_package(tmp_path / "wheels")
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=60)
    # What it needs below Python 3.11 is here already, and is lent to the new environment; nothing is downloaded.
    (site,) = home.glob("lib/python*/site-packages")
    for needed in ("exceptiongroup*", "typing_extensions*"):
        for path in Path(pytest.__file__).parent.parent.glob(needed):
            (site / path.name).symlink_to(path)
    env = {
        name: value for name, value in os.environ.items() if name not in ("LIBCOPILOT_LIBRARY", "PYTHONPATH")
    }
    env.update(
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS=str(wheel.parent),
        PATH=f"{home}/bin:{os.environ['PATH']}",
    )
    subprocess.run(["sh", "-c", install], env=env, cwd=tmp_path, check=True, timeout=60)
    inside = "import copilot, pathlib; print(copilot.__version__, pathlib.Path(copilot.__file__).parent)"
    done = subprocess.run(
        ["python", "-c", inside], env=env, cwd=tmp_path, check=True, capture_output=True, timeout=30
    )
    version, folder = done.stdout.decode().split()
    assert wheel.name.startswith(f"libcopilot-{version}-py3-none-")
    assert Path(folder).is_relative_to(home)


def test_A_02_basic_client_setup(place: Place) -> None:
    run = place.program()
    assert place.went_well(run) == []
    assert "--headless" in run.starts[0] and "--stdio" in run.starts[0]


def test_A_03_manual_server_control(place: Place) -> None:
    assert place.went_well(place.program()) == []


def test_A_04_creating_sessions(place: Place) -> None:
    place.model.script("own", [{"text": "Done."}])
    tools = "\n".join(
        f'tool{n} = Tool(name="tool{n}", description="The {n}th", parameters=None, handler=lambda: "")'
        for n in (1, 2)
    )
    run = place.fragment(f"{tools}\n{CLIENT}", WATCHED + ASK + DELTAS + STOP)
    assert place.went_well(run) == ["streamed: True"]
    (request,) = place.model.requests("own")
    assert (request["model"], sorted(tools_of(request))) == ("gpt-5", ["tool1", "tool2"])
    assert "Be brief." in texts_of(request, "system")[0]


def test_A_05_resuming_sessions(place: Place) -> None:
    place.script({"text": "Remembered."}, call("my_new_tool", number=7), {"text": "Done."})
    before = CLIENT + (
        'former = await client.create_session({"model": "gpt-5", "session_id": "session-id"})\n'
        'await former.send_and_wait({"prompt": "Remember 7."})\n'
        "await former.destroy()\n"
        "calls = []\n"
        'my_new_tool = define_tool(name="my_new_tool", description="Takes a number",\n'
        '    parameters={"type": "object", "properties": {"number": {"type": "integer"}}},\n'
        "    handler=lambda args, inv: calls.append(args) or 'taken')\n"
    )
    run = place.fragment(before, ASK + "print(session.session_id, calls)\n" + STOP)
    assert place.went_well(run) == ["session-id [{'number': 7}]"]
    first, second, third = place.asked()
    assert "my_new_tool" not in tools_of(first) and "my_new_tool" in tools_of(second)
    assert "Remember 7." in texts_of(second, "user")[0] and told(third) == "taken"


def test_A_06_event_subscription_pattern(place: Place) -> None:
    place.script({"text": "Good morning."})
    assert place.went_well(place.fragment(SESSION, STOP)) == ["Good morning."]
    assert texts_of(place.asked()[0], "user")[0].count("...") == 1


def test_A_07_unsubscribing_from_events(place: Place) -> None:
    place.script({"text": "One."}, {"text": "Two."})
    lines = place.went_well(place.fragment(SESSION, ASK + STOP))
    assert lines.count("user.message") == 1 and lines.count("assistant.message") == 1
    assert lines.index("user.message") < lines.index("assistant.message") and "session.idle" in lines
    assert len(place.asked()) == 2


def test_A_08_event_types(place: Place) -> None:
    place.script(call("weigh"), {"text": "Two pounds."})
    tool = 'weigh = define_tool("weigh", description="Weighs", handler=lambda args, inv: "2 lb")\n'
    before = (
        tool
        + CLIENT
        + (
            "seen = []\n"
            'session = await client.create_session({"model": "gpt-5", "tools": [weigh], "on_event": seen.append})\n'
        )
    )
    types = quoted_types(file_of(place.name))
    after = ASK + f"for name in {types!r}: print(name, any(e.type == name for e in seen))\n" + STOP
    lines = place.went_well(place.fragment(before, after))
    assert [line for line in lines[:-7] if line] == ["Two pounds."]
    assert lines[-7:] == [f"{name} {name != 'session.error'}" for name in types] and len(types) == 7


def test_A_08_is_told_of_errors(place: Place) -> None:
    place.name = "A_08_event_types"
    place.break_model()
    after = "import contextlib\nwith contextlib.suppress(Exception):\n    " + ASK + STOP
    lines = place.went_well(place.fragment(SESSION, after))
    assert len(lines) == 1 and re.match(r"Error: .{10,}", lines[0])


def test_A_09_enabling_streaming(place: Place) -> None:
    place.script({"chunks": ["To", "geth", "er"]})
    after = (
        WATCHED
        + ASK
        + 'print([e.data.delta_content for e in seen if e.type == "assistant.message_delta"])\n'
        + STOP
    )
    assert (
        "".join(json.loads(place.went_well(place.fragment(CLIENT, after))[0].replace("'", '"'))) == "Together"
    )
    assert place.asked()[0]["stream"] is True


def test_A_10_handling_streaming_events(place: Place) -> None:
    place.script({"reasoning": ["A ", "thought"], "chunks": ["Once ", "upon"]})
    run = place.fragment(STREAMING, STOP)
    place.went_well(run)
    deltas, final = run.stdout.split("\n", 1)
    assert "Once upon" in deltas
    assert "--- Final ---\nOnce upon\n" in "\n" + final
    if place.cli.protocol == 3:  # the first CLIs do not tell what their models think
        assert deltas.startswith("A thought") and "--- Reasoning ---\nA thought\n" in run.stdout


def test_A_11_defining_tools_with_define_tool(place: Place) -> None:
    place.script(call("lookup_issue", id="ISS-7"), {"text": "It is open."})
    after = (
        'answer = await session.send_and_wait({"prompt": "How is it?"})\nprint(answer.data.content)\n' + STOP
    )
    assert place.went_well(place.fragment(CLIENT, after)) == ["It is open."]
    first, second = place.asked()
    description, parameters = tools_of(first)["lookup_issue"]
    assert description == "Fetch issue details from tracker"
    assert parameters["properties"] == {"id": {"type": "string", "description": "Issue ID"}}
    assert parameters["required"] == ["id"]
    assert json.loads(told(second)) == {"id": "ISS-7", "status": "open"}


def test_A_12_using_pydantic_for_parameters(place: Place) -> None:
    place.script(
        call("get_weather", location="Paris"),
        call("get_weather", location="Oslo", units="celsius"),
        {"text": "."},
    )
    imports = "from copilot import define_tool\n"
    assert place.went_well(place.fragment(CLIENT, ASK + STOP, imports)) == []
    first, second, third = place.asked()
    properties = tools_of(first)["get_weather"][1]["properties"]
    assert properties["location"]["description"] == "City name"
    assert (
        properties["units"]["description"] == "Temperature units"
        and properties["units"]["default"] == "fahrenheit"
    )
    assert json.loads(told(second)) == {"temperature": 72, "units": "fahrenheit"}
    assert json.loads(told(third)) == {"temperature": 72, "units": "celsius"}


@pytest.mark.parametrize("result_type", ["success", "failure"])
def test_A_13_tool_return_types(place: Place, result_type: str) -> None:
    place.script(call("report"), {"text": "Done."})
    result = f"RESULT_TYPE = {result_type!r}\ndef report(args, inv):\n    return RESULT\n"
    body = (
        result
        + "RESULT = \\\n"
        + text_of(file_of(place.name))
        + CLIENT
        + (
            'tool = define_tool(name="report", description="Reports", handler=report)\n'
            'session = await client.create_session({"model": "gpt-5", "tools": [tool]})\n'
        )
    )
    shown = 'print([e.data.success for e in seen if e.type == "tool.execution_complete"])\n'
    run = place.fragment_of(body + WATCHED + ASK + shown + STOP)
    assert place.went_well(run) == [f"[{result_type == 'success'}]"]
    assert "what it does not see" not in json.dumps(place.asked())
    if result_type == "success":
        assert told(place.asked()[1]) == "what the model sees"


def test_A_14_append_mode_default_preserves_guardrails(place: Place) -> None:
    place.script({"text": "Yes."})
    assert place.went_well(place.fragment(CLIENT, ASK + STOP)) == []
    (request,) = place.asked()
    rules = (
        "<workflow_rules>\n- Always check for security vulnerabilities\n"
        "- Suggest performance improvements when applicable\n</workflow_rules>"
    )
    system = texts_of(request, "system")[0]
    assert rules in system and "GitHub Copilot" in system


def test_A_15_replace_mode_full_control_removes_guardrails(place: Place) -> None:
    place.script({"text": "Yes."})
    assert place.went_well(place.fragment(CLIENT, ASK + STOP)) == []
    assert texts_of(place.asked()[0], "system") == ["You are a helpful assistant."]


def test_A_16_file_attachments(place: Place) -> None:
    place.script({"text": "It is not there."}, {"text": "Still."})
    shown = 'print([e.data.attachments for e in seen if e.type == "user.message"][0])\n'
    run = place.fragment(SESSION + WATCHED, ASK + shown + STOP)
    lines = place.went_well(run)
    assert "/path/to/file.py" in lines[-1] and "My File" in lines[-1]
    assert "Analyze this file" in texts_of(place.asked()[0], "user")[0]


def test_A_17_message_delivery_modes(place: Place) -> None:
    place.script({"text": "First."}, {"text": "Second."})
    before = SESSION + WATCHED + 'await session.send({"prompt": "Before"})\n'
    shown = 'print([e.data.content for e in seen if e.type == "assistant.message"])\n'
    run = place.fragment(before, TWO_ANSWERS + shown + STOP)
    assert place.went_well(run) == ["['First.', 'Second.']"]
    first, second = place.asked()
    assert "..." not in texts_of(first, "user")[-1] and "..." in texts_of(second, "user")[-1]


def test_A_18_multiple_sessions(place: Place) -> None:
    after = (
        "async def answer(session):\n"
        "    while True:\n"
        "        for event in await session.get_messages():\n"
        '            if event.type == "assistant.message":\n'
        "                return event.data.content\n"
        "        await asyncio.sleep(0.02)\n"
        "print(await answer(session1))\nprint(await answer(session2))\n"
    )
    run = place.fragment(CLIENT, after + STOP)
    assert place.went_well(run) == ["You said: Hello from session 1", "You said: Hello from session 2"]
    asked = [
        (f"session {n}" in texts_of(each, "user")[-1], each["model"])
        for each in place.asked()
        for n in (1, 2)
    ]
    first = "gpt-5" if place.cli.protocol == 3 else "claude-sonnet-4.5"
    assert sorted(model for said, model in asked if said) == sorted([first, "claude-sonnet-4.5"])


def test_A_19_bring_your_own_key_byok(place: Place) -> None:
    internet = place.connect("api.openai.com:443")
    after = (
        "try:\n    await session.send({'prompt': 'Hello'})\nexcept ValueError as error:\n    print(error)\n"
        "await session.set_model('gpt-4')\n"
        "answer = await session.send_and_wait({'prompt': 'Hello'})\nprint(answer.data.content)\n"
    )
    lines = place.went_well(place.fragment(CLIENT, after + STOP))
    assert len(lines) == 2 and "model" in lines[0] and lines[1] == "You said: Hello"
    (asked,) = [each for each in internet.asked if each.host == "api.openai.com:443"]
    assert (asked.target, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer your-api-key")
    assert place.model.requests("own")[0]["model"] == "gpt-4" and place.asked() == []


def test_A_20_listing_sessions(place: Place) -> None:
    place.script({"text": "It rains."})
    before = (
        SESSION + 'await session.send_and_wait({"prompt": "How is the weather?"})\nawait session.destroy()\n'
    )
    lines = place.went_well(place.fragment(before, "print(session.session_id)\n" + STOP))
    assert lines[-1] + ": How is the weather?" in lines[:-1]


def test_A_21_deleting_sessions(place: Place) -> None:
    place.script({"text": "Yes."})
    before = SESSION + ASK + "session_id = session.session_id\nawait session.destroy()\n" + LISTED
    assert place.went_well(place.fragment(before, LISTED + STOP)) == ["True", "False"]


def test_A_22_getting_last_session_id(place: Place) -> None:
    place.script({"text": "Remembered."}, {"text": "Seven."})
    before = (
        SESSION
        + 'await session.send_and_wait({"prompt": "Remember 7."})\nawait session.destroy()\nsession = None\n'
    )
    place.went_well(place.fragment(before, ASK + STOP))
    assert "Remember 7." in texts_of(place.asked()[1], "user")[0]


def test_A_22_without_a_session(place: Place) -> None:
    place.name = "A_22_getting_last_session_id"
    assert place.went_well(place.fragment(CLIENT, "print(last_id)\n" + STOP)) == ["None"]


def test_A_23_checking_connection_state(place: Place) -> None:
    assert place.went_well(place.fragment("client = CopilotClient()\n", "print(state)\n"), starts=0) == [
        "disconnected"
    ]
    assert place.went_well(place.fragment(CLIENT, "print(state)\n" + STOP)) == ["connected"]
    assert place.went_well(place.fragment(CLIENT + STOP, "print(state)\n")) == ["disconnected"]


def test_A_24_standard_exception_handling(place: Place) -> None:
    assert place.went_well(place.fragment("client = CopilotClient()\n", STOP)) == []
    place.extra["COPILOT_CLI_PATH"] = "/nowhere/copilot"
    lines = place.went_well(place.fragment("client = CopilotClient()\n", STOP), starts=0)
    assert len(lines) >= 1 and lines[0].startswith("Error: ") and "/nowhere/copilot" in "".join(lines)


def test_A_25_session_error_events(place: Place) -> None:
    place.break_model()
    after = "import contextlib\nwith contextlib.suppress(Exception):\n    " + ASK + STOP
    lines = place.went_well(place.fragment(SESSION, after))
    assert len(lines) == 1 and re.match(r"Session Error: .{10,}", lines[0])


def test_A_26_connectivity_testing(place: Place) -> None:
    lines = place.went_well(place.fragment(CLIENT, "print(response.message)\n" + STOP))
    assert re.match(r"Server responded at (\d{13}|20\d\d-\d\d-\d\dT.*)$", lines[0])
    assert "health check" in lines[1]


def test_A_27_automatic_cleanup_with_context_managers(place: Place) -> None:
    assert place.went_well(place.fragment("", GONE)) == ["disconnected", "the session is gone"]


def test_A_28_manual_cleanup_with_try_finally(place: Place) -> None:
    assert place.went_well(place.fragment("", GONE)) == ["disconnected", "the session is gone"]


def test_A_29_simple_query_response(place: Place) -> None:
    place.script({"text": "4"})
    assert place.went_well(place.program()) == ["4"]
    assert "What is 2+2?" in texts_of(place.asked()[0], "user")[0]


def test_A_30_multi_turn_conversation(place: Place) -> None:
    place.script({"text": "Paris"}, {"text": "Two million"})
    assert place.went_well(place.fragment(CLIENT, STOP)) == ["Paris", "Two million"]
    second = place.asked()[1]
    assert "What is the capital of France?" in texts_of(second, "user")[0] and "Paris" in texts_of(
        second, "assistant"
    )
    assert "What is its population?" in texts_of(second, "user")[-1]


def test_A_31_sendandwait_helper(place: Place) -> None:
    place.script({"text": "4"})
    assert place.went_well(place.fragment(CLIENT, STOP)) == ["4"]


def test_A_32_tool_with_dataclass_return_type(place: Place) -> None:
    place.script(call("get_user", user_id="u1"), {"text": "John."})
    place.went_well(place.fragment(CLIENT, ASK + STOP))
    user = {"id": "u1", "name": "John Doe", "email": "john@example.com", "role": "Developer"}
    assert json.loads(told(place.asked()[1])) == user


def test_A_33_streaming_with_progress(place: Place) -> None:
    place.script({"chunks": ["A long", " story"]})
    run = place.fragment(STREAMING, "print(current_message)\n" + STOP)
    lines = place.went_well(run)
    assert run.stdout.startswith("A long story\n\n=== Complete ===\nTotal length: 12 chars\n")
    assert "".join(json.loads(lines[-1].replace("'", '"'))) == "A long story"


def test_A_34_error_recovery(place: Place) -> None:
    place.break_model()
    wait = "errors = asyncio.Event()\nsession.on(lambda e: errors.set() if e.type == 'session.error' else None)\n"
    lines = place.went_well(place.fragment(SESSION + wait, "await errors.wait()\n" + STOP))
    assert len(lines) == 1 and re.match(r"Session error: .{10,}", lines[0])
    lines = place.went_well(place.fragment(SESSION + "await session.destroy()\n", STOP))
    assert len(lines) == 1 and re.match(r"Failed to send: .{10,}", lines[0])


def test_A_35_using_typeddict_for_type_safety(place: Place) -> None:
    place.script({"text": "One."}, {"text": "Two."})
    before = SESSION + WATCHED + "first = session\n"
    wait = 'while not any(e.type == "session.idle" for e in seen):\n    await asyncio.sleep(0.01)\n'
    after = (
        wait + "print(session is not first)\nsession.on(seen.append)\nseen.clear()\n" + ASK + DELTAS + STOP
    )
    assert place.went_well(place.fragment(before, after)) == ["True", "streamed: True"]
    assert "Hello" in texts_of(place.asked()[0], "user")[0]


def test_A_36_async_generator_for_streaming(place: Place) -> None:
    place.script({"chunks": ["Once ", "upon ", "a ", "time"]})
    run = place.fragment(STREAMING, "print()\n" + STOP)
    assert place.went_well(run) == ["Once upon a time"]


def test_A_37_decorator_pattern_for_tools(place: Place) -> None:
    place.script(call("calculate", expression="7 * 6 / 4"), {"text": "10.5"})
    place.went_well(place.fragment(CLIENT, ASK + STOP))
    first, second = place.asked()
    assert tools_of(first)["calculate"][0] == "Perform a calculation"
    assert told(second) == "10.5"


def test_A_38_async_context_manager_protocol(place: Place) -> None:
    place.script({"text": "4"})
    # The bodies that the block shows, on our classes: they must be enough.
    after = (
        "import inspect\n"
        "for shown in (CopilotClient, CopilotSession):\n"
        "    ours = getattr(copilot, shown.__name__)\n"
        "    for name in ('__aenter__', '__aexit__'):\n"
        "        mine, theirs = getattr(ours, name), getattr(shown, name)\n"
        "        counts = [len(inspect.signature(each).parameters) for each in (mine, theirs)]\n"
        "        print(name, inspect.iscoroutinefunction(mine), counts[0] == counts[1])\n"
        "        setattr(ours, name, theirs)\n"
    )
    use = (
        "async with copilot.CopilotClient() as client:\n"
        "    async with await client.create_session() as session:\n"
        "        print((await session.send_and_wait({'prompt': 'What is 2+2?'})).data.content)\n"
    )
    falls = (
        "try:\n    async with copilot.CopilotClient() as client:\n        raise KeyError('through')\n"
        "except KeyError as error:\n    print(error, client.get_state())\n"
    )
    body = text_of(file_of(place.name))
    run = place.fragment_of(body + after + use + GONE + falls)
    assert place.went_well(run, starts=2) == [
        *["__aenter__ True True", "__aexit__ True True"] * 2,
        "4",
        "disconnected",
        "the session is gone",
        "'through' disconnected",
    ]
    assert place.went_well(place.fragment_of(falls)) == ["'through' disconnected"]


def test_A_39_dataclass_support(place: Place) -> None:
    place.script({"chunks": ["Here ", "I am"]})
    lines = place.went_well(place.fragment(STREAMING, "session.on(handler)\n" + ASK + STOP))
    types: list[str] = lines[::3]
    contents, deltas = dict(zip(types, lines[1::3])), lines[2::3]
    assert contents["assistant.message"] == "Here I am"
    assert (
        "".join(delta for kind, delta in zip(types, deltas) if kind == "assistant.message_delta")
        == "Here I am"
    )

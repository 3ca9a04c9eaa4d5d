"""The blocks of the README, document B. Each test is named after its block."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from document import ASK, CLIENT, SESSION, STOP, Place, file_of, text_of
from terminal import Terminal
from testbed import ROOT, texts_of, tools_of
from wheels import library

FETCH = (
    "class Issue:\n    def __init__(self, issue_id):\n        self.summary = f'Issue {issue_id} is open'\n"
    "async def fetch_issue(issue_id):\n    return Issue(issue_id)\n"
)
PYDANTIC = "from pydantic import BaseModel, Field\n"
ANSWER = 'answer = await session.send_and_wait({"prompt": "Hello!"})\nprint(answer.data.content)\n'


def call(tool: str, **arguments: Any) -> dict[str, Any]:
    """The model calls a tool."""
    return {"tools": [[tool, arguments]]}


def told(request: Any) -> str:
    """What the last tool told the model."""
    return texts_of(request, "tool")[-1]


def lifecycle(kind: str) -> dict[str, Any]:
    """A frame of the wire that tells of a session."""
    params = {"type": kind, "sessionId": "session-123"}
    body = json.dumps({"jsonrpc": "2.0", "method": "session.lifecycle", "params": params})
    return {"raw": f"Content-Length: {len(body)}\r\n\r\n{body}"}


def test_B_01_installation(tmp_path: Path) -> None:
    block = text_of(file_of("B_01_installation"))
    install = block.splitlines()[0]
    assert install == 'pip install -e ".[dev]"'
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=60)
    # What the extra needs is here already, and is offered to the new environment; nothing is downloaded.
    here = [path for path in sys.path if path.endswith("site-packages")]
    (site,) = home.glob("lib/python*/site-packages")
    (site / "offered.pth").write_text("\n".join(here))
    for old in site.glob(
        "setuptools*"
    ):  # those of the virtual environments of Python 3.11 and before are too old
        shutil.rmtree(old)
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    env.update(
        LIBCOPILOT_LIBRARY=str(library()),
        PIP_NO_INDEX="1",
        PIP_NO_BUILD_ISOLATION="0",
        PATH=f"{home}/bin:{os.environ['PATH']}",
    )
    folder = ROOT / "bindings/python"
    subprocess.run(["sh", "-c", install], env=env, cwd=folder, check=True, timeout=100)
    inside = "import copilot, pytest, mypy, pydantic; print(copilot.__file__)"
    done = subprocess.run(
        [str(home / "bin/python"), "-c", inside], env=env, cwd=tmp_path, capture_output=True, timeout=30
    )
    assert done.stdout.decode().strip() == str(folder / "copilot/__init__.py"), done.stderr.decode()


def test_B_02_run_the_sample(place: Place) -> None:
    place.script({"text": "Good morning."})
    (place.fence.work / "python").symlink_to(ROOT / "bindings/python")
    env = {**place.env(), "PATH": f"{Path(sys.executable).parent}:{place.env()['PATH']}"}
    script = text_of(file_of(place.name))
    with Terminal(["sh", "-c", script], env=env, cwd=place.fence.work) as terminal:
        terminal.expect("You: ")
        terminal.say("Hello")
        terminal.expect("Good morning.")
        terminal.expect("You: ")
        terminal.say("/quit")
        assert terminal.ended() == 0


def test_B_03_quick_start(place: Place) -> None:
    place.script({"text": "4"})
    assert place.went_well(place.program()) == ["4"]
    assert "What is 2+2?" in texts_of(place.asked()[0], "user")[0]


def test_B_04_copilotclient(place: Place) -> None:
    place.script({"text": "Hello."}, {"text": "That was all."})
    run = place.fragment("", "print(client.get_state())\n")
    lines = place.went_well(run)
    assert lines.count("Event: assistant.message") == 2 and "Event: session.idle" in lines
    assert lines[-1] == "disconnected" and all(line.startswith("Event: ") for line in lines[:-1])
    assert "Hello!" in texts_of(place.asked()[0], "user")[0]


def test_B_05_copilotclient(place: Place) -> None:
    # A server without a terminal has no foreground session, so one is scripted that has.
    place.speak_to_fake(
        {
            "on": {
                "session.getForeground": {"reply": {"sessionId": "session-1"}},
                "session.setForeground": {"reply": {"success": True}},
                "ping": [lifecycle("session.updated"), lifecycle("session.foreground"), {"builtin": True}],
            },
        }
    )
    block = text_of(file_of(place.name))
    later = "# Later, to stop receiving events:"
    assert block.count(later) == 1
    run = place.fragment(CLIENT, "await client.ping()\nprint(session_id)\n" + STOP)
    # The first subscription is not ended by the block: its function is another one by then.
    assert place.went_well(run, starts=0) == [
        "session.updated: session-123",
        "session.foreground: session-123",
        "session-1",
    ]
    told_first = block.replace(later, "await client.ping()\n" + later)
    run = place.fragment_of(CLIENT + told_first + STOP)
    assert sorted(place.went_well(run, starts=0)) == [
        "Foreground: session-123",
        "session.foreground: session-123",
        "session.updated: session-123",
    ]
    assert '"session.setForeground"' in place.fake_log() and '"session-123"' in place.fake_log()


def test_B_06_tools(place: Place) -> None:
    place.script(call("lookup_issue", id="ISS-7"), {"text": "It is open."})
    assert place.went_well(place.fragment(FETCH + CLIENT, ANSWER + STOP)) == ["It is open."]
    first, second = place.asked()
    description, parameters = tools_of(first)["lookup_issue"]
    assert description == "Fetch issue details from our tracker"
    assert parameters["properties"]["id"]["description"] == "Issue identifier" and parameters["required"] == [
        "id"
    ]
    assert told(second) == "Issue ISS-7 is open"


def test_B_07_tools(place: Place) -> None:
    place.script(call("lookup_issue", id="ISS-8"), {"text": "It is open."})
    assert place.went_well(place.fragment(FETCH + CLIENT, ANSWER + STOP)) == ["It is open."]
    first, second = place.asked()
    assert tools_of(first)["lookup_issue"][1]["properties"]["id"]["description"] == "Issue identifier"
    assert told(second) == "Issue ISS-8 is open"


def test_B_08_overriding_built_in_tools(place: Place) -> None:
    place.script(call("edit_file", path="a.txt", content="new"), {"text": "Edited."})
    after = (
        CLIENT
        + 'session = await client.create_session({"model": "gpt-5", "tools": [edit_file]})\n'
        + ANSWER
        + STOP
    )
    assert place.went_well(place.fragment("", after, PYDANTIC)) == ["Edited."]
    first, second = place.asked()
    assert tools_of(first)["edit_file"][0] == "Custom file editor with project-specific validation"
    assert told(second) == "a.txt: new"


def test_B_08_a_tool_of_the_cli_is_replaced_only_where_that_is_said(place: Place) -> None:
    # The first CLIs let a tool replace theirs without a word.
    refuses = place.cli.protocol == 3
    place.script(*[call("grep", pattern="x"), {"text": "Found."}] * (1 if refuses else 2))
    body = CLIENT + (
        "def tools(**more):\n"
        '    return [define_tool("grep", description="Mine", handler=lambda args, inv: "mine", **more)]\n'
        "try:\n"
        '    session = await client.create_session({"model": "gpt-5", "tools": tools()})\n'
        + "".join(f"    {line}\n" for line in ASK.splitlines())
        + "except Exception as error:\n"
        "    print(error)\n"
        'session = await client.create_session({"model": "gpt-5", "tools": tools(overrides_built_in_tool=True)})\n'
    )
    lines = place.went_well(place.fragment_of(body + ANSWER + STOP))
    assert lines[-1] == "Found." and len(lines) == (2 if refuses else 1)
    assert not refuses or ("grep" in lines[0] and "overridesBuiltInTool" in lines[0])
    assert told(place.asked()[1]) == "mine"


def test_B_09_image_support(place: Place) -> None:
    place.script({"text": "It is not there."}, {"text": "Still."})
    watch = "seen = []\nsession.on(seen.append)\n"
    shown = 'print([e.data.attachments for e in seen if e.type == "user.message"][0])\n'
    lines = place.went_well(place.fragment(SESSION + watch, ASK + shown + STOP))
    assert "/path/to/image.jpg" in lines[-1]
    assert "What's in this image?" in texts_of(place.asked()[0], "user")[0]


def test_B_10_image_support(place: Place) -> None:
    place.script(call("view", path=str(place.fence.work / "dot.png")), {"text": "A dot."}, {"text": "."})
    (place.fence.work / "dot.png").write_bytes(bytes.fromhex(DOT))
    watch = "seen = []\nsession.on(seen.append)\n"
    allow = "from copilot import PermissionHandler\n"
    before = CLIENT + (
        "allowed = PermissionHandler.approve_all\n"
        'session = await client.create_session({"model": "gpt-5", "on_permission_request": allowed})\n'
    )
    wait = 'while not any(e.type == "session.idle" for e in seen):\n    await asyncio.sleep(0.01)\n'
    shown = 'print([e.data.content for e in seen if e.type == "assistant.message"][-1])\n'
    assert place.went_well(place.fragment(before + watch, wait + shown + STOP, allow)) == ["A dot."]
    first, second = place.asked()
    assert "most recent jpg" in texts_of(first, "user")[0]
    assert "image_url" in json.dumps(second["messages"]) or "image" in told(second)


DOT = (
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000002"
    "00000500010d0a2db40000000049454e44ae426082"
)


def test_B_11_streaming(place: Place) -> None:
    place.script({"reasoning": ["A ", "thought"], "chunks": ["Once ", "upon"]})
    run = place.program()
    place.went_well(run)
    assert "Once upon" in run.stdout.split("\n", 1)[0]
    assert "--- Final message ---\nOnce upon\n" in run.stdout
    if place.cli.protocol == 3:  # the first CLIs do not tell what their models think
        assert run.stdout.startswith("A thought") and "--- Reasoning ---\nA thought\n" in run.stdout


def test_B_12_infinite_sessions(place: Place) -> None:
    block = text_of(file_of(place.name))
    made = (
        block.replace("session = await", "sessions.append(await")
        .replace('"gpt-5"})', '"gpt-5"}))')
        .replace("\n})", "\n}))")
    )
    assert made.count("sessions.append") == 3
    lines = place.went_well(
        place.fragment(CLIENT, "print(session.session_id, session.workspace_path)\n" + STOP)
    )
    assert re.search(r"/session-state/[0-9a-f-]{36}/?$", lines[0])
    assert lines[1].endswith(" None")
    each = (
        "for each in sessions:\n"
        "    answer = await each.send_and_wait({'prompt': 'Hi'})\n"
        "    print(answer.data.content, bool(each.workspace_path))\n"
    )
    made = made.replace("print(session.workspace_path)\n", "")
    lines = place.went_well(place.fragment_of(CLIENT + "sessions = []\n" + made + each + STOP))
    assert lines == ["You said: Hi True", "You said: Hi True", "You said: Hi False"]


def test_B_13_custom_providers(place: Place) -> None:
    internet = place.connect("localhost:11434")
    assert place.went_well(place.fragment(CLIENT, ANSWER + STOP)) == ["You said: Hello!"]
    assert {(each.host, each.target) for each in internet.asked if "11434" in each.host} == {
        ("localhost:11434", "/v1/chat/completions")
    }
    assert [request["model"] for request in place.model.requests("own")] == ["deepseek-coder-v2:16b"] * 2
    assert place.asked() == []


def test_B_14_custom_providers(place: Place) -> None:
    place.extra["MY_API_KEY"] = "a key of mine"
    internet = place.connect("my-api.example.com:443")
    assert place.went_well(place.fragment(CLIENT, ANSWER + STOP)) == ["You said: Hello!"]
    (asked,) = [each for each in internet.asked if "example" in each.host]
    assert (asked.target, asked.headers["authorization"]) == ("/v1/chat/completions", "Bearer a key of mine")
    assert place.model.requests("own")[0]["model"] == "gpt-4"


def test_B_15_custom_providers(place: Place) -> None:
    place.extra["AZURE_OPENAI_KEY"] = "a key of Azure"
    internet = place.connect("my-resource.openai.azure.com:443")
    assert place.went_well(place.fragment(CLIENT, ANSWER + STOP)) == ["You said: Hello!"]
    (asked,) = [each for each in internet.asked if "azure" in each.host]
    assert asked.target == "/openai/deployments/gpt-4/chat/completions?api-version=2024-10-21"
    assert asked.headers["api-key"] == "a key of Azure"


def test_B_16_user_input_requests(place: Place) -> None:
    place.script(call("ask_user", question="Which colour?", choices=["red", "blue"]), {"text": "Then so."})
    lines = place.went_well(place.fragment(CLIENT, ANSWER + STOP))
    assert lines == ["Agent asks: Which colour?", "Choices: red, blue", "Then so."]
    assert "User's answer here" in told(place.asked()[1])


def test_B_17_session_hooks(place: Place) -> None:
    place.script(call("bash", command="echo from the shell", description="Say it"), {"text": "Said."})
    lines = place.went_well(place.fragment(CLIENT, ANSWER + "await session.destroy()\n" + STOP))
    for line in ("User prompt: Hello!", "About to run tool: bash", "Tool bash completed", "Said."):
        assert line in lines, lines
    assert any(re.match(r"Session started from: (startup|resume|new)$", line) for line in lines)
    assert any(re.match(r"Session ended: \w+$", line) for line in lines)
    second = place.asked()[1]
    if place.cli.protocol == 2:  # these ask for permission all the same, and nobody is there to give it
        assert "Permission denied" in told(second)
    else:
        assert "from the shell" in told(second)
        everything = json.dumps(second["messages"])
        assert "Extra context for the model" in everything and "Post-execution notes" in everything
        assert "Session initialization context" in everything


def test_B_17_hears_of_errors(place: Place) -> None:
    place.name = "B_17_session_hooks"
    place.break_model()
    after = "import contextlib\nwith contextlib.suppress(Exception):\n    " + ASK + STOP
    lines = place.went_well(place.fragment(CLIENT, after))
    assert any(re.match(r"Error in \w+: .+", line) for line in lines), lines

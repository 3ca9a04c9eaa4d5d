"""The examples and the sample, as a user runs them, on real CLIs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from terminal import Terminal
from testbed import ROOT, Fence, Model, find_cli, texts_of, wanted_clis

HERE = ROOT / "bindings/python"
EXAMPLES = sorted((HERE / "examples").glob("*.py"))
SAID = {
    "02_ask": "You said: Hello from Python!\n",
    "04_tool": "[add(19, 23) = 42]\nThe tool add answered: 42\n",
    "06_pull": "[clock]\nThe tool clock answered: a quarter to nine\n",
}
ARGUMENTS = {"02_ask": ["Hello from Python!"]}


class Shell:
    """Where a program runs: a CLI in its fence, and a model by the session's options."""

    def __init__(self, name: str) -> None:
        self.fence = Fence(find_cli(name))
        self.model = Model()

    def env(self) -> dict[str, str]:
        provider = {"type": "openai", "base_url": self.model.base_url("own"), "api_key": "none"}
        return self.fence.env(COPILOT_SESSION_JSON=json.dumps({"model": "fake", "provider": provider}))

    def close(self) -> None:
        self.model.close()
        self.fence.remove()


@pytest.fixture(params=wanted_clis())
def shell(request: pytest.FixtureRequest) -> Iterator[Shell]:
    made = Shell(request.param)
    yield made
    made.close()


def run(program: Path, arguments: list[str], env: dict[str, str], cwd: Path) -> Any:
    command = [sys.executable, "-W", "error::ResourceWarning", str(program), *arguments]
    return subprocess.run(
        command, env=env, cwd=cwd, capture_output=True, text=True, timeout=45, stdin=subprocess.DEVNULL
    )


def test_each_example_has_its_namesake_in_c_and_is_short() -> None:
    assert [path.stem for path in EXAMPLES] == sorted(SAID)
    for path in EXAMPLES:
        assert (ROOT / f"examples/c/{path.stem}.c").is_file()
        assert len(path.read_text().splitlines()) <= 80


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_converse(shell: Shell, path: Path) -> None:
    done = run(path, ARGUMENTS.get(path.stem, []), shell.env(), shell.fence.work)
    assert (done.stdout, done.stderr, done.returncode) == (SAID[path.stem], "", 0)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_without_a_cli_an_example_says_so(tmp_path: Path, path: Path) -> None:
    done = run(path, [], {**os.environ, "COPILOT_CLI_PATH": "/nowhere/copilot"}, tmp_path)
    assert (done.stdout, done.returncode) == ("", 1)
    assert (
        done.stderr.startswith("ask: ")
        and "/nowhere/copilot" in done.stderr
        and "Traceback" not in done.stderr
    )


def test_a_provider_of_anthropic(shell: Shell) -> None:
    provider = {"type": "anthropic", "base_url": f"{shell.model.url}/s/own", "api_key": "a key"}
    shell.model.script("own", [{"text": "Good morning."}])
    env = {**shell.env(), "COPILOT_SESSION_JSON": json.dumps({"model": "fake", "provider": provider})}
    done = run(HERE / "examples/02_ask.py", [], env, shell.fence.work)
    assert (done.stdout, done.stderr, done.returncode) == ("Good morning.\n", "", 0)
    (record,) = shell.model.records("own")
    assert record["path"] == "/s/own/v1/messages" and record["headers"]["x-api-key"] == "a key"


def chat(shell: Shell) -> Terminal:
    return Terminal([sys.executable, str(HERE / "samples/chat.py")], shell.env(), shell.fence.work)


def test_the_chat_streams_asks_and_quits(shell: Shell) -> None:
    look = {"tools": [["bash", {"command": "ls", "description": "List the files"}]]}
    shell.model.script("own", [{"chunks": ["Good ", "morning."]}, look, {"text": "Nothing is here."}])
    with chat(shell) as terminal:
        terminal.expect("You: ")
        terminal.say("Hello")
        assert "Good morning." in terminal.expect("You: ")
        terminal.say("")
        terminal.expect("You: ")
        terminal.say("What is here?")
        assert "[shell] ls" in terminal.expect("allow? [y/n] ")
        terminal.say("y")
        assert "Nothing is here." in terminal.expect("You: ")
        terminal.say("/quit")
        assert terminal.ended() == 0
    assert "Traceback" not in terminal.shown
    second = shell.model.requests("own")[2]
    assert "Hello" in texts_of(second, "user")[0] and "Good morning." in texts_of(second, "assistant")[0]


def test_ctrl_c_stops_an_answer_and_the_chat_goes_on(shell: Shell) -> None:
    shell.model.script(
        "own", [{"chunks": ["Once ", "upon ", "a time"], "hang_after": 2}, {"text": "Still here."}]
    )
    with chat(shell) as terminal:
        terminal.expect("You: ")
        terminal.say("A story, please")
        terminal.expect("Once ")
        terminal.interrupt()
        assert "(stopped)" in terminal.expect("You: ")
        terminal.say("Are you there?")
        assert "Still here." in terminal.expect("You: ")
        terminal.end_of_input()
        assert terminal.ended() == 0
    assert "Traceback" not in terminal.shown


def test_ctrl_c_at_the_prompt_ends_the_chat(shell: Shell) -> None:
    with chat(shell) as terminal:
        terminal.expect("You: ")
        terminal.interrupt()
        terminal.say("")  # the line that is being read is given up with the next one
        assert terminal.ended() == 0
    assert "Traceback" not in terminal.shown


def test_the_chat_tells_errors_and_goes_on(shell: Shell) -> None:
    options = json.loads(shell.env()["COPILOT_SESSION_JSON"])
    del options["model"]
    env = {**shell.env(), "COPILOT_SESSION_JSON": json.dumps(options)}
    with Terminal([sys.executable, str(HERE / "samples/chat.py")], env, shell.fence.work) as terminal:
        terminal.expect("You: ")
        terminal.say("Hello")
        assert "needs a model" in terminal.expect("You: ")
        terminal.say("/quit")
        assert terminal.ended() == 0

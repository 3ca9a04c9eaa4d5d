"""Runs the code blocks of the two documents as programs of their own.

A whole program is run as it stands. A fragment is indented into an async function; what it leaves out stands before
it, what shows its effect behind it, and none of its lines is changed but those that the manifest lists.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tokenize
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from internet import Internet
from testbed import Cli, Fence, Model, testbed_program

HERE = Path(__file__).resolve().parent
BLOCKS = HERE / "blocks"
MANIFEST: dict[str, dict[str, Any]] = json.loads((HERE / "manifest.json").read_text())
# What the documents name. The first CLIs do not know gpt-5 any more, and fall back to the second.
MODELS = ("gpt-5", "claude-sonnet-4.5")
LIMIT = 45.0

# What fragments leave out.
CLIENT = "client = copilot.CopilotClient()\nawait client.start()\n"
SESSION = CLIENT + 'session = await client.create_session({"model": "gpt-5"})\n'
STREAMING = CLIENT + 'session = await client.create_session({"model": "gpt-5", "streaming": True})\n'
# What ends a program that they begin.
ASK = 'await session.send_and_wait({"prompt": "Go on."})\n'
STOP = "await client.stop()\n"


def file_of(name: str) -> str:
    """The file of the block that a test is named after."""
    found = [file for file in MANIFEST if Path(file).stem == name]
    assert len(found) == 1, f"the manifest has no block {name}"
    return found[0]


def text_of(file: str) -> str:
    """A block with the replacements that the manifest lists for it."""
    text = (BLOCKS / file).read_bytes().decode()
    for old, new in MANIFEST[file].get("replaced", {}).items():
        assert text.count(old) == 1, f"{file}: {old!r} is there {text.count(old)} times"
        text = text.replace(old, new)
    return text


def indented(text: str, by: str) -> str:
    """The same statements one block deeper. What is inside a string that goes over several lines is not touched."""
    inside: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING or "STRING" in tokenize.tok_name[token.type]:
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    lines = text.splitlines(keepends=True)
    return "".join(
        line if number in inside or not line.strip() else by + line for number, line in enumerate(lines, 1)
    )


@dataclass
class Run:
    """What a program did."""

    status: int
    stdout: str
    stderr: str
    starts: list[list[str]]
    """The arguments of each CLI that was started."""

    @property
    def lines(self) -> list[str]:
        return self.stdout.splitlines()


class Place:
    """Where a block runs: a CLI in its fence, the model that it speaks to, and the internet that it sees."""

    def __init__(self, cli: Cli, name: str) -> None:
        self.cli = cli
        self.name = name
        self.fence = Fence(cli)
        self.model = Model()
        self.internet: Internet | None = None
        self.extra: dict[str, str] = {}
        self._calls = self.fence.root / "calls"
        self._wrap()

    def _wrap(self) -> None:
        """`copilot` is a script that notes how it was started and becomes the CLI."""
        program = self.fence.root / "bin/copilot"
        program.unlink()
        program.write_text(f'#!/bin/sh\necho "$*" >>"{self._calls}"\nexec "{self.cli.path}" "$@"\n')
        program.chmod(0o755)

    def close(self) -> None:
        if self.internet is not None:
            self.internet.close()
        self.model.close()
        self.fence.remove()

    # ---- the model ----

    def script(self, *steps: Any) -> None:
        """What GitHub's model says, step by step. Without a script it says back what it was told."""
        self.model.script("hosted", list(steps))

    def break_model(self) -> None:
        """Lets the next turns end with a session.error. No CLI tries a 403 again."""
        self.script(*[{"status": 403, "body": {"error": {"message": "not for you"}}}] * 3)

    def connect(self, *hosts: str) -> Internet:
        """Gives it an internet with these hosts ("name:port"). Their model says back what it was told."""
        self.internet = Internet(self.model.port, self.fence.root, dict.fromkeys(hosts, "own"))
        return self.internet

    def speak_to_fake(self, script: Any) -> None:
        """Takes the fake runtime, which plays this script, instead of the CLI; its log is `fake_log()`."""
        self.extra.update(
            COPILOT_CLI_PATH=str(testbed_program("fake-runtime")),
            FAKE_RUNTIME=json.dumps({"protocol": self.cli.protocol, **script}),
            FAKE_RUNTIME_LOG=str(self.fence.root / "log"),
        )

    def fake_log(self) -> str:
        """What the fake runtime has noted."""
        return (self.fence.root / "log").read_text()

    def asked(self) -> list[Any]:
        """What GitHub's model was asked."""
        return self.model.requests("hosted")

    # ---- programs ----

    def env(self) -> dict[str, str]:
        env = self.fence.env(
            **self.model.hosted_env(MODELS, MODELS[1]), COPILOT_CLI_PATH=str(self.fence.root / "bin/copilot")
        )
        if self.internet is not None:
            env.update(self.internet.env())
        return {**env, "MODEL_URL": self.model.base_url("own"), **self.extra}

    def program(self) -> Run:
        """Runs the block as it is."""
        return self._run(BLOCKS / file_of(self.name))

    def fragment(self, before: str, after: str = "", imports: str = "") -> Run:
        """Runs the block inside an async function, between `before` and `after`, which are statements."""
        return self.fragment_of(before + text_of(file_of(self.name)) + "\n" + after, imports)

    def fragment_of(self, body: str, imports: str = "") -> Run:
        """Runs statements inside an async function."""
        head = (
            "import asyncio\nimport os\nimport copilot\nfrom copilot import CopilotClient, Tool, define_tool\n"
            + imports
        )
        source = f"{head}\n\nasync def fragment():\n{indented(body, '    ')}\n\nasyncio.run(fragment())\n"
        path = self.fence.work / "fragment.py"
        path.write_bytes(source.encode())
        return self._run(path)

    def _run(self, path: Path) -> Run:
        before = len(self._started())
        done = subprocess.run(
            [sys.executable, "-W", "error::ResourceWarning", "-W", "error::RuntimeWarning", str(path)],
            env=self.env(),
            cwd=self.fence.work,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=LIMIT,
        )
        return Run(done.returncode, done.stdout.decode(), done.stderr.decode(), self._started()[before:])

    def _started(self) -> list[list[str]]:
        return [line.split() for line in self._calls.read_text().splitlines()] if self._calls.exists() else []

    def went_well(self, run: Run, starts: int = 1) -> list[str]:
        """That it ended well, said nothing to stderr and started so many CLIs; the lines that it printed."""
        assert run.status == 0 and run.stderr == "", f"status {run.status}\n{run.stdout}\n{run.stderr}"
        assert len(run.starts) == starts, run.starts
        return run.lines


def quoted_types(file: str) -> list[str]:
    """The types of events that a block compares with."""
    text = (BLOCKS / file).read_text()
    return [part.split('"')[1] for part in text.split("event.type == ")[1:]]

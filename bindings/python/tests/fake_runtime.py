"""The fake runtime for one test: its script, the options of a client that starts it, and its log."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any, Callable

from copilot import CopilotClientOptions

from testbed import testbed_program

PATIENCE = 20.0

Record = dict[str, Any]


class FakeRuntime:
    """A script, whose words are in tests/testbed/RUNTIME.md, and what every process that played it has logged."""

    def __init__(self, folder: Path, script: Record) -> None:
        self.program = str(testbed_program("fake-runtime"))
        self._log = folder / "log"
        self._log.touch()
        file = folder / "script.json"
        file.write_text(json.dumps(script))
        self.env = {"FAKE_RUNTIME_FILE": str(file), "FAKE_RUNTIME_LOG": str(self._log)}

    @property
    def options(self) -> CopilotClientOptions:
        """The options of a client that starts it."""
        return {"cli_path": self.program, "env": self.env}

    def log(self) -> list[Record]:
        """The records so far. A line that is being written is not one yet."""
        whole, _, _ = self._log.read_bytes().rpartition(b"\n")
        return [json.loads(line) for line in whole.splitlines()]

    def received(self, method: str) -> list[Any]:
        """The parameters of the calls of a method."""
        messages = [record["in"] for record in self.log() if "in" in record]
        return [message.get("params") for message in messages if message.get("method") == method]

    def answers(self, what: str) -> list[Any]:
        """What questions were answered with: "tool", the type of an event, or a method."""
        return [record["answer"] for record in self.log() if record.get("answered") == what]

    def starts(self) -> list[Record]:
        """The processes that there were: argv, env, cwd and pid of each."""
        return [record for record in self.log() if "argv" in record]

    def pids(self) -> list[int]:
        """Their numbers."""
        return [start["pid"] for start in self.starts()]

    async def until_received(self, method: str, count: int = 1) -> list[Any]:
        """The parameters of the calls of a method, once there are so many."""
        await until(lambda: len(self.received(method)) >= count, f"{count} calls of {method}")
        return self.received(method)

    async def until_answered(self, what: str, count: int = 1) -> list[Any]:
        """The answers to a kind of question, once there are so many."""
        await until(lambda: len(self.answers(what)) >= count, f"{count} answers to {what}")
        return self.answers(what)

    def running(self) -> list[int]:
        """Those of its processes that have not ended."""
        return [pid for pid in self.pids() if is_running(pid)]

    def wait_gone(self) -> None:
        """Waits until none of its processes is left."""
        wait_until(lambda: not self.running(), "the end of the CLI's processes")


def is_running(pid: int) -> bool:
    """Whether a process is there. One that has ended and that nobody has asked about is not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


async def until(condition: Callable[[], Any], what: str = "the condition") -> None:
    """Waits until a condition holds, with the loop going on; AssertionError when it does not in time."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        await asyncio.sleep(0.005)


def wait_until(condition: Callable[[], Any], what: str = "the condition") -> None:
    """The same where there is no loop."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.005)

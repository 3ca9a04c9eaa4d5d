"""A program under a pseudo-terminal, as a user would have it."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType

LIMIT = 30.0


class Terminal:
    """Starts a program with a terminal of its own. What it does not do within 30 seconds fails."""

    def __init__(self, command: list[str], env: dict[str, str], cwd: Path) -> None:
        self._side, other = pty.openpty()
        self.process = subprocess.Popen(
            command,
            env={**env, "TERM": "dumb", "PYTHONFAULTHANDLER": "1"},
            cwd=cwd,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=lambda: _own_terminal(other),
        )
        os.close(other)
        self.shown = ""
        self._read = 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        os.close(self._side)

    def expect(self, text: str) -> str:
        """Waits until it has shown a text that was not there before, and returns what came up to it."""
        end = time.monotonic() + LIMIT
        while text not in self.shown[self._read :]:
            assert self._more(end), f"{text!r} was not shown: {self.shown[self._read :]!r} of {self.shown!r}"
        start, self._read = self._read, self.shown.index(text, self._read) + len(text)
        return self.shown[start : self._read]

    def say(self, line: str) -> None:
        """Types a line."""
        os.write(self._side, line.encode() + b"\n")

    def interrupt(self) -> None:
        """Types Ctrl-C."""
        os.write(self._side, b"\x03")

    def end_of_input(self) -> None:
        """Types Ctrl-D."""
        os.write(self._side, b"\x04")

    def ended(self) -> int:
        """Waits until it has ended, and returns its status. One that has not tells what its threads are doing."""
        end = time.monotonic() + LIMIT
        while self._more(end):
            pass
        try:
            return self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)
            while self._more(time.monotonic() + 1):
                pass
            raise AssertionError(f"it has not ended: {self.shown}") from None

    def _more(self, end: float) -> bool:
        """Waits for output; false when the time is up or the terminal is closed."""
        ready, _, _ = select.select([self._side], [], [], max(0.0, end - time.monotonic()))
        try:
            piece = os.read(self._side, 65536) if ready else b""
        except OSError:  # nobody has the other side any more
            return False
        self.shown += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)


def _own_terminal(other: int) -> None:
    """In the new process: the terminal is its own, so that Ctrl-C reaches it, and does what it does in a terminal.

    A shell lets what it starts in the background ignore Ctrl-C, and whatever that starts inherits it.
    """
    import fcntl
    import termios

    fcntl.ioctl(other, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)

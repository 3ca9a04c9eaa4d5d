"""What can go wrong. All that the library reports is a CopilotError; what Python has a name for is that as well."""

from __future__ import annotations

import asyncio
import sys
from typing import Any


class CopilotError(RuntimeError):
    """Something that was asked of the CLI did not happen.

    ``status`` is the name of the library's status, such as "COPILOT_E_TRANSPORT"; ``data`` has the facts behind it,
    and ``retriable`` says whether the same call may succeed later.
    """

    status: str = "COPILOT_E_INTERNAL"
    data: Any = None
    retriable: bool = False


class JsonRpcError(CopilotError):
    """The server refused a call. ``code`` and ``data`` are those of its JSON-RPC error."""

    status = "COPILOT_E_RPC"

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        self.code = code
        self.message = message
        self.data = data
        super().__init__(f"JSON-RPC Error {code}: {message}")


class ProcessExitedError(CopilotError):
    """The CLI's process ended, or the connection to it broke."""

    status = "COPILOT_E_TRANSPORT"


class SessionError(CopilotError):
    """The turn of a session failed: the model could not be reached, a quota is used up, the turn broke off."""

    status = "COPILOT_E_SESSION"


class InvalidArgumentError(CopilotError, ValueError):
    """An option, a message or an answer is not what it has to be. Nothing was done."""

    status = "COPILOT_E_INVALID_ARGUMENT"


if sys.version_info >= (3, 11):
    _Timeout = TimeoutError
else:

    class _Timeout(asyncio.TimeoutError, TimeoutError):
        """Before Python 3.11 asyncio has a timeout of its own; whoever catches either is to catch this one."""


class CopilotTimeoutError(CopilotError, _Timeout):
    """The time was up first. What was begun goes on at the server."""

    status = "COPILOT_E_TIMEOUT"

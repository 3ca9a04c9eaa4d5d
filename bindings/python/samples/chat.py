"""A chat with the agent: answers stream as they are written, Ctrl-C stops one, /quit ends the chat.

    python chat.py

COPILOT_SESSION_JSON may hold the session's options, for instance a provider with a key of your own; without it the
CLI's GitHub login is used.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import Any

from copilot import CopilotClient, CopilotSession, PermissionRequest, PermissionRequestResult, SessionEvent

HELP = "/quit ends the chat, Ctrl-C stops an answer."


async def ask(prompt: str) -> str:
    """Reads a line without holding up the loop; the end of the input is /quit."""
    try:
        return await asyncio.to_thread(input, prompt)
    except EOFError:
        print()
        return "/quit"


async def permit(request: PermissionRequest, invocation: dict[str, str]) -> PermissionRequestResult:
    """Asks the user whether the agent may do something."""
    what = request.get("fullCommandText") or request.get("path") or request.get("url") or ""
    answer = await ask(f"\n[{request['kind']}] {what} allow? [y/n] ")
    return {"kind": "approved" if answer.strip() == "y" else "denied-interactively-by-user"}


def show(event: SessionEvent) -> None:
    """Prints what the agent says while it says it, and which tools it uses."""
    if event.type == "assistant.message_delta":
        print(event.data.delta_content or "", end="", flush=True)
    elif event.type == "tool.execution_start":
        print(f"[{event.data.tool_name}]", flush=True)


async def turn(session: CopilotSession, prompt: str) -> None:
    """One question and its answer, which Ctrl-C stops."""
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []
    loop.add_signal_handler(signal.SIGINT, lambda: stopping.append(loop.create_task(session.abort())))
    try:
        await session.send_and_wait({"prompt": prompt}, timeout=600)
        print("\n(stopped)" if stopping else "")
    except Exception as error:
        print(f"\nError: {error}")
    finally:
        loop.remove_signal_handler(signal.SIGINT)
        await asyncio.gather(*stopping, return_exceptions=True)


async def main() -> None:
    options: dict[str, Any] = json.loads(os.environ.get("COPILOT_SESSION_JSON", "{}"))
    options.update(streaming=True, on_permission_request=permit)
    async with CopilotClient() as client, await client.create_session(**options) as session:
        session.on(show)
        print(HELP)
        while True:
            line = (await ask("You: ")).strip()
            if line == "/quit":
                return
            if line:
                await turn(session, line)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print()

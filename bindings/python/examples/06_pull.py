"""06: no callback for what happens. The events of a turn are taken one by one, at the program's own pace."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from typing import Any

from copilot import CopilotClient, CopilotError, CopilotSession, SessionEvent, define_tool


def tell(arguments: dict[str, Any], invocation: Any) -> str:
    print("[clock]")
    return "a quarter to nine"


clock = define_tool(name="clock", description="Tells the time", handler=tell)


async def events(session: CopilotSession, prompt: str) -> AsyncIterator[SessionEvent]:
    """Sends a message and yields what happens until the turn is over. Nothing is lost, however slow the taker is."""
    waiting: asyncio.Queue[SessionEvent] = asyncio.Queue()
    unsubscribe = session.on(waiting.put_nowait)
    try:
        await session.send({"prompt": prompt})
        while True:
            event = await waiting.get()
            yield event
            if event.type == "session.idle":
                return
    finally:
        unsubscribe()


async def main(prompt: str) -> None:
    options: dict[str, Any] = json.loads(os.environ.get("COPILOT_SESSION_JSON", "{}"))
    options.update(streaming=True, tools=[clock])
    async with CopilotClient() as client, await client.create_session(**options) as session:
        async for event in events(session, prompt):
            if event.type == "assistant.message_delta":
                print(event.data.delta_content, end="", flush=True)
            elif event.type == "session.error":
                print(f"error: {event.data.message}", end="")
        print()


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "Ask the clock for the time."))
    except CopilotError as error:
        sys.exit(f"ask: {error}")

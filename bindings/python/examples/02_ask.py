"""02: one question, one answer.

    python 02_ask.py "What is a monad?"

COPILOT_SESSION_JSON may hold the session's options, for instance a provider with a key of your own; without it the
CLI's GitHub login is used.
"""

import asyncio
import json
import os
import sys

from copilot import CopilotClient, CopilotError


async def main(prompt: str) -> None:
    options = json.loads(os.environ.get("COPILOT_SESSION_JSON", "null"))
    async with CopilotClient() as client, await client.create_session(options) as session:
        answer = await session.send_and_wait({"prompt": prompt}, timeout=120)
        print(answer.data.content if answer else "(no answer)")


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "Say hello."))
    except CopilotError as error:
        sys.exit(f"ask: {error}")

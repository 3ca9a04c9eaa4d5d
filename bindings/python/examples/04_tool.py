"""04: a Python function as a tool of the model."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from copilot import CopilotClient, CopilotError, define_tool


@dataclass
class Sum:
    """What `add` takes. The schema that the model sees is made of it."""

    a: int
    b: int


@define_tool(description="Adds two integers")
async def add(params: Sum) -> str:
    """Runs on the loop, so that it may await whatever it needs."""
    result = params.a + params.b
    print(f"[add({params.a}, {params.b}) = {result}]")
    return str(result)


async def main(prompt: str) -> None:
    options: dict[str, Any] = json.loads(os.environ.get("COPILOT_SESSION_JSON", "{}"))
    async with CopilotClient() as client, await client.create_session(**options, tools=[add]) as session:
        answer = await session.send_and_wait({"prompt": prompt}, timeout=120)
        print(answer.data.content if answer else "(no answer)")


if __name__ == "__main__":
    try:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "Use add: what is 19 + 23?"))
    except CopilotError as error:
        sys.exit(f"ask: {error}")

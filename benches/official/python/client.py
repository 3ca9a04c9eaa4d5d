"""The official Python SDK against the mock CLI: client.py MOCK WORKLOAD NUMBERS…, one JSON line on stdout."""

import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).resolve().parents[2] / "python"))

from copilot import CopilotClient, RuntimeConnection
from copilot.session import PermissionHandler
from copilot.session_events import AssistantMessageData, AssistantMessageDeltaData, SessionIdleData
from copilot.tools import Tool, ToolResult

from workloads import PARAMETERS, Sdk, main


class Official(Sdk):
    """The newest SDK's API."""

    name = "official-python"

    def client(self, mock):
        return CopilotClient(connection=RuntimeConnection.for_stdio(path=mock))

    async def session(self, client, add):
        tool = Tool("add", "Adds two whole numbers", handler=self.call, parameters=PARAMETERS, skip_permission=True)
        return await client.create_session(
            streaming=True, on_permission_request=PermissionHandler.approve_all, tools=[tool] if add else []
        )

    async def send(self, session, prompt):
        await session.send(prompt)

    async def history(self, session):
        return await session.get_events()

    def call(self, invocation):
        return ToolResult(text_result_for_llm=self.add(invocation))

    def handler(self, stream):
        def on_event(event):
            data = event.data
            if isinstance(data, AssistantMessageDeltaData):
                stream.delta(data.delta_content)
            elif isinstance(data, AssistantMessageData):
                stream.content_bytes = len(data.content)
            elif isinstance(data, SessionIdleData):
                stream.idle.set()

        return on_event


if __name__ == "__main__":
    main(Official())

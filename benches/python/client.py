"""The Python binding against the mock CLI: client.py MOCK WORKLOAD NUMBERS…, one JSON line on stdout."""

from copilot import CopilotClient, PermissionHandler, Tool
from workloads import PARAMETERS, Sdk, main


class Libcopilot(Sdk):
    """The API of the documents."""

    name = "python"

    def client(self, mock):
        return CopilotClient({"cli_path": mock})

    async def session(self, client, add):
        tools = [Tool("add", "Adds two whole numbers", self.add, PARAMETERS, skip_permission=True)] if add else []
        return await client.create_session(
            {"streaming": True, "on_permission_request": PermissionHandler.approve_all, "tools": tools}
        )

    async def send(self, session, prompt):
        await session.send({"prompt": prompt})

    async def history(self, session):
        return await session.get_messages()

    def handler(self, stream):
        def on_event(event):
            if event.type == "assistant.message_delta":
                stream.delta(event.data.delta_content)
            elif event.type == "assistant.message":
                stream.content_bytes = len(event.data.content)
            elif event.type == "session.idle":
                stream.idle.set()

        return on_event


if __name__ == "__main__":
    main(Libcopilot())

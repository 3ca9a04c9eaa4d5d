"""The official Python SDK against the mock CLI: client.py MOCK WORKLOAD NUMBERS…, one JSON line on stdout."""

import asyncio
import json
import sys
import time

from copilot import CopilotClient, RuntimeConnection
from copilot.session import PermissionHandler
from copilot.session_events import AssistantMessageData, AssistantMessageDeltaData, SessionIdleData
from copilot.tools import Tool, ToolResult

from meter import Meter, connected, percentiles

WINDOW = 900  # events under way at a time: what fits into the queues of every SDK
PARAMETERS = {
    "type": "object",
    "required": ["a", "b"],
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
}
calls = 0


def add(invocation):
    """The tool that the mock asks for."""
    global calls
    calls += 1
    return ToolResult(text_result_for_llm=str(invocation.arguments["a"] + invocation.arguments["b"]))


ADD = Tool("add", "Adds two whole numbers", handler=add, parameters=PARAMETERS, skip_permission=True)


class Stream:
    """A session, and what has arrived of the turn that it is in."""

    @classmethod
    async def open(cls, client, size=0, tools=()):
        """Texts of `size` bytes begin with their number when they are long enough for it."""
        self = cls()
        self.numbered = size >= 16
        self.reset()
        self.latencies = None
        self.idle = asyncio.Event()
        self.session = await client.create_session(
            streaming=True, on_permission_request=PermissionHandler.approve_all, tools=list(tools)
        )
        self.session.on(self.on_event)
        return self

    def reset(self):
        self.received = self.text_bytes = self.content_bytes = self.next = 0
        self.in_order = True

    def on_event(self, event):
        data = event.data
        if isinstance(data, AssistantMessageDeltaData):
            text = data.delta_content
            self.received += 1
            self.text_bytes += len(text)
            if self.latencies is not None:
                self.latencies.append(time.monotonic_ns() - int(text[:20]))
            elif self.numbered:
                self.in_order &= int(text[:8]) == self.next
                self.next += 1
        elif isinstance(data, AssistantMessageData):
            self.content_bytes = len(data.content)
        elif isinstance(data, SessionIdleData):
            self.idle.set()

    async def turn(self, prompt):
        """Sends a prompt and waits until its turn is over."""
        self.next = 0
        self.idle.clear()
        await self.session.send(prompt)
        await self.idle.wait()

    def tally(self, count, size):
        return {
            "n": count, "bytes": size,
            "received": self.received, "in_order": self.in_order, "text_bytes": self.text_bytes,
        }


async def windows(client, prompt, window, count, size):
    """`count` deltas, of which at most `window` are under way; whole windows."""
    stream = await Stream.open(client, size)
    await stream.turn(f"{prompt} {min(window, 400)} {size}")
    stream.reset()
    window = min(window, count)
    rounds = -(-count // window)
    meter = Meter()
    for _ in range(rounds):
        await stream.turn(f"{prompt} {window} {size}")
    return {**meter.stop(), **stream.tally(rounds * window, size)}


async def burst(client, count, size):
    return await windows(client, "burst", count, count, size)


async def window(client, count, size):
    return await windows(client, "burst", WINDOW, count, size)


async def mix(client, count, size):
    return await windows(client, "mix", WINDOW // 2, count, size)


async def paced(client, count, size, rate):
    stream = await Stream.open(client, size)
    await stream.turn(f"burst 400 {size}")
    stream.reset()
    stream.latencies = []
    meter = Meter()
    await stream.turn(f"paced {count} {size} {rate}")
    return {**meter.stop(), **stream.tally(count, size), "rate": rate, **percentiles(stream.latencies)}


async def large(client, size):
    stream = await Stream.open(client)
    await stream.turn("burst 400 64")
    meter = Meter()
    await stream.turn(f"large {size}")
    figures = meter.stop()
    return {**figures, "n": 1, "bytes": size, "received": 1, "in_order": stream.content_bytes == size}


async def history(client, count, size):
    stream = await Stream.open(client)
    await stream.turn(f"history {count} {size}")
    meter = Meter()
    events = await stream.session.get_events()
    return {**meter.stop(), "n": count, "bytes": size, "received": len(events)}


async def ping(client, count):
    for _ in range(200):
        await client.ping()
    times = []
    meter = Meter()
    for _ in range(count):
        start = time.perf_counter_ns()
        await client.ping()
        times.append(time.perf_counter_ns() - start)
    return {**meter.stop(), "n": count, **percentiles(times)}


async def ping32(client, count):
    async def lane(pings):
        for _ in range(pings):
            await client.ping()

    await lane(200)
    each = -(-count // 32)
    meter = Meter()
    await asyncio.gather(*(lane(each) for _ in range(32)))
    return {**meter.stop(), "n": each * 32}


async def tools(client, count):
    global calls
    stream = await Stream.open(client, tools=[ADD])
    await stream.turn("tools 200")
    calls = 0
    meter = Meter()
    await stream.turn(f"tools {count}")
    return {**meter.stop(), "n": count, "received": calls}


async def create(client, count):
    async def create_and_leave(sessions):
        for _ in range(sessions):
            stream = await Stream.open(client)
            await stream.session.disconnect()

    await create_and_leave(20)
    meter = Meter()
    await create_and_leave(count)
    return {**meter.stop(), "n": count}


async def idle(client, count):
    """The growth of the memory while sessions are opened, none of which does anything."""
    await (await Stream.open(client)).session.disconnect()
    meter = Meter()
    sessions = [await Stream.open(client) for _ in range(count)]
    return {**meter.stop(), "n": len(sessions)}


async def all_at_once(client, prompt, sessions, count, size):
    """Every session streams `count` deltas, all at the same time."""
    streams = [await Stream.open(client, size) for _ in range(sessions)]
    meter = Meter()
    await streams[0].session.send(f"{prompt} {count} {size}")
    for stream in streams:
        await stream.idle.wait()
    figures = meter.stop()
    total = streams[0]
    for stream in streams[1:]:
        total.received += stream.received
        total.text_bytes += stream.text_bytes
        total.in_order &= stream.in_order
    return {**figures, **total.tally(sessions * count, size), "sessions": sessions, "idles": len(streams)}


async def streams(client, sessions, count, size):
    return await all_at_once(client, "streams", sessions, count, size)


async def mixstreams(client, sessions, count, size):
    return await all_at_once(client, "mixstreams", sessions, count, size)


async def connect(_client):
    return connected()


WORKLOADS = [
    burst, window, mix, paced, large, history, ping, ping32, tools, create, idle, streams, mixstreams, connect,
]


async def main(mock, name, *numbers):
    workload = next((workload for workload in WORKLOADS if workload.__name__ == name), None)
    if workload is None:
        sys.exit(f"client.py: no such workload: {name}")
    client = CopilotClient(connection=RuntimeConnection.for_stdio(path=mock))
    await client.start()
    figures = await workload(client, *map(int, numbers))
    print(json.dumps({"client": "official-python", "workload": name, **figures}), flush=True)
    await client.stop()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: client.py MOCK WORKLOAD NUMBERS…")
    asyncio.run(main(*sys.argv[1:]))

"""The workloads, for any SDK of Python's. A client.py tells how its SDK does what they need, and calls main()."""

import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod

from meter import Meter, connected, percentiles

WINDOW = 900  # events under way at a time: what fits into the queues of every SDK
PARAMETERS = {
    "type": "object",
    "required": ["a", "b"],
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
}


class Sdk(ABC):
    """An SDK in the ways that its documents show."""

    name: str
    calls = 0  # of the tool

    @abstractmethod
    def client(self, mock):
        """A client whose CLI is the mock; it has start(), ping() and stop()."""

    @abstractmethod
    async def session(self, client, add):
        """A session with streaming and a permission handler, and with the tool `add` where that is true."""

    @abstractmethod
    async def send(self, session, prompt):
        """Sends a prompt."""

    @abstractmethod
    async def history(self, session):
        """The session's events."""

    @abstractmethod
    def handler(self, stream):
        """A handler of events, which tells the stream of its deltas, messages and ends of turns."""

    def add(self, invocation):
        """The tool that the mock asks for: what its result says."""
        self.calls += 1
        return str(invocation.arguments["a"] + invocation.arguments["b"])


class Stream:
    """A session, and what has arrived of the turn that it is in."""

    def __init__(self, sdk, session, size):
        """Texts of `size` bytes begin with their number when they are long enough for it."""
        self.sdk, self.session = sdk, session
        self.numbered = size >= 16
        self.latencies = None
        self.idle = asyncio.Event()
        self.reset()

    def reset(self):
        self.received = self.text_bytes = self.content_bytes = self.next = 0
        self.in_order = True

    def delta(self, text):
        self.received += 1
        self.text_bytes += len(text)
        if self.latencies is not None:
            self.latencies.append(time.monotonic_ns() - int(text[:20]))
        elif self.numbered:
            self.in_order &= int(text[:8]) == self.next
            self.next += 1

    async def turn(self, prompt):
        """Sends a prompt and waits until its turn is over."""
        self.next = 0
        self.idle.clear()
        await self.sdk.send(self.session, prompt)
        await self.idle.wait()

    def tally(self, count, size):
        return {
            "n": count, "bytes": size,
            "received": self.received, "in_order": self.in_order, "text_bytes": self.text_bytes,
        }


class Bench:
    """A connected client, and what it can be asked to do."""

    def __init__(self, sdk, client):
        self.sdk, self.client = sdk, client

    async def open(self, size=0, add=False):
        session = await self.sdk.session(self.client, add)
        stream = Stream(self.sdk, session, size)
        session.on(self.sdk.handler(stream))
        return stream

    async def windows(self, prompt, window, count, size):
        """`count` deltas, of which at most `window` are under way; whole windows."""
        stream = await self.open(size)
        await stream.turn(f"{prompt} {min(window, 400)} {size}")
        stream.reset()
        window = min(window, count)
        rounds = -(-count // window)
        meter = Meter()
        for _ in range(rounds):
            await stream.turn(f"{prompt} {window} {size}")
        return {**meter.stop(), **stream.tally(rounds * window, size)}

    async def burst(self, count, size):
        return await self.windows("burst", count, count, size)

    async def window(self, count, size):
        return await self.windows("burst", WINDOW, count, size)

    async def mix(self, count, size):
        return await self.windows("mix", WINDOW // 2, count, size)

    async def paced(self, count, size, rate):
        stream = await self.open(size)
        await stream.turn(f"burst 400 {size}")
        stream.reset()
        stream.latencies = []
        meter = Meter()
        await stream.turn(f"paced {count} {size} {rate}")
        return {**meter.stop(), **stream.tally(count, size), "rate": rate, **percentiles(stream.latencies)}

    async def large(self, size):
        stream = await self.open()
        await stream.turn("burst 400 64")
        meter = Meter()
        await stream.turn(f"large {size}")
        figures = meter.stop()
        return {**figures, "n": 1, "bytes": size, "received": 1, "in_order": stream.content_bytes == size}

    async def history(self, count, size):
        stream = await self.open()
        await stream.turn(f"history {count} {size}")
        meter = Meter()
        events = await self.sdk.history(stream.session)
        return {**meter.stop(), "n": count, "bytes": size, "received": len(events)}

    async def ping(self, count):
        for _ in range(200):
            await self.client.ping()
        times = []
        meter = Meter()
        for _ in range(count):
            start = time.perf_counter_ns()
            await self.client.ping()
            times.append(time.perf_counter_ns() - start)
        return {**meter.stop(), "n": count, **percentiles(times)}

    async def ping32(self, count):
        async def lane(pings):
            for _ in range(pings):
                await self.client.ping()

        await lane(200)
        each = -(-count // 32)
        meter = Meter()
        await asyncio.gather(*(lane(each) for _ in range(32)))
        return {**meter.stop(), "n": each * 32}

    async def tools(self, count):
        stream = await self.open(add=True)
        await stream.turn("tools 200")
        self.sdk.calls = 0
        meter = Meter()
        await stream.turn(f"tools {count}")
        return {**meter.stop(), "n": count, "received": self.sdk.calls}

    async def create(self, count):
        async def create_and_leave(sessions):
            for _ in range(sessions):
                stream = await self.open()
                await stream.session.disconnect()

        await create_and_leave(20)
        meter = Meter()
        await create_and_leave(count)
        return {**meter.stop(), "n": count}

    async def idle(self, count):
        """The growth of the memory while sessions are opened, none of which does anything."""
        await (await self.open()).session.disconnect()
        meter = Meter()
        sessions = [await self.open() for _ in range(count)]
        return {**meter.stop(), "n": len(sessions)}

    async def all_at_once(self, prompt, sessions, count, size):
        """Every session streams `count` deltas, all at the same time."""
        streams = [await self.open(size) for _ in range(sessions)]
        meter = Meter()
        await self.sdk.send(streams[0].session, f"{prompt} {count} {size}")
        for stream in streams:
            await stream.idle.wait()
        figures = meter.stop()
        total = streams[0]
        for stream in streams[1:]:
            total.received += stream.received
            total.text_bytes += stream.text_bytes
            total.in_order &= stream.in_order
        return {**figures, **total.tally(sessions * count, size), "sessions": sessions, "idles": len(streams)}

    async def streams(self, sessions, count, size):
        return await self.all_at_once("streams", sessions, count, size)

    async def mixstreams(self, sessions, count, size):
        return await self.all_at_once("mixstreams", sessions, count, size)

    async def connect(self):
        return connected()


WORKLOADS = (
    Bench.burst, Bench.window, Bench.mix, Bench.paced, Bench.large, Bench.history, Bench.ping, Bench.ping32,
    Bench.tools, Bench.create, Bench.idle, Bench.streams, Bench.mixstreams, Bench.connect,
)


async def run(sdk, mock, name, *numbers):
    workload = next((workload for workload in WORKLOADS if workload.__name__ == name), None)
    if workload is None:
        sys.exit(f"client.py: no such workload: {name}")
    client = sdk.client(mock)
    await client.start()
    figures = await workload(Bench(sdk, client), *map(int, numbers))
    print(json.dumps({"client": sdk.name, "workload": name, **figures}), flush=True)
    await client.stop()


def main(sdk):
    """client.py MOCK WORKLOAD NUMBERS…: runs a workload and prints its figures as a line of JSON."""
    if len(sys.argv) < 3:
        sys.exit("usage: client.py MOCK WORKLOAD NUMBERS…")
    asyncio.run(run(sdk, *sys.argv[1:]))

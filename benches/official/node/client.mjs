// The official Node SDK against the mock CLI: node client.mjs MOCK WORKLOAD NUMBERS…, one JSON line on stdout.

import { CopilotClient, RuntimeConnection, approveAll } from "@github/copilot-sdk";
import { Meter, connected, percentiles } from "./meter.mjs";

const WINDOW = 900; // events under way at a time: what fits into the queues of every SDK

let calls = 0;

/** The tool that the mock asks for. */
const add = {
  name: "add",
  description: "Adds two whole numbers",
  parameters: {
    type: "object",
    required: ["a", "b"],
    properties: { a: { type: "integer" }, b: { type: "integer" } },
  },
  skipPermission: true,
  handler: ({ a, b }) => {
    calls += 1;
    return String(a + b);
  },
};

/** A session, and what has arrived of the turn that it is in. */
class Stream {
  received = 0;
  inOrder = true;
  textBytes = 0;
  contentBytes = 0;
  next = 0;
  latencies = null;

  /** Texts of `size` bytes begin with their number when they are long enough for it. */
  static async open(client, size = 0, tools = []) {
    const stream = new Stream();
    stream.numbered = size >= 16;
    stream.awaitIdle();
    stream.session = await client.createSession({
      streaming: true,
      onPermissionRequest: approveAll,
      tools,
    });
    stream.session.on((event) => stream.onEvent(event));
    return stream;
  }

  reset() {
    Object.assign(this, { received: 0, inOrder: true, textBytes: 0, contentBytes: 0, next: 0 });
  }

  awaitIdle() {
    this.idle = new Promise((resolve) => (this.onIdle = resolve));
  }

  onEvent(event) {
    switch (event.type) {
      case "assistant.message_delta": {
        const text = event.data.deltaContent;
        this.received += 1;
        this.textBytes += text.length;
        if (this.latencies) {
          this.latencies.push(Number(process.hrtime.bigint() - BigInt(text.slice(0, 20))));
        } else if (this.numbered) {
          if (Number(text.slice(0, 8)) !== this.next) this.inOrder = false;
          this.next += 1;
        }
        break;
      }
      case "assistant.message":
        this.contentBytes = event.data.content.length;
        break;
      case "session.idle":
        this.onIdle();
        break;
    }
  }

  /** Sends a prompt and waits until its turn is over. */
  async turn(prompt) {
    this.next = 0;
    this.awaitIdle();
    await this.session.send({ prompt });
    await this.idle;
  }

  tally(n, bytes) {
    return { n, bytes, received: this.received, in_order: this.inOrder, text_bytes: this.textBytes };
  }
}

/** `count` deltas, of which at most `window` are under way; whole windows. */
async function windows(client, prompt, window, count, size) {
  const stream = await Stream.open(client, size);
  await stream.turn(`${prompt} ${Math.min(window, 400)} ${size}`);
  stream.reset();
  window = Math.min(window, count);
  const rounds = Math.ceil(count / window);
  const meter = new Meter();
  for (let round = 0; round < rounds; round++) await stream.turn(`${prompt} ${window} ${size}`);
  return { ...meter.stop(), ...stream.tally(rounds * window, size) };
}

async function paced(client, count, size, rate) {
  const stream = await Stream.open(client, size);
  await stream.turn(`burst 400 ${size}`);
  stream.reset();
  stream.latencies = [];
  const meter = new Meter();
  await stream.turn(`paced ${count} ${size} ${rate}`);
  return { ...meter.stop(), ...stream.tally(count, size), rate, ...percentiles(stream.latencies) };
}

async function large(client, size) {
  const stream = await Stream.open(client);
  await stream.turn("burst 400 64");
  const meter = new Meter();
  await stream.turn(`large ${size}`);
  return { ...meter.stop(), n: 1, bytes: size, received: 1, in_order: stream.contentBytes === size };
}

async function history(client, count, size) {
  const stream = await Stream.open(client);
  await stream.turn(`history ${count} ${size}`);
  const meter = new Meter();
  const events = await stream.session.getEvents();
  return { ...meter.stop(), n: count, bytes: size, received: events.length };
}

async function pings(client, count) {
  for (let ping = 0; ping < count; ping++) await client.ping();
}

async function ping(client, count) {
  await pings(client, 200);
  const times = [];
  const meter = new Meter();
  for (let ping = 0; ping < count; ping++) {
    const start = process.hrtime.bigint();
    await client.ping();
    times.push(Number(process.hrtime.bigint() - start));
  }
  return { ...meter.stop(), n: count, ...percentiles(times) };
}

async function ping32(client, count) {
  await pings(client, 200);
  const each = Math.ceil(count / 32);
  const meter = new Meter();
  await Promise.all(Array.from({ length: 32 }, () => pings(client, each)));
  return { ...meter.stop(), n: each * 32 };
}

async function tools(client, count) {
  const stream = await Stream.open(client, 0, [add]);
  await stream.turn("tools 200");
  calls = 0;
  const meter = new Meter();
  await stream.turn(`tools ${count}`);
  return { ...meter.stop(), n: count, received: calls };
}

async function createAndLeave(client, count) {
  for (let session = 0; session < count; session++) {
    const stream = await Stream.open(client);
    await stream.session.disconnect();
  }
}

async function create(client, count) {
  await createAndLeave(client, 20);
  const meter = new Meter();
  await createAndLeave(client, count);
  return { ...meter.stop(), n: count };
}

async function openAll(client, count, size) {
  const streams = [];
  while (streams.length < count) streams.push(await Stream.open(client, size));
  return streams;
}

/** The growth of the memory while sessions are opened, none of which does anything. */
async function idle(client, count) {
  await createAndLeave(client, 20);
  const meter = new Meter();
  const streams = await openAll(client, count);
  return { ...meter.stop(), n: streams.length };
}

/** Every session streams `count` deltas, all at the same time. */
async function allAtOnce(client, prompt, sessions, count, size) {
  const streams = await openAll(client, sessions, size);
  const meter = new Meter();
  await streams[0].session.send({ prompt: `${prompt} ${count} ${size}` });
  await Promise.all(streams.map((stream) => stream.idle));
  const figures = meter.stop();
  const total = new Stream();
  for (const stream of streams) {
    total.received += stream.received;
    total.textBytes += stream.textBytes;
    total.inOrder &&= stream.inOrder;
  }
  return { ...figures, ...total.tally(sessions * count, size), sessions, idles: streams.length };
}

const workloads = {
  burst: (client, count, size) => windows(client, "burst", count, count, size),
  window: (client, count, size) => windows(client, "burst", WINDOW, count, size),
  mix: (client, count, size) => windows(client, "mix", WINDOW / 2, count, size),
  streams: (client, ...numbers) => allAtOnce(client, "streams", ...numbers),
  mixstreams: (client, ...numbers) => allAtOnce(client, "mixstreams", ...numbers),
  connect: async () => connected(),
  paced,
  large,
  history,
  ping,
  ping32,
  tools,
  create,
  idle,
};

const [mock, workload, ...numbers] = process.argv.slice(2);
if (!Object.hasOwn(workloads, workload ?? "")) {
  console.error("usage: client.mjs MOCK WORKLOAD NUMBERS…");
  process.exit(64);
}
const client = new CopilotClient({ connection: RuntimeConnection.forStdio({ path: mock }) });
await client.start();
const figures = await workloads[workload](client, ...numbers.map(Number));
console.log(JSON.stringify({ client: "official-node", workload, ...figures }));
await client.stop();

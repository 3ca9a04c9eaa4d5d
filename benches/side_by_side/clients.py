"""The programs that are measured, each one line."""

import re
from dataclasses import dataclass
from pathlib import Path

BENCHES = Path(__file__).resolve().parent.parent
OFFICIAL = BENCHES / "official"

FLOOR = "raw"  # what every figure is compared with, beside the fastest official SDK
SPLITTER = "raw-split"
REFERENCE = "official-rust"


@dataclass(frozen=True)
class Client:
    """A program with the command line that benches/README.md describes."""

    name: str
    kind: str  # floor, direct (callbacks on the reader's thread), queue, binding (another language's), or official
    title: str  # for the chart
    command: tuple  # words before the mock's path; {bench} is the folder of what was built
    part: str = "libcopilot"  # what has to be built for it: a function of prepare.py
    calls: bool = True  # whether it is another way of making calls, too, and not only of taking events
    slow: bool = False  # gets fewer events
    peer: str = None  # the official SDK of the same language, with which a binding is compared
    share: float = None  # what a binding may take of the CPU that its peer takes for an event

    def argv(self, bench):
        return [word.format(bench=bench) for word in self.command]


CLIENTS = (
    Client("raw-split", "floor", "frames split, no more", ("{bench}/raw", "--split"), calls=False),
    Client("raw", "floor", "raw reader", ("{bench}/raw", "--callback")),
    Client("c-thread", "queue", "libcopilot, its thread", ("{bench}/c-client", "--thread")),
    Client("c-dispatch", "queue", "libcopilot, dispatch", ("{bench}/c-client", "--dispatch")),
    Client("c-next", "queue", "libcopilot, next", ("{bench}/c-client", "--next"), calls=False),
    Client("c-batch", "queue", "libcopilot, next_batch", ("{bench}/c-client", "--batch"), calls=False),
    Client("c-direct", "direct", "libcopilot, direct", ("{bench}/c-client", "--direct"), calls=False),
    Client(
        "python", "binding", "libcopilot in Python",
        ("{bench}/python/bin/python", "-B", str(BENCHES / "python/client.py")), "python",
        slow=True, peer="official-python", share=0.333,
    ),
    Client("go", "binding", "libcopilot in Go", ("{bench}/go",), "go", peer="official-go", share=0.5),
    Client(
        "go-events", "binding", "libcopilot in Go, iterator", ("{bench}/go", "--events"), "go",
        calls=False, peer="official-go", share=0.5,
    ),
    Client(
        "go-raw", "binding", "libcopilot in Go, raw events", ("{bench}/go", "--raw"), "go",
        calls=False, peer="official-go", share=0.25,
    ),
    Client(
        "official-rust", "official", "official Rust SDK",
        ("{bench}/official-rust/release/bench-official-rust",), "official_rust",
    ),
    Client("official-go", "official", "official Go SDK", ("{bench}/official-go",), "official_go"),
    Client(
        "official-node", "official", "official Node SDK",
        ("node", "{bench}/official-node/client.mjs"), "official_node",
    ),
    Client(
        "official-python", "official", "official Python SDK",
        ("{bench}/official-python/bin/python", "-B", str(OFFICIAL / "python/client.py")), "official_python",
        slow=True,
    ),
)

PEERS = {client.name: client.peer for client in CLIENTS if client.peer}
SHARES = {client.name: client.share for client in CLIENTS if client.peer}

VERSIONS = {
    "official-rust": ("rust/Cargo.toml", r'github-copilot-sdk = \{ version = "=([^"]+)"'),
    "official-go": ("go/go.mod", r"copilot-sdk/go v(\S+)"),
    "official-node": ("node/package.json", r'"@github/copilot-sdk": "([^"]+)"'),
    "official-python": ("python/requirements.txt", r"github-copilot-sdk==(\S+)"),
}


def version(name):
    """The version of an official SDK that its client is pinned to; None for the others."""
    if name not in VERSIONS:
        return None
    manifest, pattern = VERSIONS[name]
    return re.search(pattern, (OFFICIAL / manifest).read_text(encoding="utf-8")).group(1)


def chosen(names):
    """The clients of these names, in the order of the table; all when there are none."""
    unknown = set(names) - {client.name for client in CLIENTS}
    if unknown:
        raise ValueError(f"no such client: {', '.join(sorted(unknown))}")
    return [client for client in CLIENTS if not names or client.name in names]

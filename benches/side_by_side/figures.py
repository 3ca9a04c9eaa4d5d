"""From results to the figures of the table: medians, ratios, goals. Nothing here touches the machine."""

from dataclasses import dataclass
from statistics import median
from typing import Callable, Optional

from .clients import FLOOR, PEERS, REFERENCE, SHARES, SPLITTER
from .workloads import count


@dataclass(frozen=True)
class Figure:
    """A figure: how it comes from a result, and what it should be."""

    name: str  # {0}, {1}, … are the numbers of the run
    unit: str
    run: str  # key of the run that it comes from
    value: Callable  # of a Sample
    more_is_better: bool = False
    goal: Optional[float] = None
    floor_goal: Optional[float] = None  # times the floor
    against: Optional[str] = None  # the figure is itself the ratio to this client, …
    against_run: Optional[str] = None  # … in this run instead of its own
    has_floor: bool = True  # whether the floor's is more than noise around nothing
    direct_goal: Optional[float] = None  # in place of `goal` for direct delivery
    shared: bool = False  # a binding has the goal of clients.py: its share of what the official SDK of its language takes


@dataclass(frozen=True)
class Sample:
    """The result of a client in one repetition."""

    result: dict
    count: int  # what a total is divided by
    connected_kb: Optional[float]  # the client's memory when it has only connected


def cpu_each(sample):
    return sample.result["cpu_s"] * 1e6 / sample.count


def wall_each(sample):
    return sample.result["wall_s"] * 1e6 / sample.count


def cpu(sample):
    return sample.result["cpu_s"]


def received_rate(sample):
    return sample.result["received"] / sample.result["wall_s"]


def rate(sample):
    return sample.count / sample.result["wall_s"]


def received(sample):
    return sample.result["received"]


def received_share(sample):
    return 100 * sample.result["received"] / sample.count


def p50(sample):
    """None where a client takes no times."""
    return sample.result.get("p50_us")


def growth_mb(sample):
    return (sample.result["rss_peak_kb"] - sample.result["rss_base_kb"]) / 1024


def growth_each_kb(sample):
    return (sample.result["rss_peak_kb"] - sample.result["rss_base_kb"]) / sample.count


def above_connected_mb(sample):
    if sample.connected_kb is None:
        return None
    return (sample.result["rss_peak_kb"] - sample.connected_kb) / 1024


def wall_ms(sample):
    return sample.result["wall_s"] * 1e3


def peak_mb(sample):
    return sample.result["rss_peak_kb"] / 1024


FIGURES = (
    Figure("CPU per event, 16 B", "µs", "window-16", cpu_each, goal=0.45, shared=True),
    Figure("CPU per event, 64 B", "µs", "window-64", cpu_each, goal=0.45, shared=True),
    Figure(
        "CPU per event, 64 B, against a frame splitter", "x", "window-64", cpu_each,
        against=SPLITTER, goal=1.6, direct_goal=1.3,
    ),
    Figure("CPU per event, 1 KiB", "µs", "window-1024", cpu_each, goal=1.0, shared=True),
    Figure("CPU per event, 64 KiB", "µs", "window-65536", cpu_each, goal=42),
    Figure("CPU per token of two events, as the CLI writes them", "µs", "mix", cpu_each),
    Figure(
        "Received of a burst of {0:,} events of {1} B", "%", "burst", received_share,
        more_is_better=True, goal=100,
    ),
    Figure(
        "Events received per second, of a burst of {0:,} of {1} B", "per s", "burst", received_rate, more_is_better=True,
    ),
    Figure("CPU per event sent in a burst of {0:,} events of {1} B", "µs", "burst", cpu_each),
    Figure("{0:,} streams of {1} deltas: CPU", "s", "streams", cpu, goal=0.12),
    Figure(
        "{0:,} streams of {1} deltas: peak memory above connected", "MB", "streams", above_connected_mb,
        goal=5, has_floor=False,
    ),
    Figure(
        "{0:,} streams of {1} deltas: deltas received",
        "%", "streams", received_share, more_is_better=True, goal=100,
    ),
    Figure("{0:,} streams of {1} deltas, with streaming_delta: CPU", "s", "mixstreams", cpu),
    Figure(
        "{0:,} streams of {1} deltas, with streaming_delta: peak memory above connected",
        "MB", "mixstreams", above_connected_mb, has_floor=False,
    ),
    Figure(
        "{0:,} streams of {1} deltas, with streaming_delta: deltas received",
        "%", "mixstreams", received_share, more_is_better=True, goal=100,
    ),
    Figure("Ping, p50", "µs", "ping", p50, floor_goal=1.15),
    Figure("Ping, CPU", "µs", "ping", cpu_each),
    Figure("32 pings in flight", "per s", "ping32", rate, more_is_better=True, goal=200000),
    Figure("32 pings in flight, CPU of one", "µs", "ping32", cpu_each),
    Figure("Tool call, wall", "µs", "tools", wall_each),
    Figure(
        "Tool call, wall, against a raw ping", "x", "tools", wall_each,
        against=FLOOR, against_run="ping", goal=1.5,
    ),
    Figure("Tool call, CPU", "µs", "tools", cpu_each),
    Figure("Latency at {2:,} events a second, p50", "µs", "paced", p50, goal=42),
    Figure("Message of {0:,} bytes: peak above base", "MB", "large", growth_mb, goal=60),
    Figure("Message of {0:,} bytes: CPU", "s", "large", cpu, goal=0.06),
    Figure("History of {0:,} events of {1} B: CPU", "s", "history", cpu),
    Figure("Session, create and disconnect", "µs", "create", wall_each, goal=110),
    Figure("Memory of an idle session", "KB", "idle", growth_each_kb, goal=2),
    Figure("From exec to connected", "ms", "connect", wall_ms, goal=2.0),
    Figure("Memory when connected", "MB", "connect", peak_mb, goal=4),
)

@dataclass(frozen=True)
class Cell:
    """A figure of one client: medians over the repetitions."""

    figure: Figure
    client: str
    value: Optional[float]
    to_reference: Optional[float]  # times the fastest official SDK
    to_floor: Optional[float]
    to_peer: Optional[float]  # a binding's, times the official SDK of its language
    goal_met: Optional[bool]  # None where there is no goal for this client
    repetitions: int


def ratio(values, references):
    """The median of the ratios within each repetition; None where no repetition has both."""
    pairs = [(values[key], references[key]) for key in values if references.get(key)]
    return median(value / reference for value, reference in pairs) if pairs else None


def goal_met(figure, kind, value, to_floor, to_peer=None, share=None):
    """Whether a client of libcopilot's is where it should be; None for other clients and without a goal."""
    if kind == "binding":
        return to_peer <= share if figure.shared and None not in (to_peer, share) else None
    if kind not in ("direct", "queue"):
        return None
    measured, goal = value, figure.goal
    if kind == "direct" and figure.direct_goal is not None:
        goal = figure.direct_goal
    if figure.floor_goal is not None:
        measured, goal = to_floor, figure.floor_goal
    if goal is None or measured is None:
        return None
    return measured >= goal if figure.more_is_better else measured <= goal


def by_repetition(records, figure, client, run=None):
    """The figure's values of a client, by repetition; of another run than its own where one is given."""
    connected = {
        record["repetition"]: record["result"]["rss_peak_kb"]
        for record in records
        if record["run"] == "connect" and record["client"] == client and record["result"]
    }
    typical = median(connected.values()) if connected else None
    values = {}
    for record in records:
        if record["run"] != (run or figure.run) or record["client"] != client or not record["result"]:
            continue
        divisor = count(record["workload"], record["numbers"])
        value = figure.value(Sample(record["result"], divisor, typical))
        if value is not None:
            values[record["repetition"]] = value
    return values


def cells(records, clients, judge=True):
    """Every figure of every client that has it, in the order of the table.

    `clients` are pairs of name and kind. The goals are those of full runs: without `judge` none is met or missed.
    """
    found = []
    for figure in FIGURES:
        values = {name: by_repetition(records, figure, name) for name, _ in clients}
        compared = None
        if figure.against:
            compared = by_repetition(records, figure, figure.against, figure.against_run)
            if not compared:
                continue
        for name, kind in clients:
            if values[name]:
                found.append(cell(figure, name, kind if judge else None, values, compared))
    return found


def cell(figure, name, kind, values, compared):
    """The medians of a client, given everybody's values, and what the figure is a ratio to if it is one."""
    own = values[name]
    to_reference = to_floor = to_peer = None
    if compared:
        value = ratio(own, compared)
    else:
        value = median(own.values())
        to_reference = ratio(own, values.get(REFERENCE, {}))
        to_floor = ratio(own, values.get(FLOOR, {})) if figure.has_floor else None
        to_peer = ratio(own, values.get(PEERS.get(name), {}))
    met = goal_met(figure, kind, value, to_floor, to_peer, SHARES.get(name))
    return Cell(figure, name, value, to_reference, to_floor, to_peer, met, len(own))

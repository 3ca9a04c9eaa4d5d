#!/usr/bin/env python3
"""The gates: counts that repeat, and the limits that they must not exceed (limits.txt). benches/build comes first.

    benches/gates/run.py [--limits FILE] [--client FILE]

Prints each value with its limit and its goal; fails when a limit is exceeded or a value cannot be had. The profiles of
the instructions stay in build/bench/gates, for callgrind_annotate.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
BUILT = pathlib.Path(os.environ.get("BUILD", HERE.parent.parent / "build")).resolve() / "bench"
PROFILES = BUILT / "gates"
SECONDS = 120  # for one run, under valgrind on a busy machine


def number(text):
    """A whole number stays one, as it is printed."""
    return float(text) if "." in text else int(text)


class Gate:
    """A line of the limits."""

    def __init__(self, line):
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 7:
            raise SystemExit(f"limits: not seven cells: {line}")
        self.name, self.measure, self.mode, self.workload = cells[:4]
        self.limit, self.goal, self.stretch = map(number, cells[4:])

    def numbers(self):
        return [int(word) for word in self.workload.split()[1:]]

    def praise(self, value):
        if value <= self.stretch:
            return "more than the goal" if self.stretch < self.goal else "the goal"
        if value <= self.goal:
            return "the goal"
        return f"{value / self.goal:.1f}x the goal" if self.goal else "not the goal"

    def title(self):
        return f"{self.name}: {self.measure.split()[0]}"

    def file(self):
        return PROFILES / re.sub(r"[^a-z0-9]+", "-", f"{self.measure} {self.mode} {self.workload}").strip("-")


def read_limits(path):
    lines = path.read_text().splitlines()
    return [Gate(line) for line in lines if line.strip() and not line.startswith("#")]


def run_client(client, gate, before=(), options=(), environment=None):
    """The client's report; `before` is what runs it."""
    command = [*before, client, gate.mode, *options, BUILT / "mock-cli", *gate.workload.split()]
    done = subprocess.run(command, env={**os.environ, **(environment or {})}, timeout=SECONDS,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"status {done.returncode}: {done.stderr[-1000:]}")
    return json.loads(done.stdout)


def slope(small, large, gate):
    """What one more costs: the client has run a quarter of the count, and all of it."""
    count = gate.numbers()[0]
    return (large - small) / (count - count // 4)


def at_best(count, gate, client):
    """Threads that meet in another order cost a little more: what exceeds the limit is counted anew, three times at most."""
    counts = []
    while len(counts) < 3 and not (counts and counts[-1] <= gate.limit):
        counts.append(count(gate, client))
    return min(counts)


def instructions(gate, client):
    return at_best(count_instructions, gate, client)


def count_instructions(gate, client):
    profile = gate.file()
    for old in PROFILES.glob(profile.name + ".*"):
        old.unlink()
    callgrind = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--dump-before=mark"]
    run_client(client, gate, callgrind, ["--slope"])
    # A dump for each mark: what led to the first, the small run, what is between, the large run.
    parts = [profile.with_name(f"{profile.name}.{part}") for part in (2, 4)]
    small, large = (int(re.search(r"^(?:summary|totals): (\d+)", part.read_text(), re.M)[1]) for part in parts)
    return round(slope(small, large, gate))


def marks(gate, client, options=()):
    """What was counted at each mark: allocations, their bytes, bytes held, the most since the mark before."""
    file = gate.file()
    file.unlink(missing_ok=True)
    run_client(client, gate, (), options, {"LD_PRELOAD": str(BUILT / "allocations.so"), "ALLOCATIONS": str(file)})
    return [tuple(map(int, line.split())) for line in file.read_text().splitlines()]


def allocations(gate, client):
    return at_best(count_allocations, gate, client)


def count_allocations(gate, client):
    first, second, third, fourth = (mark[0] for mark in marks(gate, client, ["--slope"]))
    return round(slope(second - first, fourth - third, gate), 2) + 0.0  # not -0.0


def held(gate, client):
    """For each of the count, at the end of a run that has begun without any."""
    (_, _, before, _), (_, _, after, _) = marks(gate, client)
    return round((after - before) / gate.numbers()[0])


def peak(gate, client):
    (_, _, before, _), (_, _, _, most) = marks(gate, client)
    return most - before


def lost(gate, client):
    all_cores = os.sched_getaffinity(0)
    wanted = int(gate.measure.split()[1])
    # Of this thread alone, and of what it starts.
    os.sched_setaffinity(0, sorted(all_cores)[:wanted])
    try:
        report = run_client(client, gate)
    finally:
        os.sched_setaffinity(0, all_cores)
    numbers = gate.numbers()
    expected = numbers[0] * (numbers[1] if gate.workload.startswith("streams ") else 1)
    return abs(expected - report["received"]) + (not report["in_order"])


def memory(gate, client):
    report = run_client(client, gate)
    return report["rss_peak_kb"] - report["rss_base_kb"]


def size(_gate, _client):
    stripped = PROFILES / "libcopilot.so"
    subprocess.run(["strip", "-o", stripped, BUILT / "lib" / "libcopilot.so"], check=True, timeout=SECONDS)
    return stripped.stat().st_size


MEASURES = {
    "instructions": instructions, "allocations": allocations, "lost": lost,
    "held": held, "peak": peak, "memory": memory, "bytes": size,
}


def verdict(gate, client):
    """Whether the gate holds, and the line that tells it."""
    measure = MEASURES[gate.measure.split()[0]]
    try:
        value = measure(gate, client)
    except (OSError, RuntimeError, ValueError, TypeError, KeyError, subprocess.SubprocessError) as error:
        return False, f"{gate.title():<48} FAILED: {error}"
    holds = value <= gate.limit
    line = f"{gate.title():<48}{value:>12,}{gate.limit:>12,}{gate.goal:>12,}  {gate.praise(value)}"
    return holds, line if holds else line + "  FAILED: the limit is exceeded"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limits", type=pathlib.Path, default=HERE / "limits.txt")
    parser.add_argument("--client", type=pathlib.Path, default=BUILT / "c-client")
    arguments = parser.parse_args()
    gates = read_limits(arguments.limits)
    PROFILES.mkdir(parents=True, exist_ok=True)

    print(f"{'':<48}{'value':>12}{'limit':>12}{'goal':>12}")
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        failed = 0
        for holds, line in pool.map(lambda gate: verdict(gate, arguments.client), gates):
            print(line, flush=True)
            failed += not holds
    print(f"{len(gates) - failed} passed, {failed} failed")
    return 1 if failed or not gates else 0


if __name__ == "__main__":
    sys.exit(main())

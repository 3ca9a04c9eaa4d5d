"""Runs clients, interleaved, and collects their results."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

LAUNCH = Path(__file__).with_name("launch.py")
TIMEOUT_S = 180


class Pinning:
    """Which CPU the client gets, and which the mock."""

    def __init__(self, cpus):
        """`cpus` are those that this process may use. With one there is nothing to choose."""
        self.client, self.mock = (sorted(cpus)[:2]) if len(cpus) > 1 else (None, None)

    def __str__(self):
        if self.client is None:
            return "not pinned: there is one CPU, which client and mock share"
        return f"client pinned to CPU {self.client}, mock to CPU {self.mock}"


def environment(pinning):
    """This process's, without what would change an SDK's ways."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("COPILOT_")}
    env.pop("BENCH_MOCK_CPU", None)
    if pinning.mock is not None:
        env["BENCH_MOCK_CPU"] = str(pinning.mock)
    return env


def measure(client, run, numbers, bench, pinning):
    """Runs a client once. Returns its result and None, or None and what went wrong."""
    cpu = "-" if pinning.client is None else str(pinning.client)
    words = [*client.argv(bench), f"{bench}/mock-cli", run.workload, *map(str, numbers)]
    command = [sys.executable, "-IS", str(LAUNCH), cpu, *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment(pinning), start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return None, f"not done after {TIMEOUT_S} s"
    finally:
        # After an interrupt, too. The mock leaves when its input ends, if it is not in the same group anyway.
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    if process.returncode != 0:
        return None, f"exit status {process.returncode}: {errors.strip()[-400:]}"
    try:
        return json.loads(output.strip().splitlines()[-1]), None
    except (IndexError, ValueError):
        return None, f"printed no result: {output.strip()[-400:]!r}"


def rotated(clients, repetition):
    """Nobody is always the first after the others."""
    at = repetition % len(clients) if clients else 0
    return clients[at:] + clients[:at]


def everything(clients, runs, repetitions, quick, bench, pinning, deadline, note):
    """Every run of every client, one repetition after the other, until the deadline has passed or would pass.

    Returns the records and the number of whole repetitions.
    """
    records = []
    longest = 0.0
    beside_fast = not all(client.slow for client in clients)
    for repetition in range(repetitions):
        began = time.monotonic()
        if repetition > 0 and began + longest > deadline:
            note(f"{repetition} repetitions instead of {repetitions}: another one would take too long")
            return records, repetition
        note(f"repetition {repetition + 1} of {repetitions}")
        for run in runs:
            note(run.key, passing=True)
            taking_part = [client for client in clients if run.wants(client, repetition, beside_fast)]
            for client in rotated(taking_part, repetition):
                numbers = run.numbers_for(client, quick)
                result, error = measure(client, run, numbers, bench, pinning)
                records.append({
                    "run": run.key, "workload": run.workload, "numbers": list(numbers),
                    "client": client.name, "repetition": repetition, "result": result, "error": error,
                })
                if error:
                    note(f"{client.name}, {run.key}: {error}")
        longest = max(longest, time.monotonic() - began)
    return records, repetitions

#!/usr/bin/env python3
"""Proves that the gates can fail: a client with planted faults (planted.c) must be found out, each time by the line that
looks for its fault, and must pass where the limit allows what it does."""

import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import run  # noqa: E402

# The planted client allocates four times for each of its count, loses one event, and says that it needed 4000 KiB.
CASES = [
    # measure, mode, workload, limit, holds
    ("allocations", "--slope", "burst 1000 64", 4, True),
    ("allocations", "--slope", "burst 1000 64", 3, False),
    ("instructions", "--slope", "burst 1000 64", 10000, True),
    ("instructions", "--slope", "burst 1000 64", 100, False),
    ("held", "--keep", "burst 1000 64", 1100, True),
    ("held", "--keep", "burst 1000 64", 990, False),
    ("held", "--late", "burst 1000 64", 10, True),
    ("held", "--slope", "burst 1000 64", 1000000, False),
    ("peak", "--keep", "burst 1000 64", 1100000, True),
    ("peak", "--keep", "burst 1000 64", 990000, False),
    ("peak", "--late", "burst 1000 64", 10000, True),
    ("peak", "--late", "burst 1000 64", 990, False),
    ("lost 1", "--slope", "burst 1000 64", 1, True),
    ("lost 1", "--slope", "burst 1000 64", 0, False),
    ("lost 2", "--late", "burst 1000 64", 2, True),
    ("lost 2", "--late", "burst 1000 64", 1, False),
    ("lost 1", "--broken", "burst 1000 64", 1000000, False),
    ("allocations", "--broken", "burst 1000 64", 1000000, False),
    ("instructions", "--broken", "burst 1000 64", 1000000, False),
    ("memory", "--slope", "burst 1000 64", 4000, True),
    ("memory", "--slope", "burst 1000 64", 3999, False),
    ("memory", "--broken", "burst 1000 64", 1000000, False),
    ("bytes", "", "", 1000000000, True),
    ("bytes", "", "", 1000, False),
]


def passes(lines):
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as limits:
        limits.write("\n".join(lines))
        limits.flush()
        command = [sys.executable, run.HERE / "run.py", "--limits", limits.name, "--client", run.BUILT / "planted"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=run.SECONDS)
    return done.returncode == 0, done.stdout


def main():
    wrong = 0
    for measure, mode, workload, limit, holds in CASES:
        passed, output = passes([f"planted | {measure} | {mode} | {workload} | {limit} | 1 | 1"])
        if passed != holds:
            wrong += 1
            print(f"{measure} {mode} with the limit {limit} {'passed' if passed else 'failed'}:\n{output}")
    # One that fails is not hidden by one that holds after it; and no gates at all are no success.
    for lines in (["a | bytes | | | 1000 | 1 | 1", "b | bytes | | | 1000000000 | 1 | 1"], []):
        passed, output = passes(lines)
        if passed:
            wrong += 1
            print(f"passed: {lines}\n{output}")
    print(f"{len(CASES) + 2 - wrong} passed, {wrong} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

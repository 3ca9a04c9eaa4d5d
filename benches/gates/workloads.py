#!/usr/bin/env python3
"""Every workload with every way to read it, in small: each client must report all that it was to receive, in order."""

import json
import subprocess
import sys

sys.dont_write_bytecode = True
import run  # noqa: E402

# What follows the name of a workload, and how much is to be received.
WORKLOADS = {
    "burst 2000 64": 2000,
    "burst 20 70000": 20,
    "window 2000 16": 2000,
    "mix 500 8": 500,
    "paced 20 64 1000": 20,
    "streams 20 30 64": 600,
    "mixstreams 20 30 64": 600,
    "ping 50": 50,
    "ping32 200": 200,
    "tools 20": 20,
    "large 3000000": 1,
    "history 200 500": 200,
    "create 20": 20,
    "idle 20": 20,
    "connect": 1,
}
CLIENTS = {"c-client": ["--thread", "--dispatch", "--next", "--batch", "--direct"], "raw": ["--split", "--callback"]}
NOT_RAW = ("history", "idle")


def fault(client, mode, workload, expected):
    command = [run.BUILT / client, mode, run.BUILT / "mock-cli", *workload.split()]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=run.SECONDS)
    if done.returncode != 0:
        return done.stdout.strip()
    report = json.loads(done.stdout)
    # The raw reader does not know the order where it only counts frames.
    ordered = report.get("in_order") is not False
    named = report["workload"] == workload.split()[0] and report["wall_s"] > 0 and report["cpu_s"] >= 0
    return None if report["received"] == expected and ordered and named else done.stdout.strip()


def main():
    passed = failed = 0
    for client, modes in CLIENTS.items():
        for mode in modes:
            for workload, expected in WORKLOADS.items():
                if client == "raw" and workload.startswith(NOT_RAW):
                    continue
                what = fault(client, mode, workload, expected)
                passed, failed = (passed, failed + 1) if what else (passed + 1, failed)
                if what:
                    print(f"{client} {mode} {workload}: {what}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Measures libcopilot beside the official SDKs and a raw reader, against the mock CLI, and prints one table.

Everything is interleaved: within a repetition each client takes its turn at a workload before the next one begins, and
ratios are taken within repetitions. What is needed is built and installed into build/bench.
"""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

from side_by_side import clients, figures, prepare, runner, table, workloads  # noqa: E402 (after the line above)

ROOT = Path(__file__).resolve().parent.parent
CHART = ROOT / "docs/images/performance.svg"
LIBRARY_GOAL_MB = 3
REPETITIONS = 5


def note(text, passing=False):
    """Says something on stderr; what passes is written over on a terminal, and left out elsewhere."""
    if not passing:
        print(f"bench: {text}", file=sys.stderr)
    elif sys.stderr.isatty():
        print(f"bench: {text}\033[K", end="\r", file=sys.stderr)


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one repetition of small counts; proves the chain only")
    parser.add_argument("--only", action="append", default=[], metavar="WORKLOAD", help="a workload or a run")
    parser.add_argument("--clients", action="append", default=[], metavar="NAME[,NAME…]", help="only these clients")
    parser.add_argument("--repetitions", type=int, default=REPETITIONS, metavar="N")
    parser.add_argument("--minutes", type=float, default=14, help="begin no repetition that would end later")
    parser.add_argument("--chart", type=Path, help="where the chart goes; a full run replaces the README's")
    chosen = parser.parse_args(arguments)
    try:
        chosen.clients = clients.chosen([name for names in chosen.clients for name in names.split(",")])
        chosen.runs = workloads.chosen(chosen.only)
    except ValueError as error:
        parser.error(str(error))
    less = chosen.quick or chosen.only or chosen.repetitions < REPETITIONS
    chosen.whole = not less and len(chosen.clients) == len(clients.CLIENTS)
    return chosen


def processor():
    """The name of the CPU, as far as the system tells it."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        return names[0] if names else platform.machine()
    except OSError:
        return platform.machine()


def measured(chosen, bench):
    """Builds, runs, and returns everything as it goes into results.json."""
    deadline = time.monotonic() + 60 * chosen.minutes
    able, made_with = prepare.everything(chosen.clients, bench, note)
    cpus = os.sched_getaffinity(0)
    pinning = runner.Pinning(cpus)
    repetitions = 1 if chosen.quick else chosen.repetitions
    load = os.getloadavg()[0]
    records, done = runner.everything(able, chosen.runs, repetitions, chosen.quick, bench, pinning, deadline, note)
    return {
        "machine": {"cpu": processor(), "cpus": len(cpus), "kernel": platform.release(), "load_before": load},
        "pinning": str(pinning),
        "quick": chosen.quick,
        "repetitions": done,
        "clients": [described(client, made_with) for client in able],
        "numbers": {run.key: list(run.quick if chosen.quick else run.numbers) for run in chosen.runs},
        "library_bytes": prepare.stripped_bytes(bench / "lib/libcopilot.so", bench),
        "records": records,
    }


def described(client, made_with):
    return {
        "name": client.name, "kind": client.kind, "title": client.title,
        "version": clients.version(client.name), "with": made_with[client.part],
    }


def sdk(client):
    """Name and version of an official SDK's client, and what compiled or runs it; nothing for the others."""
    return client["version"] and f"{client['name']} {client['version']} ({client['with']})"


def with_figures(results, cells):
    """The results with the medians and ratios, for whoever draws them."""
    by_figure = {}
    for cell in cells:
        entry = by_figure.setdefault(cell.figure, {
            "name": cell.figure.name.format(*results["numbers"][cell.figure.run]),
            "unit": cell.figure.unit, "run": cell.figure.run, "clients": {},
        })
        values = {key: value for key, value in vars(cell).items() if key not in ("figure", "client")}
        entry["clients"][cell.client] = values
    return {**results, "figures": list(by_figure.values())}


def report(results, cells):
    """Everything that is said about the results, as text."""
    machine = results["machine"]
    megabytes = results["library_bytes"] / 1024 / 1024
    judged = "" if results["quick"] else f" ({'met' if megabytes <= LIBRARY_GOAL_MB else 'missed'})"
    lines = [
        f"{machine['cpu']}, {machine['cpus']} CPUs, Linux {machine['kernel']},"
        f" load {machine['load_before']:.1f} before; {results['pinning']}",
        ", ".join(filter(None, (sdk(client) for client in results["clients"]))),
        f"medians of {results['repetitions']}; a ratio is the median of the ratios within each repetition"
        + ("; quick: the goals are not judged" if results["quick"] else ""),
        "",
        table.table(cells, results["numbers"], results["repetitions"]),
        "",
        f"Stripped library (MB); goal: at most {LIBRARY_GOAL_MB} MB",
        f"  libcopilot.so {megabytes:.2f}{judged}",
    ]
    lost = table.losses(results["records"])
    if lost:
        lines += ["", "What was lost, at worst:", *(f"  {line}" for line in lost)]
    return "\n".join(lines)


def draw(results, chosen, bench):
    """The chart, where the results have what it shows."""
    if not {"window-64", "burst"} <= set(results["numbers"]):
        return
    path = chosen.chart or (CHART if chosen.whole else bench / "performance.svg")
    requirements = Path(__file__).with_name("requirements.txt")
    python = prepare.venv(bench / "chart", ["-r", requirements], [requirements])
    program = Path(__file__).with_name("side_by_side") / "chart.py"
    prepare.sh(python, program, bench / "results.json", path)
    note(f"chart: {path}")


def ours_lost(results):
    """Whether libcopilot or the floor lost something, or a client did not do its work."""
    ours = {client["name"] for client in results["clients"] if client["kind"] != "official"}
    lost = table.losses([record for record in results["records"] if record["client"] in ours])
    return bool(lost) or any(record["error"] for record in results["records"])


def main(arguments):
    chosen = options(arguments)
    bench = ROOT / os.environ.get("BUILD", "build") / "bench"
    bench.mkdir(parents=True, exist_ok=True)
    try:
        results = measured(chosen, bench)
        kinds = [(client["name"], client["kind"]) for client in results["clients"]]
        cells = figures.cells(results["records"], kinds, judge=not chosen.quick)
        results = with_figures(results, cells)
        (bench / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
        text = report(results, cells)
        (bench / "table.txt").write_text(text + "\n", encoding="utf-8")
        print(text)
        draw(results, chosen, bench)
    except prepare.LeftOut as error:
        sys.exit(f"bench: {error}")
    return 1 if ours_lost(results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Draws the results: chart.py RESULTS.json CHART.svg. The one program here that needs matplotlib."""

import json
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.fonttype": "none",  # text stays text: small, searchable, in the reader's font
    "svg.hashsalt": "libcopilot",  # the same picture is the same file
    "font.family": "sans-serif",
    "font.size": 10,
})

from matplotlib import pyplot  # noqa: E402 (the backend has to be chosen first)
from matplotlib.ticker import FuncFormatter  # noqa: E402

COLOURS = {"floor": "#9aa3ad", "direct": "#1f7a4d", "queue": "#1f7a4d", "binding": "#1f7a4d", "official": "#4a6fa5"}
CPU, BURST = "window-64", "burst"


def bars(axes, values, kinds, label):
    """Horizontal bars, the first at the top, each with its value behind it."""
    positions = range(len(values), 0, -1)
    axes.barh(list(positions), values, color=[COLOURS[kind] for kind in kinds], height=0.7)
    for position, value in zip(positions, values):
        axes.annotate(label(value), (value, position), xytext=(4, 0), textcoords="offset points", va="center")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def plain(value):
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def values_of(results, run):
    """The first figure of a run: its values by client."""
    figure = next((figure for figure in results["figures"] if figure["run"] == run), {"clients": {}})
    return {name: cell["value"] for name, cell in figure["clients"].items()}


def draw(results, path):
    costs, received = values_of(results, CPU), values_of(results, BURST)
    clients = [client for client in results["clients"] if client["name"] in costs and client["name"] in received]
    kinds = [client["kind"] for client in clients]
    names = [client["name"] for client in clients]
    figure, (cpu, burst) = pyplot.subplots(
        1, 2, sharey=True, figsize=(10, 0.9 + 0.32 * len(clients)), gridspec_kw={"width_ratios": [5, 2]}
    )

    values = [costs[name] for name in names]
    bars(cpu, values, kinds, plain)
    cpu.set_yticks(
        range(len(clients), 0, -1), [" ".join(filter(None, (client["title"], client["version"]))) for client in clients]
    )
    cpu.set_xscale("log")
    cpu.set_xlim(0.1, max(values) * 2)
    cpu.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    cpu.minorticks_off()
    cpu.set_title("CPU per event of 64 bytes, µs (logarithmic)", loc="left", fontsize=10, fontweight="bold")

    bars(burst, [received[name] for name in names], kinds, lambda value: f"{value:.0f} %")
    burst.set_xlim(0, 120)
    burst.set_xticks([0, 50, 100])
    count = results["numbers"][BURST][0]
    burst.set_title(f"Received of {count:,} events", loc="left", fontsize=10, fontweight="bold")

    figure.tight_layout(w_pad=2)
    figure.savefig(path, metadata={"Date": None, "Creator": None}, facecolor="white")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        draw(json.load(file), sys.argv[2])

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
from matplotlib.ticker import FuncFormatter, NullFormatter  # noqa: E402

COLOURS = {"floor": "#9aa3ad", "direct": "#1f7a4d", "queue": "#1f7a4d", "official": "#4a6fa5"}
CPU, BURST = "window-64", "burst"


def bars(axes, rows, label):
    """Horizontal bars, the first row at the top; `rows` are (name, kind, value)."""
    positions = range(len(rows), 0, -1)
    colours = [COLOURS[kind] for _, kind, _ in rows]
    axes.barh(list(positions), [value for *_, value in rows], color=colours, height=0.7)
    axes.set_yticks(list(positions), [name for name, *_ in rows])
    for position, (*_, value) in zip(positions, rows):
        axes.annotate(label(value), (value, position), xytext=(4, 0), textcoords="offset points", va="center")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(axis="y", length=0)


def plain(value, _position=None):
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def rows_of(results, run):
    kinds = {client["name"]: client["kind"] for client in results["clients"]}
    labels = {client["name"]: client["label"] for client in results["clients"]}
    figure = next((figure for figure in results["figures"] if figure["run"] == run), None)
    values = figure["clients"] if figure else {}
    return [(labels[name], kinds[name], cell["value"]) for name, cell in values.items()]


def draw(results, path):
    figure, (cpu, burst) = pyplot.subplots(1, 2, figsize=(10, 3.6), gridspec_kw={"width_ratios": [3, 2]})
    rows = rows_of(results, CPU)
    bars(cpu, rows, plain)
    cpu.set_xscale("log")
    cpu.set_xlim(right=max(value for *_, value in rows) * 2.5)
    cpu.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    cpu.xaxis.set_minor_formatter(NullFormatter())
    cpu.set_title("CPU per 64-byte event, µs (log scale)", loc="left", fontsize=10, fontweight="bold")

    rows = rows_of(results, BURST)
    bars(burst, rows, lambda value: f"{value:.0f} %")
    burst.set_xlim(0, 118)
    burst.set_xticks([0, 50, 100])
    numbers = results["numbers"][BURST]
    burst.set_title(f"Received of a burst of {numbers[0]:,}", loc="left", fontsize=10, fontweight="bold")

    figure.tight_layout(w_pad=3)
    figure.savefig(path, metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        draw(json.load(file), sys.argv[2])

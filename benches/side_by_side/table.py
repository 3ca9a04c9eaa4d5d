"""The table, as text."""

from itertools import groupby

from .clients import FLOOR, REFERENCE, SHARES
from .workloads import expected

WIDTH = 18
PEER = "official"  # the heading of what a binding takes, as against the official SDK of its language

# What a figure is compared with: heading, width, and the ratio of a cell.
COLUMNS = (
    (f"x {REFERENCE}", 16, lambda cell: cell.to_reference),
    (f"x {FLOOR}", 12, lambda cell: cell.to_floor),
    (f"x {PEER}", 12, lambda cell: cell.to_peer),
)


def number(value):
    """Three significant digits, without an exponent."""
    if value is None:
        return "–"
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    digits = 0
    while digits < 4 and abs(value) * 10**digits < 100:
        digits += 1
    return f"{value:.{digits}f}"


def times(value):
    return "" if value is None else f"{number(value)}x"


def goal_text(figure, names=()):
    sign = "at least" if figure.more_is_better else "at most"
    if figure.floor_goal is not None:
        return f"{sign} {figure.floor_goal} x {FLOOR}"
    if figure.direct_goal is not None:
        return f"{sign} {figure.direct_goal:g} direct, {figure.goal:g} queued"
    shares = [f"{name} {SHARES[name]:g} x {PEER}" for name in names if figure.shared and SHARES.get(name)]
    if shares:
        return f"{sign} {figure.goal:,g} {figure.unit}, {', '.join(shares)}"
    return "" if figure.goal is None else f"{sign} {figure.goal:,g} {figure.unit}"


def group(figure, numbers, cells, columns, repetitions):
    """A figure's lines: the heading, and one for each client."""
    cells = list(cells)
    goal = goal_text(figure, [cell.client for cell in cells])
    yield f"{figure.name.format(*numbers)} ({figure.unit})" + (f"; goal: {goal}" if goal else "")
    for cell in cells:
        marks = {None: "", True: "met", False: "missed"}[cell.goal_met]
        runs = f"({cell.repetitions} of {repetitions} runs)" if cell.repetitions < repetitions else ""
        line = f"  {cell.client:<{WIDTH}}{number(cell.value):>12}"
        line += "".join(f"{times(ratio(cell)):>{width}}" for _, width, ratio in columns)
        yield f"{line}   {marks:<7}{runs}".rstrip()


def table(cells, numbers, repetitions):
    """All figures, with the ratios to whatever took part that they are compared with. `numbers` are those of each run."""
    columns = [column for column in COLUMNS if any(column[2](cell) is not None for cell in cells)]
    lines = [f"{'':<{WIDTH + 2}}{'median':>12}" + "".join(f"{heading:>{width}}" for heading, width, _ in columns)]
    for figure, group_of in groupby(cells, key=lambda cell: cell.figure):
        lines += ["", *group(figure, numbers[figure.run], group_of, columns, repetitions)]
    return "\n".join(lines)


def losses(records):
    """A line for each client and run in which something did not arrive, or not in order, with the worst of it."""
    worst = {}
    for record in records:
        result = record["result"]
        wanted = result and expected(record["workload"], record["numbers"])
        if not wanted:
            continue
        lost = wanted - result["received"]
        disordered = result.get("in_order") is False
        if lost or disordered:
            key = (record["run"], record["client"])
            worst[key] = max(worst.get(key, (0, 0, False)), (lost, wanted, disordered))
    return [
        f"{client}, {run}: {lost:,} of {wanted:,} did not arrive" + (", not in order" if disordered else "")
        for (run, client), (lost, wanted, disordered) in worst.items()
    ]

"""What the clients are asked to do, and how often."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """A workload with its numbers. Windows are whole: their counts are multiples of 900, those of mix of 450."""

    key: str
    workload: str
    numbers: tuple
    quick: tuple  # the numbers of a quick run
    slow: tuple = None  # those of slow clients, where theirs are others
    calls: bool = False  # measures calls, which do not depend on how a client takes its events
    slow_once: bool = False  # slow clients run in the first repetition only
    without: tuple = ()  # clients that cannot, or would take too long

    def numbers_for(self, client, quick):
        if quick:
            return self.quick
        return self.slow if client.slow and self.slow else self.numbers

    def wants(self, client, repetition, beside_fast=True):
        """Whether a client has a part in a repetition of this. Slow ones that are among themselves are never left out."""
        if client.name in self.without or (self.calls and not client.calls):
            return False
        return repetition == 0 or not (client.slow and self.slow_once and beside_fast)


RUNS = (
    Run("connect", "connect", (), ()),
    Run("window-16", "window", (90000, 16), (9000, 16), (9000, 16)),
    Run("window-64", "window", (90000, 64), (9000, 64), (9000, 64)),
    Run("window-1024", "window", (45000, 1024), (4500, 1024), (4500, 1024)),
    Run("window-65536", "window", (4500, 65536), (900, 65536), (900, 65536)),
    Run("mix", "mix", (45000, 8), (4500, 8), (4500, 8)),
    Run("burst", "burst", (20000, 64), (5000, 64), (20000, 64)),
    Run("streams", "streams", (1000, 200, 64), (100, 20, 64), slow_once=True),
    Run("mixstreams", "mixstreams", (1000, 200, 64), (100, 20, 64), without=("official-python",)),
    Run("paced", "paced", (1000, 64, 1000), (200, 64, 1000), without=("raw-split",)),
    Run("large", "large", (50000000,), (5000000,)),
    Run("history", "history", (20000, 500), (2000, 500), calls=True, without=("raw",)),
    Run("ping", "ping", (5000,), (500,), (2000,), calls=True),
    Run("ping32", "ping32", (40000,), (3200,), (3200,), calls=True),
    Run("tools", "tools", (4000,), (400,), (1000,), calls=True),
    Run("create", "create", (1000,), (100,), (300,), calls=True),
    Run("idle", "idle", (1000,), (100,), calls=True, without=("raw",)),
)

# Where something can be lost: the count is the first number, or for streams the product of the first two.
COUNTED = ("window", "mix", "burst", "paced", "history", "tools")


def expected(workload, numbers):
    """How many events are to arrive; None where that is not counted."""
    if workload in ("streams", "mixstreams"):
        return numbers[0] * numbers[1]
    return numbers[0] if workload in COUNTED else None


def count(workload, numbers):
    """What a total is divided by."""
    return expected(workload, numbers) or (numbers[0] if workload in ("ping", "ping32", "create", "idle") else 1)


def chosen(names):
    """The runs of these keys or workloads; all when there are none."""
    unknown = [name for name in names if not any(name in (run.key, run.workload) for run in RUNS)]
    if unknown:
        raise ValueError(f"no such workload: {', '.join(unknown)}")
    return [run for run in RUNS if not names or run.key in names or run.workload in names]

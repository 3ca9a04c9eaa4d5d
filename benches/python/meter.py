"""Time, CPU and memory around a section."""

import os
import resource
import time


class Meter:
    """A section that is being measured; the memory's high-water mark begins anew with it."""

    def __init__(self):
        forget_peak()
        self.rss_base = status_kb("VmRSS:")
        self.cpu = cpu_seconds()
        self.wall = time.perf_counter()

    def stop(self):
        """Ends the section and returns its figures."""
        wall = time.perf_counter() - self.wall
        return {
            "wall_s": wall,
            "cpu_s": cpu_seconds() - self.cpu,
            "rss_base_kb": self.rss_base,
            "rss_peak_kb": status_kb("VmHWM:"),
        }


def connected():
    """The time from this program's exec, which BENCH_EXEC_NS tells, to now."""
    wall = (time.monotonic_ns() - int(os.environ["BENCH_EXEC_NS"])) / 1e9
    return {"n": 1, "wall_s": wall, "rss_peak_kb": status_kb("VmHWM:")}


def percentiles(nanoseconds):
    """The median and the upper ends, in microseconds."""
    ordered = sorted(nanoseconds)
    ends = {"p50_us": 50, "p90_us": 90, "p99_us": 99}
    return {name: ordered[len(ordered) * percent // 100] / 1e3 for name, percent in ends.items() if ordered}


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def forget_peak():
    # A system without the file measures the peak since the program's start.
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError:
        pass


def status_kb(key):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(key))

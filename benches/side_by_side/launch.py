"""Pins itself to a CPU, notes the time, and becomes the client: launch.py CPU PROGRAM ARGUMENT…

What taskset does, with the time of the exec in BENCH_EXEC_NS: as late as it can be taken. No CPU is "-".
"""

import os
import sys
import time

if sys.argv[1] != "-":
    os.sched_setaffinity(0, {int(sys.argv[1])})
os.environ["BENCH_EXEC_NS"] = str(time.monotonic_ns())
os.execvp(sys.argv[2], sys.argv[2:])

// Time, CPU and memory around a section.

import { readFileSync, writeFileSync } from "node:fs";

/** A section that is being measured; the memory's high-water mark begins anew with it. */
export class Meter {
  constructor() {
    forgetPeak();
    this.rssBase = statusKb("VmRSS");
    this.cpu = process.cpuUsage();
    this.wall = process.hrtime.bigint();
  }

  /** Ends the section and returns its figures. */
  stop() {
    const wall = process.hrtime.bigint() - this.wall;
    const { user, system } = process.cpuUsage(this.cpu);
    return {
      wall_s: Number(wall) / 1e9,
      cpu_s: (user + system) / 1e6,
      rss_base_kb: this.rssBase,
      rss_peak_kb: statusKb("VmHWM"),
    };
  }
}

/** The time from this program's exec, which BENCH_EXEC_NS tells, to now. */
export function connected() {
  const wall = process.hrtime.bigint() - BigInt(process.env.BENCH_EXEC_NS);
  return { n: 1, wall_s: Number(wall) / 1e9, rss_peak_kb: statusKb("VmHWM") };
}

/** The median and the upper ends of times in nanoseconds, in microseconds. */
export function percentiles(nanoseconds) {
  const ordered = Float64Array.from(nanoseconds).sort();
  const at = (percent) => ordered[Math.floor((ordered.length * percent) / 100)] / 1e3;
  return ordered.length > 0 ? { p50_us: at(50), p90_us: at(90), p99_us: at(99) } : {};
}

function forgetPeak() {
  try {
    writeFileSync("/proc/self/clear_refs", "5");
  } catch {
    // A system without the file measures the peak since the program's start.
  }
}

function statusKb(key) {
  return Number(new RegExp(`^${key}:\\s*(\\d+)`, "m").exec(readFileSync("/proc/self/status", "latin1"))[1]);
}

//! Time, CPU and memory around a section.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::{Figures, Result};

/// A section that is being measured.
pub struct Meter {
    start: Instant,
    cpu: Duration,
    rss_base_kb: u64,
}

impl Meter {
    /// Begins a section; the memory's high-water mark begins anew with it.
    pub fn start() -> Result<Meter> {
        // Only this process's own mark is reset. A system without the file measures since the program's start.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Ok(Meter { rss_base_kb: status_kb("VmRSS:")?, cpu: cpu(), start: Instant::now() })
    }

    /// Ends it now.
    pub fn stop(&self) -> Result<Figures> {
        self.stop_at(Instant::now())
    }

    /// Ends it at a moment that is past, when the process has done nothing since.
    pub fn stop_at(&self, end: Instant) -> Result<Figures> {
        let cpu = cpu() - self.cpu;
        let mut figures = Figures::new();
        figures.insert("wall_s".into(), json!((end - self.start).as_secs_f64()));
        figures.insert("cpu_s".into(), json!(cpu.as_secs_f64()));
        figures.insert("rss_base_kb".into(), json!(self.rss_base_kb));
        figures.insert("rss_peak_kb".into(), json!(status_kb("VmHWM:")?));
        Ok(figures)
    }
}

/// The time from this program's exec, which `BENCH_EXEC_NS` tells, to now.
pub fn connected() -> Result<Figures> {
    let now = clock_ns();
    let exec: u64 = std::env::var("BENCH_EXEC_NS").map_err(|_| "connect needs BENCH_EXEC_NS")?.parse()?;
    let mut figures = Figures::new();
    figures.insert("n".into(), json!(1));
    figures.insert("wall_s".into(), json!((now - exec) as f64 / 1e9));
    figures.insert("rss_peak_kb".into(), json!(status_kb("VmHWM:")?));
    Ok(figures)
}

/// Adds the median and the upper ends of times in nanoseconds.
pub fn add_percentiles(figures: &mut Figures, mut times: Vec<u64>) {
    times.sort_unstable();
    for (name, percent) in [("p50_us", 50), ("p90_us", 90), ("p99_us", 99)] {
        if let Some(ns) = times.get(times.len() * percent / 100) {
            figures.insert(name.into(), json!(*ns as f64 / 1e3));
        }
    }
}

/// Nanoseconds of the clock that the mock stamps its events with.
pub fn clock_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the result; CLOCK_MONOTONIC exists on every Linux.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// What this process has used of the CPU, in user space and in the kernel.
fn cpu() -> Duration {
    // SAFETY: all zeroes is a valid `rusage`, and a valid place for the result.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let time = |time: libc::timeval| Duration::new(time.tv_sec as u64, time.tv_usec as u32 * 1000);
    time(usage.ru_utime) + time(usage.ru_stime)
}

fn status_kb(key: &str) -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)).ok_or("no such line in the status")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

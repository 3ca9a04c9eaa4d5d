//! Time, processor time and memory of this process, and the line in which a client reports them.

use serde_json::{Map, Value, json};

use crate::clock;

/// What a section of a program took.
pub struct Section {
    wall_ns: u64,
    cpu_s: f64,
    rss_base_kb: u64,
}

impl Section {
    /// Begins here; from here on the peak of the memory is the section's.
    pub fn begin() -> Section {
        // Where it cannot be reset, the peak is that of the whole process.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let rss_base_kb = memory_kb("VmRSS");
        Section { cpu_s: cpu_s(), rss_base_kb, wall_ns: clock::now_ns() }
    }

    /// Began with the process, at this time.
    pub fn since(wall_ns: u64) -> Section {
        Section { wall_ns, cpu_s: 0.0, rss_base_kb: 0 }
    }

    /// The members of a report that say what it took.
    pub fn end(self) -> Map<String, Value> {
        let wall_s = (clock::now_ns() - self.wall_ns) as f64 / 1e9;
        let members = json!({
            "wall_s": wall_s,
            "cpu_s": cpu_s() - self.cpu_s,
            "rss_base_kb": self.rss_base_kb,
            "rss_peak_kb": memory_kb("VmHWM"),
        });
        members.as_object().cloned().unwrap_or_default()
    }
}

/// The members of a report that say how long single things took; none when there are no times.
pub fn percentiles(times_us: &mut [f64]) -> Map<String, Value> {
    times_us.sort_by(f64::total_cmp);
    let at = |percent: usize| times_us[((times_us.len() - 1) * percent + 50) / 100];
    let names = [("p50_us", 50), ("p90_us", 90), ("p99_us", 99)];
    let names = names.into_iter().filter(|_| !times_us.is_empty());
    names.map(|(name, percent)| (name.to_owned(), json!(at(percent)))).collect()
}

fn cpu_s() -> f64 {
    // SAFETY: a rusage of zeros is valid, and a valid place for the result.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::getrusage(libc::RUSAGE_SELF, &mut usage);
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// A line of /proc/self/status.
fn memory_kb(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

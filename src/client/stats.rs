//! What a client has done so far, in numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};

use super::Core;
use super::connection::{Connection, Far};
use super::phase::Phase;
use crate::json::Json;
use crate::protocol::client_options::Transport;
use crate::rpc::Traffic;

/// The counters of a client, over all of its connections.
#[derive(Default)]
pub(super) struct Stats {
    traffic: Arc<Traffic>,
    starts: AtomicU64,
    restarts: AtomicU64,
    events: AtomicU64,
    requests: AtomicU64,
    last_start: Mutex<Laps>,
}

/// How long each step took, under its name in JSON.
type Laps = Vec<(&'static str, Duration)>;

impl Stats {
    /// What connections count their bytes and frames into.
    pub fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&self.traffic)
    }

    /// A start has begun; `again` where the connection before was lost.
    pub fn started(&self, again: bool) {
        self.starts.fetch_add(1, Ordering::Relaxed);
        self.restarts.fetch_add(u64::from(again), Ordering::Relaxed);
    }

    /// A start has ended, well or not.
    pub fn opened(&self, laps: Laps) {
        *self.last_start.lock() = laps;
    }

    /// So many events of sessions have come.
    pub fn events(&self, count: u64) {
        self.events.fetch_add(count, Ordering::Relaxed);
    }

    /// A request of the server's has come.
    pub fn request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }
}

/// Takes the time of the steps of a start.
pub(super) struct Clock {
    begun: Instant,
    lap_begun: Instant,
    laps: Laps,
}

impl Clock {
    pub fn start() -> Clock {
        let now = Instant::now();
        Clock { begun: now, lap_begun: now, laps: Vec::new() }
    }

    /// A step has ended, and the next one begins.
    pub fn lap(&mut self, name: &'static str) {
        let now = Instant::now();
        self.laps.push((name, now - self.lap_begun));
        self.lap_begun = now;
    }

    /// The steps, and all of the time.
    pub fn stop(mut self) -> Laps {
        self.laps.push(("totalMs", self.begun.elapsed()));
        self.laps
    }
}

fn milliseconds(laps: &Laps) -> Value {
    let members =
        laps.iter().map(|(name, time)| ((*name).to_owned(), json!(time.as_micros() as f64 / 1000.0)));
    Value::Object(members.collect())
}

impl Core {
    /// The client in numbers, at this moment. What is counted by several threads is not of one instant.
    pub fn stats(&self) -> Json {
        let (state, connection) = {
            let phase = self.phase.lock();
            let connection = match &*phase {
                Phase::Connected(connection) => Some(Arc::clone(connection)),
                _ => None,
            };
            (phase.state(), connection)
        };
        let mut text = Map::new();
        let mut put = |name: &str, value: Value| drop(text.insert(name.to_owned(), value));
        put("state", json!(state.name()));
        put("transport", json!(self.transport_name()));
        if let Some(connection) = &connection {
            if let Some(process) = connection.far.process() {
                put("processId", json!(process.pid()));
            }
            put("cli", about(connection));
        }
        let of = |counter: &AtomicU64| json!(counter.load(Ordering::Relaxed));
        put("starts", of(&self.stats.starts));
        put("restarts", of(&self.stats.restarts));
        put("startTimings", milliseconds(&self.stats.last_start.lock()));
        let traffic = self.stats.traffic.counted();
        put("bytesIn", json!(traffic.bytes_in));
        put("bytesOut", json!(traffic.bytes_out));
        put("framesIn", json!(traffic.frames_in));
        put("framesOut", json!(traffic.frames_out));
        put("events", of(&self.stats.events));
        put("requests", of(&self.stats.requests));
        put("callsPending", json!(connection.map_or(0, |connection| connection.peer.calls_pending())));
        put("sessions", json!(self.sessions.len()));
        let (items, bytes) = self.queue.load();
        let losses = self.queue.losses();
        let queue = json!({
            "items": items,
            "bytes": bytes,
            "merged": losses.merged,
            "dropped": losses.dropped,
            "unserved": self.queue.is_unserved(),
        });
        put("queue", queue);
        Json::from_trusted(Value::Object(text).to_string())
    }

    fn transport_name(&self) -> &'static str {
        match self.options.transport {
            Transport::Stdio => "stdio",
            Transport::Tcp(_) => "tcp",
            Transport::Url(_) => "url",
        }
    }
}

/// The CLI at the other end.
fn about(connection: &Connection) -> Value {
    let mut cli = json!({ "version": connection.server().version, "protocol": connection.server().protocol });
    if let Some(program) = &connection.program {
        cli["path"] = json!(program.to_string_lossy());
    }
    if let Far::Server(address) = &connection.far {
        cli["address"] = json!(address.to_string());
    }
    cli
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_of_a_start_add_up() {
        let mut clock = Clock::start();
        clock.lap("resolveMs");
        clock.lap("spawnMs");
        let laps = clock.stop();
        let names: Vec<_> = laps.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["resolveMs", "spawnMs", "totalMs"]);
        assert!(laps[0].1 + laps[1].1 <= laps[2].1, "{laps:?}");
        let shown = milliseconds(&vec![("spawnMs", Duration::from_micros(1500))]);
        assert_eq!(shown, json!({ "spawnMs": 1.5 }));
    }
}

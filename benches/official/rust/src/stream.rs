//! One session's events: bursts, windows, paced streams and large messages.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use github_copilot_sdk::subscription::{EventSubscription, RecvErrorKind};
use github_copilot_sdk::types::SessionEvent;
use github_copilot_sdk::{Client, session::Session};
use serde_json::json;

use crate::meter::{self, Meter};
use crate::{Figures, Result, config};

/// How long to wait for an event before the rest is taken for lost. The SDK loses events without telling, and
/// `session.idle` may be among them.
pub const GIVE_UP: Duration = Duration::from_secs(3);

/// Per subscription; the default of 512 would lose events of a window.
const BUFFER: usize = 4096;

const WARM_UP: u64 = 400;

/// What has arrived of a stream.
pub struct Tally {
    pub received: u64,
    pub in_order: bool,
    pub text_bytes: u64,
    next: u64,
    numbered: bool,
}

impl Tally {
    /// Texts of `size` bytes begin with their number when they are long enough for it.
    pub fn new(size: u64) -> Tally {
        Tally { received: 0, in_order: true, text_bytes: 0, next: 0, numbered: size >= 16 }
    }

    /// Numbers begin at 0 again.
    pub fn restart(&mut self) {
        self.next = 0;
    }

    /// Counts a delta. Where some are missing, those that came are to be in order all the same.
    pub fn add(&mut self, event: &SessionEvent) {
        let text = text_of(event);
        self.received += 1;
        self.text_bytes += text.len() as u64;
        if self.numbered {
            let number = text.get(..8).and_then(|digits| digits.parse().ok());
            self.in_order &= number.is_some_and(|number: u64| number >= self.next);
            self.next = number.map_or(self.next, |number| number + 1);
        }
    }

    /// The tally as figures, of `count` deltas of `size` bytes that were sent.
    pub fn report(&self, count: u64, size: u64, figures: &mut Figures) {
        figures.insert("n".into(), json!(count));
        figures.insert("bytes".into(), json!(size));
        figures.insert("received".into(), json!(self.received));
        figures.insert("in_order".into(), json!(self.in_order));
        figures.insert("text_bytes".into(), json!(self.text_bytes));
    }
}

fn text_of(event: &SessionEvent) -> &str {
    event.data.get("deltaContent").and_then(|text| text.as_str()).unwrap_or_default()
}

/// A subscription that notices when nothing comes any more.
pub struct Events {
    subscription: EventSubscription,
    /// When everything that had arrived was last used up.
    pub drained: Instant,
}

impl Events {
    pub fn of(session: &Session) -> Events {
        Events { subscription: session.subscribe(), drained: Instant::now() }
    }

    /// The next event, or None when the rest is lost.
    pub async fn next(&mut self) -> Option<SessionEvent> {
        loop {
            let mut next = pin!(self.subscription.recv());
            // The clock is read only when there is nothing to do, which costs a stream nothing.
            let result = match poll_fn(|context| Poll::Ready(next.as_mut().poll(context))).await {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    self.drained = Instant::now();
                    tokio::time::timeout(GIVE_UP, next).await.ok()?
                }
            };
            match result {
                Ok(event) => return Some(event),
                Err(error) if matches!(error.kind(), RecvErrorKind::Lagged(_)) => {}
                Err(_) => return None,
            }
        }
    }
}

/// Sends a prompt and hands every delta of its turn to `on_delta`; says when the turn ended, or the last event came.
async fn turn(
    session: &Session,
    events: &mut Events,
    prompt: String,
    mut on_delta: impl FnMut(&SessionEvent),
) -> Result<Instant> {
    session.send(prompt).await?;
    while let Some(event) = events.next().await {
        match event.event_type.as_str() {
            "assistant.message_delta" => on_delta(&event),
            "session.idle" => return Ok(Instant::now()),
            _ => {}
        }
    }
    Ok(events.drained)
}

async fn opened(client: &Client) -> Result<(Session, Events)> {
    let session = client.create_session(config().with_event_buffer_capacity(BUFFER)).await?;
    let events = Events::of(&session);
    Ok((session, events))
}

pub async fn burst(client: &Client, count: u64, size: u64) -> Result<Figures> {
    windows(client, "burst", count, count, size).await
}

/// `count` deltas, of which at most `window` are under way; whole windows.
pub async fn windows(client: &Client, prompt: &str, window: u64, count: u64, size: u64) -> Result<Figures> {
    let (session, mut events) = opened(client).await?;
    turn(&session, &mut events, format!("{prompt} {} {size}", WARM_UP.min(window)), |_| {}).await?;

    let window = window.min(count);
    let rounds = count.div_ceil(window.max(1));
    let mut tally = Tally::new(size);
    let meter = Meter::start()?;
    let mut end = Instant::now();
    for _ in 0..rounds {
        tally.restart();
        end = turn(&session, &mut events, format!("{prompt} {window} {size}"), |event| tally.add(event))
            .await?;
    }
    let mut figures = meter.stop_at(end)?;
    tally.report(rounds * window, size, &mut figures);
    Ok(figures)
}

pub async fn paced(client: &Client, count: u64, size: u64, rate: u64) -> Result<Figures> {
    let (session, mut events) = opened(client).await?;
    turn(&session, &mut events, format!("burst {WARM_UP} {size}"), |_| {}).await?;

    let mut latencies = Vec::with_capacity(count as usize);
    let meter = Meter::start()?;
    let end = turn(&session, &mut events, format!("paced {count} {size} {rate}"), |event| {
        let stamp = text_of(event).get(..20).and_then(|digits| digits.parse::<u64>().ok());
        latencies.extend(stamp.map(|stamp| meter::clock_ns().saturating_sub(stamp)));
    })
    .await?;
    let mut figures = meter.stop_at(end)?;
    figures.insert("n".into(), json!(count));
    figures.insert("bytes".into(), json!(size));
    figures.insert("rate".into(), json!(rate));
    figures.insert("received".into(), json!(latencies.len()));
    meter::add_percentiles(&mut figures, latencies);
    Ok(figures)
}

pub async fn large(client: &Client, size: u64) -> Result<Figures> {
    let (session, mut events) = opened(client).await?;
    turn(&session, &mut events, format!("burst {WARM_UP} 64"), |_| {}).await?;

    let meter = Meter::start()?;
    session.send(format!("large {size}")).await?;
    let (mut received, mut length) = (0, 0);
    while let Some(event) = events.next().await {
        match event.event_type.as_str() {
            "assistant.message" => {
                received += 1;
                length = event.data.get("content").and_then(|text| text.as_str()).map_or(0, str::len);
            }
            "session.idle" => break,
            _ => {}
        }
    }
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(1));
    figures.insert("bytes".into(), json!(size));
    figures.insert("received".into(), json!(received));
    figures.insert("in_order".into(), json!(length as u64 == size));
    Ok(figures)
}

//! Many sessions: making and leaving them, what an idle one holds, and streams of all at once.

use std::time::Instant;

use github_copilot_sdk::{Client, session::Session};
use serde_json::json;
use tokio::task::JoinSet;

use crate::meter::Meter;
use crate::stream::{Events, Tally};
use crate::{Figures, Result, config};

const WARM_UP: u64 = 20;

pub async fn create(client: &Client, count: u64) -> Result<Figures> {
    create_and_leave(client, WARM_UP).await?;
    let meter = Meter::start()?;
    create_and_leave(client, count).await?;
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(count));
    Ok(figures)
}

async fn create_and_leave(client: &Client, count: u64) -> Result<()> {
    for _ in 0..count {
        let (session, _events) = open(client).await?;
        session.disconnect().await?;
    }
    Ok(())
}

async fn open(client: &Client) -> Result<(Session, Events)> {
    let session = client.create_session(config()).await?;
    let events = Events::of(&session);
    Ok((session, events))
}

async fn open_all(client: &Client, count: u64) -> Result<Vec<(Session, Events)>> {
    let mut sessions = Vec::with_capacity(count as usize);
    for _ in 0..count {
        sessions.push(open(client).await?);
    }
    Ok(sessions)
}

/// The growth of the memory while `count` sessions are opened, none of which does anything.
pub async fn idle(client: &Client, count: u64) -> Result<Figures> {
    create_and_leave(client, WARM_UP).await?;
    let meter = Meter::start()?;
    let sessions = open_all(client, count).await?;
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(sessions.len()));
    Ok(figures)
}

/// Every session streams `count` deltas, all at the same time.
pub async fn streams(client: &Client, prompt: &str, sessions: u64, count: u64, size: u64) -> Result<Figures> {
    create_and_leave(client, WARM_UP).await?;
    let (opened, subscriptions): (Vec<_>, Vec<_>) = open_all(client, sessions).await?.into_iter().unzip();
    let mut tasks = JoinSet::new();
    for events in subscriptions {
        tasks.spawn(receive(events, Tally::new(size)));
    }

    let meter = Meter::start()?;
    let mut end = Instant::now();
    opened.first().ok_or("streams of no session")?.send(format!("{prompt} {count} {size}")).await?;
    let mut total = Tally::new(size);
    let mut idles = 0;
    while let Some(stream) = tasks.join_next().await {
        let (tally, last, idle) = stream?;
        total.received += tally.received;
        total.text_bytes += tally.text_bytes;
        total.in_order &= tally.in_order;
        idles += u64::from(idle);
        end = end.max(last);
    }
    let mut figures = meter.stop_at(end)?;
    total.report(sessions * count, size, &mut figures);
    figures.insert("sessions".into(), json!(sessions));
    figures.insert("idles".into(), json!(idles));
    Ok(figures)
}

/// Counts until `session.idle`, or until nothing comes any more; says when that was, and which of the two.
async fn receive(mut events: Events, mut tally: Tally) -> (Tally, Instant, bool) {
    while let Some(event) = events.next().await {
        match event.event_type.as_str() {
            "assistant.message_delta" => tally.add(&event),
            "session.idle" => return (tally, Instant::now(), true),
            _ => {}
        }
    }
    (tally, events.drained, false)
}

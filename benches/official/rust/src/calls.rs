//! Requests and their answers: pings, tool calls, histories.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use async_trait::async_trait;
use github_copilot_sdk::tool::ToolHandler;
use github_copilot_sdk::types::{Tool, ToolInvocation, ToolResult};
use github_copilot_sdk::{Client, Error};
use serde_json::json;
use tokio::task::JoinSet;

use crate::meter::{self, Meter};
use crate::stream::Events;
use crate::{Figures, Result, config};

const WARM_UP: u64 = 200;

pub async fn pings(client: &Client, count: u64) -> Result<Figures> {
    for _ in 0..WARM_UP {
        client.ping(None).await?;
    }
    let mut times = Vec::with_capacity(count as usize);
    let meter = Meter::start()?;
    for _ in 0..count {
        let start = Instant::now();
        client.ping(None).await?;
        times.push(start.elapsed().as_nanos() as u64);
    }
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(count));
    meter::add_percentiles(&mut figures, times);
    Ok(figures)
}

/// `lanes` tasks, each of which has one ping under way.
pub async fn pings_at_once(client: &Client, count: u64, lanes: u64) -> Result<Figures> {
    for _ in 0..WARM_UP {
        client.ping(None).await?;
    }
    let each = count.div_ceil(lanes);
    let mut tasks = JoinSet::new();
    let meter = Meter::start()?;
    for _ in 0..lanes {
        let client = client.clone();
        tasks.spawn(async move {
            for _ in 0..each {
                client.ping(None).await?;
            }
            Ok::<(), Error>(())
        });
    }
    while let Some(lane) = tasks.join_next().await {
        lane??;
    }
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(each * lanes));
    Ok(figures)
}

static CALLED: AtomicU64 = AtomicU64::new(0);

struct Add;

#[async_trait]
impl ToolHandler for Add {
    async fn call(&self, invocation: ToolInvocation) -> std::result::Result<ToolResult, Error> {
        CALLED.fetch_add(1, Ordering::Relaxed);
        let number =
            |name: &str| invocation.arguments.get(name).and_then(|value| value.as_i64()).unwrap_or(0);
        Ok(ToolResult::Text((number("a") + number("b")).to_string()))
    }
}

/// The tool that the mock asks for.
fn add() -> Tool {
    let parameters = json!({"type": "object", "required": ["a", "b"],
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}});
    Tool::new("add")
        .with_description("Adds two whole numbers")
        .with_parameters(parameters)
        .with_skip_permission(true)
        .with_handler(Arc::new(Add))
}

pub async fn tools(client: &Client, count: u64) -> Result<Figures> {
    let session = client.create_session(config().with_tools(vec![add()])).await?;
    let mut events = Events::of(&session);
    session.send(format!("tools {WARM_UP}")).await?;
    idle(&mut events).await;
    CALLED.store(0, Ordering::Relaxed);

    let meter = Meter::start()?;
    session.send(format!("tools {count}")).await?;
    idle(&mut events).await;
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(count));
    figures.insert("received".into(), json!(CALLED.load(Ordering::Relaxed)));
    Ok(figures)
}

pub async fn history(client: &Client, count: u64, size: u64) -> Result<Figures> {
    let session = client.create_session(config()).await?;
    let mut events = Events::of(&session);
    session.send(format!("history {count} {size}")).await?;
    idle(&mut events).await;

    let meter = Meter::start()?;
    let history = session.get_events().await?;
    let mut figures = meter.stop()?;
    figures.insert("n".into(), json!(count));
    figures.insert("bytes".into(), json!(size));
    figures.insert("received".into(), json!(history.len()));
    Ok(figures)
}

async fn idle(events: &mut Events) {
    while let Some(event) = events.next().await {
        if event.event_type == "session.idle" {
            return;
        }
    }
}

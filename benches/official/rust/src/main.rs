//! The official Rust SDK against the mock CLI: `bench-official-rust MOCK WORKLOAD NUMBERS…`, one JSON line on stdout.

mod calls;
mod meter;
mod sessions;
mod stream;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use github_copilot_sdk::handler::ApproveAllHandler;
use github_copilot_sdk::types::SessionConfig;
use github_copilot_sdk::{CliProgram, Client, ClientOptions};
use serde_json::{Map, Value, json};

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What a workload adds to the line.
pub type Figures = Map<String, Value>;

/// The cheaper of tokio's two runtimes for this SDK.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let (Some(mock), Some(workload)) = (args.next(), args.next()) else {
        return Err("usage: bench-official-rust MOCK WORKLOAD NUMBERS…".into());
    };
    let numbers = args.map(|arg| arg.parse()).collect::<std::result::Result<Vec<u64>, _>>()?;

    let program = CliProgram::Path(PathBuf::from(mock));
    let client = Client::start(ClientOptions::new().with_program(program)).await?;
    let mut figures = run(&client, &workload, &numbers).await?;
    figures.insert("client".into(), json!("official-rust"));
    figures.insert("workload".into(), json!(workload));
    println!("{}", Value::Object(figures));
    client.stop().await?;
    Ok(())
}

async fn run(client: &Client, workload: &str, numbers: &[u64]) -> Result<Figures> {
    match (workload, numbers) {
        ("connect", []) => meter::connected(),
        ("burst", &[count, size]) => stream::burst(client, count, size).await,
        ("window", &[count, size]) => stream::windows(client, "burst", 900, count, size).await,
        // Two events a token: half as many fill the SDK's queue.
        ("mix", &[count, size]) => stream::windows(client, "mix", 450, count, size).await,
        ("paced", &[count, size, rate]) => stream::paced(client, count, size, rate).await,
        ("large", &[size]) => stream::large(client, size).await,
        ("history", &[count, size]) => calls::history(client, count, size).await,
        ("ping", &[count]) => calls::pings(client, count).await,
        ("ping32", &[count]) => calls::pings_at_once(client, count, 32).await,
        ("tools", &[count]) => calls::tools(client, count).await,
        ("create", &[count]) => sessions::create(client, count).await,
        ("idle", &[count]) => sessions::idle(client, count).await,
        ("streams" | "mixstreams", &[sessions, count, size]) => {
            sessions::streams(client, workload, sessions, count, size).await
        }
        _ => Err(format!("no such workload: {workload} {numbers:?}").into()),
    }
}

/// What every session here is made with.
pub fn config() -> SessionConfig {
    SessionConfig::default().with_streaming(true).with_permission_handler(Arc::new(ApproveAllHandler))
}

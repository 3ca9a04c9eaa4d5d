//! Proves the test bed: real CLIs, driven by raw JSON-RPC, run against the scripted model.

mod raw;

use raw::Raw;
use serde_json::json;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use testbed::cli::{self, Cli, Fence};
use testbed::model::Model;
use testbed::scenario::{self, Observed, Place, Scenario};

/// An installed CLI; the panic's text is the command that installs it.
fn installed(name: &str) -> Cli {
    cli::find(name).unwrap_or_else(|why| panic!("{why}"))
}

/// One streamed turn with a tool call, with nothing of the scenario format in between.
fn one_turn_with_a_tool(name: &str) {
    let cli = installed(name);
    let fence = Fence::new(&cli);
    let model = Model::start();
    let steps = json!([{"tools": [["add", {"a": 2, "b": 40}]]}, {"chunks": ["It is ", "42"]}]);
    model.script("sum", &steps);
    let raw = Raw::spawn(&cli, &fence);
    let handshake = raw.call("ping", json!({}));
    assert_eq!(handshake["protocolVersion"], cli.protocol);
    let number = json!({"type": "number"});
    let parameters = json!({"type": "object", "properties": {"a": number, "b": number}});
    let session = json!({
        "sessionId": "sum", "model": "fake", "streaming": true, "requestPermission": true,
        "workingDirectory": fence.workdir(),
        "provider": {"type": "openai", "baseUrl": model.base_url("sum"), "apiKey": "x"},
        "tools": [{"name": "add", "description": "Adds.", "parameters": parameters}],
    });
    raw.call("session.create", session);
    let seen = raw.turn("sum", "What is 2 + 40?", "add", "42");

    let requests = model.wait_requests("sum", 2, Duration::from_secs(1)).unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0]["stream"], true);
    let result = requests[1]["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&result["role"], &result["content"]), (&json!("tool"), &json!("42")));
    assert_eq!(seen.calls, [json!({"tool": "add", "arguments": {"a": 2, "b": 40}})]);
    assert_eq!(
        seen.asked["permission"].len(),
        1,
        "a tool of ours asks for permission once: {:?}",
        seen.asked
    );
    assert_eq!(seen.answer(), Some(&json!("It is 42")));
    assert!(seen.events.iter().any(|event| event["data"]["deltaContent"] == "It is "));
}

#[test]
fn runtime_runs_a_turn_with_a_tool() {
    one_turn_with_a_tool("runtime");
}

#[test]
fn protocol_2_runs_a_turn_with_a_tool() {
    one_turn_with_a_tool("0.0.420");
}

/// A session without a script talks to the echo, which calls the tool that the prompt names.
#[test]
fn the_echo_demonstrates_a_tool() {
    let cli = installed("runtime");
    let (fence, model) = (Fence::new(&cli), Model::start());
    let raw = Raw::spawn(&cli, &fence);
    let number = json!({"type": "integer"});
    let parameters =
        json!({"type": "object", "properties": {"a": number, "b": number}, "required": ["a", "b"]});
    let session = json!({
        "sessionId": "e", "model": "fake", "streaming": true, "requestPermission": true,
        "workingDirectory": fence.workdir(), "provider": {"type": "openai", "baseUrl": model.base_url("echo")},
        "tools": [{"name": "add", "description": "Adds.", "parameters": parameters}],
    });
    raw.call("session.create", session);
    let seen = raw.turn("e", "Please add 2 and 40.", "add", "42");
    assert_eq!(seen.calls, [json!({"tool": "add", "arguments": {"a": 2, "b": 40}})]);
    assert_eq!(seen.answer(), Some(&json!("The tool add answered: 42")));
    let seen = raw.turn("e", "Good evening", "add", "42");
    assert_eq!(seen.answer(), Some(&json!("You said: Good evening")));
}

/// How many rows run at the same time.
const AT_ONCE: usize = 8;

/// Runs every row that is for this CLI in one process of it.
fn run_every_scenario(name: &str) {
    let faults = faults_of_every_scenario(name);
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn faults_of_every_scenario(name: &str) -> Vec<String> {
    let cli = installed(name);
    let (fence, model) = (Fence::new(&cli), Model::start());
    let raw = Raw::spawn(&cli, &fence);
    let rows = chosen(&cli);
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                    faults.lock().unwrap().extend(run_scenario(&raw, &cli, &fence, &model, row).err());
                }
            });
        }
    });
    faults.into_inner().unwrap().into_iter().map(|why: String| format!("{name}: {why}")).collect()
}

/// The rows that are for this CLI; of them those that `SCENARIOS` names, if it does.
fn chosen(cli: &Cli) -> Vec<Scenario> {
    let mut rows = scenario::all();
    rows.retain(|row| row.needs.met_by(cli.protocol, &cli.version));
    assert!(rows.len() >= 60, "only {} rows fit {}", rows.len(), cli.name);
    rows.retain(|row| scenario::is_wanted(&row.name));
    rows
}

fn run_scenario(raw: &Raw, cli: &Cli, fence: &Fence, model: &Model, row: &Scenario) -> Result<(), String> {
    let workdir = fence.workdir_for(&row.name);
    let base_url = model.base_url(&row.name);
    let place =
        Place { base_url: &base_url, workdir: &workdir, protocol: cli.protocol, version: &cli.version };
    let row = row.bind(&place)?;
    model.script(&row.name, &row.script);
    let mut observed = raw.run(&row).map_err(|why| format!("{}: {why}", row.name))?;
    observed.records = model.records(&row.name).iter().map(|record| json!(record)).collect();
    write_down(&cli.name, &row.name, &observed);
    row.check(&observed, &workdir)
}

/// What was seen, for whoever writes a row: into the folder `SCENARIOS_SEEN`.
fn write_down(cli: &str, row: &str, observed: &Observed) {
    if let Some(folder) = std::env::var_os("SCENARIOS_SEEN") {
        let folder = std::path::Path::new(&folder).join(cli);
        std::fs::create_dir_all(&folder).unwrap();
        let seen = json!({
            "events": observed.events, "records": observed.records, "calls": observed.calls,
            "asked": observed.asked, "replies": observed.replies,
        });
        std::fs::write(folder.join(format!("{row}.json")), format!("{seen:#}")).unwrap();
    }
}

#[test]
fn runtime_runs_every_scenario() {
    run_every_scenario("runtime");
}

#[test]
fn protocol_2_runs_every_scenario() {
    run_every_scenario("0.0.420");
}

#[test]
fn newest_pinned_cli_runs_every_scenario() {
    run_every_scenario("1.0.102");
}

/// Those that are not for every day, as far as they are installed.
#[test]
fn other_installed_clis_run_every_scenario() {
    let everyday = cli::everyday().unwrap_or_else(|why| panic!("{why}"));
    let installed = cli::all_installed();
    let others = installed.iter().filter(|cli| !everyday.contains(cli));
    let faults: Vec<_> = others.flat_map(|cli| faults_of_every_scenario(&cli.name)).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

//! Every scenario of the test bed through the C ABI: a C program converses with the real CLIs, offline.
//!
//! `COPILOT_TEST_CLIS` names the CLIs, as in `real_cli.rs`.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use support::{c, clis};
use testbed::cli::{Cli, Fence};
use testbed::model::Model;
use testbed::scenario::{self, Observed, Place, Scenario};

/// The parts of the program.
const SOURCES: [&str; 4] = ["scenario", "scenario_answers", "scenario_json", "scenario_steps"];

/// So many CLIs run at once, each with all of its rows.
const AT_ONCE: usize = 3;

/// The program gives itself less.
const LIMIT: Duration = Duration::from_secs(260);

/// One CLI in its fence, and what the program is told.
struct Run<'a> {
    cli: &'a Cli,
    fence: Fence,
    folder: PathBuf,
}

impl Run<'_> {
    fn write(&self, name: &str, value: &Value) -> PathBuf {
        let path = self.folder.join(name).with_extension("json");
        fs::write(&path, value.to_string()).unwrap();
        path
    }

    /// The client's options.
    fn client(&self) -> PathBuf {
        self.write(
            "client",
            &json!({
                "cliPath": self.cli.path,
                "cwd": self.fence.workdir(),
                "env": self.fence.env(),
                "useLoggedInUser": false,
                "logLevel": "info",
            }),
        )
    }

    /// The rows that are for this CLI, each bound to a folder and a script of its own.
    fn rows(&self, model: &Model) -> Vec<Scenario> {
        let (protocol, version) = (self.cli.protocol, self.cli.version.as_str());
        let mut fitting = scenario::all();
        fitting.retain(|row| row.needs.met_by(protocol, version));
        assert!(fitting.len() >= 60, "only {} rows are for {}", fitting.len(), self.cli.name);
        fitting.retain(|row| scenario::is_wanted(&row.name));
        let bind = |row: Scenario| {
            let workdir = self.fence.workdir_for(&row.name);
            let script = self.script(&row);
            let base_url = model.base_url(&script);
            let place = Place { base_url: &base_url, workdir: &workdir, protocol, version };
            let row = row.bind(&place).unwrap();
            model.script(&script, &row.script);
            row
        };
        fitting.into_iter().map(bind).collect()
    }

    /// The model serves several CLIs at once.
    fn script(&self, row: &Scenario) -> String {
        format!("{}-{}", self.cli.name, row.name)
    }
}

/// What the program has seen of a row.
#[derive(Deserialize)]
struct Seen {
    name: String,
    events: Vec<Value>,
    calls: Vec<Value>,
    asked: BTreeMap<String, Vec<Value>>,
    replies: Vec<Value>,
    turns: Vec<Value>,
    faults: Vec<Value>,
}

impl Seen {
    /// What was not as the row expects it.
    fn judge(self, row: &Scenario, records: Vec<Value>, workdir: &Path) -> Vec<String> {
        let mut faults: Vec<String> =
            self.faults.iter().map(|fault| format!("{}: {fault}", row.name)).collect();
        let Seen { events, calls, asked, replies, turns, .. } = self;
        let observed = Observed { events, records, calls, asked, replies };
        faults.extend(row.check(&observed, workdir).err());
        faults.extend(check_turns(row, &observed, &turns).err());
        faults
    }
}

/// The result of a turn must be what the events say.
fn check_turns(row: &Scenario, observed: &Observed, turns: &[Value]) -> Result<(), String> {
    let sent = row.inputs.iter().filter(|input| input.send.is_some()).count();
    if turns.len() != sent {
        return Err(format!("{}: {sent} messages were waited for, but the turns are {turns:?}", row.name));
    }
    if row.inputs.last().is_none_or(|input| input.send.is_none()) {
        return Ok(());
    }
    let message =
        |event: &&Value| event["type"] == "assistant.message" && !event["data"]["content"].is_null();
    let last = observed.events.iter().rfind(message);
    match turns.last() {
        Some(end) if end["outcome"] == "answer" && Some(&end["event"]) != last => {
            Err(format!("{}: the wait gave {}, the last answer is {last:?}", row.name, end["event"]))
        }
        _ => Ok(()),
    }
}

/// Runs every row on a CLI, all at once, and returns what was not as expected.
fn faults(program: &Path, cli: &Cli, model: &Model) -> Vec<String> {
    let folder = c::scratch(&format!("scenarios/{}", cli.name));
    let run = Run { cli, fence: Fence::new(cli), folder };
    let rows = run.rows(model);
    let mut command = Command::new(program);
    command.arg(run.client()).args(rows.iter().map(|row| run.write(&row.name, &json!(row))));
    let output = c::run(&mut command, "", LIMIT);
    let mut faults = Vec::new();
    if !output.status.success() {
        faults.push(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    let lines = String::from_utf8(output.stdout).unwrap();
    let seen = lines.lines().map(|line| serde_json::from_str::<Seen>(line).unwrap());
    let mut seen: BTreeMap<String, Seen> = seen.map(|seen| (seen.name.clone(), seen)).collect();
    for row in &rows {
        let Some(seen) = seen.remove(&row.name) else {
            faults.push(format!("{}: nothing was seen", row.name));
            continue;
        };
        let records = model.records(&run.script(row)).iter().map(|record| json!(record)).collect();
        faults.extend(seen.judge(row, records, &run.fence.workdir_for(&row.name)));
    }
    faults
}

#[test]
fn every_row_holds_through_the_c_abi() {
    let library = c::library_folder("scenarios");
    let source = |name: &&str| c::root().join("tests/c/programs").join(name).with_extension("c");
    let sources: Vec<_> = SOURCES.iter().map(source).collect();
    let programs: Vec<_> = c::COMPILERS
        .iter()
        .filter(|compiler| c::has(compiler))
        .map(|compiler| c::compile_all(compiler, &sources, &library))
        .collect();
    let (model, clis) = (Model::start(), clis::wanted());
    let some = |clis: &[Cli]| -> Vec<String> {
        std::thread::scope(|scope| {
            let (program, model) = (&programs[0], &model);
            let run = |cli| scope.spawn(move || faults(program, cli, model));
            let runs: Vec<_> = clis.iter().map(|cli| (&cli.name, run(cli))).collect();
            let named = |(name, faults): (_, Vec<String>)| {
                faults.into_iter().map(move |why| format!("{name}: {why}")).collect::<Vec<_>>()
            };
            runs.into_iter().map(|(name, run)| (name, run.join().unwrap())).flat_map(named).collect()
        })
    };
    let faults: Vec<_> = clis.chunks(AT_ONCE).flat_map(some).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

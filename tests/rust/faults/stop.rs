//! Stopping: politely, by force, in the background; no process stays, whatever it does.

use copilot::Code;
use copilot::client::State;
use copilot::queue::Operation;

use super::*;

const SOON: Duration = Duration::from_millis(300);

/// Stops, with so much time for the process.
fn stop_within(client: &Client, grace: Duration) -> Result<()> {
    block_on(client, client.queue().queue(), Arc::clone(client.core()).stop(Some(grace)))
}

/// A turn that never ends, once it has begun.
fn endless_turn(bed: &Bed, session: &Arc<copilot::session::Session>) -> Arc<Operation> {
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let op = begin(&bed.client, session.queue().queue(), turn);
    bed.logged(|record| record["out"]["params"]["event"]["type"] == "assistant.turn_start");
    op
}

#[test]
fn each_generation_is_left_in_its_own_words() {
    for (script, words) in [
        (json!({}), vec!["session.detach", "runtime.shutdown"]),
        (json!({ "connect": false }), vec!["session.detach", "session.destroy", "runtime.shutdown"]),
        (json!({ "protocol": 2 }), vec!["session.detach", "session.destroy"]),
    ] {
        let bed = Bed::new(script);
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        stop(&bed.client).unwrap();
        let log = bed.fake.log();
        let said: Vec<_> = log.iter().filter_map(|record| record["in"]["method"].as_str()).collect();
        assert_eq!(said[said.len() - words.len()..], words[..], "{said:?}");
        assert!(log.iter().any(|record| record["exit"] == 0), "it ends by itself");
        assert!(!is_there(bed.pid(0)));
        let error = ask(&bed.client, &session, "Hello?").unwrap_err();
        assert_eq!(error.code(), Code::Closed, "{error}");
        assert!(error.message().contains("the client was stopped"), "{error}");
    }
}

#[test]
fn a_process_that_does_not_want_to_end_is_killed_in_time() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({
            "protocol": protocol,
            "start": [{ "ignore_eof": true }, { "ignore_sigterm": true }],
            "on": {
                "runtime.shutdown": { "hang": true },
                "session.detach": { "hang": true },
                "session.destroy": { "hang": true },
            },
        }));
        let _session = Setup::new(json!({})).create(&bed.client).unwrap();
        let pid = bed.pid(0);
        let (stopped, time) = timed(|| stop_within(&bed.client, SOON));
        stopped.unwrap();
        assert!(time >= SOON && time < AT_ONCE, "{time:?}");
        assert!(!is_there(pid));
        assert_eq!(bed.client.core().state(), State::Disconnected);
    }
}

#[test]
fn without_time_the_process_is_killed_at_once() {
    let bed =
        Bed::new(json!({ "start": { "ignore_eof": true }, "on": { "runtime.shutdown": { "hang": true } } }));
    let _session = Setup::new(json!({})).create(&bed.client).unwrap();
    let (stopped, time) = timed(|| stop_within(&bed.client, Duration::ZERO));
    stopped.unwrap();
    assert!(time < AT_ONCE, "{time:?}");
    assert!(!is_there(bed.pid(0)));
}

#[test]
fn a_turn_that_goes_on_fails_when_the_client_stops() {
    let bed = Bed::new(json!({ "turns": [[{ "hang": true }]] }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let turn = endless_turn(&bed, &session);
    stop(&bed.client).unwrap();
    assert_eq!(end_of::<copilot::json::Json>(&turn).unwrap_err().code(), Code::Closed);
}

#[test]
fn a_stop_that_nobody_waits_for_goes_on() {
    let bed = Bed::new(json!({ "on": { "session.detach": [gate(), { "builtin": true }] } }));
    bed.guard_gate();
    let _session = Setup::new(json!({})).create(&bed.client).unwrap();
    let stopping = Arc::clone(bed.client.core()).stop(Some(SOON));
    let stopping = begin(&bed.client, bed.client.queue().queue(), stopping);
    bed.called("session.detach");
    stopping.cancel();
    bed.gone(bed.pid(0));
}

#[test]
fn force_stop_ends_a_stop_that_takes_its_time() {
    let bed =
        Bed::new(json!({ "start": { "ignore_eof": true }, "on": { "runtime.shutdown": { "hang": true } } }));
    support::start(&bed.client).unwrap();
    let stopping = Arc::clone(bed.client.core()).stop(None);
    let stopping = begin(&bed.client, bed.client.queue().queue(), stopping);
    bed.called("runtime.shutdown");
    bed.client.core().force_stop();
    let (ended, time) = timed(|| end_of::<()>(&stopping));
    ended.unwrap();
    assert!(time < AT_ONCE, "{time:?}");
    assert!(!is_there(bed.pid(0)));
}

#[test]
fn a_second_stop_waits_for_the_same_end() {
    let bed =
        Bed::new(json!({ "start": { "ignore_eof": true }, "on": { "runtime.shutdown": { "hang": true } } }));
    support::start(&bed.client).unwrap();
    let first = begin(&bed.client, bed.client.queue().queue(), Arc::clone(bed.client.core()).stop(None));
    bed.called("runtime.shutdown");
    stop_within(&bed.client, SOON).unwrap();
    assert!(!is_there(bed.pid(0)));
    end_of::<()>(&first).unwrap();
}

#[test]
fn a_start_right_behind_a_stop_gets_a_process_of_its_own() {
    let bed = Bed::new(json!({ "runs": [
        { "start": { "ignore_eof": true }, "on": { "runtime.shutdown": { "hang": true } } },
        {},
    ] }));
    support::start(&bed.client).unwrap();
    let stopping = Arc::clone(bed.client.core()).stop(Some(SOON));
    let stopping = begin(&bed.client, bed.client.queue().queue(), stopping);
    bed.called("runtime.shutdown");
    support::start(&bed.client).unwrap();
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    end_of::<()>(&stopping).unwrap();
    assert!(!is_there(bed.pid(0)) && is_there(bed.pid(1)));
    assert_eq!(bed.client.core().state(), State::Connected);
    assert_eq!(ask(&bed.client, &session, "Still there?").unwrap()["outcome"], "answer");
}

#[test]
fn grandchildren_do_not_outlive_the_process() {
    for (how, kind) in [("stop", json!(true)), ("stop", json!("inherit")), ("kill", json!("inherit"))] {
        let bed = Bed::new(json!({ "turns": [[{ "spawn_grandchild": kind }, { "text": "done" }]] }));
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        ask(&bed.client, &session, "Multiply").unwrap();
        let record = bed.logged(|record| record.get("grandchild").is_some());
        let grandchild = u32::try_from(record["grandchild"].as_u64().unwrap()).unwrap();
        let running = || {
            std::fs::read(format!("/proc/{grandchild}/cmdline")).is_ok_and(|line| line.starts_with(b"sleep"))
        };
        assert!(running());
        match how {
            "stop" => stop(&bed.client).unwrap(),
            _ => bed.client.core().force_stop(),
        }
        // It is a zombie until whoever adopts orphans here has looked after it.
        bed.until("the grandchild is dead", || !running());
        bed.gone(bed.pid(0));
    }
}

#[test]
fn force_stop_works_inside_a_callback() {
    let bed = Bed::new(json!({ "turns": [[{ "text": "enough" }, { "hang": true }]] }));
    let core = Arc::downgrade(bed.client.core());
    let session = Setup::new(json!({}))
        .event(Some("assistant.message"), move |_| core.upgrade().unwrap().force_stop())
        .create(&bed.client)
        .unwrap();
    let (error, time) = timed(|| ask(&bed.client, &session, "Go").unwrap_err());
    assert_eq!(error.code(), Code::Closed, "{error}");
    assert!(time < AT_ONCE, "{time:?}");
    bed.gone(bed.pid(0));
    assert_eq!(bed.client.core().state(), State::Disconnected);
}

#[test]
fn the_last_handle_stops_the_process_in_the_background() {
    for last in ["client", "session"] {
        let Bed { fake, client } = Bed::new(json!({}));
        let session = Setup::new(json!({})).create(&client).unwrap();
        let pid = client.core().process_id().unwrap();
        if last == "client" {
            drop(session);
            fake.wait_log(|record| record["in"]["method"] == "session.detach", PATIENCE).unwrap();
            assert!(is_there(pid));
            drop(client);
        } else {
            drop(client);
            assert_eq!(session.core().id().to_bytes().len(), 36);
            assert!(is_there(pid));
            drop(session);
        }
        fake.wait_log(|record| record["exit"] == 0, PATIENCE).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while is_there(pid) {
            assert!(Instant::now() < deadline, "{last}: process {pid} stays");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

#[test]
fn nothing_is_left_after_many_lives() {
    let pids: Vec<_> = (0..10)
        .map(|n| {
            let bed = Bed::new(json!({ "protocol": 2 + n % 2 }));
            let session =
                Setup::new(json!({})).tool(json!({ "name": "t" }), |_| {}).create(&bed.client).unwrap();
            ask(&bed.client, &session, "Hello").unwrap();
            bed.pid(0)
        })
        .collect();
    let deadline = Instant::now() + PATIENCE;
    while pids.iter().any(|pid| is_there(*pid)) {
        assert!(Instant::now() < deadline, "some of {pids:?} are left");
        std::thread::sleep(Duration::from_millis(2));
    }
}

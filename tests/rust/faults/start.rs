//! Starting: what does not start, what does not shake hands, who starts it, and what comes after a crash.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use copilot::client::State;
use copilot::{Code, Error};

use super::*;

#[test]
fn a_program_that_cannot_be_run_is_named_with_the_reason() {
    let folder = std::env::temp_dir().join(format!("libcopilot-faults-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let plain = folder.join("plain");
    fs::write(&plain, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).unwrap();
    let of_no_use = folder.join("of-no-use");
    fs::write(&of_no_use, "this is no program\n").unwrap();
    fs::set_permissions(&of_no_use, fs::Permissions::from_mode(0o755)).unwrap();
    for (path, hint) in [
        (folder.join("missing"), "does not exist"),
        (folder.clone(), "directory"),
        (plain, "executable"),
        (of_no_use, "neither a program"),
    ] {
        let client = client(&json!({ "cliPath": path }));
        let error = support::start(&client).unwrap_err();
        assert_eq!(error.code(), Code::Spawn, "{error}");
        assert!(error.message().contains(hint), "{error}");
        assert!(error.message().contains(path.to_str().unwrap()), "{error}");
        assert_eq!(client.core().state(), State::Failed);
    }
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_working_directory_that_is_not_there_is_named() {
    let bed = Bed::with(json!({}), json!({ "cwd": "/nonexistent/project" }));
    let error = support::start(&bed.client).unwrap_err();
    assert_eq!(error.code(), Code::Spawn, "{error}");
    assert!(error.message().contains("/nonexistent/project"), "{error}");
}

#[test]
fn a_process_that_ends_before_it_is_ready_tells_its_last_words() {
    for (action, code, signal, hint) in [
        (json!({ "exit": 3, "stderr": "boom: no licence\n" }), Some(3), None, "boom: no licence"),
        (json!({ "exit": 0 }), Some(0), None, "exited with code 0"),
        (json!({ "kill": 9 }), None, Some(9), "SIGKILL"),
        (json!({ "truncated": true }), Some(0), None, "ended before it was ready"),
    ] {
        let bed = Bed::new(json!({ "start": [action] }));
        let error = support::start(&bed.client).unwrap_err();
        assert_eq!(error.code(), Code::Spawn, "{error}");
        assert!(error.message().contains(hint), "{error}");
        let exit = error.exit().unwrap_or_else(|| panic!("{action}: {error}"));
        assert_eq!((exit.code, exit.signal), (code, signal), "{error}");
        if hint.starts_with("boom") {
            assert_eq!(exit.stderr_tail.trim(), hint);
        }
        assert_eq!(bed.client.core().state(), State::Failed);
        bed.gone(bed.pid(0));
    }
}

#[test]
fn what_is_no_runtime_is_refused_and_killed() {
    let on_connect = |reply: Value| json!({ "on": { "connect": [reply] } });
    for (script, code, hint) in [
        (json!({ "start": [{ "garbage": true }] }), Code::Protocol, "did not get ready"),
        (
            json!({ "start": [{ "raw": "Hello!\n" }, { "exit": 0 }] }),
            Code::Spawn,
            "ended before it was ready",
        ),
        (json!({ "start": [{ "huge_length": 2_147_483_648_u64 }] }), Code::Protocol, "did not get ready"),
        (json!({ "start": [{ "not_json": true }] }), Code::Protocol, "did not get ready"),
        (json!({ "protocol": 4 }), Code::ProtocolVersion, "update libcopilot"),
        (json!({ "protocol": 4, "connect": false }), Code::ProtocolVersion, "update libcopilot"),
        (json!({ "protocol": 1 }), Code::ProtocolVersion, "update the CLI"),
        (json!({ "protocol": null }), Code::ProtocolVersion, "names no protocol version"),
        (json!({ "protocol": null, "connect": false }), Code::ProtocolVersion, "names no protocol version"),
        (on_connect(json!({ "reply": "hello" })), Code::Protocol, "is this a Copilot CLI?"),
        (
            on_connect(json!({ "reply_error": { "code": -32603, "message": "not today" } })),
            Code::Rpc,
            "not today",
        ),
    ] {
        let bed = Bed::new(script.clone());
        let error = support::start(&bed.client).unwrap_err();
        assert_eq!(error.code(), code, "{script}: {error}");
        assert!(error.message().contains(hint), "{script}: {error}");
        assert_eq!(bed.client.core().state(), State::Failed);
        // Whoever is told of the failure finds no process left behind.
        assert!(!is_there(bed.pid(0)), "{script}");
    }
}

#[test]
fn every_generation_shakes_hands() {
    for (script, methods) in [
        (json!({}), vec!["connect"]),
        (json!({ "connect": false }), vec!["connect", "ping", "status.get"]),
        (json!({ "protocol": 2 }), vec!["connect", "ping", "status.get"]),
    ] {
        let bed = Bed::new(script);
        support::start(&bed.client).unwrap();
        assert_eq!(bed.client.core().state(), State::Connected);
        let asked: Vec<_> = bed
            .fake
            .log()
            .iter()
            .filter_map(|record| record["in"]["method"].as_str().map(str::to_owned))
            .collect();
        assert_eq!(asked, methods);
        support::start(&bed.client).unwrap();
        assert_eq!(bed.starts(), 1, "a second start is none");
    }
}

#[test]
fn a_start_that_failed_can_be_tried_again() {
    let bed = Bed::new(json!({ "runs": [{ "start": [{ "exit": 1 }] }, {}] }));
    let states = bed.states();
    support::start(&bed.client).unwrap_err();
    Setup::new(json!({})).create(&bed.client).unwrap();
    bed.until("the second start is told", || states.lock().len() == 4);
    assert_eq!(*states.lock(), ["connecting", "failed", "connecting", "connected"]);
}

#[test]
fn who_gives_up_a_start_leaves_it_to_the_next() {
    let bed = Bed::new(json!({ "on": { "connect": [gate(), { "builtin": true }] } }));
    bed.guard_gate();
    let first = begin(&bed.client, bed.client.queue().queue(), Arc::clone(bed.client.core()).start());
    bed.logged(|record| record["out"]["method"] == "test.gate");
    first.give_up(Error::new(Code::Timeout, "no patience"));
    assert_eq!(first.error().unwrap().code(), Code::Timeout);
    assert_eq!(bed.client.core().state(), State::Connecting);
    assert!(bed.client.core().process_id().is_none());
    // Waiting for the second serves the queue, and so opens the gate.
    support::start(&bed.client).unwrap();
    assert_eq!(bed.client.core().state(), State::Connected);
    assert_eq!(bed.starts(), 1);
    assert_eq!(bed.logged(|record| record["answered"] == "test.gate")["answer"]["result"], Value::Null);
}

#[test]
fn a_stop_ends_a_start_that_hangs() {
    for how in ["stop", "force_stop", "drop"] {
        let bed =
            Bed::new(json!({ "on": { "connect": { "hang": true } }, "start": { "ignore_sigterm": true } }));
        let start = begin(&bed.client, bed.client.queue().queue(), Arc::clone(bed.client.core()).start());
        bed.called("connect");
        let pid = bed.pid(0);
        let Bed { fake, client } = bed;
        match how {
            "stop" => {
                let (stopped, time) = timed(|| stop(&client));
                stopped.unwrap();
                assert!(!is_there(pid), "a stop returns when the process is gone");
                assert!(time < AT_ONCE, "{time:?}");
            }
            "force_stop" => client.core().force_stop(),
            _ => drop(client),
        }
        let (error, time) = timed(|| end_of::<()>(&start).unwrap_err());
        assert_eq!(error.code(), Code::Closed, "{how}: {error}");
        assert!(time < AT_ONCE, "{how}: {time:?}");
        assert!(!is_there(pid), "{how}");
        drop(fake);
    }
}

#[test]
fn many_first_calls_start_one_process() {
    let bed = Bed::new(json!({}));
    std::thread::scope(|scope| {
        for n in 0..8 {
            let bed = &bed;
            scope.spawn(move || match n % 2 {
                0 => support::start(&bed.client).unwrap(),
                _ => drop(Setup::new(json!({})).create(&bed.client).unwrap()),
            });
        }
    });
    assert_eq!(bed.starts(), 1);
    assert_eq!(bed.fake.received("session.create").len(), 4);
}

#[test]
fn without_auto_start_the_program_starts_it() {
    let bed = Bed::with(json!({}), json!({ "autoStart": false }));
    let refused = |hint: &str| {
        let error = bed.call("ping", json!({})).unwrap_err();
        assert_eq!(error.code(), Code::InvalidState, "{error}");
        assert!(error.message().contains(hint), "{error}");
        let error = Setup::new(json!({})).create(&bed.client).err().unwrap();
        assert_eq!(error.code(), Code::InvalidState, "{error}");
    };
    refused("autoStart is false");
    assert_eq!(bed.starts(), 0);
    support::start(&bed.client).unwrap();
    bed.call("ping", json!({})).unwrap();
    stop(&bed.client).unwrap();
    refused("copilot_client_start");
    support::start(&bed.client).unwrap();
    bed.call("ping", json!({})).unwrap();
    assert_eq!(bed.starts(), 2);
}

#[test]
fn after_a_stop_only_a_start_starts_again() {
    let bed = Bed::new(json!({}));
    bed.call("ping", json!({})).unwrap();
    stop(&bed.client).unwrap();
    stop(&bed.client).unwrap();
    assert_eq!(bed.call("ping", json!({})).unwrap_err().code(), Code::InvalidState);
    support::start(&bed.client).unwrap();
    bed.call("ping", json!({})).unwrap();
    assert_eq!(bed.starts(), 2);
}

#[test]
fn a_crash_is_told_and_the_next_call_starts_anew_if_it_may() {
    for auto_restart in [true, false] {
        let bed = Bed::with(
            json!({ "turns": [[{ "exit": 7, "stderr": "out of luck\n" }]] }),
            json!({ "autoRestart": auto_restart }),
        );
        let states = bed.states();
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let error = ask(&bed.client, &session, "Crash").unwrap_err();
        assert_eq!(error.code(), Code::Transport, "{error}");
        assert_eq!(error.exit().and_then(|exit| exit.code), Some(7), "{error}");
        assert!(error.message().contains("out of luck"), "{error}");
        bed.until("the loss is told", || states.lock().len() == 3);
        assert_eq!(*states.lock(), ["connecting", "connected", "disconnected"]);
        let next = bed.call("ping", json!({}));
        if auto_restart {
            next.unwrap();
        } else {
            let error = next.unwrap_err();
            assert_eq!(error.code(), Code::Transport, "{error}");
            assert_eq!(error.exit().and_then(|exit| exit.code), Some(7), "{error}");
            support::start(&bed.client).unwrap();
        }
        bed.until("the restart is told", || states.lock().len() == 5);
        assert_eq!(states.lock()[3..], ["connecting", "connected"]);
        assert_eq!(bed.starts(), 2);
    }
}

#[test]
fn a_lost_session_says_how_to_get_it_back() {
    let bed = Bed::new(json!({ "runs": [{ "turns": [[{ "kill": 9 }]] }, { "sessions": ["kept"] }] }));
    let setup = Setup::new(json!({ "sessionId": "kept" }));
    let session = setup.create(&bed.client).unwrap();
    ask(&bed.client, &session, "Crash").unwrap_err();
    let again = ask(&bed.client, &session, "Are you there?").unwrap_err();
    let aborted = on_session(&bed.client, &session, Arc::clone(session.core()).abort()).unwrap_err();
    for error in [again, aborted] {
        assert_eq!(error.code(), Code::Transport, "{error}");
        assert_eq!(error.class(), Some("transport"));
        assert!(error.message().contains("copilot_session_reopen"), "{error}");
        assert!(error.message().contains("kept"), "{error}");
        assert_eq!(error.exit().and_then(|exit| exit.signal), Some(9), "{error}");
    }
    assert_eq!(bed.starts(), 1, "a lost session starts nothing");
    let resumed = setup.resume(&bed.client, "kept").unwrap();
    assert_eq!(ask(&bed.client, &resumed, "Back?").unwrap()["outcome"], "answer");
    // The old handle takes nothing away from the new one.
    on_session(&bed.client, &session, Arc::clone(session.core()).disconnect()).unwrap();
    drop(session);
    assert_eq!(ask(&bed.client, &resumed, "Still?").unwrap()["outcome"], "answer");
    stop(&bed.client).unwrap();
    assert_eq!(bed.fake.received("session.detach").len(), 1, "of the new one, by the stop");
}

#[test]
fn a_client_starts_again_and_again_after_crashes() {
    let bed = Bed::new(json!({ "turns": [{ "hang": true }], "on": { "test.crash": { "exit": 1 } } }));
    for n in 1..=20 {
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), None);
        let turn = begin(&bed.client, session.queue().queue(), turn);
        bed.called("session.send");
        // The next call may be faster than the news of the end; the session must learn of it all the same.
        assert_eq!(bed.call("test.crash", json!({})).unwrap_err().code(), Code::Transport);
        bed.call("ping", json!({})).unwrap();
        assert_eq!(end_of::<copilot::json::Json>(&turn).unwrap_err().code(), Code::Transport);
        assert_eq!(bed.starts(), n + 1);
    }
}

#[test]
fn the_process_is_born_where_and_with_what_it_was_told() {
    let born = |more: Value| {
        let fake = FakeRuntime::new(json!({ "logEnv": ["MINE", "CARGO_PKG_NAME", "PATH"] }));
        let mut options = fake.options();
        for (name, value) in more["env"].as_object().into_iter().flatten() {
            options["env"][name] = value.clone();
        }
        if let Some(cwd) = more.get("cwd") {
            options["cwd"] = cwd.clone();
        }
        let client = client(&options);
        support::start(&client).unwrap();
        stop(&client).unwrap();
        fake.log().remove(0)
    };
    let here = std::env::current_dir().unwrap();
    let plain = born(json!({}));
    assert_eq!(plain["cwd"], here.to_str().unwrap(), "the host's own, where none is given");
    assert_eq!(plain["env"]["CARGO_PKG_NAME"], "copilot", "what the host has is inherited");
    let told = born(json!({ "cwd": "/", "env": { "MINE": "1", "CARGO_PKG_NAME": null } }));
    assert_eq!(told["cwd"], "/");
    assert_eq!(told["env"]["MINE"], "1", "what is given is added");
    assert!(told["env"].get("CARGO_PKG_NAME").is_none_or(Value::is_null), "null removes");
    assert_eq!(told["env"]["PATH"], plain["env"]["PATH"], "the rest stays");
}

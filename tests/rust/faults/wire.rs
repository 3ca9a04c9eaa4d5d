//! What comes over the wire, and what it must not do to the library.

use copilot::Code;
use copilot::client::State;
use copilot::json::Json;

use super::*;

#[test]
fn what_breaks_the_stream_ends_the_connection_at_once() {
    for (n, (fault, code, exit, hint)) in [
        (json!({ "truncated": true }), Code::Transport, Some((Some(0), None)), ""),
        (json!({ "huge_length": 2_147_483_648_u64 }), Code::Protocol, None, "2147483648"),
        (json!({ "not_json": true }), Code::Protocol, None, ""),
        (json!({ "garbage": true }), Code::Protocol, None, ""),
        (json!({ "raw": "Content-Length: -1\r\n\r\n{}" }), Code::Protocol, None, ""),
        (json!({ "raw": "\r\n\r\n{}" }), Code::Protocol, None, ""),
        (json!({ "close_stdout": true }), Code::Transport, None, "closed"),
        (json!({ "kill": 9 }), Code::Transport, Some((None, Some(9))), "SIGKILL"),
        (json!({ "kill": 6 }), Code::Transport, Some((None, Some(6))), "SIGABRT"),
        (json!({ "exit": 0 }), Code::Transport, Some((Some(0), None)), "code 0"),
        (json!({ "exit": 3, "stderr": "boom\n" }), Code::Transport, Some((Some(3), None)), "boom"),
    ]
    .into_iter()
    .enumerate()
    {
        // The stream is the same in both; each has its share, for the wait for a process that lives takes time.
        let protocol = 2 + n % 2;
        let bed = Bed::new(json!({ "protocol": protocol, "turns": [[fault, { "hang": true }]] }));
        let states = bed.states();
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let pid = bed.pid(0);
        let (error, time) = timed(|| ask(&bed.client, &session, "Go").unwrap_err());
        assert_eq!(error.code(), code, "{fault}: {error}");
        assert!(time < AT_ONCE, "{fault}: {time:?}");
        assert!(error.message().contains(hint), "{fault}: {error}");
        assert_eq!(error.exit().map(|exit| (exit.code, exit.signal)), exit, "{fault}: {error}");
        bed.until("the end is told", || states.lock().last().map(String::as_str) == Some("disconnected"));
        assert_eq!(bed.client.core().state(), State::Disconnected);
        bed.gone(pid);
        // The next call begins anew.
        bed.call("ping", json!({})).unwrap();
    }
}

/// A notification that means nothing to the library.
const NOTHING: &str = r#"{"jsonrpc":"2.0","method":"host.event"}"#;

#[test]
fn what_is_odd_but_harmless_changes_nothing() {
    for odd in [
        json!({ "unknown_notification": true }),
        json!({ "raw": format!("content-length:39\r\nContent-Type: x\r\n\r\n{NOTHING}") }),
        json!({ "event": { "type": "no.such.event", "data": { "anything": [1, null] } } }),
        json!({ "event": { "type": "assistant.message", "data": null } }),
        json!({ "event": { "type": "session.idle", "data": {}, "sessionId": "somebody-else" } }),
        json!({ "event": { "type": "permission.requested", "data": {} } }),
        json!({ "event": { "type": "external_tool.requested", "data": { "requestId": "r" } } }),
        json!({ "event": { "type": "external_tool.completed", "data": { "requestId": "never-asked" } } }),
        json!({ "null_id_error": { "message": "nothing of yours" } }),
        json!({ "split": 1 }),
        json!({ "split": 7 }),
        json!({ "deep": 200 }),
        json!({ "deep": 100_000 }),
        json!({ "reply": { "messageId": "a second reply" } }),
        json!({ "stderr": "a warning\n" }),
    ] {
        for protocol in [2, 3] {
            let bed = Bed::new(json!({ "protocol": protocol, "turns": [[odd, { "text": "fine" }]] }));
            let session = Setup::new(json!({ "streaming": true })).create(&bed.client).unwrap();
            let end = ask(&bed.client, &session, "Go").unwrap_or_else(|error| panic!("{odd}: {error}"));
            assert_eq!(end["event"]["data"]["content"], "fine", "{odd}");
            stop(&bed.client).unwrap();
            let log = bed.fake.log();
            let misunderstood = ["odd_header", "in_bad", "unmatched_reply", "write_error"];
            assert!(
                !log.iter().any(|record| misunderstood.iter().any(|key| record.get(key).is_some())),
                "{odd}"
            );
        }
    }
}

#[test]
fn an_error_without_an_id_fails_what_is_pending_and_keeps_the_connection() {
    let bed = Bed::new(json!({
        "on": { "session.getMessages": { "hang": true } },
        "turns": [[{ "null_id_error": { "code": -32700, "message": "cannot read \"secret\"" } }, { "text": "on" }]],
    }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let history = Arc::clone(session.core()).get_messages();
    let history = begin(&bed.client, session.queue().queue(), history);
    bed.called("session.getMessages");
    assert_eq!(ask(&bed.client, &session, "Go").unwrap()["event"]["data"]["content"], "on");
    let error = end_of::<Json>(&history).unwrap_err();
    assert_eq!(error.code(), Code::Rpc, "{error}");
    assert_eq!(error.rpc().unwrap().code, -32700);
    assert!(!error.message().contains("secret"), "{error}");
    assert_eq!(bed.client.core().state(), State::Connected);
    assert_eq!(bed.starts(), 1);
}

#[test]
fn replies_that_nobody_waits_for_are_ignored() {
    let bed = Bed::new(json!({ "on": {
        "session.getMessages": { "duplicate_reply": true },
        "models.list": { "reply_with_string_id": true },
    } }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    for _ in 0..3 {
        let history = on_session(&bed.client, &session, Arc::clone(session.core()).get_messages()).unwrap();
        assert!(history.text().contains("session.start"), "{}", history.text());
    }
    // A reply under an id that only looks like ours is none of ours: the call goes on waiting.
    let connection = Arc::clone(bed.client.core()).connection();
    let work = async move { connection.await?.call("models.list", "{}").await };
    let models = begin(&bed.client, bed.client.queue().queue(), work);
    bed.called("models.list");
    bed.call("ping", json!({})).unwrap();
    assert_eq!(models.progress(), copilot::queue::Progress::Pending);
    models.cancel();
    assert_eq!(end_of::<String>(&models).unwrap_err().code(), Code::Cancelled);
    bed.call("ping", json!({})).unwrap();
}

#[test]
fn a_lone_surrogate_is_repaired_and_delivered() {
    let bed = Bed::new(json!({ "turns": [[{ "lone_surrogate": true }, { "text": "after" }]] }));
    let (setup, heard) = texts(Setup::new(json!({})));
    let session = setup.create(&bed.client).unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    assert_eq!(*heard.lock(), ["before \u{fffd} after", "after"]);
}

#[test]
fn a_conversation_arrives_byte_by_byte() {
    for protocol in [2, 3] {
        let bed = Bed::new(json!({
            "protocol": protocol,
            "start": { "split": 1 },
            "turns": [[{ "tool": { "name": "t", "arguments": { "text": "añ€𝄞" } } }, { "text": "añ€𝄞", "chunks": 2 }]],
        }));
        let session = Setup::new(json!({ "streaming": true }))
            .tool(json!({ "name": "t" }), |request| {
                let text = request.params().string("/arguments/text").unwrap().into_owned();
                request.answer(Answer::Respond(json!(text).to_string().into())).unwrap();
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(ask(&bed.client, &session, "Go").unwrap()["event"]["data"]["content"], "añ€𝄞");
        assert!(bed.logged(|record| record["answered"] == "tool")["answer"].to_string().contains("añ€𝄞"));
    }
}

#[test]
fn a_very_large_event_arrives_whole() {
    const SIZE: usize = 20 << 20;
    let bed = Bed::new(json!({ "turns": [[{ "big_event": SIZE }, { "text": "after" }]] }));
    let (setup, heard) = texts(Setup::new(json!({})));
    let session = setup.create(&bed.client).unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    let heard = heard.lock();
    assert_eq!(heard[0].len(), SIZE);
    assert!(heard[0].bytes().all(|byte| byte == b'x'));
    assert_eq!(heard[1], "after");
}

/// The number of an event in the fake's own count.
fn number(event: &Event) -> u64 {
    let id = event.json().string("/id").unwrap();
    u64::from_str_radix(id.rsplit('-').next().unwrap(), 16).unwrap()
}

/// Fails unless these are so many numbers in a row.
fn assert_in_a_row(numbers: &[u64], count: usize) {
    assert_eq!(numbers.len(), count);
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "lost, doubled or out of order");
}

const BURST: usize = 20_000;

#[test]
fn of_a_burst_nothing_is_lost_with_callbacks() {
    for with_thread in [false, true] {
        let bed = Bed::new(
            json!({ "turns": [[{ "burst": { "count": BURST, "size": 40 } }, { "text": "after" }]] }),
        );
        let numbers = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&numbers);
        let session = Setup::new(json!({}))
            .event(Some("assistant.message_delta"), move |event| heard.lock().push(number(event)))
            .create(&bed.client)
            .unwrap();
        if with_thread {
            bed.client.queue().start_thread().unwrap();
        }
        assert_eq!(ask(&bed.client, &session, "Go").unwrap()["event"]["data"]["content"], "after");
        if with_thread {
            let deadline = Instant::now() + PATIENCE;
            while !bed.client.queue().is_empty() {
                assert!(Instant::now() < deadline);
                std::thread::yield_now();
            }
            bed.client.queue().stop_thread().unwrap();
        }
        assert_in_a_row(&numbers.lock(), BURST);
    }
}

#[test]
fn of_a_burst_nothing_is_lost_with_items() {
    let bed =
        Bed::items(json!({ "turns": [[{ "burst": { "count": BURST, "size": 40 } }, { "text": "after" }]] }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(prompt("Go"), Some(PATIENCE));
    let turn = begin(&bed.client, session.queue().queue(), turn);
    let numbers = numbers_until_idle(&bed);
    assert_in_a_row(&numbers, BURST);
    end_of::<Json>(&turn).unwrap();
}

/// Takes items up to the end of the turn, and gives the numbers of the deltas.
fn numbers_until_idle(bed: &Bed) -> Vec<u64> {
    let numbers = Mutex::new(Vec::new());
    bed.take("end of the turn", |event| {
        if event.event_type() == c"assistant.message_delta" {
            numbers.lock().push(number(event));
        }
        event.event_type() == c"session.idle"
    });
    numbers.into_inner()
}

/// Enough, with the size below, for several times what the queue, the pipe and the reader hold.
const FULL: usize = 10_000;

#[test]
fn a_full_queue_stops_the_reader_until_it_is_served() {
    for mode in ["items", "callbacks"] {
        let bed = Bed::with(
            json!({ "turns": [[gate(), { "burst": { "count": FULL, "size": 400 } }, { "text": "after" }]] }),
            json!({ "queue": { "mode": mode, "hardLimitBytes": 1 << 20 } }),
        );
        bed.guard_gate();
        let numbers = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&numbers);
        let (ended, ends) = (Log::default(), Log::default());
        let ended_too = Arc::clone(&ended);
        let session = Setup::new(json!({}))
            .event(Some("assistant.message_delta"), move |event| heard.lock().push(number(event)))
            .event(Some("session.idle"), move |_| ended_too.lock().push("idle".into()))
            .log(&ends)
            .create(&bed.client)
            .unwrap();
        let send = Arc::clone(session.core()).send(prompt("Go"));
        let send = begin(&bed.client, session.queue().queue(), send);
        // With the call over, nothing keeps the reader going when the queue is full.
        bed.logged(|record| record["out"]["method"] == "test.gate");
        let queue = bed.client.queue();
        if mode == "items" {
            let question = bed.take_request();
            end_of::<Json>(&send).unwrap();
            question.answer(Answer::Respond("null".into())).unwrap();
        } else {
            let deadline = Instant::now() + PATIENCE;
            while send.progress() == copilot::queue::Progress::Pending {
                assert!(Instant::now() < deadline);
                std::thread::yield_now();
            }
            bed.until("the gate is passed", || bed.fake.log().iter().any(|r| r["answered"] == "test.gate"));
        }
        let deadline = Instant::now() + PATIENCE;
        while queue.has_room() {
            assert!(Instant::now() < deadline, "the queue never became full");
            std::thread::sleep(Duration::from_millis(1));
        }
        let waiting = queue.len();
        assert!(waiting < FULL / 2, "{waiting}");
        // Nothing comes while nobody serves: a look at what does not happen takes a while.
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(queue.len(), waiting, "the reader goes on");
        if mode == "items" {
            assert_in_a_row(&numbers_until_idle(&bed), FULL);
        } else {
            bed.until("the turn has ended", || !ended.lock().is_empty());
            assert_in_a_row(&numbers.lock(), FULL);
            assert_eq!(ends.lock().last().map(String::as_str), Some("session.idle"));
        }
    }
}

#[test]
fn a_full_queue_does_not_hold_up_the_end() {
    for how in ["stop", "force_stop", "drop"] {
        let Bed { fake, client } = Bed::with(
            json!({ "turns": [[gate(), { "burst": { "count": FULL, "size": 400 } }, { "hang": true }]] }),
            json!({ "queue": { "mode": "items", "hardLimitBytes": 1 << 20 } }),
        );
        let bed = Bed { fake, client };
        bed.guard_gate();
        let session = Setup::new(json!({})).create(&bed.client).unwrap();
        let send = Arc::clone(session.core()).send(prompt("Go"));
        let send = begin(&bed.client, session.queue().queue(), send);
        let question = bed.take_request();
        end_of::<Json>(&send).unwrap();
        question.answer(Answer::Respond("null".into())).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while bed.client.queue().has_room() {
            assert!(Instant::now() < deadline, "the queue never became full");
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = bed.pid(0);
        let begun = Instant::now();
        let Bed { fake, client } = bed;
        match how {
            "stop" => stop(&client).unwrap(),
            "force_stop" => client.core().force_stop(),
            _ => {
                drop(session);
                drop(client);
            }
        }
        let deadline = Instant::now() + PATIENCE;
        while is_there(pid) {
            assert!(Instant::now() < deadline, "{how}: process {pid} is still there");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(begun.elapsed() < AT_ONCE, "{how}: {:?}", begun.elapsed());
        drop(fake);
    }
}

#[test]
fn a_peer_that_does_not_read_blocks_nobody() {
    let bed = Bed::new(json!({
        "start": { "ignore_sigterm": true },
        "turns": [[{ "text": "one" }, { "stop_reading": true }]],
    }));
    let session = Setup::new(json!({})).create(&bed.client).unwrap();
    ask(&bed.client, &session, "Go").unwrap();
    // The frame that it was waiting for is its last.
    bed.call("ping", json!({})).unwrap();
    // Many times what the pipe holds.
    let large = "x".repeat(2 << 20);
    let (sends, time) = timed(|| {
        let send = |text: &str| {
            let send = Arc::clone(session.core()).send(prompt(text));
            begin(&bed.client, session.queue().queue(), send)
        };
        [send(&large), send(&large), send("small")]
    });
    assert!(time < AT_ONCE, "{time:?}");
    let late = Arc::clone(session.core()).send_and_wait(prompt("late"), Some(Duration::from_millis(100)));
    let error = on_session(&bed.client, &session, late).unwrap_err();
    assert_eq!(error.code(), Code::Timeout, "{error}");
    let grace = Duration::from_millis(300);
    let stopping = Arc::clone(bed.client.core()).stop(Some(grace));
    let (stopped, time) = timed(|| block_on(&bed.client, bed.client.queue().queue(), stopping));
    stopped.unwrap();
    assert!(time < AT_ONCE, "{time:?}");
    bed.gone(bed.pid(0));
    for send in sends {
        let error = end_of::<Json>(&send).unwrap_err();
        assert_eq!(error.code(), Code::Closed, "{error}");
    }
}

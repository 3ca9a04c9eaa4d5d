//! The numbers that a client gives of itself.

use super::*;

fn stats(bed: &Bed) -> Value {
    serde_json::from_str(bed.client.core().stats().text()).unwrap()
}

fn timings(stats: &Value) -> Vec<String> {
    let timings = stats["startTimings"].as_object().unwrap();
    for (name, time) in timings {
        assert!(time.as_f64().is_some_and(|time| time >= 0.0), "{name}: {time}");
    }
    timings.keys().cloned().collect()
}

#[test]
fn a_new_client_has_done_nothing() {
    let bed = Bed::new(json!({}));
    let expected = json!({
        "state": "disconnected", "transport": "stdio", "starts": 0, "restarts": 0, "startTimings": {},
        "bytesIn": 0, "bytesOut": 0, "framesIn": 0, "framesOut": 0, "events": 0, "requests": 0,
        "callsPending": 0, "sessions": 0, "queue": { "items": 0, "bytes": 0, "merged": 0, "dropped": 0, "unserved": false },
    });
    assert_eq!(stats(&bed), expected);
}

#[test]
fn what_a_turn_costs_is_counted() {
    let script = json!({ "turns": [[
        { "text": "one two three four" },
        { "request": { "method": "test.gate", "global": true } },
    ]] });
    let bed = Bed::items(script);
    let session = Setup::new(json!({ "streaming": true })).create(&bed.client).unwrap();
    let sent = Arc::clone(session.core()).send(prompt("Go"));
    block_on(&bed.client, bed.client.queue().queue(), sent).unwrap();
    bed.logged(|record| record["out"]["params"]["event"]["type"] == "session.idle");
    // The reader counts frames when it has handled all that it had read.
    let log = || bed.fake.log();
    let out = || log().iter().filter(|record| record.get("out").is_some()).count();
    let deadline = Instant::now() + PATIENCE;
    while stats(&bed)["framesIn"] != out() {
        assert!(Instant::now() < deadline, "{} of {} frames", stats(&bed)["framesIn"], out());
        std::thread::sleep(Duration::from_millis(2));
    }
    let stats = stats(&bed);
    let events = log().iter().filter(|record| record["out"]["method"] == "session.event").count();
    assert_eq!(stats["events"], events);
    assert_eq!(stats["requests"], 1);
    assert_eq!(stats["framesOut"], log().iter().filter(|record| record.get("in").is_some()).count());
    let bytes = |direction: &str| -> usize {
        let log = log();
        let messages = log.iter().filter_map(|record| record.get(direction));
        messages.map(|message| message.to_string().len()).sum()
    };
    assert!(stats["bytesIn"].as_u64().unwrap() as usize > bytes("out"), "headers count");
    assert!(stats["bytesOut"].as_u64().unwrap() as usize > bytes("in"), "headers count");
    assert_eq!((&stats["sessions"], &stats["callsPending"]), (&json!(1), &json!(0)));
    assert!(stats["queue"]["items"].as_u64().unwrap() >= events as u64, "{stats}");
    assert!(stats["queue"]["bytes"].as_u64().unwrap() > 0, "{stats}");
}

#[test]
fn a_connection_says_what_it_is() {
    let stdio = Bed::new(json!({ "on": { "test.wait": { "hang": true } } }));
    let waits = Arc::clone(stdio.client.core()).call_with("test.wait", None).unwrap();
    let waits = begin(&stdio.client, stdio.client.queue().queue(), waits);
    stdio.called("test.wait");
    let told = stats(&stdio);
    assert_eq!(told["processId"], stdio.pid(0));
    assert_eq!(told["state"], "connected");
    assert_eq!((&told["cli"]["version"], &told["cli"]["protocol"]), (&json!("1.0.102"), &json!(3)));
    assert_eq!(told["cli"]["path"], stdio.fake.options()["cliPath"]);
    assert_eq!(told["callsPending"], 1);
    let mut steps = timings(&told);
    steps.sort();
    assert_eq!(steps, ["declareMs", "handshakeMs", "resolveMs", "spawnMs", "totalMs"]);
    waits.cancel();
    stop(&stdio.client).unwrap();
    assert!(stats(&stdio).get("cli").is_none() && stats(&stdio).get("processId").is_none());

    let tcp = Bed::with(json!({}), json!({ "useStdio": false }));
    support::start(&tcp.client).unwrap();
    let told = stats(&tcp);
    assert_eq!((&told["transport"], &told["processId"]), (&json!("tcp"), &json!(tcp.pid(0))));
    assert!(timings(&told).contains(&"connectMs".to_owned()), "{told}");

    let listening = tcp.logged(|record| record.get("listening").is_some());
    let url = format!("127.0.0.1:{}", listening["listening"]);
    let token = tcp.called("connect")["token"].clone();
    let attached = client(&json!({ "cliUrl": url, "connectionToken": token }));
    support::start(&attached).unwrap();
    let told: Value = serde_json::from_str(attached.core().stats().text()).unwrap();
    assert_eq!((&told["transport"], &told["cli"]["address"]), (&json!("url"), &json!(url)));
    assert!(told.get("processId").is_none() && told["cli"].get("path").is_none(), "{told}");
    let mut steps = timings(&told);
    steps.sort();
    assert_eq!(steps, ["connectMs", "declareMs", "handshakeMs", "totalMs"]);
}

#[test]
fn starts_and_restarts_are_counted() {
    let bed = Bed::new(json!({ "runs": [
        { "start": { "exit": 1 } },
        { "on": { "test.crash": { "exit": 1 } } },
        {},
    ] }));
    support::start(&bed.client).unwrap_err();
    let failed = stats(&bed);
    assert_eq!(
        (&failed["starts"], &failed["restarts"], &failed["state"]),
        (&json!(1), &json!(0), &json!("failed"))
    );
    assert!(!timings(&failed).contains(&"handshakeMs".to_owned()), "{failed}");
    bed.call("test.crash", json!({})).unwrap_err();
    bed.call("ping", json!({})).unwrap();
    let told = stats(&bed);
    assert_eq!((&told["starts"], &told["restarts"]), (&json!(3), &json!(1)));
    let before = told["framesIn"].as_u64().unwrap();
    stop(&bed.client).unwrap();
    assert!(stats(&bed)["framesIn"].as_u64().unwrap() >= before, "counted on over all connections");
}

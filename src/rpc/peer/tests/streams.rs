//! Streams of messages in every spelling, in random pieces: the handler learns of each what the general reader reads.

use super::super::super::message::{self, Message};
use super::super::super::random::Random;
use super::*;

/// A message that the handler is told of, most often in the CLI's own spelling.
fn any_message(random: &mut Random) -> String {
    let method = random.one_of(&["session.event", "session.event", "session.lifecycle", "m", "\\u006d", "é"]);
    let text = random.one_of(&["", "x", "é🎉", "\\n", "\\ud800", "}", "\\\"id\\\":1"]);
    let count = *random.one_of(&[&1, &5, &100, &3000]);
    let count = if random.below(100) == 0 { 90_000 } else { count };
    let params = format!(r#"{{"a":{{"id":1,"text":"{}"}},"b":[{{}}]}}"#, text.repeat(count));
    match random.below(12) {
        0 => {
            format!(r#"{{"jsonrpc":"2.0","id":{},"method":"{method}","params":{params}}}"#, random.below(99))
        }
        1 => format!(r#"{{"jsonrpc":"2.0","params":{params},"method":"{method}"}}"#),
        2 => format!(r#" {{ "jsonrpc" : "2.0" , "method" : "{method}" , "params" : {params} }} "#),
        3 => format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params},"id":"}}"}}"#),
        4 => format!(r#"{{"jsonrpc":"2.0","method":"{method}"}}"#),
        _ => format!(r#"{{"jsonrpc":"2.0","method":"{method}","params":{params}}}"#),
    }
}

/// What the handler is to be told, in one text.
fn expected(body: &str) -> String {
    let mut bytes = body.as_bytes().to_vec();
    crate::json::scan::repair_lone_surrogates(&mut bytes);
    let body = String::from_utf8(bytes).unwrap();
    match message::classify(&body).unwrap() {
        Message::Notification { method, params } => format!("{method} {params}"),
        Message::Request { id, method, params } => format!("{id}: {method} {params}"),
        other => panic!("{other:?}"),
    }
}

async fn run(seed: u64) {
    let mut random = Random::of(seed);
    let bodies: Vec<_> = (0..random.below(60)).map(|_| any_message(&mut random)).collect();
    let mut stream = Vec::new();
    bodies.iter().for_each(|body| write_frame(&mut stream, &[body]));
    let (mut client, mut server) = match random.below(2) {
        0 => connect_with(1 + random.below(100_000), DEFAULT_FRAME_LIMIT),
        _ => connect_by_pipes(4096 << random.below(8)),
    };
    let longest = stream.len() / 200 + 1 + random.below(100_000);
    let serve = async {
        let mut rest = &stream[..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at((1 + random.below(longest)).min(rest.len()));
            server.raw(now).await;
            rest = later;
        }
    };
    let handle = async {
        for body in &bodies {
            let told = match client.event().await {
                Event::Notification(method, params) => format!("{method} {params}"),
                Event::Request(request, method, params) => format!("{}: {method} {params}", request.id()),
                other => panic!("seed {seed}: {}", other.name()),
            };
            assert!(told == expected(body), "seed {seed}: {body:.200}");
        }
    };
    tokio::join!(serve, handle);
    assert!(client.has_no_event());
}

#[tokio::test]
async fn every_message_arrives_as_what_it_is_however_it_is_spelled_and_split() {
    for seed in 1..=60 {
        run(seed).await;
    }
}

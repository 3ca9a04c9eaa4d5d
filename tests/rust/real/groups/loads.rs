//! Much at once: long prompts and results, and thousands of events for a slow program.

use std::collections::HashSet;

use copilot::protocol::answer::Answer;
use copilot::protocol::question::Kind;
use copilot::request::Request;

use super::*;

/// A text of at least this many bytes that has no part twice.
fn long_text(bytes: usize) -> String {
    let mut text = String::with_capacity(bytes + 16);
    for n in 0.. {
        if text.len() >= bytes {
            break;
        }
        text.push_str(&format!("word{n} "));
    }
    text.push_str("end");
    text
}

#[test]
fn a_prompt_of_two_megabytes_reaches_the_model_whole() {
    on_each("0", |bed| {
        // More than the model would be thought to take.
        let provider = json!({ "type": "openai", "baseUrl": bed.model.base_url("long"), "apiKey": "x",
            "maxPromptTokens": 1_000_000 });
        let setup = bed.setup("long", json!([{ "text": "read" }]), json!({ "provider": provider }));
        let session = setup.create(&bed.client).unwrap();
        let text = long_text(2 << 20);
        assert_eq!(bed.ask(&session, &text), "read");
        assert!(bed.told("long").contains(&text));
    });
}

#[test]
fn a_tool_result_of_three_megabytes_arrives_whole() {
    on_each("0", |bed| {
        let text = Arc::new(long_text(3 << 20));
        let result = Arc::clone(&text);
        let session = bed
            .setup("result", json!([{ "tools": [["big", {}]] }, { "text": "read" }]), json!({}))
            .tool(
                json!({ "name": "big", "parameters": { "type": "object", "properties": {} } }),
                move |request| {
                    request.answer(Answer::Respond(json!(*result).to_string().into())).unwrap();
                },
            )
            .answer(Kind::Permission, Request::approve)
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session, "Go"), "read");
        // What is too long for the model is given to it as a file.
        let told =
            bed.model.requests("result").last().unwrap()["messages"].as_array().unwrap().last().cloned();
        let told = told.unwrap()["content"].as_str().unwrap().to_owned();
        let file = told.split_once("Saved to: ").and_then(|(_, rest)| rest.lines().next()).expect(&told);
        assert!(std::fs::read_to_string(file).unwrap() == *text, "{told}");
    });
}

#[test]
fn a_slow_program_gets_each_of_five_thousand_deltas_in_order() {
    // So little that the CLI has to wait for the program again and again.
    let queue = json!({ "queue": { "hardLimitBytes": 64 << 10 } });
    on_each_with(&queue, "0", |bed| {
        let chunks: Vec<_> = (0..5000).map(|n| format!("{n} ")).collect();
        let seen = Seen::default();
        let setup = bed.setup("deltas", json!([{ "chunks": chunks }]), json!({}));
        // The slowness that this is about.
        let setup = setup.event(Some("assistant.message_delta"), |_| {
            std::thread::sleep(Duration::from_micros(500));
        });
        let session = seen.of(setup).create(&bed.client).unwrap();
        bed.post(&session, "Count");
        bed.until("the end of the turn", || seen.last("session.idle").is_some());
        let mut deltas = seen.all("assistant.message_delta");
        // When it has had to wait, 1.0.102 may write the first events of a message once more at its end: not new ones,
        // but those of the same ids.
        let mut ids = HashSet::new();
        deltas.retain(|delta| ids.insert(delta["id"].to_string()));
        let heard: Vec<_> =
            deltas.iter().map(|delta| delta["data"]["deltaContent"].as_str().unwrap()).collect();
        assert_eq!(heard, chunks);
        assert_eq!(seen.last("assistant.message").unwrap()["data"]["content"], chunks.concat());
    });
}

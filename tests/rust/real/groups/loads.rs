//! Much at once: long prompts and results, and thousands of events for a slow program.

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
                    request.answer(Answer::Respond(json!(*result).to_string())).unwrap();
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
    on_each("0", |bed| {
        let chunks: Vec<_> = (0..5000).map(|n| format!("{n} ")).collect();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&heard);
        let session = bed
            .setup("deltas", json!([{ "chunks": chunks }]), json!({}))
            .event(Some("assistant.message_delta"), move |event| {
                // The slowness that this is about.
                std::thread::sleep(Duration::from_micros(500));
                hears.lock().push(event.json().string("/data/deltaContent").unwrap().into_owned());
            })
            .create(&bed.client)
            .unwrap();
        assert_eq!(bed.ask(&session, "Count"), chunks.concat());
        let heard = std::mem::take(&mut *heard.lock());
        assert_eq!(heard, chunks);
    });
}

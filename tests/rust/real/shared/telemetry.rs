//! What the CLI writes down of its work, for whoever traces.

use std::fs;

use copilot::protocol::message::Message;

use super::*;

/// The first CLI that writes spans.
const TRACING: &str = "1.0.40";
/// The first that has sent them all when it ends.
const SENDING: &str = "1.0.71";
/// The trace of the program's own, and the span in it that sends the message.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

/// Has a program send a message in its own trace, to which the model answers with a call of a tool; gives the params
/// of that call. When it returns, the CLI has ended.
fn traced_turn(bed: &Bed, telemetry: Value) -> Value {
    let party = bed.party(json!({ "telemetry": telemetry }));
    let steps = json!([{ "tools": [["work", { "n": 1 }]] }, { "text": "done" }]);
    let setup = with_tool(Setup::new(bed.options("traced", steps)), "work");
    let session = setup.answer(QuestionKind::Permission, Request::approve).create(&party.client).unwrap();
    let message =
        json!({ "prompt": "Go", "traceparent": format!("00-{TRACE}-{SPAN}-01"), "tracestate": "a=b" });
    let message = Message::parse(&message.to_string()).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(message, Some(PATIENCE));
    let turn = begin(&party.client, session.queue().queue(), turn);
    let request = party.take_request();
    respond(&request, json!("worked")).unwrap();
    assert_eq!(answer_of(&turn), "done");
    stop(&party.client).unwrap();
    serde_json::from_str(request.params().text()).unwrap()
}

/// The spans of the program's trace in a file of one JSON object a line.
fn spans(file: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(file).expect("the CLI has written the file");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["type"] == "span" && line["traceId"] == TRACE).collect()
}

fn named<'a>(spans: &'a [Value], name: &str) -> &'a Value {
    let names: Vec<_> = spans.iter().map(|span| &span["name"]).collect();
    let begins = |span: &&Value| span["name"].as_str().unwrap().starts_with(name);
    spans.iter().find(begins).unwrap_or_else(|| panic!("no {name}, but {names:?}"))
}

#[test]
fn a_programs_trace_goes_through_the_cli_and_back_to_its_tool() {
    on_each(TRACING, |bed| {
        let file = bed.fence.workdir().join("spans.jsonl");
        let call = traced_turn(
            bed,
            json!({ "filePath": file, "exporterType": "file", "sourceName": "of-the-test", "captureContent": true }),
        );
        let spans = spans(&file);
        let agent = named(&spans, "invoke_agent");
        assert_eq!(agent["parentSpanId"], SPAN);
        let chat = named(&spans, "chat fake");
        assert_eq!(chat["parentSpanId"], agent["spanId"]);
        let tool = named(&spans, "execute_tool work");
        assert_eq!(tool["parentSpanId"], agent["spanId"]);
        assert_eq!(tool["instrumentationScope"]["name"], "of-the-test");
        assert_eq!(tool["attributes"]["gen_ai.tool.call.arguments"], r#"{"n":1}"#);
        let span = tool["spanId"].as_str().unwrap();
        assert_eq!(call["traceparent"], format!("00-{TRACE}-{span}-01"));
        assert_eq!(call["tracestate"], "a=b");
    });
}

#[test]
fn what_is_said_is_written_down_only_when_that_is_wanted() {
    on_each(TRACING, |bed| {
        for wanted in [false, true] {
            let file = bed.fence.workdir().join(format!("{wanted}.jsonl"));
            traced_turn(bed, json!({ "filePath": file, "exporterType": "file", "captureContent": wanted }));
            named(&spans(&file), "execute_tool");
            let text = fs::read_to_string(&file).unwrap();
            assert_eq!(text.contains("gen_ai.input.messages"), wanted);
            assert_eq!(text.contains("worked"), wanted);
        }
    });
}

#[test]
fn spans_are_sent_to_a_collector() {
    on_each(SENDING, |bed| {
        let url = bed.model.hosted_url();
        traced_turn(
            bed,
            json!({ "otlpEndpoint": url, "otlpProtocol": "http/json", "exporterType": "otlp-http" }),
        );
        let sent = bed.model.records("hosted.api");
        let traces: Vec<_> = sent.iter().filter(|record| record.path == "/v1/traces").collect();
        let of_ours = |record: &&&testbed::model::Record| record.body.to_string().contains(TRACE);
        let ours = traces.iter().find(of_ours);
        assert!(ours.is_some(), "{:?}", sent.iter().map(|record| &record.path).collect::<Vec<_>>());
    });
}

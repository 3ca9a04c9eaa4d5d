//! The program carries the model's traffic: there is no HTTP server at all.

use copilot::protocol::question::Kind;
use parking_lot::Mutex;

use super::*;

/// A completion, as the provider would stream it.
fn stream(text: &str) -> String {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        let chunk = json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "fake", "choices": [choice] });
        format!("data: {chunk}\n\n")
    };
    let first = chunk(json!({ "role": "assistant", "content": text }), Value::Null);
    format!("{first}{}data: [DONE]\n\n", chunk(json!({}), json!("stop")))
}

/// Calls methods of the client's, one after the other, without waiting here.
fn send(client: &Arc<Client>, calls: Vec<(&'static str, Value)>) {
    let connection = Arc::clone(client.core()).connection();
    client.core().runtime().spawn(async move {
        let connection = connection.await?;
        for (method, params) in calls {
            connection.call(method, &params.to_string()).await?;
        }
        copilot::Result::Ok(())
    });
}

#[test]
fn the_model_answers_through_the_program() {
    on_each(NEW, |bed| {
        let asked = Log::default();
        let urls = Arc::clone(&asked);
        bed.on("llmInference.httpRequestStart", move |request| {
            urls.lock().push(request.params().string("/url").unwrap().into_owned());
            respond(request, json!({}));
        });
        let (client, said) = (Arc::downgrade(&bed.client), Arc::new(Mutex::new(String::new())));
        let says = Arc::clone(&said);
        bed.on("llmInference.httpRequestChunk", move |request| {
            // Not answered: {} is what goes back.
            let (Some(client), Some(id)) = (client.upgrade(), request.params().string("/requestId")) else {
                return;
            };
            says.lock().push_str(&request.params().string("/data").unwrap_or_default());
            if request.params().get_bool("/end") != Some(true) {
                return;
            }
            let headers = json!({ "content-type": ["text/event-stream"] });
            let chunk = |data: String, end: bool| {
                ("llmInference.httpResponseChunk", json!({ "requestId": id, "data": data, "end": end }))
            };
            let start = json!({ "requestId": id, "status": 200, "headers": headers });
            let body = stream("without a server");
            let calls = vec![
                ("llmInference.httpResponseStart", start),
                chunk(body, false),
                chunk(String::new(), true),
            ];
            send(&client, calls);
        });
        assert_eq!(bed.call("llmInference.setProvider", json!({}))["success"], true);
        let session = Setup::new(json!({
            "model": "fake", "streaming": true, "workingDirectory": bed.fence.workdir(),
            "provider": { "type": "openai", "baseUrl": "http://model.invalid/v1", "apiKey": "x" },
        }))
        .answer(Kind::Permission, Request::deny)
        .create(&bed.client)
        .unwrap();
        assert_eq!(bed.ask(&session), "without a server");
        assert_eq!(asked.lock()[0], "http://model.invalid/v1/chat/completions");
    });
}

//! What a CLI says that talks about its secrets, and what is left of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::client::Client;
use crate::json::Json;
use crate::protocol::message::Message;
use crate::session::{self, Config};

const TOKEN: &str = "ghp_0123456789abcdef";
const KEY: &str = "sk-fedcba9876543210";

/// A client whose CLI is this script of /bin/sh.
fn client(script: &str) -> Arc<Client> {
    let options = json!({
        "cliPath": "/bin/sh",
        "cliArgs": ["-c", script],
        "githubToken": TOKEN,
        "env": { "MY_API_KEY": KEY },
    });
    Client::new(ClientOptions::parse(&options.to_string()).unwrap(), None).unwrap()
}

/// What comes of it, within a time that nothing here needs.
fn outcome<T>(client: &Client, work: impl Future<Output = Result<T>>) -> Result<T> {
    client.core().runtime().block_on(async {
        tokio::time::timeout(Duration::from_secs(20), work).await.expect("this must not take so long")
    })
}

/// How a start fails.
fn failure(script: &str) -> Error {
    let client = client(script);
    outcome(&client, Arc::clone(client.core()).start()).expect_err("it runs")
}

/// A script that answers the calls in turn, to each of them with these bodies.
fn answering(calls: &[&[Value]]) -> String {
    let mut script = String::new();
    for bodies in calls {
        // A call is a line, an empty line, and a body without a line end, which the next call's line completes.
        script.push_str("read header; read empty; ");
        for body in *bodies {
            let body = body.to_string();
            script.push_str(&format!("printf 'Content-Length: %d\\r\\n\\r\\n%s' {} '{body}'; ", body.len()));
        }
    }
    script + "exec cat > /dev/null"
}

#[test]
fn a_cli_that_prints_its_secrets_and_ends() {
    let error = failure("echo \"no: $COPILOT_SDK_AUTH_TOKEN $MY_API_KEY!\" >&2; exit 1");
    assert_eq!(error.code(), Code::Spawn);
    assert!(error.message().ends_with("\nno: [redacted] [redacted]!"), "{error}");
    assert_eq!(error.exit().unwrap().stderr_tail, "no: [redacted] [redacted]!");
}

#[test]
fn a_cli_that_prints_its_secrets_where_messages_belong() {
    let error = failure("printf 'Token: %s\\r\\n\\r\\n' \"$COPILOT_SDK_AUTH_TOKEN\"; exec cat > /dev/null");
    assert_eq!(error.code(), Code::Protocol);
    assert!(error.message().contains("\"Token: [redacted]\""), "{error}");
    // A quotation that is cut short within the secret.
    let error = failure("printf '%070d%s\\r\\n\\r\\n' 0 \"$COPILOT_SDK_AUTH_TOKEN\"; exec cat > /dev/null");
    assert!(error.message().contains("0[redacted]…\""), "{error}");
}

#[test]
fn the_token_is_in_the_environment_and_not_on_the_command_line() {
    let script = "tr '\\0' ' ' < /proc/$$/cmdline >&2; echo \"$COPILOT_SDK_AUTH_TOKEN\" | tr g G >&2; exit 1";
    let error = failure(script);
    let told = error.exit().unwrap().stderr_tail.as_str();
    assert!(told.contains("--auth-token-env COPILOT_SDK_AUTH_TOKEN"), "{told}");
    assert!(told.ends_with("Ghp_0123456789abcdef"), "the test's own premise: {told}");
    assert!(!told.contains("[redacted]") && !told.contains(TOKEN), "{told}");
}

#[test]
fn a_server_that_quotes_the_keys_of_a_session() {
    let provider_key = "pk-never seen before\"";
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "result": { "protocolVersion": 3 } });
    let refusal = json!({ "jsonrpc": "2.0", "id": 2, "error": {
        "code": -32603,
        "message": format!("bad key {provider_key} of {TOKEN}"),
        "data": { "key": provider_key, "request": json!({ "apiKey": provider_key }).to_string(), "n": 1 },
    } });
    let client = client(&answering(&[&[hello], &[refusal]]));
    let options =
        json!({ "model": "m", "provider": { "baseUrl": "http://localhost", "apiKey": provider_key } });
    let config = Config::new(Json::parse(&options.to_string()).unwrap()).unwrap();
    let created = outcome(&client, session::create(client.core(), &config).unwrap());
    let error = created.err().expect("it was refused");
    assert_eq!(error.message(), "bad key [redacted] of [redacted]");
    let data = error.rpc().unwrap().data.as_deref().unwrap();
    let expected = json!({ "key": "[redacted]", "request": r#"{"apiKey":"[redacted]"}"#, "n": 1 });
    assert_eq!(serde_json::from_str::<Value>(data).unwrap(), expected);
}

#[test]
fn a_turn_that_fails_in_words_that_quote_a_key() {
    let reply = |id: u32, result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result });
    let failed = json!({ "jsonrpc": "2.0", "method": "session.event", "params": { "sessionId": "s1", "event": {
        "type": "session.error",
        "data": { "errorType": "authentication", "message": format!("401: incorrect key {KEY}") },
    } } });
    let client = client(&answering(&[
        &[reply(1, json!({ "protocolVersion": 3 }))],
        &[reply(2, json!({ "sessionId": "s1" }))],
        &[reply(3, json!({ "messageId": "m1" })), failed],
    ]));
    let config = Config::new(Json::parse(r#"{"sessionId":"s1"}"#).unwrap()).unwrap();
    let session = outcome(&client, session::create(client.core(), &config).unwrap()).unwrap();
    let message = Message::parse(r#"{"prompt":"hello"}"#).unwrap();
    let turn = Arc::clone(session.core()).send_and_wait(message, None);
    let error = outcome(&client, turn).unwrap_err();
    assert_eq!((error.message(), error.class()), ("401: incorrect key [redacted]", Some("auth")));
}

#[test]
fn the_tokens_of_the_inherited_environment_are_known() {
    let environment = Environment::from_iter(TOKEN_VARIABLES.map(|name| (name, format!("value of {name}"))));
    let secrets = known_secrets(&ClientOptions::parse("{}").unwrap(), &environment);
    for name in ["COPILOT_SDK_AUTH_TOKEN", "COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"] {
        assert_eq!(secrets.redact(&format!("the value of {name} is")), "the [redacted] is");
    }
    assert_eq!(secrets.redact("another value"), "another value");
}

#[test]
fn a_result_that_says_no_and_quotes_a_key() {
    let reply = |id: u32, result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result });
    let no = json!({ "success": false, "error": format!("{KEY} may not") });
    let client = client(&answering(&[&[reply(1, json!({ "protocolVersion": 3 }))], &[reply(2, no)]]));
    let error = outcome(&client, Arc::clone(client.core()).delete_session("s1".into())).unwrap_err();
    assert_eq!(error.message(), "Failed to delete session s1: [redacted] may not");
}

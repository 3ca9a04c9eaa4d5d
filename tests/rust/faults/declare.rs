//! What is declared after the handshake, in which order, and what becomes of a CLI that does not know it.

use copilot::Code;
use copilot::client::State;

use super::*;

/// Every option that is declared.
fn options() -> Value {
    json!({
        "kerberosAuth": { "mode": "always", "scope": "runtime" },
        "builtinPluginDirectories": ["/plugins/a", "/plugins/b"],
        "sessionFs": { "initialCwd": "/work", "sessionStatePath": "/state" },
    })
}

/// What the program answers.
fn answer_all(bed: &Bed) {
    for method in ["extensionLaunchProvider.resolve", "llmInference.*"] {
        bed.client.core().on_request(method, Some(Callback::new(Box::new(|_: &Request| {}))));
    }
}

/// A script in which these succeed.
fn knowing(methods: &[&str]) -> Value {
    let replies: serde_json::Map<_, _> = methods
        .iter()
        .map(|method| ((*method).to_owned(), json!({ "reply": { "success": true } })))
        .collect();
    json!({ "on": replies })
}

const ALL: [&str; 5] = [
    "kerberosAuth.setProvider",
    "registerExtensionLaunchProvider",
    "plugins.builtin.set",
    "sessionFs.setProvider",
    "llmInference.setProvider",
];

#[test]
fn declarations_follow_the_handshake_in_order() {
    let bed = Bed::with(knowing(&ALL), options());
    answer_all(&bed);
    support::start(&bed.client).unwrap();
    let log = bed.fake.log();
    let asked: Vec<_> = log.iter().filter_map(|record| record["in"]["method"].as_str()).collect();
    assert_eq!(asked[0], "connect");
    assert_eq!(asked[1..], ALL);
    assert_eq!(bed.called("kerberosAuth.setProvider"), json!({ "mode": "always", "scope": "runtime" }));
    assert_eq!(bed.called("plugins.builtin.set"), json!({ "paths": ["/plugins/a", "/plugins/b"] }));
    let fs = json!({ "initialCwd": "/work", "sessionStatePath": "/state", "conventions": "posix" });
    assert_eq!(bed.called("sessionFs.setProvider"), fs);
    assert_eq!(bed.called("registerExtensionLaunchProvider"), json!({}));
    assert_eq!(bed.called("llmInference.setProvider"), json!({}));
}

#[test]
fn nothing_is_declared_that_was_not_asked_for() {
    let bed = Bed::new(json!({}));
    support::start(&bed.client).unwrap();
    let log = bed.fake.log();
    let asked: Vec<_> = log.iter().filter_map(|record| record["in"]["method"].as_str()).collect();
    assert_eq!(asked, ["connect"]);
}

#[test]
fn a_cli_that_is_too_old_is_told_with_what_needs_a_newer_one() {
    for (index, needed_by) in [
        "the option kerberosAuth",
        "extensionLaunchProvider.resolve",
        "the option builtinPluginDirectories",
        "the option sessionFs",
        "llmInference.httpRequestStart",
    ]
    .into_iter()
    .enumerate()
    {
        let bed = Bed::with(knowing(&ALL[..index]), options());
        answer_all(&bed);
        let error = support::start(&bed.client).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported, "{error}");
        assert!(error.message().contains(needed_by) && error.message().contains("update the CLI"), "{error}");
        assert_eq!(error.rpc().map(|rpc| rpc.code), Some(-32601));
        assert_eq!(bed.client.core().state(), State::Failed);
        assert!(!is_there(bed.pid(0)), "whoever is told of the failure finds no process left behind");
    }
}

#[test]
fn a_refusal_is_told_with_what_it_was_about() {
    for (answer, code) in [
        (json!({ "reply": { "success": false, "error": "no disk" } }), Code::Session),
        (json!({ "reply_error": { "code": -32603, "message": "no disk" } }), Code::Rpc),
    ] {
        let script = json!({ "on": { "sessionFs.setProvider": answer } });
        let fs = json!({ "sessionFs": { "initialCwd": "/w", "sessionStatePath": "/s" } });
        let bed = Bed::with(script, fs);
        let error = support::start(&bed.client).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains("the option sessionFs"), "{error}");
        assert!(error.message().contains("no disk"), "{error}");
    }
}

#[test]
fn what_needs_connect_needs_a_cli_that_has_it() {
    for (options, option) in [
        (json!({ "entra": { "clientId": "c" } }), "entra"),
        (json!({ "enableGitHubTelemetryForwarding": true }), "enableGitHubTelemetryForwarding"),
    ] {
        let bed = Bed::with(json!({ "connect": false }), options);
        let error = support::start(&bed.client).unwrap_err();
        assert_eq!(error.code(), Code::Unsupported, "{error}");
        assert!(error.message().contains(option), "{error}");
    }
    // The fake's `connect` knows the keys that the real one does.
    let bed = Bed::with(json!({}), json!({ "entra": { "clientId": "c" } }));
    let error = support::start(&bed.client).unwrap_err();
    assert_eq!(error.code(), Code::Unsupported, "{error}");
    let bed = Bed::with(json!({}), json!({ "enableGitHubTelemetryForwarding": true }));
    support::start(&bed.client).unwrap();
    assert_eq!(bed.called("connect"), json!({ "enableGitHubTelemetryForwarding": true }));
}

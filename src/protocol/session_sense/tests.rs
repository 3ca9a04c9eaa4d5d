use crate::protocol::session_config::{DeclaredKinds, SessionConfig, Target};
use crate::protocol::tool::Tool;

#[track_caller]
fn refused(json: &str, part: &str) {
    let error = SessionConfig::parse(json).err().unwrap_or_else(|| panic!("accepted {json}"));
    assert!(error.message().contains(part), "{json}: {error}");
}

#[track_caller]
fn accepted(json: &str) {
    if let Err(error) = SessionConfig::parse(json) {
        panic!("{json}: {error}");
    }
}

fn with_provider(provider: &str) -> String {
    format!(r#"{{"model":"m","provider":{{{provider}}}}}"#)
}

#[test]
fn a_provider_needs_a_model() {
    refused(r#"{"provider":{"baseUrl":"https://h"}}"#, "/provider needs a model");
    accepted(r#"{"provider":{"baseUrl":"https://h"},"rawParams":{"model":"m"}}"#);
}

/// The paths in `real/config.rs` are what the CLIs make of these.
#[test]
fn addresses_that_the_cli_would_double() {
    for (kind, url, problem) in [
        (
            "openai",
            "https://h/v1/chat/completions",
            "ends with /chat/completions, and the CLI appends /chat/completions",
        ),
        ("openai", "https://h/v1/chat/completions/", "ends with /chat/completions"),
        ("openai", "https://h/v1/completions", "ends with /completions"),
        ("openai", "https://h/v1/responses", "ends with /responses"),
        ("anthropic", "https://h/v1", "ends with /v1, and the CLI appends /v1/messages"),
        ("anthropic", "https://h/v1/messages", "ends with /v1/messages"),
        ("azure", "https://n.openai.azure.com/openai/v1/", "ends with what is Azure's own path"),
        ("azure", "https://h/openai/deployments/x", "ends with what is Azure's own path"),
        ("openai", "https://h/v1?x=1", "has a \"?\" or \"#\" in it"),
        ("anthropic", "https://h/#a", "has a \"?\" or \"#\" in it"),
        ("openai", "h/v1", "must begin with https:// or http:// and a host"),
        ("openai", "ftp://h", "must begin with https:// or http://"),
        ("openai", "https:///v1", "must begin with https:// or http:// and a host"),
    ] {
        let provider = format!(r#""type":"{kind}","base_url":"{url}""#);
        refused(&with_provider(&provider), &format!("/provider/baseUrl {problem}"));
    }
    for (kind, url) in [
        ("openai", "http://127.0.0.1:11434/v1"),
        ("openai", "HTTPS://user:pass@[::1]:80/v1/"),
        ("openai", "https://api.openai.com/v1"),
        ("openai", "https://api.anthropic.com/v1"),
        ("anthropic", "https://api.anthropic.com"),
        ("anthropic", "https://h/proxy/"),
        ("azure", "https://n.openai.azure.com/"),
        ("azure", "https://gateway.example"),
        ("azure", "https://gateway.example/some/path/"),
    ] {
        accepted(&with_provider(&format!(r#""type":"{kind}","baseUrl":"{url}""#)));
    }
}

#[test]
fn a_host_of_the_wrong_type() {
    for (kind, url, problem) in [
        (
            "openai",
            "https://N.OpenAI.Azure.com",
            "is an Azure host: set the provider's \"type\" to \"azure\"",
        ),
        ("openai", "https://n.cognitiveservices.azure.com/x", "is an Azure host"),
        ("azure", "https://api.openai.com", "is api.openai.com, which is not Azure"),
        ("anthropic", "https://api.openai.com:443", "does not speak Anthropic's protocol"),
        ("anthropic", "https://n.openai.azure.com", "does not speak Anthropic's protocol"),
    ] {
        refused(&with_provider(&format!(r#""type":"{kind}","baseUrl":"{url}""#)), problem);
    }
    refused(&with_provider(r#""baseUrl":"https://n.openai.azure.com""#), "is an Azure host");
    // The address at which Azure speaks OpenAI's own protocol, and a host that only looks like Azure's.
    accepted(&with_provider(r#""baseUrl":"https://n.openai.azure.com/openai/v1/","wireApi":"responses""#));
    accepted(&with_provider(r#""baseUrl":"https://openai.azure.com.example.org/v1""#));
}

#[test]
fn named_providers_are_looked_at_too() {
    refused(
        r#"{"providers":[{"name":"a","baseUrl":"https://h"},{"name":"b","type":"anthropic","baseUrl":"https://h/v1"}]}"#,
        "/providers/1/baseUrl ends with /v1",
    );
    refused(r#"{"providers":[{"name":"a"}]}"#, "/providers/0/baseUrl is missing");
    refused(
        r#"{"providers":[{"name":"a","baseUrl":"https://h","transport":"http"}]}"#,
        "/transport is not a known key",
    );
    accepted(
        r#"{"providers":[{"name":"a","base_url":"https://h"}],"models":[{"id":"m","provider":"a","wire_model":"w"}]}"#,
    );
}

#[test]
fn what_belongs_together_and_what_does_not() {
    for (json, part) in [
        (r#"{"gitHubToken":"t","gitHubTokenProviderRegistrationId":"r"}"#, "is given beside \"gitHubToken\""),
        (
            r#"{"model":"m","provider":{"baseUrl":"https://h"},"gitHubTokenProviderRegistrationId":"r"}"#,
            "is given beside \"provider\"",
        ),
        (r#"{"cloud":{},"hasSkillProvider":true}"#, "is given beside \"cloud\""),
        (r#"{"systemMessage":{"mode":"replace","content":null}}"#, "no \"content\" to replace it with"),
        (r#"{"systemMessage":{"sections":{}}}"#, "need \"mode\":\"customize\""),
        (r#"{"systemMessage":{"mode":"append","sections":{}}}"#, "need \"mode\":\"customize\""),
        (r#"{"mcpServers":{"a":{}}}"#, "/mcpServers/a has neither \"command\""),
        (r#"{"mcpServers":{"a":{"type":"http","command":"c"}}}"#, "/mcpServers/a is reached over HTTP"),
        (r#"{"mcpServers":{"a":{"type":"local","url":"u"}}}"#, "/mcpServers/a is to be started"),
        (
            r#"{"mcpServers":[{"name":"a","command":"c"}]}"#,
            r#"/mcpServers must be an object, but is an array; write {"<name>":{...}} in place of [{"name":"<name>",...}]"#,
        ),
        (r#"{"pluginDirectories":["/ok","plugins/x"]}"#, "/pluginDirectories/1 must be an absolute path"),
        (r#"{"availableTools":["a","*"]}"#, "/availableTools/1 is a bare \"*\""),
    ] {
        refused(json, part);
    }
    accepted(r#"{"cloud":{},"hasSkillProvider":false}"#);
    accepted(r#"{"mcpServers":{"a":{"type":"future","socket":"s"},"b":{"url":"u"},"c":{"command":"c"}}}"#);
    accepted(r#"{"pluginDirectories":["/a","C:\\b","\\\\host\\c"]}"#);
}

#[test]
fn a_tool_that_the_filters_hide_is_told_of() {
    let tool = Tool::parse(r#"{"name":"mine"}"#).unwrap();
    let grep = Tool::parse(r#"{"name":"grep","overridesBuiltInTool":true}"#).unwrap();
    for (filters, tool, problem) in [
        (
            r#""availableTools":[]"#,
            &tool,
            Some("/availableTools hides your own tool \"mine\" from the model"),
        ),
        (r#""availableTools":["other","builtin:*","builtin:mine"]"#, &tool, Some("add \"custom:mine\" or")),
        (r#""availableTools":["mine"]"#, &tool, None),
        (r#""availableTools":["bash","custom:mine"]"#, &tool, None),
        (r#""availableTools":["custom:*"]"#, &tool, None),
        (r#""availableTools":["mcp:*"]"#, &grep, Some("hides your own tool \"grep\"")),
        (r#""availableTools":["builtin:*"]"#, &grep, None),
        (r#""excludedTools":["x","mine"]"#, &tool, Some("/excludedTools/1 hides your own tool \"mine\"")),
        (r#""excludedTools":["custom:*"]"#, &tool, Some("/excludedTools/0 hides")),
        (
            r#""availableTools":["mine"],"excludedTools":["custom:mine"]"#,
            &tool,
            Some("/excludedTools/0 hides"),
        ),
        (r#""excludedTools":["builtin:*","mcp:mine"]"#, &tool, None),
    ] {
        let config = SessionConfig::parse(&format!("{{{filters}}}")).unwrap();
        let outcome = config.check_for(std::slice::from_ref(tool), false);
        match (outcome, problem) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) => assert!(error.message().contains(part), "{filters}: {error}"),
            (outcome, _) => panic!("{filters}: {outcome:?}"),
        }
    }
    let declared = SessionConfig::parse(r#"{"availableTools":[],"tools":[{"name":"d"}]}"#).unwrap();
    assert!(declared.check_for(&[], false).is_err());
}

#[test]
fn mode_empty_must_be_told_its_tools() {
    let config = |json| SessionConfig::parse(json).unwrap();
    let error = config("{}").check_for(&[], true).unwrap_err();
    assert!(error.message().contains("/availableTools is missing: a client of mode \"empty\""), "{error}");
    assert!(config(r#"{"availableTools":[]}"#).check_for(&[], true).is_ok());
    let sent = config(
        r#"{"availableTools":[],"system_message":{"content":"x"},"rawParams":{"memory":{"enabled":true}}}"#,
    )
    .encode(Target::Create("s"), &[], DeclaredKinds::default(), true);
    let sent: serde_json::Value = serde_json::from_str(&sent).unwrap();
    assert_eq!(sent["systemMessage"]["sections"]["environment_context"]["action"], "remove");
    assert_eq!((&sent["enableSkills"], &sent["memory"]["enabled"]), (&false.into(), &true.into()));
}

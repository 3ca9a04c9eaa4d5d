use super::*;
use crate::protocol::keys::{Table, Wants};

const CREATE: Target<'static> = Target::Create("s");
const RESUME: Target<'static> = Target::Resume("s");

const CONSTANTS: &str = concat!(
    r#""includeSubAgentStreamingEvents":true,"envValueMode":"direct","toolFilterPrecedence":"excluded","#,
    r#""requestPermission":true,"requestUserInput":false,"requestElicitation":false,"hooks":false,"#,
    r#""requestExitPlanMode":false,"requestAutoModeSwitch":false"#
);

fn parse(json: &str) -> SessionConfig {
    SessionConfig::parse(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn encode(json: &str, target: Target<'_>) -> String {
    parse(json).encode(target, &[], DeclaredKinds::default())
}

fn refused(json: &str) -> String {
    let error = SessionConfig::parse(json).err().unwrap_or_else(|| panic!("accepted {json}"));
    assert_eq!(error.code(), Code::InvalidArgument);
    error.message().to_string()
}

/// A value that fits.
fn sample(wants: Wants) -> String {
    match wants {
        Wants::Text | Wants::Name | Wants::Argument | Wants::Path => String::from("\"x\""),
        Wants::Word(words) => format!("\"{}\"", words[0]),
        Wants::Flag => String::from("true"),
        Wants::Integer(least, _) => least.to_string(),
        Wants::Number => String::from("0.5"),
        Wants::Object | Wants::Map(_) => String::from("{ }"),
        Wants::List(_) => String::from("[]"),
        Wants::Maybe(_) | Wants::Any => String::from("1"),
        Wants::Shape(table) => sample_object(table),
    }
}

fn sample_object(table: &Table) -> String {
    let members = table.keys.iter().filter(|key| key.required);
    members.fold(ObjectText::new(), |object, key| object.raw(key.wire, &sample(key.wants))).finish()
}

#[test]
fn the_least() {
    assert_eq!(encode("{}", CREATE), format!(r#"{{"sessionId":"s",{CONSTANTS}}}"#));
    assert_eq!(encode("{}", RESUME), encode("{}", CREATE));
    let config = parse("{}");
    assert_eq!((config.session_id, config.permission_pending, config.request_timeout_ms), (None, None, None));
}

#[test]
fn every_row_is_sent_where_it_belongs_and_type_checked() {
    for key in SESSION.keys {
        let value = sample(key.wants);
        let model = if key.name == "provider" { r#","model":"m""# } else { "" };
        let json = format!(r#"{{"{}":{value}{model}}}"#, key.name);
        if let Part::Never(reason) = key.part {
            assert_eq!(
                refused(&json),
                format!("the session config: /{} may not be given: {reason}", key.name)
            );
            continue;
        }
        let member = format!(r#""{}":{value}"#, key.wire);
        let sends = |target| encode(&json, target).contains(&format!(r#"{{"sessionId":"s",{member}"#));
        let expected = match key.part {
            Part::Always => (true, true),
            Part::Create => (true, false),
            Part::Resume => (false, true),
            // The library puts these two there itself.
            Part::Local | Part::Never(_) => {
                let sent = ["tools", "includeSubAgentStreamingEvents"].contains(&key.name);
                (sent, sent)
            }
        };
        assert_eq!((sends(CREATE), sends(RESUME)), expected, "{json} -> {}", encode(&json, CREATE));
        let wrong = if matches!(key.wants, Wants::Flag) { "1" } else { "true" };
        let message = refused(&format!(r#"{{"{}":{wrong}}}"#, key.name));
        assert!(message.starts_with(&format!("the session config: /{} must be ", key.name)), "{message}");
        let unset = format!(r#"{{"{}":null}}"#, key.name);
        assert_eq!(encode(&unset, CREATE), encode("{}", CREATE));
    }
}

#[test]
fn the_table_is_whole() {
    let named = |part: Part| SESSION.keys.iter().filter(move |key| key.part == part).map(|key| key.wire);
    let created: Vec<_> = named(Part::Create).collect();
    assert_eq!(created, ["name", "trustWorkingDirectory", "refreshCustomInstructions", "cloud"]);
    let resumed: Vec<_> = named(Part::Resume).collect();
    let expected = "openCanvases disableResume continuePendingWork allowTranscriptRecovery factories \
        requestedEnvironmentVariables";
    assert_eq!(resumed.join(" "), expected);
    let renamed: Vec<_> =
        SESSION.keys.iter().filter(|key| key.name != key.wire).map(|key| key.wire).collect();
    assert_eq!(renamed, ["requestMcpApps", "configDir", "isExperimentalMode", "disableResume"]);
    for (index, key) in SESSION.keys.iter().enumerate() {
        assert!(SESSION.keys[..index].iter().all(|other| other.name != key.name), "{} twice", key.name);
    }
}

#[test]
fn keeps_the_local_keys() {
    let config = parse(
        r#"{"sessionId":"mine","permissionDefault":"pending","requestTimeoutMs":5,
        "includeSubAgentStreamingEvents":false}"#,
    );
    assert_eq!(config.session_id.as_deref(), Some("mine"));
    assert_eq!(config.permission_pending, Some(true));
    assert_eq!(config.request_timeout_ms, Some(5));
    let sent = config.encode(CREATE, &[], DeclaredKinds::default());
    assert_eq!(sent, format!(r#"{{"sessionId":"s",{}}}"#, CONSTANTS.replacen("true", "false", 1)));
    assert_eq!(parse(r#"{"permissionDefault":"deny"}"#).permission_pending, Some(false));
}

#[test]
fn flags_follow_the_declared_kinds() {
    for kind in Kind::ALL {
        let declared = DeclaredKinds::default().with(kind);
        assert!(Kind::ALL.into_iter().all(|other| declared.has(other) == (other == kind)));
        let sent = parse("{}").encode(CREATE, &[], declared);
        let raised = row(kind).flag.filter(|_| kind != Kind::Permission);
        let expected = match raised {
            Some(flag) => CONSTANTS.replace(&format!("\"{flag}\":false"), &format!("\"{flag}\":true")),
            None => String::from(CONSTANTS),
        };
        assert_eq!(sent, format!(r#"{{"sessionId":"s",{expected}}}"#));
    }
}

#[test]
fn nested_values_pass_as_they_were() {
    let json = r#"{"modelCapabilities":{ "z" : 1.0, "a":{"y":12345678901234567890}},"system_message":{"mode":"append","content":"\u00e4"}}"#;
    let sent = encode(json, RESUME);
    let expected = r#"{"sessionId":"s","modelCapabilities":{ "z" : 1.0, "a":{"y":12345678901234567890}},"systemMessage":{"mode":"append","content":"\u00e4"},"#;
    assert!(sent.starts_with(expected), "{sent}");
}

#[test]
fn inner_names_become_the_wires() {
    let sent = encode(
        r#"{"largeOutput":{"maxSizeBytes":9,"outputDirectory":"/o"},"mcpServers":{"m":{"command":"c","workingDirectory":"/w","new":1}}}"#,
        CREATE,
    );
    let expected = concat!(
        r#"{"sessionId":"s","largeOutput":{"maxSizeBytes":9,"outputDir":"/o"},"#,
        r#""mcpServers":{"m":{"command":"c","cwd":"/w","new":1}},"#
    );
    assert!(sent.starts_with(expected), "{sent}");
}

#[test]
fn tools_come_from_the_program_and_from_declarations() {
    let tool = |name: &str| Tool::parse(&format!(r#"{{"name":"{name}","description":"ours"}}"#)).unwrap();
    let config = parse(r#"{"tools":[{"name":"a"},{"name":"b"}]}"#);
    let sent = config.encode(CREATE, &[tool("b"), tool("c")], DeclaredKinds::default());
    let tools = concat!(
        r#""tools":[{"name":"a","description":""},{"name":"b","description":"ours"},"#,
        r#"{"name":"c","description":"ours"}]"#
    );
    assert_eq!(sent, format!(r#"{{"sessionId":"s",{tools},{CONSTANTS}}}"#));
    for (json, part) in [
        (r#"{"tools":[{"name":"a"},{"name":"a"}]}"#, "/tools/1 declares \"a\" a second time"),
        (r#"{"tools":[{"name":"a"},{"name":"a b"}]}"#, "/tools/1/name contains ' '"),
        (r#"{"tools":[{}]}"#, "/tools/0/name is missing"),
    ] {
        let message = refused(json);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn raw_params_add_and_never_contradict() {
    let sent = encode(r#"{"model":"m","rawParams":{"future":{ "b":1 },"cloud":null}}"#, CREATE);
    assert!(sent.ends_with(r#""requestAutoModeSwitch":false,"future":{ "b":1 },"cloud":null}"#), "{sent}");
    let decided = DECIDED.into_iter().chain(handler_flags().map(|(_, flag)| flag));
    for name in decided {
        let message = refused(&format!(r#"{{"rawParams":{{"{name}":1}}}}"#));
        assert_eq!(
            message,
            format!("the session config: /rawParams/{name} may not be given: the library decides it")
        );
    }
    for json in [
        r#"{"model":"m","rawParams":{"model":"n"}}"#,
        r#"{"configDirectory":"c","rawParams":{"configDir":"d"}}"#,
        r#"{"rawParams":{"includeSubAgentStreamingEvents":true}}"#,
    ] {
        assert!(refused(json).ends_with("is an option already; give it there only"), "{json}");
    }
    assert!(refused(r#"{"rawParams":{"x":1,"x":2}}"#).contains("/rawParams/x is given twice"));
}

#[test]
fn sense_is_checked_where_the_server_would_only_fail_later() {
    for (json, part) in [
        (r#"{"provider":{"baseUrl":"u"}}"#, "/provider needs a model"),
        (r#"{"model":"m","provider":{}}"#, "/provider/baseUrl is missing"),
        (
            r#"{"model":"m","provider":{"baseURL":"u"}}"#,
            "/provider/baseURL is not a known key; did you mean \"baseUrl\"?",
        ),
        (
            r#"{"model":"m","provider":{"baseUrl":"u","type":"llama"}}"#,
            "/provider/type must be one of \"openai\"",
        ),
        (r#"{"infiniteSessions":{"enabled":1}}"#, "/infiniteSessions/enabled must be true or false"),
        (r#"{"systemMessage":{"mode":"prepend"}}"#, "/systemMessage/mode must be one of"),
        (r#"{"systemMessage":{"mode":"replace"}}"#, "/systemMessage has mode \"replace\" and no \"content\""),
        (r#"{"availableTools":["a","*"]}"#, "/availableTools/1 is a bare \"*\""),
        (r#"{"excludedTools":["*"]}"#, "/excludedTools/0 is a bare \"*\""),
        (r#"{"commands":[{"name":"c"}]}"#, "/commands/0/description is missing"),
        (r#"{"requestUserInput":true}"#, "registering a handler for USER_INPUT requests sets it"),
        (r#"{"modle":"m"}"#, "/modle is not a known key; did you mean \"model\"?"),
    ] {
        let message = refused(json);
        assert!(message.contains(part), "{message}");
    }
    parse(r#"{"provider":{"baseUrl":"u"},"rawParams":{"model":"m"}}"#);
}

#[test]
fn debug_shows_no_value() {
    let config =
        parse(r#"{"gitHubToken":"hidden","model":"hidden","provider":{"baseUrl":"u","apiKey":"hidden"}}"#);
    let shown = format!("{config:?}");
    assert!(shown.contains("gitHubToken") && !shown.contains("hidden"), "{shown}");
}

#[test]
fn reads_every_generations_reply() {
    let oldest = SessionReply::parse(r#"{"sessionId":"s","workspacePath":"/w"}"#).unwrap();
    assert_eq!((oldest.session_id.as_deref(), oldest.workspace_path.as_deref()), (Some("s"), Some("/w")));
    assert_eq!(oldest.capabilities, None);
    let newest =
        SessionReply::parse(r#"{"sessionId":"s","capabilities":{"ui":{ "elicitation":true}},"x":1}"#)
            .unwrap();
    assert_eq!(newest.capabilities.as_deref(), Some(r#"{"ui":{ "elicitation":true}}"#));
    assert_eq!(SessionReply::parse("{}").unwrap(), SessionReply::default());
    assert_eq!(SessionReply::parse("null").unwrap_err().code(), Code::Protocol);
}

use super::*;
use crate::protocol::keys::{Key, Table, Wants};

const CREATE: Target<'static> = Target::Create("s");
const RESUME: Target<'static> = Target::Resume("s");

pub(super) const CONSTANTS: &str = concat!(
    r#""includeSubAgentStreamingEvents":true,"envValueMode":"direct","toolFilterPrecedence":"excluded","#,
    r#""requestPermission":true,"requestUserInput":false,"requestElicitation":false,"hooks":false,"#,
    r#""requestExitPlanMode":false,"requestAutoModeSwitch":false"#
);

pub(super) fn parse(json: &str) -> SessionConfig {
    SessionConfig::parse(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn encode(json: &str, target: Target<'_>) -> String {
    parse(json).encode(target, &[], DeclaredKinds::default(), false)
}

pub(super) fn refused(json: &str) -> String {
    let error = SessionConfig::parse(json).err().unwrap_or_else(|| panic!("accepted {json}"));
    assert_eq!(error.code(), Code::InvalidArgument);
    error.message().to_string()
}

/// A value that fits.
fn sample(wants: Wants) -> String {
    match wants {
        Wants::Text | Wants::Name | Wants::Argument | Wants::Path => String::from("\"x\""),
        Wants::Absolute => String::from("\"/x\""),
        Wants::Word(words) => format!("\"{}\"", words[0]),
        Wants::Flag => String::from("true"),
        Wants::Integer(least, _) => least.to_string(),
        Wants::Number => String::from("0.5"),
        Wants::Object | Wants::Map(_) => String::from("{ }"),
        Wants::List(_) => String::from("[]"),
        Wants::Maybe(_) | Wants::Any => String::from("1"),
        Wants::Shape(table) => sample_object(table),
        Wants::Kinds(tables) => sample_object(&tables[0]),
    }
}

fn sample_object(table: &Table) -> String {
    let members = table.keys.iter().filter(|key| key.required);
    let value = |key: &Key| match key.name {
        "baseUrl" => String::from("\"https://h\""),
        _ => sample(key.wants),
    };
    members.fold(ObjectText::new(), |object, key| object.raw(key.wire, &value(key))).finish()
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
        let updates = parse(&json).encode_update("s", false);
        assert_eq!(updates.is_some(), key.part == Part::Update, "{json}");
        if let Some(params) = updates {
            assert_eq!(params, format!(r#"{{"sessionId":"s",{member}}}"#));
        }
        let expected = match key.part {
            Part::Update => (false, false),
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
    let updated: Vec<_> = named(Part::Update).collect();
    let expected =
        "skipCustomInstructions coauthorEnabled manageScheduleEnabled installedPlugins includedBuiltinSkills";
    assert_eq!(updated.join(" "), expected);
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
    let sent = config.encode(CREATE, &[], DeclaredKinds::default(), false);
    assert_eq!(sent, format!(r#"{{"sessionId":"s",{}}}"#, CONSTANTS.replacen("true", "false", 1)));
    assert_eq!(parse(r#"{"permissionDefault":"deny"}"#).permission_pending, Some(false));
}

#[test]
fn flags_follow_the_declared_kinds() {
    for kind in Kind::ALL {
        let declared = DeclaredKinds::default().with(kind);
        assert!(Kind::ALL.into_iter().all(|other| declared.has(other) == (other == kind)));
        let sent = parse("{}").encode(CREATE, &[], declared, false);
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
fn the_two_documents_snake_case_becomes_the_wires() {
    let sent = encode(
        r#"{"model":"m","config_dir":"/c","provider":{"type":"azure","base_url":"https://h","api_key":"k","wire_api":"responses",
        "bearer_token":"t","azure":{"api_version":"v"}},"infinite_sessions":{"enabled":true,
        "background_compaction_threshold":0.5,"buffer_exhaustion_threshold":0.9},
        "commands":[{"name":"c"}],"mcp_servers":{"a":{"command":"c","working_directory":"/w","its_own":1}},
        "custom_agents":[{"name":"a","prompt":"p","display_name":"d","mcp_servers":{"b":{"url":"u"}}}],
        "tools":[{"name":"t","skip_permission":true}]}"#,
        CREATE,
    );
    let expected = concat!(
        r#"{"sessionId":"s","model":"m","configDir":"/c","provider":{"type":"azure","baseUrl":"https://h","apiKey":"k","#,
        r#""wireApi":"responses","bearerToken":"t","azure":{"apiVersion":"v"}},"#,
        r#""infiniteSessions":{"enabled":true,"backgroundCompactionThreshold":0.5,"bufferExhaustionThreshold":0.9},"#,
        r#""commands":[{"name":"c","description":""}],"#,
        r#""mcpServers":{"a":{"command":"c","cwd":"/w","its_own":1}},"#,
        r#""customAgents":[{"name":"a","prompt":"p","displayName":"d","mcpServers":{"b":{"url":"u"}}}],"#,
        r#""tools":[{"name":"t","skipPermission":true,"description":""}],"#
    );
    assert_eq!(sent, format!("{expected}{CONSTANTS}}}"));
}

#[test]
fn an_update_that_the_server_does_not_know_names_its_options() {
    let error = parse(r#"{"coauthor_enabled":false,"installedPlugins":[]}"#).cannot_update(false);
    assert_eq!(error.code(), Code::Unsupported);
    assert_eq!(
        error.message(),
        "\"coauthorEnabled\", \"installedPlugins\" needs session.options.update, which this CLI does not have; update the \
         CLI or leave that out"
    );
    assert!(parse("{}").cannot_update(true).message().starts_with("a client of mode \"empty\" needs"));
}

#[test]
fn tools_come_from_the_program_and_from_declarations() {
    let tool = |name: &str| Tool::parse(&format!(r#"{{"name":"{name}","description":"ours"}}"#)).unwrap();
    let config = parse(r#"{"tools":[{"name":"a"},{"name":"b"}]}"#);
    let sent = config.encode(CREATE, &[tool("b"), tool("c")], DeclaredKinds::default(), false);
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
        (r#"{"model":"m","provider":{}}"#, "/provider/baseUrl is missing"),
        (
            r#"{"model":"m","provider":{"baseURL":"https://u"}}"#,
            "/provider/baseURL is not a known key; did you mean \"baseUrl\"?",
        ),
        (
            r#"{"model":"m","provider":{"baseUrl":"https://u","type":"llama"}}"#,
            "/provider/type must be one of \"openai\"",
        ),
        (r#"{"infiniteSessions":{"enabled":1}}"#, "/infiniteSessions/enabled must be true or false"),
        (r#"{"systemMessage":{"mode":"prepend"}}"#, "/systemMessage/mode must be one of"),
        (r#"{"excludedTools":["*"]}"#, "/excludedTools/0 is a bare \"*\""),
        (
            r#"{"systemMessage":{"mode":"customize","sections":{"tone":{"action":"drop"}}}}"#,
            "/systemMessage/sections/tone/action must be one of",
        ),
        (
            r#"{"systemMessage":{"mode":"customize","sections":{"tone":{}}}}"#,
            "/sections/tone/action is missing",
        ),
        (
            r#"{"customAgents":[{"name":"a","prompt":"p","mcpServers":{"m":{"args":"x"}}}]}"#,
            "/customAgents/0/mcpServers/m/args must be an array",
        ),
        (r#"{"customAgents":[{"name":"a"}]}"#, "/customAgents/0/prompt is missing"),
        (r#"{"memory":{}}"#, "/memory/enabled is missing"),
        (r#"{"autopilot":{"max_continue":1}}"#, "did you mean \"maxContinues\"?"),
        (r#"{"cloud":{"repository":{"owner":"o"}}}"#, "/cloud/repository/name is missing"),
        (r#"{"canvases":[{"id":"i","displayName":"d"}]}"#, "/canvases/0/description is missing"),
        (
            r#"{"infinite_sessions":{"background_compaction_threshold":"x"}}"#,
            "/infinite_sessions/background_compaction_threshold must be a number",
        ),
        (r#"{"requestUserInput":true}"#, "registering a handler for USER_INPUT requests sets it"),
        (r#"{"modle":"m"}"#, "/modle is not a known key; did you mean \"model\"?"),
    ] {
        let message = refused(json);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn debug_shows_no_value() {
    let config = parse(
        r#"{"gitHubToken":"hidden","model":"hidden","provider":{"baseUrl":"https://u","apiKey":"hidden"}}"#,
    );
    let shown = format!("{config:?}");
    assert!(shown.contains("gitHubToken") && !shown.contains("hidden"), "{shown}");
}

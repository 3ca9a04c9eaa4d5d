//! What options are taken, which are refused, and in which words.

use super::*;
use crate::error::Code;

fn refused(json: &str) -> String {
    let error = ClientOptions::parse(json).unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    error.message().to_string()
}

#[test]
fn has_defaults() {
    let options = ClientOptions::parse("{}").unwrap();
    assert!(options.auto_start && options.auto_restart && options.use_logged_in_user);
    assert_eq!(options.runtime_threads, 1);
    assert_eq!(options.session_idle_timeout_seconds, 0);
    assert!(options.cli_path.is_none() && options.cli_args.is_empty() && options.env.is_empty());
    assert!(options.queue.is_none() && options.github_token.is_none() && options.base_directory.is_none());
    assert_eq!(options.connect_params(None, true), "{}");
    assert_eq!((&options.transport, options.transport_is_chosen), (&Transport::Stdio, false));
    assert!(options.telemetry.is_none() && !options.empty_mode && options.needs_connect().is_none());
    let unset = CLIENT_OPTIONS.keys.iter().map(|key| format!("\"{}\":null", key.name));
    let unset = format!("{{{}}}", unset.collect::<Vec<_>>().join(","));
    assert_eq!(
        format!("{:?}", ClientOptions::parse(&unset).unwrap()),
        format!("{options:?}"),
        "null is unset"
    );
}

#[test]
fn takes_every_key() {
    let options = ClientOptions::parse(
        r#"{"cliPath":"c","cliArgs":["a"],"cwd":"w","env":{"A":"b","B":null},"logLevel":"debug",
        "githubToken":"t","useLoggedInUser":true,"baseDirectory":"/b","sessionIdleTimeoutSeconds":9,
        "clientInfo":{"editorName":"e","editorVersion":"","extensionName":null},"autoStart":false,
        "autoRestart":false,"runtimeThreads":2,"queue":{"mode": "items"}}"#,
    )
    .unwrap();
    assert_eq!(options.cli_path.as_deref(), Some("c"));
    assert_eq!(options.cli_args, ["a"]);
    assert_eq!(options.cwd.as_deref(), Some("w"));
    assert_eq!(options.env, [("A".into(), Some("b".into())), ("B".into(), None)]);
    assert_eq!(options.log_level.as_deref(), Some("debug"));
    assert_eq!(options.github_token.as_deref(), Some("t"));
    assert!(options.use_logged_in_user && !options.auto_start && !options.auto_restart);
    assert_eq!(options.base_directory.as_deref(), Some("/b"));
    assert_eq!(options.session_idle_timeout_seconds, 9);
    assert_eq!(options.runtime_threads, 2);
    assert_eq!(options.queue.as_deref(), Some(r#"{"mode": "items"}"#));
    assert_eq!(options.connect_params(None, false), r#"{"clientInfo":{"editorName":"e"}}"#);
    let info = r#"{"editorName":"e","editorVersion":"1","extensionName":"x","extensionVersion":"2"}"#;
    let options = ClientOptions::parse(&format!(r#"{{"clientInfo":{info}}}"#)).unwrap();
    assert_eq!(options.connect_params(Some("t"), false), format!(r#"{{"token":"t","clientInfo":{info}}}"#));
}

#[test]
fn a_token_turns_the_logged_in_user_off() {
    let effective = |json| ClientOptions::parse(json).unwrap().use_logged_in_user;
    assert!(!effective(r#"{"githubToken":"t"}"#));
    assert!(effective(r#"{"github_token":"t","use_logged_in_user":true}"#));
    assert!(!effective(r#"{"useLoggedInUser":false}"#));
}

#[test]
fn tells_its_secrets() {
    let options = ClientOptions::parse(
        r#"{"githubToken":"t","port":1,"connectionToken":"ct","env":{"OPENAI_API_KEY":"a","npm_config_token":"b","Db_Password":"c","GONE_KEY":null,
        "PATH":"no","clientSecret":"d","GOOGLE_CREDENTIALS":"e","COPILOT_HOME":"no"}}"#,
    )
    .unwrap();
    assert_eq!(options.secrets().collect::<Vec<_>>(), ["t", "ct", "a", "b", "c", "d", "e"]);
    assert_eq!(ClientOptions::parse("{}").unwrap().secrets().count(), 0);
}

#[test]
fn names_what_is_wrong() {
    for (json, part) in [
        (r#"{"cliPth":"x"}"#, r#"/cliPth is not a known key; did you mean "cliPath"?"#),
        (r#"{"cliPath":""}"#, "/cliPath must not be empty"),
        (r#"{"githubToken":"a\u0000b"}"#, "/githubToken must not contain a NUL"),
        (r#"{"cliArgs":["\u0000"]}"#, "/cliArgs/0 must not contain a NUL"),
        (r#"{"env":{"A":"\u0000"}}"#, "/env/A must not contain a NUL"),
        (r#"{"env":{"A=B":"c"}}"#, "/env/A=B is no name for a variable"),
        (r#"{"env":{"":"c"}}"#, "/env/ is no name for a variable"),
        (r#"{"env":{"A":"1","A":"2"}}"#, "/env/A is given twice"),
        (r#"{"baseDirectory":"here"}"#, "/baseDirectory must be an absolute path"),
        (r#"{"sessionIdleTimeoutSeconds":-1}"#, "/sessionIdleTimeoutSeconds must be a whole number from 0"),
        (r#"{"runtimeThreads":0}"#, "/runtimeThreads must be a whole number from 1 to 16"),
        (r#"{"logLevel":"loud"}"#, "/logLevel must be one of"),
        (r#"{"clientInfo":{"name":"x"}}"#, "/clientInfo/name is not a known key"),
        (r#"{"queue":[]}"#, "/queue must be an object"),
    ] {
        let message = refused(json);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let options = ClientOptions::parse(
        r#"{"githubToken":"hidden1","env":{"KEY":"hidden2"},"cliArgs":["hidden3"],"port":1,"connectionToken":"hidden4"}"#,
    );
    let shown = format!("{:?}", options.unwrap());
    assert!(!shown.contains("hidden") && shown.contains("[redacted]") && shown.contains("KEY"), "{shown}");
}

#[test]
fn every_key_has_its_snake_case_and_not_both() {
    let values = [
        ("cliPath", "cli_path", "\"c\""),
        ("cliArgs", "cli_args", "[]"),
        ("useStdio", "use_stdio", "true"),
        ("logLevel", "log_level", "\"all\""),
        ("githubToken", "github_token", "\"t\""),
        ("useLoggedInUser", "use_logged_in_user", "true"),
        ("baseDirectory", "base_directory", "\"/b\""),
        ("sessionIdleTimeoutSeconds", "session_idle_timeout_seconds", "1"),
        ("clientInfo", "client_info", r#"{"editor_name":"e"}"#),
        ("disableClientTelemetry", "disable_client_telemetry", "true"),
        ("builtinPluginDirectories", "builtin_plugin_directories", "[\"/p\"]"),
        ("enableRemoteSessions", "enable_remote_sessions", "true"),
        ("enableGitHubTelemetryForwarding", "enable_github_telemetry_forwarding", "true"),
        ("kerberosAuth", "kerberos_auth", r#"{"mode":"always"}"#),
        ("sessionFs", "session_fs", r#"{"initial_cwd":"/","session_state_path":"/s"}"#),
        ("autoStart", "auto_start", "false"),
        ("autoRestart", "auto_restart", "false"),
        ("runtimeThreads", "runtime_threads", "2"),
    ];
    for (camel, snake, value) in values {
        let parsed = |key: &str| ClientOptions::parse(&format!("{{\"{key}\":{value}}}")).unwrap();
        assert_eq!(format!("{:?}", parsed(snake)), format!("{:?}", parsed(camel)));
        let message = refused(&format!("{{\"{camel}\":{value},\"{snake}\":{value}}}"));
        assert!(message.contains(&format!("gives \"{camel}\" a second time")), "{message}");
    }
    let by_url = ClientOptions::parse(r#"{"cli_url":"8080","connection_token":"t"}"#).unwrap();
    assert_eq!(by_url.connection_token.as_deref(), Some("t"));
}

#[test]
fn the_transport_follows_from_the_options() {
    let transport = |json: &str| {
        let options = ClientOptions::parse(json).unwrap();
        (options.transport, options.transport_is_chosen)
    };
    let url = |host: &str, port| Transport::Url(crate::transport::Address { host: host.into(), port });
    assert_eq!(transport(r#"{"useStdio":true}"#), (Transport::Stdio, true));
    assert_eq!(transport(r#"{"useStdio":null,"port":null}"#), (Transport::Stdio, false));
    assert_eq!(transport(r#"{"useStdio":false}"#), (Transport::Tcp(0), true));
    assert_eq!(transport(r#"{"port":7}"#), (Transport::Tcp(7), true));
    assert_eq!(transport(r#"{"useStdio":false,"port":7,"connectionToken":"t"}"#), (Transport::Tcp(7), true));
    assert_eq!(transport(r#"{"cliUrl":"8080"}"#), (url("localhost", 8080), true));
    assert_eq!(transport(r#"{"cliUrl":"http://h:9","useStdio":false}"#), (url("h", 9), true));
    assert_eq!(transport(r#"{"cliUrl":null,"cliPath":"c"}"#), (Transport::Stdio, false));
}

#[test]
fn refuses_what_contradicts() {
    for (key, value) in [
        ("cliPath", "\"c\""),
        ("cliArgs", "[]"),
        ("cwd", "\"/\""),
        ("env", "{}"),
        ("port", "1"),
        ("logLevel", "\"all\""),
        ("githubToken", "\"t\""),
        ("useLoggedInUser", "true"),
        ("useLoggedInUser", "false"),
        ("baseDirectory", "\"/b\""),
        ("sessionIdleTimeoutSeconds", "0"),
        ("telemetry", "{}"),
        ("disableClientTelemetry", "true"),
        ("enableRemoteSessions", "true"),
        ("useStdio", "true"),
    ] {
        let message = refused(&format!("{{\"cliUrl\":\"8080\",\"{key}\":{value}}}"));
        let together = message.contains("together with cliUrl");
        assert!(together && message.contains(&format!("/{key} may not be")), "{message}");
    }
    for (json, part) in [
        (r#"{"cliUrl":"https://h:1"}"#, "/cliUrl asks for TLS"),
        (r#"{"port":1,"useStdio":true}"#, "/port may not be given together with \"useStdio\":true"),
        (r#"{"connectionToken":"t"}"#, "/connectionToken may not be given over stdio"),
        (r#"{"connectionToken":"t","useStdio":true}"#, "/connectionToken may not be given over stdio"),
        (r#"{"connectionToken":"","port":1}"#, "/connectionToken must not be empty"),
        (r#"{"port":1,"env":{"COPILOT_CONNECTION_TOKEN":"t"}}"#, "/env/COPILOT_CONNECTION_TOKEN may not be"),
        (r#"{"port":65536}"#, "/port must be a whole number from 0 to 65535"),
        (r#"{"mode":"empty"}"#, "/mode \"empty\" needs baseDirectory or sessionFs"),
        (r#"{"mode":"full"}"#, "/mode must be one of"),
        (
            r#"{"builtinPluginDirectories":["/a","b"]}"#,
            "/builtinPluginDirectories/1 must be an absolute path",
        ),
        (r#"{"telemetry":{"otlpProtocol":"grpc"}}"#, "/telemetry/otlpProtocol must be one of"),
        (r#"{"telemetry":{"endpoint":"x"}}"#, "/telemetry/endpoint is not a known key"),
        (r#"{"entra":{}}"#, "/entra/clientId is missing"),
        (r#"{"kerberosAuth":{"scope":"runtime"}}"#, "/kerberosAuth/mode is missing"),
        (r#"{"sessionFs":{"initialCwd":"/"}}"#, "/sessionFs/sessionStatePath is missing"),
        (
            r#"{"sessionFs":{"initialCwd":"","sessionStatePath":"/s"}}"#,
            "/sessionFs/initialCwd must not be empty",
        ),
        (
            r#"{"sessionFs":{"initialCwd":"/","sessionStatePath":"/s","capabilities":{"sqlite":1}}}"#,
            "/sessionFs/capabilities/sqlite must be true or false",
        ),
    ] {
        let message = refused(json);
        assert!(message.contains(part), "{json}: {message}");
    }
}

#[test]
fn empty_mode_is_content_with_any_place_of_its_own() {
    for storage in [
        r#""baseDirectory":"/b""#,
        r#""sessionFs":{"initialCwd":"/","sessionStatePath":"/s"}"#,
        r#""cliUrl":"8080""#,
    ] {
        assert!(ClientOptions::parse(&format!("{{\"mode\":\"empty\",{storage}}}")).unwrap().empty_mode);
    }
}

#[test]
fn what_is_declared_after_the_handshake() {
    let options = ClientOptions::parse(
        r#"{"kerberosAuth":{"mode":"fallback","scope":null},"entra":{"client_id":"c","matsAppName":"m"},
        "sessionFs":{"sessionStatePath":"/s","initialCwd":"/w","capabilities":{"sqlite":true,"read_file_range":false}},
        "enableGitHubTelemetryForwarding":true,"port":1}"#,
    )
    .unwrap();
    assert_eq!(options.kerberos_auth.as_deref(), Some(r#"{"mode":"fallback"}"#));
    assert_eq!(
        options.session_fs.as_deref(),
        Some(
            r#"{"initialCwd":"/w","sessionStatePath":"/s","conventions":"posix","capabilities":{"sqlite":true,"readFileRange":false}}"#
        )
    );
    let forwarding = r#""enableGitHubTelemetryForwarding":true,"entra":{"clientId":"c","matsAppName":"m"}"#;
    assert_eq!(options.connect_params(Some("t"), false), format!("{{\"token\":\"t\",{forwarding}}}"));
    assert_eq!(options.connect_params(None, true), format!("{{{forwarding},\"entraTokenProvider\":true}}"));
    assert_eq!(options.needs_connect(), Some("entra"));
}

#[test]
fn the_hosts_variable_chooses_where_the_options_do_not() {
    let check = |json: &str, value: Option<&str>| {
        ClientOptions::parse(json).unwrap().check_default_connection(value.map(OsStr::new))
    };
    for value in [None, Some(""), Some("stdio"), Some("STDIO")] {
        check("{}", value).unwrap();
    }
    let inprocess = check("{}", Some("InProcess")).unwrap_err();
    assert_eq!(inprocess.code(), Code::Unsupported);
    assert!(inprocess.message().contains("COPILOT_SDK_DEFAULT_CONNECTION"), "{inprocess}");
    assert!(inprocess.message().contains("unset the variable"), "{inprocess}");
    assert_eq!(check("{}", Some("tcp")).unwrap_err().code(), Code::InvalidArgument);
    for chosen in [r#"{"useStdio":true}"#, r#"{"port":1}"#, r#"{"cliUrl":"8080"}"#] {
        check(chosen, Some("inprocess")).unwrap();
    }
}

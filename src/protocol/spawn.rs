//! The command line and the environment of the CLI's process.

use super::client_options::rules::CONNECTION_TOKEN;
use super::client_options::{ClientOptions, Telemetry, Transport};

/// The variable that carries the token; its name, not its value, is on the command line.
const AUTH_TOKEN: &str = "COPILOT_SDK_AUTH_TOKEN";

/// OpenTelemetry's older and newer word for whether content is captured.
const CAPTURE_MESSAGE_CONTENT: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";
const CAPTURE_CONTENT: &str = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_CONTENT";

/// The arguments after the program's name, for a server on stdio or TCP. No secret is in them.
pub fn argv(options: &ClientOptions) -> Vec<String> {
    let mut argv = options.cli_args.clone();
    let mut push = |words: &[&str]| argv.extend(words.iter().map(|word| String::from(*word)));
    push(&["--headless", "--no-auto-update"]);
    if let Some(level) = &options.log_level {
        push(&["--log-level", level]);
    }
    match &options.transport {
        Transport::Tcp(port) => push(&["--port", &port.to_string()]),
        Transport::Stdio | Transport::Url(_) => push(&["--stdio"]),
    }
    if options.github_token.is_some() {
        push(&["--auth-token-env", AUTH_TOKEN]);
    }
    if !options.use_logged_in_user {
        push(&["--no-auto-login"]);
    }
    if options.session_idle_timeout_seconds > 0 {
        push(&["--session-idle-timeout", &options.session_idle_timeout_seconds.to_string()]);
    }
    if options.enable_remote_sessions {
        push(&["--remote"]);
    }
    argv
}

/// What to change in the inherited environment, in this order; `None` removes the variable. `token` is the server's
/// own, which `connect` will send. The user's changes come after the library's and win, but over the token and over
/// a wish for no telemetry.
pub fn environment_changes(options: &ClientOptions, token: Option<&str>) -> Vec<(String, Option<String>)> {
    // NODE_DEBUG makes Node print to stdout, which is the wire.
    let mut changes = vec![(String::from("NODE_DEBUG"), None)];
    let mut set = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            changes.push((String::from(name), Some(String::from(value))));
        }
    };
    set(AUTH_TOKEN, options.github_token.as_deref());
    if let Some(telemetry) = &options.telemetry {
        // The older word, given by the user, speaks for both.
        let user_decides = options.env.iter().any(|(name, _)| name == CAPTURE_MESSAGE_CONTENT);
        set_telemetry(telemetry, user_decides, &mut set);
    }
    set("COPILOT_HOME", options.base_directory.as_deref());
    match options.empty_mode {
        true => set("COPILOT_DISABLE_KEYTAR", Some("1")),
        false => set("COPILOT_RUNTIME_PROCESS_FILE_LOGGING", Some("1")),
    }
    changes.extend(options.env.iter().cloned());
    let mut set_last =
        |name: &str, value: &str| changes.push((String::from(name), Some(String::from(value))));
    if options.disable_client_telemetry {
        set_last("COPILOT_TELEMETRY_DISABLED", "true");
    }
    if let Some(token) = token {
        set_last(CONNECTION_TOKEN, token);
    }
    changes
}

fn set_telemetry(telemetry: &Telemetry, user_decides: bool, set: &mut impl FnMut(&str, Option<&str>)) {
    set("COPILOT_OTEL_ENABLED", Some("true"));
    set("OTEL_EXPORTER_OTLP_ENDPOINT", telemetry.otlp_endpoint.as_deref());
    set("OTEL_EXPORTER_OTLP_PROTOCOL", telemetry.otlp_protocol.as_deref());
    set("COPILOT_OTEL_FILE_EXPORTER_PATH", telemetry.file_path.as_deref());
    set("COPILOT_OTEL_EXPORTER_TYPE", telemetry.exporter_type.as_deref());
    set("COPILOT_OTEL_SOURCE_NAME", telemetry.source_name.as_deref());
    if let Some(capture) = telemetry.capture_content.filter(|_| !user_decides) {
        set(CAPTURE_MESSAGE_CONTENT, Some(if capture { "true" } else { "false" }));
        set(CAPTURE_CONTENT, Some(if capture { "SPAN_ONLY" } else { "NO_CONTENT" }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(json: &str) -> ClientOptions {
        ClientOptions::parse(json).unwrap()
    }

    /// The changes as `NAME=value` and, for a removal, `NAME`.
    fn changes(json: &str, token: Option<&str>) -> Vec<String> {
        let changes = environment_changes(&options(json), token).into_iter();
        changes.map(|(name, value)| value.map_or(name.clone(), |value| format!("{name}={value}"))).collect()
    }

    #[test]
    fn the_least() {
        assert_eq!(argv(&options("{}")), ["--headless", "--no-auto-update", "--stdio"]);
        assert_eq!(changes("{}", None), ["NODE_DEBUG", "COPILOT_RUNTIME_PROCESS_FILE_LOGGING=1"]);
    }

    #[test]
    fn every_flag_in_its_place() {
        let options = options(
            r#"{"cliArgs":["index.js","-x"],"logLevel":"all","githubToken":"hidden","sessionIdleTimeoutSeconds":60,
            "enableRemoteSessions":true,"disableClientTelemetry":false,"telemetry":null}"#,
        );
        let expected = "index.js -x --headless --no-auto-update --log-level all --stdio \
            --auth-token-env COPILOT_SDK_AUTH_TOKEN --no-auto-login --session-idle-timeout 60 --remote";
        assert_eq!(argv(&options).join(" "), expected);
    }

    #[test]
    fn tcp_names_its_port_and_the_token_is_in_the_environment_only() {
        for (json, port) in [
            (r#"{"useStdio":false}"#, "0"),
            (r#"{"port":0}"#, "0"),
            (r#"{"port":4321,"connectionToken":"hidden"}"#, "4321"),
            (r#"{"port":4321,"use_stdio":false}"#, "4321"),
        ] {
            let argv = argv(&options(json));
            assert_eq!(argv, ["--headless", "--no-auto-update", "--port", port], "{json}");
            assert_eq!(changes(json, Some("hidden")).last().unwrap(), "COPILOT_CONNECTION_TOKEN=hidden");
        }
    }

    #[test]
    fn every_variable_in_its_place() {
        let json = r#"{"githubToken":"hidden","baseDirectory":"/b","disableClientTelemetry":true,
            "env":{"COPILOT_HOME":"/mine","NODE_DEBUG":"http","GONE":null,"COPILOT_TELEMETRY_DISABLED":"false"}}"#;
        let expected = [
            "NODE_DEBUG",
            "COPILOT_SDK_AUTH_TOKEN=hidden",
            "COPILOT_HOME=/b",
            "COPILOT_RUNTIME_PROCESS_FILE_LOGGING=1",
            "COPILOT_HOME=/mine",
            "NODE_DEBUG=http",
            "GONE",
            "COPILOT_TELEMETRY_DISABLED=false",
            "COPILOT_TELEMETRY_DISABLED=true",
        ];
        assert_eq!(changes(json, None), expected);
    }

    #[test]
    fn empty_mode_uses_no_keyring_and_writes_no_log_file() {
        let changes = changes(r#"{"mode":"empty","baseDirectory":"/b"}"#, None);
        assert_eq!(changes, ["NODE_DEBUG", "COPILOT_HOME=/b", "COPILOT_DISABLE_KEYTAR=1"]);
    }

    #[test]
    fn every_variable_of_telemetry() {
        let otel = |json: &str| -> Vec<String> {
            changes(json, None).into_iter().filter(|change| change.contains("OTEL_")).collect()
        };
        assert!(otel("{}").is_empty());
        assert_eq!(otel(r#"{"telemetry":{}}"#), ["COPILOT_OTEL_ENABLED=true"]);
        let all = r#"{"telemetry":{"otlpEndpoint":"http://c:4318","otlp_protocol":"http/json","filePath":"/f",
            "exporter_type":"file","sourceName":"s","capture_content":true}}"#;
        let expected = [
            "COPILOT_OTEL_ENABLED=true",
            "OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318",
            "OTEL_EXPORTER_OTLP_PROTOCOL=http/json",
            "COPILOT_OTEL_FILE_EXPORTER_PATH=/f",
            "COPILOT_OTEL_EXPORTER_TYPE=file",
            "COPILOT_OTEL_SOURCE_NAME=s",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true",
            "OTEL_INSTRUMENTATION_GENAI_CAPTURE_CONTENT=SPAN_ONLY",
        ];
        assert_eq!(otel(all), expected);
        let none = otel(r#"{"telemetry":{"captureContent":false}}"#);
        assert!(none[1].ends_with("=false") && none[2].ends_with("=NO_CONTENT"), "{none:?}");
        let own = r#"{"telemetry":{"captureContent":false},
            "env":{"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT":"true"}}"#;
        let own = otel(own);
        assert!(own.len() == 2 && own[1].ends_with("CAPTURE_MESSAGE_CONTENT=true"), "{own:?}");
    }

    #[test]
    fn no_auto_login_exactly_where_the_logged_in_user_is_not_wanted() {
        let has = |json| argv(&options(json)).contains(&String::from("--no-auto-login"));
        assert!(!has("{}"));
        assert!(has(r#"{"githubToken":"t"}"#));
        assert!(has(r#"{"useLoggedInUser":false}"#));
        assert!(!has(r#"{"githubToken":"t","useLoggedInUser":true}"#));
    }
}

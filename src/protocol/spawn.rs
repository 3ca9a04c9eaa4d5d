//! The command line and the environment of the CLI's process.

use super::client_options::ClientOptions;

/// The variable that carries the token; its name, not its value, is on the command line.
const AUTH_TOKEN: &str = "COPILOT_SDK_AUTH_TOKEN";

/// The arguments after the program's name, for a server that talks over stdin and stdout. No secret is in them.
pub fn argv(options: &ClientOptions) -> Vec<String> {
    let mut argv = options.cli_args.clone();
    let mut push = |words: &[&str]| argv.extend(words.iter().map(|word| String::from(*word)));
    push(&["--headless", "--no-auto-update"]);
    if let Some(level) = &options.log_level {
        push(&["--log-level", level]);
    }
    push(&["--stdio"]);
    if options.github_token.is_some() {
        push(&["--auth-token-env", AUTH_TOKEN]);
    }
    if !options.use_logged_in_user {
        push(&["--no-auto-login"]);
    }
    if options.session_idle_timeout_seconds > 0 {
        push(&["--session-idle-timeout", &options.session_idle_timeout_seconds.to_string()]);
    }
    argv
}

/// What to change in the inherited environment, in this order; `None` removes the variable. The user's own changes
/// come last and win.
pub fn environment_changes(options: &ClientOptions) -> Vec<(String, Option<String>)> {
    // NODE_DEBUG makes Node print to stdout, which is the wire.
    let mut changes = vec![(String::from("NODE_DEBUG"), None)];
    let mut set = |name: &str, value: &Option<String>| {
        if value.is_some() {
            changes.push((String::from(name), value.clone()));
        }
    };
    set(AUTH_TOKEN, &options.github_token);
    set("COPILOT_HOME", &options.base_directory);
    changes.extend(options.env.iter().cloned());
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(json: &str) -> ClientOptions {
        ClientOptions::parse(json).unwrap()
    }

    #[test]
    fn the_least() {
        assert_eq!(argv(&options("{}")), ["--headless", "--no-auto-update", "--stdio"]);
        assert_eq!(environment_changes(&options("{}")), [("NODE_DEBUG".into(), None)]);
    }

    #[test]
    fn every_flag_in_its_place() {
        let options = options(
            r#"{"cliArgs":["index.js","-x"],"logLevel":"all","githubToken":"hidden","sessionIdleTimeoutSeconds":60,
            "baseDirectory":"/b","env":{"COPILOT_HOME":"/mine","NODE_DEBUG":"http","GONE":null}}"#,
        );
        let argv = argv(&options);
        let expected = "index.js -x --headless --no-auto-update --log-level all --stdio \
            --auth-token-env COPILOT_SDK_AUTH_TOKEN --no-auto-login --session-idle-timeout 60";
        assert_eq!(argv.join(" "), expected);
        let changes: Vec<(&str, Option<&str>)> = vec![
            ("NODE_DEBUG", None),
            ("COPILOT_SDK_AUTH_TOKEN", Some("hidden")),
            ("COPILOT_HOME", Some("/b")),
            ("COPILOT_HOME", Some("/mine")),
            ("NODE_DEBUG", Some("http")),
            ("GONE", None),
        ];
        let got = environment_changes(&options);
        let got: Vec<_> = got.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        assert_eq!(got, changes);
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

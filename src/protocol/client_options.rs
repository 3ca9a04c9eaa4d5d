//! The options of a client: which CLI to run, and how.

use std::fmt;

use super::keys::{Part, Place, Table, Wants, check, key};
use super::members::{Members, ObjectText};
use crate::error::Result;

static CLIENT_INFO: Table = Table {
    what: "clientInfo",
    keys: &[
        key("editorName", Wants::Text),
        key("editorVersion", Wants::Text),
        key("extensionName", Wants::Text),
        key("extensionVersion", Wants::Text),
    ],
    open: false,
};

static CLIENT_OPTIONS: Table = Table {
    what: "the client options",
    keys: &[
        key("cliPath", Wants::Path),
        key("cliArgs", Wants::List(&Wants::Argument)),
        key("cwd", Wants::Path),
        key("env", Wants::Map(&Wants::Maybe(&Wants::Argument))),
        key("logLevel", Wants::Word(&["none", "error", "warning", "info", "debug", "all"])),
        key("githubToken", Wants::Path),
        key("useLoggedInUser", Wants::Flag),
        key("baseDirectory", Wants::Path),
        key("sessionIdleTimeoutSeconds", Wants::Integer(0, u32::MAX as i64)),
        key("clientInfo", Wants::Shape(&CLIENT_INFO)),
        key("autoStart", Wants::Flag).on(Part::Local),
        key("autoRestart", Wants::Flag).on(Part::Local),
        key("runtimeThreads", Wants::Integer(1, 16)).on(Part::Local),
        key("queue", Wants::Object).on(Part::Local),
    ],
    open: false,
};

/// The variables in which the CLI looks for a token by itself.
pub const TOKEN_VARIABLES: [&str; 4] =
    ["COPILOT_SDK_AUTH_TOKEN", "COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"];

/// Parts of a variable's name that tell that its value is a secret.
const SECRET_WORDS: [&str; 5] = ["TOKEN", "KEY", "SECRET", "PASSWORD", "CREDENTIAL"];

/// The options of a client, checked.
#[derive(Clone)]
pub struct ClientOptions {
    /// The program to run; where it is unset, the caller finds one.
    pub cli_path: Option<String>,
    /// Arguments before the library's own.
    pub cli_args: Vec<String>,
    /// The CLI's working directory.
    pub cwd: Option<String>,
    /// Laid over the inherited environment, after the library's own changes; `None` removes the variable.
    pub env: Vec<(String, Option<String>)>,
    /// none, error, warning, info, debug or all; unset leaves it to the CLI.
    pub log_level: Option<String>,
    /// Travels in the environment only; `Debug` does not show it.
    pub github_token: Option<String>,
    /// True where the CLI may use the account that is signed in on this machine: as given, else true exactly
    /// where no token is.
    pub use_logged_in_user: bool,
    /// Replaces `~/.copilot`; absolute. CLI 0.0.420 ignores it.
    pub base_directory: Option<String>,
    /// Idle sessions end after this long; 0 is never.
    pub session_idle_timeout_seconds: u32,
    /// The host's name for itself, as JSON object text without empty members.
    pub client_info: Option<String>,
    /// True where the first call that needs the wire starts the CLI.
    pub auto_start: bool,
    /// True where the next call after a crash starts a new CLI.
    pub auto_restart: bool,
    /// Threads of the process-wide runtime, 1 to 16.
    pub runtime_threads: usize,
    /// The queue's options, as JSON object text for the queue to parse.
    pub queue: Option<String>,
}

impl ClientOptions {
    /// Checks the options. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its pointer.
    pub fn parse(json: &str) -> Result<ClientOptions> {
        let given = check(json, &CLIENT_OPTIONS)?;
        let github_token = given.text("githubToken");
        Ok(ClientOptions {
            cli_path: given.text("cliPath"),
            cli_args: given.texts("cliArgs").unwrap_or_default(),
            cwd: given.text("cwd"),
            env: given.raw("env").map(environment).transpose()?.unwrap_or_default(),
            log_level: given.text("logLevel"),
            use_logged_in_user: given.flag("useLoggedInUser").unwrap_or(github_token.is_none()),
            github_token,
            base_directory: given.text("baseDirectory").map(absolute).transpose()?,
            session_idle_timeout_seconds: given.integer("sessionIdleTimeoutSeconds").unwrap_or(0) as u32,
            client_info: given.raw("clientInfo").and_then(without_empty_members),
            auto_start: given.flag("autoStart").unwrap_or(true),
            auto_restart: given.flag("autoRestart").unwrap_or(true),
            runtime_threads: given.integer("runtimeThreads").unwrap_or(1) as usize,
            queue: given.raw("queue").map(String::from),
        })
    }

    /// The secrets among the options: the token, and what variables hold whose names tell it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let env = self.env.iter().filter(|(name, _)| tells_a_secret(name));
        self.github_token.as_deref().into_iter().chain(env.filter_map(|(_, value)| value.as_deref()))
    }

    /// The params of `connect` over stdio. The server refuses keys it does not know, and a token over stdio, so
    /// there is no more to it than who we are.
    pub fn connect_params(&self) -> String {
        let object = ObjectText::new();
        match &self.client_info {
            Some(info) => object.raw("clientInfo", info).finish(),
            None => object.finish(),
        }
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: variables carry secrets as often as the token does.
        let env: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ClientOptions")
            .field("cli_path", &self.cli_path)
            .field("cwd", &self.cwd)
            .field("env", &env)
            .field("log_level", &self.log_level)
            .field("github_token", &self.github_token.as_ref().map(|_| "[redacted]"))
            .field("use_logged_in_user", &self.use_logged_in_user)
            .field("base_directory", &self.base_directory)
            .field("session_idle_timeout_seconds", &self.session_idle_timeout_seconds)
            .field("client_info", &self.client_info)
            .field("auto_start", &self.auto_start)
            .field("auto_restart", &self.auto_restart)
            .field("runtime_threads", &self.runtime_threads)
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

fn tells_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

fn environment(json: &str) -> Result<Vec<(String, Option<String>)>> {
    let place = Place::root(CLIENT_OPTIONS.what).at("env");
    let mut env: Vec<(String, Option<String>)> = Vec::new();
    for (name, value) in Members::lenient(json).0 {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(place
                .at(&name)
                .refuse("is no name for a variable: it is empty or contains '=' or NUL"));
        }
        if env.iter().any(|(other, _)| *other == name) {
            return Err(place.at(&name).refuse("is given twice; give it once"));
        }
        env.push((name, serde_json::from_str(value.get()).unwrap_or_default()));
    }
    Ok(env)
}

fn absolute(path: String) -> Result<String> {
    if std::path::Path::new(&path).is_absolute() {
        return Ok(path);
    }
    let place = Place::root(CLIENT_OPTIONS.what).at("baseDirectory");
    Err(place.refuse("must be an absolute path: the CLI's working directory may differ from yours"))
}

fn without_empty_members(json: &str) -> Option<String> {
    let members = Members::read(json)?;
    let mut named = members.0.iter().filter(|(_, value)| !matches!(value.get(), "\"\"" | "null")).peekable();
    named.peek()?;
    Some(named.fold(ObjectText::new(), |object, (name, value)| object.raw(name, value.get())).finish())
}

#[cfg(test)]
mod tests {
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
        assert!(
            options.queue.is_none() && options.github_token.is_none() && options.base_directory.is_none()
        );
        assert_eq!(options.connect_params(), "{}");
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
        assert_eq!(options.connect_params(), r#"{"clientInfo":{"editorName":"e"}}"#);
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
            r#"{"githubToken":"t","env":{"OPENAI_API_KEY":"a","npm_config_token":"b","Db_Password":"c","GONE_KEY":null,
            "PATH":"no","clientSecret":"d","GOOGLE_CREDENTIALS":"e","COPILOT_HOME":"no"}}"#,
        )
        .unwrap();
        assert_eq!(options.secrets().collect::<Vec<_>>(), ["t", "a", "b", "c", "d", "e"]);
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
            (
                r#"{"sessionIdleTimeoutSeconds":-1}"#,
                "/sessionIdleTimeoutSeconds must be a whole number from 0",
            ),
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
            r#"{"githubToken":"hidden1","env":{"KEY":"hidden2"},"cliArgs":["hidden3"]}"#,
        );
        let shown = format!("{:?}", options.unwrap());
        assert!(
            !shown.contains("hidden") && shown.contains("[redacted]") && shown.contains("KEY"),
            "{shown}"
        );
    }
}

//! The options of a client: which CLI to run, and how.

use std::ffi::OsStr;
use std::fmt;

use super::keys::{Given, Place, check};
use super::members::{Members, ObjectText};
use crate::error::{Code, Error, Result};
use rules::{CONNECTION_TOKEN, place};
use table::{CAPABILITIES, CLIENT_INFO, CLIENT_OPTIONS, ENTRA, KERBEROS, SESSION_FS, TELEMETRY};

mod address;
pub(super) mod rules;
mod table;

pub use rules::Transport;

/// The variables in which the CLI looks for a token by itself.
pub const TOKEN_VARIABLES: [&str; 5] =
    ["COPILOT_SDK_AUTH_TOKEN", "COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN", CONNECTION_TOKEN];

/// The host's variable that chooses the transport where the options do not.
pub const DEFAULT_CONNECTION: &str = "COPILOT_SDK_DEFAULT_CONNECTION";

/// Parts of a variable's name that tell that its value is a secret.
const SECRET_WORDS: [&str; 5] = ["TOKEN", "KEY", "SECRET", "PASSWORD", "CREDENTIAL"];

/// The options of a client, checked.
#[derive(Clone)]
pub struct ClientOptions {
    /// The program to run; where it is unset, the caller finds one.
    pub cli_path: Option<String>,
    /// Arguments before the library's own.
    pub cli_args: Vec<String>,
    /// How the CLI is reached.
    pub transport: Transport,
    /// True where the options name the transport, so that no variable may.
    pub transport_is_chosen: bool,
    /// The token of the server; `None` lets the library make one for a server that it starts. `Debug` does not
    /// show it.
    pub connection_token: Option<String>,
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
    /// Where the CLI sends its OpenTelemetry data.
    pub telemetry: Option<Telemetry>,
    /// Turns the CLI's own reports of its use off.
    pub disable_client_telemetry: bool,
    /// Mode "empty": the CLI finds nothing by itself.
    pub empty_mode: bool,
    /// Plugins of the host's, for every session; absolute.
    pub builtin_plugin_directories: Vec<String>,
    /// Every session can be seen and steered from elsewhere.
    pub enable_remote_sessions: bool,
    /// The server forwards its telemetry events to this client.
    pub enable_github_telemetry_forwarding: bool,
    /// Microsoft's sign-in: `{clientId, matsAppName?}` as JSON text.
    pub entra: Option<String>,
    /// Kerberos: `{mode, scope?}` as JSON text.
    pub kerberos_auth: Option<String>,
    /// The host keeps the files of sessions: the params of `sessionFs.setProvider` as JSON text.
    pub session_fs: Option<String>,
    /// True where the first call that needs the wire starts the CLI.
    pub auto_start: bool,
    /// True where the next call after a crash starts a new CLI.
    pub auto_restart: bool,
    /// Threads of the process-wide runtime, 1 to 16.
    pub runtime_threads: usize,
    /// The queue's options, as JSON object text for the queue to parse.
    pub queue: Option<String>,
}

/// The OpenTelemetry options. What is unset is left to the CLI and its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telemetry {
    /// Where the exporter sends to.
    pub otlp_endpoint: Option<String>,
    /// http/json or http/protobuf.
    pub otlp_protocol: Option<String>,
    /// Where the exporter "file" writes to.
    pub file_path: Option<String>,
    /// otlp-http or file.
    pub exporter_type: Option<String>,
    /// The name of the source.
    pub source_name: Option<String>,
    /// Whether prompts and answers are in it.
    pub capture_content: Option<bool>,
}

impl ClientOptions {
    /// Checks the options. Fails with `InvalidJson`, or with `InvalidArgument` that names the key by its pointer.
    pub fn parse(json: &str) -> Result<ClientOptions> {
        let given = check(json, &CLIENT_OPTIONS)?;
        let (transport, transport_is_chosen) = rules::transport(&given)?;
        rules::check(&given, &transport)?;
        let github_token = given.text("githubToken");
        let flag = |name| given.flag(name).unwrap_or(false);
        let options = ClientOptions {
            cli_path: given.text("cliPath"),
            cli_args: given.texts("cliArgs").unwrap_or_default(),
            transport,
            transport_is_chosen,
            connection_token: given.text("connectionToken"),
            cwd: given.text("cwd"),
            env: given.raw("env").map(environment).transpose()?.unwrap_or_default(),
            log_level: given.text("logLevel"),
            use_logged_in_user: given.flag("useLoggedInUser").unwrap_or(github_token.is_none()),
            github_token,
            base_directory: given.text("baseDirectory").map(base_directory).transpose()?,
            session_idle_timeout_seconds: given.integer("sessionIdleTimeoutSeconds").unwrap_or(0) as u32,
            client_info: client_info(&given)?,
            telemetry: telemetry(&given)?,
            disable_client_telemetry: flag("disableClientTelemetry"),
            empty_mode: given.text("mode").as_deref() == Some("empty"),
            builtin_plugin_directories: plugin_directories(&given)?,
            enable_remote_sessions: flag("enableRemoteSessions"),
            enable_github_telemetry_forwarding: flag("enableGitHubTelemetryForwarding"),
            entra: given
                .inner("entra", &ENTRA, &Place::root(CLIENT_OPTIONS.what))?
                .map(|entra| whole(&entra)),
            kerberos_auth: given
                .inner("kerberosAuth", &KERBEROS, &Place::root(CLIENT_OPTIONS.what))?
                .map(|kerberos| whole(&kerberos)),
            session_fs: session_fs(&given)?,
            auto_start: given.flag("autoStart").unwrap_or(true),
            auto_restart: given.flag("autoRestart").unwrap_or(true),
            runtime_threads: given.integer("runtimeThreads").unwrap_or(1) as usize,
            queue: given.raw("queue").map(String::from),
        };
        options.check_own_token()?;
        Ok(options)
    }

    /// A server that is started over TCP has the token that `connect` sends, and no other.
    fn check_own_token(&self) -> Result<()> {
        let gives_another = self.env.iter().any(|(name, _)| name == CONNECTION_TOKEN);
        if matches!(self.transport, Transport::Tcp(_)) && gives_another {
            return Err(place("env")
                .at(CONNECTION_TOKEN)
                .refuse("may not be given here; give the token as connectionToken"));
        }
        Ok(())
    }

    /// Looks at the host's own choice of a transport, the value of [`DEFAULT_CONNECTION`], which counts where the
    /// options make none. Fails with `Unsupported` where it asks for what this library does not offer, and with
    /// `InvalidArgument` where nobody knows what it asks for.
    pub fn check_default_connection(&self, value: Option<&OsStr>) -> Result<()> {
        let value = value.unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match value.as_str() {
            _ if self.transport_is_chosen => Ok(()),
            "" | "stdio" => Ok(()),
            "inprocess" => Err(Error::new(
                Code::Unsupported,
                format!(
                    "the variable {DEFAULT_CONNECTION} asks for \"inprocess\", and this library runs the CLI as a \
                     process of its own; unset the variable, or give \"useStdio\":true in the client options"
                ),
            )),
            _ => Err(Error::invalid_argument(format!(
                "the variable {DEFAULT_CONNECTION} must be empty or \"stdio\"; set it so, unset it, or give \
                 \"useStdio\":true in the client options"
            ))),
        }
    }

    /// The secrets among the options: the tokens, and what variables hold whose names tell it.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let env = self.env.iter().filter(|(name, _)| tells_a_secret(name));
        let tokens = [&self.github_token, &self.connection_token].into_iter().filter_map(Option::as_deref);
        tokens.chain(env.filter_map(|(_, value)| value.as_deref()))
    }

    /// The params of `connect`. The server refuses keys that it does not know, and a token over stdio, so there is
    /// nothing in it that was not asked for. `answers_entra` says that the host hands out Microsoft's tokens.
    pub fn connect_params(&self, token: Option<&str>, answers_entra: bool) -> String {
        let mut object = ObjectText::new();
        if let Some(token) = token {
            object = object.text("token", token);
        }
        if self.enable_github_telemetry_forwarding {
            object = object.flag("enableGitHubTelemetryForwarding", true);
        }
        if let Some(info) = &self.client_info {
            object = object.raw("clientInfo", info);
        }
        if let Some(entra) = &self.entra {
            object = object.raw("entra", entra);
            if answers_entra {
                object = object.flag("entraTokenProvider", true);
            }
        }
        object.finish()
    }

    /// The option that the server cannot do without `connect`, if there is one.
    pub fn needs_connect(&self) -> Option<&'static str> {
        if self.entra.is_some() {
            return Some("entra");
        }
        self.enable_github_telemetry_forwarding.then_some("enableGitHubTelemetryForwarding")
    }
}

impl fmt::Debug for ClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Names only: variables carry secrets as often as the token does.
        let env: Vec<&str> = self.env.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("ClientOptions")
            .field("cli_path", &self.cli_path)
            .field("transport", &self.transport)
            .field("connection_token", &self.connection_token.as_ref().map(|_| "[redacted]"))
            .field("cwd", &self.cwd)
            .field("env", &env)
            .field("log_level", &self.log_level)
            .field("github_token", &self.github_token.as_ref().map(|_| "[redacted]"))
            .field("use_logged_in_user", &self.use_logged_in_user)
            .field("base_directory", &self.base_directory)
            .field("session_idle_timeout_seconds", &self.session_idle_timeout_seconds)
            .field("client_info", &self.client_info)
            .field("telemetry", &self.telemetry)
            .field("empty_mode", &self.empty_mode)
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
    let place = place("env");
    let mut env: Vec<(String, Option<String>)> = Vec::new();
    for (name, value) in Members::lenient(json).0 {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(place
                .at(&*name)
                .refuse("is no name for a variable: it is empty or contains '=' or NUL"));
        }
        if env.iter().any(|(other, _)| *other == name) {
            return Err(place.at(&*name).refuse("is given twice; give it once"));
        }
        env.push((name.into_owned(), serde_json::from_str(value).unwrap_or_default()));
    }
    Ok(env)
}

fn base_directory(path: String) -> Result<String> {
    if std::path::Path::new(&path).is_absolute() {
        return Ok(path);
    }
    let place = place("baseDirectory");
    Err(place.refuse("must be an absolute path: the CLI's working directory may differ from yours"))
}

fn plugin_directories(given: &Given<'_>) -> Result<Vec<String>> {
    let paths = given.texts("builtinPluginDirectories").unwrap_or_default();
    match paths.iter().position(|path| !std::path::Path::new(path).is_absolute()) {
        None => Ok(paths),
        Some(index) => Err(place("builtinPluginDirectories")
            .at(index)
            .refuse("must be an absolute path: the CLI takes no other")),
    }
}

/// All of an object that was given, in the wire's spelling.
fn whole(given: &Given<'_>) -> String {
    given.wire_object(|_| true, ObjectText::new()).finish()
}

fn client_info(given: &Given<'_>) -> Result<Option<String>> {
    let Some(mut info) = given.inner("clientInfo", &CLIENT_INFO, &Place::root(CLIENT_OPTIONS.what))? else {
        return Ok(None);
    };
    info.keys.retain(|(_, value)| *value != "\"\"");
    Ok((!info.keys.is_empty()).then(|| whole(&info)))
}

fn telemetry(given: &Given<'_>) -> Result<Option<Telemetry>> {
    let telemetry = given.inner("telemetry", &TELEMETRY, &Place::root(CLIENT_OPTIONS.what))?;
    Ok(telemetry.map(|given| Telemetry {
        otlp_endpoint: given.text("otlpEndpoint"),
        otlp_protocol: given.text("otlpProtocol"),
        file_path: given.text("filePath"),
        exporter_type: given.text("exporterType"),
        source_name: given.text("sourceName"),
        capture_content: given.flag("captureContent"),
    }))
}

fn session_fs(given: &Given<'_>) -> Result<Option<String>> {
    let Some(fs) = given.inner("sessionFs", &SESSION_FS, &Place::root(CLIENT_OPTIONS.what))? else {
        return Ok(None);
    };
    let text = |name| fs.text(name).unwrap_or_default();
    let object = ObjectText::new()
        .text("initialCwd", &text("initialCwd"))
        .text("sessionStatePath", &text("sessionStatePath"))
        .text("conventions", fs.text("conventions").as_deref().unwrap_or("posix"));
    let capabilities = fs.inner("capabilities", &CAPABILITIES, &place("sessionFs"))?;
    Ok(Some(match capabilities {
        Some(capabilities) => object.raw("capabilities", &whole(&capabilities)).finish(),
        None => object.finish(),
    }))
}

#[cfg(test)]
mod tests;

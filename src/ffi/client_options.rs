//! Options for a client.

use std::ffi::c_char;
use std::ptr;

use super::ffi;
use super::guard::optional_text;
use super::handle::{
    copilot_client_options, copilot_error, copilot_json, copilot_queue, give_box, need_mut, share, take_box,
};
use super::types::copilot_status;
use crate::callback::clear_graveyard;
use crate::error::Result;
use crate::json::Json;
use crate::protocol::client_options::ClientOptions;
use crate::queue::{Options as QueueOptions, Owner};

/// Options for a client, which the program may still change.
pub struct Options {
    pub(super) json: Json,
    pub(super) queue: Option<Owner>,
}

impl Options {
    fn new(json: Option<&str>) -> Result<Options> {
        let json = json.map_or_else(|| Ok(Json::object()), Json::parse)?;
        let options = ClientOptions::parse(json.text())?;
        options.queue.as_deref().map(QueueOptions::parse).transpose()?;
        Ok(Options { json, queue: None })
    }
}

/// Makes options for a client from a JSON object. All keys are optional, null is "not given", and a
/// key that is not known is an error whose message names it and the one you may have meant. A key
/// may also be written in snake_case, but not in both ways at once.
///
/// How the CLI is reached:
///
///   "cliPath"        string: the CLI's program. A path with a slash is taken relative to "cwd", a
///                    name is searched on PATH; a JavaScript file is run by the node on PATH.
///                    Default: the variable COPILOT_CLI_PATH, else "copilot" and then
///                    "copilot-runtime" on PATH, else the npm package @github/copilot in npm's
///                    global folder.
///   "cliArgs"        array of strings: arguments before the library's own. Default: none.
///   "useStdio"       boolean: whether the CLI is spoken to over its stdin and stdout. When false
///                    it is started as a server on TCP, on this machine only; it gets SIGTERM when
///                    your process ends, however that happens. Default: true, and false with
///                    "port". Where none of "useStdio", "port" and "cliUrl" is given, the variable
///                    COPILOT_SDK_DEFAULT_CONNECTION is looked at: it must be empty or "stdio".
///   "port"           whole number from 0 to 65535: the TCP port of the server that is started; 0
///                    lets it choose one. Not together with "useStdio":true. Default: 0.
///   "cliUrl"         string: the address of a server that runs already, as "8080", "host:8080" or
///                    "http://host:8080". Nothing is started, and the server is never ended. There
///                    is no encryption: reach other machines through a tunnel. All options that
///                    concern the process are refused together with it: "cliPath", "cliArgs",
///                    "cwd", "env", "port", "useStdio":true, "logLevel", "githubToken",
///                    "useLoggedInUser", "baseDirectory", "sessionIdleTimeoutSeconds", "telemetry",
///                    "disableClientTelemetry", "enableRemoteSessions". Default: none.
///   "connectionToken"
///                    string: the secret without which a server on TCP takes no calls. For "cliUrl"
///                    the one that the server was started with; a server that is started here gets
///                    a new one of 128 random bits by default. It is refused over stdio, reaches
///                    the CLI by its environment only, and is shown in no log and no error. CLIs
///                    before 1.0.71 take no notice of it. Default: none for "cliUrl".
///   "autoStart"      boolean: whether the first call that needs the CLI starts it. When false such
///                    a call is COPILOT_E_INVALID_STATE before copilot_client_start(). Default:
///                    true.
///   "autoRestart"    boolean: whether the next call after the connection was lost starts a new CLI,
///                    or connects to the server anew. Sessions are not brought back by that;
///                    copilot_session_reopen() opens them again. Default: true.
///
/// The process:
///
///   "cwd"            string: the CLI's working directory. Default: the one that this process has
///                    at copilot_client_new().
///   "env"            object of strings: variables laid over the environment that this process has
///                    at copilot_client_new(); null as a value removes the variable. Default: {}.
///   "logLevel"       "none", "error", "warning", "info", "debug" or "all": how much the CLI writes
///                    into its own log files. Default: the CLI's.
///   "githubToken"    string: the token to authenticate with. It reaches the CLI by its environment
///                    only, never by its command line, and is shown in no log and no error.
///                    Default: none.
///   "useLoggedInUser"
///                    boolean: whether the CLI may use the account that is signed in on this
///                    machine. Default: true without "githubToken", false with one.
///   "baseDirectory"  string, an absolute path: where the CLI keeps its configuration and sessions.
///                    Default: the CLI's, ~/.copilot. CLI 0.0.420 ignores it.
///   "sessionIdleTimeoutSeconds"
///                    whole number from 0: after how many seconds without use the CLI unloads a
///                    session; 0 is never. Default: 0.
///   "enableRemoteSessions"
///                    boolean: whether sessions can be seen and steered from GitHub. Default: false.
///   "telemetry"      object: has the CLI export OpenTelemetry data. Its keys, all optional:
///                    "otlpEndpoint" string, "otlpProtocol" "http/json" or "http/protobuf",
///                    "exporterType" "otlp-http" or "file", "filePath" string, for "file",
///                    "sourceName" string, "captureContent" boolean, whether prompts and answers are
///                    in it. What is left out is the CLI's choice. Default: none.
///   "disableClientTelemetry"
///                    boolean: whether the CLI's own reports of its use are turned off. Default:
///                    false.
///
/// What the CLI is told, and what it may ask:
///
///   "mode"           "default" or "empty": with "empty" the CLI uses no keyring and writes no log
///                    file of its own accord, and needs "baseDirectory", "sessionFs" or "cliUrl", so
///                    that nothing is kept in the user's ~/.copilot. Default: "default".
///   "clientInfo"     object of the strings "editorName", "editorVersion", "extensionName" and
///                    "extensionVersion": what you call yourself to the CLI. Default: none.
///   "builtinPluginDirectories"
///                    array of strings, absolute paths: plugins that every session has. Default: [].
///   "sessionFs"      object: the files of sessions are kept by you, who answer the sessionFs.
///                    requests (copilot_client_on_request()). "initialCwd" string and
///                    "sessionStatePath" string are required; "conventions" "posix" (default) or
///                    "windows"; "capabilities" object of the booleans "sqlite", "binary" and
///                    "readFileRange". Default: none.
///   "entra"          object: sign-in with Microsoft, "clientId" string, required, and
///                    "matsAppName" string. Tokens are asked for by entraToken.getToken where a
///                    callback answers that. Default: none.
///   "kerberosAuth"   object: you negotiate Kerberos, and answer kerberosAuth.acquire. "mode"
///                    "fallback" or "always", required, and "scope" "connection" or "runtime".
///                    Default: none.
///   "enableGitHubTelemetryForwarding"
///                    boolean: whether the CLI sends its telemetry events to this client too.
///                    Default: false.
///
/// The library:
///
///   "runtimeThreads" whole number from 1 to 16: threads of the library's background runtime. There
///                    is one runtime for the whole process, so it counts only for the client that
///                    starts it. Each client is served by one of them, in turn. Default: 1.
///   "queue"          object: options of the queue that the client makes for itself, as
///                    copilot_queue_new() takes them. Default: {}.
///
/// @param json   the options as JSON text, UTF-8; NULL for all defaults
/// @param error  receives the error on failure, NULL on success; may be NULL
/// @return the options, to be freed with copilot_client_options_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the options are yours until copilot_client_options_free(); the text is copied
/// @errors   COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_ARGUMENT: a key is not known
///           or its value is not what it takes; COPILOT_E_INVALID_UTF8
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_client_options_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_client_options_new(
    json: *const c_char,
    error: *mut *mut copilot_error,
) -> *mut copilot_client_options {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let options = Options::new(unsafe { optional_text(json, "json")? })?;
        Ok(give_box::<copilot_client_options>(Box::new(options)))
    })
}

/// The options' JSON, to be read and changed with the copilot_json_ functions. Changes count for
/// the clients made afterwards, and are checked when one is made.
///
/// @param options  the options, or NULL
/// @return the JSON; NULL for NULL
///
/// @threads  one at a time for each options object
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the JSON belongs to the options and lives as long as they; do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_options_json(
    options: *mut copilot_client_options,
) -> *mut copilot_json {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or live options that nobody else uses meanwhile, says the manual.
        unsafe { need_mut(options) }
            .map_or(ptr::null_mut(), |options| ptr::from_mut(&mut options.json).cast::<copilot_json>())
    })
}

/// Lets clients deliver to this queue instead of one of their own. Several clients may share one.
///
/// @param options  the options
/// @param queue    the queue; NULL goes back to one of the client's own
/// @param error    receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each options object
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the options take a reference of their own; yours stays yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: options is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_options_set_queue(
    options: *mut copilot_client_options,
    queue: *mut copilot_queue,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let (options, queue) = unsafe { (need_mut(options)?, share(queue)) };
        options.queue = queue.map(|queue| Owner::join(&queue));
        Ok(0)
    })
}

/// Frees options. Clients that were made from them are not affected.
///
/// @param options  the options; NULL is nothing
///
/// @threads  any; nobody may use the options any more
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the options
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_client_options_free(options: *mut copilot_client_options) {
    ffi!(or(), {
        // SAFETY: NULL or options that nobody uses any more, says the manual.
        drop(unsafe { take_box(options) });
        clear_graveyard();
    });
}

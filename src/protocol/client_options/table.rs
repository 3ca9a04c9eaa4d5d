//! The keys of the client options, and what each must be.

use crate::protocol::keys::{Part, Table, Wants, key};

pub(super) static CLIENT_OPTIONS: Table = Table {
    what: "the client options",
    keys: &[
        key("cliPath", Wants::Path),
        key("cliArgs", Wants::List(&Wants::Argument)),
        key("cliUrl", Wants::Path),
        key("port", Wants::Integer(0, u16::MAX as i64)),
        key("useStdio", Wants::Flag),
        key("connectionToken", Wants::Path),
        key("cwd", Wants::Path),
        key("env", Wants::Map(&Wants::Maybe(&Wants::Argument))),
        key("logLevel", Wants::Word(&["none", "error", "warning", "info", "debug", "all"])),
        key("githubToken", Wants::Path),
        key("useLoggedInUser", Wants::Flag),
        key("baseDirectory", Wants::Path),
        key("sessionIdleTimeoutSeconds", Wants::Integer(0, u32::MAX as i64)),
        key("clientInfo", Wants::Object),
        key("telemetry", Wants::Object),
        key("disableClientTelemetry", Wants::Flag),
        key("mode", Wants::Word(&["default", "empty"])),
        key("builtinPluginDirectories", Wants::List(&Wants::Path)),
        key("enableRemoteSessions", Wants::Flag),
        key("enableGitHubTelemetryForwarding", Wants::Flag),
        key("entra", Wants::Object),
        key("kerberosAuth", Wants::Object),
        key("sessionFs", Wants::Object),
        key("autoStart", Wants::Flag).on(Part::Local),
        key("autoRestart", Wants::Flag).on(Part::Local),
        key("runtimeThreads", Wants::Integer(1, 16)).on(Part::Local),
        key("queue", Wants::Object).on(Part::Local),
    ],
    open: false,
    index: None,
};

pub(super) static CLIENT_INFO: Table = Table {
    what: "clientInfo",
    keys: &[
        key("editorName", Wants::Text),
        key("editorVersion", Wants::Text),
        key("extensionName", Wants::Text),
        key("extensionVersion", Wants::Text),
    ],
    open: false,
    index: None,
};

pub(super) static TELEMETRY: Table = Table {
    what: "telemetry",
    keys: &[
        key("otlpEndpoint", Wants::Path),
        key("otlpProtocol", Wants::Word(&["http/json", "http/protobuf"])),
        key("filePath", Wants::Path),
        key("exporterType", Wants::Word(&["otlp-http", "file"])),
        key("sourceName", Wants::Path),
        key("captureContent", Wants::Flag),
    ],
    open: false,
    index: None,
};

pub(super) static ENTRA: Table = Table {
    what: "entra",
    keys: &[key("clientId", Wants::Name).required(), key("matsAppName", Wants::Name)],
    open: false,
    index: None,
};

pub(super) static KERBEROS: Table = Table {
    what: "kerberosAuth",
    keys: &[
        key("mode", Wants::Word(&["fallback", "always"])).required(),
        key("scope", Wants::Word(&["connection", "runtime"])),
    ],
    open: false,
    index: None,
};

pub(super) static SESSION_FS: Table = Table {
    what: "sessionFs",
    keys: &[
        key("initialCwd", Wants::Name).required(),
        key("sessionStatePath", Wants::Name).required(),
        key("conventions", Wants::Word(&["posix", "windows"])),
        key("capabilities", Wants::Object),
    ],
    open: false,
    index: None,
};

pub(super) static CAPABILITIES: Table = Table {
    what: "capabilities",
    keys: &[key("sqlite", Wants::Flag), key("binary", Wants::Flag), key("readFileRange", Wants::Flag)],
    open: false,
    index: None,
};

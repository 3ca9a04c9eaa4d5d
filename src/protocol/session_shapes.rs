//! The objects inside a session's configuration. Closed, so that a misspelt key is found here and not by an hour of
//! wondering; open only where the server's own list grows.

use super::keys::{Key, Otherwise, Table, Wants, key};

const TEXTS: Wants = Wants::List(&Wants::Text);
const NUMBER_OF: Wants = Wants::Integer(0, i64::MAX);

const fn closed(what: &'static str, keys: &'static [Key]) -> Table {
    Table { what, keys, open: false, index: None }
}

pub(super) static SYSTEM_MESSAGE: Table = closed(
    "systemMessage",
    &[
        key("mode", Wants::Word(&["append", "replace", "customize"])),
        key("content", Wants::Text),
        // Servers have sections of their own; which there are is theirs to say.
        key("sections", Wants::Map(&Wants::Shape(&SECTION))),
    ],
);

static SECTION: Table = closed(
    "sections",
    &[
        key("action", Wants::Word(&["replace", "remove", "append", "prepend", "preserve", "transform"]))
            .required(),
        key("content", Wants::Text),
    ],
);

pub(super) static TOOL_SEARCH: Table =
    closed("toolSearch", &[key("enabled", Wants::Flag), key("deferThreshold", NUMBER_OF)]);

pub(super) static COMMAND: Table = closed(
    "commands",
    &[
        key("name", Wants::Name).required(),
        key("description", Wants::Text).otherwise(Otherwise::Json("\"\"")),
    ],
);

const PROVIDER_TYPE: Wants = Wants::Word(&["openai", "azure", "anthropic"]);
const WIRE_API: Wants = Wants::Word(&["completions", "responses"]);

pub(super) static PROVIDER: Table = closed(
    "provider",
    &[
        key("type", PROVIDER_TYPE),
        key("wireApi", WIRE_API),
        key("transport", Wants::Word(&["http", "websockets"])),
        key("modelProvider", Wants::Text),
        key("baseUrl", Wants::Name).required(),
        key("apiKey", Wants::Text),
        key("apiKeyCommand", Wants::Any),
        key("bearerToken", Wants::Text),
        key("hasBearerTokenProvider", Wants::Flag),
        key("azure", Wants::Shape(&AZURE)),
        key("headers", Wants::Map(&Wants::Text)),
        key("modelId", Wants::Text),
        key("wireModel", Wants::Text),
        key("maxPromptTokens", NUMBER_OF),
        key("maxOutputTokens", NUMBER_OF),
    ],
);

static AZURE: Table = closed("azure", &[key("apiVersion", Wants::Text)]);

pub(super) static NAMED_PROVIDER: Table = closed(
    "providers",
    &[
        key("name", Wants::Name).required(),
        key("type", PROVIDER_TYPE),
        key("wireApi", WIRE_API),
        key("baseUrl", Wants::Name).required(),
        key("apiKey", Wants::Text),
        key("apiKeyCommand", Wants::Any),
        key("bearerToken", Wants::Text),
        key("hasBearerTokenProvider", Wants::Flag),
        key("azure", Wants::Shape(&AZURE)),
        key("headers", Wants::Map(&Wants::Text)),
    ],
);

pub(super) static MODEL: Table = closed(
    "models",
    &[
        key("id", Wants::Name).required(),
        key("provider", Wants::Name).required(),
        key("wireModel", Wants::Text),
        key("modelId", Wants::Text),
        key("name", Wants::Text),
        key("maxPromptTokens", NUMBER_OF),
        key("maxContextWindowTokens", NUMBER_OF),
        key("maxOutputTokens", NUMBER_OF),
        key("capabilities", Wants::Object),
    ],
);

pub(super) static CAPI: Table =
    closed("capi", &[key("autoTier", Wants::Text), key("enableWebSocketResponses", Wants::Flag)]);

pub(super) static IMAGE_GENERATION: Table = closed(
    "imageGeneration",
    &[key("enabled", Wants::Flag), key("watermark", Wants::Flag), key("saveToDisk", Wants::Flag)],
);

/// Open: transports and their keys grow with the server.
pub(super) static MCP_SERVER: Table = Table {
    what: "mcpServers",
    keys: &[
        key("type", Wants::Text),
        key("command", Wants::Text),
        key("args", TEXTS),
        key("env", Wants::Map(&Wants::Text)),
        key("workingDirectory", Wants::Text).wire("cwd"),
        key("url", Wants::Text),
        key("headers", Wants::Map(&Wants::Text)),
        key("tools", TEXTS),
        key("timeout", Wants::Number),
    ],
    open: true,
    index: None,
};

pub(super) static GITHUB_MCP_TOOLS: Table = closed(
    "githubMcpToolConfig",
    &[
        key("enableAllTools", Wants::Flag),
        key("additionalToolsets", TEXTS),
        key("additionalTools", TEXTS),
        key("enableInsidersMode", Wants::Flag),
        key("disableFormDeferral", Wants::Flag),
    ],
);

pub(super) static CUSTOM_AGENT: Table = closed(
    "customAgents",
    &[
        key("name", Wants::Name).required(),
        key("prompt", Wants::Text).required(),
        key("displayName", Wants::Text),
        key("description", Wants::Text),
        key("tools", TEXTS),
        key("mcpServers", Wants::Map(&Wants::Shape(&MCP_SERVER))),
        key("infer", Wants::Flag),
        key("skills", TEXTS),
        key("model", Wants::Text),
        key("modelPolicy", Wants::Any),
        key("reasoningEffort", Wants::Text),
        key("hooks", Wants::Any),
    ],
);

pub(super) static DEFAULT_AGENT: Table = closed("defaultAgent", &[key("excludedTools", TEXTS)]);

pub(super) static INFINITE_SESSIONS: Table = closed(
    "infiniteSessions",
    &[
        key("enabled", Wants::Flag),
        key("backgroundCompactionThreshold", Wants::Number),
        key("bufferExhaustionThreshold", Wants::Number),
    ],
);

pub(super) static MEMORY: Table = closed(
    "memory",
    &[key("enabled", Wants::Flag).required(), key("mode", Wants::Word(&["system-prompt", "user-prompt"]))],
);

pub(super) static LARGE_OUTPUT: Table = closed(
    "largeOutput",
    &[
        key("enabled", Wants::Flag),
        key("maxSizeBytes", NUMBER_OF),
        key("outputDirectory", Wants::Text).wire("outputDir"),
    ],
);

pub(super) static SESSION_LIMITS: Table = closed("sessionLimits", &[key("maxAiCredits", Wants::Number)]);

pub(super) static AUTOPILOT: Table =
    closed("autopilot", &[key("continuationEnabled", Wants::Flag), key("maxContinues", NUMBER_OF)]);

pub(super) static CANVAS: Table = closed(
    "canvases",
    &[
        key("id", Wants::Name).required(),
        key("displayName", Wants::Text).required(),
        key("description", Wants::Text).required(),
        key("inputSchema", Wants::Object),
        key("actions", Wants::List(&Wants::Shape(&CANVAS_ACTION))),
    ],
);

static CANVAS_ACTION: Table = closed(
    "actions",
    &[
        key("name", Wants::Name).required(),
        key("description", Wants::Text),
        key("inputSchema", Wants::Object),
    ],
);

pub(super) static CANVAS_PROVIDER: Table =
    closed("canvasProvider", &[key("id", Wants::Name).required(), key("name", Wants::Text)]);

pub(super) static EXTENSION_INFO: Table =
    closed("extensionInfo", &[key("source", Wants::Text).required(), key("name", Wants::Text).required()]);

pub(super) static CLOUD: Table = closed("cloud", &[key("repository", Wants::Shape(&REPOSITORY))]);

static REPOSITORY: Table = closed(
    "repository",
    &[key("owner", Wants::Name).required(), key("name", Wants::Name).required(), key("branch", Wants::Text)],
);

pub(super) static MANAGED_SETTINGS: Table =
    closed("managedSettings", &[key("permissions", Wants::Shape(&MANAGED_PERMISSIONS))]);

static MANAGED_PERMISSIONS: Table = closed(
    "permissions",
    &[
        key("disableBypassPermissionsMode", Wants::Any),
        key("disableAssistedPermissionsMode", Wants::Any),
        key("deny", TEXTS),
        key("ask", TEXTS),
        key("allow", TEXTS),
        key("limitTo", Wants::Any),
    ],
);

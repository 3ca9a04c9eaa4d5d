//! The keys of a session's configuration, one row each: what `session.create` and `session.resume` take.

use super::keys::{Index, Key, Part, Table, Wants, key};
use super::permission_request::KINDS;
use super::session_shapes::{
    AUTOPILOT, CANVAS, CANVAS_PROVIDER, CAPI, CLOUD, COMMAND, CUSTOM_AGENT, DEFAULT_AGENT, EXTENSION_INFO,
    GITHUB_MCP_TOOLS, IMAGE_GENERATION, INFINITE_SESSIONS, LARGE_OUTPUT, MANAGED_SETTINGS, MCP_SERVER,
    MEMORY, MODEL, NAMED_PROVIDER, PROVIDER, SESSION_LIMITS, SYSTEM_MESSAGE, TOOL_SEARCH,
};
use super::tool::TOOL;

const TEXTS: Wants = Wants::List(&Wants::Text);
const OBJECTS: Wants = Wants::List(&Wants::Object);

const fn constant(name: &'static str) -> Key {
    key(name, Wants::Any).on(Part::Never("the library always sends the one value that it can work with"))
}

const fn by_handler(name: &'static str, reason: &'static str) -> Key {
    key(name, Wants::Any).on(Part::Never(reason))
}

pub(crate) static SESSION: Table = Table {
    what: "the session config",
    keys: &[
        key("sessionId", Wants::Name).on(Part::Local),
        key("name", Wants::Text).on(Part::Create),
        key("model", Wants::Name),
        key("allowedModels", TEXTS),
        key("clientName", Wants::Text),
        key("reasoningEffort", Wants::Text),
        key("reasoningSummary", Wants::Word(&["none", "concise", "detailed"])),
        key("contextTier", Wants::Word(&["default", "long_context"])),
        key("streaming", Wants::Flag),
        key("includeSubAgentStreamingEvents", Wants::Flag).on(Part::Local),
        key("systemMessage", Wants::Shape(&SYSTEM_MESSAGE)),
        key("askUserVariant", Wants::Word(&["legacy", "elicitation"])),
        key("tools", Wants::List(&Wants::Shape(&TOOL))).on(Part::Local),
        key("toolSearch", Wants::Shape(&TOOL_SEARCH)),
        key("availableTools", TEXTS),
        key("excludedTools", TEXTS),
        constant("toolFilterPrecedence"),
        key("excludedBuiltinAgents", TEXTS),
        key("commands", Wants::List(&Wants::Shape(&COMMAND))),
        key("provider", Wants::Shape(&PROVIDER)),
        key("providers", Wants::List(&Wants::Shape(&NAMED_PROVIDER))),
        key("models", Wants::List(&Wants::Shape(&MODEL))),
        key("capi", Wants::Shape(&CAPI)),
        key("modelCapabilities", Wants::Object),
        key("imageGeneration", Wants::Shape(&IMAGE_GENERATION)),
        by_handler(
            "requestPermission",
            "it is always sent true; without a PERMISSION handler the library denies",
        ),
        by_handler("requestUserInput", "registering a handler for USER_INPUT requests sets it"),
        by_handler("requestElicitation", "registering a handler for ELICITATION requests sets it"),
        by_handler("requestExitPlanMode", "registering a handler for EXIT_PLAN_MODE requests sets it"),
        by_handler("requestAutoModeSwitch", "registering a handler for AUTO_MODE_SWITCH requests sets it"),
        key("enableMcpApps", Wants::Flag).wire("requestMcpApps"),
        by_handler("hooks", "registering a handler for HOOK requests sets it"),
        key("hasSkillProvider", Wants::Flag),
        key("workingDirectory", Wants::Name),
        key("additionalDirectories", TEXTS),
        key("trustWorkingDirectory", Wants::Word(&["session", "user"])).on(Part::Create),
        key("configDirectory", Wants::Name).wire("configDir"),
        key("enableConfigDiscovery", Wants::Flag),
        key("mcpServers", Wants::Map(&Wants::Shape(&MCP_SERVER))),
        key("disabledMcpServers", TEXTS),
        key("mcpOAuthTokenStorage", Wants::Word(&["persistent", "in-memory"])),
        key("authClientIdMetadataUrl", Wants::Text),
        key("githubMcpToolConfig", Wants::Shape(&GITHUB_MCP_TOOLS)),
        constant("envValueMode"),
        key("customAgents", Wants::List(&Wants::Shape(&CUSTOM_AGENT))),
        key("customAgentsLocalOnly", Wants::Flag),
        key("defaultAgent", Wants::Shape(&DEFAULT_AGENT)),
        key("agent", Wants::Name),
        key("skillDirectories", TEXTS),
        key("disabledSkills", TEXTS),
        key("agentDirectories", TEXTS),
        key("hookDirectories", TEXTS),
        key("instructionDirectories", TEXTS),
        key("pluginDirectories", Wants::List(&Wants::Absolute)),
        key("enableSkills", Wants::Flag),
        key("enableFileHooks", Wants::Flag),
        key("enableHostGitOperations", Wants::Flag),
        key("enableSessionStore", Wants::Flag),
        key("enableOnDemandInstructionDiscovery", Wants::Flag),
        key("skipEmbeddingRetrieval", Wants::Flag),
        key("embeddingCacheStorage", Wants::Text),
        key("organizationCustomInstructions", Wants::Text),
        key("refreshCustomInstructions", Wants::Flag).on(Part::Create),
        key("infiniteSessions", Wants::Shape(&INFINITE_SESSIONS)),
        key("memory", Wants::Shape(&MEMORY)),
        key("largeOutput", Wants::Shape(&LARGE_OUTPUT)),
        key("sandboxConfig", Wants::Object),
        key("sessionLimits", Wants::Shape(&SESSION_LIMITS)),
        key("autopilot", Wants::Shape(&AUTOPILOT)),
        key("enableSessionTelemetry", Wants::Flag),
        key("enableCitations", Wants::Flag),
        key("enableFileChangeTracking", Wants::Flag),
        key("enableGitHubTelemetryForwarding", Wants::Flag),
        key("diagnostics", Wants::Object),
        key("lifecycleDiagnostics", Wants::Object),
        key("canvases", Wants::List(&Wants::Shape(&CANVAS))),
        key("requestCanvasRenderer", Wants::Flag),
        key("requestExtensions", Wants::Flag),
        key("extensionSdkPath", Wants::Text),
        key("extensionInfo", Wants::Shape(&EXTENSION_INFO)),
        key("canvasProvider", Wants::Shape(&CANVAS_PROVIDER)),
        key("gitHubToken", Wants::Name),
        key("gitHubTokenProviderRegistrationId", Wants::Name),
        key("remoteSession", Wants::Word(&["off", "export", "on"])),
        key("cloud", Wants::Shape(&CLOUD)).on(Part::Create),
        key("featureFlags", Wants::Map(&Wants::Flag)),
        key("expAssignments", Wants::Object),
        key("enableExperimentalMode", Wants::Flag).wire("isExperimentalMode"),
        key("enableManagedSettings", Wants::Flag),
        key("managedSettings", Wants::Shape(&MANAGED_SETTINGS)),
        key("excludedManagedSettings", TEXTS),
        key("enforceManagedModelDefaults", Wants::Flag),
        key("interactiveUser", Wants::Flag),
        key("openCanvases", OBJECTS).on(Part::Resume),
        key("suppressResumeEvent", Wants::Flag).on(Part::Resume).wire("disableResume"),
        key("continuePendingWork", Wants::Flag).on(Part::Resume),
        key("allowTranscriptRecovery", Wants::Flag).on(Part::Resume),
        key("factories", OBJECTS).on(Part::Resume),
        key("requestedEnvironmentVariables", TEXTS).on(Part::Resume),
        key("skipCustomInstructions", Wants::Flag).on(Part::Update),
        key("coauthorEnabled", Wants::Flag).on(Part::Update),
        key("manageScheduleEnabled", Wants::Flag).on(Part::Update),
        key("installedPlugins", OBJECTS).on(Part::Update),
        key("includedBuiltinSkills", TEXTS).on(Part::Update),
        key("traceparent", Wants::Text),
        key("tracestate", Wants::Text),
        key("rawParams", Wants::Object).on(Part::Local),
        key("permissionPolicy", Wants::Shape(&POLICY)).on(Part::Local),
        key("permissionDefault", Wants::Word(&["deny", "pending"])).on(Part::Local),
        key("requestTimeoutMs", Wants::Integer(1, i64::MAX)).on(Part::Local),
        by_handler("queue", "a queue is an object; copilot_session_config_set_queue takes it"),
    ],
    open: false,
    index: Some(&INDEX),
};

static INDEX: Index = Index::of(SESSION.keys);

const RULES: Wants = Wants::List(&Wants::Shape(&RULE));

pub(crate) static POLICY: Table = Table {
    what: "permissionPolicy",
    keys: &[key("deny", RULES), key("ask", RULES), key("allow", RULES)],
    open: false,
    index: None,
};

pub(crate) static RULE: Table = Table {
    what: "a rule",
    keys: &[
        key("kind", Wants::Word(&KINDS)),
        key("tool", Wants::Name),
        key("server", Wants::Name),
        // A text or an array of words.
        key("command", Wants::Any),
        key("exact", Wants::Flag),
        key("path", Wants::Path),
        key("host", Wants::Name),
        key("readOnly", Wants::Flag),
        key("reason", Wants::Name),
    ],
    open: false,
    index: None,
};

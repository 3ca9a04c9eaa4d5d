//! Session configurations: options, tools and callbacks, before there is a session.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::client_events::subscriber;
use super::ffi;
use super::guard::{optional_text, text};
use super::handle::{
    copilot_error, copilot_json, copilot_queue, copilot_session_config, give_box, need_mut, share, take_box,
};
use super::types::{
    copilot_destroy_cb, copilot_event_cb, copilot_request_cb, copilot_request_kind, copilot_status,
};
use super::user_data::{UserData, request_callback};
use crate::callback::clear_graveyard;
use crate::error::{Error, Result};
use crate::json::Json;
use crate::protocol::question::Kind;
use crate::protocol::tool::Tool;
use crate::queue::Owner;
use crate::session::{Asked, Config};

/// Makes a session configuration from a JSON object. One configuration is good for any number of
/// sessions, created or resumed.
///
/// The keys are those of the wire's session.create and session.resume, every one of them, in the
/// wire's spelling or in snake_case, inside nested objects too. All are optional, and null is "not
/// given". A key that is not known is an error whose message names it and the one you may have
/// meant; so is what the server would take without a word and then not do: a provider's address that
/// it would double, a tool of yours that "availableTools" hides, and the like. "(create)" marks the
/// keys that only the making of a new session sends.
///
/// The model
///
///   "model"              string: the model's id. Default: the server's choice.
///   "allowedModels"      array of ids: the session may use these only
///   "reasoningEffort"    string, such as "low", "medium" or "high"
///   "reasoningSummary"   "none", "concise" or "detailed"
///   "contextTier"        "default" or "long_context"
///   "modelCapabilities"  object: what the model can do, in place of what the server believes, such
///                        as {"supports":{"vision":true}}
///   "capi"               {"autoTier":"...","enableWebSocketResponses":false}
///   "enableCitations"    boolean
///   "imageGeneration"    {"enabled":true,"watermark":true,"saveToDisk":true}
///   "sessionLimits"      {"maxAiCredits":10}
///
/// Model providers of your own
///
///   "provider"           object; "model" is needed beside it
///       "type"             "openai", which is the default, "azure" or "anthropic"
///       "baseUrl"          string, needed. The CLI appends "/chat/completions" or "/responses" for
///                          "openai", "/v1/messages" for "anthropic", "/openai/..." for "azure"
///       "wireApi"          "completions" or "responses"
///       "apiKey", "bearerToken", "apiKeyCommand", "hasBearerTokenProvider"
///                          how it is signed in to
///       "azure"            {"apiVersion":"..."}: takes the versioned address of a deployment
///       "headers"          object of strings: headers for every request
///       "modelId", "wireModel"
///                          strings: the model that is meant, and what it is called there
///       "maxPromptTokens", "maxOutputTokens"
///                          whole numbers
///       "transport"        "http" or "websockets"
///       "modelProvider"    string
///   "providers"          array of providers with a "name" and without the last four rows
///   "models"             array of {"id":"...","provider":"<name>","wireModel":"...",
///                        "modelId":"...","name":"...","maxPromptTokens":1,
///                        "maxContextWindowTokens":1,"maxOutputTokens":1,"capabilities":{...}}:
///                        their models; "model" is then "<provider>/<id>"
///
/// What the session is
///
///   "sessionId"          string: the id of a new session. Default: one is made. (create)
///   "name"               string: what lists call it (create)
///   "clientName"         string: what you call yourself
///   "workingDirectory"   string: where the agent works. It must exist.
///   "additionalDirectories"
///                        array of paths: where it may work besides
///   "trustWorkingDirectory"
///                        "session" or "user" (create)
///   "streaming"          boolean: whether the answer comes in pieces too, as events of type
///                        "assistant.message_delta"
///   "includeSubAgentStreamingEvents"
///                        boolean: those of sub-agents too. Default: true.
///   "infiniteSessions"   {"enabled":true,"backgroundCompactionThreshold":0.8,
///                        "bufferExhaustionThreshold":0.95}: the compaction of long sessions;
///                        without it there is no workspace path. Default: the server's, enabled.
///   "memory"             {"enabled":true,"mode":"system-prompt"|"user-prompt"}
///   "largeOutput"        {"enabled":true,"maxSizeBytes":1,"outputDirectory":"..."}: where long
///                        results of tools go
///   "enableFileChangeTracking", "enableSessionStore"
///                        booleans
///   "remoteSession"      "off", "export" or "on"
///   "cloud"              {"repository":{"owner":"...","name":"...","branch":"..."}} (create)
///   "gitHubToken"        string: a token for this session alone; or
///   "gitHubTokenProviderRegistrationId"
///                        string: who provides one
///
/// What the model is told
///
///   "systemMessage"      {"mode":"append","content":"..."} adds to the server's own, "replace" puts
///                        the content in its place, "customize" changes the parts of it:
///                        "sections" is an object of {"action":"replace"|"remove"|"append"|
///                        "prepend"|"preserve"|"transform","content":"..."} by name: preamble,
///                        identity, tone, tool_efficiency, environment_context, code_change_rules,
///                        guidelines, safety, tool_instructions, custom_instructions,
///                        runtime_instructions, last_instructions, and what newer servers have.
///                        "transform" asks COPILOT_REQUEST_SYSTEM_MESSAGE.
///   "skipCustomInstructions"
///                        boolean: without the instructions of the repository
///   "instructionDirectories"
///                        array of paths: where more of them are
///   "organizationCustomInstructions"
///                        string
///   "refreshCustomInstructions"
///                        boolean (create)
///   "enableOnDemandInstructionDiscovery", "skipEmbeddingRetrieval"
///                        booleans
///   "embeddingCacheStorage"
///                        string
///
/// Tools
///
///   "tools"              array of tools that are declared here and answered elsewhere; see
///                        copilot_session_config_add_tool() for tools that you answer
///   "availableTools"     array of names: only these tools. [] is none at all, your own included. A
///                        name may say whose it is, "builtin:bash", "mcp:x" or "custom:y", and be
///                        "*" then.
///   "excludedTools"      array of names: all but these; it counts before "availableTools"
///   "toolSearch"         {"enabled":true,"deferThreshold":1}: tools are looked up, not all told
///   "askUserVariant"     "legacy" or "elicitation"
///   "commands"           array of {"name":"...","description":"..."}: slash commands, answered by
///                        COPILOT_REQUEST_COMMAND
///
/// MCP servers
///
///   "mcpServers"         object: servers by name. One that is started: {"command":"...",
///                        "args":[...],"env":{...},"workingDirectory":"..."}; one that is there:
///                        {"type":"http"|"sse","url":"...","headers":{...}}; both: "tools", names or
///                        ["*"], and "timeout". What else the server knows is passed on.
///   "disabledMcpServers" array of names
///   "githubMcpToolConfig"
///                        {"enableAllTools":true,"additionalToolsets":[...],"additionalTools":[...],
///                        "enableInsidersMode":true,"disableFormDeferral":true}
///   "mcpOAuthTokenStorage"
///                        "persistent" or "in-memory"
///   "authClientIdMetadataUrl"
///                        string
///   "enableMcpApps"      boolean
///
/// Agents, skills, plugins, extensions
///
///   "customAgents"       array of {"name":"...","prompt":"...","displayName":"...",
///                        "description":"...","tools":[...],"mcpServers":{...},"infer":true,
///                        "skills":[...],"model":"...","modelPolicy":...,"reasoningEffort":"...",
///                        "hooks":...}; the first two are needed
///   "agent"              string: the name of the one to begin with
///   "defaultAgent"       {"excludedTools":[...]}
///   "customAgentsLocalOnly"
///                        boolean
///   "excludedBuiltinAgents", "includedBuiltinSkills", "disabledSkills"
///                        arrays of names
///   "agentDirectories", "hookDirectories", "skillDirectories", "pluginDirectories"
///                        arrays of paths; those of plugins must be absolute
///   "installedPlugins"   array of objects
///   "enableSkills", "enableFileHooks", "hasSkillProvider", "manageScheduleEnabled"
///                        booleans
///   "canvases"           array of {"id":"...","displayName":"...","description":"...",
///                        "inputSchema":{...},"actions":[{"name":"...","description":"...",
///                        "inputSchema":{...}}]}; the first three are needed
///   "canvasProvider"     {"id":"...","name":"..."}
///   "requestCanvasRenderer", "requestExtensions"
///                        booleans
///   "extensionSdkPath", "extensionInfo"
///                        string; {"source":"...","name":"..."}
///
/// How the agent works
///
///   "autopilot"          {"continuationEnabled":true,"maxContinues":1}
///   "sandboxConfig"      object, as the server has it
///   "enableHostGitOperations", "coauthorEnabled", "interactiveUser"
///                        booleans
///   "configDirectory"    string: where its configuration is
///   "enableConfigDiscovery"
///                        boolean: whether that of the working directory counts
///   "enableManagedSettings", "enforceManagedModelDefaults"
///                        booleans
///   "managedSettings"    {"permissions":{"deny":[...],"ask":[...],"allow":[...],"limitTo":...,
///                        "disableBypassPermissionsMode":...,
///                        "disableAssistedPermissionsMode":...}}
///   "excludedManagedSettings"
///                        array of names
///
/// Telemetry and experiments
///
///   "enableSessionTelemetry", "enableGitHubTelemetryForwarding", "enableExperimentalMode"
///                        booleans
///   "diagnostics", "lifecycleDiagnostics", "expAssignments"
///                        objects, as the server has them
///   "featureFlags"       object of booleans
///   "traceparent", "tracestate"
///                        strings: the trace that this belongs to
///
/// Only when a session is resumed or reopened
///
///   "continuePendingWork"
///                        boolean: what was in hand goes on
///   "suppressResumeEvent"
///                        boolean: no event of type "session.resume"
///   "allowTranscriptRecovery"
///                        boolean: a history that is broken is repaired; copilot_session_info() has
///                        the report
///   "openCanvases", "factories"
///                        arrays of objects
///   "requestedEnvironmentVariables"
///                        array of names
///
/// "skipCustomInstructions", "coauthorEnabled", "manageScheduleEnabled", "installedPlugins" and
/// "includedBuiltinSkills" are told by a call of their own, session.options.update, once the session
/// is open. Where that fails the session is let go of again, and the error is that of the making;
/// COPILOT_E_UNSUPPORTED means that the CLI is too old for it.
///
/// These keys stay in the library:
///
///   "permissionDefault"  "deny" or "pending": what becomes of permission requests when no callback
///                        for COPILOT_REQUEST_PERMISSION is registered. "pending" leaves them to
///                        another client of the session. Default: "deny"; "pending" where the
///                        client is connected to a server by "cliUrl".
///   "permissionPolicy"   {"deny":[...],"ask":[...],"allow":[...]}: rules that are applied, in that
///                        order, before the callback for COPILOT_REQUEST_PERMISSION is asked. A rule
///                        is an object of "kind", "command", "path", "host", "tool", "server" and
///                        others, such as {"command":"git status"} or {"host":"*.example.com"};
///                        all of its members must hold. What is denied is rejected with the rule's
///                        "reason", and the turn goes on; what no rule settles is the callback's.
///                        Each verdict is a COPILOT_EVENT_POLICY. Allowing is strict: a command that
///                        is chained, substituted or redirected, a path that leads elsewhere, or a
///                        URL that needs repair is not allowed unless all of it is. It is no
///                        sandbox. docs/permissions.md has every member and what is promised.
///   "requestTimeoutMs"   whole number from 1: after this many milliseconds a request that is still
///                        unanswered gets the default of its kind. Default: never.
///   "rawParams"          object: further members of the call, sent as they are, for servers newer
///                        than this library
///
/// Whether the server asks permissions, user input, elicitations and the like follows from
/// copilot_session_config_on_request() and cannot be given here.
///
/// @param json   the options as JSON text, UTF-8; NULL for all defaults
/// @param error  receives the error on failure, NULL on success; may be NULL
/// @return the configuration, to be freed with copilot_session_config_free(); NULL on failure
///
/// @threads  any
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the configuration is yours until copilot_session_config_free(); the text is copied
/// @errors   COPILOT_E_INVALID_JSON: it is not JSON; COPILOT_E_INVALID_ARGUMENT: a key is not known,
///           its value is not what it takes, or what it needs beside it is missing;
///           COPILOT_E_INVALID_UTF8
///
/// cbindgen:postfix=COPILOT_OWNED(copilot_session_config_free)
#[unsafe(no_mangle)]
#[must_use]
pub unsafe extern "C" fn copilot_session_config_new(
    json: *const c_char,
    error: *mut *mut copilot_error,
) -> *mut copilot_session_config {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let json = unsafe { optional_text(json, "json")? };
        new(json).map(give_box::<copilot_session_config>)
    })
}

fn new(json: Option<&str>) -> Result<Box<Config>> {
    let json = json.map_or_else(|| Ok(Json::object()), Json::parse)?;
    Config::new(json).map(Box::new)
}

/// The configuration's JSON, to be read and changed with the copilot_json_ functions. Changes count
/// for the sessions made afterwards, and are checked when one is made.
///
/// @param config  the configuration, or NULL
/// @return the JSON; NULL for NULL
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the JSON belongs to the configuration and lives as long as it; do not free it
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_json(
    config: *mut copilot_session_config,
) -> *mut copilot_json {
    ffi!(or ptr::null_mut(), {
        // SAFETY: NULL or a live configuration that nobody else uses meanwhile, says the manual.
        unsafe { need_mut(config) }
            .map_or(ptr::null_mut(), |config| ptr::from_mut(&mut config.json).cast::<copilot_json>())
    })
}

/// Lets sessions deliver their events, requests and completions to this queue instead of the
/// client's. Several sessions may share one.
///
/// @param config  the configuration
/// @param queue   the queue; NULL goes back to the client's
/// @param error   receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    the configuration takes a reference of its own; yours stays yours
/// @errors   COPILOT_E_INVALID_ARGUMENT: config is NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_set_queue(
    config: *mut copilot_session_config,
    queue: *mut copilot_queue,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        // SAFETY: NULL or as the manual says.
        let (config, queue) = unsafe { (need_mut(config)?, share(queue)) };
        config.set_queue(queue.map(|queue| Owner::join(&queue)));
        Ok(0)
    })
}

/// Offers a tool to the model. Each of its calls is a request of kind COPILOT_REQUEST_TOOL.
///
/// The tool is a JSON object:
///
///   "name"                  string, needed: a-z, A-Z, 0-9, "_" and "-"; each name once
///   "description"           string: what the tool is for; the model reads it
///   "parameters"            object: the JSON schema of its arguments
///   "overridesBuiltInTool"  boolean: takes the place of a tool of the agent's with this name;
///                           without it such a name fails the first turn, COPILOT_E_SESSION
///   "skipPermission"        boolean: runs without a permission request
///   "title", "instructions", "defer", "isTerminal", "metadata", "namespace", "namespacedName"
///                           as the wire has them, for servers that know them
///
/// @param config     the configuration
/// @param tool_json  the tool as JSON text, UTF-8
/// @param callback   runs on the session's queue for each call. With NULL the calls come as REQUEST
///                   items, for which the session needs a queue of mode "items"
/// @param user_data  handed to the callback
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the configuration and every session made from it are freed
/// @errors   COPILOT_E_INVALID_JSON; COPILOT_E_INVALID_ARGUMENT: a pointer is NULL, a key is not
///           known, the name is missing, has a wrong character or was added before;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_add_tool(
    config: *mut copilot_session_config,
    tool_json: *const c_char,
    callback: copilot_request_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (config, tool) = unsafe { (need_mut(config)?, text(tool_json, "tool_json")?) };
        config.add_tool(Tool::parse(tool)?, asked(callback, data)).map(|()| 0)
    })
}

/// Answers a kind of question, and tells the server so where the wire has a word for it. It takes
/// the place of what was registered for the kind before.
///
/// The sections that COPILOT_REQUEST_SYSTEM_MESSAGE may rewrite are those to which the configuration
/// gives the action "transform", as in
/// {"systemMessage":{"sections":{"tone":{"action":"transform"}}}}; the mode is then "customize",
/// whatever it says. Without such a section nothing is asked.
///
/// Without a callback permission requests are denied (see "permissionDefault"), the agent has no way
/// to ask the user, and the other kinds do not come up or get the default that
/// copilot_request_respond() names.
///
/// @param config     the configuration
/// @param kind       one of the COPILOT_REQUEST_ constants, but not COPILOT_REQUEST_TOOL, for which
///                   there is copilot_session_config_add_tool(), and not COPILOT_REQUEST_OTHER, for
///                   which there is copilot_session_config_on_method()
/// @param callback   runs on the session's queue for each question. With NULL they come as REQUEST
///                   items, for which the session needs a queue of mode "items"
/// @param user_data  handed to the callback
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the configuration and every session made from it are freed
/// @errors   COPILOT_E_INVALID_ARGUMENT: config is NULL, or it is no kind that can be given here
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_on_request(
    config: *mut copilot_session_config,
    kind: copilot_request_kind,
    callback: copilot_request_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let config = unsafe { need_mut(config)? };
        config.on_request(known(kind)?, asked(callback, data)).map(|()| 0)
    })
}

fn known(kind: copilot_request_kind) -> Result<Kind> {
    Kind::from_i32(kind).ok_or_else(|| {
        Error::invalid_argument(format!("{kind} is no kind of request; the COPILOT_REQUEST_ constants are"))
    })
}

fn asked(callback: copilot_request_cb, data: UserData) -> Asked {
    request_callback(callback, data).map_or(Asked::Item, Asked::Callback)
}

/// Answers the server's requests of a method that has no kind of its own, as far as they concern
/// sessions made from this configuration: "sessionFs.*", "canvas.open", "providerToken.getToken",
/// "skillProvider.*", "gitHubToken.getToken" and whatever else names a session. A namespace with
/// ".*" stands for all its methods, "*" for whatever comes; the most exact name is asked. Requests
/// that no handler here is for go to those of copilot_client_on_request(). It takes the place of
/// what was registered for the same name before.
///
/// The handlers are in place before the server is asked for the session, for some requests come
/// before its reply. A handler also tells the server, where that is needed, that there is somebody
/// to ask:
///
///   skillProvider.list      the session gets "hasSkillProvider"
///   providerToken.getToken  "provider", and each of "providers", gets "hasBearerTokenProvider" when
///                           it has no "apiKey", "apiKeyCommand" or "bearerToken"
///   gitHubToken.getToken    the session gets a "gitHubTokenProviderRegistrationId", a new one when
///                           the configuration has none; its questions come one at a time
///
/// copilot_request_respond() lists the methods with their answers and defaults. When a session is
/// disconnected its handlers are asked until the server has let go of it, for it writes its last
/// files then; when one is only freed they go at once. So disconnect a session whose files you keep.
///
/// @param config     the configuration
/// @param method     the method's name, or a namespace with ".*", or "*", UTF-8
/// @param callback   runs on the session's queue for each request. With NULL they come as REQUEST
///                   items, for which the session needs a queue of mode "items"
/// @param user_data  handed to the callback
/// @param destroy    called once for user_data when it is not needed any more; NULL for none
/// @param error      receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the configuration and every session made from it are freed
/// @errors   COPILOT_E_INVALID_ARGUMENT: config or method is NULL, the method is empty, has a "*"
///           elsewhere than at its end, or has a kind of its own; COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_on_method(
    config: *mut copilot_session_config,
    method: *const c_char,
    callback: copilot_request_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (config, method) = unsafe { (need_mut(config)?, text(method, "method")?) };
        config.on_method(method, asked(callback, data)).map(|()| 0)
    })
}

/// Calls a function for the session's events, from the very first one on: it is in place before the
/// server is asked. Later there is copilot_session_on_event().
///
/// The spellings of the first SDKs' documents are understood too: "assistant.message.delta" means
/// "assistant.message_delta", and "tool.executionStart" means "tool.execution_start". The event
/// itself has the wire's type. A type that this version of the library does not know is no error.
///
/// The texts at "/data/deltaContent" of the events "assistant.message_delta" that have the same
/// "/data/messageId" make up the content of the "assistant.message" with that id. When the server
/// has to try a model's call again, the text comes again from its beginning: after the event
/// "assistant.message_start" on the servers that have it, throw away what was collected for a
/// message that never came.
///
/// @param config      the configuration
/// @param event_type  the type of event, such as "assistant.message", UTF-8; NULL for all
/// @param callback    the function; it runs on the session's queue
/// @param user_data   handed to it
/// @param destroy     called once for user_data when it is not needed any more; NULL for none
/// @param error       receives the error on failure, NULL on success; may be NULL
/// @return COPILOT_OK or a negative status
///
/// @threads  one at a time for each configuration
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    user_data is the library's from the call on, also when the call fails; it is destroyed
///           when the configuration and every session made from it are freed
/// @errors   COPILOT_E_INVALID_ARGUMENT: config or callback is NULL, or the type is empty;
///           COPILOT_E_INVALID_UTF8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_on_event(
    config: *mut copilot_session_config,
    event_type: *const c_char,
    callback: copilot_event_cb,
    user_data: *mut c_void,
    destroy: copilot_destroy_cb,
    error: *mut *mut copilot_error,
) -> copilot_status {
    ffi!(error, {
        let data = UserData::own(user_data, destroy);
        // SAFETY: NULL or as the manual says.
        let (config, event_type) = unsafe { (need_mut(config)?, optional_text(event_type, "event_type")?) };
        config.on_event(event_type, subscriber(event_type, callback, data)?);
        Ok(0)
    })
}

/// Frees a configuration. Sessions that were made from it are not affected, and keep what was
/// registered.
///
/// @param config  the configuration; NULL is nothing
///
/// @threads  any; nobody may use the configuration any more
/// @blocks   no
/// @callback allowed in every callback but the wakeup and log callbacks
/// @owner    takes the configuration
/// @errors   none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn copilot_session_config_free(config: *mut copilot_session_config) {
    ffi!(or(), {
        // SAFETY: NULL or a configuration that nobody uses any more, says the manual.
        drop(unsafe { take_box(config) });
        clear_graveyard();
    });
}

#[cfg(test)]
mod tests {
    use crate::protocol::keys::Part;
    use crate::protocol::session_keys::SESSION;

    /// The text of this file, of which the manual is a part.
    const MANUAL: &str = include_str!("session_config.rs");

    #[test]
    fn every_key_is_in_the_manual() {
        let sent = SESSION.keys.iter().filter(|key| !matches!(key.part, Part::Never(_)));
        let missing: Vec<_> =
            sent.map(|key| key.name).filter(|name| !MANUAL.contains(&format!("\"{name}\""))).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}

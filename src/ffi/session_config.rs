//! Session configurations: options, tools and callbacks, before there is a session.

use std::ffi::{c_char, c_void};
use std::ptr;

use super::client::subscriber;
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
/// The keys are those of the wire's session.create and session.resume, every one of them. All are
/// optional, null is "not given", and a key that is not known is an error whose message names it and
/// the one you may have meant. The main ones:
///
///   "model"              string: the model's id. Default: the server's choice.
///   "streaming"          boolean: whether the answer comes in pieces too, as events of type
///                        "assistant.message_delta". Default: false.
///   "systemMessage"      {"mode":"append"|"replace"|"customize","content":"...","sections":{...}}
///   "workingDirectory"   string: where the agent works. It must exist.
///   "sessionId"          string: the id of a new session. Default: one is made.
///   "name"               string: what lists call a new session.
///   "clientName"         string: what you call yourself.
///   "reasoningEffort"    string, such as "low", "medium" or "high"
///   "availableTools"     array of names: only these tools. [] is none at all, your own included.
///   "excludedTools"      array of names: all but these tools
///   "tools"              array of tools that are declared here and answered elsewhere; see
///                        copilot_session_config_add_tool() for tools that you answer
///   "commands"           array of {"name":"...","description":"..."}: slash commands, answered by
///                        COPILOT_REQUEST_COMMAND
///   "mcpServers"         object: MCP servers by name
///   "customAgents"       array of agents; "agent": the name of the one to begin with
///   "provider"           {"type":"openai"|"azure"|"anthropic","baseUrl":"...","apiKey":"...",...}:
///                        a model provider of your own. "model" is needed beside it.
///   "infiniteSessions"   {"enabled":false} turns the compaction of long sessions off
///   "gitHubToken"        string: a token for this session alone
///
/// These keys stay in the library:
///
///   "permissionDefault"  "deny" or "pending": what becomes of permission requests when no callback
///                        for COPILOT_REQUEST_PERMISSION is registered. "pending" leaves them to
///                        another client of the session. Default: "deny"; "pending" where the
///                        client is connected to a server by "cliUrl".
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
///   "overridesBuiltInTool"  boolean: takes the place of a tool of the agent's with this name
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
/// copilot_request_respond() lists the methods with their answers and defaults.
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

//! Every method and event name that the library itself uses, spelt as on the wire.

/// True for the server's requests that it may withdraw by `$/cancelRequest`.
pub fn is_cancellable(method: &str) -> bool {
    matches!(
        method,
        "installations.confirm"
            | "entraToken.getToken"
            | "kerberosAuth.acquire"
            | "skillProvider.list"
            | "skillProvider.read"
            | "sessionManagement.create"
    )
}

/// Methods that the library calls.
pub mod method {
    /// The handshake of newer servers.
    pub const CONNECT: &str = "connect";
    /// The handshake of servers without `connect`. Its reply's `timestamp` is a number of milliseconds before
    /// CLI 1.0.57 and an ISO 8601 text since; [`super::super::replies::ping`] makes it one.
    pub const PING: &str = "ping";
    /// Names the server's version where the handshake did not.
    pub const STATUS_GET: &str = "status.get";
    /// The host negotiates Kerberos.
    pub const KERBEROS_AUTH_SET_PROVIDER: &str = "kerberosAuth.setProvider";
    /// The host says how extensions are launched.
    pub const REGISTER_EXTENSION_LAUNCH_PROVIDER: &str = "registerExtensionLaunchProvider";
    /// The host brings plugins for every session.
    pub const PLUGINS_BUILTIN_SET: &str = "plugins.builtin.set";
    /// The host keeps the files of sessions.
    pub const SESSION_FS_SET_PROVIDER: &str = "sessionFs.setProvider";
    /// The host carries out the requests to models.
    pub const LLM_INFERENCE_SET_PROVIDER: &str = "llmInference.setProvider";
    /// Asks an owned server to end.
    pub const RUNTIME_SHUTDOWN: &str = "runtime.shutdown";

    /// Opens a new conversation.
    pub const SESSION_CREATE: &str = "session.create";
    /// Opens a conversation that is on disk.
    pub const SESSION_RESUME: &str = "session.resume";
    /// Sends a message and returns at once.
    pub const SESSION_SEND: &str = "session.send";
    /// Ends the running turn.
    pub const SESSION_ABORT: &str = "session.abort";
    /// The persisted events.
    pub const SESSION_GET_MESSAGES: &str = "session.getMessages";
    /// Lets go of a session, newer servers.
    pub const SESSION_DETACH: &str = "session.detach";
    /// Lets go of a session, every server; the data stays on disk.
    pub const SESSION_DESTROY: &str = "session.destroy";
    /// Removes a session from disk.
    pub const SESSION_DELETE: &str = "session.delete";
    /// Lists the sessions on disk.
    pub const SESSION_LIST: &str = "session.list";
    /// The most recently used session.
    pub const SESSION_GET_LAST_ID: &str = "session.getLastId";
    /// The session that a terminal shows.
    pub const SESSION_GET_FOREGROUND: &str = "session.getForeground";
    /// Makes a terminal show a session.
    pub const SESSION_SET_FOREGROUND: &str = "session.setForeground";
    /// Lets another model answer.
    pub const SESSION_MODEL_SWITCH_TO: &str = "session.model.switchTo";
    /// Changes options of an open session.
    pub const OPTIONS_UPDATE: &str = "session.options.update";
    /// Replaces a session's tools.
    pub const TOOLS_SET: &str = "session.tools.set";
    /// The tools that the model has now.
    pub const TOOLS_METADATA: &str = "session.tools.getCurrentMetadata";
    /// Asks to be asked: without it no `mcp.oauth_required` comes.
    pub const REGISTER_INTEREST: &str = "session.eventLog.registerInterest";

    /// Shows a form to whichever client has a user.
    pub const UI_ELICITATION: &str = "session.ui.elicitation";

    /// Who is signed in.
    pub const AUTH_GET_STATUS: &str = "auth.getStatus";
    /// The models on offer.
    pub const MODELS_LIST: &str = "models.list";
}

/// Methods that answer a question which came as an event.
pub mod pending {
    /// Answers `external_tool.requested`.
    pub const TOOL: &str = "session.tools.handlePendingToolCall";
    /// Answers `permission.requested`.
    pub const PERMISSION: &str = "session.permissions.handlePendingPermissionRequest";
    /// Answers `elicitation.requested`.
    pub const ELICITATION: &str = "session.ui.handlePendingElicitation";
    /// Answers `command.execute`.
    pub const COMMAND: &str = "session.commands.handlePendingCommand";
    /// Answers `mcp.oauth_required`.
    pub const MCP_OAUTH: &str = "session.mcp.oauth.handlePendingRequest";
}

/// Requests that the server makes.
pub mod request {
    /// Protocol 2: run a tool.
    pub const TOOL_CALL: &str = "tool.call";
    /// Protocol 2: may it?
    pub const PERMISSION: &str = "permission.request";
    /// The agent asks the user.
    pub const USER_INPUT: &str = "userInput.request";
    /// A hook runs.
    pub const HOOKS_INVOKE: &str = "hooks.invoke";
    /// The plan is ready: go on?
    pub const EXIT_PLAN_MODE: &str = "exitPlanMode.request";
    /// The model is out of reach: switch to auto?
    pub const AUTO_MODE_SWITCH: &str = "autoModeSwitch.request";
    /// How is this extension launched?
    pub const EXTENSION_LAUNCH_PROVIDER_RESOLVE: &str = "extensionLaunchProvider.resolve";
    /// Carry this request to a model out.
    pub const LLM_INFERENCE_HTTP_REQUEST_START: &str = "llmInference.httpRequestStart";
    /// A token of Microsoft's is wanted.
    pub const ENTRA_TOKEN_GET_TOKEN: &str = "entraToken.getToken";
    /// Rewrite sections of the system message.
    pub const SYSTEM_MESSAGE_TRANSFORM: &str = "systemMessage.transform";
}

/// Notifications that the server sends.
pub mod notification {
    /// Carries one session event.
    pub const SESSION_EVENT: &str = "session.event";
    /// A session came, went or changed, this client's or not.
    pub const SESSION_LIFECYCLE: &str = "session.lifecycle";
    /// In both directions: a request is no longer of interest.
    pub const CANCEL_REQUEST: &str = "$/cancelRequest";
}

/// Types of session events that the library acts upon.
#[allow(missing_docs)] // each is its wire spelling; events.rs and question.rs say what follows from it
pub mod event {
    pub const USER_MESSAGE: &str = "user.message";
    pub const ASSISTANT_MESSAGE: &str = "assistant.message";
    pub const ASSISTANT_TURN_START: &str = "assistant.turn_start";
    pub const ASSISTANT_TURN_END: &str = "assistant.turn_end";
    pub const ASSISTANT_IDLE: &str = "assistant.idle";
    pub const ASSISTANT_USAGE: &str = "assistant.usage";
    pub const MODEL_CALL_FAILURE: &str = "model.call_failure";
    pub const AUTO_MODE_SWITCH_REQUESTED: &str = "auto_mode_switch.requested";
    pub const SESSION_WARNING: &str = "session.warning";
    pub const SESSION_ERROR: &str = "session.error";
    pub const SESSION_IDLE: &str = "session.idle";
    pub const SESSION_SHUTDOWN: &str = "session.shutdown";
    pub const AUTOPILOT_STOPPED: &str = "session.autopilot_stopped";
    pub const ABORT: &str = "abort";
    pub const CAPABILITIES_CHANGED: &str = "capabilities.changed";
    pub const CANVAS_OPENED: &str = "session.canvas.opened";
    pub const CANVAS_CLOSED: &str = "session.canvas.closed";
    pub const MODEL_CHANGE: &str = "session.model_change";

    pub const EXTERNAL_TOOL_REQUESTED: &str = "external_tool.requested";
    pub const EXTERNAL_TOOL_COMPLETED: &str = "external_tool.completed";
    pub const PERMISSION_REQUESTED: &str = "permission.requested";
    pub const PERMISSION_COMPLETED: &str = "permission.completed";
    pub const ELICITATION_REQUESTED: &str = "elicitation.requested";
    pub const ELICITATION_COMPLETED: &str = "elicitation.completed";
    pub const COMMAND_EXECUTE: &str = "command.execute";
    pub const COMMAND_COMPLETED: &str = "command.completed";
    pub const MCP_OAUTH_REQUIRED: &str = "mcp.oauth_required";
    pub const MCP_OAUTH_COMPLETED: &str = "mcp.oauth_completed";
    pub const USER_INPUT_REQUESTED: &str = "user_input.requested";
    pub const USER_INPUT_COMPLETED: &str = "user_input.completed";
    pub const EXIT_PLAN_MODE_REQUESTED: &str = "exit_plan_mode.requested";
    pub const EXIT_PLAN_MODE_COMPLETED: &str = "exit_plan_mode.completed";
    pub const AUTO_MODE_SWITCH_COMPLETED: &str = "auto_mode_switch.completed";
}

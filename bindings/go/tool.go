package copilot

import (
	"context"
	"encoding/json"
)

// Tool is something that the model can have done by this program. DefineTool makes one of a function with typed
// arguments; one that is written by hand checks its arguments itself.
type Tool struct {
	// Name is what the model calls the tool: letters a-z and A-Z, digits, "_" and "-". A session has each name once.
	Name string `json:"name"`
	// Description tells the model what the tool does and when to use it.
	Description string `json:"description,omitempty"`
	// Parameters is the JSON schema of the arguments: whatever becomes a JSON object, such as a map[string]any, a
	// json.RawMessage or a *jsonschema.Schema. Nil is a tool without arguments.
	Parameters any `json:"parameters,omitempty"`
	// OverridesBuiltInTool puts the tool in the place of the agent's own one with the same name. Without it such a
	// name is an error.
	OverridesBuiltInTool bool `json:"overridesBuiltInTool,omitempty"`
	// SkipPermission runs the tool without a permission request.
	SkipPermission bool `json:"skipPermission,omitempty"`
	// IsTerminal ends the turn after a successful call. After one that failed the model goes on.
	IsTerminal bool `json:"isTerminal,omitempty"`
	// Defer says whether the model may have to look the tool up first. Empty leaves that to the server.
	Defer ToolDefer `json:"defer,omitempty"`
	// Metadata goes with the definition as it is. The keys have a namespace; the server knows some of them.
	Metadata map[string]any `json:"metadata,omitempty"`
	// Handler carries the calls out. A tool without one is only declared: its calls come as events, stay open, and
	// are answered with Session.Call of "session.tools.handlePendingToolCall" or by another client.
	Handler ToolHandler `json:"-"`

	// invalid is why the tool cannot be used; the error of making the session.
	invalid error
}

// ToolDefer says whether a tool may be left out of what the model is told at first.
type ToolDefer string

const (
	// ToolDeferAuto lets the server have the tool looked up.
	ToolDeferAuto ToolDefer = "auto"
	// ToolDeferNever tells the model about the tool from the start.
	ToolDeferNever ToolDefer = "never"
)

// ToolHandler carries a call of a tool out. It runs on a goroutine of its own, beside those of other calls.
//
// An error makes the call fail. Its text goes into the session's events, while the model learns only that the tool
// failed; to tell the model more, return a ToolResult whose ResultType is "failure". A panic is a failure as well.
type ToolHandler func(invocation ToolInvocation) (ToolResult, error)

// ToolInvocation is a call of a tool.
type ToolInvocation struct {
	// SessionID is the session that the call belongs to.
	SessionID string
	// ToolCallID is the call's id, which the session's events name too.
	ToolCallID string
	// ToolName is the name of the tool.
	ToolName string
	// Arguments is what the model passes, decoded: usually a map[string]any.
	Arguments any
	// RawArguments is what the model passes as JSON.
	RawArguments json.RawMessage
	// WorkingDirectory is the session's directory where the server tells it.
	WorkingDirectory string
	// AgentID is the sub-agent that calls, empty where it is the main agent.
	AgentID string
	// AvailableTools are the tools of the session, for a tool named "tool_search_tool", which replaces the server's
	// own search. It is nil for every other tool, and where the server does not tell them.
	AvailableTools []CurrentToolMetadata
	// Traceparent and Tracestate are the W3C trace context of the server's span, empty where there is none.
	Traceparent string
	Tracestate  string

	ctx context.Context
}

// Context is done when nobody waits for the result any more: the turn was aborted, another client answered, or the
// session or the connection ended. It is never nil.
func (i ToolInvocation) Context() context.Context { return contextOr(i.ctx) }

// CurrentToolMetadata is a tool that the session has, as a tool search gets it.
type CurrentToolMetadata struct {
	// Name is what the model calls the tool.
	Name string `json:"name"`
	// NamespacedName is its name with that of the server it comes from.
	NamespacedName string `json:"namespacedName,omitempty"`
	// Description is what the model is told about the tool.
	Description string `json:"description"`
	// InputSchema is the JSON schema of the arguments.
	InputSchema map[string]any `json:"input_schema,omitempty"`
	// MCPServerName and MCPToolName are set for tools of MCP servers.
	MCPServerName string `json:"mcpServerName,omitempty"`
	MCPToolName   string `json:"mcpToolName,omitempty"`
	// DeferLoading tells whether the tool has to be looked up.
	DeferLoading *bool `json:"deferLoading,omitempty"`
}

func contextOr(ctx context.Context) context.Context {
	if ctx == nil {
		return context.Background()
	}
	return ctx
}

package copilot

// MessageOptions is a message to send. Only Prompt is needed.
type MessageOptions struct {
	// Prompt is the text.
	Prompt string `json:"prompt"`
	// Attachments go with it: files, folders, pictures.
	Attachments []Attachment `json:"attachments,omitzero"`
	// Mode is "enqueue", which waits for the turn that is running, or "immediate", which steers it. Default: the
	// server's.
	Mode string `json:"mode,omitempty"`
	// AgentMode is how the agent works on it.
	AgentMode AgentMode `json:"agentMode,omitempty"`
	// DisplayPrompt is what the history shows in place of the prompt.
	DisplayPrompt string `json:"displayPrompt,omitempty"`
	// ResponseFormat is what the answer shall look like.
	ResponseFormat *ResponseFormat `json:"responseFormat,omitempty"`
	// RequestHeaders are headers for the model's provider.
	RequestHeaders map[string]string `json:"requestHeaders,omitzero"`
	// Source says where the message comes from, as the server has it.
	Source string `json:"source,omitempty"`
	// Traceparent is the trace that this belongs to.
	Traceparent string `json:"traceparent,omitempty"`
	// Tracestate is the state of that trace.
	Tracestate string `json:"tracestate,omitempty"`
	// RawParams are further members of the call, sent as they are, for servers newer than this package.
	RawParams map[string]any `json:"rawParams,omitzero"`

	// InactivityTimeoutMs is for calls that wait for the answer: they give up with [ErrTimeout] when no event of the
	// session has come for so many milliseconds. The clock stands still while a question is with the program.
	InactivityTimeoutMs int64 `json:"inactivityTimeoutMs,omitempty"`
	// AbortOnTimeout has such a call abort the turn when a time is up. Without it the turn goes on at the server.
	AbortOnTimeout bool `json:"abortOnTimeout,omitempty"`
	// AbortOnCancel has it abort the turn when its context is cancelled.
	AbortOnCancel bool `json:"abortOnCancel,omitempty"`
}

// AgentMode is how the agent works on a message.
type AgentMode string

// How the agent may work on a message.
const (
	// AgentModeInteractive is the usual way.
	AgentModeInteractive AgentMode = "interactive"
	// AgentModePlan makes a plan first.
	AgentModePlan AgentMode = "plan"
	// AgentModeAutopilot goes on until all is done.
	AgentModeAutopilot AgentMode = "autopilot"
	// AgentModeShell takes the message as a command of the shell.
	AgentModeShell AgentMode = "shell"
)

// ResponseFormat is what an answer shall look like.
type ResponseFormat struct {
	// Type is "json_schema", needed.
	Type string `json:"type"`
	// JSONSchema is the schema with its name, as the server has it.
	JSONSchema any `json:"jsonSchema,omitempty"`
}

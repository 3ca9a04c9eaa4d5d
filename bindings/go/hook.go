package copilot

import (
	"context"
	"encoding/json"
	"time"
)

// SessionHooks are functions that are called at certain points of a session. Those that are nil are not called.
//
// A nil output is no opinion. So is an error or a panic, which is reported to the client's Logger: a hook cannot stop a
// session by failing.
type SessionHooks struct {
	// OnPreToolUse is asked before a tool runs.
	OnPreToolUse PreToolUseHandler
	// OnPreMCPToolCall is asked before a tool of an MCP server is called.
	OnPreMCPToolCall PreMCPToolCallHandler
	// OnPostToolUse is told what a tool returned. Servers of protocol 3 call it after a success only.
	OnPostToolUse PostToolUseHandler
	// OnPostToolUseFailure is told why a tool failed.
	OnPostToolUseFailure PostToolUseFailureHandler
	// OnUserPromptSubmitted is asked before a prompt is taken.
	OnUserPromptSubmitted UserPromptSubmittedHandler
	// OnUserPromptTransformed is asked when the server has added to a prompt what it needs.
	OnUserPromptTransformed UserPromptTransformedHandler
	// OnSessionStart is told that a session begins. CLI 0.0.420 calls it for every turn.
	OnSessionStart SessionStartHandler
	// OnSessionEnd is told that a session is over. CLI 0.0.420 calls it for every turn.
	OnSessionEnd SessionEndHandler
	// OnErrorOccurred is told that something went wrong.
	OnErrorOccurred ErrorOccurredHandler
	// OnAgentStop is asked before the agent stops.
	OnAgentStop AgentStopHandler
	// OnSubagentStart is told that a sub-agent begins.
	OnSubagentStart SubagentStartHandler
	// OnSubagentStop is asked before a sub-agent stops.
	OnSubagentStop SubagentStopHandler
}

// HookInvocation is what belongs to a call of a hook but is no input of it.
type HookInvocation struct {
	// SessionID is the session that the hook was given to.
	SessionID string

	ctx context.Context
}

// Context is done when nobody waits for the hook any more. It is never nil.
func (i HookInvocation) Context() context.Context { return contextOr(i.ctx) }

// HookInput is what every hook gets.
type HookInput struct {
	// SessionID is the session in which it happens: that of a sub-agent where one is at work.
	SessionID string `json:"sessionId"`
	// Timestamp is when it happened; in JSON it is "timestamp" in milliseconds.
	Timestamp time.Time `json:"-"`
	// WorkingDirectory is the session's directory.
	WorkingDirectory string `json:"cwd"`
	// AgentID is the sub-agent in which it happens, empty where it is the main agent or the server does not tell.
	AgentID string `json:"agentId,omitempty"`
	// AgentType is the kind of agent, where the server tells.
	AgentType string `json:"agentType,omitempty"`
	// Raw is the whole input as the server sent it.
	Raw json.RawMessage `json:"-"`
}

// PreToolUseHandler is asked before a tool runs.
type PreToolUseHandler func(input PreToolUseHookInput, invocation HookInvocation) (*PreToolUseHookOutput, error)

// PreToolUseHookInput is what OnPreToolUse gets.
type PreToolUseHookInput struct {
	HookInput
	// ToolName is the tool.
	ToolName string `json:"toolName"`
	// ToolArgs is what it gets, decoded.
	ToolArgs any `json:"toolArgs"`
}

// PreToolUseHookOutput is what OnPreToolUse returns.
type PreToolUseHookOutput struct {
	// PermissionDecision is "allow", "deny" or "ask"; empty is no opinion.
	PermissionDecision string `json:"permissionDecision,omitempty"`
	// PermissionDecisionReason says why.
	PermissionDecisionReason string `json:"permissionDecisionReason,omitempty"`
	// ModifiedArgs takes the place of the arguments.
	ModifiedArgs any `json:"modifiedArgs,omitempty"`
	// AdditionalContext is told to the model.
	AdditionalContext string `json:"additionalContext,omitempty"`
	// SuppressOutput keeps the tool's output from being shown.
	SuppressOutput bool `json:"suppressOutput,omitempty"`
}

// PreMCPToolCallHandler is asked before a tool of an MCP server is called.
type PreMCPToolCallHandler func(input PreMCPToolCallHookInput, invocation HookInvocation) (*PreMCPToolCallHookOutput, error)

// PreMCPToolCallHookInput is what OnPreMCPToolCall gets.
type PreMCPToolCallHookInput struct {
	HookInput
	// ServerName is the MCP server.
	ServerName string `json:"serverName"`
	// ToolName is the tool.
	ToolName string `json:"toolName"`
	// Arguments is what it gets, decoded.
	Arguments any `json:"arguments,omitempty"`
	// ToolCallID is the call's id.
	ToolCallID string `json:"toolCallId,omitempty"`
	// Meta is the metadata that goes with the call, decoded.
	Meta any `json:"_meta,omitempty"`
}

// PreMCPToolCallHookOutput is what OnPreMCPToolCall returns.
type PreMCPToolCallHookOutput struct {
	// MetaToUse takes the place of the metadata; nil removes it. To keep it as it is, return no output at all.
	MetaToUse any `json:"metaToUse"`
}

// PostToolUseHandler is told what a tool returned. Servers of protocol 3 call it after a success only.
type PostToolUseHandler func(input PostToolUseHookInput, invocation HookInvocation) (*PostToolUseHookOutput, error)

// PostToolUseHookInput is what OnPostToolUse gets.
type PostToolUseHookInput struct {
	HookInput
	// ToolName is the tool.
	ToolName string `json:"toolName"`
	// ToolArgs is what it got, decoded.
	ToolArgs any `json:"toolArgs"`
	// ToolResult is what it returned, decoded.
	ToolResult any `json:"toolResult"`
}

// PostToolUseHookOutput is what OnPostToolUse returns.
type PostToolUseHookOutput struct {
	// ModifiedResult takes the place of the result.
	ModifiedResult any `json:"modifiedResult,omitempty"`
	// AdditionalContext is told to the model.
	AdditionalContext string `json:"additionalContext,omitempty"`
	// SuppressOutput keeps the tool's output from being shown.
	SuppressOutput bool `json:"suppressOutput,omitempty"`
}

// PostToolUseFailureHandler is told why a tool failed.
type PostToolUseFailureHandler func(input PostToolUseFailureHookInput, invocation HookInvocation) (*PostToolUseFailureHookOutput, error)

// PostToolUseFailureHookInput is what OnPostToolUseFailure gets.
type PostToolUseFailureHookInput struct {
	HookInput
	// ToolName is the tool.
	ToolName string `json:"toolName"`
	// ToolArgs is what it got, decoded.
	ToolArgs any `json:"toolArgs"`
	// Error is why it failed.
	Error string `json:"error"`
}

// PostToolUseFailureHookOutput is what OnPostToolUseFailure returns.
type PostToolUseFailureHookOutput struct {
	// AdditionalContext is told to the model beside the failure.
	AdditionalContext string `json:"additionalContext,omitempty"`
}

// UserPromptSubmittedHandler is asked before a prompt is taken.
type UserPromptSubmittedHandler func(input UserPromptSubmittedHookInput, invocation HookInvocation) (*UserPromptSubmittedHookOutput, error)

// UserPromptSubmittedHookInput is what OnUserPromptSubmitted gets.
type UserPromptSubmittedHookInput struct {
	HookInput
	// Prompt is the prompt.
	Prompt string `json:"prompt"`
}

// UserPromptSubmittedHookOutput is what OnUserPromptSubmitted returns.
type UserPromptSubmittedHookOutput struct {
	// ModifiedPrompt takes the place of the prompt.
	ModifiedPrompt string `json:"modifiedPrompt,omitempty"`
	// AdditionalContext is told to the model.
	AdditionalContext string `json:"additionalContext,omitempty"`
	// SuppressOutput keeps the prompt from being shown.
	SuppressOutput bool `json:"suppressOutput,omitempty"`
	// Decision is "block" where the prompt is not to be taken.
	Decision string `json:"decision,omitempty"`
	// Reason says why.
	Reason string `json:"reason,omitempty"`
}

// UserPromptTransformedHandler is asked when the server has added to a prompt what it needs.
type UserPromptTransformedHandler func(input UserPromptTransformedHookInput, invocation HookInvocation) (*UserPromptTransformedHookOutput, error)

// UserPromptTransformedHookInput is what OnUserPromptTransformed gets.
type UserPromptTransformedHookInput struct {
	HookInput
	// Prompt is the prompt as it was given.
	Prompt string `json:"prompt"`
	// TransformedPrompt is the prompt that the model would get.
	TransformedPrompt string `json:"transformedPrompt"`
}

// UserPromptTransformedHookOutput is what OnUserPromptTransformed returns.
type UserPromptTransformedHookOutput struct {
	// ModifiedTransformedPrompt takes the place of that; nil leaves it as it is.
	ModifiedTransformedPrompt *string `json:"modifiedTransformedPrompt,omitempty"`
}

// SessionStartHandler is told that a session begins. CLI 0.0.420 calls it for every turn.
type SessionStartHandler func(input SessionStartHookInput, invocation HookInvocation) (*SessionStartHookOutput, error)

// SessionStartHookInput is what OnSessionStart gets.
type SessionStartHookInput struct {
	HookInput
	// Source is "startup", "resume" or "new".
	Source string `json:"source"`
	// InitialPrompt is the first prompt, where there is one.
	InitialPrompt string `json:"initialPrompt,omitempty"`
}

// SessionStartHookOutput is what OnSessionStart returns.
type SessionStartHookOutput struct {
	// AdditionalContext is told to the model.
	AdditionalContext string `json:"additionalContext,omitempty"`
	// ModifiedConfig changes the configuration.
	ModifiedConfig map[string]any `json:"modifiedConfig,omitempty"`
}

// SessionEndHandler is told that a session is over. CLI 0.0.420 calls it for every turn.
type SessionEndHandler func(input SessionEndHookInput, invocation HookInvocation) (*SessionEndHookOutput, error)

// SessionEndHookInput is what OnSessionEnd gets.
type SessionEndHookInput struct {
	HookInput
	// Reason is "complete", "error", "abort", "timeout" or "user_exit".
	Reason string `json:"reason"`
	// FinalMessage is the last thing that the model said.
	FinalMessage string `json:"finalMessage,omitempty"`
	// Error is what went wrong.
	Error string `json:"error,omitempty"`
}

// SessionEndHookOutput is what OnSessionEnd returns.
type SessionEndHookOutput struct {
	// SuppressOutput keeps the end from being shown.
	SuppressOutput bool `json:"suppressOutput,omitempty"`
	// CleanupActions are things that are left to do.
	CleanupActions []string `json:"cleanupActions,omitempty"`
	// SessionSummary says what was done.
	SessionSummary string `json:"sessionSummary,omitempty"`
}

// ErrorOccurredHandler is told that something went wrong.
type ErrorOccurredHandler func(input ErrorOccurredHookInput, invocation HookInvocation) (*ErrorOccurredHookOutput, error)

// ErrorOccurredHookInput is what OnErrorOccurred gets.
type ErrorOccurredHookInput struct {
	HookInput
	// Error is what went wrong.
	Error string `json:"error"`
	// ErrorContext is "model_call", "tool_execution", "system" or "user_input".
	ErrorContext string `json:"errorContext"`
	// Recoverable tells whether it can go on.
	Recoverable bool `json:"recoverable"`
}

// ErrorOccurredHookOutput is what OnErrorOccurred returns.
type ErrorOccurredHookOutput struct {
	// SuppressOutput keeps the error from being shown.
	SuppressOutput bool `json:"suppressOutput,omitempty"`
	// ErrorHandling is "retry", "skip" or "abort".
	ErrorHandling string `json:"errorHandling,omitempty"`
	// RetryCount is how often to try again.
	RetryCount int `json:"retryCount,omitempty"`
	// UserNotification is told to the user.
	UserNotification string `json:"userNotification,omitempty"`
}

// AgentStopHandler is asked before the agent stops.
type AgentStopHandler func(input AgentStopHookInput, invocation HookInvocation) (*AgentStopHookOutput, error)

// AgentStopHookInput is what OnAgentStop gets.
type AgentStopHookInput struct {
	HookInput
	// StopReason is why it stops.
	StopReason string `json:"stopReason,omitempty"`
	// TranscriptPath is where the conversation is written.
	TranscriptPath string `json:"transcriptPath,omitempty"`
	// StopHookActive tells whether it goes on because of this hook already.
	StopHookActive bool `json:"stop_hook_active,omitempty"`
}

// AgentStopHookOutput is what OnAgentStop returns.
type AgentStopHookOutput struct {
	// Decision is "block" where it is not to stop.
	Decision string `json:"decision,omitempty"`
	// Reason tells the model what to do instead.
	Reason string `json:"reason,omitempty"`
}

// SubagentStartHandler is told that a sub-agent begins.
type SubagentStartHandler func(input SubagentStartHookInput, invocation HookInvocation) (*SubagentStartHookOutput, error)

// SubagentStartHookInput is what OnSubagentStart gets.
type SubagentStartHookInput struct {
	HookInput
	// TranscriptPath is where the conversation is written.
	TranscriptPath string `json:"transcriptPath,omitempty"`
	// AgentName is the sub-agent.
	AgentName string `json:"agentName"`
	// AgentDisplayName is its name for people.
	AgentDisplayName string `json:"agentDisplayName,omitempty"`
	// AgentDescription is what it does.
	AgentDescription string `json:"agentDescription,omitempty"`
}

// SubagentStartHookOutput is what OnSubagentStart returns.
type SubagentStartHookOutput struct {
	// AdditionalContext is told to the sub-agent.
	AdditionalContext string `json:"additionalContext,omitempty"`
}

// SubagentStopHandler is asked before a sub-agent stops.
type SubagentStopHandler func(input SubagentStopHookInput, invocation HookInvocation) (*SubagentStopHookOutput, error)

// SubagentStopHookInput is what OnSubagentStop gets.
type SubagentStopHookInput struct {
	HookInput
	// TranscriptPath is where the conversation is written.
	TranscriptPath string `json:"transcriptPath,omitempty"`
	// AgentName is the sub-agent.
	AgentName string `json:"agentName"`
	// AgentDisplayName is its name for people.
	AgentDisplayName string `json:"agentDisplayName,omitempty"`
	// StopReason is why it stops.
	StopReason string `json:"stopReason,omitempty"`
	// Response is what it answered.
	Response string `json:"response,omitempty"`
}

// SubagentStopHookOutput is what OnSubagentStop returns.
type SubagentStopHookOutput struct {
	// Decision is "allow" or "block"; empty is no opinion.
	Decision string `json:"decision,omitempty"`
	// Reason tells the sub-agent what to do instead.
	Reason string `json:"reason,omitempty"`
	// ModifiedResponse takes the place of the answer; nil leaves it as it is.
	ModifiedResponse *string `json:"modifiedResponse,omitempty"`
}

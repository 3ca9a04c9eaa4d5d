package copilot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
)

// PermissionHandlerFunc decides whether the agent may do something. It runs on a goroutine of its own and may take its
// time, for example to ask somebody.
//
// An error or a panic denies: it is reported to the client's Logger, and the model is told that nobody was there to
// decide.
type PermissionHandlerFunc func(request PermissionRequest, invocation PermissionInvocation) (PermissionDecision, error)

// PermissionInvocation is what belongs to a permission request but is not asked.
type PermissionInvocation struct {
	// SessionID is the session that asks.
	SessionID string
	// AgentID is the sub-agent that asks, empty where it is the main agent.
	AgentID string
	// ManagedSettingsEnabled says that an organisation's settings hold in the session.
	ManagedSettingsEnabled bool

	ctx context.Context
}

// Context is done when nobody waits for the decision any more. It is never nil.
func (i PermissionInvocation) Context() context.Context { return contextOr(i.ctx) }

// PermissionRequestKind is what a permission is wanted for.
type PermissionRequestKind string

// What permissions are wanted for. Servers may have others.
const (
	PermissionRequestKindShell                     PermissionRequestKind = "shell"
	PermissionRequestKindWrite                     PermissionRequestKind = "write"
	PermissionRequestKindRead                      PermissionRequestKind = "read"
	PermissionRequestKindURL                       PermissionRequestKind = "url"
	PermissionRequestKindMCP                       PermissionRequestKind = "mcp"
	PermissionRequestKindMemory                    PermissionRequestKind = "memory"
	PermissionRequestKindCustomTool                PermissionRequestKind = "custom-tool"
	PermissionRequestKindHook                      PermissionRequestKind = "hook"
	PermissionRequestKindWorkflow                  PermissionRequestKind = "workflow"
	PermissionRequestKindFactory                   PermissionRequestKind = "factory"
	PermissionRequestKindExtensionManagement       PermissionRequestKind = "extension-management"
	PermissionRequestKindExtensionPermissionAccess PermissionRequestKind = "extension-permission-access"
	PermissionRequestKindExtensionEnvAccess        PermissionRequestKind = "extension-env-access"
)

// PermissionRequest is what the agent wants to do. Which members are set depends on Kind; what has no member here, and
// what a newer server adds, is in Raw.
type PermissionRequest struct {
	// Kind is what the permission is wanted for.
	Kind PermissionRequestKind `json:"kind"`
	// ToolCallID is the call of a tool that needs the permission.
	ToolCallID string `json:"toolCallId,omitempty"`
	// Intention says in words what it is for (shell, write, read, url).
	Intention string `json:"intention,omitempty"`

	// FullCommandText is the command as the shell gets it (shell).
	FullCommandText string `json:"fullCommandText,omitempty"`
	// Commands are the programs in it (shell).
	Commands []PermissionCommand `json:"commands,omitempty"`
	// PossiblePaths are the paths that the command may touch (shell).
	PossiblePaths []string `json:"possiblePaths,omitempty"`
	// PossibleURLs are the URLs that it may open (shell).
	PossibleURLs []PermissionPossibleURL `json:"possibleUrls,omitempty"`
	// HasWriteFileRedirection tells whether the command writes a file by redirection (shell).
	HasWriteFileRedirection bool `json:"hasWriteFileRedirection,omitempty"`
	// CanOfferSessionApproval tells whether ApproveForSession makes sense (shell, write).
	CanOfferSessionApproval bool `json:"canOfferSessionApproval,omitempty"`

	// FileName is the file that is written (write).
	FileName string `json:"fileName,omitempty"`
	// Diff is what changes in it (write).
	Diff string `json:"diff,omitempty"`
	// NewFileContents is what it will contain, where the server tells (write).
	NewFileContents string `json:"newFileContents,omitempty"`
	// Path is the file or directory that is read (read).
	Path string `json:"path,omitempty"`
	// URL is the page that is fetched (url).
	URL string `json:"url,omitempty"`

	// ServerName is the MCP server (mcp).
	ServerName string `json:"serverName,omitempty"`
	// ToolName is the tool (mcp, custom-tool, hook).
	ToolName string `json:"toolName,omitempty"`
	// ToolTitle is the tool's name for people (mcp).
	ToolTitle string `json:"toolTitle,omitempty"`
	// ToolDescription is what the tool does (custom-tool).
	ToolDescription string `json:"toolDescription,omitempty"`
	// Args is what the tool gets, as JSON (mcp, custom-tool).
	Args json.RawMessage `json:"args,omitempty"`
	// ToolArgs is what the tool gets, as JSON (hook).
	ToolArgs json.RawMessage `json:"toolArgs,omitempty"`
	// HookMessage is why a hook wants the call to be confirmed (hook).
	HookMessage string `json:"hookMessage,omitempty"`
	// ReadOnly tells whether the tool changes nothing (mcp).
	ReadOnly bool `json:"readOnly,omitempty"`
	// Fact is what is to be remembered (memory).
	Fact string `json:"fact,omitempty"`
	// Subject is what it is about (memory).
	Subject string `json:"subject,omitempty"`

	// Raw is the request as the server sent it.
	Raw json.RawMessage `json:"-"`

	managed bool
}

// PermissionCommand is a program in a command of the shell.
type PermissionCommand struct {
	// Identifier is the program, such as "git" or "git commit".
	Identifier string `json:"identifier"`
	// ReadOnly tells whether it changes nothing.
	ReadOnly bool `json:"readOnly"`
}

// PermissionPossibleURL is a URL that a command of the shell may open.
type PermissionPossibleURL struct {
	// URL is the address.
	URL string `json:"url"`
}

// RequiresManagedApproval tells whether an organisation wants a person to decide. What approves by itself must then
// leave it: answer NoResult, or ask somebody.
func (r PermissionRequest) RequiresManagedApproval() bool { return r.managed }

// UnmarshalJSON reads a request as the server sends it.
func (r *PermissionRequest) UnmarshalJSON(data []byte) error {
	type plain PermissionRequest
	its := struct {
		*plain
		Managed json.RawMessage `json:"managedApprovalRequired"`
	}{plain: (*plain)(r)}
	if err := json.Unmarshal(data, &its); err != nil {
		return err
	}
	r.managed = isSet(its.Managed)
	r.Raw = bytes.Clone(data)
	return nil
}

// MarshalJSON gives the request as the server sent it.
func (r PermissionRequest) MarshalJSON() ([]byte, error) {
	if r.Raw != nil {
		return r.Raw, nil
	}
	type plain PermissionRequest
	return json.Marshal(struct {
		plain
		Managed bool `json:"managedApprovalRequired,omitempty"`
	}{plain(r), r.managed})
}

// isSet tells whether a flag that restricts is there. Whatever is not clearly unset counts.
func isSet(flag json.RawMessage) bool {
	switch string(flag) {
	case "", "null", "false":
		return false
	}
	return true
}

// PermissionDecision is what becomes of a permission request. Make one with ApproveOnce, ApproveForSession, Reject,
// UserNotAvailable or NoResult; the zero value denies, like UserNotAvailable.
type PermissionDecision struct {
	// Kind is what was decided.
	Kind PermissionDecisionKind `json:"kind"`
	// Feedback tells the model why it was rejected. Without feedback a rejection ends the turn.
	Feedback string `json:"feedback,omitempty"`
	// Approval is what else is approved, as JSON: for the session it is optional, for a location it is needed.
	Approval json.RawMessage `json:"approval,omitempty"`
	// Domain is what is approved for URLs, for the session or for good.
	Domain string `json:"domain,omitempty"`
	// LocationKey is where it is approved: the root of the repository, or the directory.
	LocationKey string `json:"locationKey,omitempty"`
	// ApprovedInteractively says that a person approved this one request.
	ApprovedInteractively *bool `json:"approvedInteractively,omitempty"`
	// Context says how it was decided. It changes nothing, and old servers do not get it.
	Context *PermissionDecisionContext `json:"decisionContext,omitempty"`
}

// PermissionDecisionKind is a word for a decision.
type PermissionDecisionKind string

// The decisions that there are. Old servers get the words that they know.
const (
	PermissionDecisionKindApproveOnce        PermissionDecisionKind = "approve-once"
	PermissionDecisionKindApproveForSession  PermissionDecisionKind = "approve-for-session"
	PermissionDecisionKindApproveForLocation PermissionDecisionKind = "approve-for-location"
	PermissionDecisionKindApprovePermanently PermissionDecisionKind = "approve-permanently"
	PermissionDecisionKindReject             PermissionDecisionKind = "reject"
	PermissionDecisionKindUserNotAvailable   PermissionDecisionKind = "user-not-available"
	PermissionDecisionKindNoResult           PermissionDecisionKind = "no-result"
)

// PermissionDecisionContext says how a decision came about.
type PermissionDecisionContext struct {
	// Outcome is what became of the request.
	Outcome PermissionDecisionOutcome `json:"outcome,omitempty"`
	// Source is who or what decided.
	Source PermissionDecisionSource `json:"source,omitempty"`
	// Surface is the kind of program that it was decided in.
	Surface PermissionDecisionSurface `json:"surface,omitempty"`
	// ResponseCapability is "interactive", "headless" or "none".
	ResponseCapability string `json:"responseCapability,omitempty"`
}

// PermissionDecisionOutcome is what became of a permission request.
type PermissionDecisionOutcome string

// What may become of a permission request.
const (
	PermissionDecisionOutcomeAutoApproved    PermissionDecisionOutcome = "auto_approved"
	PermissionDecisionOutcomeAutopilotDenied PermissionDecisionOutcome = "autopilot_denied"
	PermissionDecisionOutcomePromptedUser    PermissionDecisionOutcome = "prompted_user"
)

// PermissionDecisionSurface is the kind of program that a permission was decided in.
type PermissionDecisionSurface string

// The kinds of programs that permissions are decided in.
const (
	PermissionDecisionSurfaceCopilotApp PermissionDecisionSurface = "copilot_app"
	PermissionDecisionSurfacePromptMode PermissionDecisionSurface = "prompt_mode"
	PermissionDecisionSurfaceSDK        PermissionDecisionSurface = "sdk"
	PermissionDecisionSurfaceTui        PermissionDecisionSurface = "tui"
)

// ApproveOnce permits this one request.
func ApproveOnce() PermissionDecision {
	return PermissionDecision{Kind: PermissionDecisionKindApproveOnce}
}

// ApproveForSession permits this request and others like it, as long as the session lives. Servers before 1.0.36 know
// no such thing and take it for ApproveOnce.
func ApproveForSession() PermissionDecision {
	return PermissionDecision{Kind: PermissionDecisionKindApproveForSession}
}

// Reject refuses. The model is told the feedback and goes on; without feedback the turn ends.
func Reject(feedback string) PermissionDecision {
	return PermissionDecision{Kind: PermissionDecisionKindReject, Feedback: feedback}
}

// UserNotAvailable refuses because nobody is there to decide. The model goes on.
func UserNotAvailable() PermissionDecision {
	return PermissionDecision{Kind: PermissionDecisionKindUserNotAvailable}
}

// NoResult leaves the decision to another client of the same session. Where there is none the request stays open until
// the turn is aborted; on protocol 2, which asks this client alone, it is UserNotAvailable.
func NoResult() PermissionDecision {
	return PermissionDecision{Kind: PermissionDecisionKindNoResult}
}

// PermissionHandler has handlers that are ready to use.
var PermissionHandler = struct {
	// ApproveAll permits everything, each time once. In a session with an organisation's settings it denies, and what
	// requires an approval by a person is left to another client.
	ApproveAll PermissionHandlerFunc
	// DenyAll refuses everything. The model is told and goes on.
	DenyAll PermissionHandlerFunc
}{
	ApproveAll: func(request PermissionRequest, invocation PermissionInvocation) (PermissionDecision, error) {
		switch {
		case invocation.ManagedSettingsEnabled:
			return UserNotAvailable(), errors.New("with an organisation's settings ApproveAll approves nothing")
		case request.RequiresManagedApproval():
			return NoResult(), nil
		}
		return ApproveOnce(), nil
	},
	DenyAll: func(PermissionRequest, PermissionInvocation) (PermissionDecision, error) {
		return Reject("this program permits nothing"), nil
	},
}

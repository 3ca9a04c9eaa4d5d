package copilot

import (
	"context"
	"encoding/json"
)

// UserInputHandler asks the user what the agent wants to know. With such a handler the agent has the tool "ask_user".
// An error fails the question, and the agent goes on without an answer.
type UserInputHandler func(request UserInputRequest, invocation UserInputInvocation) (UserInputResponse, error)

// UserInputRequest is a question of the agent's.
type UserInputRequest struct {
	// Question is what it wants to know.
	Question string `json:"question"`
	// Choices are answers to choose from; empty where there are none.
	Choices []string `json:"choices,omitempty"`
	// AllowFreeform tells whether another answer will do as well. Nil, where the server does not say, means that it
	// will.
	AllowFreeform *bool `json:"allowFreeform,omitempty"`
}

// UserInputResponse is the user's answer.
type UserInputResponse struct {
	// Answer is one of the choices, or what the user typed.
	Answer string `json:"answer"`
	// WasFreeform tells whether the user typed it.
	WasFreeform bool `json:"wasFreeform"`
}

// UserInputInvocation is what belongs to a question for the user but is not asked.
type UserInputInvocation struct {
	// SessionID is the session that asks.
	SessionID string

	ctx context.Context
}

// Context is done when nobody waits for the answer any more. It is never nil.
func (i UserInputInvocation) Context() context.Context { return contextOr(i.ctx) }

// ElicitationHandler has a form filled in, or a page visited. After an error the server is told that the user cancelled.
type ElicitationHandler func(ctx ElicitationContext) (ElicitationResult, error)

// ElicitationContext is a form to be filled in, or a page to be visited.
type ElicitationContext struct {
	// SessionID is the session that asks.
	SessionID string
	// Message says what is wanted.
	Message string
	// RequestedSchema describes the form; nil where there is none.
	RequestedSchema *ElicitationSchema
	// RawSchema is that description as the server sent it, with the fields in their order.
	RawSchema json.RawMessage
	// Mode is a form or a URL; nil, where the server does not say, means a form.
	Mode *ElicitationRequestedMode
	// ElicitationSource is who wants it, such as the name of an MCP server.
	ElicitationSource *string
	// URL is the page to be visited.
	URL *string
	// ToolCallID is the tool's call that it belongs to, empty where there is none.
	ToolCallID string
	// AgentID is the sub-agent that asks, empty where it is the main agent.
	AgentID string

	ctx context.Context
}

// Context is done when nobody waits for the answer any more. It is never nil.
func (c ElicitationContext) Context() context.Context { return contextOr(c.ctx) }

// ElicitationSchema describes a form: a JSON schema of an object whose members are plain values.
type ElicitationSchema struct {
	// Properties are the fields, each with its own schema.
	Properties map[string]any `json:"properties"`
	// Required are the names of those that must be filled in.
	Required []string `json:"required,omitempty"`
}

// ElicitationAction is what the user did with a form.
type ElicitationAction string

// What the user may do with a form.
const (
	ElicitationActionAccept  ElicitationAction = "accept"
	ElicitationActionDecline ElicitationAction = "decline"
	ElicitationActionCancel  ElicitationAction = "cancel"
)

// ElicitationFieldValue is what a field of a form holds: a string, a number, a bool or a []string.
type ElicitationFieldValue = any

// ElicitationResult is what became of a form.
type ElicitationResult struct {
	// Action is what the user did.
	Action ElicitationAction `json:"action"`
	// Content is what was filled in, when it was accepted.
	Content map[string]ElicitationFieldValue `json:"content,omitempty"`
}

// ExitPlanModeRequestHandler decides whether a plan is carried out. An error fails the question.
type ExitPlanModeRequestHandler func(request ExitPlanModeRequest, invocation ExitPlanModeInvocation) (ExitPlanModeResult, error)

// ExitPlanModeRequest is a plan that the agent would carry out now.
type ExitPlanModeRequest struct {
	// Summary is the plan in short.
	Summary string `json:"summary"`
	// PlanContent is the plan.
	PlanContent string `json:"planContent,omitempty"`
	// Actions are the ways to go on: "exit_only", "interactive", "autopilot", "autopilot_fleet".
	Actions []string `json:"actions"`
	// RecommendedAction is the one that the agent recommends.
	RecommendedAction string `json:"recommendedAction"`
}

// ExitPlanModeResult is what becomes of a plan.
type ExitPlanModeResult struct {
	// Approved tells whether it is carried out.
	Approved bool `json:"approved"`
	// SelectedAction is one of the request's Actions; empty leaves it to the server.
	SelectedAction string `json:"selectedAction,omitempty"`
	// AutoApproveEdits lets files be changed without further questions.
	AutoApproveEdits bool `json:"autoApproveEdits,omitempty"`
	// Feedback tells the model what to change in a plan that is not approved.
	Feedback string `json:"feedback,omitempty"`
}

// ExitPlanModeInvocation is what belongs to a question about a plan but is not asked.
type ExitPlanModeInvocation struct {
	// SessionID is the session that asks.
	SessionID string

	ctx context.Context
}

// Context is done when nobody waits for the decision any more. It is never nil.
func (i ExitPlanModeInvocation) Context() context.Context { return contextOr(i.ctx) }

// AutoModeSwitchRequestHandler decides whether the session goes on with another model when a limit was reached. An
// error fails the question.
type AutoModeSwitchRequestHandler func(request AutoModeSwitchRequest, invocation AutoModeSwitchInvocation) (AutoModeSwitchResponse, error)

// AutoModeSwitchRequest says which limit was reached.
type AutoModeSwitchRequest struct {
	// ErrorCode is the server's word for it.
	ErrorCode *string `json:"errorCode,omitempty"`
	// RetryAfterSeconds is when the limit ends.
	RetryAfterSeconds *float64 `json:"retryAfterSeconds,omitempty"`
}

// AutoModeSwitchInvocation is what belongs to a question about a limit but is not asked.
type AutoModeSwitchInvocation struct {
	// SessionID is the session that asks.
	SessionID string

	ctx context.Context
}

// Context is done when nobody waits for the decision any more. It is never nil.
func (i AutoModeSwitchInvocation) Context() context.Context { return contextOr(i.ctx) }

// MCPAuthHandler logs in to an MCP server. After an error, and with a nil result, the server is told that the user
// cancelled.
type MCPAuthHandler func(request MCPAuthRequest, invocation MCPAuthInvocation) (*MCPAuthResult, error)

// MCPAuthRequest is an MCP server that wants a login.
type MCPAuthRequest struct {
	// RequestID is the number of the question on the wire.
	RequestID string `json:"requestId"`
	// ServerName is the name that the session's configuration gives the MCP server.
	ServerName string `json:"serverName"`
	// ServerURL is where it is.
	ServerURL string `json:"serverUrl"`
	// Reason is why it wants the login.
	Reason MCPOauthRequestReason `json:"reason"`
	// WwwAuthenticateParams is what it said when it refused; nil where it said nothing.
	WwwAuthenticateParams *MCPAuthWwwAuthenticateParams `json:"wwwAuthenticateParams,omitempty"`
	// ResourceMetadata is its description of itself, JSON in a string.
	ResourceMetadata *string `json:"resourceMetadata,omitempty"`
	// StaticClientConfig is the OAuth client that it is to be used with; nil where it names none.
	StaticClientConfig *MCPAuthStaticClientConfig `json:"staticClientConfig,omitempty"`
	// RuntimeRefreshSupported tells whether MCPAuthResultRuntimeRefresh can be answered.
	RuntimeRefreshSupported bool `json:"runtimeRefreshSupported,omitempty"`
}

// MCPAuthWwwAuthenticateParams are the parameters of an MCP server's header WWW-Authenticate.
type MCPAuthWwwAuthenticateParams struct {
	// ResourceMetadataURL is where the server describes itself.
	ResourceMetadataURL *string `json:"resourceMetadataUrl,omitempty"`
	// Scope is what the token must be good for.
	Scope *string `json:"scope,omitempty"`
	// Error is the server's word for what is wrong.
	Error *string `json:"error,omitempty"`
}

// MCPAuthStaticClientConfig is the OAuth client that an MCP server is to be used with.
type MCPAuthStaticClientConfig struct {
	// ClientID is the client's id.
	ClientID string `json:"clientId"`
	// ClientSecret is its secret, where it has one.
	ClientSecret *string `json:"clientSecret,omitempty"`
	// GrantType is the flow of OAuth to use.
	GrantType *string `json:"grantType,omitempty"`
	// PublicClient tells whether the client has no secret.
	PublicClient *bool `json:"publicClient,omitempty"`
	// Scope is what to ask for.
	Scope *string `json:"scope,omitempty"`
}

// MCPAuthToken is a token for an MCP server.
type MCPAuthToken struct {
	// AccessToken is the token.
	AccessToken string `json:"accessToken"`
	// TokenType is its type; nil is "Bearer".
	TokenType *string `json:"tokenType,omitempty"`
	// ExpiresIn is how many seconds it is good for; nil where nobody knows.
	ExpiresIn *int64 `json:"expiresIn,omitempty"`
}

// MCPAuthResult is what became of a login. MCPAuthResultToken, MCPAuthResultCancelled and MCPAuthResultRuntimeRefresh
// make one.
type MCPAuthResult struct {
	// Kind is what became of it.
	Kind string
	// Token is the token, for MCPAuthResultKindToken.
	Token *MCPAuthToken
}

// What may become of a login.
const (
	MCPAuthResultKindToken          = "token"
	MCPAuthResultKindCancelled      = "cancelled"
	MCPAuthResultKindRuntimeRefresh = "runtimeRefresh"
)

// MCPAuthResultToken is a login that came to a token.
func MCPAuthResultToken(token *MCPAuthToken) *MCPAuthResult {
	return &MCPAuthResult{Kind: MCPAuthResultKindToken, Token: token}
}

// MCPAuthResultCancelled is a login that did not come about.
func MCPAuthResultCancelled() *MCPAuthResult {
	return &MCPAuthResult{Kind: MCPAuthResultKindCancelled}
}

// MCPAuthResultRuntimeRefresh leaves it to the server to renew the token that it has. It can be answered where the
// request says RuntimeRefreshSupported.
func MCPAuthResultRuntimeRefresh() *MCPAuthResult {
	return &MCPAuthResult{Kind: MCPAuthResultKindRuntimeRefresh}
}

// MCPAuthInvocation is what belongs to a login but is not asked.
type MCPAuthInvocation struct {
	// SessionID is the session that asks.
	SessionID string

	ctx context.Context
}

// Context is done when nobody waits for the token any more. It is never nil.
func (i MCPAuthInvocation) Context() context.Context { return contextOr(i.ctx) }

// BearerTokenProvider gets a token for a model provider of the session's. The server asks before each call of the
// model and keeps no token, so keep it until it expires. An error fails the call.
type BearerTokenProvider func(args ProviderTokenArgs) (string, error)

// ProviderTokenArgs says who wants a token.
type ProviderTokenArgs struct {
	// ProviderName is the name of the provider, "default" for that of SessionConfig.Provider.
	ProviderName string
	// SessionID is the session that asks.
	SessionID string

	ctx context.Context
}

// Context is done when nobody waits for the token any more. It is never nil.
func (a ProviderTokenArgs) Context() context.Context { return contextOr(a.ctx) }

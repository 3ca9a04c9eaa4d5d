package copilot

import (
	"encoding/json"
	"slices"
)

// SessionConfig is how a session is made or resumed. Its zero value is all defaults, and so is every field's: what is
// not set is not sent, and the server decides. The JSON of the fields is that of the library; copilot.h describes the
// keys at copilot_session_config_new().
//
// Nil and an empty list are different things: []string{} for AvailableTools is no tool at all.
type SessionConfig struct {
	// Model is the model's id. Default: the server's choice.
	Model string `json:"model,omitempty"`
	// AllowedModels are the models that the session may use; nil is all.
	AllowedModels []string `json:"allowedModels,omitzero"`
	// ReasoningEffort is how much the model thinks, such as "low", "medium" or "high".
	ReasoningEffort string `json:"reasoningEffort,omitempty"`
	// ReasoningSummary is how much of its thoughts the model tells.
	ReasoningSummary ReasoningSummary `json:"reasoningSummary,omitempty"`
	// ContextTier is how long a conversation the model is to take.
	ContextTier ContextTier `json:"contextTier,omitempty"`
	// ModelCapabilities is what the model can do, in place of what the server believes.
	ModelCapabilities *ModelCapabilitiesOverride `json:"modelCapabilities,omitempty"`
	// Capi is about GitHub's own models.
	Capi *CapiSessionOptions `json:"capi,omitempty"`
	// EnableCitations tells whether answers name their sources.
	EnableCitations *bool `json:"enableCitations,omitempty"`
	// ImageGeneration is about the tool that makes pictures.
	ImageGeneration *ImageGenerationConfig `json:"imageGeneration,omitempty"`
	// SessionLimits is what the session may use up.
	SessionLimits *SessionLimitsConfig `json:"sessionLimits,omitempty"`

	// Provider is a model provider of your own. Model is needed beside it.
	Provider *ProviderConfig `json:"provider,omitempty"`
	// Providers are several of them, with their models in Models.
	Providers []NamedProviderConfig `json:"providers,omitzero"`
	// Models are the models of Providers.
	Models []ProviderModelConfig `json:"models,omitzero"`

	// SessionID is the id of a new session. Default: one is made. Resuming takes no notice of it.
	SessionID string `json:"sessionId,omitempty"`
	// Name is what lists call a new session.
	Name string `json:"name,omitempty"`
	// ClientName is what the program calls itself.
	ClientName string `json:"clientName,omitempty"`
	// WorkingDirectory is where the agent works. It must exist.
	WorkingDirectory string `json:"workingDirectory,omitempty"`
	// AdditionalDirectories are where it may work besides.
	AdditionalDirectories []string `json:"additionalDirectories,omitzero"`
	// TrustWorkingDirectory says for how long a new session trusts the directory: "session" or "user".
	TrustWorkingDirectory string `json:"trustWorkingDirectory,omitempty"`
	// Streaming tells whether answers come in pieces too, as events of type assistant.message_delta.
	Streaming *bool `json:"streaming,omitempty"`
	// IncludeSubAgentStreamingEvents tells whether those of sub-agents do. Default: true.
	IncludeSubAgentStreamingEvents *bool `json:"includeSubAgentStreamingEvents,omitempty"`
	// InfiniteSessions is about the compaction of long sessions.
	InfiniteSessions *InfiniteSessionConfig `json:"infiniteSessions,omitempty"`
	// Memory is about what is remembered from other sessions.
	Memory *MemoryConfiguration `json:"memory,omitempty"`
	// LargeOutput is where long results of tools go.
	LargeOutput *LargeToolOutputConfig `json:"largeOutput,omitempty"`
	// EnableFileChangeTracking tells whether changes of files can be shown and taken back.
	EnableFileChangeTracking *bool `json:"enableFileChangeTracking,omitempty"`
	// EnableSessionStore tells whether something is kept across sessions.
	EnableSessionStore *bool `json:"enableSessionStore,omitempty"`
	// RemoteSession tells whether the session can be seen and steered from GitHub.
	RemoteSession RemoteSessionMode `json:"remoteSession,omitempty"`
	// Cloud makes a new session run at GitHub.
	Cloud *CloudSessionOptions `json:"cloud,omitempty"`
	// GitHubToken is a token for this session alone.
	GitHubToken string `json:"gitHubToken,omitempty"`
	// GitHubTokenProviderRegistrationID says who provides one.
	GitHubTokenProviderRegistrationID string `json:"gitHubTokenProviderRegistrationId,omitempty"`

	// SystemMessage changes what the model is told at the beginning.
	SystemMessage *SystemMessageConfig `json:"systemMessage,omitempty"`
	// SkipCustomInstructions tells whether the instructions of the repository are left out.
	SkipCustomInstructions *bool `json:"skipCustomInstructions,omitempty"`
	// InstructionDirectories are where more instructions are.
	InstructionDirectories []string `json:"instructionDirectories,omitzero"`
	// OrganizationCustomInstructions are the instructions of an organisation.
	OrganizationCustomInstructions *string `json:"organizationCustomInstructions,omitempty"`
	// RefreshCustomInstructions tells whether a new session reads instructions anew.
	RefreshCustomInstructions *bool `json:"refreshCustomInstructions,omitempty"`
	// EnableOnDemandInstructionDiscovery tells whether those of a folder come once a file in it was looked at.
	EnableOnDemandInstructionDiscovery *bool `json:"enableOnDemandInstructionDiscovery,omitempty"`
	// SkipEmbeddingRetrieval tells whether there is no search by meaning.
	SkipEmbeddingRetrieval *bool `json:"skipEmbeddingRetrieval,omitempty"`
	// EmbeddingCacheStorage is where the cache of that search is: "persistent" or "in-memory".
	EmbeddingCacheStorage *string `json:"embeddingCacheStorage,omitempty"`

	// Tools are the tools that the model may call and this program carries out.
	Tools []Tool `json:"-"`
	// AvailableTools are the only tools that there are; nil is all, an empty list none, your own included. A name may say
	// whose it is, "builtin:bash", "mcp:x" or "custom:y", and be "*" then.
	AvailableTools []string `json:"availableTools,omitzero"`
	// ExcludedTools are tools that are not to be used; it counts before AvailableTools.
	ExcludedTools []string `json:"excludedTools,omitzero"`
	// ToolSearch tells whether tools are looked up and not all told at once.
	ToolSearch *ToolSearchConfig `json:"toolSearch,omitempty"`
	// AskUserVariant is how the agent asks the user: "legacy" with a question, "elicitation" with a form.
	AskUserVariant string `json:"askUserVariant,omitempty"`
	// Commands are slash commands that this program carries out.
	Commands []CommandDefinition `json:"commands,omitzero"`

	// MCPServers are MCP servers by name.
	MCPServers map[string]MCPServerConfig `json:"mcpServers,omitzero"`
	// DisabledMCPServers are MCP servers that are not to be used.
	DisabledMCPServers []string `json:"disabledMcpServers,omitzero"`
	// GitHubMCPToolConfig chooses the tools of GitHub's own MCP server.
	GitHubMCPToolConfig *GitHubMCPToolConfig `json:"githubMcpToolConfig,omitempty"`
	// MCPOAuthTokenStorage is where logins are kept: "persistent" or "in-memory".
	MCPOAuthTokenStorage string `json:"mcpOAuthTokenStorage,omitempty"`
	// AuthClientIDMetadataURL is what the CLI shows for itself at a login.
	AuthClientIDMetadataURL string `json:"authClientIdMetadataUrl,omitempty"`
	// EnableMCPApps lets MCP servers bring pages.
	EnableMCPApps bool `json:"enableMcpApps,omitempty"`

	// CustomAgents are agents of your own.
	CustomAgents []CustomAgentConfig `json:"customAgents,omitzero"`
	// Agent is the name of the one to begin with.
	Agent string `json:"agent,omitempty"`
	// DefaultAgent is about the main agent.
	DefaultAgent *DefaultAgentConfig `json:"defaultAgent,omitempty"`
	// CustomAgentsLocalOnly tells whether there are no agents from elsewhere.
	CustomAgentsLocalOnly *bool `json:"customAgentsLocalOnly,omitempty"`
	// AgentDirectories are where more agents are.
	AgentDirectories []string `json:"agentDirectories,omitzero"`
	// ExcludedBuiltInAgents are agents of the CLI's that are not to be used.
	ExcludedBuiltInAgents []string `json:"excludedBuiltinAgents,omitzero"`
	// EnableSkills tells whether there are skills.
	EnableSkills *bool `json:"enableSkills,omitempty"`
	// SkillDirectories are where skills are.
	SkillDirectories []string `json:"skillDirectories,omitzero"`
	// DisabledSkills are skills that are not to be used.
	DisabledSkills []string `json:"disabledSkills,omitzero"`
	// IncludedBuiltInSkills are those of the CLI's own skills that there are; nil is all, an empty list none.
	IncludedBuiltInSkills []string `json:"includedBuiltinSkills,omitzero"`
	// HasSkillProvider tells whether this program keeps skills; it follows from a handler for skillProvider.list.
	HasSkillProvider *bool `json:"hasSkillProvider,omitempty"`
	// HookDirectories are where hooks that are files are.
	HookDirectories []string `json:"hookDirectories,omitzero"`
	// EnableFileHooks tells whether those of the repository count.
	EnableFileHooks *bool `json:"enableFileHooks,omitempty"`
	// PluginDirectories are where plugins are, as absolute paths.
	PluginDirectories []string `json:"pluginDirectories,omitzero"`
	// InstalledPlugins are plugins, as the server has them.
	InstalledPlugins []map[string]any `json:"installedPlugins,omitzero"`
	// ManageScheduleEnabled tells whether there is the tool for prompts at set times.
	ManageScheduleEnabled *bool `json:"manageScheduleEnabled,omitempty"`
	// Canvases are surfaces of the program that the agent can open.
	Canvases []CanvasDeclaration `json:"canvases,omitzero"`
	// CanvasProvider says whose the canvases are.
	CanvasProvider *CanvasProviderIdentity `json:"canvasProvider,omitempty"`
	// RequestCanvasRenderer tells whether the program shows canvases.
	RequestCanvasRenderer *bool `json:"requestCanvasRenderer,omitempty"`
	// RequestExtensions tells whether extensions are loaded.
	RequestExtensions *bool `json:"requestExtensions,omitempty"`
	// ExtensionSDKPath is the SDK that extensions find.
	ExtensionSDKPath *string `json:"extensionSdkPath,omitempty"`
	// ExtensionInfo says which extension the program is, where it is one.
	ExtensionInfo *ExtensionInfo `json:"extensionInfo,omitempty"`

	// Autopilot tells whether the agent goes on by itself.
	Autopilot *AutopilotConfig `json:"autopilot,omitempty"`
	// SandboxConfig is the CLI's sandbox, as the server has it.
	SandboxConfig map[string]any `json:"sandboxConfig,omitzero"`
	// EnableHostGitOperations tells whether the CLI looks at the git repository.
	EnableHostGitOperations *bool `json:"enableHostGitOperations,omitempty"`
	// CoauthorEnabled tells whether the agent is co-author of commits.
	CoauthorEnabled *bool `json:"coauthorEnabled,omitempty"`
	// InteractiveUser tells whether a person is there.
	InteractiveUser *bool `json:"interactiveUser,omitempty"`
	// ConfigDirectory is where the configuration is.
	ConfigDirectory string `json:"configDirectory,omitempty"`
	// EnableConfigDiscovery tells whether that of the working directory counts.
	EnableConfigDiscovery *bool `json:"enableConfigDiscovery,omitempty"`
	// EnableManagedSettings tells whether the rules of the organisation are fetched.
	EnableManagedSettings *bool `json:"enableManagedSettings,omitempty"`
	// ManagedSettings are such rules, given here.
	ManagedSettings *ManagedSettings `json:"managedSettings,omitempty"`
	// ExcludedManagedSettings are the names of those that do not count.
	ExcludedManagedSettings []string `json:"excludedManagedSettings,omitzero"`
	// EnforceManagedModelDefaults tells whether the organisation's model counts.
	EnforceManagedModelDefaults *bool `json:"enforceManagedModelDefaults,omitempty"`

	// EnableSessionTelemetry tells whether there are reports about this session.
	EnableSessionTelemetry *bool `json:"enableSessionTelemetry,omitempty"`
	// EnableGitHubTelemetryForwarding tells whether this program gets them too.
	EnableGitHubTelemetryForwarding *bool `json:"enableGitHubTelemetryForwarding,omitempty"`
	// Diagnostics is about what the server records of itself, as the server has it.
	Diagnostics map[string]any `json:"diagnostics,omitzero"`
	// LifecycleDiagnostics is the same for the life of the session.
	LifecycleDiagnostics map[string]any `json:"lifecycleDiagnostics,omitzero"`
	// EnableExperimentalMode tells whether there is what is not finished yet.
	EnableExperimentalMode *bool `json:"enableExperimentalMode,omitempty"`
	// FeatureFlags are features by name.
	FeatureFlags map[string]bool `json:"featureFlags,omitzero"`
	// ExpAssignments are experiments, as the server has them.
	ExpAssignments map[string]any `json:"expAssignments,omitzero"`
	// Traceparent is the trace that this belongs to.
	Traceparent string `json:"traceparent,omitempty"`
	// Tracestate is the state of that trace.
	Tracestate string `json:"tracestate,omitempty"`

	// ContinuePendingWork tells whether what was in hand goes on.
	ContinuePendingWork *bool `json:"continuePendingWork,omitempty"`
	// SuppressResumeEvent leaves out the event of type session.resume.
	SuppressResumeEvent bool `json:"suppressResumeEvent,omitempty"`
	// AllowTranscriptRecovery tells whether a history that is broken is repaired.
	AllowTranscriptRecovery *bool `json:"allowTranscriptRecovery,omitempty"`
	// OpenCanvases are the canvases that are open.
	OpenCanvases []OpenCanvasInstance `json:"openCanvases,omitzero"`
	// Factories are those of the session, as the server has them.
	Factories []map[string]any `json:"factories,omitzero"`
	// RequestedEnvironmentVariables are variables that an extension asks for.
	RequestedEnvironmentVariables []string `json:"requestedEnvironmentVariables,omitzero"`

	// PermissionDefault is what becomes of permission requests where there is no OnPermissionRequest.
	PermissionDefault PermissionDefault `json:"permissionDefault,omitempty"`
	// PermissionPolicy are rules that are applied before OnPermissionRequest is asked.
	PermissionPolicy *PermissionPolicy `json:"permissionPolicy,omitempty"`
	// RequestTimeoutMs says after how many milliseconds a question that no handler has answered gets the default of its
	// kind. Default: never.
	RequestTimeoutMs int64 `json:"requestTimeoutMs,omitempty"`
	// RawParams are further members of the call, sent as they are, for servers newer than this package.
	RawParams map[string]any `json:"rawParams,omitzero"`

	// OnPermissionRequest is asked before the agent does something. See [PermissionHandler] for ready-made ones.
	OnPermissionRequest PermissionHandlerFunc `json:"-"`
	// OnUserInputRequest is asked when the agent has a question for the user.
	OnUserInputRequest UserInputHandler `json:"-"`
	// OnElicitationRequest is asked when a form is to be filled in.
	OnElicitationRequest ElicitationHandler `json:"-"`
	// OnExitPlanModeRequest is asked whether a plan is to be carried out.
	OnExitPlanModeRequest ExitPlanModeRequestHandler `json:"-"`
	// OnAutoModeSwitchRequest is asked whether to go on with another model at a rate limit.
	OnAutoModeSwitchRequest AutoModeSwitchRequestHandler `json:"-"`
	// OnMCPAuthRequest is asked for a login of an MCP server.
	OnMCPAuthRequest MCPAuthHandler `json:"-"`
	// Hooks are functions that see, and may change, what the agent does.
	Hooks *SessionHooks `json:"-"`
	// OnEvent gets every event of the session, from the first one on.
	OnEvent SessionEventHandler `json:"-"`
	// OnRawEvent gets every event too, not decoded.
	OnRawEvent func(RawEvent) `json:"-"`
	// RequestHandlers answer requests of the server's that have no field here, by method.
	RequestHandlers map[string]RequestHandler `json:"-"`
}

// ResumeSessionConfig is how a session is resumed. What only the making of a new one knows is not sent.
type ResumeSessionConfig = SessionConfig

// MarshalJSON gives the configuration as the library takes it: all but the tools and the handlers.
func (c SessionConfig) MarshalJSON() ([]byte, error) {
	type members SessionConfig
	type command struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	var commands []command
	for _, definition := range c.Commands {
		commands = append(commands, command{definition.Name, definition.Description})
	}
	c.Providers = toldApart(c.Providers)
	return json.Marshal(struct {
		members
		Commands []command `json:"commands,omitempty"`
	}{members(c), commands})
}

// toldApart are providers that say of themselves that nobody gives them tokens, where somebody gives tokens to others:
// the library takes one that says nothing for one that is given them.
func toldApart(providers []NamedProviderConfig) []NamedProviderConfig {
	given := func(p NamedProviderConfig) bool { return p.BearerTokenProvider != nil }
	if !slices.ContainsFunc(providers, given) {
		return providers
	}
	told := slices.Clone(providers)
	for i := range told {
		told[i].toldApart = true
	}
	return told
}

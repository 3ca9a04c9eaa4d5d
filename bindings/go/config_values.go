package copilot

// RemoteSessionMode tells whether a session can be seen and steered from GitHub.
type RemoteSessionMode string

// Whether a session can be seen and steered from GitHub.
const (
	// RemoteSessionModeOff: it cannot.
	RemoteSessionModeOff RemoteSessionMode = "off"
	// RemoteSessionModeExport: it can be seen.
	RemoteSessionModeExport RemoteSessionMode = "export"
	// RemoteSessionModeOn: it can be seen and steered.
	RemoteSessionModeOn RemoteSessionMode = "on"
)

// PermissionDefault is what becomes of permission requests that nobody here answers.
type PermissionDefault string

// What becomes of permission requests that nobody here answers.
const (
	// PermissionDefaultDeny denies them. It is the default where the client starts the CLI.
	PermissionDefaultDeny PermissionDefault = "deny"
	// PermissionDefaultPending leaves them to another client of the session. It is the default where the client is
	// connected to a server by a URIConnection.
	PermissionDefaultPending PermissionDefault = "pending"
)

// InfiniteSessionConfig is about the compaction of long sessions. Without it there is no workspace path.
type InfiniteSessionConfig struct {
	// Enabled tells whether long sessions are compacted. Default: true.
	Enabled *bool `json:"enabled,omitempty"`
	// BackgroundCompactionThreshold is how full the conversation is, from 0 to 1, when compaction begins.
	BackgroundCompactionThreshold *float64 `json:"backgroundCompactionThreshold,omitempty"`
	// BufferExhaustionThreshold is how full it is when the session waits for that.
	BufferExhaustionThreshold *float64 `json:"bufferExhaustionThreshold,omitempty"`
}

// MemoryConfiguration is about what is remembered from other sessions.
type MemoryConfiguration struct {
	// Enabled tells whether there is a memory.
	Enabled bool `json:"enabled"`
	// Mode is where the model is told of it: "system-prompt" or "user-prompt".
	Mode string `json:"mode,omitempty"`
}

// LargeToolOutputConfig is about long results of tools, which go into files.
type LargeToolOutputConfig struct {
	// Enabled tells whether they do. Default: the server's.
	Enabled *bool `json:"enabled,omitempty"`
	// MaxSizeBytes is the longest result that does not.
	MaxSizeBytes *int64 `json:"maxSizeBytes,omitempty"`
	// OutputDirectory is where the files are.
	OutputDirectory string `json:"outputDirectory,omitempty"`
}

// ToolSearchConfig is about looking tools up.
type ToolSearchConfig struct {
	// Enabled tells whether tools are looked up.
	Enabled *bool `json:"enabled,omitempty"`
	// DeferThreshold is how many tools the model is told at once at most.
	DeferThreshold *int `json:"deferThreshold,omitempty"`
}

// ImageGenerationConfig is about the tool that makes pictures.
type ImageGenerationConfig struct {
	// Enabled tells whether there is one.
	Enabled *bool `json:"enabled,omitempty"`
	// Watermark tells whether pictures are marked as made.
	Watermark *bool `json:"watermark,omitempty"`
	// SaveToDisk tells whether they become files.
	SaveToDisk *bool `json:"saveToDisk,omitempty"`
}

// SessionLimitsConfig is what a session may use up.
type SessionLimitsConfig struct {
	// MaxAiCredits is how many credits of GitHub's.
	MaxAiCredits *float64 `json:"maxAiCredits,omitempty"`
}

// AutopilotConfig is about an agent that goes on by itself.
type AutopilotConfig struct {
	// ContinuationEnabled tells whether it does.
	ContinuationEnabled *bool `json:"continuationEnabled,omitempty"`
	// MaxContinues is how often at most.
	MaxContinues *int `json:"maxContinues,omitempty"`
}

// CloudSessionOptions make a session run at GitHub.
type CloudSessionOptions struct {
	// Repository is what it works on.
	Repository *CloudSessionRepository `json:"repository,omitempty"`
}

// CloudSessionRepository is a repository at GitHub.
type CloudSessionRepository struct {
	// Owner is whose it is, needed.
	Owner string `json:"owner"`
	// Name is what it is called, needed.
	Name string `json:"name"`
	// Branch is the branch. Default: the repository's.
	Branch string `json:"branch,omitempty"`
}

// ManagedSettings are rules of an organisation.
type ManagedSettings struct {
	// Permissions are what the agent may do.
	Permissions *ManagedSettingsPermissions `json:"permissions,omitempty"`
}

// ManagedSettingsPermissions are what an organisation lets an agent do. A rule is a text such as "shell(rm:*)".
type ManagedSettingsPermissions struct {
	// Deny are rules for what is forbidden.
	Deny []string `json:"deny,omitzero"`
	// Ask are rules for what a person must allow.
	Ask []string `json:"ask,omitzero"`
	// Allow are rules for what needs no asking.
	Allow []string `json:"allow,omitzero"`
	// LimitTo is what there is besides, as the server has it.
	LimitTo any `json:"limitTo,omitempty"`
	// DisableBypassPermissionsMode is [DisableBypassPermissionsModeDisable] where nobody may switch the asking off.
	DisableBypassPermissionsMode DisableBypassPermissionsMode `json:"disableBypassPermissionsMode,omitempty"`
	// DisableAssistedPermissionsMode forbids that a model answers for the user, as the server has it.
	DisableAssistedPermissionsMode any `json:"disableAssistedPermissionsMode,omitempty"`
}

// DisableBypassPermissionsMode tells whether somebody may switch the asking off.
type DisableBypassPermissionsMode string

// DisableBypassPermissionsModeDisable: nobody may.
const DisableBypassPermissionsModeDisable DisableBypassPermissionsMode = "disable"

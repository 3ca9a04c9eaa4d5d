package copilot

// CustomAgentConfig is an agent of your own, to which the main agent can hand work.
type CustomAgentConfig struct {
	// Name is what it is called, needed.
	Name string `json:"name"`
	// DisplayName is what users see.
	DisplayName string `json:"displayName,omitempty"`
	// Description says what it is good for.
	Description string `json:"description,omitempty"`
	// Tools are the tools that it may use: nil is all, an empty list none.
	Tools []string `json:"tools,omitzero"`
	// Prompt is what it is told, needed.
	Prompt string `json:"prompt"`
	// MCPServers are MCP servers of its own, by name.
	MCPServers map[string]MCPServerConfig `json:"mcpServers,omitzero"`
	// Infer tells whether the model may choose it by itself.
	Infer *bool `json:"infer,omitempty"`
	// Skills are the skills that it begins with.
	Skills []string `json:"skills,omitzero"`
	// Model is the model that it works with. Default: the session's.
	Model string `json:"model,omitempty"`
	// ModelPolicy says what happens where that model is not to be had.
	ModelPolicy AgentModelPolicy `json:"modelPolicy,omitempty"`
	// ReasoningEffort is how much its model thinks.
	ReasoningEffort string `json:"reasoningEffort,omitempty"`
	// Hooks are its hooks, as the server has them.
	Hooks any `json:"hooks,omitempty"`
}

// DefaultAgentConfig is about the main agent.
type DefaultAgentConfig struct {
	// ExcludedTools are tools that it may not use itself, while others may.
	ExcludedTools []string `json:"excludedTools,omitzero"`
}

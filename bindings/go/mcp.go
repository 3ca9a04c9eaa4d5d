package copilot

import "encoding/json"

// MCPServerConfig is an MCP server of a session: an [MCPStdioServerConfig], an [MCPHTTPServerConfig], or an
// [MCPRawServerConfig].
type MCPServerConfig interface {
	mcpServerConfig()
}

// MCPStdioServerConfig is an MCP server that the CLI starts.
type MCPStdioServerConfig struct {
	// Tools are the tools that the agent may use: nil is the server's default, an empty list none, "*" all.
	Tools []string `json:"tools,omitzero"`
	// Timeout is how many milliseconds a call may take; 0 is the server's default.
	Timeout int `json:"timeout,omitempty"`
	// Command is the program, needed.
	Command string `json:"command"`
	// Args are its arguments.
	Args []string `json:"args,omitzero"`
	// Env is added to its environment.
	Env map[string]string `json:"env,omitzero"`
	// WorkingDirectory is where it runs.
	WorkingDirectory string `json:"workingDirectory,omitempty"`
}

func (MCPStdioServerConfig) mcpServerConfig() {}

// MarshalJSON adds the member "type".
func (c MCPStdioServerConfig) MarshalJSON() ([]byte, error) {
	type members MCPStdioServerConfig
	return json.Marshal(struct {
		Type string `json:"type"`
		members
	}{"stdio", members(c)})
}

// MCPHTTPServerConfig is an MCP server that is there already.
type MCPHTTPServerConfig struct {
	// Type is "http", which is the default, or "sse".
	Type string `json:"type"`
	// Tools are the tools that the agent may use: nil is the server's default, an empty list none, "*" all.
	Tools []string `json:"tools,omitzero"`
	// Timeout is how many milliseconds a call may take; 0 is the server's default.
	Timeout int `json:"timeout,omitempty"`
	// URL is its address, needed.
	URL string `json:"url"`
	// Headers go with every request.
	Headers map[string]string `json:"headers,omitzero"`
}

func (MCPHTTPServerConfig) mcpServerConfig() {}

// MarshalJSON fills in the type.
func (c MCPHTTPServerConfig) MarshalJSON() ([]byte, error) {
	type members MCPHTTPServerConfig
	if c.Type == "" {
		c.Type = "http"
	}
	return json.Marshal(members(c))
}

// MCPRawServerConfig is an MCP server with the members that the server knows, for those that have no field here.
type MCPRawServerConfig map[string]any

func (MCPRawServerConfig) mcpServerConfig() {}

// GitHubMCPToolConfig chooses the tools of GitHub's own MCP server.
type GitHubMCPToolConfig struct {
	// EnableAllTools offers all of them, those that write too.
	EnableAllTools *bool `json:"enableAllTools,omitempty"`
	// AdditionalToolsets are sets of tools beside the usual ones.
	AdditionalToolsets []string `json:"additionalToolsets,omitzero"`
	// AdditionalTools are tools beside the usual ones.
	AdditionalTools []string `json:"additionalTools,omitzero"`
	// EnableInsidersMode chooses the server's preview.
	EnableInsidersMode *bool `json:"enableInsidersMode,omitempty"`
	// DisableFormDeferral has tools with a form act at once.
	DisableFormDeferral *bool `json:"disableFormDeferral,omitempty"`
}

package copilot

import (
	"encoding/json"
	"time"
)

// ConnectionState is how a client stands with its CLI.
type ConnectionState string

// The states of a connection.
const (
	// StateDisconnected: no CLI is running: never started, stopped, or gone by itself.
	StateDisconnected ConnectionState = "disconnected"
	// StateConnecting: the CLI is being started.
	StateConnecting ConnectionState = "connecting"
	// StateConnected: the CLI is running and has shaken hands.
	StateConnected ConnectionState = "connected"
	// StateError: the last start failed. Starting again is allowed.
	StateError ConnectionState = "error"
)

// connectionStates are the states by the library's number.
var connectionStates = [...]ConnectionState{StateDisconnected, StateConnecting, StateConnected, StateError}

// named is a state as items call it.
func named(state string) ConnectionState {
	if state == "failed" {
		return StateError
	}
	return ConnectionState(state)
}

// A StateChange tells that the connection is in another state now.
type StateChange struct {
	State, Previous ConnectionState
	// Err is why, where there is a reason: the CLI ended, or could not be started.
	Err error
}

// PingResponse is the server's echo.
type PingResponse struct {
	// Message repeats what was sent.
	Message string `json:"message"`
	// Timestamp is the server's time, as it gives it: milliseconds since 1970, or a text.
	Timestamp json.RawMessage `json:"timestamp"`
	// ProtocolVersion is the version of the protocol that the server speaks.
	ProtocolVersion int `json:"protocolVersion"`
}

// StatusResponse is what the server says of itself.
type StatusResponse struct {
	Version         string `json:"version"`
	ProtocolVersion int    `json:"protocolVersion"`
}

// AuthStatusResponse tells who is signed in.
type AuthStatusResponse struct {
	IsAuthenticated bool    `json:"isAuthenticated"`
	AuthType        *string `json:"authType,omitempty"`
	Host            *string `json:"host,omitempty"`
	Login           *string `json:"login,omitempty"`
	StatusMessage   *string `json:"statusMessage,omitempty"`
}

// SessionContext is where a session works.
type SessionContext struct {
	WorkingDirectory string `json:"cwd"`
	GitRoot          string `json:"gitRoot,omitempty"`
	Repository       string `json:"repository,omitempty"`
	Branch           string `json:"branch,omitempty"`
}

// SessionListFilter tells which sessions [Client.ListSessions] lists. What is empty does not count.
type SessionListFilter struct {
	WorkingDirectory string `json:"cwd,omitempty"`
	GitRoot          string `json:"gitRoot,omitempty"`
	Repository       string `json:"repository,omitempty"`
	Branch           string `json:"branch,omitempty"`
}

// SessionMetadata is what a list tells of a session.
type SessionMetadata struct {
	SessionID    string          `json:"sessionId"`
	StartTime    time.Time       `json:"startTime"`
	ModifiedTime time.Time       `json:"modifiedTime"`
	Summary      *string         `json:"summary,omitempty"`
	IsRemote     bool            `json:"isRemote"`
	Context      *SessionContext `json:"context,omitempty"`
}

// SessionCapabilities are what the server can do for a session.
type SessionCapabilities struct {
	UI *UICapabilities `json:"ui,omitempty"`
}

// UICapabilities are what the user of a session can be asked.
type UICapabilities struct {
	// Elicitation: forms can be shown.
	Elicitation bool `json:"elicitation,omitempty"`
	// MCPApps: applications of MCP servers can be shown.
	MCPApps bool `json:"mcpApps,omitempty"`
}

// SessionInfo is what is known of a session that is open: what the server said, as its events have changed it.
type SessionInfo struct {
	SessionID     string              `json:"sessionId"`
	WorkspacePath string              `json:"workspacePath"`
	Capabilities  SessionCapabilities `json:"capabilities"`
	Model         string              `json:"model"`
	RemoteURL     string              `json:"remoteUrl"`
	IsRemote      bool                `json:"isRemote"`
	OpenCanvases  []json.RawMessage   `json:"openCanvases"`
	// Raw is all of it.
	Raw json.RawMessage `json:"-"`
}

// Stats are what a client has done so far, in numbers. Raw has all of them: see copilot_client_stats() in copilot.h.
type Stats struct {
	Transport    string `json:"transport"`
	ProcessID    int    `json:"processId"`
	Starts       int64  `json:"starts"`
	Restarts     int64  `json:"restarts"`
	BytesIn      int64  `json:"bytesIn"`
	BytesOut     int64  `json:"bytesOut"`
	FramesIn     int64  `json:"framesIn"`
	FramesOut    int64  `json:"framesOut"`
	Events       int64  `json:"events"`
	Requests     int64  `json:"requests"`
	CallsPending int64  `json:"callsPending"`
	Sessions     int64  `json:"sessions"`
	// Waiting is how many bytes of events the handlers have not got to yet.
	Waiting int64           `json:"-"`
	Raw     json.RawMessage `json:"-"`
}

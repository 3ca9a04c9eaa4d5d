package copilot

import (
	"encoding/json"
	"errors"
	"strings"
)

// PermissionPolicy are rules that the library applies to permission requests before SessionConfig.OnPermissionRequest
// is asked: Deny before Ask before Allow. What no rule settles goes to the handler. Each verdict is an event of type
// permission.policy. It is no sandbox; docs/permissions.md of the library says what is promised.
type PermissionPolicy struct {
	// Deny rejects; the turn goes on.
	Deny []PolicyRule `json:"deny,omitzero"`
	// Ask goes to the handler, also where a rule allows it.
	Ask []PolicyRule `json:"ask,omitzero"`
	// Allow permits, this once.
	Allow []PolicyRule `json:"allow,omitzero"`
}

// PolicyRule is a rule of a [PermissionPolicy]. All that is set must hold; a rule that says nothing is an error.
type PolicyRule struct {
	// Kind is what the permission is wanted for. Without it a rule is for every kind that has what it names.
	Kind PermissionRequestKind
	// Command is how a command of the shell begins, such as "git status".
	Command string
	// CommandWords is the same as separate words, in place of Command.
	CommandWords []string
	// Exact says that the command has these words and no more.
	Exact bool
	// Path is a pattern that begins with "/", "~/" or "./", such as "./src/**".
	Path string
	// Host is a host, such as "api.example.com", "*.example.com" or "localhost:8080".
	Host string
	// Tool is the name of a tool; "*" stands for anything.
	Tool string
	// Server is the name of an MCP server; "*" stands for anything.
	Server string
	// ReadOnly is what the server says of the tool.
	ReadOnly *bool
	// Reason is a text for the model, where the rule denies, and for the event.
	Reason string
}

// MarshalJSON gives the rule as the library takes it. It fails for a rule with both Command and CommandWords.
func (r PolicyRule) MarshalJSON() ([]byte, error) {
	var command any
	switch {
	case r.Command != "" && r.CommandWords != nil:
		return nil, errors.New("a rule has Command and CommandWords; give it one of them")
	case r.Command != "":
		command = r.Command
	case r.CommandWords != nil:
		command = r.CommandWords
	}
	return json.Marshal(policyRuleOnWire{
		r.Kind, command, r.Exact, r.Path, r.Host, r.Tool, r.Server, r.ReadOnly, r.Reason,
	})
}

// UnmarshalJSON reads a rule as configuration files have it. A member that no rule has is an error.
func (r *PolicyRule) UnmarshalJSON(text []byte) error {
	var read policyRuleOnWire
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.DisallowUnknownFields()
	var words []string
	var line string
	read.Command = &commandOnWire{&line, &words}
	if err := decoder.Decode(&read); err != nil {
		return err
	}
	*r = PolicyRule{
		read.Kind, line, words, read.Exact, read.Path, read.Host, read.Tool, read.Server, read.ReadOnly, read.Reason,
	}
	return nil
}

// policyRuleOnWire is a rule in JSON.
type policyRuleOnWire struct {
	Kind     PermissionRequestKind `json:"kind,omitempty"`
	Command  any                   `json:"command,omitempty"`
	Exact    bool                  `json:"exact,omitempty"`
	Path     string                `json:"path,omitempty"`
	Host     string                `json:"host,omitempty"`
	Tool     string                `json:"tool,omitempty"`
	Server   string                `json:"server,omitempty"`
	ReadOnly *bool                 `json:"readOnly,omitempty"`
	Reason   string                `json:"reason,omitempty"`
}

// commandOnWire is a command in JSON: a text, or an array of words.
type commandOnWire struct {
	line  *string
	words *[]string
}

func (c *commandOnWire) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, c.line) == nil {
		return nil
	}
	return json.Unmarshal(text, c.words)
}

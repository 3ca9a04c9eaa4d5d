// Package environment has what all examples take from their environment.
package environment

import (
	"encoding/json"
	"fmt"
	"os"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

// Session is what COPILOT_SESSION_JSON says of a session, for instance a provider with a key of one's own. Without the
// variable the CLI chooses the model and uses its GitHub login.
func Session() (*copilot.SessionConfig, error) {
	config := new(copilot.SessionConfig)
	text := os.Getenv("COPILOT_SESSION_JSON")
	if text == "" {
		return config, nil
	}
	if err := json.Unmarshal([]byte(text), config); err != nil {
		return nil, fmt.Errorf("COPILOT_SESSION_JSON: %w", err)
	}
	return config, nil
}

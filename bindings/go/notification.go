package copilot

import "encoding/json"

// A Notification is what the server says of itself, and for which there is no event, such as "gitHubTelemetry.event".
type Notification struct {
	// Method is what it is about.
	Method string
	// Params are what it says.
	Params json.RawMessage
}

// A PolicyVerdict tells that a rule of [SessionConfig].PermissionPolicy has decided.
type PolicyVerdict struct {
	// SessionID is the session whose policy it was.
	SessionID string `json:"-"`
	// Decision is "allow", "deny" or "ask".
	Decision string `json:"decision"`
	// Rule is the place of the rule in the policy, such as "/allow/0".
	Rule string `json:"rule"`
	// Reason is the rule's, where it has one.
	Reason string `json:"reason,omitempty"`
	// RequestID is the id of the server's question, where it has one.
	RequestID string `json:"requestId,omitempty"`
	// PermissionRequest is what was asked.
	PermissionRequest PermissionRequest `json:"permissionRequest"`
}

// OnNotification has a function called for what the server says of itself. It runs as those of [Client.On] do.
func (c *Client) OnNotification(handler func(Notification)) func() {
	return c.onNotification.add(handler)
}

// OnPolicyVerdict has a function called when a rule of a session's policy has decided, and so no handler was asked. It
// runs as those of [Client.On] do.
func (c *Client) OnPolicyVerdict(handler func(PolicyVerdict)) func() {
	return c.onPolicyVerdict.add(handler)
}

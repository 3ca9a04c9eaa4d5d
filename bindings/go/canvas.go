package copilot

// CanvasDeclaration is a surface of the program that the agent can open. The requests about it, canvas.open,
// canvas.close and canvas.action.invoke, go to SessionConfig.RequestHandlers.
type CanvasDeclaration struct {
	// ID is what it is called, needed.
	ID string `json:"id"`
	// DisplayName is what users see, needed.
	DisplayName string `json:"displayName"`
	// Description says what it is good for, needed.
	Description string `json:"description"`
	// InputSchema is the JSON schema of what it is opened with.
	InputSchema map[string]any `json:"inputSchema,omitzero"`
	// Actions are what the agent can do with it.
	Actions []CanvasAction `json:"actions,omitzero"`
}

// CanvasAction is something that the agent can do with a canvas.
type CanvasAction struct {
	// Name is what it is called, needed.
	Name string `json:"name"`
	// Description says what it does.
	Description string `json:"description,omitempty"`
	// InputSchema is the JSON schema of its input.
	InputSchema map[string]any `json:"inputSchema,omitzero"`
}

// CanvasProviderIdentity says whose the canvases are.
type CanvasProviderIdentity struct {
	// ID stays the same from run to run, needed.
	ID string `json:"id"`
	// Name is what users see.
	Name *string `json:"name,omitempty"`
}

// ExtensionInfo says which extension the program is.
type ExtensionInfo struct {
	// Source is where it comes from, needed.
	Source string `json:"source"`
	// Name is what it is called, needed.
	Name string `json:"name"`
}

// OpenCanvasInstance is a canvas that was open when the session was left.
type OpenCanvasInstance struct {
	// InstanceID is the canvas that is open.
	InstanceID string `json:"instanceId"`
	// ExtensionID is whose it is.
	ExtensionID string `json:"extensionId"`
	// ExtensionName is what users call that.
	ExtensionName *string `json:"extensionName,omitempty"`
	// CanvasID is its declaration.
	CanvasID string `json:"canvasId"`
	// Icon is the path of its picture.
	Icon *string `json:"icon,omitempty"`
	// Title is its title.
	Title *string `json:"title,omitempty"`
	// Status is a text about its state.
	Status *string `json:"status,omitempty"`
	// URL is where it is shown.
	URL *string `json:"url,omitempty"`
	// Input is what it was opened with.
	Input any `json:"input,omitempty"`
}

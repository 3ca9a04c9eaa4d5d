package copilot

import "encoding/json"

// The sections of the system message. Newer servers have more.
const (
	SectionPreamble            = "preamble"
	SectionIdentity            = "identity"
	SectionTone                = "tone"
	SectionToolEfficiency      = "tool_efficiency"
	SectionEnvironmentContext  = "environment_context"
	SectionCodeChangeRules     = "code_change_rules"
	SectionGuidelines          = "guidelines"
	SectionSafety              = "safety"
	SectionToolInstructions    = "tool_instructions"
	SectionCustomInstructions  = "custom_instructions"
	SectionRuntimeInstructions = "runtime_instructions"
	SectionLastInstructions    = "last_instructions"
)

// SystemMessageConfig changes what the model is told at the beginning.
type SystemMessageConfig struct {
	// Mode is "append", which is the default and adds Content to the server's own message, "replace", which puts
	// Content in its place, or "customize", which changes the parts of it that Sections names.
	Mode string `json:"mode,omitempty"`
	// Content is your text.
	Content string `json:"content,omitempty"`
	// Sections are changes by the name of the section, such as [SectionTone].
	Sections map[string]SectionOverride `json:"sections,omitzero"`
}

// SectionOverrideAction is what becomes of a section.
type SectionOverrideAction string

// What may become of a section.
const (
	// SectionActionReplace puts Content in its place.
	SectionActionReplace SectionOverrideAction = "replace"
	// SectionActionRemove leaves it out.
	SectionActionRemove SectionOverrideAction = "remove"
	// SectionActionAppend adds Content at its end.
	SectionActionAppend SectionOverrideAction = "append"
	// SectionActionPrepend adds Content at its beginning.
	SectionActionPrepend SectionOverrideAction = "prepend"
	// SectionActionPreserve keeps it where a group that it belongs to is removed.
	SectionActionPreserve SectionOverrideAction = "preserve"
	// SectionActionTransform asks SectionOverride.Transform, which implies it.
	SectionActionTransform SectionOverrideAction = "transform"
)

// SectionTransformFn gets a section of the system message as it is and returns what it shall be. It runs on a
// goroutine of its own. An error or a panic leaves the section as it is.
type SectionTransformFn func(currentContent string) (string, error)

// SectionOverride changes a section of the system message.
type SectionOverride struct {
	// Action is what becomes of the section; not needed beside Transform.
	Action SectionOverrideAction `json:"action,omitempty"`
	// Content is the text for those actions that take one.
	Content string `json:"content,omitempty"`
	// Transform rewrites the section whenever the message is put together.
	Transform SectionTransformFn `json:"-"`
}

// MarshalJSON gives the change as the library takes it.
func (o SectionOverride) MarshalJSON() ([]byte, error) {
	type members SectionOverride
	if o.Transform != nil {
		o.Action = SectionActionTransform
	}
	return json.Marshal(members(o))
}

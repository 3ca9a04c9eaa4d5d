package copilot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// The inputs of hooks as JSON: their own members, and the time as a number of milliseconds.

// MarshalJSON writes the input as it is on the wire.
func (i PreToolUseHookInput) MarshalJSON() ([]byte, error) {
	type plain PreToolUseHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *PreToolUseHookInput) UnmarshalJSON(data []byte) error {
	type plain PreToolUseHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i PreMCPToolCallHookInput) MarshalJSON() ([]byte, error) {
	type plain PreMCPToolCallHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *PreMCPToolCallHookInput) UnmarshalJSON(data []byte) error {
	type plain PreMCPToolCallHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i PostToolUseHookInput) MarshalJSON() ([]byte, error) {
	type plain PostToolUseHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *PostToolUseHookInput) UnmarshalJSON(data []byte) error {
	type plain PostToolUseHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i PostToolUseFailureHookInput) MarshalJSON() ([]byte, error) {
	type plain PostToolUseFailureHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *PostToolUseFailureHookInput) UnmarshalJSON(data []byte) error {
	type plain PostToolUseFailureHookInput
	return unmarshalHookInput(data, &struct {
		*plain
		Error *errorText `json:"error"`
	}{(*plain)(i), (*errorText)(&i.Error)}, &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i UserPromptSubmittedHookInput) MarshalJSON() ([]byte, error) {
	type plain UserPromptSubmittedHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *UserPromptSubmittedHookInput) UnmarshalJSON(data []byte) error {
	type plain UserPromptSubmittedHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i UserPromptTransformedHookInput) MarshalJSON() ([]byte, error) {
	type plain UserPromptTransformedHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *UserPromptTransformedHookInput) UnmarshalJSON(data []byte) error {
	type plain UserPromptTransformedHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i SessionStartHookInput) MarshalJSON() ([]byte, error) {
	type plain SessionStartHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *SessionStartHookInput) UnmarshalJSON(data []byte) error {
	type plain SessionStartHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i SessionEndHookInput) MarshalJSON() ([]byte, error) {
	type plain SessionEndHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *SessionEndHookInput) UnmarshalJSON(data []byte) error {
	type plain SessionEndHookInput
	return unmarshalHookInput(data, &struct {
		*plain
		Error *errorText `json:"error"`
	}{(*plain)(i), (*errorText)(&i.Error)}, &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i ErrorOccurredHookInput) MarshalJSON() ([]byte, error) {
	type plain ErrorOccurredHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *ErrorOccurredHookInput) UnmarshalJSON(data []byte) error {
	type plain ErrorOccurredHookInput
	return unmarshalHookInput(data, &struct {
		*plain
		Error *errorText `json:"error"`
	}{(*plain)(i), (*errorText)(&i.Error)}, &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i AgentStopHookInput) MarshalJSON() ([]byte, error) {
	type plain AgentStopHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *AgentStopHookInput) UnmarshalJSON(data []byte) error {
	type plain AgentStopHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i SubagentStartHookInput) MarshalJSON() ([]byte, error) {
	type plain SubagentStartHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *SubagentStartHookInput) UnmarshalJSON(data []byte) error {
	type plain SubagentStartHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// MarshalJSON writes the input as it is on the wire.
func (i SubagentStopHookInput) MarshalJSON() ([]byte, error) {
	type plain SubagentStopHookInput
	return marshalHookInput(plain(i), i.HookInput)
}

// UnmarshalJSON reads the input as it is on the wire.
func (i *SubagentStopHookInput) UnmarshalJSON(data []byte) error {
	type plain SubagentStopHookInput
	return unmarshalHookInput(data, (*plain)(i), &i.HookInput)
}

// errorText is an error of the server's, which is a text or an object with a message.
type errorText string

// UnmarshalJSON reads either of the two.
func (e *errorText) UnmarshalJSON(data []byte) error {
	var described struct {
		Message string `json:"message"`
	}
	if data[0] == '{' {
		err := json.Unmarshal(data, &described)
		*e = errorText(described.Message)
		return err
	}
	return json.Unmarshal(data, (*string)(e))
}

// marshalHookInput puts the time before the members of an input; there is always one of these.
func marshalHookInput(plain any, input HookInput) ([]byte, error) {
	members, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	out := append([]byte(`{"timestamp":`), strconv.FormatInt(input.Timestamp.UnixMilli(), 10)...)
	return append(append(out, ','), members[1:]...), nil
}

// unmarshalHookInput reads the members of an input into plain, and what has another form in JSON into input. Some
// servers write the milliseconds with a fraction.
func unmarshalHookInput(data []byte, plain any, input *HookInput) error {
	if err := json.Unmarshal(data, plain); err != nil {
		return err
	}
	var at struct {
		Timestamp *float64 `json:"timestamp"`
	}
	if err := json.Unmarshal(data, &at); err != nil {
		return fmt.Errorf("timestamp: %w", err)
	}
	if at.Timestamp != nil {
		whole, fraction := math.Modf(*at.Timestamp)
		input.Timestamp = time.UnixMilli(int64(whole)).Add(time.Duration(fraction * float64(time.Millisecond)))
	}
	input.Raw = bytes.Clone(data)
	return nil
}

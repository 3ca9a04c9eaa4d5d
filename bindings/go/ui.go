package copilot

import (
	"context"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// SessionUI asks the user of a session: that of whichever client of the session answers elicitations, this program's
// OnElicitationRequest included. Where nobody does, there is nobody to ask ([Session.Capabilities]).
type SessionUI struct {
	session *Session
}

// UI asks the session's user.
func (s *Session) UI() *SessionUI { return &SessionUI{session: s} }

// Confirm asks a question with the answers yes and no. Declining is no.
func (ui *SessionUI) Confirm(ctx context.Context, message string) (bool, error) {
	const op = "SessionUI.Confirm"
	if err := plain(op, "the message", message); err != nil {
		return false, err
	}
	var yes bool
	err := ui.session.read(ctx, op, &yes, func(native *capi.Session) (*capi.Operation, error) { return native.Confirm(message) })
	return yes, err
}

// Select has one of several texts chosen. It reports false when none was.
func (ui *SessionUI) Select(ctx context.Context, message string, options []string) (string, bool, error) {
	const op = "SessionUI.Select"
	if options == nil {
		options = []string{}
	}
	return ui.text(ctx, op, message, options, (*capi.Session).Select)
}

// UIInputOptions tell how a text is asked for. What is empty does not count.
type UIInputOptions struct {
	// Title is the name of the field.
	Title string `json:"title,omitempty"`
	// Description is what belongs into it.
	Description string `json:"description,omitempty"`
	// MinLength and MaxLength are how long the text may be.
	MinLength *int `json:"minLength,omitempty"`
	MaxLength *int `json:"maxLength,omitempty"`
	// Format is "email", "uri", "date" or "date-time".
	Format string `json:"format,omitempty"`
	// Default is what stands in the field at the beginning.
	Default string `json:"default,omitempty"`
}

// Input asks for a text; the options may be nil. It reports false when the user gave none.
func (ui *SessionUI) Input(ctx context.Context, message string, options *UIInputOptions) (string, bool, error) {
	const op = "SessionUI.Input"
	if options == nil {
		options = &UIInputOptions{}
	}
	return ui.text(ctx, op, message, options, (*capi.Session).Input)
}

// text asks for something whose answer is a text or null.
func (ui *SessionUI) text(ctx context.Context, op, message string, options any,
	begin func(*capi.Session, string, string) (*capi.Operation, error)) (string, bool, error) {
	if err := plain(op, "the message", message); err != nil {
		return "", false, err
	}
	encoded, err := marshal(op, options)
	if err != nil {
		return "", false, err
	}
	var answer *string
	err = ui.session.read(ctx, op, &answer, func(native *capi.Session) (*capi.Operation, error) {
		return begin(native, message, encoded)
	})
	if err != nil || answer == nil {
		return "", false, err
	}
	return *answer, true, nil
}

// Elicitation shows a form and waits until somebody has answered it.
func (ui *SessionUI) Elicitation(ctx context.Context, message string, schema ElicitationSchema) (*ElicitationResult, error) {
	params := struct {
		Message string `json:"message"`
		Schema  any    `json:"requestedSchema"`
	}{message, struct {
		Type string `json:"type"`
		ElicitationSchema
	}{"object", schema}}
	var result ElicitationResult
	if err := ui.session.Call(ctx, "session.ui.elicitation", params, &result); err != nil {
		return nil, err
	}
	return &result, nil
}

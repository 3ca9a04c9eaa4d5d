package copilot

import (
	"context"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// SetModelOptions go with [Session.SetModel]. What is nil stays the server's choice.
type SetModelOptions struct {
	ReasoningEffort   *string           `json:"reasoningEffort,omitempty"`
	ReasoningSummary  *ReasoningSummary `json:"reasoningSummary,omitempty"`
	ContextTier       *ContextTier      `json:"contextTier,omitempty"`
	ModelCapabilities any               `json:"modelCapabilities,omitempty"`
}

// SetModel lets another model answer, from the next message on; the options may be nil.
func (s *Session) SetModel(ctx context.Context, model string, options *SetModelOptions) error {
	const op = "Session.SetModel"
	if err := plain(op, "the model", model); err != nil {
		return err
	}
	text := ""
	if options != nil {
		var err error
		if text, err = marshal(op, options); err != nil {
			return err
		}
	}
	return s.do(ctx, op, func(native *capi.Session) (*capi.Operation, error) { return native.SetModel(model, text) })
}

// SessionLogLevel is how bad a note is.
type SessionLogLevel string

// The levels of notes.
const (
	SessionLogLevelInfo    SessionLogLevel = "info"
	SessionLogLevelWarning SessionLogLevel = "warning"
	SessionLogLevelError   SessionLogLevel = "error"
)

// LogOptions go with [Session.Log].
type LogOptions struct {
	// Level is how bad it is; empty: info.
	Level SessionLogLevel `json:"level,omitempty"`
	// Ephemeral keeps the note out of the history.
	Ephemeral *bool `json:"ephemeral,omitempty"`
}

// Log puts a note into the session's history, as an event of type "session.info", "session.warning" or
// "session.error"; the options may be nil.
func (s *Session) Log(ctx context.Context, message string, options *LogOptions) error {
	if options == nil {
		options = &LogOptions{}
	}
	return s.Call(ctx, "session.log", struct {
		Message string `json:"message"`
		LogOptions
	}{message, *options}, nil)
}

// Reopen opens the session again on this very object: after the CLI went away, or its client was stopped and started.
// Subscriptions, tools and handlers stay what they were; what the old connection still had to say never comes.
func (s *Session) Reopen(ctx context.Context) error {
	const op = "Session.Reopen"
	if _, err := s.use(op); err != nil {
		return err
	}
	defer s.native.drop()
	s.begin()
	takeBack := s.client.enter(s)
	err := s.do(ctx, op, func(native *capi.Session) (*capi.Operation, error) { return native.Reopen(nil) })
	if err != nil {
		takeBack()
	}
	s.settle()
	return err
}

// SetTools gives the session these tools, all of them, in place of those that it has. Calls that were asked before go
// on with the old ones. CLIs before 1.0.85 cannot do it: [ErrUnsupported], or [ErrRPC].
func (s *Session) SetTools(ctx context.Context, tools []Tool) error {
	const op = "Session.SetTools"
	if _, err := s.use(op); err != nil {
		return err
	}
	defer s.native.drop()
	made, err := newHandlers(func() string { return s.SessionID }, &SessionConfig{Tools: tools})
	if err != nil {
		return failed(op, err)
	}
	config, err := encode(&SessionConfig{Tools: tools}, made)
	if err != nil {
		return failed(op, err)
	}
	defer config.Free()
	s.toolsChange.Lock()
	defer s.toolsChange.Unlock()
	s.mu.Lock()
	former := s.handlers
	// Both are there while the server is asked: its first call of a new tool may come before its consent is read.
	s.handlers = former.withTools(made, former)
	s.mu.Unlock()
	err = s.do(ctx, op, func(native *capi.Session) (*capi.Operation, error) { return native.SetTools(config) })
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handlers = former
	if err == nil {
		s.handlers = former.withTools(made)
	}
	return err
}

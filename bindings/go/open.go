package copilot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"runtime"
	"weak"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// CreateSession makes a session; a nil configuration is all defaults. The events of [SessionConfig].OnEvent are heard
// from the first one on. A configuration is good for any number of sessions.
func (c *Client) CreateSession(ctx context.Context, config *SessionConfig) (*Session, error) {
	const op = "Client.CreateSession"
	chosen := copied(config)
	if chosen.SessionID == "" && chosen.Cloud == nil {
		chosen.SessionID = newID()
	}
	return c.open(ctx, op, chosen.SessionID, chosen, func(native *capi.Client, config *capi.Config) (*capi.Operation, error) {
		return native.Create(config)
	})
}

// ResumeSession opens a session that was there before.
func (c *Client) ResumeSession(ctx context.Context, sessionID string, config *ResumeSessionConfig) (*Session, error) {
	const op = "Client.ResumeSession"
	if err := plain(op, "the session's id", sessionID); err != nil {
		return nil, err
	}
	return c.open(ctx, op, sessionID, copied(config), func(native *capi.Client, config *capi.Config) (*capi.Operation, error) {
		return native.Resume(sessionID, config)
	})
}

func copied(config *SessionConfig) *SessionConfig {
	if config == nil {
		return &SessionConfig{}
	}
	same := *config
	return &same
}

// open makes a session's object, lets it hear what comes, and has the server open it.
func (c *Client) open(ctx context.Context, op, id string, config *SessionConfig,
	begin func(*capi.Client, *capi.Config) (*capi.Operation, error)) (*Session, error) {
	native, err := c.use(op)
	if err != nil {
		return nil, err
	}
	defer c.native.drop()
	s := &Session{SessionID: id, client: c, native: &counted[*capi.Session]{free: (*capi.Session).Free}}
	s.line.hand = s.hand
	if s.handlers, err = newHandlers(func() string { return s.SessionID }, config); err != nil {
		return nil, failed(op, err)
	}
	s.handlers.report = c.report
	made, err := encode(config, s.handlers)
	if err != nil {
		return nil, failed(op, err)
	}
	defer made.Free()
	s.begin()
	if config.OnEvent != nil {
		s.subscribe(&subscription{decoded: config.OnEvent})
	}
	if config.OnRawEvent != nil {
		s.subscribe(&subscription{raw: config.OnRawEvent})
	}
	takeBack := c.enter(s)
	opened, err := run(ctx, c.delivery, op, func() (*capi.Operation, error) { return begin(native, made) },
		(*capi.Operation).Session)
	if err != nil {
		takeBack()
		s.end(nil)
		return nil, err
	}
	if named := opened.ID(); named != s.SessionID {
		takeBack()
		s.SessionID = named
		c.enter(s)
	}
	if !s.native.fill(opened) {
		return nil, refused(op, capi.Closed, "the client was closed meanwhile")
	}
	runtime.AddCleanup(s, forget, forgotten{weak.Make(c), s.SessionID, s.native})
	s.settle()
	return s, nil
}

// forgotten is what is left of a session that the garbage collector has found.
type forgotten struct {
	client weak.Pointer[Client]
	id     string
	native *counted[*capi.Session]
}

func forget(f forgotten) {
	if c := f.client.Value(); c != nil {
		c.mu.Lock()
		if m := c.sessions[f.id]; m != nil && m.session() == nil {
			delete(c.sessions, f.id)
		}
		c.mu.Unlock()
	}
	f.native.close()
}

// encode makes the library's configuration.
func encode(config *SessionConfig, answering *handlers) (*capi.Config, error) {
	text, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	made, err := capi.NewConfig(string(text))
	if err != nil {
		return nil, err
	}
	if err := register(made, answering); err != nil {
		made.Free()
		return nil, err
	}
	return made, nil
}

// register tells the library what has a handler.
func register(made *capi.Config, answering *handlers) error {
	tools, err := answering.toolDefinitions()
	if err != nil {
		return err
	}
	for _, tool := range tools {
		if err := made.AddTool(string(tool)); err != nil {
			return err
		}
	}
	for _, kind := range answering.kinds() {
		if err := made.OnRequest(int32(kind)); err != nil {
			return err
		}
	}
	for _, method := range answering.methods() {
		if err := made.OnMethod(method); err != nil {
			return err
		}
	}
	return nil
}

// newID is a random UUID. The session's object must be known by its id before the server tells of it.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

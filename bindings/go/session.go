package copilot

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// A Session is one conversation with the agent. Any number of goroutines may use it at the same time.
//
// [Session.Disconnect] lets go of it in good order, [Session.Close] without waiting; the server keeps its data either
// way, for [Client.ResumeSession]. A session that is forgotten is closed when the garbage collector finds it, but not
// while a turn is running or somebody has subscribed to its events.
type Session struct {
	// SessionID is the session's id. It is not changed.
	SessionID string

	client *Client
	native *counted[*capi.Session]
	line   line[letter]

	mu sync.Mutex
	// ctx is the parent of the contexts of handlers that answer the session's questions.
	ctx      context.Context
	cancel   context.CancelFunc
	handlers *handlers
	// running is set while a turn is.
	running bool

	// toolsChange is held while the server is told of other tools: one change at a time.
	toolsChange sync.Mutex

	subscriptions atomic.Pointer[[]*subscription]
}

// use gives the library's session to a caller who calls s.native.drop when he is done.
func (s *Session) use(op string) (*capi.Session, error) {
	if s == nil {
		return nil, refused(op, capi.InvalidArgument, "the session is nil; Client.CreateSession makes one")
	}
	native, open := s.native.use()
	if !open {
		return nil, refused(op, capi.Closed, "the session was closed")
	}
	return native, nil
}

// ask runs an operation that yields JSON.
func (s *Session) ask(ctx context.Context, op string, begin func(*capi.Session) (*capi.Operation, error)) ([]byte, error) {
	native, err := s.use(op)
	if err != nil {
		return nil, err
	}
	defer s.native.drop()
	// A session that nobody holds but its caller must hear its questions until the call has ended.
	defer runtime.KeepAlive(s)
	if _, err := s.client.use(op); err != nil {
		return nil, err
	}
	defer s.client.native.drop()
	return run(ctx, s.client.delivery, op, func() (*capi.Operation, error) { return begin(native) }, (*capi.Operation).Result)
}

// do runs an operation whose result does not matter.
func (s *Session) do(ctx context.Context, op string, begin func(*capi.Session) (*capi.Operation, error)) error {
	_, err := s.ask(ctx, op, begin)
	return err
}

// read runs an operation and reads what it yields.
func (s *Session) read(ctx context.Context, op string, into any, begin func(*capi.Session) (*capi.Operation, error)) error {
	text, err := s.ask(ctx, op, begin)
	if err != nil {
		return err
	}
	return unmarshal(op, text, into)
}

// WorkspacePath is where the session keeps its files; empty where it has none.
func (s *Session) WorkspacePath() string {
	native, err := s.use("Session.WorkspacePath")
	if err != nil {
		return ""
	}
	defer s.native.drop()
	return native.WorkspacePath()
}

// Info is what is known of the session at this moment.
func (s *Session) Info() (SessionInfo, error) {
	const op = "Session.Info"
	native, err := s.use(op)
	if err != nil {
		return SessionInfo{}, err
	}
	defer s.native.drop()
	text, err := native.Info()
	if err != nil {
		return SessionInfo{}, failed(op, err)
	}
	info := SessionInfo{Raw: text}
	return info, unmarshal(op, text, &info)
}

// Capabilities are what the server can do for this session.
func (s *Session) Capabilities() SessionCapabilities {
	info, _ := s.Info()
	return info.Capabilities
}

// Disconnect lets go of the session in good order. Its subscriptions end, and so do its iterators; every later call
// fails with [ErrClosed]. The server keeps its data.
func (s *Session) Disconnect(ctx context.Context) error {
	err := s.do(ctx, "Session.Disconnect", (*capi.Session).Disconnect)
	if s != nil {
		s.leave()
	}
	return err
}

// Close lets go of the session without waiting; in all else it is [Session.Disconnect]. It may be called more than
// once, and always returns nil.
func (s *Session) Close() error {
	if s != nil {
		s.leave()
	}
	return nil
}

// leave ends the session on this side.
func (s *Session) leave() {
	c := s.client
	c.mu.Lock()
	if m := c.sessions[s.SessionID]; m != nil && m.session() == s {
		delete(c.sessions, s.SessionID)
	}
	c.mu.Unlock()
	s.end(nil)
	s.native.close()
}

// begin gives the handlers' contexts a new parent. Those of before end.
func (s *Session) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cancel != nil {
		s.cancel()
	}
	s.ctx, s.cancel = context.WithCancel(s.client.ctx)
}

// end lets the handlers' contexts and the iterators end. Event handlers still get what came before.
func (s *Session) end(err error) {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.endPipes(err)
}

// answering are the handlers that answer the session's questions, and the parent of their contexts.
func (s *Session) answering() (context.Context, *handlers) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx, s.handlers
}

// busy notes whether a turn is running.
func (s *Session) busy(running bool) {
	s.mu.Lock()
	changed := s.running != running
	s.running = running
	s.mu.Unlock()
	if changed {
		s.settle()
	}
}

// messageID is the result of a send.
type messageID struct {
	MessageID string `json:"messageId"`
}

// Send sends a message and returns its id as soon as the server has taken it. What becomes of it comes as events, the
// last of which is "session.idle".
func (s *Session) Send(ctx context.Context, options MessageOptions) (string, error) {
	const op = "Session.Send"
	text, err := marshal(op, options)
	if err != nil {
		return "", err
	}
	if s != nil {
		s.busy(true)
	}
	var sent messageID
	err = s.read(ctx, op, &sent, func(native *capi.Session) (*capi.Operation, error) { return native.Send(text) })
	if err != nil && s != nil {
		s.busy(false)
	}
	return sent.MessageID, err
}

// SendPrompt sends a text.
func (s *Session) SendPrompt(ctx context.Context, prompt string) (string, error) {
	return s.Send(ctx, MessageOptions{Prompt: prompt})
}

// SendAndWait sends a message and waits until its turn is over. It returns the turn's last assistant message; nil when
// the turn ended without one. There is no limit of time but the context's. When that ends first the turn goes on at the
// server, unless [MessageOptions].AbortOnCancel says otherwise.
func (s *Session) SendAndWait(ctx context.Context, options MessageOptions) (*SessionEvent, error) {
	const op = "Session.SendAndWait"
	text, err := marshal(op, options)
	if err != nil {
		return nil, err
	}
	var answer struct {
		Event *SessionEvent `json:"event"`
	}
	err = s.read(ctx, op, &answer, func(native *capi.Session) (*capi.Operation, error) { return native.SendAndWait(text) })
	if err != nil {
		return nil, err
	}
	return answer.Event, nil
}

// SendPromptAndWait sends a text and waits for the answer, as [Session.SendAndWait] does.
func (s *Session) SendPromptAndWait(ctx context.Context, prompt string) (*SessionEvent, error) {
	return s.SendAndWait(ctx, MessageOptions{Prompt: prompt})
}

// Abort breaks the running turn off. The session can be used as before.
func (s *Session) Abort(ctx context.Context) error {
	return s.do(ctx, "Session.Abort", (*capi.Session).Abort)
}

// Messages asks for the session's history: the events that the server keeps, which deltas are not among.
func (s *Session) Messages(ctx context.Context) ([]SessionEvent, error) {
	var history struct {
		Events []SessionEvent `json:"events"`
	}
	err := s.read(ctx, "Session.Messages", &history, (*capi.Session).Messages)
	return history.Events, err
}

// Call calls a method of the server's for this session, as [Client.Call] does; the member "sessionId" is added.
func (s *Session) Call(ctx context.Context, method string, params, result any) error {
	const op = "Session.Call"
	text, err := marshal(op, params)
	if err != nil {
		return err
	}
	if err := plain(op, "the method", method); err != nil {
		return err
	}
	return s.read(ctx, op, result, func(native *capi.Session) (*capi.Operation, error) { return native.Call(method, text) })
}

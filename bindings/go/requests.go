package copilot

import (
	"context"
	"sync"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// answers are the questions of the server's that handlers are working on.
type answers struct {
	mu      sync.Mutex
	cancels map[uint64]context.CancelFunc
}

func (a *answers) add(id uint64, cancel context.CancelFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.cancels == nil {
		a.cancels = map[uint64]context.CancelFunc{}
	}
	a.cancels[id] = cancel
}

// cancel ends the handler's context: the question was withdrawn.
func (a *answers) cancel(id uint64) {
	a.mu.Lock()
	cancel := a.cancels[id]
	a.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

func (a *answers) remove(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.cancels, id)
}

// asked has a question of the server's answered, on a goroutine of its own. One that nobody answers gets the default of
// its kind.
func (c *Client) asked(request *capi.Request) {
	facts := request.Facts()
	parent, asking := c.ctx, c.handlers
	if session := c.session([]byte(facts.SessionID)); session != nil {
		parent, asking = session.answering()
	}
	ctx, cancel := context.WithCancel(parent)
	c.answers.add(facts.ID, cancel)
	go func() {
		defer request.Free()
		defer cancel()
		defer c.answers.remove(facts.ID)
		asking.serve(ctx, question{
			id:        facts.ID,
			kind:      requestKind(facts.Kind),
			method:    facts.Method,
			toolName:  facts.ToolName,
			sessionID: facts.SessionID,
			params:    facts.Params,
		}, func(answer reply) { c.reply(request, facts, answer) })
	}()
}

// reply sends the answer. One that the library refuses is a handler's mistake: the log tells of it, and the server
// gets the default.
func (c *Client) reply(request *capi.Request, facts capi.RequestFacts, reply reply) {
	var err error
	switch {
	case reply.declined:
		err = request.Decline()
	case reply.json != nil:
		err = request.Respond(string(reply.json))
	default:
		err = request.Fail(reply.failure)
	}
	if err == nil {
		return
	}
	switch codeOf(err) {
	case capi.Cancelled, capi.Closed, capi.Transport:
		return // nobody waits for it any more
	}
	c.report("an answer was refused", "method", facts.Method, "session", facts.SessionID, "error", err)
}

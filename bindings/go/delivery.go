package copilot

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"weak"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// A delivery is the way from the library's queue to the program's handlers. One goroutine takes what waits, a batch
// with each call, and hands it on without ever running a handler itself.
//
// That goroutine does not keep the client alive: between two batches it knows the queue and no more, so that a client
// which the program has forgotten is collected, and with it what the library holds.
type delivery struct {
	queue   *capi.Queue
	backlog *backlog

	mu sync.Mutex
	// ends are who waits for the end of an operation, by its number; early are operations that ended before.
	ends  map[uint64]chan struct{}
	early map[uint64]struct{}
	// closed is closed when nobody uses the queue any more but the goroutine that serves it.
	closed chan struct{}
}

func newDelivery(queue *capi.Queue, limit int64) *delivery {
	return &delivery{
		queue:   queue,
		backlog: newBacklog(limit),
		ends:    map[uint64]chan struct{}{},
		early:   map[uint64]struct{}{},
		closed:  make(chan struct{}),
	}
}

// serve runs until the queue is closed.
func (d *delivery) serve(to weak.Pointer[Client]) {
	defer d.free()
	batch := capi.NewBatch()
	defer batch.Free()
	types := map[string]SessionEventType{}
	for {
		count, code := batch.Take(d.queue)
		if code != capi.OK && code != capi.Cancelled {
			return // closed; nothing else can be
		}
		client := to.Value()
		for i := range count {
			d.route(client, batch.Item(i), types)
		}
		client = nil
		d.backlog.wait()
	}
}

// close ends the serving; what waits for handlers is still handed to them.
func (d *delivery) close() {
	d.backlog.close()
	d.queue.Close()
	close(d.closed)
}

// free lets go of the queue, when it is closed.
func (d *delivery) free() {
	<-d.closed
	d.queue.Free()
}

// route hands one item on. Without a client nobody is left to hear it.
func (d *delivery) route(client *Client, item capi.Item, types map[string]SessionEventType) {
	switch item.Kind {
	case capi.KindCompletion:
		d.ended(item.Operation)
	case capi.KindRequest:
		if client == nil {
			item.Request.Free()
			return
		}
		client.asked(item.Request)
	case capi.KindSession:
		if client != nil {
			client.happened(item, types)
		}
	default:
		if client != nil {
			client.told(item)
		}
	}
}

// ended wakes whoever waits for an operation.
func (d *delivery) ended(number uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if end, there := d.ends[number]; there {
		delete(d.ends, number)
		close(end)
	} else {
		d.early[number] = struct{}{}
	}
}

// await is closed when the operation has ended. It is asked for once.
func (d *delivery) await(number uint64) <-chan struct{} {
	end := make(chan struct{})
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, there := d.early[number]; there {
		delete(d.early, number)
		close(end)
	} else {
		d.ends[number] = end
	}
	return end
}

// run begins an operation, waits for its end, and takes what it yielded. When the context ends first, the operation is
// cancelled.
func run[T any](ctx context.Context, d *delivery, op string, begin func() (*capi.Operation, error),
	take func(*capi.Operation) (T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, ended(op, ctx)
	}
	d.backlog.begin()
	defer d.backlog.end()
	operation, err := begin()
	if err != nil {
		return none, failed(op, err)
	}
	defer operation.Free()
	end := d.await(operation.Number())
	select {
	case <-end:
	case <-ctx.Done():
		operation.Cancel()
		<-end
	}
	result, err := take(operation)
	if err != nil && ctx.Err() != nil && codeOf(err) == capi.Cancelled {
		return none, ended(op, ctx)
	}
	return result, failed(op, err)
}

// happened gives an event to those who have subscribed to its session.
func (c *Client) happened(item capi.Item, types map[string]SessionEventType) {
	session := c.session(item.SessionID)
	if session == nil {
		return
	}
	t, known := types[string(item.Type)]
	if !known {
		t = SessionEventType(item.Type)
		if len(types) < mostTypes {
			types[string(t)] = t
		}
	}
	session.deliver(t, item.JSON)
}

// mostTypes is as many texts of types as are kept; there are some hundred.
const mostTypes = 1024

// told hands on what concerns the connection.
func (c *Client) told(item capi.Item) {
	switch item.Kind {
	case capi.KindLifecycle:
		var event SessionLifecycleEvent
		if json.Unmarshal(item.JSON, &event) == nil {
			announce(c, "a handler of lifecycle events", &c.onLifecycle, event)
		}
	case capi.KindState:
		c.stateChanged(item.JSON)
	case capi.KindRequestCancelled:
		var withdrawn struct {
			Request uint64 `json:"request"`
		}
		if json.Unmarshal(item.JSON, &withdrawn) == nil {
			c.answers.cancel(withdrawn.Request)
		}
	case capi.KindNotification:
		told := Notification{Method: string(item.Type), Params: slices.Clone(item.JSON)}
		announce(c, "a handler of notifications", &c.onNotification, told)
	case capi.KindPolicy:
		verdict := PolicyVerdict{SessionID: string(item.SessionID)}
		if json.Unmarshal(item.JSON, &verdict) == nil {
			announce(c, "a handler of policy verdicts", &c.onPolicyVerdict, verdict)
		}
	case capi.KindOverflow:
		c.logger.Warn("copilot: so much was waiting that events were merged", "overflow", string(item.JSON))
	}
}

// stateChanged hands on that the connection is in another state. When it is lost, iterators end.
func (c *Client) stateChanged(text []byte) {
	var item struct {
		State    string `json:"state"`
		Previous string `json:"previous"`
		Reason   *struct {
			Code    capi.Code `json:"code"`
			Message string    `json:"message"`
		} `json:"reason"`
	}
	if json.Unmarshal(text, &item) != nil {
		return
	}
	change := StateChange{State: named(item.State), Previous: named(item.Previous)}
	if item.Reason != nil {
		change.Err = failed("Client", &capi.Failure{Code: item.Reason.Code, Message: item.Reason.Message})
	}
	if change.Previous == StateConnected && change.State != StateConnected {
		for _, session := range c.openSessions() {
			session.endPipes(change.Err)
		}
	}
	announce(c, "a handler of state changes", &c.onState, change)
}

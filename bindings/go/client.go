package copilot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"weak"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// A Client is a connection to one Copilot CLI, which it starts when it is first needed. Any number of goroutines may
// use it at the same time.
//
// [Client.Stop] ends the CLI in good order, [Client.Close] lets go of everything without waiting. A client that is
// forgotten instead is closed when the garbage collector finds it, but not while a handler of its is at work.
type Client struct {
	options  ClientOptions
	logger   *slog.Logger
	wrong    error
	native   *counted[*capi.Client]
	delivery *delivery

	// ctx is the parent of the contexts of handlers that belong to no session.
	ctx      context.Context
	cancel   context.CancelFunc
	handlers *handlers
	answers  answers
	control  line[func()]

	onLifecycle     listeners[SessionLifecycleEvent]
	onState         listeners[StateChange]
	onNotification  listeners[Notification]
	onPolicyVerdict listeners[PolicyVerdict]

	mu       sync.Mutex
	sessions map[string]*member
}

// stopPatience is how long a CLI may take to end before it is killed, where the program does not say.
const stopPatience = 10 * time.Second

// NewClient makes a client; nothing is started yet. Without options it starts the CLI that is installed. What is wrong
// with the options is the error of [Client.Start] and of every other call.
func NewClient(options *ClientOptions) *Client {
	c := &Client{sessions: map[string]*member{}}
	if options != nil {
		c.options = *options
	}
	c.logger = c.options.Logger
	if c.logger == nil {
		c.logger = slog.Default()
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.control.hand = func(f func()) { f() }
	if err := c.make(); err != nil {
		c.wrong = failed("NewClient", err)
	}
	return c
}

// make makes the library's client.
func (c *Client) make() error {
	if !capi.ABIFits() {
		return &capi.Failure{Code: capi.Unsupported, Message: "this program was built for libcopilot " +
			capi.HeaderVersion() + " and has loaded " + capi.LibraryVersion()}
	}
	options, err := c.options.encode()
	if err != nil {
		return err
	}
	c.handlers, err = newHandlers(func() string { return "" }, &SessionConfig{RequestHandlers: c.options.RequestHandlers})
	if err != nil {
		return err
	}
	c.handlers.report = c.report
	native, err := capi.NewClient(string(options))
	if err != nil {
		return err
	}
	for _, method := range c.handlers.methods() {
		if err := native.OnRequest(method); err != nil {
			native.Free()
			return err
		}
	}
	c.delivery = newDelivery(native.Queue(), c.options.QueueLimitBytes)
	delivery := c.delivery
	c.native = &counted[*capi.Client]{free: func(native *capi.Client) {
		native.Free()
		delivery.close()
	}}
	c.native.fill(native)
	go delivery.serve(weak.Make(c))
	runtime.AddCleanup(c, func(native *counted[*capi.Client]) { native.close() }, c.native)
	return nil
}

// report tells the logger what nobody else is told of, with names and values as slog takes them.
func (c *Client) report(message string, args ...any) { c.logger.Warn("copilot: "+message, args...) }

// guard runs a function of the program's whose panic must not end the process.
func (c *Client) guard(what string, f func()) {
	defer func() {
		if reason := recover(); reason != nil {
			c.logger.Error("copilot: "+what+" panicked", "panic", reason, "stack", string(debug.Stack()))
		}
	}()
	f()
}

// Start starts the CLI, or connects to the server, and shakes hands. Every call that needs the CLI does so by itself;
// this tells what is wrong at once. When the context ends first, the start goes on, and the next one joins it.
func (c *Client) Start(ctx context.Context) error {
	return c.do(ctx, "Client.Start", (*capi.Client).Start)
}

// Stop ends the CLI in good order: it lets go of every session and waits until the process has ended. A CLI that takes
// longer than ten seconds is killed; where the context has a deadline that counts instead, and when the context ends
// first the CLI is killed and the error says so. When Stop returns, the process is gone. Calls that are on their way
// fail with [ErrClosed]. A client that is not started is left as it is, and [Client.Start] starts it again.
func (c *Client) Stop(ctx context.Context) error {
	native, err := c.use("Client.Stop")
	if err != nil {
		return err
	}
	defer c.native.drop()
	defer c.release(func(s *Session) { s.end(nil) })
	patience := int32(stopPatience.Milliseconds())
	if _, limited := ctx.Deadline(); limited {
		patience = -1
	}
	give := context.AfterFunc(ctx, native.ForceStop)
	defer give()
	// The library's operation goes on when it is cancelled, so that only its own end tells that the process is gone.
	_, err = run(context.WithoutCancel(ctx), c.delivery, "Client.Stop",
		func() (*capi.Operation, error) { return native.Stop(patience) }, (*capi.Operation).Result)
	if ctx.Err() != nil {
		return ended("Client.Stop", ctx)
	}
	return err
}

// ForceStop kills the CLI now. Calls that are on their way fail with [ErrClosed].
func (c *Client) ForceStop() {
	native, err := c.use("Client.ForceStop")
	if err != nil {
		return
	}
	defer c.native.drop()
	native.ForceStop()
	c.release(func(s *Session) { s.end(nil) })
}

// Close lets go of the client and of all its sessions. It does not wait: the CLI ends in the background. Every later
// call, and those that are on their way, fail with [ErrClosed]. It may be called more than once, and always returns
// nil.
func (c *Client) Close() error {
	native, err := c.use("Client.Close")
	if err != nil {
		return nil
	}
	defer c.native.drop()
	if !c.native.close() {
		return nil
	}
	c.cancel()
	c.release(func(s *Session) { _ = s.Close() })
	if operation, err := native.Stop(int32(stopPatience.Milliseconds())); err == nil {
		operation.Free()
	}
	return nil
}

// State is how the client stands with its CLI at this moment.
func (c *Client) State() ConnectionState {
	native, err := c.use("Client.State")
	if err != nil {
		return StateDisconnected
	}
	defer c.native.drop()
	return connectionStates[native.State()]
}

// Stats are what the client has done so far, in numbers.
func (c *Client) Stats() (Stats, error) {
	native, err := c.use("Client.Stats")
	if err != nil {
		return Stats{}, err
	}
	defer c.native.drop()
	text, err := native.Stats()
	if err != nil {
		return Stats{}, failed("Client.Stats", err)
	}
	stats := Stats{Waiting: c.delivery.backlog.waiting(), Raw: text}
	return stats, failed("Client.Stats", json.Unmarshal(text, &stats))
}

// On has a function called for everything that happens to the sessions of the server, by whatever client. The
// functions run one after the other, on a goroutine that is none of the program's. What is returned ends it.
func (c *Client) On(handler SessionLifecycleHandler) func() {
	return c.onLifecycle.add(handler)
}

// OnEventType is [Client.On] for one type of event.
func (c *Client) OnEventType(eventType SessionLifecycleEventType, handler SessionLifecycleHandler) func() {
	if handler == nil {
		return func() {}
	}
	return c.onLifecycle.add(func(event SessionLifecycleEvent) {
		if event.Type == eventType {
			handler(event)
		}
	})
}

// OnState has a function called when the connection is in another state. It runs as those of [Client.On] do.
func (c *Client) OnState(handler func(StateChange)) func() {
	return c.onState.add(handler)
}

// use gives the library's client to a caller who calls c.native.drop when he is done.
func (c *Client) use(op string) (*capi.Client, error) {
	if c == nil {
		return nil, refused(op, capi.InvalidArgument, "the client is nil; NewClient makes one")
	}
	if c.wrong != nil {
		return nil, c.wrong
	}
	native, open := c.native.use()
	if !open {
		return nil, refused(op, capi.Closed, "the client was closed")
	}
	return native, nil
}

// do runs an operation that yields nothing.
func (c *Client) do(ctx context.Context, op string, begin func(*capi.Client) (*capi.Operation, error)) error {
	_, err := c.ask(ctx, op, begin)
	return err
}

// ask runs an operation that yields JSON.
func (c *Client) ask(ctx context.Context, op string, begin func(*capi.Client) (*capi.Operation, error)) ([]byte, error) {
	native, err := c.use(op)
	if err != nil {
		return nil, err
	}
	defer c.native.drop()
	defer runtime.KeepAlive(c)
	return run(ctx, c.delivery, op, func() (*capi.Operation, error) { return begin(native) }, (*capi.Operation).Result)
}

// read runs an operation and reads what it yields.
func (c *Client) read(ctx context.Context, op string, into any, begin func(*capi.Client) (*capi.Operation, error)) error {
	text, err := c.ask(ctx, op, begin)
	if err != nil {
		return err
	}
	return unmarshal(op, text, into)
}

// unmarshal reads what the server sent.
func unmarshal(op string, text []byte, into any) error {
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(text, into); err != nil {
		var mistaken *json.InvalidUnmarshalError
		if errors.As(err, &mistaken) {
			return refused(op, capi.InvalidArgument, "the result cannot be put there: %v", err)
		}
		return &Error{Code: Code(capi.Protocol), Op: op, Message: "what the server sent does not fit: " + err.Error(), cause: err}
	}
	return nil
}

// marshal is a value as JSON for the library; nil is the empty text.
func marshal(op string, value any) (string, error) {
	if value == nil {
		return "", nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "", failed(op, err)
	}
	return string(text), nil
}

// plain refuses texts that C would cut off.
func plain(op, what, text string) error {
	if strings.IndexByte(text, 0) >= 0 {
		return refused(op, capi.InvalidArgument, "%s has a NUL in it", what)
	}
	return nil
}

// codeOf is the library's code of a failure.
func codeOf(err error) capi.Code {
	var failure *capi.Failure
	if errors.As(err, &failure) {
		return failure.Code
	}
	return capi.OK
}

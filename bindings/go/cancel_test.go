package copilot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// blocking is a method that waits for the server, and the method of the wire that it calls.
type blocking struct {
	name, method string
	call         func(ctx context.Context, client *copilot.Client, session *copilot.Session) error
}

// drop makes an error of a call with a result.
func drop[T any](_ T, err error) error { return err }

var message = copilot.MessageOptions{Prompt: "go"}

var clientCalls = []blocking{
	{"Ping", "ping", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error { return drop(c.Ping(ctx, "x")) }},
	{"Status", "status.get", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error { return drop(c.Status(ctx)) }},
	{"AuthStatus", "auth.getStatus", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return drop(c.AuthStatus(ctx))
	}},
	{"Models", "models.list", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error { return drop(c.Models(ctx)) }},
	{"ListSessions", "session.list", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return drop(c.ListSessions(ctx, nil))
	}},
	{"DeleteSession", "session.delete", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return c.DeleteSession(ctx, "x")
	}},
	{"LastSessionID", "session.getLastId", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return drop(c.LastSessionID(ctx))
	}},
	{"ForegroundSessionID", "session.getForeground", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return drop(c.ForegroundSessionID(ctx))
	}},
	{"SetForegroundSessionID", "session.setForeground", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return c.SetForegroundSessionID(ctx, "x")
	}},
	{"CreateSession", "session.create", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return drop(c.CreateSession(ctx, &copilot.SessionConfig{}))
	}},
	{"ResumeSession", "session.resume", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return drop(c.ResumeSession(ctx, "x", nil))
	}},
	{"Client.Call", "tools.list", func(ctx context.Context, c *copilot.Client, _ *copilot.Session) error {
		return c.Call(ctx, "tools.list", nil, nil)
	}},
}

var sessionCalls = []blocking{
	{"Send", "session.send", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return drop(s.Send(ctx, message))
	}},
	{"SendPrompt", "session.send", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return drop(s.SendPrompt(ctx, "go"))
	}},
	{"SendAndWait", "session.send", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return drop(s.SendAndWait(ctx, message))
	}},
	{"SendPromptAndWait", "session.send", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return drop(s.SendPromptAndWait(ctx, "go"))
	}},
	{"Stream", "session.send", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		var last error
		for _, err := range s.Stream(ctx, message) {
			last = err
		}
		return last
	}},
	{"Abort", "session.abort", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error { return s.Abort(ctx) }},
	{"Messages", "session.getMessages", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return drop(s.Messages(ctx))
	}},
	{"SetModel", "session.model.switchTo", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return s.SetModel(ctx, "other", nil)
	}},
	{"Log", "session.log", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error { return s.Log(ctx, "x", nil) }},
	{"Session.Call", "session.mode.get", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error {
		return s.Call(ctx, "session.mode.get", nil, nil)
	}},
	{"Disconnect", "session.detach", func(ctx context.Context, _ *copilot.Client, s *copilot.Session) error { return s.Disconnect(ctx) }},
}

// eachCall runs a test for every method that waits for the server: with a client of its own, on which the method of
// the wire plays what is given, and a session where there can be one.
func eachCall(t *testing.T, plays any, run func(t *testing.T, c blocking, client *copilot.Client, session *copilot.Session, fake *bed.Fake)) {
	for _, call := range append(append([]blocking{}, clientCalls...), sessionCalls...) {
		t.Run(call.name, func(t *testing.T) {
			client, fake := startFake(t, bed.Script{"on": bed.Script{call.method: plays}})
			var session *copilot.Session
			if call.method != "session.create" {
				session = newSession(t, client, nil)
			}
			run(t, call, client, session, fake)
		})
	}
}

var hangs = bed.Script{"hang": true}

func TestAContextThatIsDoneSendsNothing(t *testing.T) {
	eachCall(t, hangs, func(t *testing.T, c blocking, client *copilot.Client, session *copilot.Session, fake *bed.Fake) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		wantError(t, c.call(ctx, client, session), context.Canceled, copilot.ErrCancelled)
		if c.name == "Disconnect" {
			return // the session is left all the same
		}
		past, cancelPast := context.WithDeadline(context.Background(), time.Unix(0, 0))
		defer cancelPast()
		wantError(t, c.call(past, client, session), context.DeadlineExceeded, copilot.ErrTimeout)
		if received := fake.Received(t, c.method); len(received) != 0 {
			t.Errorf("the server was sent %s %v", c.method, received)
		}
	})
}

func TestACallIsCancelledUnderWay(t *testing.T) {
	eachCall(t, hangs, func(t *testing.T, c blocking, client *copilot.Client, session *copilot.Session, fake *bed.Fake) {
		ctx, cancel := context.WithCancel(patient(t))
		done := begin(func() error { return c.call(ctx, client, session) })
		fake.AwaitCalls(t, c.method, 1)
		cancel()
		err := receive(t, done, "the cancelled call")
		wantError(t, err, context.Canceled, copilot.ErrCancelled)
		if errors.Is(err, copilot.ErrTimeout) {
			t.Errorf("it is no timeout: %v", err)
		}
	})
}

func TestACallEndsAtItsDeadline(t *testing.T) {
	eachCall(t, hangs, func(t *testing.T, c blocking, client *copilot.Client, session *copilot.Session, fake *bed.Fake) {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		err := receive(t, begin(func() error { return c.call(ctx, client, session) }), "the end at the deadline")
		wantError(t, err, context.DeadlineExceeded, copilot.ErrTimeout)
		if errors.Is(err, copilot.ErrCancelled) {
			t.Errorf("nobody cancelled: %v", err)
		}
		if client.State() != "connected" {
			t.Errorf("the client is %s", client.State())
		}
	})
}

func TestTheCLIDiesUnderACall(t *testing.T) {
	eachCall(t, bed.Script{"kill": 9}, func(t *testing.T, c blocking, client *copilot.Client, session *copilot.Session, _ *bed.Fake) {
		err := receive(t, begin(func() error { return c.call(patient(t), client, session) }), "the end of the call")
		if c.name == "Disconnect" {
			return // whose aim it is that there is no session: it may be content
		}
		wantError(t, err, copilot.ErrTransport)
		var failure *copilot.Error
		if !errors.As(err, &failure) || failure.Code.String() != "COPILOT_E_TRANSPORT" || failure.Op == "" {
			t.Errorf("%#v", err)
		}
	})
}

func TestACancelledStart(t *testing.T) {
	client, fake := newFake(t, bed.Script{"on": bed.Script{"connect": hangs}})
	ctx, cancel := context.WithCancel(patient(t))
	done := begin(func() error { return client.Start(ctx) })
	fake.AwaitCalls(t, "connect", 1)
	cancel()
	wantError(t, receive(t, done, "the cancelled start"), context.Canceled, copilot.ErrCancelled)
	short, cancelShort := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancelShort()
	wantError(t, client.Start(short), context.DeadlineExceeded, copilot.ErrTimeout)
}

func TestAStartThatIsDoneBeforeItBegins(t *testing.T) {
	client, fake := newFake(t, bed.Script{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	wantError(t, client.Start(ctx), context.Canceled, copilot.ErrCancelled)
	if fake.Starts(t) != 0 {
		t.Error("a process was started")
	}
	must(t, client.Start(patient(t)))
}

// A turn that is no longer waited for goes on, and the session can be used again.
func TestACancelledTurn(t *testing.T) {
	client, fake := startFake(t, turns([]any{bed.Script{"await_abort": true}}, []any{bed.Script{"text": "well"}}))
	session := newSession(t, client, nil)
	ctx, cancel := context.WithCancel(patient(t))
	done := begin(func() error { return drop(session.SendPromptAndWait(ctx, "go")) })
	fake.AwaitCalls(t, "session.send", 1)
	cancel()
	wantError(t, receive(t, done, "the cancelled turn"), context.Canceled)
	must(t, session.Abort(patient(t)))
	answer, err := session.SendPromptAndWait(patient(t), "again")
	must(t, err)
	if text, ok := answer.Data.(*copilot.AssistantMessageData); !ok || text.Content != "well" {
		t.Errorf("the answer is %s", answer.Raw)
	}
}

// The end of a context reaches a CLI that does not end by itself; Stop does not wait for it any longer.
func TestAStopThatIsGivenNoTime(t *testing.T) {
	for _, name := range []string{"cancelled", "deadline"} {
		t.Run(name, func(t *testing.T) {
			client, fake := startFake(t, bed.Script{
				"start": []any{bed.Script{"ignore_eof": true}, bed.Script{"ignore_sigterm": true}},
				"on":    bed.Script{"runtime.shutdown": hangs},
			})
			ctx, cancel := context.WithCancel(patient(t))
			target := context.Canceled
			if name == "deadline" {
				ctx, cancel = context.WithTimeout(patient(t), 50*time.Millisecond)
				target = context.DeadlineExceeded
			}
			defer cancel()
			done := begin(func() error { return client.Stop(ctx) })
			if name == "cancelled" {
				fake.AwaitCalls(t, "runtime.shutdown", 1)
				cancel()
			}
			if err := receive(t, done, "the end of Stop"); err != nil {
				wantError(t, err, target)
			}
			client.ForceStop()
			awaitGone(t, fake)
		})
	}
}

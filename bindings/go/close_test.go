package copilot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// An end of a client or a session: d and c are Disconnect and Close of the session, s, f and C are Stop, ForceStop and
// Close of the client.
func end(ctx context.Context, letter rune, client *copilot.Client, session *copilot.Session) error {
	switch letter {
	case 'd':
		return session.Disconnect(ctx)
	case 'c':
		return session.Close()
	case 's':
		return client.Stop(ctx)
	case 'f':
		client.ForceStop()
		return nil
	case 'C':
		return client.Close()
	}
	panic(letter)
}

// orders are all the orders of these letters.
func orders(letters string) []string {
	if len(letters) <= 1 {
		return []string{letters}
	}
	var found []string
	for i, letter := range letters {
		for _, rest := range orders(letters[:i] + letters[i+1:]) {
			found = append(found, string(letter)+rest)
		}
	}
	return found
}

func TestEndsInEveryOrder(t *testing.T) {
	for _, order := range append(orders("dcsfC"), "CC", "cc", "dd", "ss", "ff", "cCcC", "dcdc", "sCsC") {
		t.Run(order, func(t *testing.T) {
			client, fake := startFake(t, bed.Script{})
			session := newSession(t, client, nil)
			gone := false // after the first end: a later one may find that there is nothing to do
			for _, letter := range order {
				err := receive(t, begin(func() error { return end(patient(t), letter, client, session) }), string(letter))
				if err != nil && (!gone || !errors.Is(err, copilot.ErrClosed)) {
					t.Errorf("%c: %v", letter, err)
				}
				gone = true
			}
			if strings.ContainsAny(order, "sfC") {
				awaitGone(t, fake)
			}
		})
	}
}

func TestAfterCloseEverythingIsClosed(t *testing.T) {
	for _, call := range append(append([]blocking{}, clientCalls...), sessionCalls...) {
		t.Run(call.name, func(t *testing.T) {
			client, _ := startFake(t, bed.Script{})
			session := newSession(t, client, nil)
			must(t, client.Close())
			err := receive(t, begin(func() error { return call.call(patient(t), client, session) }), "a call after Close")
			if call.name == "Disconnect" && err == nil {
				return
			}
			wantError(t, err, copilot.ErrClosed)
		})
	}
	client, fake := startFake(t, bed.Script{})
	must(t, client.Close())
	wantError(t, client.Start(patient(t)), copilot.ErrClosed)
	if client.State() != "disconnected" {
		t.Errorf("the client is %s", client.State())
	}
	if fake.Starts(t) != 1 {
		t.Error("a closed client was started")
	}
	client.ForceStop()
	client.On(func(copilot.SessionLifecycleEvent) {})()
	client.OnState(func(copilot.StateChange) {})()
}

func TestAfterCloseASessionIsClosed(t *testing.T) {
	client, _ := startFake(t, bed.Script{})
	for _, how := range "dc" {
		for _, call := range sessionCalls {
			session := newSession(t, client, nil)
			must(t, end(patient(t), how, client, session))
			err := receive(t, begin(func() error { return call.call(patient(t), client, session) }), "a call after the end")
			if call.name == "Disconnect" && err == nil {
				continue
			}
			if !errors.Is(err, copilot.ErrClosed) {
				t.Errorf("%s after %c: %v", call.name, how, err)
			}
		}
	}
	session := newSession(t, client, nil)
	id := session.SessionID
	must(t, session.Close())
	session.On(func(copilot.SessionEvent) {})()
	for _, err := range session.Events(patient(t)) {
		wantError(t, err, copilot.ErrClosed)
	}
	for event := range session.EventChannel(patient(t)) {
		t.Errorf("an event of a closed session: %s", event.Raw)
	}
	if session.SessionID != id {
		t.Errorf("its id is %q", session.SessionID)
	}
	_ = session.WorkspacePath()
}

func TestCallsUnderWayEndWithTheClient(t *testing.T) {
	for _, letter := range "sfC" {
		t.Run(string(letter), func(t *testing.T) {
			client, fake := startFake(t, bed.Script{
				"on":    bed.Script{"ping": hangs},
				"turns": []any{[]any{bed.Script{"await_abort": true}}},
			})
			session := newSession(t, client, nil)
			ctx := patient(t)
			ping := begin(func() error { return drop(client.Ping(ctx, "x")) })
			turn := begin(func() error { return drop(session.SendPromptAndWait(ctx, "go")) })
			events := begin(func() error {
				var last error
				for _, err := range session.Events(ctx) {
					last = err
				}
				return last
			})
			fake.AwaitCalls(t, "ping", 1)
			fake.AwaitCalls(t, "session.send", 1)
			if err := end(ctx, letter, client, session); err != nil {
				t.Errorf("%c: %v", letter, err)
			}
			wantError(t, receive(t, ping, "the ping"), copilot.ErrClosed)
			// Stop lets the session go first, which may end its turn as an abort does.
			if err := receive(t, turn, "the turn"); letter != 's' || err != nil {
				wantError(t, err, copilot.ErrClosed)
			}
			if err := receive(t, events, "the iterator"); errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the iterator ended with %v", err)
			}
		})
	}
}

func TestEndsFromHandlers(t *testing.T) {
	for _, order := range []string{"d", "c", "s", "f", "C", "dcsfC", "Cfscd"} {
		t.Run(order, func(t *testing.T) {
			client, _ := startFake(t, turns(deltas(20)))
			session := newSession(t, client, nil)
			done := make(chan error, 1)
			var once sync.Once
			session.On(func(event copilot.SessionEvent) {
				if number(event) != 5 {
					return
				}
				once.Do(func() {
					var faults []error
					gone := false
					for _, letter := range order {
						if err := end(patient(t), letter, client, session); err != nil && (!gone || !errors.Is(err, copilot.ErrClosed)) {
							faults = append(faults, fmt.Errorf("%c: %w", letter, err))
						}
						gone = true
					}
					done <- errors.Join(faults...)
				})
			})
			if _, err := session.SendPrompt(patient(t), "go"); err != nil {
				wantError(t, err, copilot.ErrClosed)
			}
			must(t, receive(t, done, "the ends"))
		})
	}
}

func TestEndsFromAToolHandler(t *testing.T) {
	for _, order := range []string{"d", "c", "s", "f", "C"} {
		t.Run(order, func(t *testing.T) {
			client, fake := startFake(t, turns([]any{bed.Script{"tool": bed.Script{"name": "quit"}}}))
			var session *copilot.Session
			done, known := make(chan error, 1), make(chan struct{})
			session = newSession(t, client, &copilot.SessionConfig{
				OnPermissionRequest: copilot.PermissionHandler.ApproveAll,
				Tools: []copilot.Tool{{Name: "quit", Handler: func(copilot.ToolInvocation) (copilot.ToolResult, error) {
					<-known
					done <- end(patient(t), rune(order[0]), client, session)
					return copilot.ToolResult{TextResultForLLM: "gone"}, nil
				}}},
			})
			close(known)
			if _, err := session.SendPrompt(patient(t), "go"); err != nil {
				wantError(t, err, copilot.ErrClosed)
			}
			must(t, receive(t, done, "the end"))
			if strings.Contains("sfC", order) {
				awaitGone(t, fake)
			}
		})
	}
}

func TestEndsAtTheSameTime(t *testing.T) {
	for round := range 20 {
		client, fake := startFake(t, turns(deltas(50)))
		session := newSession(t, client, nil)
		session.On(func(copilot.SessionEvent) {})
		ctx := patient(t)
		var ends sync.WaitGroup
		begun := make(chan struct{})
		for _, letter := range "ddccssffCC" {
			spawn(&ends, func() {
				<-begun
				if err := end(ctx, letter, client, session); err != nil &&
					!errors.Is(err, copilot.ErrClosed) && !errors.Is(err, copilot.ErrCancelled) && !errors.Is(err, copilot.ErrTransport) {
					t.Errorf("round %d: %c: %v", round, letter, err)
				}
			})
		}
		spawn(&ends, func() {
			<-begun
			if _, err := session.SendPromptAndWait(ctx, "go"); errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("round %d: the turn: %v", round, err)
			}
		})
		close(begun)
		all(t, &ends, "the ends")
		awaitGone(t, fake)
	}
}

// After Stop a client can be used again; a session of before cannot.
func TestAStoppedClientStartsAgain(t *testing.T) {
	client, fake := startFake(t, bed.Script{})
	session := newSession(t, client, nil)
	must(t, client.Stop(patient(t)))
	if client.State() != "disconnected" {
		t.Errorf("the client is %s", client.State())
	}
	must(t, client.Start(patient(t)))
	if _, err := client.Ping(patient(t), "x"); err != nil {
		t.Error(err)
	}
	wantError(t, drop(session.SendPrompt(patient(t), "x")), copilot.ErrClosed)
	if fake.Starts(t) != 2 {
		t.Errorf("%d processes were started", fake.Starts(t))
	}
}

func TestAFirstCallStarts(t *testing.T) {
	client, fake := newFake(t, bed.Script{})
	var group sync.WaitGroup
	for range 10 {
		spawn(&group, func() {
			if _, err := client.Ping(patient(t), "x"); err != nil {
				t.Error(err)
			}
		})
	}
	all(t, &group, "the pings")
	if fake.Starts(t) != 1 {
		t.Errorf("%d processes were started", fake.Starts(t))
	}
}

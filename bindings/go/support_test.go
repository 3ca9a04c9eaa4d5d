package copilot_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// patient is a context far longer than anything takes, so that a hang fails instead of hanging.
func patient(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), bed.Patience)
	t.Cleanup(cancel)
	return ctx
}

// optionsOf are the options of a client that starts a fake runtime.
func optionsOf(fake *bed.Fake) *copilot.ClientOptions {
	return &copilot.ClientOptions{Connection: copilot.StdioConnection{Path: fake.Program}, Env: fake.Env()}
}

// newFake is a client of a fake runtime with this script, not yet started. It ends with the test.
func newFake(t testing.TB, script bed.Script, adjust ...func(*copilot.ClientOptions)) (*copilot.Client, *bed.Fake) {
	t.Helper()
	fake := bed.NewFake(t, script)
	options := optionsOf(fake)
	for _, change := range adjust {
		change(options)
	}
	client := copilot.NewClient(options)
	t.Cleanup(func() {
		client.ForceStop()
		client.Close()
	})
	return client, fake
}

// startFake is newFake, started.
func startFake(t testing.TB, script bed.Script, adjust ...func(*copilot.ClientOptions)) (*copilot.Client, *bed.Fake) {
	t.Helper()
	client, fake := newFake(t, script, adjust...)
	must(t, client.Start(patient(t)))
	return client, fake
}

// newSession makes a session that approves everything; nil is a plain one.
func newSession(t testing.TB, client *copilot.Client, config *copilot.SessionConfig) *copilot.Session {
	t.Helper()
	if config == nil {
		config = &copilot.SessionConfig{OnPermissionRequest: copilot.PermissionHandler.ApproveAll}
	}
	session, err := client.CreateSession(patient(t), config)
	must(t, err)
	return session
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantError demands an error that is each of these.
func wantError(t testing.TB, err error, targets ...error) {
	t.Helper()
	if err == nil {
		t.Errorf("there is no error, but %v was expected", targets)
		return
	}
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("it is not %v: %v", target, err)
		}
	}
}

// wantText demands a text with these parts.
func wantText(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in: %s", part, text)
		}
	}
}

// receive takes from a channel; what says what is waited for.
func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(bed.Patience):
		t.Fatalf("not within %v: %s", bed.Patience, what)
		panic("unreachable")
	}
}

// begin runs something on a goroutine of its own; its result can be received.
func begin[T any](work func() T) <-chan T {
	done := make(chan T, 1)
	go func() { done <- work() }()
	return done
}

// spawn runs something on a goroutine that a group waits for.
func spawn(group *sync.WaitGroup, work func()) {
	group.Add(1)
	go func() {
		defer group.Done()
		work()
	}()
}

// all waits for a group.
func all(t testing.TB, group *sync.WaitGroup, what string) {
	t.Helper()
	receive(t, begin(func() struct{} { group.Wait(); return struct{}{} }), what)
}

// delta is an action of the fake runtime: a piece of an answer that tells its number.
func delta(number int) bed.Script {
	return bed.Script{"event": bed.Script{
		"type": "assistant.message_delta", "ephemeral": true,
		"data": bed.Script{"messageId": "m", "deltaContent": strconv.Itoa(number)},
	}}
}

// deltas are so many of them, from 0.
func deltas(count int) []any {
	var actions []any
	for number := range count {
		actions = append(actions, delta(number))
	}
	return actions
}

// turns is a script in which every prompt of a session plays the next of these lists.
func turns(lists ...[]any) bed.Script { return bed.Script{"turns": lists} }

// number is what a delta tells, -1 for another event.
func number(event copilot.SessionEvent) int {
	piece, ok := event.Data.(*copilot.AssistantMessageDeltaData)
	if !ok {
		return -1
	}
	number, err := strconv.Atoi(piece.DeltaContent)
	if err != nil {
		return -1
	}
	return number
}

// counter demands that the deltas of one turn come in their order, and knows when the turn is over. It is for one
// goroutine at a time, as handlers are called.
type counter struct {
	t     testing.TB
	name  string
	count int
	next  int
	over  chan struct{}
	once  sync.Once
}

func newCounter(t testing.TB, name string, count int) *counter {
	return &counter{t: t, name: name, count: count, over: make(chan struct{})}
}

// hear takes an event, and says whether the turn goes on.
func (c *counter) hear(event copilot.SessionEvent) bool {
	switch event.Type() {
	case copilot.SessionEventTypeAssistantMessageDelta:
		if heard := number(event); heard != c.next {
			c.t.Errorf("%s: number %d came where %d was due", c.name, heard, c.next)
		}
		c.next++
	case copilot.SessionEventTypeSessionIdle:
		if c.next != c.count {
			c.t.Errorf("%s: %d of %d came", c.name, c.next, c.count)
		}
		c.once.Do(func() { close(c.over) })
		return false
	}
	return true
}

// finish waits for the turn's end.
func (c *counter) finish() {
	c.t.Helper()
	receive(c.t, c.over, c.name+": the end of the turn")
}

// awaitGone waits until no process of a fake runtime runs.
func awaitGone(t testing.TB, fake *bed.Fake) {
	t.Helper()
	bed.Soon(t, "the end of the CLI", func() bool {
		for _, pid := range fake.PIDs(t) {
			if isRunning(pid) {
				return false
			}
		}
		return true
	})
}

// isRunning tells whether a process is there. One that has ended and that nobody has asked about is not.
func isRunning(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "State:\tZ")
}

func ownModels(context.Context) ([]copilot.ModelInfo, error) {
	return []copilot.ModelInfo{{ID: "mine"}}, nil
}

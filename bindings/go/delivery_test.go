package copilot_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// Each session is heard in every way there is, and each way hears every delta in its order.
func TestAThousandSessionsLoseNothing(t *testing.T) {
	const sessions, pieces, creators = 1000, 200, 16
	client, _ := startFake(t, turns(deltas(pieces)))
	// Under the race detector, beside other work, it takes a minute.
	ctx, cancel := context.WithTimeout(context.Background(), 10*bed.Patience)
	defer cancel()
	var running sync.WaitGroup
	numbers := make(chan int)
	for range creators {
		spawn(&running, func() {
			for n := range numbers {
				if err := hearSession(ctx, t, client, n, pieces); err != nil {
					t.Errorf("session %d: %v", n, err)
					cancel()
				}
			}
		})
	}
	for n := range sessions {
		numbers <- n
	}
	close(numbers)
	running.Wait() // which the context bounds
}

func hearSession(ctx context.Context, t *testing.T, client *copilot.Client, n, pieces int) error {
	of := func(way string) *counter { return newCounter(t, fmt.Sprintf("session %d by %s", n, way), pieces) }
	config, first, second, typed, iterated, sent := of("config"), of("first"), of("second"), of("type"), of("iterator"), of("channel")
	session, err := client.CreateSession(ctx, &copilot.SessionConfig{
		OnPermissionRequest: copilot.PermissionHandler.ApproveAll,
		OnEvent:             func(event copilot.SessionEvent) { config.hear(event) },
	})
	if err != nil {
		return err
	}
	session.On(func(event copilot.SessionEvent) { first.hear(event) })
	session.On(func(event copilot.SessionEvent) { second.hear(event) })
	session.OnEventType(copilot.SessionEventTypeAssistantMessageDelta, func(event copilot.SessionEvent) {
		if typed.hear(event); typed.next == pieces {
			close(typed.over)
		}
	})
	events := session.Events(ctx)
	listening, leave := context.WithCancel(ctx)
	defer leave()
	channel := session.EventChannel(listening)
	if _, err := session.SendPrompt(ctx, "go"); err != nil {
		return err
	}
	for event, err := range events {
		if err != nil {
			return err
		}
		if !iterated.hear(event) {
			break
		}
	}
	for event := range channel {
		if !sent.hear(event) {
			break
		}
	}
	for _, way := range []*counter{config, first, second, typed, iterated, sent} {
		select {
		case <-way.over:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", way.name, ctx.Err())
		}
	}
	return session.Disconnect(ctx)
}

func TestABurstArrivesWhole(t *testing.T) {
	const pieces = 50_000
	client, _ := startFake(t, turns([]any{bed.Script{"burst": bed.Script{"count": pieces, "size": 8}}}))
	session := newSession(t, client, nil)
	heard := 0
	over := make(chan struct{})
	session.OnRaw(func(event copilot.RawEvent) {
		switch event.Type {
		case copilot.SessionEventTypeAssistantMessageDelta:
			heard++
		case copilot.SessionEventTypeSessionIdle:
			close(over)
		}
	})
	_, err := session.SendPrompt(patient(t), "go")
	must(t, err)
	receive(t, over, "the end of the turn")
	if heard != pieces {
		t.Errorf("%d of %d came", heard, pieces)
	}
}

// A handler that does not return holds up nothing but itself, and misses nothing.
func TestAHandlerThatStandsStillHoldsUpNobodyElse(t *testing.T) {
	client, _ := startFake(t, turns(deltas(300)))
	slow, other := newSession(t, client, nil), newSession(t, client, nil)
	stands, goes := make(chan struct{}), make(chan struct{})
	late, brisk := newCounter(t, "the slow session", 300), newCounter(t, "the other session", 300)
	var once sync.Once
	slow.On(func(event copilot.SessionEvent) {
		once.Do(func() {
			close(stands)
			<-goes
		})
		late.hear(event)
	})
	other.On(func(event copilot.SessionEvent) { brisk.hear(event) })
	ctx := patient(t)
	_, err := slow.SendPrompt(ctx, "go")
	must(t, err)
	receive(t, stands, "the slow handler's first event")
	_, err = other.SendPrompt(ctx, "go")
	must(t, err)
	brisk.finish()
	// Calls go on too, those of the slow session among them.
	if _, err := client.Ping(ctx, "hello"); err != nil {
		t.Error(err)
	}
	if _, err := slow.Messages(ctx); err != nil {
		t.Error(err)
	}
	close(goes)
	late.finish()
}

// A handler may wait for calls of its own session.
func TestHandlersCallTheirSession(t *testing.T) {
	client, _ := startFake(t, turns(deltas(3), deltas(3)))
	session := newSession(t, client, nil)
	done := make(chan error, 1)
	var once sync.Once
	session.On(func(event copilot.SessionEvent) {
		if event.Type() != copilot.SessionEventTypeSessionIdle {
			return
		}
		once.Do(func() {
			_, err := session.SendPromptAndWait(patient(t), "again")
			done <- err
		})
	})
	_, err := session.SendPrompt(patient(t), "go")
	must(t, err)
	must(t, receive(t, done, "the second turn"))
}

func TestAnIteratorIsLeftInTheMiddle(t *testing.T) {
	client, _ := startFake(t, turns(deltas(200)))
	session := newSession(t, client, nil)
	ctx := patient(t)
	whole := newCounter(t, "the handler", 200)
	session.On(func(event copilot.SessionEvent) { whole.hear(event) })
	var iterators []func()
	for n := range 20 {
		events := session.Events(ctx)
		iterators = append(iterators, func() {
			left := 10 * n
			for event, err := range events {
				must(t, err)
				if number(event) >= left || event.Type() == copilot.SessionEventTypeSessionIdle {
					break
				}
			}
		})
	}
	_, err := session.SendPrompt(ctx, "go")
	must(t, err)
	for _, iterate := range iterators {
		iterate()
	}
	whole.finish()
}

// Between the call of Events and the loop nothing is lost.
func TestEventsAreSubscribedFromTheCallOn(t *testing.T) {
	client, _ := startFake(t, turns(deltas(100)))
	session := newSession(t, client, nil)
	ctx := patient(t)
	events := session.Events(ctx)
	_, err := session.SendPromptAndWait(ctx, "go")
	must(t, err)
	heard := newCounter(t, "the iterator", 100)
	for event, err := range events {
		must(t, err)
		if !heard.hear(event) {
			break
		}
	}
	heard.finish()
}

func TestAnIteratorEndsWithItsContext(t *testing.T) {
	client, _ := startFake(t, bed.Script{})
	session := newSession(t, client, nil)
	ctx, cancel := context.WithCancel(patient(t))
	events := session.Events(ctx)
	cancel()
	var last error
	for _, err := range events {
		last = err
	}
	wantError(t, last, context.Canceled)
}

func TestAnIteratorEndsWithTheConnection(t *testing.T) {
	client, _ := startFake(t, turns([]any{delta(0), bed.Script{"exit": 3}}))
	session := newSession(t, client, nil)
	events := session.Events(patient(t))
	_, err := session.SendPrompt(patient(t), "go")
	if err != nil {
		wantError(t, err, copilot.ErrTransport)
	}
	last := receive(t, begin(func() error {
		var last error
		for _, err := range events {
			last = err
		}
		return last
	}), "the iterator's end")
	if last == nil || errors.Is(last, context.DeadlineExceeded) {
		t.Errorf("it ended with %v", last)
	}
}

func TestAChannelWaitsForItsReader(t *testing.T) {
	client, _ := startFake(t, turns(deltas(2000)))
	session := newSession(t, client, nil)
	ctx, cancel := context.WithCancel(patient(t))
	channel := session.EventChannel(ctx)
	_, err := session.SendPromptAndWait(ctx, "go")
	must(t, err)
	heard := newCounter(t, "the channel", 2000)
	for heard.hear(receive(t, channel, "an event")) {
	}
	cancel()
	receive(t, begin(func() int {
		rest := 0
		for range channel {
			rest++
		}
		return rest
	}), "the channel's end")
}

func TestAnUnreadChannelIsLeft(t *testing.T) {
	client, _ := startFake(t, turns(deltas(500)))
	session := newSession(t, client, nil)
	ctx, cancel := context.WithCancel(patient(t))
	session.EventChannel(ctx)
	_, err := session.SendPromptAndWait(patient(t), "go")
	must(t, err)
	cancel() // TestMain sees whether a goroutine stays
}

func TestAStreamHasTheTurn(t *testing.T) {
	client, _ := startFake(t, turns(deltas(200), deltas(200), deltas(1)))
	session := newSession(t, client, nil)
	ctx := patient(t)
	for n := range 2 {
		next := 0
		for event, err := range session.Stream(ctx, copilot.MessageOptions{Prompt: "go"}) {
			must(t, err)
			if heard := number(event); heard == next {
				next++
			} else if heard >= 0 {
				t.Fatalf("turn %d: number %d came where %d was due", n, heard, next)
			}
		}
		if next != 200 {
			t.Errorf("turn %d: %d of 200 came", n, next)
		}
	}
	for _, err := range session.Stream(ctx, copilot.MessageOptions{Prompt: "left"}) {
		must(t, err)
		break
	}
}

func TestAHandlerThatLeftHearsNothing(t *testing.T) {
	client, _ := startFake(t, turns(deltas(50), deltas(50)))
	session := newSession(t, client, nil)
	var leave func()
	var heard atomic.Int32
	leave = session.On(func(event copilot.SessionEvent) {
		if number(event) >= 0 && heard.Add(1) == 10 {
			leave()
			leave()
		}
	})
	whole := newCounter(t, "the other handler", 50)
	session.On(func(event copilot.SessionEvent) { whole.hear(event) })
	_, err := session.SendPrompt(patient(t), "go")
	must(t, err)
	whole.finish()
	if count := heard.Load(); count != 10 {
		t.Errorf("it heard %d", count)
	}
}

package copilot_test

import (
	"context"
	"runtime"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// collected waits until the library has so many objects.
func collected(t *testing.T, what string, count int64) {
	t.Helper()
	bed.Soon(t, what, func() bool {
		runtime.GC()
		return capi.LiveObjects() <= count
	})
}

// dropped makes a client that nobody closes, and lets the caller use it. What it makes is not referred to any more when
// it returns.
//
//go:noinline
func dropped(t *testing.T, script bed.Script, use func(client *copilot.Client, fake *bed.Fake)) *bed.Fake {
	t.Helper()
	fake := bed.NewFake(t, script)
	client := copilot.NewClient(optionsOf(fake))
	must(t, client.Start(patient(t)))
	use(client, fake)
	return fake
}

func TestWhatIsDroppedIsCollected(t *testing.T) {
	sent := func(t *testing.T, session *copilot.Session) {
		_, err := session.SendPrompt(patient(t), "go")
		must(t, err)
	}
	for name, c := range map[string]struct {
		script bed.Script
		use    func(t *testing.T, client *copilot.Client, fake *bed.Fake)
	}{
		"a client": {bed.Script{}, func(*testing.T, *copilot.Client, *bed.Fake) {}},
		"a session": {bed.Script{}, func(t *testing.T, client *copilot.Client, _ *bed.Fake) {
			newSession(t, client, nil)
		}},
		"a session that hears itself": {turns(deltas(3)), func(t *testing.T, client *copilot.Client, _ *bed.Fake) {
			session := newSession(t, client, nil)
			session.On(func(copilot.SessionEvent) { _ = session.SessionID })
			_, err := session.SendPromptAndWait(patient(t), "go")
			must(t, err)
		}},
		"events that nobody read": {turns(deltas(3)), func(t *testing.T, client *copilot.Client, _ *bed.Fake) {
			session := newSession(t, client, nil)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			session.Events(ctx)
			_, err := session.SendPromptAndWait(patient(t), "go")
			must(t, err)
		}},
		"a turn under way": {turns([]any{bed.Script{"await_abort": true}}), func(t *testing.T, client *copilot.Client, _ *bed.Fake) {
			sent(t, newSession(t, client, nil))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			collected(t, "what was there before", 0)
			fake := dropped(t, c.script, func(client *copilot.Client, fake *bed.Fake) { c.use(t, client, fake) })
			collected(t, name, 0)
			awaitGone(t, fake)
		})
	}
}

// A handler that is at work keeps its client; when it is done nothing does.
func TestAHandlerAtWorkKeepsItsClient(t *testing.T) {
	collected(t, "what was there before", 0)
	called, release := make(chan struct{}), make(chan struct{})
	fake := dropped(t, turns([]any{bed.Script{"tool": bed.Script{"name": "slow"}}}), func(client *copilot.Client, _ *bed.Fake) {
		session := newSession(t, client, &copilot.SessionConfig{Tools: []copilot.Tool{{
			Name: "slow",
			Handler: func(copilot.ToolInvocation) (copilot.ToolResult, error) {
				close(called)
				<-release
				return copilot.ToolResult{TextResultForLLM: "late"}, nil
			},
		}}})
		_, err := session.SendPrompt(patient(t), "go")
		must(t, err)
		receive(t, called, "the tool's call")
	})
	runtime.GC()
	close(release)
	fake.Await(t, "the tool's answer", func(record bed.FakeRecord) bool { return record["answered"] == "tool" })
	collected(t, "the client", 0)
	awaitGone(t, fake)
}

// A session that nobody holds but the call that waits for its turn has all its handlers until the turn is over.
func TestASessionLivesThroughItsCall(t *testing.T) {
	look := bed.Script{"tool": bed.Script{"name": "look"}}
	client, fake := startFake(t, turns([]any{look, look, look, bed.Script{"text": "seen"}}))
	answer, err := newSession(t, client, &copilot.SessionConfig{Tools: []copilot.Tool{{
		Name: "look",
		Handler: func(copilot.ToolInvocation) (copilot.ToolResult, error) {
			for range 3 {
				runtime.GC()
			}
			return copilot.ToolResult{TextResultForLLM: "sky"}, nil
		},
	}}}).SendPromptAndWait(patient(t), "go")
	must(t, err)
	wantText(t, string(answer.Raw), "seen")
	for _, answer := range fake.Answers(t, "tool") {
		wantAnswer(t, answer, bed.Script{"/result/textResultForLlm": "sky"})
	}
}

func TestADroppedSessionLeavesItsClient(t *testing.T) {
	client, fake := startFake(t, bed.Script{})
	must(t, drop(client.Ping(patient(t), "x")))
	runtime.GC()
	before := capi.LiveObjects()
	for range 10 {
		newSession(t, client, nil)
	}
	collected(t, "the sessions", before)
	bed.Soon(t, "the server's sessions", func() bool { return len(fake.Received(t, "session.detach")) == 10 })
	must(t, drop(client.Ping(patient(t), "y")))
}

func TestNothingPilesUp(t *testing.T) {
	client, _ := startFake(t, bed.Script{})
	session := newSession(t, client, nil)
	round := func() {
		must(t, drop(client.Ping(patient(t), "x")))
		must(t, drop(session.SendPromptAndWait(patient(t), "go")))
		must(t, drop(session.Messages(patient(t))))
		other := newSession(t, client, nil)
		must(t, other.Disconnect(patient(t)))
	}
	round()
	before := capi.LiveObjects()
	goroutines := runtime.NumGoroutine()
	for range 50 {
		round()
	}
	collected(t, "the objects of fifty rounds", before)
	bed.Soon(t, "the goroutines of fifty rounds", func() bool { return runtime.NumGoroutine() <= goroutines+5 })
}

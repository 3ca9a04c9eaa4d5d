package copilot_test

import (
	"context"
	"errors"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// patientTool is a tool that waits until its call is withdrawn, and tells how its context ended.
func patientTool(called chan<- struct{}, ended chan<- error) copilot.Tool {
	return copilot.Tool{Name: "slow", Handler: func(invocation copilot.ToolInvocation) (copilot.ToolResult, error) {
		called <- struct{}{}
		<-invocation.Context().Done()
		ended <- invocation.Context().Err()
		return copilot.ToolResult{}, invocation.Context().Err()
	}}
}

// The context of a tool's call ends when nobody waits for its result, whatever the reason is.
func TestTheContextOfACall(t *testing.T) {
	slow := bed.Script{"tool": bed.Script{"name": "slow"}}
	for name, c := range map[string]struct {
		script bed.Script
		end    func(t *testing.T, client *copilot.Client, session *copilot.Session, fake *bed.Fake) error
	}{
		"another client answers": {
			bed.Script{
				"turns": []any{[]any{
					bed.Script{"event": bed.Script{"type": "external_tool.requested", "data": bed.Script{
						"requestId": "r", "toolCallId": "c", "toolName": "slow", "arguments": bed.Script{},
					}}},
					bed.Script{"await_abort": true},
				}},
				"on": bed.Script{"ping": []any{
					bed.Script{"event": bed.Script{"type": "external_tool.completed", "data": bed.Script{"requestId": "r"}}},
					bed.Script{"builtin": true},
				}},
			},
			func(t *testing.T, client *copilot.Client, _ *copilot.Session, _ *bed.Fake) error {
				return drop(client.Ping(patient(t), "x"))
			},
		},
		"the turn is aborted": {turns([]any{slow}), func(t *testing.T, _ *copilot.Client, s *copilot.Session, _ *bed.Fake) error {
			return s.Abort(patient(t))
		}},
		"the session is left": {turns([]any{slow}), func(t *testing.T, _ *copilot.Client, s *copilot.Session, _ *bed.Fake) error {
			return s.Disconnect(patient(t))
		}},
		"the session is closed": {turns([]any{slow}), func(_ *testing.T, _ *copilot.Client, s *copilot.Session, _ *bed.Fake) error {
			return s.Close()
		}},
		"the client stops": {turns([]any{slow}), func(t *testing.T, client *copilot.Client, _ *copilot.Session, _ *bed.Fake) error {
			return client.Stop(patient(t))
		}},
		"the client is closed": {turns([]any{slow}), func(_ *testing.T, client *copilot.Client, _ *copilot.Session, _ *bed.Fake) error {
			return client.Close()
		}},
		"the CLI dies": {turns([]any{slow}), func(t *testing.T, client *copilot.Client, _ *copilot.Session, fake *bed.Fake) error {
			dead(t, client, fake)
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			called, ended := make(chan struct{}, 1), make(chan error, 1)
			client, fake := startFake(t, c.script)
			session := newSession(t, client, &copilot.SessionConfig{Tools: []copilot.Tool{patientTool(called, ended)}})
			if _, err := session.SendPrompt(patient(t), "go"); err != nil {
				t.Fatal(err)
			}
			receive(t, called, "the call")
			must(t, c.end(t, client, session, fake))
			if err := receive(t, ended, "the end of the context"); !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// Handlers of different questions of a session run beside each other.
func TestHandlersRunBesideEachOther(t *testing.T) {
	const calls = 8
	var asked []any
	for range calls {
		asked = append(asked, bed.Script{"name": "meet"})
	}
	client, fake := startFake(t, turns([]any{bed.Script{"tool": asked}, bed.Script{"text": "met"}}))
	arrived, leave := make(chan struct{}, calls), make(chan struct{})
	session := newSession(t, client, &copilot.SessionConfig{Tools: []copilot.Tool{{
		Name: "meet",
		Handler: func(invocation copilot.ToolInvocation) (copilot.ToolResult, error) {
			arrived <- struct{}{}
			select {
			case <-leave:
				return copilot.ToolResult{TextResultForLLM: "met"}, nil
			case <-invocation.Context().Done():
				return copilot.ToolResult{}, invocation.Context().Err()
			}
		},
	}}})
	done := begin(func() error { return drop(session.SendPromptAndWait(patient(t), "go")) })
	for range calls {
		receive(t, arrived, "a call that waits beside the others")
	}
	close(leave)
	must(t, receive(t, done, "the turn"))
	if answers := fake.Answers(t, "tool"); len(answers) != calls {
		t.Errorf("%d of %d calls were answered", len(answers), calls)
	}
}

// The tools of a session can be others later.
func TestOtherTools(t *testing.T) {
	tool := func(name string) copilot.Tool {
		return copilot.Tool{Name: name, Handler: func(copilot.ToolInvocation) (copilot.ToolResult, error) {
			return copilot.ToolResult{TextResultForLLM: name}, nil
		}}
	}
	call := func(name string) []any {
		return []any{bed.Script{"tool": bed.Script{"name": name}}, bed.Script{"text": "ok"}}
	}
	client, fake := startFake(t, turns(call("old"), call("new")))
	session := newSession(t, client, &copilot.SessionConfig{Tools: []copilot.Tool{tool("old")}})
	must(t, drop(session.SendPromptAndWait(patient(t), "go")))
	must(t, session.SetTools(patient(t), []copilot.Tool{tool("new")}))
	must(t, drop(session.SendPromptAndWait(patient(t), "go")))
	answers := fake.Answers(t, "tool")
	if len(answers) != 2 {
		t.Fatalf("%v", answers)
	}
	wantAnswer(t, answers[0], bed.Script{"/result/textResultForLlm": "old"})
	wantAnswer(t, answers[1], bed.Script{"/result/textResultForLlm": "new"})
	wantError(t, session.SetTools(patient(t), []copilot.Tool{{}}), copilot.ErrInvalidArgument)
}

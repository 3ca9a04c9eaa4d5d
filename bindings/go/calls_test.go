package copilot_test

import (
	"encoding/json"
	"fmt"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// framed is an action that sends a notification.
func framed(t *testing.T, method string, params any) bed.Script {
	t.Helper()
	body, err := json.Marshal(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
	must(t, err)
	return bed.Script{"raw": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)}
}

func TestTheCallsOfAClient(t *testing.T) {
	client, fake := startFake(t, bed.Script{"version": "1.0.102", "on": bed.Script{
		"session.setForeground": bed.Script{"reply": bed.Script{"success": true}},
		"session.getForeground": bed.Script{"reply": bed.Script{"sessionId": "shown"}},
	}})
	ctx := patient(t)
	status, err := client.Status(ctx)
	must(t, err)
	if status.Version != "1.0.102" || status.ProtocolVersion != 3 {
		t.Errorf("%+v", status)
	}
	must(t, drop(client.AuthStatus(ctx)))
	models, err := client.Models(ctx)
	must(t, err)
	if len(models) == 0 || models[0].ID == "" {
		t.Errorf("%+v", models)
	}
	session := newSession(t, client, nil)
	must(t, drop(session.SendPromptAndWait(ctx, "hello")))
	last, err := client.LastSessionID(ctx)
	must(t, err)
	if last != session.SessionID {
		t.Errorf("%q was last, not %q", last, session.SessionID)
	}
	sessions, err := client.ListSessions(ctx, &copilot.SessionListFilter{Branch: "main"})
	must(t, err)
	if filters := fake.Received(t, "session.list"); len(filters) != 1 {
		t.Errorf("%v, %v", filters, sessions)
	}
	must(t, client.SetForegroundSessionID(ctx, session.SessionID))
	shown, err := client.ForegroundSessionID(ctx)
	must(t, err)
	if shown != "shown" || fake.Received(t, "session.setForeground")[0]["sessionId"] != session.SessionID {
		t.Errorf("%q is shown", shown)
	}
	history, err := session.Messages(ctx)
	must(t, err)
	if len(history) == 0 || history[0].Type() == "" || history[0].ID == "" {
		t.Errorf("%+v", history)
	}
	must(t, session.SetModel(ctx, "other", &copilot.SetModelOptions{ReasoningEffort: copilot.String("high")}))
	if switches := fake.Received(t, "session.model.switchTo"); len(switches) != 1 || switches[0]["reasoningEffort"] != "high" {
		t.Errorf("%v", switches)
	}
	must(t, session.Disconnect(ctx))
	must(t, client.DeleteSession(ctx, session.SessionID))
	if deleted := fake.Received(t, "session.delete"); len(deleted) != 1 || deleted[0]["sessionId"] != session.SessionID {
		t.Errorf("%v", deleted)
	}
}

func TestModelsOfTheProgramsOwn(t *testing.T) {
	client, fake := newFake(t, bed.Script{}, func(options *copilot.ClientOptions) {
		options.OnListModels = ownModels
	})
	models, err := client.Models(patient(t))
	must(t, err)
	if len(models) != 1 || models[0].ID != "mine" || fake.Starts(t) != 0 {
		t.Errorf("%+v after %d starts", models, fake.Starts(t))
	}
}

func TestAnyMethod(t *testing.T) {
	client, fake := startFake(t, bed.Script{"on": bed.Script{"host.echo": bed.Script{"reply": bed.Script{"n": 7}}}})
	var answer struct{ N int }
	must(t, client.Call(patient(t), "host.echo", map[string]any{"x": "y"}, &answer))
	if answer.N != 7 || fake.Received(t, "host.echo")[0]["x"] != "y" {
		t.Errorf("%+v, %v", answer, fake.Received(t, "host.echo"))
	}
	session := newSession(t, client, nil)
	must(t, session.Call(patient(t), "host.echo", json.RawMessage(`{"z":null}`), nil))
	asked := fake.Received(t, "host.echo")[1]
	if asked["sessionId"] != session.SessionID {
		t.Errorf("%v", asked)
	}
}

func TestWhatIsHeardOfTheConnection(t *testing.T) {
	lived := framed(t, "session.lifecycle", map[string]any{"type": "session.deleted", "sessionId": "s-1"})
	noted := framed(t, "gitHubTelemetry.event", map[string]any{"name": "x"})
	client, _ := newFake(t, bed.Script{"on": bed.Script{"ping": []any{lived, noted, bed.Script{"builtin": true}}}})
	states, lives := make(chan copilot.StateChange, 8), make(chan copilot.SessionLifecycleEvent, 8)
	notes := make(chan copilot.Notification, 8)
	client.OnState(func(change copilot.StateChange) { states <- change })
	client.On(func(event copilot.SessionLifecycleEvent) { lives <- event })
	unwanted := client.On(func(event copilot.SessionLifecycleEvent) { t.Errorf("heard after its end: %+v", event) })
	unwanted()
	client.OnEventType(copilot.SessionLifecycleCreated, func(event copilot.SessionLifecycleEvent) { t.Errorf("another type: %+v", event) })
	client.OnNotification(func(note copilot.Notification) { notes <- note })
	must(t, drop(client.Ping(patient(t), "")))
	if first := receive(t, states, "the start"); first.State != copilot.StateConnecting {
		t.Errorf("%+v", first)
	}
	if event := receive(t, lives, "the lifecycle event"); event.Type != copilot.SessionLifecycleDeleted || event.SessionID != "s-1" {
		t.Errorf("%+v", event)
	}
	if note := receive(t, notes, "the notification"); note.Method != "gitHubTelemetry.event" || string(note.Params) != `{"name":"x"}` {
		t.Errorf("%+v", note)
	}
}

func TestTheVerdictsOfAPolicy(t *testing.T) {
	asked := bed.Script{"permission": bed.Script{"kind": "shell", "fullCommandText": "rm -r x",
		"commands": []any{bed.Script{"identifier": "rm", "readOnly": false}}}}
	client, _ := startFake(t, bed.Script{"turns": []any{[]any{asked}}})
	verdicts := make(chan copilot.PolicyVerdict, 1)
	client.OnPolicyVerdict(func(verdict copilot.PolicyVerdict) { verdicts <- verdict })
	session := newSession(t, client, &copilot.SessionConfig{
		PermissionPolicy: &copilot.PermissionPolicy{Deny: []copilot.PolicyRule{{Command: "rm", Reason: "no"}}},
	})
	must(t, drop(session.SendPromptAndWait(patient(t), "go")))
	verdict := receive(t, verdicts, "the verdict")
	if verdict.Decision != "deny" || verdict.Rule != "/deny/0" || verdict.Reason != "no" || verdict.SessionID != session.SessionID ||
		verdict.PermissionRequest.Kind != "shell" {
		t.Errorf("%+v", verdict)
	}
}

func TestASessionIsOpenedAgain(t *testing.T) {
	client, fake := startFake(t, bed.Script{"sessions": []string{"s-1"}})
	session := newSession(t, client, &copilot.SessionConfig{SessionID: "s-1"})
	idle := make(chan struct{}, 8)
	session.OnEventType(copilot.SessionEventTypeSessionIdle, func(copilot.SessionEvent) { idle <- struct{}{} })
	dead(t, client, fake)
	must(t, session.Reopen(patient(t)))
	must(t, drop(session.SendPrompt(patient(t), "hello")))
	receive(t, idle, "the end of the turn after the session was opened again")
	must(t, client.Stop(patient(t)))
	must(t, client.Start(patient(t)))
	must(t, session.Reopen(patient(t)))
	must(t, drop(session.SendPromptAndWait(patient(t), "hello")))
	receive(t, idle, "the end of the turn after the client was stopped")
}

func TestTheUserOfASession(t *testing.T) {
	opened := bed.Script{"reply": bed.Script{"sessionId": "s-ui", "capabilities": bed.Script{"ui": bed.Script{"elicitation": true}}}}
	answer := func(action, content string) bed.Script {
		return bed.Script{"reply": bed.Script{"action": action, "content": json.RawMessage(content)}}
	}
	// Each run of the CLI answers its forms in one way.
	client, fake := startFake(t, bed.Script{"runs": []any{
		bed.Script{"on": bed.Script{"session.create": opened, "session.ui.elicitation": answer("accept", `{"confirmed":true}`)}},
		bed.Script{"on": bed.Script{"session.create": opened, "session.ui.elicitation": answer("accept", `{"selection":"b","value":"text"}`)}},
		bed.Script{"on": bed.Script{"session.create": opened, "session.ui.elicitation": answer("decline", `{}`)}},
	}})
	ctx := patient(t)
	open := func() *copilot.SessionUI {
		session := newSession(t, client, &copilot.SessionConfig{SessionID: "s-ui"})
		if ui := session.Capabilities().UI; ui == nil || !ui.Elicitation {
			t.Fatalf("%+v", session.Capabilities())
		}
		return session.UI()
	}
	ui := open()
	if yes, err := ui.Confirm(ctx, "sure?"); err != nil || !yes {
		t.Errorf("%v, %v", yes, err)
	}
	must(t, client.Stop(ctx))
	must(t, client.Start(ctx))
	ui = open()
	if choice, chosen, err := ui.Select(ctx, "which?", []string{"a", "b"}); err != nil || !chosen || choice != "b" {
		t.Errorf("%q, %v, %v", choice, chosen, err)
	}
	if text, given, err := ui.Input(ctx, "what?", &copilot.UIInputOptions{MaxLength: copilot.Int(9)}); err != nil || !given || text != "text" {
		t.Errorf("%q, %v, %v", text, given, err)
	}
	must(t, client.Stop(ctx))
	must(t, client.Start(ctx))
	ui = open()
	if yes, err := ui.Confirm(ctx, "sure?"); err != nil || yes {
		t.Errorf("%v, %v", yes, err)
	}
	if text, given, err := ui.Input(ctx, "what?", nil); err != nil || given {
		t.Errorf("%q, %v, %v", text, given, err)
	}
	form := copilot.ElicitationSchema{Properties: map[string]any{"n": map[string]any{"type": "integer"}}, Required: []string{"n"}}
	result, err := ui.Elicitation(ctx, "how many?", form)
	must(t, err)
	asked := fake.Received(t, "session.ui.elicitation")
	text, _ := json.Marshal(asked[len(asked)-1]["requestedSchema"])
	if result.Action != copilot.ElicitationActionDecline || string(text) != `{"properties":{"n":{"type":"integer"}},"required":["n"],"type":"object"}` {
		t.Errorf("%+v, %s", result, text)
	}
	if _, _, err := ui.Select(ctx, "which?", nil); err == nil {
		t.Error("nothing to choose from is no error")
	}
}

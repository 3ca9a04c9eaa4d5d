package copilot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed/scenario"
)

// book is a logger's text.
type book struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *book) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *book) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (b *book) logger() *slog.Logger { return slog.New(slog.NewTextHandler(b, nil)) }

// endings are ways for a handler not to return. None of their words may reach the server.
var endings = map[string]func(){
	"panic":   func() { panic("the secret of the handler") },
	"nil":     func() { var config *copilot.SessionConfig; config.Model = "the secret of the handler" },
	"error":   func() { panic(context.Canceled) },
	"Goexit":  func() { runtime.Goexit() },
	"nothing": func() { panic(any(nil)) },
}

// broken is a configuration all of whose handlers end so.
func broken(ends func()) *copilot.SessionConfig {
	return &copilot.SessionConfig{
		Tools: []copilot.Tool{
			{Name: "plain", Handler: func(copilot.ToolInvocation) (copilot.ToolResult, error) { ends(); return copilot.ToolResult{}, nil }},
			copilot.DefineTool("typed", "", func(struct{}, copilot.ToolInvocation) (string, error) { ends(); return "", nil }),
		},
		Commands: []copilot.CommandDefinition{{Name: "deploy", Handler: func(copilot.CommandContext) error { ends(); return nil }}},
		OnPermissionRequest: func(copilot.PermissionRequest, copilot.PermissionInvocation) (copilot.PermissionDecision, error) {
			ends()
			return copilot.ApproveOnce(), nil
		},
		OnUserInputRequest: func(copilot.UserInputRequest, copilot.UserInputInvocation) (copilot.UserInputResponse, error) {
			ends()
			return copilot.UserInputResponse{}, nil
		},
		OnElicitationRequest: func(copilot.ElicitationContext) (copilot.ElicitationResult, error) {
			ends()
			return copilot.ElicitationResult{Action: copilot.ElicitationActionAccept}, nil
		},
		OnExitPlanModeRequest: func(copilot.ExitPlanModeRequest, copilot.ExitPlanModeInvocation) (copilot.ExitPlanModeResult, error) {
			ends()
			return copilot.ExitPlanModeResult{Approved: true}, nil
		},
		OnAutoModeSwitchRequest: func(copilot.AutoModeSwitchRequest, copilot.AutoModeSwitchInvocation) (copilot.AutoModeSwitchResponse, error) {
			ends()
			return copilot.AutoModeSwitchResponseYes, nil
		},
		OnMCPAuthRequest: func(copilot.MCPAuthRequest, copilot.MCPAuthInvocation) (*copilot.MCPAuthResult, error) {
			ends()
			return copilot.MCPAuthResultRuntimeRefresh(), nil
		},
		Hooks: &copilot.SessionHooks{OnPreToolUse: func(copilot.PreToolUseHookInput, copilot.HookInvocation) (*copilot.PreToolUseHookOutput, error) {
			ends()
			return &copilot.PreToolUseHookOutput{PermissionDecision: "allow"}, nil
		}},
		SystemMessage: &copilot.SystemMessageConfig{Mode: "customize", Sections: map[string]copilot.SectionOverride{
			"tone": {Transform: func(string) (string, error) { ends(); return "gone", nil }},
		}},
		RequestHandlers: map[string]copilot.RequestHandler{"sessionFs.readFile": func(context.Context, string, json.RawMessage) (any, error) {
			ends()
			return nil, nil
		}},
	}
}

func request(method string, params bed.Script) bed.Script {
	return bed.Script{"request": bed.Script{"method": method, "params": params}}
}

func question(kind string, data bed.Script) bed.Script {
	return bed.Script{"event_question": bed.Script{"type": kind, "data": data}}
}

// asksAll is a turn in which the server asks everything.
var asksAll = []any{
	bed.Script{"tool": bed.Script{"name": "plain"}},
	bed.Script{"tool": bed.Script{"name": "typed", "arguments": bed.Script{}}},
	bed.Script{"permission": bed.Script{"kind": "shell", "fullCommandText": "rm -rf /"}},
	question("elicitation.requested", bed.Script{"message": "Who?"}),
	question("mcp.oauth_required", bed.Script{"serverName": "s", "serverUrl": "https://example.com"}),
	question("command.execute", bed.Script{"command": "/deploy x", "commandName": "deploy", "args": "x"}),
	request("userInput.request", bed.Script{"question": "Who?"}),
	request("hooks.invoke", bed.Script{"hookType": "preToolUse", "input": bed.Script{"toolName": "t"}}),
	request("exitPlanMode.request", bed.Script{"summary": "All of it"}),
	request("autoModeSwitch.request", bed.Script{}),
	request("systemMessage.transform", bed.Script{"sections": bed.Script{"tone": bed.Script{"content": "as it was"}}}),
	request("sessionFs.readFile", bed.Script{"path": "/x"}),
	bed.Script{"text": "done"},
}

// Whatever a handler does, the server gets an answer that permits nothing, and the process lives.
func TestHandlersThatDoNotReturn(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			var log book
			client, fake := startFake(t, turns(asksAll), func(o *copilot.ClientOptions) { o.Logger = log.logger() })
			session := newSession(t, client, broken(ends))
			answer, err := session.SendPromptAndWait(patient(t), "go")
			must(t, err)
			wantText(t, string(answer.Raw), "done")
			tools := fake.Answers(t, "tool")
			if len(tools) != 2 {
				t.Fatalf("the tools were answered with %v", tools)
			}
			for _, answer := range tools {
				wantAnswer(t, answer, bed.Script{"/result": bed.Script{"exists": false}, "/error": bed.Script{"exists": true}})
			}
			for what, pattern := range map[string]bed.Script{
				"permission.requested":    {"/result/kind": "user-not-available"},
				"elicitation.requested":   {"/result/action": "cancel"},
				"mcp.oauth_required":      {"/result/kind": "cancelled"},
				"command.execute":         {"/error": bed.Script{"exists": true}},
				"userInput.request":       {"/error/message": bed.Script{"exists": true}},
				"hooks.invoke":            {"/result/output": bed.Script{"exists": false}},
				"exitPlanMode.request":    {"/error/message": bed.Script{"exists": true}},
				"autoModeSwitch.request":  {"/error/message": bed.Script{"exists": true}},
				"systemMessage.transform": {"/result/sections/tone/content": "as it was"},
				"sessionFs.readFile":      {"/result/error/message": bed.Script{"exists": true}},
			} {
				answers := fake.Answers(t, what)
				if len(answers) != 1 {
					t.Errorf("%s was answered with %v", what, answers)
					continue
				}
				wantAnswer(t, answers[0], pattern)
			}
			told, err := json.Marshal(fake.Log(t))
			must(t, err)
			for _, secret := range []string{"the secret", "goroutine ", ".go:"} {
				if strings.Contains(string(told), secret) {
					t.Errorf("%q went over the wire", secret)
				}
			}
			wantText(t, log.String(), map[bool]string{true: "ended its goroutine", false: "panic_test.go"}[name == "Goexit"])
			must(t, drop(client.Ping(patient(t), "x")))
		})
	}
}

func wantAnswer(t *testing.T, answer any, pattern bed.Script) {
	t.Helper()
	if err := scenario.MatchesPattern(plainly(pattern), plainly(answer)); err != nil {
		t.Errorf("%v: %v", answer, err)
	}
}

// A handler of events that does not return is the loss of its event alone.
func TestEventHandlersThatDoNotReturn(t *testing.T) {
	for name, ends := range endings {
		t.Run(name, func(t *testing.T) {
			var log book
			client, _ := newFake(t, turns(deltas(20)), func(o *copilot.ClientOptions) { o.Logger = log.logger() })
			client.On(func(copilot.SessionLifecycleEvent) { ends() })
			client.OnState(func(copilot.StateChange) { ends() })
			states := make(chan copilot.StateChange, 16)
			client.OnState(func(change copilot.StateChange) { states <- change })
			session := newSession(t, client, &copilot.SessionConfig{OnEvent: func(copilot.SessionEvent) { ends() }})
			for receive(t, states, "the state connected").State != copilot.StateConnected {
			}
			before, after := newCounter(t, "the handler before", 20), newCounter(t, "the handler after", 20)
			session.On(func(event copilot.SessionEvent) { before.hear(event) })
			session.On(func(copilot.SessionEvent) { ends() })
			session.OnRaw(func(copilot.RawEvent) { ends() })
			session.On(func(event copilot.SessionEvent) { after.hear(event) })
			_, err := session.SendPrompt(patient(t), "go")
			must(t, err)
			before.finish()
			after.finish()
			must(t, drop(client.Ping(patient(t), "x")))
		})
	}
}

// The other functions of the program's run on the caller's goroutine, or for the connection.
func TestOtherFunctionsThatDoNotReturn(t *testing.T) {
	var log book
	client, fake := startFake(t, turns([]any{
		bed.Script{"request": bed.Script{"method": "gitHubTelemetry.ask", "global": true}},
		request("providerToken.getToken", bed.Script{"providerName": "default"}),
		bed.Script{"text": "done"},
	}), func(o *copilot.ClientOptions) {
		o.Logger = log.logger()
		o.RequestHandlers = map[string]copilot.RequestHandler{
			"gitHubTelemetry.ask": func(context.Context, string, json.RawMessage) (any, error) { panic("the secret of the handler") },
		}
	})
	session := newSession(t, client, &copilot.SessionConfig{Model: "m", Provider: &copilot.ProviderConfig{
		BaseURL:             "http://127.0.0.1:1",
		BearerTokenProvider: func(copilot.ProviderTokenArgs) (string, error) { panic("the secret of the provider") },
	}})
	must(t, drop(session.SendPromptAndWait(patient(t), "go")))
	for _, what := range []string{"gitHubTelemetry.ask", "providerToken.getToken"} {
		answers := fake.Answers(t, what)
		if len(answers) != 1 {
			t.Fatalf("%s was answered with %v", what, answers)
		}
		wantAnswer(t, answers[0], bed.Script{"/error/message": bed.Script{"lacks": "secret"}, "/error/code": bed.Script{"exists": true}})
	}
	wantText(t, log.String(), "the secret of the handler", "the secret of the provider")
}

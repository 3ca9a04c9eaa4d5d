package copilot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"math"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"
)

// asking are the handlers of a configuration, and what they report.
type asking struct {
	*handlers
	t       *testing.T
	mu      sync.Mutex
	reports []string
}

func ask(t *testing.T, config SessionConfig) *asking {
	t.Helper()
	h, err := newHandlers(func() string { return "s1" }, &config)
	if err != nil {
		t.Fatal(err)
	}
	its := &asking{handlers: h, t: t}
	h.report = func(message string, args ...any) {
		its.mu.Lock()
		defer its.mu.Unlock()
		its.reports = append(its.reports, fmt.Sprintln(append([]any{message, ": "}, args...)...))
	}
	return its
}

// answer asks the handler and returns what it answers. The handler runs on a goroutine of its own, so that it may even
// end it.
func (h *handlers) answer(ctx context.Context, q question) reply {
	replies := make(chan reply, 1)
	go h.serve(ctx, q, func(r reply) { replies <- r })
	return <-replies
}

// declaredTools are the names of the tools without a handler. Their calls are left to others.
func (h *handlers) declaredTools() []string {
	var names []string
	for _, tool := range h.definitions {
		if tool.Handler == nil {
			names = append(names, tool.Name)
		}
	}
	return names
}

// reported are the reports since it was called last.
func (a *asking) reported() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() { a.reports = nil }()
	return a.reports
}

// quiet fails the test if there was a report.
func (a *asking) quiet() {
	a.t.Helper()
	if reports := a.reported(); reports != nil {
		a.t.Errorf("reported: %q", reports)
	}
}

// told fails the test unless there was one report, with these parts.
func (a *asking) told(parts ...string) {
	a.t.Helper()
	reports := a.reported()
	if len(reports) != 1 {
		a.t.Errorf("reported: %q", reports)
		return
	}
	for _, part := range parts {
		if !strings.Contains(reports[0], part) {
			a.t.Errorf("%q is not in the report %q", part, reports[0])
		}
	}
}

func (a *asking) json(kind requestKind, params, want string) {
	a.t.Helper()
	got := a.answer(context.Background(), question{kind: kind, method: "m", toolName: "t", params: json.RawMessage(params)})
	if string(got.json) != want || got.failure != "" || got.declined {
		a.t.Errorf("kind %d, %s:\ngot  %s %+v\nwant %s", kind, params, got.json, got, want)
	}
}

func (a *asking) fails(kind requestKind, params, want string) {
	a.t.Helper()
	got := a.answer(context.Background(), question{kind: kind, method: "m", toolName: "t", params: json.RawMessage(params)})
	if got.failure != want || got.json != nil || got.declined {
		a.t.Errorf("kind %d, %s: got %s %+v, not %q", kind, params, got.json, got, want)
	}
}

// everyKind is a configuration with a handler for each kind, all of which call f.
func everyKind(f func(context.Context) error) SessionConfig {
	return SessionConfig{
		Tools: []Tool{{Name: "t", Handler: func(i ToolInvocation) (ToolResult, error) { return ToolResult{}, f(i.Context()) }}},
		Commands: []CommandDefinition{
			{Name: "c", Handler: func(i CommandContext) error { return f(i.Context()) }},
		},
		OnPermissionRequest: func(_ PermissionRequest, i PermissionInvocation) (PermissionDecision, error) {
			return ApproveOnce(), f(i.Context())
		},
		OnUserInputRequest: func(_ UserInputRequest, i UserInputInvocation) (UserInputResponse, error) {
			return UserInputResponse{}, f(i.Context())
		},
		OnElicitationRequest: func(i ElicitationContext) (ElicitationResult, error) {
			return ElicitationResult{Action: ElicitationActionAccept}, f(i.Context())
		},
		OnExitPlanModeRequest: func(_ ExitPlanModeRequest, i ExitPlanModeInvocation) (ExitPlanModeResult, error) {
			return ExitPlanModeResult{}, f(i.Context())
		},
		OnAutoModeSwitchRequest: func(_ AutoModeSwitchRequest, i AutoModeSwitchInvocation) (AutoModeSwitchResponse, error) {
			return AutoModeSwitchResponseYes, f(i.Context())
		},
		OnMCPAuthRequest: func(_ MCPAuthRequest, i MCPAuthInvocation) (*MCPAuthResult, error) {
			return MCPAuthResultRuntimeRefresh(), f(i.Context())
		},
		Hooks: &SessionHooks{OnSessionStart: func(_ SessionStartHookInput, i HookInvocation) (*SessionStartHookOutput, error) {
			return &SessionStartHookOutput{}, f(i.Context())
		}},
		RequestHandlers: map[string]RequestHandler{
			"m": func(ctx context.Context, _ string, _ json.RawMessage) (any, error) { return nil, f(ctx) },
		},
	}
}

// everyParams fit the handlers of everyKind.
const everyParams = `{"commandName":"c","hookType":"sessionStart","input":{},"permissionRequest":{"kind":"read"}}`

// refusals are what each kind says when its handler gave no answer; "" is a failure.
var refusals = map[requestKind]string{
	requestOther:          "",
	requestTool:           "",
	requestPermission:     `{"kind":"user-not-available"}`,
	requestUserInput:      "",
	requestElicitation:    `{"action":"cancel"}`,
	requestHook:           `null`,
	requestCommand:        "",
	requestExitPlanMode:   "",
	requestAutoModeSwitch: "",
	requestMCPAuth:        `{"kind":"cancelled"}`,
}

// refuses asks a question of each kind, and has check look at what was reported.
func refuses(t *testing.T, f func(context.Context) error, why string, check func(*asking, requestKind)) {
	t.Helper()
	a := ask(t, everyKind(f))
	for kind, want := range refusals {
		if want != "" {
			a.json(kind, everyParams, want)
		} else if kind == requestTool {
			a.fails(kind, everyParams, strings.ReplaceAll(why, "the handler panicked", "the tool panicked"))
		} else {
			a.fails(kind, everyParams, why)
		}
		check(a, kind)
	}
}

func TestHandlersThatReturn(t *testing.T) {
	a := ask(t, everyKind(func(context.Context) error { return nil }))
	for kind, want := range map[requestKind]string{
		requestOther:          `null`,
		requestTool:           `{"textResultForLlm":"","resultType":"success"}`,
		requestPermission:     `{"kind":"approve-once"}`,
		requestUserInput:      `{"answer":"","wasFreeform":false}`,
		requestElicitation:    `{"action":"accept"}`,
		requestHook:           `{}`,
		requestCommand:        `null`,
		requestExitPlanMode:   `{"approved":false}`,
		requestAutoModeSwitch: `{"response":"yes"}`,
		requestMCPAuth:        `{"kind":"runtimeRefresh"}`,
	} {
		a.json(kind, everyParams, want)
	}
	a.quiet()
}

func TestHandlersThatFail(t *testing.T) {
	refuses(t, func(context.Context) error { return errors.New("no\xff such\x00 thing") }, "no\uFFFD such\uFFFD thing",
		func(a *asking, kind requestKind) {
			if kind == requestTool || kind == requestCommand {
				a.quiet() // the server is told
			} else {
				a.told("a handler failed", "such", "session s1")
			}
		})
	refuses(t, func(context.Context) error { return errors.New("") }, "the handler failed", func(a *asking, kind requestKind) {
		if kind == requestHook {
			a.told("sessionStart")
		}
		a.reported()
	})
}

func TestHandlersThatPanic(t *testing.T) {
	refuses(t, func(context.Context) error { panic("the secret value") }, "the handler panicked",
		func(a *asking, _ requestKind) { a.told("panicked", "the secret value", "handlers_test.go", "s1") })
	refuses(t, func(context.Context) error { panic(nil) }, "the handler panicked",
		func(a *asking, _ requestKind) { a.told("panicked", "nil") })
	refuses(t, func(context.Context) error { var none *ToolResult; return errors.New(none.Error) }, "the handler panicked",
		func(a *asking, _ requestKind) { a.told("panicked", "nil pointer") })
}

func TestHandlersThatEndTheirGoroutine(t *testing.T) {
	refuses(t, func(context.Context) error { runtime.Goexit(); return nil }, "the handler ended its goroutine",
		func(a *asking, _ requestKind) { a.told("ended its goroutine", "s1") })
	a := ask(t, everyKind(func(context.Context) error { runtime.Goexit(); return nil }))
	replies := make(chan reply, 2)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.serve(context.Background(), question{kind: requestHook, params: json.RawMessage(everyParams)}, func(r reply) { replies <- r })
		t.Error("serve returned")
	}()
	<-ended
	if len(replies) != 1 || string((<-replies).json) != "null" {
		t.Error("serve did not answer once")
	}
}

func TestQuestionsThatNobodyWaitsForAreNotAsked(t *testing.T) {
	a := ask(t, everyKind(func(context.Context) error { t.Error("the handler was called"); return nil }))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for kind, want := range refusals {
		got := a.answer(ctx, question{kind: kind, method: "m", toolName: "t", params: json.RawMessage(everyParams)})
		if string(got.json) != want || (want == "") != (got.failure == "nobody waits for the answer any more") {
			t.Errorf("kind %d: got %+v", kind, got)
		}
	}
	a.quiet()
}

func TestQuestionsThatAreWithdrawn(t *testing.T) {
	for kind, want := range refusals {
		ctx, cancel := context.WithCancelCause(context.Background())
		a := ask(t, everyKind(func(ctx context.Context) error {
			cancel(io.EOF)
			<-ctx.Done()
			return fmt.Errorf("given up: %w", ctx.Err())
		}))
		got := a.answer(ctx, question{kind: kind, method: "m", toolName: "t", params: json.RawMessage(everyParams)})
		if string(got.json) != want {
			t.Errorf("kind %d: got %+v", kind, got)
		}
		a.quiet() // nothing went wrong
	}
	ctx, cancel := context.WithCancel(context.Background())
	a := ask(t, everyKind(func(context.Context) error { cancel(); return errors.New("paper jam") }))
	a.answer(ctx, question{kind: requestHook, method: "m", params: json.RawMessage(everyParams)})
	a.told("paper jam")
}

func TestHandlersHaveAContextWithoutAQuestion(t *testing.T) {
	for _, ctx := range []context.Context{
		ToolInvocation{}.Context(), PermissionInvocation{}.Context(), UserInputInvocation{}.Context(),
		ElicitationContext{}.Context(), ExitPlanModeInvocation{}.Context(), AutoModeSwitchInvocation{}.Context(),
		MCPAuthInvocation{}.Context(), HookInvocation{}.Context(), CommandContext{}.Context(), ProviderTokenArgs{}.Context(),
	} {
		if ctx == nil || ctx.Err() != nil {
			t.Errorf("the context is %v", ctx)
		}
	}
	a := ask(t, everyKind(func(ctx context.Context) error { return ctx.Err() }))
	var none context.Context
	if got := a.answer(none, question{kind: requestCommand, params: json.RawMessage(everyParams)}); string(got.json) != "null" {
		t.Errorf("got %+v", got)
	}
}

func TestQuestionsThatAreNotUnderstood(t *testing.T) {
	a := ask(t, everyKind(func(context.Context) error { t.Error("the handler was called"); return nil }))
	for kind, want := range refusals {
		if kind == requestOther {
			continue // its handler reads the parameters itself
		}
		got := a.answer(context.Background(), question{kind: kind, method: "m", toolName: "t", params: json.RawMessage(`{"hookType":`)})
		if string(got.json) != want || (want == "") != strings.Contains(got.failure, "not understood") {
			t.Errorf("kind %d: got %+v", kind, got)
		}
	}
}

func TestQuestionsWithoutAHandler(t *testing.T) {
	a := ask(t, SessionConfig{})
	for kind, want := range refusals {
		got := a.answer(context.Background(), question{kind: kind, method: "m", toolName: "t"})
		if string(got.json) != want || (want == "") != strings.HasPrefix(got.failure, "there is no ") {
			t.Errorf("kind %d: got %+v", kind, got)
		}
	}
	if a.kinds() != nil && len(a.kinds()) != 0 || len(a.methods()) != 0 || len(a.declaredTools()) != 0 {
		t.Errorf("handlers for %v, %v, %v", a.kinds(), a.methods(), a.declaredTools())
	}
}

func TestKindsAndMethods(t *testing.T) {
	config := everyKind(nil)
	config.SystemMessage = &SystemMessageConfig{Sections: map[string]SectionOverride{"tone": {Transform: func(s string) (string, error) { return s, nil }}}}
	config.Provider = &ProviderConfig{BearerTokenProvider: func(ProviderTokenArgs) (string, error) { return "", nil }}
	config.RequestHandlers["*"] = config.RequestHandlers["m"]
	a := ask(t, config)
	if want := []requestKind{2, 3, 4, 5, 6, 7, 8, 9, 10}; !reflect.DeepEqual(a.kinds(), want) {
		t.Errorf("the kinds are %v, not %v", a.kinds(), want)
	}
	if want := []string{"*", "m", "providerToken.getToken"}; !reflect.DeepEqual(a.methods(), want) {
		t.Errorf("the methods are %v, not %v", a.methods(), want)
	}
	a = ask(t, SessionConfig{Tools: config.Tools, Hooks: &SessionHooks{}, SystemMessage: &SystemMessageConfig{}})
	if len(a.kinds()) != 0 {
		t.Errorf("the kinds are %v", a.kinds())
	}
}

func TestWrongConfigurations(t *testing.T) {
	handler := func(ToolInvocation) (ToolResult, error) { return ToolResult{}, nil }
	command := func(CommandContext) error { return nil }
	method := func(context.Context, string, json.RawMessage) (any, error) { return nil, nil }
	token := func(ProviderTokenArgs) (string, error) { return "", nil }
	for want, config := range map[string]SessionConfig{
		`SessionConfig.Tools[1].Name is empty`:                             {Tools: []Tool{{Name: "a"}, {Handler: handler}}},
		`SessionConfig.Tools[1].Name is "a", and so is that of another`:    {Tools: []Tool{{Name: "a"}, {Name: "a", Handler: handler}}},
		`SessionConfig.Commands[0].Name is empty`:                          {Commands: []CommandDefinition{{Handler: command}}},
		`SessionConfig.Commands[0].Handler of the command "a" is nil`:      {Commands: []CommandDefinition{{Name: "a"}}},
		`SessionConfig.Commands[1].Name is "a", and so is that of another`: {Commands: []CommandDefinition{{Name: "a", Handler: command}, {Name: "a", Handler: command}}},
		`SessionConfig.RequestHandlers["a.b"] is nil`:                      {RequestHandlers: map[string]RequestHandler{"a.b": nil}},
		`SessionConfig.RequestHandlers has a handler without`:              {RequestHandlers: map[string]RequestHandler{"": method}},
		`SessionConfig.SystemMessage.Sections["tone"].Transform is nil`:    {SystemMessage: &SystemMessageConfig{Sections: map[string]SectionOverride{"tone": {Action: "transform"}}}},
		`SessionConfig.RequestHandlers["providerToken.getToken"] is there`: {RequestHandlers: map[string]RequestHandler{methodGetToken: method}, Provider: &ProviderConfig{BearerTokenProvider: token}},
	} {
		h, err := newHandlers(nil, &config)
		if h != nil || !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, h, err)
		}
	}
}

func TestReportsGoToTheDefaultLogger(t *testing.T) {
	h, err := newHandlers(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	// SetDefault leads the package log into the logger as well.
	defer log.SetFlags(log.Flags())
	defer log.SetOutput(log.Writer())
	defer slog.SetDefault(slog.Default())
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, nil)))
	h.answer(context.Background(), question{method: "a.b", sessionID: "s9"})
	for _, part := range []string{"level=WARN", "copilot: a handler failed", "method=a.b", "s9", "there is no handler for a.b"} {
		if !strings.Contains(lines.String(), part) {
			t.Errorf("%q is not in %s", part, lines.String())
		}
	}
}

func TestToolDefinitions(t *testing.T) {
	a := ask(t, SessionConfig{Tools: []Tool{
		{Name: "plain"},
		{Name: "map", Parameters: map[string]any{"type": "object", "description": "<b>"}},
		{Name: "raw", Parameters: json.RawMessage(`{"b":1, "a":2}`)},
		{Name: "schema", Parameters: &jsonschema.Schema{Type: "object"}},
		{Name: "none", Parameters: (*jsonschema.Schema)(nil)},
		{Name: "full", Description: "d", OverridesBuiltInTool: true, SkipPermission: true, IsTerminal: true, Defer: ToolDeferNever,
			Metadata: map[string]any{"k": 1}, Handler: func(ToolInvocation) (ToolResult, error) { return ToolResult{}, nil }},
	}})
	definitions, err := a.toolDefinitions()
	want := []string{
		`{"name":"plain"}`,
		`{"name":"map","parameters":{"description":"<b>","type":"object"}}`,
		`{"name":"raw","parameters":{"b":1,"a":2}}`,
		`{"name":"schema","parameters":{"type":"object"}}`,
		`{"name":"none"}`,
		`{"name":"full","description":"d","overridesBuiltInTool":true,"skipPermission":true,"isTerminal":true,"defer":"never","metadata":{"k":1}}`,
	}
	if err != nil || len(definitions) != len(want) {
		t.Fatalf("%q, %v", definitions, err)
	}
	for i := range want {
		if string(definitions[i]) != want[i] {
			t.Errorf("got  %s\nwant %s", definitions[i], want[i])
		}
	}
	if want := []string{"plain", "map", "raw", "schema", "none"}; !reflect.DeepEqual(a.declaredTools(), want) {
		t.Errorf("declared are %q", a.declaredTools())
	}
	for part, wrong := range map[string]Tool{
		"its Parameters: ":                  {Name: "w", Parameters: map[string]any{"f": func() {}}},
		"its Parameters are no JSON object": {Name: "w", Parameters: []string{"x"}},
		`"w": its Parameters are no`:        {Name: "w", Parameters: "text"},
		"unsupported value":                 {Name: "w", Metadata: map[string]any{"n": math.Inf(1)}},
		"invalid character":                 {Name: "w", Parameters: json.RawMessage(`{x}`)},
		"SessionConfig.Tools[0] \"w\": its": {Name: "w", Parameters: 5},
	} {
		_, err := ask(t, SessionConfig{Tools: []Tool{wrong}}).toolDefinitions()
		if !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: the error is %v", part, err)
		}
	}
}

func TestQuestionsAreAnsweredAtOnce(t *testing.T) {
	const many = 50
	var all sync.WaitGroup
	all.Add(many)
	together := func() { all.Done(); all.Wait() } // returns when every handler runs
	tool := DefineTool("t", "", func(p place, invocation ToolInvocation) (string, error) {
		together()
		return fmt.Sprint(p.Lat, invocation.ToolCallID), nil
	})
	a := ask(t, SessionConfig{Tools: []Tool{tool}})
	var answered sync.WaitGroup
	for i := range many {
		answered.Add(1)
		go func() {
			defer answered.Done()
			got := a.answer(context.Background(), question{kind: requestTool, toolName: "t",
				params: json.RawMessage(fmt.Sprintf(`{"toolCallId":"c%d","arguments":{"lat":%d}}`, i, i))})
			if want := fmt.Sprintf(`{"textResultForLlm":"%dc%d","resultType":"success"}`, i, i); string(got.json) != want {
				t.Errorf("got %s, not %s", got.json, want)
			}
		}()
	}
	answered.Wait()
	a.quiet()
}

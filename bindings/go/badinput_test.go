package copilot_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// Wrong options are the error of Start and of every call, and the message names what is wrong.
func TestWrongOptions(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*copilot.ClientOptions)
		parts  []string
	}{
		"an unknown key":                {func(o *copilot.ClientOptions) { o.Raw = map[string]any{"colour": "teal"} }, []string{"colour"}},
		"a wrong type":                  {func(o *copilot.ClientOptions) { o.Raw = map[string]any{"autoStart": "yes"} }, []string{"autoStart"}},
		"a level":                       {func(o *copilot.ClientOptions) { o.LogLevel = "loud" }, []string{"logLevel", "loud"}},
		"a relative folder":             {func(o *copilot.ClientOptions) { o.BaseDirectory = "here" }, []string{"baseDirectory"}},
		"a mode":                        {func(o *copilot.ClientOptions) { o.Mode = "full" }, []string{"mode", "full"}},
		"an empty mode without a place": {func(o *copilot.ClientOptions) { o.Mode = copilot.ModeEmpty }, []string{"baseDirectory"}},
		"seconds":                       {func(o *copilot.ClientOptions) { o.SessionIdleTimeoutSeconds = -1 }, []string{"sessionIdleTimeoutSeconds"}},
		"a port":                        {func(o *copilot.ClientOptions) { o.Connection = copilot.TCPConnection{Port: 70000} }, []string{"port"}},
		"a URL":                         {func(o *copilot.ClientOptions) { o.Connection, o.Env = copilot.URIConnection{URL: "::"}, nil }, []string{"cliUrl"}},
		"no URL":                        {func(o *copilot.ClientOptions) { o.Connection, o.Env = copilot.URIConnection{}, nil }, []string{"cliUrl"}},
		"telemetry":                     {func(o *copilot.ClientOptions) { o.Telemetry = &copilot.TelemetryConfig{ExporterType: "pigeon"} }, []string{"exporterType"}},
		"what is no JSON":               {func(o *copilot.ClientOptions) { o.Raw = map[string]any{"clientInfo": make(chan int)} }, []string{"chan int"}},
		"a queue of another type":       {func(o *copilot.ClientOptions) { o.Raw = map[string]any{"queue": 5} }, []string{"queue"}},
		"an unknown key of the queue":   {func(o *copilot.ClientOptions) { o.Raw = map[string]any{"queue": map[string]any{"colour": 1}} }, []string{"colour"}},
		"a handler that is nil":         {func(o *copilot.ClientOptions) { o.RequestHandlers = map[string]copilot.RequestHandler{"a.b": nil} }, []string{"a.b", "nil"}},
		"an environment with a NUL":     {func(o *copilot.ClientOptions) { o.Env = []string{"A=b\x00c"} }, []string{"A"}},
		"a path with a NUL":             {func(o *copilot.ClientOptions) { o.Connection = copilot.StdioConnection{Path: "a\x00b"} }, []string{"cliPath"}},
	} {
		t.Run(name, func(t *testing.T) {
			client, _ := newFake(t, bed.Script{}, c.change)
			err := client.Start(patient(t))
			wantError(t, err, copilot.ErrInvalidArgument)
			if err != nil {
				wantText(t, err.Error(), c.parts...)
			}
			wantError(t, drop(client.Ping(patient(t), "x")), copilot.ErrInvalidArgument)
			wantError(t, drop(client.CreateSession(patient(t), nil)), copilot.ErrInvalidArgument)
			wantError(t, drop(client.Stats()), copilot.ErrInvalidArgument)
			if client.State() != copilot.StateDisconnected {
				t.Errorf("the client is %s", client.State())
			}
			client.On(func(copilot.SessionLifecycleEvent) {})()
			client.ForceStop()
			must(t, client.Close())
		})
	}
}

func TestNilIsADefault(t *testing.T) {
	t.Setenv("COPILOT_CLI_PATH", "/nowhere/copilot")
	client := copilot.NewClient(nil)
	err := client.Start(patient(t))
	wantError(t, err, copilot.ErrSpawn)
	wantText(t, err.Error(), "/nowhere/copilot")
	must(t, client.Close())

	client, fake := startFake(t, bed.Script{})
	session, err := client.CreateSession(patient(t), nil)
	must(t, err)
	id := session.SessionID
	must(t, session.Disconnect(patient(t)))
	resumed, err := client.ResumeSession(patient(t), id, nil)
	must(t, err)
	if resumed.SessionID != id || id == "" {
		t.Errorf("%q was resumed as %q", id, resumed.SessionID)
	}
	if created := fake.Received(t, "session.create"); len(created) != 1 {
		t.Errorf("%v", created)
	}
}

// A client and a session that are nil are errors, and no crashes.
func TestNilReceivers(t *testing.T) {
	var client *copilot.Client
	for _, call := range clientCalls {
		wantError(t, call.call(patient(t), client, nil), copilot.ErrInvalidArgument)
	}
	wantError(t, client.Start(patient(t)), copilot.ErrInvalidArgument)
	wantError(t, client.Stop(patient(t)), copilot.ErrInvalidArgument)
	client.ForceStop()
	must(t, client.Close())
	var session *copilot.Session
	for _, call := range sessionCalls {
		if err := call.call(patient(t), nil, session); !errors.Is(err, copilot.ErrInvalidArgument) {
			t.Errorf("%s of a nil session: %v", call.name, err)
		}
	}
	wantError(t, session.SetTools(patient(t), nil), copilot.ErrInvalidArgument)
	wantError(t, session.Reopen(patient(t)), copilot.ErrInvalidArgument)
	wantError(t, drop(session.Info()), copilot.ErrInvalidArgument)
	wantError(t, drop(session.UI().Confirm(patient(t), "?")), copilot.ErrInvalidArgument)
	for _, err := range session.Events(patient(t)) {
		wantError(t, err, copilot.ErrInvalidArgument)
	}
	for range session.EventChannel(patient(t)) {
		t.Error("an event of a nil session")
	}
	must(t, session.Close())
}

func TestWrongConfigurations(t *testing.T) {
	nothing := func(copilot.ToolInvocation) (copilot.ToolResult, error) { return copilot.ToolResult{}, nil }
	for name, c := range map[string]struct {
		config copilot.SessionConfig
		parts  []string
	}{
		"a tool without a name":      {copilot.SessionConfig{Tools: []copilot.Tool{{Handler: nothing}}}, []string{"Tools[0].Name"}},
		"a name with a space":        {copilot.SessionConfig{Tools: []copilot.Tool{{Name: "a b", Handler: nothing}}}, []string{"name", "' '"}},
		"two tools of one name":      {copilot.SessionConfig{Tools: []copilot.Tool{{Name: "a", Handler: nothing}, {Name: "a", Handler: nothing}}}, []string{"Tools[1].Name", `"a"`}},
		"parameters that are a list": {copilot.SessionConfig{Tools: []copilot.Tool{{Name: "a", Parameters: []int{1}, Handler: nothing}}}, []string{"Parameters"}},
		"parameters that are no JSON": {copilot.SessionConfig{Tools: []copilot.Tool{{Name: "a", Parameters: map[string]any{"x": math.NaN()}, Handler: nothing}}},
			[]string{"Parameters"}},
		"a tool from no function": {copilot.SessionConfig{Tools: []copilot.Tool{copilot.DefineTool[struct{}, string]("a", "", nil)}}, []string{"Tools[0]", "nil"}},
		"arguments with a channel": {copilot.SessionConfig{Tools: []copilot.Tool{copilot.DefineTool("a", "",
			func(struct{ C chan int }, copilot.ToolInvocation) (string, error) { return "", nil })}}, []string{"Tools[0]", "chan"}},
		"a command without a handler": {copilot.SessionConfig{Commands: []copilot.CommandDefinition{{Name: "a"}}}, []string{"Commands[0].Handler", "nil"}},
		"a transform without a function": {copilot.SessionConfig{SystemMessage: &copilot.SystemMessageConfig{Mode: "customize",
			Sections: map[string]copilot.SectionOverride{"tone": {Action: copilot.SectionActionTransform}}}}, []string{"tone", "Transform"}},
		"a request handler that is nil": {copilot.SessionConfig{RequestHandlers: map[string]copilot.RequestHandler{"a.b": nil}}, []string{"a.b", "nil"}},
		"params that are no JSON":       {copilot.SessionConfig{RawParams: map[string]any{"x": func() {}}}, []string{"func()"}},
		"a default that is none":        {copilot.SessionConfig{PermissionDefault: "maybe"}, []string{"permissionDefault"}},
		"a time below zero":             {copilot.SessionConfig{RequestTimeoutMs: -5}, []string{"requestTimeoutMs"}},
		"a provider without a URL":      {copilot.SessionConfig{Provider: &copilot.ProviderConfig{}}, []string{"baseUrl"}},
	} {
		t.Run(name, func(t *testing.T) {
			client, fake := startFake(t, bed.Script{})
			_, err := client.CreateSession(patient(t), &c.config)
			wantError(t, err, copilot.ErrInvalidArgument)
			if err != nil {
				wantText(t, err.Error(), append(c.parts, "Client.CreateSession")...)
			}
			wantError(t, drop(client.ResumeSession(patient(t), "x", &c.config)), copilot.ErrInvalidArgument)
			if len(fake.Received(t, "session.create")) != 0 {
				t.Error("the server was asked")
			}
			must(t, drop(client.CreateSession(patient(t), nil)))
		})
	}
}

func TestWrongCalls(t *testing.T) {
	client, _ := startFake(t, turns([]any{bed.Script{"text": "well"}}))
	session := newSession(t, client, nil)
	ctx := patient(t)
	var number int
	var status map[string]any
	for name, c := range map[string]struct {
		err error
		is  error
	}{
		"an empty method":               {client.Call(ctx, "", nil, nil), copilot.ErrInvalidArgument},
		"an empty method of a session":  {session.Call(ctx, "", nil, nil), copilot.ErrInvalidArgument},
		"a method with a NUL":           {client.Call(ctx, "a\x00b", nil, nil), copilot.ErrInvalidArgument},
		"params that are no JSON":       {client.Call(ctx, "ping", make(chan int), nil), copilot.ErrInvalidArgument},
		"params that are no object":     {client.Call(ctx, "ping", "text", nil), copilot.ErrInvalidArgument},
		"params that are broken":        {client.Call(ctx, "ping", json.RawMessage("{"), nil), copilot.ErrInvalidArgument},
		"params of a session's":         {session.Call(ctx, "session.mode.get", []int{1}, nil), copilot.ErrInvalidArgument},
		"a result that is no pointer":   {client.Call(ctx, "status.get", nil, status), copilot.ErrInvalidArgument},
		"a result that does not fit":    {client.Call(ctx, "status.get", nil, &number), copilot.ErrProtocol},
		"a session that is not there":   {drop(client.ResumeSession(ctx, "nobody", nil)), copilot.ErrRPC},
		"a session without an id":       {drop(client.ResumeSession(ctx, "", nil)), copilot.ErrInvalidArgument},
		"a session's id with a NUL":     {drop(client.ResumeSession(ctx, "a\x00b", nil)), copilot.ErrInvalidArgument},
		"no session to delete":          {client.DeleteSession(ctx, ""), copilot.ErrInvalidArgument},
		"a model without a name":        {session.SetModel(ctx, "", nil), copilot.ErrInvalidArgument},
		"a message with a wrong mode":   {drop(session.Send(ctx, copilot.MessageOptions{Prompt: "x", Mode: "later"})), copilot.ErrInvalidArgument},
		"a message that is no JSON":     {drop(session.Send(ctx, copilot.MessageOptions{Prompt: "x", RawParams: map[string]any{"x": make(chan int)}})), copilot.ErrInvalidArgument},
		"a turn with a message like it": {drop(session.SendAndWait(ctx, copilot.MessageOptions{Prompt: "x", RawParams: map[string]any{"x": make(chan int)}})), copilot.ErrInvalidArgument},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, c.err, c.is)
			var failure *copilot.Error
			if !errors.As(c.err, &failure) || !strings.Contains(failure.Op, ".") {
				t.Errorf("%#v", c.err)
			}
		})
	}
	must(t, client.Call(ctx, "status.get", nil, &status))
	if status["version"] == nil {
		t.Errorf("%v", status)
	}
	answer, err := session.SendPromptAndWait(ctx, "and it works: \x00 \xff é 🐚")
	must(t, err)
	wantText(t, string(answer.Raw), "well")
}

func TestHandlersThatAreNil(t *testing.T) {
	var log book
	client, _ := newFake(t, turns(deltas(5)), func(o *copilot.ClientOptions) { o.Logger = log.logger() })
	session := newSession(t, client, nil)
	client.On(nil)()
	client.OnEventType(copilot.SessionLifecycleCreated, nil)
	client.OnState(nil)
	session.On(nil)
	session.OnRaw(nil)
	session.OnEventType(copilot.SessionEventTypeSessionIdle, nil)
	heard := newCounter(t, "the handler", 5)
	session.On(func(event copilot.SessionEvent) { heard.hear(event) })
	_, err := session.SendPrompt(patient(t), "go")
	must(t, err)
	heard.finish()
	must(t, client.Stop(patient(t)))
	if log.String() != "" {
		t.Errorf("the log says %s", log.String())
	}
}

type weatherArguments struct {
	City string `json:"city"`
	Days int    `json:"days,omitempty"`
}

// Arguments that do not fit are a failure that tells the model what to do better; the function is not called.
func TestWrongToolArguments(t *testing.T) {
	arguments := []any{
		bed.Script{"city": 5}, bed.Script{}, bed.Script{"city": "Bern", "days": "two"}, bed.Script{"city": "Bern", "days": 1.5},
		bed.Script{"city": "Bern", "colour": "teal"}, "Bern", []any{"Bern"}, nil,
	}
	var turn []any
	for _, each := range append(arguments, bed.Script{"city": "Bern", "days": 2}) {
		turn = append(turn, bed.Script{"tool": bed.Script{"name": "weather", "arguments": each}})
	}
	client, fake := startFake(t, turns(turn))
	called := make(chan weatherArguments, len(turn))
	session := newSession(t, client, &copilot.SessionConfig{Tools: []copilot.Tool{copilot.DefineTool("weather", "Tells the weather.",
		func(arguments weatherArguments, _ copilot.ToolInvocation) (string, error) {
			called <- arguments
			return "rain", nil
		})}})
	must(t, drop(session.SendPromptAndWait(patient(t), "go")))
	answers := fake.Answers(t, "tool")
	if len(answers) != len(turn) {
		t.Fatalf("%d of %d calls were answered", len(answers), len(turn))
	}
	for n := range arguments {
		wantAnswer(t, answers[n], bed.Script{"/result/resultType": "failure", "/result/textResultForLlm": bed.Script{"exists": true}})
	}
	wantAnswer(t, answers[0], bed.Script{"/result/textResultForLlm": bed.Script{"contains": "city"}})
	wantAnswer(t, answers[2], bed.Script{"/result/textResultForLlm": bed.Script{"contains": "days"}})
	wantAnswer(t, answers[4], bed.Script{"/result/textResultForLlm": bed.Script{"contains": "colour"}})
	wantAnswer(t, answers[len(turn)-1], bed.Script{"/result/resultType": "success", "/result/textResultForLlm": "rain"})
	if got := <-called; got != (weatherArguments{"Bern", 2}) || len(called) != 0 {
		t.Errorf("the function was called with %+v, and %d times more", got, len(called))
	}
}

// The reasons that a context was given are in the message.
func TestTheCauseOfACancelling(t *testing.T) {
	client, _ := startFake(t, bed.Script{})
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("the user went home"))
	err := drop(client.Ping(ctx, "x"))
	wantError(t, err, context.Canceled, copilot.ErrCancelled)
	wantText(t, err.Error(), "the user went home")
}

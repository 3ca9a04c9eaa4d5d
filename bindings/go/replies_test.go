package copilot

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
)

// equal fails the test unless two values are the same but for their contexts.
func equal[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func ptr[T any](value T) *T { return &value }

func TestToolCalls(t *testing.T) {
	var got ToolInvocation
	result := ToolResult{TextResultForLLM: "<ok>", Error: "not quite"}
	a := ask(t, SessionConfig{Tools: []Tool{
		{Name: "t", Handler: func(invocation ToolInvocation) (ToolResult, error) { got = invocation; return result, nil }},
		{Name: "declared"},
	}})
	a.json(requestTool, `{"toolName":"t","toolCallId":"c1","arguments":{"n": 1},"workingDirectory":"/w","agentId":"a1",
		"traceparent":"tp","tracestate":"ts"}`, `{"textResultForLlm":"<ok>","resultType":"failure","error":"not quite"}`)
	if got.Context() == nil {
		t.Error("there is no context")
	}
	got.ctx = nil
	equal(t, got, ToolInvocation{
		SessionID: "s1", ToolCallID: "c1", ToolName: "t", Arguments: map[string]any{"n": 1.0},
		RawArguments: json.RawMessage(`{"n": 1}`), WorkingDirectory: "/w", AgentID: "a1", Traceparent: "tp", Tracestate: "ts",
	})

	result = ToolResult{ToolTelemetry: map[string]any{"n": math.NaN()}}
	a.fails(requestTool, `{}`, "the answer is no JSON: json: unsupported value: NaN")
	a.told("no JSON", "NaN", "tool t")
	if got.Arguments != nil || got.RawArguments != nil {
		t.Errorf("the arguments are %v", got)
	}

	result = ToolResult{}
	a.json(requestTool, `{"availableTools":[{"name":"x","description":"d","input_schema":{"type":"object"},"deferLoading":true}]}`,
		`{"textResultForLlm":"","resultType":"success"}`)
	equal(t, got.AvailableTools, []CurrentToolMetadata{
		{Name: "x", Description: "d", InputSchema: map[string]any{"type": "object"}, DeferLoading: ptr(true)},
	})
	a.quiet()
	a.json(requestTool, `{"availableTools":"many"}`, `{"textResultForLlm":"","resultType":"success"}`)
	a.told("what tools there are", "string")

	if r := a.answer(context.Background(), question{kind: requestTool, toolName: "declared"}); !r.declined || r.json != nil || r.failure != "" {
		t.Errorf("a tool without a handler: %+v", r)
	}
	if r := a.answer(context.Background(), question{kind: requestTool, toolName: "x"}); r.failure != `there is no tool "x"` {
		t.Errorf("a tool that is not there: %+v", r)
	}
	a.answer(context.Background(), question{kind: requestTool, toolName: "t", sessionID: "s2"})
	equal(t, got.SessionID, "s2")
}

func TestToolsThatAreDefinedAnswer(t *testing.T) {
	tool := DefineTool("t", "", func(p place, _ ToolInvocation) (any, error) {
		if p.Lat == 0 {
			return make(chan int), nil
		}
		return p, nil
	})
	a := ask(t, SessionConfig{Tools: []Tool{tool}})
	a.json(requestTool, `{"arguments":{"lat":1}}`, `{"textResultForLlm":"{\"lat\":1}","resultType":"success"}`)
	a.json(requestTool, `{"arguments":{"lat":"x"}}`,
		`{"textResultForLlm":"The arguments do not fit the tool's parameters: lat: x has type \"string\", want \"number\"",`+
			`"resultType":"failure",`+
			`"error":"The arguments do not fit the tool's parameters: lat: x has type \"string\", want \"number\""}`)
	a.fails(requestTool, `{"arguments":{"lat":0}}`, "the tool's result is no JSON: json: unsupported type: chan int")
	a.quiet()
}

func TestPermissionRequests(t *testing.T) {
	var got PermissionRequest
	var invocation PermissionInvocation
	decision := ApproveOnce()
	config := SessionConfig{OnPermissionRequest: func(r PermissionRequest, i PermissionInvocation) (PermissionDecision, error) {
		got, invocation = r, i
		return decision, nil
	}}
	a := ask(t, config)
	request := `{"kind":"shell","toolCallId":"c1","fullCommandText":"git push > x","intention":"to push","new":[1],
		"commands":[{"identifier":"git push","readOnly":false}],"possiblePaths":["x"],"possibleUrls":[{"url":"http://u"}],
		"hasWriteFileRedirection":true,"canOfferSessionApproval":true}`
	a.json(requestPermission, `{"agentId":"a1","permissionRequest":`+request+`}`, `{"kind":"approve-once"}`)
	equal(t, got, PermissionRequest{
		Kind: PermissionRequestKindShell, ToolCallID: "c1", FullCommandText: "git push > x", Intention: "to push",
		Commands: []PermissionCommand{{Identifier: "git push"}}, PossiblePaths: []string{"x"},
		PossibleURLs:            []PermissionPossibleURL{{URL: "http://u"}},
		HasWriteFileRedirection: true, CanOfferSessionApproval: true, Raw: json.RawMessage(request),
	})
	invocation.ctx = nil
	equal(t, invocation, PermissionInvocation{SessionID: "s1", AgentID: "a1"})

	for want, given := range map[string]PermissionDecision{
		`{"kind":"user-not-available"}`:               {},
		`{"kind":"approve-for-session"}`:              ApproveForSession(),
		`{"kind":"reject","feedback":"<no>"}`:         Reject("<no>"),
		`{"kind":"reject"}`:                           Reject(""),
		`{"kind":"approve-permanently","domain":"d"}`: {Kind: PermissionDecisionKindApprovePermanently, Domain: "d"},
		`{"kind":"approve-for-location","approval":{"kind":"read"},"locationKey":"/r"}`: {
			Kind: PermissionDecisionKindApproveForLocation, Approval: json.RawMessage(`{"kind":"read"}`), LocationKey: "/r",
		},
		`{"kind":"approve-once","approvedInteractively":true,"decisionContext":{"outcome":"prompted_user","source":"human_response","surface":"sdk"}}`: {
			Kind: PermissionDecisionKindApproveOnce, ApprovedInteractively: ptr(true),
			Context: &PermissionDecisionContext{Outcome: PermissionDecisionOutcomePromptedUser, Source: "human_response", Surface: PermissionDecisionSurfaceSDK},
		},
	} {
		decision = given
		a.json(requestPermission, `{}`, want)
	}
	a.quiet()

	decision = NoResult()
	if r := a.answer(context.Background(), question{kind: requestPermission}); !r.declined || r.json != nil {
		t.Errorf("no result: %+v", r)
	}
	decision = PermissionDecision{Kind: PermissionDecisionKindApproveForSession, Approval: json.RawMessage(`{`)}
	a.json(requestPermission, `{}`, `{"kind":"user-not-available"}`)
	a.told("no JSON")

	// What may be read wrongly is not permitted.
	decision = ApproveOnce()
	a.json(requestPermission, `{"permissionRequest":{"kind":"shell","hasWriteFileRedirection":"yes"}}`, `{"kind":"user-not-available"}`)
	a.told("not understood", "hasWriteFileRedirection")
}

func TestReadyMadePermissionHandlers(t *testing.T) {
	a := ask(t, SessionConfig{OnPermissionRequest: PermissionHandler.ApproveAll})
	for _, free := range []string{``, `"managedApprovalRequired":false,`, `"managedApprovalRequired":null,`} {
		a.json(requestPermission, `{`+free+`"permissionRequest":{`+free+`"kind":"x"}}`, `{"kind":"approve-once"}`)
	}
	for _, managed := range []string{`true`, `"false"`, `0`, `{}`} {
		for _, params := range []string{
			`{"permissionRequest":{"kind":"x","managedApprovalRequired":` + managed + `}}`,
			`{"permissionRequest":{"kind":"x"},"managedApprovalRequired":` + managed + `}`,
		} {
			r := a.answer(context.Background(), question{kind: requestPermission, params: json.RawMessage(params)})
			if !r.declined || r.json != nil {
				t.Errorf("%s: %+v", params, r)
			}
		}
	}
	a.quiet()
	a = ask(t, SessionConfig{OnPermissionRequest: PermissionHandler.ApproveAll, EnableManagedSettings: ptr(true)})
	a.json(requestPermission, `{}`, `{"kind":"user-not-available"}`)
	a.told("approves nothing")
	a = ask(t, SessionConfig{OnPermissionRequest: PermissionHandler.ApproveAll, EnableManagedSettings: ptr(false)})
	a.json(requestPermission, `{}`, `{"kind":"approve-once"}`)
	a = ask(t, SessionConfig{OnPermissionRequest: PermissionHandler.DenyAll})
	a.json(requestPermission, `{}`, `{"kind":"reject","feedback":"this program permits nothing"}`)
}

func TestPermissionRequestsAsJSON(t *testing.T) {
	for _, raw := range []string{
		`{"kind":"mcp","serverName":"s","toolName":"t","toolTitle":"T","args":{"a":1},"readOnly":true,"new":1}`,
		`{"kind":"memory","managedApprovalRequired":true}`,
	} {
		var request PermissionRequest
		if err := json.Unmarshal([]byte(raw), &request); err != nil {
			t.Fatal(err)
		}
		if encoded, err := json.Marshal(request); err != nil || string(encoded) != raw {
			t.Errorf("%s became %s, %v", raw, encoded, err)
		}
		var again PermissionRequest
		request.Raw = nil
		encoded, _ := json.Marshal(request)
		if err := json.Unmarshal(encoded, &again); err != nil {
			t.Fatal(err)
		}
		again.Raw = nil
		equal(t, again, request)
	}
}

func TestUserInput(t *testing.T) {
	var got UserInputRequest
	a := ask(t, SessionConfig{OnUserInputRequest: func(r UserInputRequest, i UserInputInvocation) (UserInputResponse, error) {
		got = r
		return UserInputResponse{Answer: "<blue> " + i.SessionID, WasFreeform: true}, nil
	}})
	a.json(requestUserInput, `{"question":"which?","choices":["a","b"],"allowFreeform":false}`, `{"answer":"<blue> s1","wasFreeform":true}`)
	equal(t, got, UserInputRequest{Question: "which?", Choices: []string{"a", "b"}, AllowFreeform: ptr(false)})
	a.json(requestUserInput, `{"question":"which?","choices":null}`, `{"answer":"<blue> s1","wasFreeform":true}`)
	equal(t, got, UserInputRequest{Question: "which?"})
	a.quiet()
}

func TestElicitation(t *testing.T) {
	var got ElicitationContext
	result := ElicitationResult{Action: ElicitationActionAccept, Content: map[string]any{"n": 1, "s": []string{"<x>"}}}
	a := ask(t, SessionConfig{OnElicitationRequest: func(e ElicitationContext) (ElicitationResult, error) {
		got = e
		return result, nil
	}})
	schema := `{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"number"}},"required":["z"]}`
	a.json(requestElicitation, `{"message":"m","requestedSchema":`+schema+`,"mode":"form","elicitationSource":"srv","toolCallId":"c1","agentId":"a1"}`,
		`{"action":"accept","content":{"n":1,"s":["<x>"]}}`)
	got.ctx = nil
	equal(t, got, ElicitationContext{
		SessionID: "s1", Message: "m", RawSchema: json.RawMessage(schema), Mode: ptr(ElicitationRequestedModeForm),
		ElicitationSource: ptr("srv"), ToolCallID: "c1", AgentID: "a1",
		RequestedSchema: &ElicitationSchema{
			Properties: map[string]any{"z": map[string]any{"type": "string"}, "a": map[string]any{"type": "number"}},
			Required:   []string{"z"},
		},
	})
	result = ElicitationResult{Action: ElicitationActionDecline, Content: map[string]any{"n": 1}}
	a.json(requestElicitation, `{"message":"m","mode":"url","url":"http://u","requestedSchema":null}`, `{"action":"decline"}`)
	got.ctx = nil
	equal(t, got, ElicitationContext{SessionID: "s1", Message: "m", Mode: ptr(ElicitationRequestedModeURL), URL: ptr("http://u")})
	a.quiet()

	result = ElicitationResult{}
	a.json(requestElicitation, `{}`, `{"action":"cancel"}`)
	a.told(`action is ""`)
	result = ElicitationResult{Action: ElicitationActionAccept, Content: map[string]any{"f": func() {}}}
	a.json(requestElicitation, `{}`, `{"action":"cancel"}`)
	a.told("no JSON")
	a.json(requestElicitation, `{"requestedSchema":[]}`, `{"action":"cancel"}`)
	a.told("the form is not understood")
}

func TestExitPlanMode(t *testing.T) {
	var got ExitPlanModeRequest
	result := ExitPlanModeResult{Approved: true, SelectedAction: "interactive", AutoApproveEdits: true}
	a := ask(t, SessionConfig{OnExitPlanModeRequest: func(r ExitPlanModeRequest, _ ExitPlanModeInvocation) (ExitPlanModeResult, error) {
		got = r
		return result, nil
	}})
	a.json(requestExitPlanMode, `{"summary":"s","planContent":"p","actions":["interactive"],"recommendedAction":"interactive"}`,
		`{"approved":true,"selectedAction":"interactive","autoApproveEdits":true}`)
	equal(t, got, ExitPlanModeRequest{Summary: "s", PlanContent: "p", Actions: []string{"interactive"}, RecommendedAction: "interactive"})
	result = ExitPlanModeResult{Feedback: "<more>"}
	a.json(requestExitPlanMode, `{}`, `{"approved":false,"feedback":"<more>"}`)
	equal(t, got, ExitPlanModeRequest{RecommendedAction: "autopilot"})
	a.quiet()
}

func TestAutoModeSwitch(t *testing.T) {
	var got AutoModeSwitchRequest
	response := AutoModeSwitchResponseYesAlways
	a := ask(t, SessionConfig{OnAutoModeSwitchRequest: func(r AutoModeSwitchRequest, _ AutoModeSwitchInvocation) (AutoModeSwitchResponse, error) {
		got = r
		return response, nil
	}})
	a.json(requestAutoModeSwitch, `{"errorCode":"rate","retryAfterSeconds":1.5}`, `{"response":"yes_always"}`)
	equal(t, got, AutoModeSwitchRequest{ErrorCode: ptr("rate"), RetryAfterSeconds: ptr(1.5)})
	a.quiet()
	response = "perhaps"
	a.fails(requestAutoModeSwitch, `{}`, `the response is "perhaps", and not yes, yes_always or no`)
	a.told("perhaps")
}

func TestMCPAuth(t *testing.T) {
	var got MCPAuthRequest
	var result *MCPAuthResult
	a := ask(t, SessionConfig{OnMCPAuthRequest: func(r MCPAuthRequest, _ MCPAuthInvocation) (*MCPAuthResult, error) {
		got = r
		return result, nil
	}})
	a.json(requestMCPAuth, `{"requestId":"r1","serverName":"n","serverUrl":"u","reason":"reauth","runtimeRefreshSupported":true,
		"resourceMetadata":"{}","wwwAuthenticateParams":{"scope":"s"},"staticClientConfig":{"clientId":"i","publicClient":true}}`,
		`{"kind":"cancelled"}`)
	equal(t, got, MCPAuthRequest{
		RequestID: "r1", ServerName: "n", ServerURL: "u", Reason: MCPOauthRequestReasonReauth, RuntimeRefreshSupported: true,
		ResourceMetadata: ptr("{}"), WwwAuthenticateParams: &MCPAuthWwwAuthenticateParams{Scope: ptr("s")},
		StaticClientConfig: &MCPAuthStaticClientConfig{ClientID: "i", PublicClient: ptr(true)},
	})
	result = MCPAuthResultCancelled()
	a.json(requestMCPAuth, `{}`, `{"kind":"cancelled"}`)
	result = MCPAuthResultRuntimeRefresh()
	a.json(requestMCPAuth, `{}`, `{"kind":"runtimeRefresh"}`)
	result = MCPAuthResultToken(&MCPAuthToken{AccessToken: "a"})
	a.json(requestMCPAuth, `{}`, `{"kind":"token","accessToken":"a"}`)
	result = MCPAuthResultToken(&MCPAuthToken{AccessToken: "a", TokenType: ptr("Bearer"), ExpiresIn: ptr(int64(60))})
	a.json(requestMCPAuth, `{}`, `{"kind":"token","accessToken":"a","tokenType":"Bearer","expiresIn":60}`)
	a.quiet()
	for why, wrong := range map[string]*MCPAuthResult{
		"has no token": MCPAuthResultToken(nil), "no token": MCPAuthResultToken(&MCPAuthToken{}), `kind is "x"`: {Kind: "x"},
	} {
		result = wrong
		a.json(requestMCPAuth, `{}`, `{"kind":"cancelled"}`)
		a.told(why)
	}
}

func TestCommands(t *testing.T) {
	var got CommandContext
	var problem error
	a := ask(t, SessionConfig{Commands: []CommandDefinition{{Name: "deploy", Handler: func(c CommandContext) error {
		got = c
		return problem
	}}}})
	a.json(requestCommand, `{"commandName":"deploy","command":"/deploy a b","args":"a b"}`, `null`)
	got.ctx = nil
	equal(t, got, CommandContext{SessionID: "s1", Command: "/deploy a b", CommandName: "deploy", Args: "a b"})
	problem = errors.New("no such host")
	a.fails(requestCommand, `{"commandName":"deploy"}`, "no such host")
	a.fails(requestCommand, `{"commandName":"other"}`, `there is no command "other"`)
	a.quiet()
}

func TestSystemMessageSections(t *testing.T) {
	section := func(f SectionTransformFn) SectionOverride { return SectionOverride{Transform: f} }
	a := ask(t, SessionConfig{SystemMessage: &SystemMessageConfig{Sections: map[string]SectionOverride{
		"tone":     section(func(content string) (string, error) { return content + " <and> kind", nil }),
		"safety":   section(func(string) (string, error) { return "x", errors.New("no idea") }),
		"identity": {Action: "remove"},
	}}})
	params := `{"sections":{"tone":{"content":"short"},"identity":{"content":"i"},"other":{"content":"o"}}}`
	a.json(requestSystemMessage, params, `{"sections":{"tone":{"content":"short <and> kind"}}}`)
	a.quiet()
	a.json(requestSystemMessage, `{"sections":{"tone":{"content":""},"safety":{"content":"s"}}}`, `{"sections":{"tone":{"content":" <and> kind"}}}`)
	a.told("safety", "no idea")
	a.json(requestSystemMessage, `{"sections":5}`, `{"sections":{}}`)
	a.told("not understood")
	a.json(requestSystemMessage, `{}`, `{"sections":{}}`)
	a.quiet()

	a = ask(t, SessionConfig{SystemMessage: &SystemMessageConfig{Sections: map[string]SectionOverride{
		"tone":   section(func(content string) (string, error) { return content + "!", nil }),
		"safety": section(func(string) (string, error) { panic("boom") }),
	}}})
	a.json(requestSystemMessage, `{"sections":{"tone":{"content":"a"},"safety":{"content":"s"}}}`, `{"sections":{"tone":{"content":"a!"}}}`)
	a.told("panicked", "boom")
}

func TestBearerTokens(t *testing.T) {
	var got ProviderTokenArgs
	provider := func(token string, err error) BearerTokenProvider {
		return func(args ProviderTokenArgs) (string, error) { got = args; return token, err }
	}
	a := ask(t, SessionConfig{
		Provider: &ProviderConfig{BearerTokenProvider: provider("d", nil)},
		Providers: []NamedProviderConfig{
			{Name: "a", BearerTokenProvider: provider("<a>", nil)}, {Name: "empty", BearerTokenProvider: provider("", nil)},
			{Name: "none"}, {Name: "failing", BearerTokenProvider: provider("x", errors.New("logged out"))},
		},
	})
	get := func(name string) reply {
		return a.answer(context.Background(), question{method: "providerToken.getToken", sessionID: "s2", params: json.RawMessage(`{"sessionId":"s2","providerName":"` + name + `"}`)})
	}
	for name, want := range map[string]reply{
		"default": {json: []byte(`{"token":"d"}`)},
		"a":       {json: []byte(`{"token":"<a>"}`)},
	} {
		equal(t, get(name), want)
		got.ctx = nil
		equal(t, got, ProviderTokenArgs{ProviderName: name, SessionID: "s2"})
	}
	a.quiet()
	for name, want := range map[string]string{
		"empty":   `the BearerTokenProvider of "empty" gave no token`,
		"none":    `the provider "none" has no BearerTokenProvider`,
		"other":   `the provider "other" has no BearerTokenProvider`,
		"failing": `logged out`,
	} {
		equal(t, get(name), reply{failure: want})
		a.told(want)
	}
}

func TestRequestHandlers(t *testing.T) {
	named := func(name string) RequestHandler {
		return func(_ context.Context, method string, params json.RawMessage) (any, error) {
			return []any{name, method, params}, nil
		}
	}
	a := ask(t, SessionConfig{RequestHandlers: map[string]RequestHandler{
		"canvas.open": named("exact"), "canvas.*": named("canvas"), "canvas.action.*": named("action"), "*": named("all"),
	}})
	for method, want := range map[string]string{
		"canvas.open": "exact", "canvas.close": "canvas", "canvas.action.invoke": "action", "canvas": "all", "x.y.z": "all",
	} {
		got := a.answer(context.Background(), question{method: method, params: json.RawMessage(`{"a":"<>"}`)})
		equal(t, string(got.json), `["`+want+`","`+method+`",{"a":"<>"}]`)
	}
	a.quiet()
	a = ask(t, SessionConfig{RequestHandlers: map[string]RequestHandler{
		"m": func(context.Context, string, json.RawMessage) (any, error) { return json.RawMessage(`{x}`), nil },
		"n": func(context.Context, string, json.RawMessage) (any, error) {
			return nil, errors.New("ENOENT: no such file")
		},
	}})
	if got := a.answer(context.Background(), question{method: "m"}); got.json != nil || got.failure == "" {
		t.Errorf("wrong JSON: %+v", got)
	}
	a.told("no JSON")
	equal(t, a.answer(context.Background(), question{method: "n"}), reply{failure: "ENOENT: no such file"})
	a.told("ENOENT")
	equal(t, a.answer(context.Background(), question{method: "o"}), reply{failure: "there is no handler for o"})
}

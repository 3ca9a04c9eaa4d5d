package copilot

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"
)

// seen stores a hook's input and returns its output.
func seen[In, Out any](into *any, output *Out) func(In, HookInvocation) (*Out, error) {
	return func(input In, invocation HookInvocation) (*Out, error) {
		if invocation.SessionID != "s1" || invocation.Context() == nil {
			return nil, fmt.Errorf("the invocation is %+v", invocation)
		}
		*into = input
		return output, nil
	}
}

// common is what every hook of the tests gets, and how it comes.
func common(raw string) HookInput {
	return HookInput{
		SessionID: "sub", Timestamp: time.UnixMilli(1700000000123), WorkingDirectory: "/w", AgentID: "a1", AgentType: "task",
		Raw: json.RawMessage(raw),
	}
}

const commonMembers = `"sessionId":"sub","cwd":"/w","agentId":"a1","agentType":"task"`

func TestHooks(t *testing.T) {
	var got any
	text := ptr("<x>")
	hooks := &SessionHooks{
		OnPreToolUse: seen[PreToolUseHookInput](&got, &PreToolUseHookOutput{
			PermissionDecision: "deny", PermissionDecisionReason: "<r>", ModifiedArgs: map[string]any{"b": 1}, AdditionalContext: "c", SuppressOutput: true}),
		OnPreMCPToolCall:        seen[PreMCPToolCallHookInput](&got, &PreMCPToolCallHookOutput{}),
		OnPostToolUse:           seen[PostToolUseHookInput](&got, &PostToolUseHookOutput{ModifiedResult: "m", AdditionalContext: "c", SuppressOutput: true}),
		OnPostToolUseFailure:    seen[PostToolUseFailureHookInput](&got, &PostToolUseFailureHookOutput{AdditionalContext: "c"}),
		OnUserPromptSubmitted:   seen[UserPromptSubmittedHookInput](&got, &UserPromptSubmittedHookOutput{ModifiedPrompt: "m", Decision: "block", Reason: "r"}),
		OnUserPromptTransformed: seen[UserPromptTransformedHookInput](&got, &UserPromptTransformedHookOutput{ModifiedTransformedPrompt: text}),
		OnSessionStart:          seen[SessionStartHookInput](&got, &SessionStartHookOutput{AdditionalContext: "c", ModifiedConfig: map[string]any{"k": 1}}),
		OnSessionEnd:            seen[SessionEndHookInput](&got, &SessionEndHookOutput{CleanupActions: []string{"a"}, SessionSummary: "s"}),
		OnErrorOccurred:         seen[ErrorOccurredHookInput](&got, &ErrorOccurredHookOutput{ErrorHandling: "retry", RetryCount: 2, UserNotification: "n"}),
		OnAgentStop:             seen[AgentStopHookInput](&got, &AgentStopHookOutput{Decision: "block", Reason: "r"}),
		OnSubagentStart:         seen[SubagentStartHookInput](&got, &SubagentStartHookOutput{AdditionalContext: "c"}),
		OnSubagentStop:          seen[SubagentStopHookInput](&got, &SubagentStopHookOutput{Decision: "allow", ModifiedResponse: text}),
	}
	a := ask(t, SessionConfig{Hooks: hooks})
	for _, hook := range []struct {
		name, members string
		want          func(HookInput) any
		output        string
	}{
		{"preToolUse", `"toolName":"t","toolArgs":{"a":1}`,
			func(h HookInput) any {
				return PreToolUseHookInput{HookInput: h, ToolName: "t", ToolArgs: map[string]any{"a": 1.0}}
			},
			`{"permissionDecision":"deny","permissionDecisionReason":"<r>","modifiedArgs":{"b":1},"additionalContext":"c","suppressOutput":true}`},
		{"preMcpToolCall", `"serverName":"s","toolName":"t","arguments":[1],"toolCallId":"c1","_meta":{"m":true}`,
			func(h HookInput) any {
				return PreMCPToolCallHookInput{HookInput: h, ServerName: "s", ToolName: "t", Arguments: []any{1.0}, ToolCallID: "c1", Meta: map[string]any{"m": true}}
			}, `{"metaToUse":null}`},
		{"postToolUse", `"toolName":"t","toolArgs":{"a":1},"toolResult":{"r":"x"}`,
			func(h HookInput) any {
				return PostToolUseHookInput{HookInput: h, ToolName: "t", ToolArgs: map[string]any{"a": 1.0}, ToolResult: map[string]any{"r": "x"}}
			}, `{"modifiedResult":"m","additionalContext":"c","suppressOutput":true}`},
		{"postToolUseFailure", `"toolName":"t","toolArgs":null,"error":"e"`,
			func(h HookInput) any { return PostToolUseFailureHookInput{HookInput: h, ToolName: "t", Error: "e"} },
			`{"additionalContext":"c"}`},
		{"userPromptSubmitted", `"prompt":"<p>"`,
			func(h HookInput) any { return UserPromptSubmittedHookInput{HookInput: h, Prompt: "<p>"} },
			`{"modifiedPrompt":"m","decision":"block","reason":"r"}`},
		{"userPromptTransformed", `"prompt":"p","transformedPrompt":"tp"`,
			func(h HookInput) any {
				return UserPromptTransformedHookInput{HookInput: h, Prompt: "p", TransformedPrompt: "tp"}
			}, `{"modifiedTransformedPrompt":"<x>"}`},
		{"sessionStart", `"source":"new","initialPrompt":"p"`,
			func(h HookInput) any { return SessionStartHookInput{HookInput: h, Source: "new", InitialPrompt: "p"} },
			`{"additionalContext":"c","modifiedConfig":{"k":1}}`},
		{"sessionEnd", `"reason":"error","finalMessage":"f","error":"e"`,
			func(h HookInput) any {
				return SessionEndHookInput{HookInput: h, Reason: "error", FinalMessage: "f", Error: "e"}
			}, `{"cleanupActions":["a"],"sessionSummary":"s"}`},
		{"errorOccurred", `"error":"e","errorContext":"system","recoverable":true`,
			func(h HookInput) any {
				return ErrorOccurredHookInput{HookInput: h, Error: "e", ErrorContext: "system", Recoverable: true}
			}, `{"errorHandling":"retry","retryCount":2,"userNotification":"n"}`},
		{"agentStop", `"stopReason":"end_turn","transcriptPath":"/t","stop_hook_active":true`,
			func(h HookInput) any {
				return AgentStopHookInput{HookInput: h, StopReason: "end_turn", TranscriptPath: "/t", StopHookActive: true}
			}, `{"decision":"block","reason":"r"}`},
		{"subagentStart", `"transcriptPath":"/t","agentName":"n","agentDisplayName":"N","agentDescription":"d"`,
			func(h HookInput) any {
				return SubagentStartHookInput{HookInput: h, TranscriptPath: "/t", AgentName: "n", AgentDisplayName: "N", AgentDescription: "d"}
			}, `{"additionalContext":"c"}`},
		{"subagentStop", `"transcriptPath":"/t","agentName":"n","agentDisplayName":"N","stopReason":"r","response":"x"`,
			func(h HookInput) any {
				return SubagentStopHookInput{HookInput: h, TranscriptPath: "/t", AgentName: "n", AgentDisplayName: "N", StopReason: "r", Response: "x"}
			}, `{"decision":"allow","modifiedResponse":"<x>"}`},
	} {
		t.Run(hook.name, func(t *testing.T) {
			got = nil
			raw := `{"timestamp":1700000000123,` + commonMembers + `,` + hook.members + `}`
			a.t = t
			a.json(requestHook, `{"hookType":"`+hook.name+`","input":`+raw+`}`, hook.output)
			equal(t, got, hook.want(common(raw)))
			encoded, err := json.Marshal(got)
			if err != nil {
				t.Fatal(err)
			}
			var before, after any
			if json.Unmarshal([]byte(raw), &before) != nil || json.Unmarshal(encoded, &after) != nil {
				t.Fatalf("%s became %s", raw, encoded)
			}
			equal(t, after, before)
			a.quiet()
		})
	}
}

func TestHooksWithoutAnOpinion(t *testing.T) {
	a := ask(t, SessionConfig{Hooks: &SessionHooks{
		OnSessionStart: func(SessionStartHookInput, HookInvocation) (*SessionStartHookOutput, error) { return nil, nil },
		OnPreToolUse: func(PreToolUseHookInput, HookInvocation) (*PreToolUseHookOutput, error) {
			return &PreToolUseHookOutput{ModifiedArgs: math.Inf(1)}, nil
		},
		OnPostToolUse: func(PostToolUseHookInput, HookInvocation) (*PostToolUseHookOutput, error) {
			return &PostToolUseHookOutput{AdditionalContext: "x"}, errors.New("no idea")
		},
	}})
	a.json(requestHook, `{"hookType":"sessionStart","input":{}}`, `null`)
	a.json(requestHook, `{"hookType":"sessionStart"}`, `null`)
	a.json(requestHook, `{"hookType":"sessionEnd","input":{}}`, `null`)
	a.json(requestHook, `{"hookType":"prePRDescription","input":{}}`, `null`)
	a.json(requestHook, `{}`, `null`)
	a.quiet()
	a.json(requestHook, `{"hookType":"preToolUse","input":{}}`, `null`)
	a.told("preToolUse", "no JSON")
	a.json(requestHook, `{"hookType":"postToolUse","input":{}}`, `null`)
	a.told("postToolUse", "no idea")
	a.json(requestHook, `{"hookType":"sessionStart","input":{"source":5}}`, `null`)
	a.told("sessionStart", "not understood", "source")
	a.json(requestHook, `{"hookType":"sessionStart","input":{"timestamp":"now"}}`, `null`)
	a.told("sessionStart", "timestamp")
}

func TestHookInputsOfOtherServers(t *testing.T) {
	var input ErrorOccurredHookInput
	for raw, want := range map[string]ErrorOccurredHookInput{
		`{"timestamp":1.5}`:                         {HookInput: HookInput{Timestamp: time.UnixMicro(1500)}},
		`{"timestamp":-2.25}`:                       {HookInput: HookInput{Timestamp: time.UnixMicro(-2250)}},
		`{"error":{"name":"E","message":"m"}}`:      {Error: "m"},
		`{"error":{"name":"E"}}`:                    {},
		`{"error":null,"timestamp":null}`:           {},
		`{"error": {"message":"m"},"unknown":[{}]}`: {Error: "m"},
	} {
		input = ErrorOccurredHookInput{}
		if err := json.Unmarshal([]byte(raw), &input); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		want.Raw = json.RawMessage(raw)
		equal(t, input, want)
	}
	for _, wrong := range []string{`{"error":5}`, `{"error":{"message":5}}`, `[]`, `{"timestamp":{}}`} {
		if err := json.Unmarshal([]byte(wrong), &input); err == nil {
			t.Errorf("%s is read", wrong)
		}
	}
	if _, err := json.Marshal(PreToolUseHookInput{ToolArgs: func() {}}); err == nil {
		t.Error("a function became JSON")
	}
}

package copilot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed/scenario"
)

// asking is what the answers of a row need to know of those before.
type asking struct {
	permissions int
	taken       map[string]map[int]int // by kind and index of the answer, how often it was
	gates       map[string]*gate
}

// gate lets calls of a tool pass when so many wait.
type gate struct {
	waiting int
	open    chan struct{}
}

func newAsking() asking {
	return asking{taken: make(map[string]map[int]int), gates: make(map[string]*gate)}
}

// errNoAnswer is what a handler says to a question that the row has no answer for.
var errNoAnswer = errors.New("the row has no answer to this")

// tool is a tool of the row, answered as it says.
func (d *driver) tool(of scenario.Tool) (copilot.Tool, error) {
	var tool copilot.Tool
	if err := fill(of.Tool, &tool); err != nil {
		return tool, err
	}
	tool.Handler = func(invocation copilot.ToolInvocation) (copilot.ToolResult, error) {
		call := scenario.Object{"tool": invocation.ToolName}
		var arguments any
		if invocation.RawArguments != nil {
			arguments = scenario.Decode(invocation.RawArguments)
			call["arguments"] = arguments
		}
		d.mu.Lock()
		d.seen.Calls = append(d.seen.Calls, call)
		d.mu.Unlock()
		if err := d.pass(invocation.Context(), of); err != nil {
			return copilot.ToolResult{}, err
		}
		reply, open, failure := of.Answer(arguments)
		if open {
			<-invocation.Context().Done()
			return copilot.ToolResult{}, invocation.Context().Err()
		}
		if failure != nil {
			return copilot.ToolResult{}, failure
		}
		if text, ok := reply.(string); ok {
			return copilot.ToolResult{TextResultForLLM: text, ResultType: "success"}, nil
		}
		var result copilot.ToolResult
		err := d.filled(reply, &result)
		return result, err
	}
	return tool, nil
}

// pass waits until so many calls of the tool wait as the row wants together.
func (d *driver) pass(ctx context.Context, of scenario.Tool) error {
	d.mu.Lock()
	its := d.asking.gates[of.Name()]
	if its == nil {
		its = &gate{open: make(chan struct{})}
		d.asking.gates[of.Name()] = its
	}
	its.waiting++
	if its.waiting >= of.Together {
		close(its.open)
		delete(d.asking.gates, of.Name())
	}
	d.mu.Unlock()
	select {
	case <-its.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// filled is fill for an answer; what cannot be expressed is the row's fault, and not the handler's failure alone.
func (d *driver) filled(reply, into any) error {
	err := fill(reply, into)
	if err != nil {
		d.fault("an answer: %w", err)
	}
	return err
}

func (d *driver) decide(request copilot.PermissionRequest, _ copilot.PermissionInvocation) (copilot.PermissionDecision, error) {
	d.mu.Lock()
	d.seen.Asked["permission"] = append(d.seen.Asked["permission"], scenario.Decode(request.Raw))
	answer := d.row.Permission(d.asking.permissions)
	d.asking.permissions++
	d.mu.Unlock()
	switch answer {
	case "approve":
		return copilot.ApproveOnce(), nil
	case "deny":
		return copilot.Reject(""), nil
	}
	object, _ := answer.(scenario.Object)
	if feedback, ok := object["feedback"].(string); ok {
		return copilot.Reject(feedback), nil
	}
	var decision copilot.PermissionDecision
	err := d.filled(object["result"], &decision)
	return decision, err
}

// answer is the row's answer to a question of a kind, which is noted when there is one.
func (d *driver) answer(ctx context.Context, kind string, question any) (any, error) {
	d.mu.Lock()
	answers := d.row.Questions[kind]
	if d.asking.taken[kind] == nil {
		d.asking.taken[kind] = make(map[int]int)
	}
	index, ok := answers.Choose(question, d.asking.taken[kind])
	if ok {
		d.asking.taken[kind][index]++
		d.seen.Asked[kind] = append(d.seen.Asked[kind], question)
	}
	d.mu.Unlock()
	if !ok {
		return nil, errNoAnswer
	}
	reply, open, failure := answers.Answer(index, question)
	if open {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return reply, failure
}

// answered answers a question and makes the reply a value of Go's.
func answered[R any](ctx context.Context, d *driver, kind string, question any) (R, error) {
	var result R
	reply, err := d.answer(ctx, kind, question)
	if err == nil && reply != nil {
		err = d.filled(reply, &result)
	}
	return result, err
}

// asJSON is what a struct says, as the row's patterns see it.
func asJSON(value any) scenario.Object {
	text, err := json.Marshal(value)
	object, ok := scenario.Decode(text).(scenario.Object)
	if err != nil || !ok {
		return scenario.Object{"not an object": fmt.Sprintf("%+v", value)}
	}
	return object
}

func (d *driver) userInput(request copilot.UserInputRequest, invocation copilot.UserInputInvocation) (copilot.UserInputResponse, error) {
	return answered[copilot.UserInputResponse](invocation.Context(), d, "userInput", asJSON(request))
}

func (d *driver) elicitation(its copilot.ElicitationContext) (copilot.ElicitationResult, error) {
	question := scenario.Object{"message": its.Message}
	if its.RequestedSchema != nil {
		// The struct must have understood what the server sent.
		question["requestedSchema"] = scenario.Decode(its.RawSchema)
		if err := covers(question["requestedSchema"], asJSON(its.RequestedSchema), "the form"); err != nil {
			d.fault("%w", err)
		}
	}
	if its.Mode != nil {
		question["mode"] = string(*its.Mode)
	}
	return answered[copilot.ElicitationResult](its.Context(), d, "elicitation", question)
}

func (d *driver) exitPlanMode(request copilot.ExitPlanModeRequest, invocation copilot.ExitPlanModeInvocation) (copilot.ExitPlanModeResult, error) {
	return answered[copilot.ExitPlanModeResult](invocation.Context(), d, "exitPlanMode", asJSON(request))
}

func (d *driver) command(its copilot.CommandContext) error {
	_, err := d.answer(its.Context(), "command", scenario.Object{
		"commandName": its.CommandName, "args": its.Args, "command": its.Command,
	})
	return err
}

// section rewrites a section of the system message as the row says; each section is a question of its own.
func (d *driver) section(name string) copilot.SectionTransformFn {
	return func(current string) (string, error) {
		question := scenario.Object{"sections": scenario.Object{name: scenario.Object{"content": current}}}
		reply, err := d.answer(context.Background(), "systemMessage", question)
		if err != nil {
			return "", err
		}
		content, ok := scenario.At(reply, "/sections/"+name+"/content")
		text, isText := content.(string)
		if !ok || !isText {
			return "", fmt.Errorf("the row has no text for the section %s", name)
		}
		return text, nil
	}
}

func (d *driver) hooks() *copilot.SessionHooks {
	return &copilot.SessionHooks{
		OnPreToolUse:            hook[copilot.PreToolUseHookInput, copilot.PreToolUseHookOutput](d, "preToolUse"),
		OnPreMCPToolCall:        hook[copilot.PreMCPToolCallHookInput, copilot.PreMCPToolCallHookOutput](d, "preMcpToolCall"),
		OnPostToolUse:           hook[copilot.PostToolUseHookInput, copilot.PostToolUseHookOutput](d, "postToolUse"),
		OnPostToolUseFailure:    hook[copilot.PostToolUseFailureHookInput, copilot.PostToolUseFailureHookOutput](d, "postToolUseFailure"),
		OnUserPromptSubmitted:   hook[copilot.UserPromptSubmittedHookInput, copilot.UserPromptSubmittedHookOutput](d, "userPromptSubmitted"),
		OnUserPromptTransformed: hook[copilot.UserPromptTransformedHookInput, copilot.UserPromptTransformedHookOutput](d, "userPromptTransformed"),
		OnSessionStart:          hook[copilot.SessionStartHookInput, copilot.SessionStartHookOutput](d, "sessionStart"),
		OnSessionEnd:            hook[copilot.SessionEndHookInput, copilot.SessionEndHookOutput](d, "sessionEnd"),
		OnErrorOccurred:         hook[copilot.ErrorOccurredHookInput, copilot.ErrorOccurredHookOutput](d, "errorOccurred"),
		OnAgentStop:             hook[copilot.AgentStopHookInput, copilot.AgentStopHookOutput](d, "agentStop"),
		OnSubagentStart:         hook[copilot.SubagentStartHookInput, copilot.SubagentStartHookOutput](d, "subagentStart"),
		OnSubagentStop:          hook[copilot.SubagentStopHookInput, copilot.SubagentStopHookOutput](d, "subagentStop"),
	}
}

// understood demands that the struct of a hook's input says what the server sent. An error is a text in it, whatever the
// server sends.
func (d *driver) understood(kind string, input, raw scenario.Object) {
	for key, value := range input {
		if sent, there := raw[key]; there && key != "error" && !reflect.DeepEqual(plainly(value), plainly(sent)) {
			d.fault("%s: %s is %v in the input, and the server sent %v", kind, key, value, sent)
		}
	}
	for _, key := range []string{"sessionId", "timestamp", "cwd"} {
		if raw[key] == nil {
			d.fault("%s has no %s: %v", kind, key, raw)
		}
	}
}

// plainly is a value with the numbers that a program sees: whether it was 1 or 1.0 on the wire is lost.
func plainly(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var plain any
	if err := json.Unmarshal(text, &plain); err != nil {
		return err
	}
	return plain
}

// hook is a hook that answers as the row says, and has no opinion where that says nothing.
func hook[I, O any](d *driver, kind string) func(I, copilot.HookInvocation) (*O, error) {
	return func(input I, invocation copilot.HookInvocation) (*O, error) {
		common, _ := reflect.ValueOf(input).FieldByName("HookInput").Interface().(copilot.HookInput)
		raw, _ := scenario.Decode(common.Raw).(scenario.Object)
		d.understood(kind, asJSON(input), raw)
		question := scenario.Object{"hookType": kind, "input": raw, "sessionId": invocation.SessionID}
		reply, err := d.answer(invocation.Context(), "hook", question)
		if errors.Is(err, errNoAnswer) || err == nil && reply == nil {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		output := new(O)
		return output, d.filled(reply, output)
	}
}

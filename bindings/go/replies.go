package copilot

import (
	"context"
	"encoding/json"
	"fmt"
)

// What each kind of question contains and how it is answered; see copilot_request_params() and
// copilot_request_respond() in copilot.h.

// session is the session that a question belongs to.
func (h *handlers) session(q question) string {
	if q.sessionID != "" || h.sessionID == nil {
		return q.sessionID
	}
	return h.sessionID()
}

// read decodes what is asked.
func read(q question, into any) error {
	if len(q.params) == 0 {
		return nil
	}
	if err := json.Unmarshal(q.params, into); err != nil {
		return fmt.Errorf("what the server asks is not understood: %w", err)
	}
	return nil
}

func (h *handlers) tool(ctx context.Context, q question) (reply, error) {
	handler, known := h.tools[q.toolName]
	if !known {
		return reply{}, fmt.Errorf("there is no tool %q", q.toolName)
	}
	if handler == nil {
		return reply{declined: true}, nil
	}
	var asked struct {
		ToolCallID       string          `json:"toolCallId"`
		Arguments        json.RawMessage `json:"arguments"`
		WorkingDirectory string          `json:"workingDirectory"`
		AgentID          string          `json:"agentId"`
		AvailableTools   json.RawMessage `json:"availableTools"`
		Traceparent      string          `json:"traceparent"`
		Tracestate       string          `json:"tracestate"`
	}
	if err := read(q, &asked); err != nil {
		return reply{}, err
	}
	invocation := ToolInvocation{
		SessionID:        h.session(q),
		ToolCallID:       asked.ToolCallID,
		ToolName:         q.toolName,
		RawArguments:     asked.Arguments,
		WorkingDirectory: asked.WorkingDirectory,
		AgentID:          asked.AgentID,
		Traceparent:      asked.Traceparent,
		Tracestate:       asked.Tracestate,
		ctx:              ctx,
	}
	if len(asked.Arguments) > 0 {
		// It is a part of what was decoded just now.
		_ = json.Unmarshal(asked.Arguments, &invocation.Arguments)
	}
	if len(asked.AvailableTools) > 0 {
		if err := json.Unmarshal(asked.AvailableTools, &invocation.AvailableTools); err != nil {
			h.report("what tools there are is not understood", h.about(q, "error", err)...)
		}
	}
	result, err := handler(invocation)
	if err != nil {
		return reply{}, err
	}
	return answered(result.typed())
}

func (h *handlers) permission(handler PermissionHandlerFunc, managed bool) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked struct {
			Request PermissionRequest `json:"permissionRequest"`
			AgentID string            `json:"agentId"`
			Managed json.RawMessage   `json:"managedApprovalRequired"`
		}
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		asked.Request.managed = asked.Request.managed || isSet(asked.Managed)
		decision, err := handler(asked.Request, PermissionInvocation{
			SessionID: h.session(q), AgentID: asked.AgentID, ManagedSettingsEnabled: managed, ctx: ctx,
		})
		switch {
		case err != nil:
			return reply{}, err
		case decision.Kind == PermissionDecisionKindNoResult:
			return reply{declined: true}, nil
		case decision.Kind == "":
			decision = UserNotAvailable()
		}
		return answered(decision)
	}
}

func (h *handlers) userInput(handler UserInputHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked UserInputRequest
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		response, err := handler(asked, UserInputInvocation{SessionID: h.session(q), ctx: ctx})
		if err != nil {
			return reply{}, err
		}
		return answered(response)
	}
}

func (h *handlers) elicitation(handler ElicitationHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked struct {
			Message    string                    `json:"message"`
			Schema     json.RawMessage           `json:"requestedSchema"`
			Mode       *ElicitationRequestedMode `json:"mode"`
			Source     *string                   `json:"elicitationSource"`
			URL        *string                   `json:"url"`
			ToolCallID string                    `json:"toolCallId"`
			AgentID    string                    `json:"agentId"`
		}
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		its := ElicitationContext{
			SessionID:         h.session(q),
			Message:           asked.Message,
			Mode:              asked.Mode,
			ElicitationSource: asked.Source,
			URL:               asked.URL,
			ToolCallID:        asked.ToolCallID,
			AgentID:           asked.AgentID,
			ctx:               ctx,
		}
		if len(asked.Schema) > 0 && string(asked.Schema) != "null" {
			its.RawSchema = asked.Schema
			if err := json.Unmarshal(asked.Schema, &its.RequestedSchema); err != nil {
				return reply{}, fmt.Errorf("the form is not understood: %w", err)
			}
		}
		result, err := handler(its)
		if err != nil {
			return reply{}, err
		}
		switch result.Action {
		case ElicitationActionAccept:
		case ElicitationActionDecline, ElicitationActionCancel:
			result.Content = nil
		default:
			return reply{}, fmt.Errorf("the result's action is %q, and not accept, decline or cancel", result.Action)
		}
		return answered(result)
	}
}

func (h *handlers) exitPlanMode(handler ExitPlanModeRequestHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked ExitPlanModeRequest
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		if asked.RecommendedAction == "" {
			asked.RecommendedAction = "autopilot"
		}
		result, err := handler(asked, ExitPlanModeInvocation{SessionID: h.session(q), ctx: ctx})
		if err != nil {
			return reply{}, err
		}
		return answered(result)
	}
}

func (h *handlers) autoModeSwitch(handler AutoModeSwitchRequestHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked AutoModeSwitchRequest
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		response, err := handler(asked, AutoModeSwitchInvocation{SessionID: h.session(q), ctx: ctx})
		if err != nil {
			return reply{}, err
		}
		switch response {
		case AutoModeSwitchResponseYes, AutoModeSwitchResponseYesAlways, AutoModeSwitchResponseNo:
			return answered(map[string]any{"response": response})
		}
		return reply{}, fmt.Errorf("the response is %q, and not yes, yes_always or no", response)
	}
}

func (h *handlers) mcpAuth(handler MCPAuthHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked MCPAuthRequest
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		result, err := handler(asked, MCPAuthInvocation{SessionID: h.session(q), ctx: ctx})
		switch {
		case err != nil:
			return reply{}, err
		case result == nil || result.Kind == MCPAuthResultKindCancelled:
			return answered(map[string]any{"kind": MCPAuthResultKindCancelled})
		case result.Kind == MCPAuthResultKindRuntimeRefresh:
			return answered(map[string]any{"kind": MCPAuthResultKindRuntimeRefresh})
		case result.Kind != MCPAuthResultKindToken:
			return reply{}, fmt.Errorf("the result's kind is %q, and not token, cancelled or runtimeRefresh", result.Kind)
		case result.Token == nil || result.Token.AccessToken == "":
			return reply{}, fmt.Errorf("the result has no token")
		}
		return answered(struct {
			Kind string `json:"kind"`
			*MCPAuthToken
		}{MCPAuthResultKindToken, result.Token})
	}
}

func (h *handlers) commands(commands map[string]CommandHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked struct {
			Command string `json:"command"`
			Name    string `json:"commandName"`
			Args    string `json:"args"`
		}
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		handler := commands[asked.Name]
		if handler == nil {
			return reply{}, fmt.Errorf("there is no command %q", asked.Name)
		}
		err := handler(CommandContext{
			SessionID: h.session(q), Command: asked.Command, CommandName: asked.Name, Args: asked.Args, ctx: ctx,
		})
		if err != nil {
			return reply{}, err
		}
		return reply{json: []byte(`null`)}, nil
	}
}

// sections rewrites sections of the system message. One whose function fails stays as it is.
func (h *handlers) sections(functions map[string]SectionTransformFn) answerer {
	type section struct {
		Content string `json:"content"`
	}
	return func(ctx context.Context, q question) (reply, error) {
		var asked struct {
			Sections map[string]section `json:"sections"`
		}
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		rewritten := map[string]section{}
		for name, before := range asked.Sections {
			function := functions[name]
			if function == nil {
				continue
			}
			err := guarded(func() error {
				content, err := function(before.Content)
				if err == nil {
					rewritten[name] = section{content}
				}
				return err
			})
			if err != nil {
				h.failed(ctx, q, fmt.Errorf("section %q: %w", name, err))
			}
		}
		return answered(map[string]any{"sections": rewritten})
	}
}

func (h *handlers) tokens(providers map[string]BearerTokenProvider) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked struct {
			ProviderName string `json:"providerName"`
		}
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		provider := providers[asked.ProviderName]
		if provider == nil {
			return reply{}, fmt.Errorf("the provider %q has no BearerTokenProvider", asked.ProviderName)
		}
		token, err := provider(ProviderTokenArgs{ProviderName: asked.ProviderName, SessionID: h.session(q), ctx: ctx})
		if err != nil {
			return reply{}, err
		}
		if token == "" {
			return reply{}, fmt.Errorf("the BearerTokenProvider of %q gave no token", asked.ProviderName)
		}
		return answered(map[string]any{"token": token})
	}
}

func methodAnswerer(handler RequestHandler) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		result, err := handler(ctx, q.method, q.params)
		if err != nil {
			return reply{}, err
		}
		return answered(result)
	}
}

// hookRunner runs a hook with its input. Nil is no opinion.
type hookRunner func(input json.RawMessage, invocation HookInvocation) (any, error)

func (h *handlers) hook(runners map[string]hookRunner) answerer {
	return func(ctx context.Context, q question) (reply, error) {
		var asked struct {
			HookType string          `json:"hookType"`
			Input    json.RawMessage `json:"input"`
		}
		if err := read(q, &asked); err != nil {
			return reply{}, err
		}
		run := runners[asked.HookType]
		if run == nil {
			return refusal(requestHook, ""), nil
		}
		output, err := run(asked.Input, HookInvocation{SessionID: h.session(q), ctx: ctx})
		if err == nil {
			var answer reply
			if answer, err = answered(output); err == nil {
				return answer, nil
			}
		}
		return reply{}, fmt.Errorf("%s: %w", asked.HookType, err)
	}
}

// hookRunners are the hooks by the names that they have on the wire.
func hookRunners(hooks *SessionHooks) map[string]hookRunner {
	if hooks == nil {
		return nil
	}
	runners := map[string]hookRunner{
		"preToolUse":            runnerOf(hooks.OnPreToolUse),
		"preMcpToolCall":        runnerOf(hooks.OnPreMCPToolCall),
		"postToolUse":           runnerOf(hooks.OnPostToolUse),
		"postToolUseFailure":    runnerOf(hooks.OnPostToolUseFailure),
		"userPromptSubmitted":   runnerOf(hooks.OnUserPromptSubmitted),
		"userPromptTransformed": runnerOf(hooks.OnUserPromptTransformed),
		"sessionStart":          runnerOf(hooks.OnSessionStart),
		"sessionEnd":            runnerOf(hooks.OnSessionEnd),
		"errorOccurred":         runnerOf(hooks.OnErrorOccurred),
		"agentStop":             runnerOf(hooks.OnAgentStop),
		"subagentStart":         runnerOf(hooks.OnSubagentStart),
		"subagentStop":          runnerOf(hooks.OnSubagentStop),
	}
	for name, runner := range runners {
		if runner == nil {
			delete(runners, name)
		}
	}
	return runners
}

func runnerOf[In, Out any, Handler ~func(In, HookInvocation) (*Out, error)](handler Handler) hookRunner {
	if handler == nil {
		return nil
	}
	return func(raw json.RawMessage, invocation HookInvocation) (any, error) {
		var input In
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &input); err != nil {
				return nil, fmt.Errorf("the input is not understood: %w", err)
			}
		}
		output, err := handler(input, invocation)
		if err != nil || output == nil {
			return nil, err
		}
		return output, nil
	}
}

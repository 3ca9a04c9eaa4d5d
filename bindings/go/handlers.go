package copilot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// requestKind is what the server asks; the numbers are those of COPILOT_REQUEST_… in copilot.h.
type requestKind int32

const (
	requestOther requestKind = iota
	requestTool
	requestPermission
	requestUserInput
	requestElicitation
	requestHook
	requestCommand
	requestExitPlanMode
	requestAutoModeSwitch
	requestSystemMessage
	requestMCPAuth
)

// methodGetToken is the method by which the server asks for the token of a model provider.
const methodGetToken = "providerToken.getToken"

// question is a request of the server's, as its handler sees it.
type question struct {
	id                          uint64
	kind                        requestKind
	method, toolName, sessionID string
	params                      json.RawMessage
}

// reply is what is sent back. Exactly one of its ways is used.
type reply struct {
	// json is the answer.
	json []byte
	// failure is why there is none.
	failure string
	// declined leaves the question to another client.
	declined bool
}

// handlers are the functions of one session that answer the server. They do not change, and answer from any number of
// goroutines at once.
type handlers struct {
	// report is told what goes wrong and is not told to the server, with names and values as slog takes them.
	report func(message string, args ...any)

	sessionID   func() string
	definitions []Tool
	tools       map[string]ToolHandler
	kind        map[requestKind]answerer
	method      map[string]answerer
}

// answerer answers one kind of questions. An error is a failure of the kind's own form.
type answerer func(ctx context.Context, q question) (reply, error)

// newHandlers collects the handlers of a configuration. sessionID is asked while a question is answered that names no
// session. What is wrong with the configuration is ErrInvalidArgument with the name of the field.
func newHandlers(sessionID func() string, config *SessionConfig) (*handlers, error) {
	if config == nil {
		config = &SessionConfig{}
	}
	h := &handlers{
		report:    func(message string, args ...any) { slog.Default().Warn("copilot: "+message, args...) },
		sessionID: sessionID,
		tools:     map[string]ToolHandler{},
		kind:      map[requestKind]answerer{},
		method:    map[string]answerer{},
	}
	h.kind[requestTool] = h.tool
	for _, add := range []func(*SessionConfig) error{
		h.addTools, h.addCommands, h.addSections, h.addMethods, h.addTokenProviders,
	} {
		if err := add(config); err != nil {
			return nil, err
		}
	}
	h.addQuestions(config)
	return h, nil
}

// withTools are these handlers with other tools. Where several have a tool of one name, the first counts.
func (h *handlers) withTools(from ...*handlers) *handlers {
	changed := *h
	changed.tools, changed.definitions = map[string]ToolHandler{}, nil
	for _, source := range from {
		for _, tool := range source.definitions {
			if _, there := changed.tools[tool.Name]; !there {
				changed.tools[tool.Name] = tool.Handler
				changed.definitions = append(changed.definitions, tool)
			}
		}
	}
	changed.kind = maps.Clone(h.kind)
	changed.kind[requestTool] = changed.tool
	return &changed
}

// wrongField is the error of a field of the configuration.
func wrongField(field, problem string, args ...any) error {
	return fmt.Errorf("%w: SessionConfig.%s %s", ErrInvalidArgument, field, fmt.Sprintf(problem, args...))
}

func (h *handlers) addTools(config *SessionConfig) error {
	for i, tool := range config.Tools {
		field := fmt.Sprintf("Tools[%d]", i)
		if tool.Name == "" {
			return wrongField(field+".Name", "is empty")
		}
		if _, twice := h.tools[tool.Name]; twice {
			return wrongField(field+".Name", "is %q, and so is that of another tool", tool.Name)
		}
		if tool.invalid != nil {
			return wrongField(field, "%q: %v", tool.Name, tool.invalid)
		}
		h.tools[tool.Name] = tool.Handler
		h.definitions = append(h.definitions, tool)
	}
	return nil
}

func (h *handlers) addCommands(config *SessionConfig) error {
	commands := map[string]CommandHandler{}
	for i, command := range config.Commands {
		field := fmt.Sprintf("Commands[%d]", i)
		switch {
		case command.Name == "":
			return wrongField(field+".Name", "is empty")
		case commands[command.Name] != nil:
			return wrongField(field+".Name", "is %q, and so is that of another command", command.Name)
		case command.Handler == nil:
			return wrongField(field+".Handler", "of the command %q is nil", command.Name)
		}
		commands[command.Name] = command.Handler
	}
	if len(commands) > 0 {
		h.kind[requestCommand] = h.commands(commands)
	}
	return nil
}

func (h *handlers) addSections(config *SessionConfig) error {
	if config.SystemMessage == nil {
		return nil
	}
	sections := map[string]SectionTransformFn{}
	for _, name := range slices.Sorted(maps.Keys(config.SystemMessage.Sections)) {
		section := config.SystemMessage.Sections[name]
		if section.Transform != nil {
			sections[name] = section.Transform
		} else if section.Action == "transform" {
			return wrongField(fmt.Sprintf("SystemMessage.Sections[%q].Transform", name), "is nil")
		}
	}
	if len(sections) > 0 {
		h.kind[requestSystemMessage] = h.sections(sections)
	}
	return nil
}

func (h *handlers) addMethods(config *SessionConfig) error {
	for name, handler := range config.RequestHandlers {
		if name == "" {
			return wrongField("RequestHandlers", "has a handler without a method")
		}
		if handler == nil {
			return wrongField(fmt.Sprintf("RequestHandlers[%q]", name), "is nil")
		}
		h.method[name] = methodAnswerer(handler)
	}
	return nil
}

func (h *handlers) addTokenProviders(config *SessionConfig) error {
	providers := map[string]BearerTokenProvider{}
	if config.Provider != nil && config.Provider.BearerTokenProvider != nil {
		providers["default"] = config.Provider.BearerTokenProvider
	}
	for _, provider := range config.Providers {
		if provider.BearerTokenProvider != nil {
			providers[provider.Name] = provider.BearerTokenProvider
		}
	}
	if len(providers) == 0 {
		return nil
	}
	if h.method[methodGetToken] != nil {
		return wrongField(fmt.Sprintf("RequestHandlers[%q]", methodGetToken), "is there beside a BearerTokenProvider")
	}
	h.method[methodGetToken] = h.tokens(providers)
	return nil
}

// addQuestions adds the handlers that are a field of the configuration each.
func (h *handlers) addQuestions(config *SessionConfig) {
	if handler := config.OnPermissionRequest; handler != nil {
		managed := config.EnableManagedSettings != nil && *config.EnableManagedSettings || config.ManagedSettings != nil
		h.kind[requestPermission] = h.permission(handler, managed)
	}
	if handler := config.OnUserInputRequest; handler != nil {
		h.kind[requestUserInput] = h.userInput(handler)
	}
	if handler := config.OnElicitationRequest; handler != nil {
		h.kind[requestElicitation] = h.elicitation(handler)
	}
	if handler := config.OnExitPlanModeRequest; handler != nil {
		h.kind[requestExitPlanMode] = h.exitPlanMode(handler)
	}
	if handler := config.OnAutoModeSwitchRequest; handler != nil {
		h.kind[requestAutoModeSwitch] = h.autoModeSwitch(handler)
	}
	if handler := config.OnMCPAuthRequest; handler != nil {
		h.kind[requestMCPAuth] = h.mcpAuth(handler)
	}
	if hooks := hookRunners(config.Hooks); len(hooks) > 0 {
		h.kind[requestHook] = h.hook(hooks)
	}
}

// kinds are the kinds of questions that have a handler, tools aside.
func (h *handlers) kinds() []requestKind {
	kinds := slices.Sorted(maps.Keys(h.kind))
	return slices.DeleteFunc(kinds, func(kind requestKind) bool { return kind == requestTool })
}

// methods are the methods without a kind of their own that have a handler.
func (h *handlers) methods() []string { return slices.Sorted(maps.Keys(h.method)) }

// toolDefinitions are the tools as the server is told of them, in the order of the configuration.
func (h *handlers) toolDefinitions() ([][]byte, error) {
	definitions := make([][]byte, 0, len(h.definitions))
	for i, tool := range h.definitions {
		definition, err := toolDefinition(tool)
		if err != nil {
			return nil, wrongField(fmt.Sprintf("Tools[%d]", i), "%q: %v", tool.Name, err)
		}
		definitions = append(definitions, definition)
	}
	return definitions, nil
}

func toolDefinition(tool Tool) ([]byte, error) {
	if tool.Parameters != nil {
		parameters, err := encodeJSON(tool.Parameters)
		if err != nil {
			return nil, fmt.Errorf("its Parameters: %w", err)
		}
		switch {
		case string(parameters) == "null":
			tool.Parameters = nil
		case parameters[0] != '{':
			return nil, fmt.Errorf("its Parameters are no JSON object but %.40s", parameters)
		default:
			tool.Parameters = json.RawMessage(parameters)
		}
	}
	return encodeJSON(tool)
}

// serve asks the handler on the calling goroutine and calls send once, whatever the handler does: also when it panics,
// and when it ends the goroutine, in which case serve does not return.
func (h *handlers) serve(ctx context.Context, q question, send func(reply)) {
	out := refusal(q.kind, "the handler ended its goroutine")
	returned := false
	defer func() {
		if !returned {
			h.report("a handler ended its goroutine", h.about(q)...)
		}
		send(out)
	}()
	out = h.ask(contextOr(ctx), q)
	returned = true
}

// ask is serve without the care for handlers that end their goroutine.
func (h *handlers) ask(ctx context.Context, q question) reply {
	if ctx.Err() != nil {
		return refusal(q.kind, "nobody waits for the answer any more")
	}
	var answered reply
	err := guarded(func() (err error) {
		answered, err = h.answerer(q)(ctx, q)
		return err
	})
	if err == nil {
		return answered
	}
	h.failed(ctx, q, err)
	var panicked *panicError
	if errors.As(err, &panicked) {
		return refusal(q.kind, panicked.public(q.kind))
	}
	return refusal(q.kind, err.Error())
}

// answerer is the handler of a question's kind, or of its method: the one with the most exact name.
func (h *handlers) answerer(q question) answerer {
	if answerer := h.kind[q.kind]; answerer != nil {
		return answerer
	}
	if answerer := h.method[q.method]; answerer != nil {
		return answerer
	}
	for namespace := q.method; namespace != ""; {
		dot := strings.LastIndexByte(namespace, '.')
		if dot < 0 {
			break
		}
		namespace = namespace[:dot]
		if answerer := h.method[namespace+".*"]; answerer != nil {
			return answerer
		}
	}
	if answerer := h.method["*"]; answerer != nil {
		return answerer
	}
	return func(context.Context, question) (reply, error) {
		return reply{}, fmt.Errorf("there is no handler for %s", q.method)
	}
}

// failed reports what went wrong, unless the server is told, or nobody waits for the answer any more and that is what
// the handler says.
func (h *handlers) failed(ctx context.Context, q question, err error) {
	var panicked *panicError
	var wrong *unencodableError
	switch {
	case errors.As(err, &panicked):
		h.report("a handler panicked", h.about(q, "panic", panicked.value, "stack", string(panicked.stack))...)
	case errors.As(err, &wrong):
		h.report("a handler's answer is no JSON", h.about(q, "error", err)...)
	case q.kind == requestTool || q.kind == requestCommand:
	case ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, context.Cause(ctx))):
	default:
		h.report("a handler failed", h.about(q, "error", err)...)
	}
}

// about are the names and values of a question for a report, and what else belongs there.
func (h *handlers) about(q question, more ...any) []any {
	facts := []any{"method", q.method, "session", h.session(q)}
	if q.toolName != "" {
		facts = append(facts, "tool", q.toolName)
	}
	return append(facts, more...)
}

// refusal is what is answered where a handler gives no answer. Most kinds have no room for a reason.
func refusal(kind requestKind, why string) reply {
	switch kind {
	case requestPermission:
		return reply{json: []byte(`{"kind":"user-not-available"}`)}
	case requestElicitation:
		return reply{json: []byte(`{"action":"cancel"}`)}
	case requestMCPAuth:
		return reply{json: []byte(`{"kind":"cancelled"}`)}
	case requestHook:
		return reply{json: []byte(`null`)}
	case requestSystemMessage:
		return reply{json: []byte(`{"sections":{}}`)}
	}
	if why = strings.ToValidUTF8(why, "\uFFFD"); why == "" {
		why = "the handler failed"
	}
	// The text goes through C, where a zero ends it.
	return reply{failure: strings.ReplaceAll(why, "\x00", "\uFFFD")}
}

// answered is a reply with the JSON of a value.
func answered(value any) (reply, error) {
	encoded, err := encodeJSON(value)
	if err != nil {
		return reply{}, &unencodableError{err}
	}
	return reply{json: encoded}, nil
}

// unencodableError is an answer that is no JSON.
type unencodableError struct{ problem error }

func (e *unencodableError) Error() string { return "the answer is no JSON: " + e.problem.Error() }

func (e *unencodableError) Unwrap() error { return e.problem }

// panicError is a handler that panicked.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("the handler panicked: %v", e.value) }

// public is what the server is told: the value may hold what is nobody's business.
func (e *panicError) public(kind requestKind) string {
	if kind == requestTool {
		return "the tool panicked"
	}
	return "the handler panicked"
}

// guarded calls a function and makes an error of a panic.
func guarded(call func() error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	return call()
}

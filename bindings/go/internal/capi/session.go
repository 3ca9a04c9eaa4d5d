package capi

/*
#include <copilot.h>
*/
import "C"

// A Session is one conversation.
type Session struct {
	p *C.copilot_session
}

// Free lets go of it. Where nobody disconnected it that is done in the background.
func (s *Session) Free() { C.copilot_session_free(s.p) }

// ID is the session's id.
func (s *Session) ID() string { return C.GoString(C.copilot_session_id(s.p)) }

// WorkspacePath is where the session keeps its files; empty where it has none.
func (s *Session) WorkspacePath() string { return C.GoString(C.copilot_session_workspace_path(s.p)) }

// Info is what copilot_session_info() tells.
func (s *Session) Info() ([]byte, error) {
	var failure *C.copilot_error
	json := C.copilot_session_info(s.p, &failure)
	if json == nil {
		return nil, take(failure)
	}
	return takeJSON(json), nil
}

// Send begins to send a message.
func (s *Session) Send(message string) (*Operation, error) {
	p, free := text(message)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_session_send_async(s.p, p, nil, nil, nil, &failure), failure)
}

// SendAndWait begins to send a message; it ends with the message's turn.
func (s *Session) SendAndWait(message string) (*Operation, error) {
	p, free := text(message)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_session_send_and_wait_async(s.p, p, nil, nil, nil, &failure), failure)
}

// Abort begins to break the turn off.
func (s *Session) Abort() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_session_abort_async(s.p, nil, nil, nil, &failure), failure)
}

// Messages begins to ask for the history.
func (s *Session) Messages() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_session_get_messages_async(s.p, nil, nil, nil, &failure), failure)
}

// SetModel begins to change the model.
func (s *Session) SetModel(model, options string) (*Operation, error) {
	m, freeModel := text(model)
	defer freeModel()
	o, freeOptions := optional(options)
	defer freeOptions()
	var failure *C.copilot_error
	return begun(C.copilot_session_set_model_async(s.p, m, o, nil, nil, nil, &failure), failure)
}

// Call begins to call a method of the server's for this session.
func (s *Session) Call(method, params string) (*Operation, error) {
	m, freeMethod := text(method)
	defer freeMethod()
	p, freeParams := optional(params)
	defer freeParams()
	var failure *C.copilot_error
	return begun(C.copilot_session_call_async(s.p, m, p, nil, nil, nil, &failure), failure)
}

// Reopen begins to open the session again; without a configuration as it was opened before.
func (s *Session) Reopen(config *Config) (*Operation, error) {
	var p *C.copilot_session_config
	if config != nil {
		p = config.p
	}
	var failure *C.copilot_error
	return begun(C.copilot_session_reopen_async(s.p, p, nil, nil, nil, &failure), failure)
}

// SetTools begins to put the tools of a configuration in the place of the session's.
func (s *Session) SetTools(config *Config) (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_session_set_tools_async(s.p, config.p, nil, nil, nil, &failure), failure)
}

// Confirm begins to ask the user for a yes.
func (s *Session) Confirm(message string) (*Operation, error) {
	p, free := text(message)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_session_confirm_async(s.p, p, nil, nil, nil, &failure), failure)
}

// Select begins to ask the user for one of several things.
func (s *Session) Select(message, options string) (*Operation, error) {
	m, freeMessage := text(message)
	defer freeMessage()
	o, freeOptions := text(options)
	defer freeOptions()
	var failure *C.copilot_error
	return begun(C.copilot_session_select_async(s.p, m, o, nil, nil, nil, &failure), failure)
}

// Input begins to ask the user for a text.
func (s *Session) Input(message, options string) (*Operation, error) {
	m, freeMessage := text(message)
	defer freeMessage()
	o, freeOptions := optional(options)
	defer freeOptions()
	var failure *C.copilot_error
	return begun(C.copilot_session_input_async(s.p, m, o, nil, nil, nil, &failure), failure)
}

// Disconnect begins to let go of the session in good order.
func (s *Session) Disconnect() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_session_disconnect_async(s.p, nil, nil, nil, &failure), failure)
}

package capi

/*
#include <copilot.h>
*/
import "C"

// A Client is a connection to one CLI.
type Client struct {
	p *C.copilot_client
}

// NewClient makes a client from options, a JSON object.
func NewClient(options string) (*Client, error) {
	p, free := text(options)
	defer free()
	var failure *C.copilot_error
	made := C.copilot_client_options_new(p, &failure)
	if made == nil {
		return nil, take(failure)
	}
	defer C.copilot_client_options_free(made)
	client := C.copilot_client_new(made, &failure)
	if client == nil {
		return nil, take(failure)
	}
	return &Client{p: client}, nil
}

// Free lets go of it.
func (c *Client) Free() { C.copilot_client_free(c.p) }

// Queue is the client's queue; the reference is the caller's.
func (c *Client) Queue() *Queue { return newQueue(C.copilot_queue_ref(C.copilot_client_queue(c.p))) }

// State is a copilot_client_state.
func (c *Client) State() int32 { return int32(C.copilot_client_get_state(c.p)) }

// Stats is what copilot_client_stats() tells.
func (c *Client) Stats() ([]byte, error) {
	var failure *C.copilot_error
	json := C.copilot_client_stats(c.p, &failure)
	if json == nil {
		return nil, take(failure)
	}
	return takeJSON(json), nil
}

// OnRequest has the questions of a method come through the queue.
func (c *Client) OnRequest(method string) error {
	p, free := text(method)
	defer free()
	var failure *C.copilot_error
	return done(C.copilot_client_on_request(c.p, p, nil, nil, nil, &failure), failure)
}

// Start begins to start the CLI.
func (c *Client) Start() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_start_async(c.p, nil, nil, nil, &failure), failure)
}

// Stop begins to end the CLI, which is killed when that takes longer.
func (c *Client) Stop(timeoutMs int32) (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_stop_async(c.p, C.int32_t(timeoutMs), nil, nil, nil, &failure), failure)
}

// ForceStop kills the CLI.
func (c *Client) ForceStop() { C.copilot_client_force_stop(c.p) }

// Call begins to call a method of the server.
func (c *Client) Call(method, params string) (*Operation, error) {
	m, freeMethod := text(method)
	defer freeMethod()
	p, freeParams := optional(params)
	defer freeParams()
	var failure *C.copilot_error
	return begun(C.copilot_client_call_async(c.p, m, p, nil, nil, nil, &failure), failure)
}

// Ping begins to ask the server for an echo.
func (c *Client) Ping(message string) (*Operation, error) {
	m, free := text(message)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_client_ping_async(c.p, m, nil, nil, nil, &failure), failure)
}

// Status begins to ask for the server's version.
func (c *Client) Status() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_status_async(c.p, nil, nil, nil, &failure), failure)
}

// AuthStatus begins to ask who is signed in.
func (c *Client) AuthStatus() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_auth_status_async(c.p, nil, nil, nil, &failure), failure)
}

// Models begins to ask for the models.
func (c *Client) Models() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_list_models_async(c.p, nil, nil, nil, &failure), failure)
}

// ListSessions begins to ask for the sessions that pass a filter; an empty filter is none.
func (c *Client) ListSessions(filter string) (*Operation, error) {
	f, free := optional(filter)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_client_list_sessions_async(c.p, f, nil, nil, nil, &failure), failure)
}

// LastSessionID begins to ask for the session that was used last.
func (c *Client) LastSessionID() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_last_session_id_async(c.p, nil, nil, nil, &failure), failure)
}

// DeleteSession begins to delete a session's data.
func (c *Client) DeleteSession(id string) (*Operation, error) {
	p, free := text(id)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_client_delete_session_async(c.p, p, nil, nil, nil, &failure), failure)
}

// ForegroundSession begins to ask which session is shown.
func (c *Client) ForegroundSession() (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_client_get_foreground_session_async(c.p, nil, nil, nil, &failure), failure)
}

// SetForegroundSession begins to have a session shown.
func (c *Client) SetForegroundSession(id string) (*Operation, error) {
	p, free := text(id)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_client_set_foreground_session_async(c.p, p, nil, nil, nil, &failure), failure)
}

// Create begins to make a session.
func (c *Client) Create(config *Config) (*Operation, error) {
	var failure *C.copilot_error
	return begun(C.copilot_session_create_async(c.p, config.p, nil, nil, nil, &failure), failure)
}

// Resume begins to open a session that was there before.
func (c *Client) Resume(id string, config *Config) (*Operation, error) {
	p, free := text(id)
	defer free()
	var failure *C.copilot_error
	return begun(C.copilot_session_resume_async(c.p, p, config.p, nil, nil, nil, &failure), failure)
}

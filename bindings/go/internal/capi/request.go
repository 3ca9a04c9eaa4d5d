package capi

/*
#include "batch.h"
*/
import "C"

// A Request is a question of the server's. One that is freed without an answer gets the default of its kind.
type Request struct {
	p *C.copilot_request
}

// RequestFacts is what a request asks.
type RequestFacts struct {
	ID        uint64
	Kind      int32
	Method    string
	SessionID string
	ToolName  string
	Params    []byte
}

// Facts reads it.
func (r *Request) Facts() RequestFacts {
	var f C.request_facts
	C.request_look(r.p, &f)
	return RequestFacts{
		ID:        uint64(f.id),
		Kind:      int32(f.kind),
		Method:    C.GoString(f.method),
		SessionID: C.GoString(f.session_id),
		ToolName:  C.GoString(f.tool_name),
		Params:    bytesOf(f.params, f.params_length),
	}
}

// Respond answers with JSON.
func (r *Request) Respond(json string) error {
	p, free := text(json)
	defer free()
	var failure *C.copilot_error
	return done(C.copilot_request_respond(r.p, p, &failure), failure)
}

// Fail answers that it could not be done.
func (r *Request) Fail(message string) error {
	p, free := text(message)
	defer free()
	var failure *C.copilot_error
	return done(C.copilot_request_fail(r.p, p, &failure), failure)
}

// Decline leaves it to another client of the session.
func (r *Request) Decline() error {
	var failure *C.copilot_error
	return done(C.copilot_request_decline(r.p, &failure), failure)
}

// Free lets go of it.
func (r *Request) Free() { C.copilot_request_free(r.p) }

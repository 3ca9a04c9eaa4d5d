package capi

/*
#include <copilot.h>
*/
import "C"

// An Operation is something that was asked of the server. Its end comes through the client's queue, by its number.
type Operation struct {
	p *C.copilot_op
}

// begun wraps what an _async function returned.
func begun(op *C.copilot_op, failure *C.copilot_error) (*Operation, error) {
	if op == nil {
		return nil, take(failure)
	}
	return &Operation{p: op}, nil
}

// Number is what its completion is known by.
func (o *Operation) Number() uint64 { return uint64(C.copilot_op_id(o.p)) }

// Cancel ends it now, unless it has ended.
func (o *Operation) Cancel() { C.copilot_op_cancel(o.p) }

// Result moves out the JSON that it yielded.
func (o *Operation) Result() ([]byte, error) {
	var failure *C.copilot_error
	json := C.copilot_op_take_result(o.p, &failure)
	if json == nil {
		return nil, take(failure)
	}
	return takeJSON(json), nil
}

// Session moves out the session that it yielded.
func (o *Operation) Session() (*Session, error) {
	var failure *C.copilot_error
	session := C.copilot_op_take_session(o.p, &failure)
	if session == nil {
		return nil, take(failure)
	}
	return &Session{p: session}, nil
}

// Free lets go of it.
func (o *Operation) Free() { C.copilot_op_free(o.p) }

package capi

/*
#include <copilot.h>
*/
import "C"

// Code is a copilot_status.
type Code int32

// The values of Code.
const (
	OK              Code = C.COPILOT_OK
	InvalidArgument Code = C.COPILOT_E_INVALID_ARGUMENT
	InvalidUTF8     Code = C.COPILOT_E_INVALID_UTF8
	InvalidJSON     Code = C.COPILOT_E_INVALID_JSON
	InvalidState    Code = C.COPILOT_E_INVALID_STATE
	Timeout         Code = C.COPILOT_E_TIMEOUT
	Cancelled       Code = C.COPILOT_E_CANCELLED
	Closed          Code = C.COPILOT_E_CLOSED
	WouldDeadlock   Code = C.COPILOT_E_WOULD_DEADLOCK
	Forked          Code = C.COPILOT_E_FORKED
	NotFound        Code = C.COPILOT_E_NOT_FOUND
	Unsupported     Code = C.COPILOT_E_UNSUPPORTED
	Spawn           Code = C.COPILOT_E_SPAWN
	Connect         Code = C.COPILOT_E_CONNECT
	Transport       Code = C.COPILOT_E_TRANSPORT
	Protocol        Code = C.COPILOT_E_PROTOCOL
	ProtocolVersion Code = C.COPILOT_E_PROTOCOL_VERSION
	RPC             Code = C.COPILOT_E_RPC
	SessionFailed   Code = C.COPILOT_E_SESSION
	IO              Code = C.COPILOT_E_IO
	Internal        Code = C.COPILOT_E_INTERNAL
)

// Name is the constant's name in C, such as "COPILOT_E_TIMEOUT".
func (c Code) Name() string { return C.GoString(C.copilot_status_name(C.copilot_status(c))) }

// Failure is what a copilot_error tells.
type Failure struct {
	Code    Code
	Message string
	RPCCode int64
	Data    []byte
}

func (f *Failure) Error() string { return f.Message }

// take reads an error that is ours and frees it.
func take(failure *C.copilot_error) error {
	defer C.copilot_error_free(failure)
	return &Failure{
		Code:    Code(C.copilot_error_code(failure)),
		Message: C.GoString(C.copilot_error_message(failure)),
		RPCCode: int64(C.copilot_error_rpc_code(failure)),
		Data:    jsonText(C.copilot_error_data(failure)),
	}
}

// done turns the outcome of a call into an error.
func done(status C.copilot_status, failure *C.copilot_error) error {
	if status == C.COPILOT_OK {
		return nil
	}
	return take(failure)
}

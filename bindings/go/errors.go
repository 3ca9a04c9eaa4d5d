package copilot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// What went wrong, to be asked for with [errors.Is]. Each stands for one status of the library's.
var (
	// ErrInvalidArgument: an option, an argument or a method's parameter is wrong; the message names it.
	ErrInvalidArgument = errors.New("invalid argument")
	// ErrInvalidJSON: a text that should be JSON is none.
	ErrInvalidJSON = errors.New("invalid JSON")
	// ErrInvalidState: the object is in a state in which this cannot be done.
	ErrInvalidState = errors.New("invalid state")
	// ErrTimeout: the time was up first. Where a context's deadline was the reason, [context.DeadlineExceeded] holds too.
	ErrTimeout = errors.New("timeout")
	// ErrCancelled: it was cancelled. Where a context was the reason, [context.Canceled] holds too.
	ErrCancelled = errors.New("cancelled")
	// ErrClosed: what the call needs has ended: the client was stopped or closed, the session disconnected.
	ErrClosed = errors.New("closed")
	// ErrForked: this process was forked from one that used the library.
	ErrForked = errors.New("forked")
	// ErrNotFound: there is no such thing.
	ErrNotFound = errors.New("not found")
	// ErrUnsupported: the CLI, or this version of the library, cannot do that.
	ErrUnsupported = errors.New("unsupported")
	// ErrSpawn: the CLI could not be found or started.
	ErrSpawn = errors.New("the CLI could not be started")
	// ErrConnect: the CLI started but did not shake hands.
	ErrConnect = errors.New("no connection")
	// ErrTransport: the connection broke, usually because the CLI ended.
	ErrTransport = errors.New("the connection broke")
	// ErrProtocol: the CLI said something that its protocol does not allow.
	ErrProtocol = errors.New("protocol violation")
	// ErrProtocolVersion: the CLI speaks no version of the protocol that the library speaks.
	ErrProtocolVersion = errors.New("unsupported protocol version")
	// ErrRPC: the CLI refused the call; [RPCError] has the code.
	ErrRPC = errors.New("refused by the server")
	// ErrSession: the session failed: no model, no quota, a turn that broke off.
	ErrSession = errors.New("the session failed")
	// ErrIO: the operating system refused something.
	ErrIO = errors.New("input or output failed")
	// ErrInternal: a defect of the library.
	ErrInternal = errors.New("internal error of libcopilot")
)

var sentinels = map[capi.Code]error{
	capi.InvalidArgument: ErrInvalidArgument,
	capi.InvalidUTF8:     ErrInvalidArgument,
	capi.InvalidJSON:     ErrInvalidJSON,
	capi.InvalidState:    ErrInvalidState,
	capi.Timeout:         ErrTimeout,
	capi.Cancelled:       ErrCancelled,
	capi.Closed:          ErrClosed,
	capi.WouldDeadlock:   ErrInvalidState,
	capi.Forked:          ErrForked,
	capi.NotFound:        ErrNotFound,
	capi.Unsupported:     ErrUnsupported,
	capi.Spawn:           ErrSpawn,
	capi.Connect:         ErrConnect,
	capi.Transport:       ErrTransport,
	capi.Protocol:        ErrProtocol,
	capi.ProtocolVersion: ErrProtocolVersion,
	capi.RPC:             ErrRPC,
	capi.SessionFailed:   ErrSession,
	capi.IO:              ErrIO,
	capi.Internal:        ErrInternal,
}

// Code is the library's number of a failure.
type Code int32

// String is the name of the code in C, such as "COPILOT_E_TIMEOUT".
func (c Code) String() string { return capi.Code(c).Name() }

// An Error is what every function of this package fails with. What kind it is tells [errors.Is] with one of the
// Err variables; where the server refused a call, [errors.As] finds an [RPCError].
type Error struct {
	// Code is the library's status.
	Code Code
	// Op is what was being done, such as "Session.Send".
	Op string
	// Message says what happened, where, and what to do about it. Known secrets are not in it.
	Message string
	// Data are the facts, a JSON object: see copilot_error_data() in copilot.h. It may be nil.
	Data json.RawMessage

	rpc   *RPCError
	cause error
}

// Error is the text for people.
func (e *Error) Error() string { return "copilot: " + e.Op + ": " + e.Message }

// Unwrap gives the sentinel of the error's code, the server's refusal, and the end of the context, where they are
// what happened.
func (e *Error) Unwrap() []error {
	errs := make([]error, 0, 3)
	if sentinel := sentinels[capi.Code(e.Code)]; sentinel != nil {
		errs = append(errs, sentinel)
	}
	if e.rpc != nil {
		errs = append(errs, e.rpc)
	}
	if e.cause != nil {
		errs = append(errs, e.cause)
	}
	return errs
}

// An RPCError is the server's refusal of a call.
type RPCError struct {
	// Code is the JSON-RPC code, such as -32601.
	Code int64
	// Message is what the library says about it, the server's words included.
	Message string
	// Data is what the server added; nil where it added nothing.
	Data json.RawMessage
}

// Error is the text for people.
func (e *RPCError) Error() string { return fmt.Sprintf("JSON-RPC error %d: %s", e.Code, e.Message) }

// failed makes the error of an operation out of what the library, or this package, says.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	var ours *Error
	if errors.As(err, &ours) {
		return err
	}
	var failure *capi.Failure
	if !errors.As(err, &failure) {
		return &Error{Code: Code(capi.InvalidArgument), Op: op, Message: err.Error(), cause: err}
	}
	e := &Error{Code: Code(failure.Code), Op: op, Message: failure.Message, Data: failure.Data}
	if failure.Code == capi.RPC {
		e.rpc = &RPCError{Code: failure.RPCCode, Message: failure.Message, Data: rpcData(failure.Data)}
	}
	return e
}

// rpcData is what the server added to its refusal.
func rpcData(facts []byte) json.RawMessage {
	var f struct {
		RPC struct {
			Data json.RawMessage `json:"data"`
		} `json:"rpc"`
	}
	if json.Unmarshal(facts, &f) != nil || string(f.RPC.Data) == "null" {
		return nil
	}
	return f.RPC.Data
}

// refused is the error of what is wrong before the library is asked.
func refused(op string, code capi.Code, format string, args ...any) error {
	return &Error{Code: Code(code), Op: op, Message: fmt.Sprintf(format, args...)}
}

// ended is the error of a call whose context has ended.
func ended(op string, ctx context.Context) error {
	code := capi.Cancelled
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		code = capi.Timeout
	}
	return &Error{Code: Code(code), Op: op, Message: context.Cause(ctx).Error(), cause: ctx.Err()}
}

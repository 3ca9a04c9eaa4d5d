// Package capi is the C API of libcopilot as Go sees it: the only place where cgo is used.
//
// Its types are handles of the library's. A handle is used by whoever holds it and freed once; nothing here guards
// against the use of one that was freed, which is the caller's part. No pointer of Go's is kept by the library: what
// comes back is taken from a queue, and found again by its number.
package capi

/*
#include <copilot.h>
#include <stdlib.h>
*/
import "C"

import (
	"bytes"
	"unsafe"
)

// ABIFits reports whether the library that is loaded can run what was built against its header.
func ABIFits() bool {
	return C.copilot_abi_version() == C.COPILOT_ABI_VERSION &&
		C.copilot_version_number() >= C.COPILOT_VERSION_NUMBER
}

// HeaderVersion is the version of the header that this was built with.
func HeaderVersion() string { return C.COPILOT_VERSION_STRING }

// LibraryVersion is the version of the library that is loaded.
func LibraryVersion() string { return C.GoString(C.copilot_version_string()) }

// LiveObjects is how many of the library's objects there are, for tests that look for leaks.
func LiveObjects() int64 { return int64(C.copilot_debug_live_objects()) }

// text lends a Go text to C for one call. Texts of C end at their first NUL, so one inside would be cut off there:
// callers refuse it first.
func text(s string) (*C.char, func()) {
	p := C.CString(s)
	return p, func() { C.free(unsafe.Pointer(p)) }
}

// optional is text, but the empty text is NULL.
func optional(s string) (*C.char, func()) {
	if s == "" {
		return nil, func() {}
	}
	return text(s)
}

// bytesOf copies what C lends.
func bytesOf(p *C.char, length C.size_t) []byte {
	return bytes.Clone(lent(p, length))
}

// jsonText copies the text of a JSON value; nil where there is none.
func jsonText(json *C.copilot_json) []byte {
	var length C.size_t
	return bytesOf(C.copilot_json_text(json, &length), length)
}

// takeJSON copies the text of a JSON value that is ours, and frees it.
func takeJSON(json *C.copilot_json) []byte {
	defer C.copilot_json_free(json)
	return jsonText(json)
}

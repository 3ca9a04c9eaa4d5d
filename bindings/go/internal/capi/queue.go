package capi

/*
#include <stdlib.h>
#include "batch.h"
*/
import "C"

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// Kind is a copilot_event_kind: what an item of a queue is.
type Kind int32

// The values of Kind.
const (
	KindSession          Kind = C.COPILOT_EVENT_SESSION
	KindLifecycle        Kind = C.COPILOT_EVENT_LIFECYCLE
	KindState            Kind = C.COPILOT_EVENT_STATE
	KindRequest          Kind = C.COPILOT_EVENT_REQUEST
	KindCompletion       Kind = C.COPILOT_EVENT_COMPLETION
	KindLog              Kind = C.COPILOT_EVENT_LOG
	KindOverflow         Kind = C.COPILOT_EVENT_OVERFLOW
	KindRequestCancelled Kind = C.COPILOT_EVENT_REQUEST_CANCELLED
	KindNotification     Kind = C.COPILOT_EVENT_NOTIFICATION
	KindPolicy           Kind = C.COPILOT_EVENT_POLICY
)

// batchSize is as many items as one call takes.
const batchSize = 128

// A Queue is where all that the library tells comes out.
type Queue struct {
	p *C.copilot_queue
	// signal is readable while items wait; nil where no descriptor could be had.
	signal *os.File
	ready  syscall.RawConn
}

// newQueue takes over a reference to a queue. A goroutine that waits for items waits for the queue's descriptor, as
// others wait for sockets: one that waited in C would keep a thread, from which each item had to be handed to another.
func newQueue(p *C.copilot_queue) *Queue {
	queue := &Queue{p: p}
	// A copy, since whoever opens a file in Go also closes it.
	descriptor, _, failure := syscall.Syscall(syscall.SYS_FCNTL, uintptr(C.copilot_queue_fd(p)), syscall.F_DUPFD_CLOEXEC, 0)
	if failure != 0 {
		return queue
	}
	queue.signal = os.NewFile(descriptor, "copilot_queue")
	if ready, err := queue.signal.SyscallConn(); err == nil {
		queue.ready = ready
	}
	return queue
}

// Close ends the queue: what is in it can still be taken.
func (q *Queue) Close() {
	C.copilot_queue_close(q.p)
	if q.signal != nil {
		// Ends the wait for items. Without a wait, or after Free, there is nothing to end.
		_ = q.signal.SetReadDeadline(time.Unix(1, 0))
	}
}

// Free lets go of it.
func (q *Queue) Free() {
	if q.signal != nil {
		_ = q.signal.Close()
	}
	C.copilot_queue_free(q.p)
}

// An Item is one item of a batch. Its texts are lent: they are gone with the next [Batch.Take].
type Item struct {
	Kind      Kind
	Type      []byte
	SessionID []byte
	// JSON is the item's text; nil for requests and completions.
	JSON []byte
	// Operation is the number of the operation that ended.
	Operation uint64
	// Request is the caller's: what is not answered and freed keeps the server waiting.
	Request *Request
}

// A Batch takes items out of a queue, many with each call. It is used by one goroutine at a time.
type Batch struct {
	items *C.batch_item
	count C.size_t
}

// NewBatch makes an empty batch.
func NewBatch() *Batch {
	return &Batch{items: (*C.batch_item)(C.calloc(batchSize, C.sizeof_batch_item))}
}

// Take frees the items that it took before, takes those that wait, and waits for the first of them. It returns how many
// there are; 0 with the code that tells why none will come.
func (b *Batch) Take(queue *Queue) (int, Code) {
	b.release()
	var status C.copilot_status = C.COPILOT_E_TIMEOUT
	if queue.ready != nil {
		// It calls the function at once, and again whenever the descriptor has become readable, until that has taken
		// something. That is told of a change and not of a state, which does: only a function that found the queue empty
		// waits, and the next item is a change.
		_ = queue.ready.Read(func(uintptr) bool {
			status = b.take(queue, 0)
			return status != C.COPILOT_E_TIMEOUT
		})
	}
	if status == C.COPILOT_E_TIMEOUT {
		// The queue was closed, where this returns at once, or there is no descriptor that can be waited for.
		status = b.take(queue, -1)
	}
	return int(b.count), Code(status)
}

func (b *Batch) take(queue *Queue, timeoutMs C.int32_t) C.copilot_status {
	return C.batch_take(queue.p, timeoutMs, b.items, batchSize, &b.count, nil)
}

// Item is one of the items. A request can be had once.
func (b *Batch) Item(i int) Item {
	items := unsafe.Slice(b.items, int(b.count))
	it := &items[i]
	item := Item{
		Kind:      Kind(it.kind),
		Type:      lent(it._type, it.type_length),
		SessionID: lent(it.session_id, it.session_id_length),
		JSON:      lent(it.json, it.json_length),
		Operation: uint64(it.operation),
	}
	if it.request != nil {
		item.Request = &Request{p: it.request}
		it.request = nil
	}
	return item
}

func (b *Batch) release() {
	if b.count > 0 {
		C.batch_release(b.items, b.count)
		b.count = 0
	}
}

// Free lets go of it, and of what it took.
func (b *Batch) Free() {
	b.release()
	C.free(unsafe.Pointer(b.items))
	b.items = nil
}

// lent is a text of C's without a copy.
func lent(p *C.char, length C.size_t) []byte {
	if p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(length))
}

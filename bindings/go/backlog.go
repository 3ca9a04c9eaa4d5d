package copilot

import "sync"

// defaultBacklog is how much may wait for handlers before the queue is read no further.
const defaultBacklog = 256 << 20

// A backlog is how many bytes of events wait for handlers. While it is over its limit nothing more is taken from the
// library's queue, which in turn stops reading from the CLI. While an operation is on its way reading goes on: its
// answer may be behind what waits, and a handler may be waiting for that answer.
type backlog struct {
	mu         sync.Mutex
	changed    sync.Cond
	limit      int64
	bytes      int64
	operations int
	closed     bool
}

func newBacklog(limit int64) *backlog {
	if limit <= 0 {
		limit = defaultBacklog
	}
	b := &backlog{limit: limit}
	b.changed.L = &b.mu
	return b
}

// add counts what has come for a handler, or with a negative number what a handler has done with.
func (b *backlog) add(bytes int) {
	b.mu.Lock()
	b.bytes += int64(bytes)
	eased := bytes < 0 && b.bytes <= b.limit && b.bytes-int64(bytes) > b.limit
	b.mu.Unlock()
	if eased {
		b.changed.Broadcast()
	}
}

// waiting is how much there is.
func (b *backlog) waiting() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes
}

// begin counts an operation.
func (b *backlog) begin() {
	b.mu.Lock()
	b.operations++
	b.mu.Unlock()
	b.changed.Broadcast()
}

// end counts it no more.
func (b *backlog) end() {
	b.mu.Lock()
	b.operations--
	b.mu.Unlock()
}

// wait returns when there is room.
func (b *backlog) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.bytes > b.limit && b.operations == 0 && !b.closed {
		b.changed.Wait()
	}
}

// close ends all waiting.
func (b *backlog) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.changed.Broadcast()
}

package copilot

import "sync"

// A pipe holds the events of an iterator until it gets to them.
type pipe struct {
	size *backlog
	// ready has a token while there is something to read, or the end.
	ready chan struct{}

	mu     sync.Mutex
	events []RawEvent
	head   int
	closed bool
	err    error
}

func newPipe(size *backlog) *pipe {
	return &pipe{size: size, ready: make(chan struct{}, 1)}
}

// put adds an event, unless the pipe is closed.
func (p *pipe) put(e RawEvent) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.size.add(len(e.JSON))
	p.events = append(p.events, e)
	p.mu.Unlock()
	p.signal()
}

func (p *pipe) signal() {
	select {
	case p.ready <- struct{}{}:
	default:
	}
}

// next takes an event out. Where there is none, over tells that none will come, and err why.
func (p *pipe) next() (event RawEvent, there, over bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.head == len(p.events) {
		return RawEvent{}, false, p.closed, p.err
	}
	event = p.events[p.head]
	p.events[p.head] = RawEvent{}
	p.head++
	if p.head == len(p.events) {
		p.events, p.head = p.events[:0], 0
	}
	p.size.add(-len(event.JSON))
	return event, true, false, nil
}

// close lets nothing more in. What is in can still be read; then comes the error, if there is one.
func (p *pipe) close(err error) {
	p.mu.Lock()
	if !p.closed {
		p.closed, p.err = true, err
	}
	p.mu.Unlock()
	p.signal()
}

// discard closes the pipe and drops what is in it.
func (p *pipe) discard() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, e := range p.events[p.head:] {
		p.size.add(-len(e.JSON))
	}
	p.events, p.head = nil, 0
}

package workloads

import (
	"context"
	"fmt"
	"strconv"
)

// Stream is a session, and what has arrived of the turn that it is in. Its methods that begin with On are called by the
// handler of the session's events, one after the other.
type Stream struct {
	session      Session
	idle         chan struct{}
	numbered     bool
	stamped      bool
	received     int
	inOrder      bool
	textBytes    int
	contentBytes int
	next         int
	latencies    []int64
}

// OnDelta is a piece of an answer. It may keep nothing of the text.
func (s *Stream) OnDelta(text string) {
	s.received++
	s.textBytes += len(text)
	if s.stamped {
		stamp, _ := strconv.ParseInt(text[:20], 10, 64)
		s.latencies = append(s.latencies, clockNS()-stamp)
	} else if s.numbered {
		number, err := strconv.Atoi(text[:8])
		s.inOrder = s.inOrder && err == nil && number == s.next
		s.next++
	}
}

// OnMessage is a whole answer, of so many bytes.
func (s *Stream) OnMessage(bytes int) { s.contentBytes = bytes }

// OnIdle is the end of a turn.
func (s *Stream) OnIdle() { s.idle <- struct{}{} }

// open makes a session; texts of size bytes begin with their number when they are long enough for it.
func (b bench) open(size int, add bool) (*Stream, error) {
	s := &Stream{idle: make(chan struct{}, 1), numbered: size >= 16}
	s.reset()
	session, err := b.Open(b.ctx, s, add)
	s.session = session
	return s, err
}

func (s *Stream) reset() {
	s.received, s.inOrder, s.textBytes, s.next = 0, true, 0, 0
}

// turn sends a prompt and waits until its turn is over.
func (s *Stream) turn(ctx context.Context, format string, numbers ...any) error {
	s.next = 0
	if err := s.session.Send(ctx, fmt.Sprintf(format, numbers...)); err != nil {
		return err
	}
	<-s.idle
	return nil
}

func (s *Stream) tally(size int) figures {
	return figures{"bytes": size, "received": s.received, "in_order": s.inOrder, "text_bytes": s.textBytes}
}

// windows asks for count deltas, of which at most window are under way; whole windows.
func (b bench) windows(prompt string, window, count, size int) (figures, error) {
	s, err := b.open(size, false)
	if err != nil {
		return nil, err
	}
	if err := s.turn(b.ctx, "%s %d %d", prompt, min(window, 400), size); err != nil {
		return nil, err
	}
	s.reset()
	window = min(window, count)
	rounds := (count + window - 1) / window
	m := startMeter()
	for range rounds {
		if err := s.turn(b.ctx, "%s %d %d", prompt, window, size); err != nil {
			return nil, err
		}
	}
	return m.stop(rounds*window, s.tally(size)), nil
}

func (b bench) paced(count, size, rate int) (figures, error) {
	s, err := b.open(size, false)
	if err != nil {
		return nil, err
	}
	if err := s.turn(b.ctx, "burst %d %d", 400, size); err != nil {
		return nil, err
	}
	s.reset()
	s.stamped = true
	m := startMeter()
	if err := s.turn(b.ctx, "paced %d %d %d", count, size, rate); err != nil {
		return nil, err
	}
	result := m.stop(count, s.tally(size))
	result["rate"] = rate
	for name, value := range percentiles(s.latencies) {
		result[name] = value
	}
	return result, nil
}

func (b bench) large(size int) (figures, error) {
	s, err := b.open(0, false)
	if err != nil {
		return nil, err
	}
	if err := s.turn(b.ctx, "burst %d %d", 400, 64); err != nil {
		return nil, err
	}
	m := startMeter()
	if err := s.turn(b.ctx, "large %d", size); err != nil {
		return nil, err
	}
	return m.stop(1, figures{"bytes": size, "received": 1, "in_order": s.contentBytes == size}), nil
}

// allAtOnce has every session stream count deltas, all at the same time.
func (b bench) allAtOnce(prompt string, sessions, count, size int) (figures, error) {
	streams, err := b.openAll(sessions, size)
	if err != nil {
		return nil, err
	}
	m := startMeter()
	if err := streams[0].session.Send(b.ctx, fmt.Sprintf("%s %d %d", prompt, count, size)); err != nil {
		return nil, err
	}
	for _, s := range streams {
		<-s.idle
	}
	result := m.stop(sessions*count, nil)
	total := streams[0]
	for _, s := range streams[1:] {
		total.received += s.received
		total.textBytes += s.textBytes
		total.inOrder = total.inOrder && s.inOrder
	}
	for name, value := range total.tally(size) {
		result[name] = value
	}
	result["sessions"], result["idles"] = sessions, len(streams)
	return result, nil
}

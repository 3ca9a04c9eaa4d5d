package main

import (
	"context"
	"fmt"
	"strconv"

	copilot "github.com/github/copilot-sdk/go"
)

// stream is a session, and what has arrived of the turn that it is in.
type stream struct {
	session      *copilot.Session
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

// openStream makes a session; texts of size bytes begin with their number when they are long enough for it.
func openStream(ctx context.Context, client *copilot.Client, size int, tools ...copilot.Tool) (*stream, error) {
	session, err := client.CreateSession(ctx, &copilot.SessionConfig{
		Streaming:           copilot.Bool(true),
		OnPermissionRequest: copilot.PermissionHandler.ApproveAll,
		Tools:               tools,
	})
	if err != nil {
		return nil, err
	}
	s := &stream{session: session, idle: make(chan struct{}, 1), numbered: size >= 16}
	s.reset()
	session.On(s.onEvent)
	return s, nil
}

func (s *stream) reset() {
	s.received, s.inOrder, s.textBytes, s.next = 0, true, 0, 0
}

func (s *stream) onEvent(event copilot.SessionEvent) {
	switch data := event.Data.(type) {
	case *copilot.AssistantMessageDeltaData:
		s.received++
		s.textBytes += len(data.DeltaContent)
		if s.stamped {
			stamp, _ := strconv.ParseInt(data.DeltaContent[:20], 10, 64)
			s.latencies = append(s.latencies, clockNS()-stamp)
		} else if s.numbered {
			number, err := strconv.Atoi(data.DeltaContent[:8])
			s.inOrder = s.inOrder && err == nil && number == s.next
			s.next++
		}
	case *copilot.AssistantMessageData:
		s.contentBytes = len(data.Content)
	case *copilot.SessionIdleData:
		s.idle <- struct{}{}
	}
}

// turn sends a prompt and waits until its turn is over.
func (s *stream) turn(ctx context.Context, format string, numbers ...any) error {
	s.next = 0
	if _, err := s.session.SendPrompt(ctx, fmt.Sprintf(format, numbers...)); err != nil {
		return err
	}
	<-s.idle
	return nil
}

func (s *stream) tally(size int) figures {
	return figures{"bytes": size, "received": s.received, "in_order": s.inOrder, "text_bytes": s.textBytes}
}

// windows asks for count deltas, of which at most window are under way; whole windows.
func windows(ctx context.Context, client *copilot.Client, prompt string, window, count, size int) (figures, error) {
	s, err := openStream(ctx, client, size)
	if err != nil {
		return nil, err
	}
	if err := s.turn(ctx, "%s %d %d", prompt, min(window, 400), size); err != nil {
		return nil, err
	}
	s.reset()
	window = min(window, count)
	rounds := (count + window - 1) / window
	m := startMeter()
	for range rounds {
		if err := s.turn(ctx, "%s %d %d", prompt, window, size); err != nil {
			return nil, err
		}
	}
	return m.stop(rounds*window, s.tally(size)), nil
}

func paced(ctx context.Context, client *copilot.Client, count, size, rate int) (figures, error) {
	s, err := openStream(ctx, client, size)
	if err != nil {
		return nil, err
	}
	if err := s.turn(ctx, "burst %d %d", 400, size); err != nil {
		return nil, err
	}
	s.reset()
	s.stamped = true
	m := startMeter()
	if err := s.turn(ctx, "paced %d %d %d", count, size, rate); err != nil {
		return nil, err
	}
	result := m.stop(count, s.tally(size))
	result["rate"] = rate
	for name, value := range percentiles(s.latencies) {
		result[name] = value
	}
	return result, nil
}

func large(ctx context.Context, client *copilot.Client, size int) (figures, error) {
	s, err := openStream(ctx, client, 0)
	if err != nil {
		return nil, err
	}
	if err := s.turn(ctx, "burst %d %d", 400, 64); err != nil {
		return nil, err
	}
	m := startMeter()
	if err := s.turn(ctx, "large %d", size); err != nil {
		return nil, err
	}
	return m.stop(1, figures{"bytes": size, "received": 1, "in_order": s.contentBytes == size}), nil
}

// allAtOnce has every session stream count deltas, all at the same time.
func allAtOnce(ctx context.Context, client *copilot.Client, prompt string, sessions, count, size int) (figures, error) {
	streams, err := openAll(ctx, client, sessions, size)
	if err != nil {
		return nil, err
	}
	m := startMeter()
	if _, err := streams[0].session.SendPrompt(ctx, fmt.Sprintf("%s %d %d", prompt, count, size)); err != nil {
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

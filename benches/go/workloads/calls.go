package workloads

import (
	"errors"
	"strconv"
	"sync/atomic"
	"time"
)

var calls atomic.Int64

// Add is what the tool "add" does: what its result says of the arguments. The mock asks for it.
func Add(arguments any) (string, error) {
	calls.Add(1)
	numbers, isObject := arguments.(map[string]any)
	a, isA := numbers["a"].(float64)
	b, isB := numbers["b"].(float64)
	if !isObject || !isA || !isB {
		return "", errors.New("arguments that are no object of two numbers")
	}
	return strconv.FormatFloat(a+b, 'f', -1, 64), nil
}

// AddParameters is the schema of the tool's arguments.
var AddParameters = map[string]any{
	"type":     "object",
	"required": []string{"a", "b"},
	"properties": map[string]any{
		"a": map[string]any{"type": "integer"},
		"b": map[string]any{"type": "integer"},
	},
}

func (b bench) pings(count int) error {
	for range count {
		if err := b.Ping(b.ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b bench) ping(count int) (figures, error) {
	if err := b.pings(200); err != nil {
		return nil, err
	}
	times := make([]int64, 0, count)
	m := startMeter()
	for range count {
		start := time.Now()
		if err := b.Ping(b.ctx); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start).Nanoseconds())
	}
	return m.stop(count, percentiles(times)), nil
}

// pingsAtOnce has lanes goroutines, each of which has one ping under way.
func (b bench) pingsAtOnce(count, lanes int) (figures, error) {
	if err := b.pings(200); err != nil {
		return nil, err
	}
	each := (count + lanes - 1) / lanes
	done := make(chan error, lanes)
	m := startMeter()
	for range lanes {
		go func() { done <- b.pings(each) }()
	}
	for range lanes {
		if err := <-done; err != nil {
			return nil, err
		}
	}
	return m.stop(each*lanes, nil), nil
}

func (b bench) tools(count int) (figures, error) {
	s, err := b.open(0, true)
	if err != nil {
		return nil, err
	}
	if err := s.turn(b.ctx, "tools %d", 200); err != nil {
		return nil, err
	}
	calls.Store(0)
	m := startMeter()
	if err := s.turn(b.ctx, "tools %d", count); err != nil {
		return nil, err
	}
	return m.stop(count, figures{"received": calls.Load()}), nil
}

func (b bench) history(count, size int) (figures, error) {
	s, err := b.open(0, false)
	if err != nil {
		return nil, err
	}
	if err := s.turn(b.ctx, "history %d %d", count, size); err != nil {
		return nil, err
	}
	m := startMeter()
	events, err := s.session.History(b.ctx)
	if err != nil {
		return nil, err
	}
	return m.stop(count, figures{"bytes": size, "received": events}), nil
}

func (b bench) createAndLeave(count int) error {
	for range count {
		s, err := b.open(0, false)
		if err != nil {
			return err
		}
		if err := s.session.Disconnect(b.ctx); err != nil {
			return err
		}
	}
	return nil
}

func (b bench) create(count int) (figures, error) {
	if err := b.createAndLeave(20); err != nil {
		return nil, err
	}
	m := startMeter()
	if err := b.createAndLeave(count); err != nil {
		return nil, err
	}
	return m.stop(count, nil), nil
}

func (b bench) openAll(count, size int) ([]*Stream, error) {
	var streams []*Stream
	for range count {
		s, err := b.open(size, false)
		if err != nil {
			return nil, err
		}
		streams = append(streams, s)
	}
	return streams, nil
}

// idle is the growth of the memory while sessions are opened, none of which does anything.
func (b bench) idle(count int) (figures, error) {
	if err := b.createAndLeave(20); err != nil {
		return nil, err
	}
	m := startMeter()
	streams, err := b.openAll(count, 0)
	if err != nil {
		return nil, err
	}
	return m.stop(len(streams), nil), nil
}

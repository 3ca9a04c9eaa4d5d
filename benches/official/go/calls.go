package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	copilot "github.com/github/copilot-sdk/go"
)

var calls atomic.Int64

// add is the tool that the mock asks for.
var add = copilot.Tool{
	Name:        "add",
	Description: "Adds two whole numbers",
	Parameters: map[string]any{
		"type":     "object",
		"required": []string{"a", "b"},
		"properties": map[string]any{
			"a": map[string]any{"type": "integer"},
			"b": map[string]any{"type": "integer"},
		},
	},
	SkipPermission: true,
	Handler: func(invocation copilot.ToolInvocation) (copilot.ToolResult, error) {
		calls.Add(1)
		numbers, ok := invocation.Arguments.(map[string]any)
		if !ok {
			return copilot.ToolResult{}, fmt.Errorf("arguments that are no object: %v", invocation.Arguments)
		}
		a, _ := numbers["a"].(float64)
		b, _ := numbers["b"].(float64)
		return copilot.ToolResult{TextResultForLLM: strconv.FormatFloat(a+b, 'f', -1, 64), ResultType: "success"}, nil
	},
}

func pings(ctx context.Context, client *copilot.Client, count int) error {
	for range count {
		if _, err := client.Ping(ctx, ""); err != nil {
			return err
		}
	}
	return nil
}

func ping(ctx context.Context, client *copilot.Client, count int) (figures, error) {
	if err := pings(ctx, client, 200); err != nil {
		return nil, err
	}
	times := make([]int64, 0, count)
	m := startMeter()
	for range count {
		start := time.Now()
		if _, err := client.Ping(ctx, ""); err != nil {
			return nil, err
		}
		times = append(times, time.Since(start).Nanoseconds())
	}
	return m.stop(count, percentiles(times)), nil
}

// pingsAtOnce has lanes goroutines, each of which has one ping under way.
func pingsAtOnce(ctx context.Context, client *copilot.Client, count, lanes int) (figures, error) {
	if err := pings(ctx, client, 200); err != nil {
		return nil, err
	}
	each := (count + lanes - 1) / lanes
	done := make(chan error, lanes)
	m := startMeter()
	for range lanes {
		go func() { done <- pings(ctx, client, each) }()
	}
	for range lanes {
		if err := <-done; err != nil {
			return nil, err
		}
	}
	return m.stop(each*lanes, nil), nil
}

func tools(ctx context.Context, client *copilot.Client, count int) (figures, error) {
	s, err := openStream(ctx, client, 0, add)
	if err != nil {
		return nil, err
	}
	if err := s.turn(ctx, "tools %d", 200); err != nil {
		return nil, err
	}
	calls.Store(0)
	m := startMeter()
	if err := s.turn(ctx, "tools %d", count); err != nil {
		return nil, err
	}
	return m.stop(count, figures{"received": calls.Load()}), nil
}

func history(ctx context.Context, client *copilot.Client, count, size int) (figures, error) {
	s, err := openStream(ctx, client, 0)
	if err != nil {
		return nil, err
	}
	if err := s.turn(ctx, "history %d %d", count, size); err != nil {
		return nil, err
	}
	m := startMeter()
	events, err := s.session.GetEvents(ctx)
	if err != nil {
		return nil, err
	}
	return m.stop(count, figures{"bytes": size, "received": len(events)}), nil
}

func createAndLeave(ctx context.Context, client *copilot.Client, count int) error {
	for range count {
		s, err := openStream(ctx, client, 0)
		if err != nil {
			return err
		}
		if err := s.session.Disconnect(); err != nil {
			return err
		}
	}
	return nil
}

func create(ctx context.Context, client *copilot.Client, count int) (figures, error) {
	if err := createAndLeave(ctx, client, 20); err != nil {
		return nil, err
	}
	m := startMeter()
	if err := createAndLeave(ctx, client, count); err != nil {
		return nil, err
	}
	return m.stop(count, nil), nil
}

func openAll(ctx context.Context, client *copilot.Client, count, size int) ([]*stream, error) {
	var streams []*stream
	for range count {
		s, err := openStream(ctx, client, size)
		if err != nil {
			return nil, err
		}
		streams = append(streams, s)
	}
	return streams, nil
}

// idle is the growth of the memory while sessions are opened, none of which does anything.
func idle(ctx context.Context, client *copilot.Client, count int) (figures, error) {
	if err := createAndLeave(ctx, client, 20); err != nil {
		return nil, err
	}
	m := startMeter()
	streams, err := openAll(ctx, client, count, 0)
	if err != nil {
		return nil, err
	}
	return m.stop(len(streams), nil), nil
}

package copilot_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// Many goroutines share a client, its sessions and their subscriptions.
func TestManyGoroutinesShareAClient(t *testing.T) {
	const workers, rounds, shared = 32, 12, 4
	turn := append(deltas(10), bed.Script{"tool": bed.Script{"name": "look", "arguments": bed.Script{"q": "x"}}}, bed.Script{"text": "seen"})
	var lists []any
	for range workers * rounds {
		lists = append(lists, turn)
	}
	client, _ := startFake(t, bed.Script{"turns": lists})
	ctx := patient(t)
	var looked, heard, states atomic.Int64
	config := &copilot.SessionConfig{
		OnPermissionRequest: copilot.PermissionHandler.ApproveAll,
		OnEvent:             func(copilot.SessionEvent) { heard.Add(1) },
		Tools: []copilot.Tool{copilot.DefineTool("look", "Looks.", func(arguments struct {
			Q string `json:"q"`
		}, _ copilot.ToolInvocation) (string, error) {
			looked.Add(1)
			return arguments.Q, nil
		})},
	}
	var commons []*copilot.Session
	for range shared {
		commons = append(commons, newSession(t, client, config))
	}
	works := []func(worker, round int) error{
		func(int, int) error { return drop(client.Ping(ctx, "x")) },
		func(int, int) error { return drop(client.ListSessions(ctx, nil)) },
		func(int, int) error { return drop(client.Stats()) },
		func(worker, _ int) error { return drop(commons[worker%shared].Messages(ctx)) },
		func(worker, _ int) error { return drop(commons[worker%shared].SendPrompt(ctx, "beside")) },
		func(worker, _ int) error { return drop(commons[worker%shared].Info()) },
		func(int, int) error {
			stop := client.OnState(func(copilot.StateChange) { states.Add(1) })
			defer stop()
			return drop(client.Models(ctx))
		},
		func(worker, _ int) error {
			stop := commons[worker%shared].On(func(copilot.SessionEvent) { heard.Add(1) })
			defer stop()
			for _, err := range commons[worker%shared].Stream(ctx, copilot.MessageOptions{Prompt: "streamed"}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		func(int, int) error {
			short, cancel := context.WithCancel(ctx)
			done := begin(func() error { return drop(client.Ping(short, "x")) })
			cancel()
			if err := <-done; err != nil && !errors.Is(err, copilot.ErrCancelled) {
				return err
			}
			return nil
		},
		func(int, int) error {
			session, err := client.CreateSession(ctx, config)
			if err != nil {
				return err
			}
			events := session.Events(ctx)
			answer, err := session.SendPromptAndWait(ctx, "own")
			if err != nil {
				return err
			}
			if data, ok := answer.Data.(*copilot.AssistantMessageData); !ok || data.Content != "seen" {
				return fmt.Errorf("the answer is %s", answer.Raw)
			}
			for event, err := range events {
				if err != nil || event.Type() == copilot.SessionEventTypeSessionIdle {
					break
				}
			}
			return session.Disconnect(ctx)
		},
	}
	var running sync.WaitGroup
	for worker := range workers {
		spawn(&running, func() {
			for round := range rounds {
				if err := works[(worker+round)%len(works)](worker, round); err != nil {
					t.Errorf("worker %d, round %d: %v", worker, round, err)
				}
			}
		})
	}
	all(t, &running, "the workers")
	if looked.Load() == 0 || heard.Load() == 0 {
		t.Errorf("%d tools were called, and %d events heard", looked.Load(), heard.Load())
	}
	must(t, client.Stop(ctx))
}

// Many goroutines use a client whose CLI dies again and again: their calls fail or succeed, and none hangs.
func TestManyGoroutinesShareADyingClient(t *testing.T) {
	const workers, rounds = 16, 10
	client, fake := startFake(t, bed.Script{"turns": []any{deltas(5), []any{delta(0), bed.Script{"exit": 3}}}})
	ctx := patient(t)
	var worked, failed atomic.Int64
	var running sync.WaitGroup
	for worker := range workers {
		spawn(&running, func() {
			for round := range rounds {
				err := func() error {
					session, err := client.CreateSession(ctx, &copilot.SessionConfig{})
					if err != nil {
						return err
					}
					defer session.Close()
					if err := drop(session.SendPromptAndWait(ctx, "one")); err != nil || worker%4 != 0 {
						return err
					}
					return drop(session.SendPromptAndWait(ctx, "two"))
				}()
				if errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("worker %d, round %d hung", worker, round)
				}
				if err == nil {
					worked.Add(1)
				} else {
					failed.Add(1)
				}
			}
		})
	}
	all(t, &running, "the workers")
	if failed.Load() == 0 || fake.Starts(t) < 2 {
		t.Errorf("%d worked and %d failed, with %d processes", worked.Load(), failed.Load(), fake.Starts(t))
	}
	must(t, drop(client.Ping(ctx, "x")))
	t.Logf("%d worked and %d failed, with %d processes", worked.Load(), failed.Load(), fake.Starts(t))
}

// Several clients live beside each other, and end at any time.
func TestManyClients(t *testing.T) {
	fake := bed.NewFake(t, turns(deltas(20)))
	var running sync.WaitGroup
	for n := range 12 {
		spawn(&running, func() {
			client := copilot.NewClient(optionsOf(fake))
			defer client.Close()
			session, err := client.CreateSession(patient(t), &copilot.SessionConfig{})
			if err == nil {
				_, err = session.SendPromptAndWait(patient(t), "go")
			}
			if err != nil {
				t.Errorf("client %d: %v", n, err)
			}
			switch n % 3 {
			case 0:
				if err := client.Stop(patient(t)); err != nil {
					t.Errorf("client %d: %v", n, err)
				}
			case 1:
				client.ForceStop()
			}
		})
	}
	all(t, &running, "the clients")
	awaitGone(t, fake)
}

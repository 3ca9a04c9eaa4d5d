// The Go binding against the mock CLI: bench-go [--typed | --events | --raw] MOCK WORKLOAD NUMBERS…, one JSON line on
// stdout. The flag says how a session's events are taken: decoded, by a handler (the default) or by an iterator, or as the
// JSON that the server sent.
package main

import (
	"context"
	"os"

	"bench-workloads"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

// add is the tool that the mock asks for.
var add = copilot.Tool{
	Name:           "add",
	Description:    "Adds two whole numbers",
	Parameters:     workloads.AddParameters,
	SkipPermission: true,
	Handler: func(invocation copilot.ToolInvocation) (copilot.ToolResult, error) {
		sum, err := workloads.Add(invocation.Arguments)
		return copilot.ToolResult{TextResultForLLM: sum, ResultType: "success"}, err
	},
}

// ways are how a session's events reach the stream.
var ways = map[string]func(context.Context, *copilot.Session, *workloads.Stream){
	"--typed":  typed,
	"--events": events,
	"--raw":    raw,
}

type sdk struct {
	client *copilot.Client
	take   func(context.Context, *copilot.Session, *workloads.Stream)
}

func (s *sdk) Start(ctx context.Context, mock string) error {
	s.client = copilot.NewClient(&copilot.ClientOptions{Connection: copilot.StdioConnection{Path: mock}})
	return s.client.Start(ctx)
}

func (s *sdk) Stop(ctx context.Context) error { return s.client.Stop(ctx) }

func (s *sdk) Ping(ctx context.Context) error {
	_, err := s.client.Ping(ctx, "")
	return err
}

func (s *sdk) Open(ctx context.Context, stream *workloads.Stream, tool bool) (workloads.Session, error) {
	streaming := true
	config := &copilot.SessionConfig{
		Streaming:           &streaming,
		OnPermissionRequest: copilot.PermissionHandler.ApproveAll,
	}
	if tool {
		config.Tools = []copilot.Tool{add}
	}
	made, err := s.client.CreateSession(ctx, config)
	if err != nil {
		return nil, err
	}
	s.take(ctx, made, stream)
	return session{made}, nil
}

type session struct{ session *copilot.Session }

func (s session) Send(ctx context.Context, prompt string) error {
	_, err := s.session.SendPrompt(ctx, prompt)
	return err
}

func (s session) History(ctx context.Context) (int, error) {
	events, err := s.session.Messages(ctx)
	return len(events), err
}

func (s session) Disconnect(ctx context.Context) error { return s.session.Disconnect(ctx) }

func main() {
	arguments := os.Args[1:]
	take := typed
	if len(arguments) > 0 && ways[arguments[0]] != nil {
		take, arguments = ways[arguments[0]], arguments[1:]
	}
	workloads.Main("go", &sdk{take: take}, arguments)
}

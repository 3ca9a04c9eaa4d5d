// The official Go SDK against the mock CLI: bench-official-go MOCK WORKLOAD NUMBERS…, one JSON line on stdout.
package main

import (
	"context"
	"os"

	"bench-workloads"

	copilot "github.com/github/copilot-sdk/go"
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

type sdk struct{ client *copilot.Client }

func (s *sdk) Start(ctx context.Context, mock string) error {
	s.client = copilot.NewClient(&copilot.ClientOptions{Connection: copilot.StdioConnection{Path: mock}})
	return s.client.Start(ctx)
}

func (s *sdk) Stop(context.Context) error { return s.client.Stop() }

func (s *sdk) Ping(ctx context.Context) error {
	_, err := s.client.Ping(ctx, "")
	return err
}

func (s *sdk) Open(ctx context.Context, stream *workloads.Stream, tool bool) (workloads.Session, error) {
	config := &copilot.SessionConfig{
		Streaming:           copilot.Bool(true),
		OnPermissionRequest: copilot.PermissionHandler.ApproveAll,
	}
	if tool {
		config.Tools = []copilot.Tool{add}
	}
	made, err := s.client.CreateSession(ctx, config)
	if err != nil {
		return nil, err
	}
	made.On(func(event copilot.SessionEvent) {
		switch data := event.Data.(type) {
		case *copilot.AssistantMessageDeltaData:
			stream.OnDelta(data.DeltaContent)
		case *copilot.AssistantMessageData:
			stream.OnMessage(len(data.Content))
		case *copilot.SessionIdleData:
			stream.OnIdle()
		}
	})
	return session{made}, nil
}

type session struct{ session *copilot.Session }

func (s session) Send(ctx context.Context, prompt string) error {
	_, err := s.session.SendPrompt(ctx, prompt)
	return err
}

func (s session) History(ctx context.Context) (int, error) {
	events, err := s.session.GetEvents(ctx)
	return len(events), err
}

func (s session) Disconnect(context.Context) error { return s.session.Disconnect() }

func main() { workloads.Main("official-go", &sdk{}, os.Args[1:]) }

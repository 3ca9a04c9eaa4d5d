package copilot_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"testing"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// The examples are those of a reader, who has a CLI: here it is the one that COPILOT_CLI_PATH names, and it speaks to no
// model. Every other test says what it starts, and with which environment.
func init() {
	path, err := bed.FindProgram("fake-runtime")
	if err != nil {
		return // the tests themselves tell what is missing
	}
	os.Setenv("COPILOT_CLI_PATH", path)
	os.Setenv("FAKE_RUNTIME", `{"turns": [[{"text": "Hello."}]]}`)
}

func Example() {
	ctx := context.Background()
	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	session, err := client.CreateSession(ctx, &copilot.SessionConfig{Streaming: copilot.Bool(true)})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range session.Stream(ctx, copilot.MessageOptions{Prompt: "Say hello."}) {
		if err != nil {
			log.Fatal(err)
		}
		if piece, ok := event.Data.(*copilot.AssistantMessageDeltaData); ok {
			fmt.Print(piece.DeltaContent)
		}
	}
	// Output: Hello.
}

func ExampleSession_SendAndWait() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	session, err := client.CreateSession(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := session.SendPromptAndWait(ctx, "Say hello.")
	if err != nil {
		log.Fatal(err)
	}
	if answer != nil {
		fmt.Println(answer.Data.(*copilot.AssistantMessageData).Content)
	}
	// Output: Hello.
}

func ExampleSession_On() {
	ctx := context.Background()
	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	session, err := client.CreateSession(ctx, &copilot.SessionConfig{Streaming: copilot.Bool(true)})
	if err != nil {
		log.Fatal(err)
	}
	done := make(chan struct{})
	unsubscribe := session.On(func(event copilot.SessionEvent) {
		switch data := event.Data.(type) {
		case *copilot.AssistantMessageData:
			fmt.Println(data.Content)
		case *copilot.SessionErrorData:
			log.Print(data.Message)
		case *copilot.SessionIdleData:
			close(done)
		}
	})
	defer unsubscribe()
	if _, err := session.Send(ctx, copilot.MessageOptions{Prompt: "Say hello."}); err != nil {
		log.Fatal(err)
	}
	<-done
	// Output: Hello.
}

func ExampleSession_Events() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	client := copilot.NewClient(nil)
	defer client.Stop(context.Background())
	session, err := client.CreateSession(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	events := session.Events(ctx) // from here on nothing is missed
	if _, err := session.SendPrompt(ctx, "Say hello."); err != nil {
		log.Fatal(err)
	}
	for event, err := range events {
		if err != nil {
			log.Fatal(err)
		}
		switch data := event.Data.(type) {
		case *copilot.UserMessageData:
			fmt.Println("you:", data.Content)
		case *copilot.AssistantMessageData:
			fmt.Println("agent:", data.Content)
		case *copilot.SessionIdleData:
			return
		}
	}
	// Output:
	// you: Say hello.
	// agent: Hello.
}

func ExampleClient_Call() {
	ctx := context.Background()
	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	var status struct {
		ProtocolVersion int `json:"protocolVersion"`
	}
	if err := client.Call(ctx, "status.get", nil, &status); err != nil {
		log.Fatal(err)
	}
	fmt.Println("protocol", status.ProtocolVersion)

	err := client.Call(ctx, "no.such.method", map[string]any{"n": 1}, nil)
	var refused *copilot.RPCError
	if errors.As(err, &refused) {
		fmt.Println(refused.Code, errors.Is(err, copilot.ErrRPC))
	}
	// Output:
	// protocol 3
	// -32601 true
}

func ExampleError() {
	client := copilot.NewClient(&copilot.ClientOptions{Connection: copilot.StdioConnection{Path: "./no-such-cli"}})
	defer client.Close()
	err := client.Start(context.Background())
	fmt.Println(errors.Is(err, copilot.ErrSpawn))

	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	err = client.Start(ctx)
	fmt.Println(errors.Is(err, copilot.ErrTimeout), errors.Is(err, context.DeadlineExceeded))
	// Output:
	// true
	// true true
}

func TestTheReadmeBeginsWithTheExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	must(t, err)
	source, err := os.ReadFile("example_test.go")
	must(t, err)
	_, example, _ := strings.Cut(string(source), "\nfunc Example() {\n")
	example, _, found := strings.Cut(example, "\t// Output:")
	if !found || !strings.Contains(string(readme), "\nfunc main() {\n"+example+"}\n```\n") {
		t.Errorf("README.md has another program than this:\n%s", example)
	}
}

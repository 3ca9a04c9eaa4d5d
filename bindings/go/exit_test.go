package copilot_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// exitVariable is set in a process that is to end in one of these ways, in the middle of a turn.
const exitVariable = "COPILOT_TEST_EXIT"

// waysToEnd are how a program may end without a word to its client, and the status that this gives.
var waysToEnd = map[string]int{
	"return":            0,
	"exit":              3,
	"exit in a handler": 4,
	"panic":             2,
	"signal":            -1,
	"kill":              -1,
}

// endBy is the main function of such a process.
func endBy(way string) {
	client := copilot.NewClient(&copilot.ClientOptions{
		Connection: copilot.StdioConnection{Path: os.Getenv("FAKE_RUNTIME_PROGRAM")},
		// What Example sets for its own client is not for this one.
		Env: slices.DeleteFunc(os.Environ(), func(each string) bool { return strings.HasPrefix(each, "FAKE_RUNTIME=") }),
	})
	events := make(chan copilot.SessionEvent)
	session, err := client.CreateSession(context.Background(), &copilot.SessionConfig{
		Streaming: copilot.Bool(true),
		OnEvent: func(event copilot.SessionEvent) {
			if way == "exit in a handler" && event.Type() == "assistant.message_delta" {
				os.Exit(4)
			}
			events <- event
		},
	})
	if err == nil {
		_, err = session.SendPrompt(context.Background(), "a story")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for range 100 {
		<-events
	}
	switch way {
	case "return":
		return
	case "exit":
		os.Exit(3)
	case "panic":
		go panic("a test asked for it")
		select {}
	case "signal":
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
		select {}
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// A program that ends in the middle of a turn ends at once, as it would without the library, and so does its CLI.
func TestAProgramMayEndAtAnyTime(t *testing.T) {
	t.Parallel()
	burst := bed.Script{"burst": bed.Script{"count": 5_000, "size": 64}}
	for way, status := range waysToEnd {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			fake := bed.NewFake(t, turns([]any{burst, bed.Script{"hang": true}}))
			ctx := patient(t)
			program, err := os.Executable()
			must(t, err)
			command := exec.CommandContext(ctx, program)
			command.Env = append(fake.Env(), exitVariable+"="+way, "FAKE_RUNTIME_PROGRAM="+fake.Program)
			var said bytes.Buffer
			command.Stderr = &said
			err = command.Run()
			if ctx.Err() != nil || command.ProcessState.ExitCode() != status {
				t.Errorf("it ended with %v, not with status %d: %s", err, status, said.String())
			}
			awaitGone(t, fake)
		})
	}
}

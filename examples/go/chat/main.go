// A chat on the command line. Answers stream as they are written, and the model may write into notes.txt when it is
// allowed to. Ctrl-C stops an answer; a second one, or one at the prompt, ends the chat, as do /quit and Ctrl-D.
//
//	go run ./chat
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/examples/go/internal/environment"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "chat:", err)
		os.Exit(1)
	}
}

func run() error {
	ctx, end := context.WithCancel(context.Background())
	defer end()
	c := &chat{terminal: newTerminal(os.Stdin, os.Stdout), interrupts: make(chan os.Signal, 1), end: end}
	signal.Notify(c.interrupts, os.Interrupt)

	config, err := environment.Session()
	if err != nil {
		return err
	}
	streaming := true
	config.Streaming = &streaming
	config.Tools = []copilot.Tool{copilot.DefineTool("note", "Adds a line to the user's notes", note)}
	config.OnPermissionRequest = c.permit

	client := copilot.NewClient(nil)
	defer stop(client)
	if c.session, err = client.CreateSession(ctx, config); err != nil {
		return err
	}
	return c.talk(ctx)
}

// stop ends the CLI, which is asked to and then given ten seconds.
func stop(client *copilot.Client) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if client.Stop(ctx) != nil {
		client.ForceStop()
	}
}

type chat struct {
	terminal   *terminal
	interrupts chan os.Signal
	session    *copilot.Session
	end        context.CancelFunc // ends the chat, whatever it is doing
}

// talk asks and answers until the user has had enough.
func (c *chat) talk(ctx context.Context) error {
	c.terminal.print("/quit ends the chat, Ctrl-C stops an answer.\n")
	for {
		prompt, err := c.prompt(ctx)
		switch {
		case errors.Is(err, io.EOF), prompt == "/quit":
			return nil
		case err != nil:
			return err
		case prompt != "":
			c.turn(ctx, prompt)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
}

// prompt is what the user types. Ctrl-C instead of it is the end of the input.
func (c *chat) prompt(ctx context.Context) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	watched := make(chan struct{})
	defer func() { cancel(); <-watched }()
	go func() {
		defer close(watched)
		select {
		case <-c.interrupts:
			c.terminal.print("\n")
			cancel()
		case <-ctx.Done():
		}
	}()
	prompt, err := c.terminal.ask(ctx, "You: ")
	if errors.Is(err, context.Canceled) {
		return "", io.EOF
	}
	return prompt, err
}

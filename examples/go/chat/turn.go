package main

import (
	"context"
	"errors"
	"os"
	"strings"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

// turn is one question and its answer.
func (c *chat) turn(ctx context.Context, prompt string) {
	ctx, cancel := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		c.watch(ctx)
	}()
	for event, err := range c.session.Stream(ctx, copilot.MessageOptions{Prompt: prompt}) {
		switch {
		case errors.Is(err, copilot.ErrCancelled):
			c.terminal.print("\n(stopped)")
		case err != nil:
			c.terminal.print("\nError: " + err.Error())
		default:
			c.show(event)
		}
	}
	c.terminal.print("\n")
	cancel()
	<-watched
}

// watch stops the answer at the first Ctrl-C. A second one does not wait for the server to agree.
func (c *chat) watch(ctx context.Context) {
	select {
	case <-c.interrupts:
	case <-ctx.Done():
		return
	}
	aborted := make(chan struct{})
	go func() {
		defer close(aborted)
		// What comes of it is the end of the stream, which says so.
		_ = c.session.Abort(ctx)
	}()
	select {
	case <-c.interrupts:
		c.end()
	case <-ctx.Done():
	}
	<-aborted
}

// show prints what the model says while it says it, and which tools it uses.
func (c *chat) show(event copilot.SessionEvent) {
	switch data := event.Data.(type) {
	case *copilot.AssistantMessageDeltaData:
		c.terminal.print(data.DeltaContent)
	case *copilot.ToolExecutionStartData:
		c.terminal.print("[" + data.ToolName + "]\n")
	}
}

// permit asks the user, on a goroutine of its own while the turn goes on. When the turn is stopped meanwhile, nobody
// waits for the answer any more.
func (c *chat) permit(request copilot.PermissionRequest, in copilot.PermissionInvocation) (copilot.PermissionDecision, error) {
	answer, err := c.terminal.ask(in.Context(), "\n["+string(request.Kind)+"] "+subject(request)+" Allow? [y/n] ")
	if err != nil {
		return copilot.UserNotAvailable(), err
	}
	if strings.EqualFold(answer, "y") {
		return copilot.ApproveOnce(), nil
	}
	return copilot.Reject("The user said no."), nil
}

// subject is what a permission is wanted for, in the words of its kind.
func subject(request copilot.PermissionRequest) string {
	for _, words := range []string{request.FullCommandText, request.FileName, request.Path, request.URL, request.ToolName} {
		if words != "" {
			return words
		}
	}
	return string(request.Raw)
}

type line struct {
	Text string `json:"text" jsonschema:"what to write down, without a line break"`
}

// note is the chat's own tool. The model asks for each call of it, as for everything that changes something.
func note(l line, _ copilot.ToolInvocation) (string, error) {
	file, err := os.OpenFile("notes.txt", os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	_, err = file.WriteString(l.Text + "\n")
	return "noted", errors.Join(err, file.Close())
}

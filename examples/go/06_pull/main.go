// 06: no event handler. A loop takes the session's events one by one, while the answer is being written.
//
//	go run ./06_pull "Ask the clock for the time."
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/examples/go/internal/environment"
)

func clock(struct{}, copilot.ToolInvocation) (string, error) {
	fmt.Println("[clock]")
	return "a quarter to nine", nil
}

func main() {
	prompt := "Ask the clock for the time."
	if len(os.Args) > 1 {
		prompt = os.Args[1]
	}
	if err := ask(prompt); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func ask(prompt string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	config, err := environment.Session()
	if err != nil {
		return err
	}
	tool := copilot.DefineTool("clock", "Tells the time", clock)
	tool.SkipPermission = true
	streaming := true
	config.Tools, config.Streaming = []copilot.Tool{tool}, &streaming
	config.OnPermissionRequest = copilot.PermissionHandler.ApproveAll

	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	session, err := client.CreateSession(ctx, config)
	if err != nil {
		return err
	}
	events := session.Events(ctx) // from here on nothing is missed
	if _, err := session.SendPrompt(ctx, prompt); err != nil {
		return err
	}
	for event, err := range events {
		if err != nil {
			return err
		}
		switch data := event.Data.(type) {
		case *copilot.AssistantMessageDeltaData:
			fmt.Print(data.DeltaContent)
		case *copilot.SessionErrorData:
			return fmt.Errorf("the turn failed: %s", data.Message)
		case *copilot.SessionIdleData:
			fmt.Println()
			return nil
		}
	}
	return nil
}

// 02: one question, one answer.
//
//	go run ./02_ask "What is a monad?"
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/examples/go/internal/environment"
)

func main() {
	prompt := "Say hello."
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

	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	session, err := client.CreateSession(ctx, config) // starts the CLI
	if err != nil {
		return err
	}
	answer, err := session.SendPromptAndWait(ctx, prompt)
	if err != nil {
		return err
	}
	if answer == nil {
		fmt.Println("(no answer)")
	} else if message, ok := answer.Data.(*copilot.AssistantMessageData); ok {
		fmt.Println(message.Content)
	}
	return nil
}

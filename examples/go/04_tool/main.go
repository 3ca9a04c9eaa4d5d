// 04: a Go function as a tool of the model.
//
//	go run ./04_tool "Use add: what is 19 + 23?"
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/examples/go/internal/environment"
)

// sum is what the model passes. The tool's schema is made of it, and nothing else reaches the function.
type sum struct {
	A int `json:"a"`
	B int `json:"b"`
}

// add runs on a goroutine of its own, while the answer is waited for.
func add(numbers sum, _ copilot.ToolInvocation) (int, error) {
	result := numbers.A + numbers.B
	fmt.Printf("[add(%d, %d) = %d]\n", numbers.A, numbers.B, result)
	return result, nil
}

func main() {
	prompt := "Use add: what is 19 + 23?"
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
	tool := copilot.DefineTool("add", "Adds two integers", add)
	tool.SkipPermission = true
	config.Tools = []copilot.Tool{tool}
	// CLIs before 1.0 ask for permission for every tool.
	config.OnPermissionRequest = copilot.PermissionHandler.ApproveAll

	client := copilot.NewClient(nil)
	defer client.Stop(ctx)
	session, err := client.CreateSession(ctx, config)
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

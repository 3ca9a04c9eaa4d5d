// The official Go SDK against the mock CLI: bench-official-go MOCK WORKLOAD NUMBERS…, one JSON line on stdout.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"

	copilot "github.com/github/copilot-sdk/go"
)

// window is how many events are under way at a time: what fits into the queues of every SDK.
const window = 900

// workload is a workload, and how many numbers it takes.
type workload struct {
	numbers int
	run     func(ctx context.Context, client *copilot.Client, n []int) (figures, error)
}

var workloads = map[string]workload{
	"burst": {2, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return windows(ctx, client, "burst", n[0], n[0], n[1])
	}},
	"window": {2, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return windows(ctx, client, "burst", window, n[0], n[1])
	}},
	"mix": {2, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return windows(ctx, client, "mix", window/2, n[0], n[1])
	}},
	"paced": {3, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return paced(ctx, client, n[0], n[1], n[2])
	}},
	"streams": {3, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return allAtOnce(ctx, client, "streams", n[0], n[1], n[2])
	}},
	"mixstreams": {3, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return allAtOnce(ctx, client, "mixstreams", n[0], n[1], n[2])
	}},
	"ping": {1, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return ping(ctx, client, n[0])
	}},
	"ping32": {1, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return pingsAtOnce(ctx, client, n[0], 32)
	}},
	"tools": {1, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return tools(ctx, client, n[0])
	}},
	"large": {1, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return large(ctx, client, n[0])
	}},
	"history": {2, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return history(ctx, client, n[0], n[1])
	}},
	"create": {1, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return create(ctx, client, n[0])
	}},
	"idle": {1, func(ctx context.Context, client *copilot.Client, n []int) (figures, error) {
		return idle(ctx, client, n[0])
	}},
	"connect": {0, func(context.Context, *copilot.Client, []int) (figures, error) {
		return connected()
	}},
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench-official-go:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 {
		return fmt.Errorf("usage: bench-official-go MOCK WORKLOAD NUMBERS…")
	}
	var numbers []int
	for _, arg := range args[2:] {
		number, err := strconv.Atoi(arg)
		if err != nil {
			return err
		}
		numbers = append(numbers, number)
	}
	chosen, known := workloads[args[1]]
	if !known || len(numbers) != chosen.numbers {
		return fmt.Errorf("no such workload: %v", args[1:])
	}

	ctx := context.Background()
	client := copilot.NewClient(&copilot.ClientOptions{Connection: copilot.StdioConnection{Path: args[0]}})
	if err := client.Start(ctx); err != nil {
		return err
	}
	result, err := chosen.run(ctx, client, numbers)
	if err != nil {
		return err
	}
	result["client"], result["workload"] = "official-go", args[1]
	line, err := json.Marshal(result)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	// Stop fails when the mock has left before it is killed, which is no fault of the measurement.
	if err := client.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "bench-official-go: stop:", err)
	}
	return nil
}

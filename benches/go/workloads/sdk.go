// Package workloads is what any SDK of Go's is asked to do against the mock CLI. A client tells how its SDK does what
// they need, and calls Main.
package workloads

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

// SDK is an SDK in the ways that its documents show.
type SDK interface {
	Start(ctx context.Context, mock string) error
	Stop(ctx context.Context) error
	Ping(ctx context.Context) error
	// Open makes a session with streaming and a permission handler, and with the tool "add" where add is true, whose
	// events the stream is told of.
	Open(ctx context.Context, stream *Stream, add bool) (Session, error)
}

// Session is a session of an SDK's.
type Session interface {
	Send(ctx context.Context, prompt string) error
	// History is how many events it has had, after all of them have been read.
	History(ctx context.Context) (int, error)
	Disconnect(ctx context.Context) error
}

// bench is a connected SDK, and what it can be asked to do.
type bench struct {
	SDK
	ctx context.Context
}

// window is how many events are under way at a time: what fits into the queues of every SDK.
const window = 900

// workload is a workload, and how many numbers it takes.
type workload struct {
	numbers int
	run     func(b bench, n []int) (figures, error)
}

var all = map[string]workload{
	"burst":      {2, func(b bench, n []int) (figures, error) { return b.windows("burst", n[0], n[0], n[1]) }},
	"window":     {2, func(b bench, n []int) (figures, error) { return b.windows("burst", window, n[0], n[1]) }},
	"mix":        {2, func(b bench, n []int) (figures, error) { return b.windows("mix", window/2, n[0], n[1]) }},
	"paced":      {3, func(b bench, n []int) (figures, error) { return b.paced(n[0], n[1], n[2]) }},
	"streams":    {3, func(b bench, n []int) (figures, error) { return b.allAtOnce("streams", n[0], n[1], n[2]) }},
	"mixstreams": {3, func(b bench, n []int) (figures, error) { return b.allAtOnce("mixstreams", n[0], n[1], n[2]) }},
	"ping":       {1, func(b bench, n []int) (figures, error) { return b.ping(n[0]) }},
	"ping32":     {1, func(b bench, n []int) (figures, error) { return b.pingsAtOnce(n[0], 32) }},
	"tools":      {1, func(b bench, n []int) (figures, error) { return b.tools(n[0]) }},
	"large":      {1, func(b bench, n []int) (figures, error) { return b.large(n[0]) }},
	"history":    {2, func(b bench, n []int) (figures, error) { return b.history(n[0], n[1]) }},
	"create":     {1, func(b bench, n []int) (figures, error) { return b.create(n[0]) }},
	"idle":       {1, func(b bench, n []int) (figures, error) { return b.idle(n[0]) }},
	"connect":    {0, func(bench, []int) (figures, error) { return connected() }},
}

// Main runs a workload, as the arguments say it (MOCK WORKLOAD NUMBERS…), prints its figures as a line of JSON, and exits.
func Main(name string, sdk SDK, arguments []string) {
	if err := run(name, sdk, arguments); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
		os.Exit(1)
	}
}

func run(name string, sdk SDK, arguments []string) error {
	if len(arguments) < 2 {
		return fmt.Errorf("usage: MOCK WORKLOAD NUMBERS…")
	}
	var numbers []int
	for _, argument := range arguments[2:] {
		number, err := strconv.Atoi(argument)
		if err != nil {
			return err
		}
		numbers = append(numbers, number)
	}
	chosen, known := all[arguments[1]]
	if !known || len(numbers) != chosen.numbers {
		return fmt.Errorf("no such workload: %v", arguments[1:])
	}

	ctx := context.Background()
	if err := sdk.Start(ctx, arguments[0]); err != nil {
		return err
	}
	result, err := chosen.run(bench{sdk, ctx}, numbers)
	if err != nil {
		return err
	}
	result["client"], result["workload"] = name, arguments[1]
	line, err := json.Marshal(result)
	if err != nil {
		return err
	}
	fmt.Println(string(line))
	// The official SDK's fails when the mock has left before it is killed, which is no fault of the measurement.
	if err := sdk.Stop(ctx); err != nil {
		fmt.Fprintf(os.Stderr, "%s: stop: %v\n", name, err)
	}
	return nil
}

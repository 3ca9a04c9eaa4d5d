package copilot_test

import (
	"context"
	"errors"
	"testing"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed/scenario"
)

// rowPatience is how long a row may take while others run beside it.
const rowPatience = 2 * time.Minute

// judgePatience is for what comes after the last step.
const judgePatience = 10 * time.Second

// leftOut are the rows that the binding cannot express, with the reason.
var leftOut = map[string]string{}

// TestScenarios has every row of tests/testbed/scenarios done by the binding, with each of the real CLIs. As many rows
// run at once as -parallel says, all of one CLI in one process of it.
func TestScenarios(t *testing.T) {
	model := bed.StartModel(t)
	stages := make(map[string]*stage)
	for _, cli := range bed.CLIs(t) {
		stages[cli.Name] = newStage(t, cli, model)
	}
	for name, reason := range leftOut {
		t.Logf("left out: %s: %s", name, reason)
	}
	fitting := make(map[string]int)
	for _, row := range scenario.All(t) {
		if leftOut[row.Name] != "" {
			continue
		}
		for name, stage := range stages {
			if !row.Needs.MetBy(stage.cli) {
				continue
			}
			fitting[name]++
			if row.Wanted() {
				t.Run(row.Name+"/"+name, func(t *testing.T) {
					t.Parallel()
					stage.perform(t, row)
				})
			}
		}
	}
	for name := range stages {
		if fitting[name] < 60 {
			t.Errorf("only %d rows are for %s", fitting[name], name)
		}
	}
}

// stage is a CLI with what its rows need.
type stage struct {
	cli    bed.CLI
	fence  *bed.Fence
	model  *bed.Model
	client *copilot.Client
	mcp    string
}

func newStage(t *testing.T, cli bed.CLI, model *bed.Model) *stage {
	t.Helper()
	fence := bed.NewFence(t, cli)
	no := false
	client := copilot.NewClient(&copilot.ClientOptions{
		Connection:       copilot.StdioConnection{Path: cli.Path},
		WorkingDirectory: fence.Workdir(),
		Env:              fence.Env(),
		LogLevel:         "info",
		UseLoggedInUser:  &no,
	})
	// This runs when all rows have ended, before the fence is removed.
	t.Cleanup(func() {
		if err := client.Stop(patient(t)); err != nil {
			t.Errorf("%s does not stop: %v", cli.Name, err)
		}
		must(t, client.Close())
	})
	must(t, client.Start(patient(t)))
	return &stage{cli: cli, fence: fence, model: model, client: client, mcp: bed.Program(t, "mcp-server")}
}

// perform does a row and judges it.
func (s *stage) perform(t *testing.T, row *scenario.Row) {
	script := s.cli.Name + "-" + row.Name // the model serves several CLIs at once
	workdir := s.fence.WorkdirFor(t, row.Name)
	bound, err := row.Bind(scenario.Place{
		BaseURL: s.model.BaseURL(script), Workdir: workdir, MCP: s.mcp, CLI: s.cli,
	})
	must(t, err)
	s.model.Script(t, script, bound.Script)
	ctx, cancel := context.WithTimeout(context.Background(), rowPatience)
	defer cancel()
	d := newDriver(s.client, bound)
	defer d.leave()
	if err := d.run(ctx); err != nil {
		t.Errorf("%s: %v", row.About, err)
		ctx, cancel = context.WithCancel(ctx)
		cancel() // nothing more comes
	}
	seen := d.finish(ctx)
	for _, fault := range []error{errors.Join(d.faults...), d.checkTurns(seen), s.judge(ctx, t, bound, seen, script, workdir)} {
		if fault != nil {
			t.Errorf("%s: %v", row.About, fault)
		}
	}
}

// judge judges what was seen. Files that a command of the CLI's writes, and what the model has noted of a connection's
// end, may come a little later than the events.
func (s *stage) judge(ctx context.Context, t *testing.T, row *scenario.Row, seen *scenario.Observed, script, workdir string) error {
	ctx, cancel := context.WithTimeout(ctx, judgePatience)
	defer cancel()
	for {
		seen.Records = nil
		for _, record := range s.model.Records(t, script) {
			seen.Records = append(seen.Records, record.Whole)
		}
		fault := row.Check(seen, workdir)
		if fault == nil || ctx.Err() != nil {
			return fault
		}
		time.Sleep(20 * time.Millisecond)
	}
}

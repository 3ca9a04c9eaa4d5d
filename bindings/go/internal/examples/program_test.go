// Package examples tests the programs of examples/go as a user has them: built, run as processes, on real CLIs that
// speak to the scripted model.
package examples

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// limit is how long anything that is waited for may take.
const limit = 60 * time.Second

var (
	buildFlags []string // more flags of go build: the race detector is on in the programs when it is on here
	built      string   // where the programs are
)

func TestMain(m *testing.M) {
	status := 1
	if err := build(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	} else {
		status = m.Run()
	}
	os.RemoveAll(built)
	os.Exit(status)
}

func build() error {
	root, err := bed.Repository()
	if err != nil {
		return err
	}
	if built, err = os.MkdirTemp("", "copilot-examples-"); err != nil {
		return err
	}
	command := exec.Command("go", append(append([]string{"build"}, buildFlags...), "-o", built+"/", "./...")...)
	command.Dir = filepath.Join(root, "examples/go")
	if said, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, said)
	}
	return nil
}

// place is where a program runs: a CLI in its fence, and a model by the session's options.
type place struct {
	fence *bed.Fence
	model *bed.Model
	env   []string
}

// own is the id of the script that the sessions of a place get.
const own = "own"

func newPlace(t *testing.T, cli bed.CLI) place {
	t.Helper()
	p := place{fence: bed.NewFence(t, cli), model: bed.StartModel(t)}
	options, err := json.Marshal(map[string]any{
		"model":    "fake",
		"provider": map[string]any{"type": "openai", "baseUrl": p.model.BaseURL(own), "apiKey": "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.env = append(p.fence.Env(), "COPILOT_CLI_PATH="+cli.Path, "COPILOT_SESSION_JSON="+string(options),
		"LD_LIBRARY_PATH="+os.Getenv("LD_LIBRARY_PATH"), "TERM=dumb",
		"GORACE=atexit_sleep_ms=0")
	return p
}

// command is a program in this place; what does not end by itself is killed with the test.
func (p place) command(t *testing.T, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(built, name), arguments...)
	command.Env, command.Dir = p.env, p.fence.Workdir()
	command.WaitDelay = limit
	return command
}

// onEach runs a test on each CLI.
func onEach(t *testing.T, test func(*testing.T, place)) {
	for _, cli := range bed.CLIs(t) {
		t.Run(cli.Name, func(t *testing.T) { test(t, newPlace(t, cli)) })
	}
}

// status is a process' exit status, once it has ended.
func status(t *testing.T, process *exec.Cmd) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- process.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return process.ProcessState.ExitCode()
	case <-time.After(limit):
		t.Fatalf("%s has not ended", process.Path)
		return -1
	}
}

// output collects what a process says, for somebody who waits for words.
type output struct {
	mu   sync.Mutex
	all  bytes.Buffer
	read int
	more chan struct{} // closed and replaced whenever something is said
}

func newOutput() *output { return &output{more: make(chan struct{})} }

func (o *output) Write(text []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.more)
	o.more = make(chan struct{})
	return o.all.Write(text)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// expect waits until a text was said that was not there before, and returns what came up to it.
func (o *output) expect(t *testing.T, text string) string {
	t.Helper()
	late := time.After(limit)
	for {
		came, more := o.take(text)
		if came != "" {
			return came
		}
		select {
		case <-more:
		case <-late:
			t.Fatalf("%q was not said: %q", text, o)
		}
	}
}

func (o *output) take(text string) (string, chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	rest := o.all.String()[o.read:]
	at := strings.Index(rest, text)
	if at < 0 {
		return "", o.more
	}
	o.read += at + len(text)
	return rest[:at+len(text)], nil
}

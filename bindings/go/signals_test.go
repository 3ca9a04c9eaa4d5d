package copilot_test

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// dies is a script by which every process dies at its first prompt.
var dies = bed.Script{"on": bed.Script{"session.send": bed.Script{"kill": 9}}}

// outlive has the CLI die again and again, at calls and beside them, while the program goes on.
func outlive(t *testing.T, client *copilot.Client, fake *bed.Fake, rounds int, each func()) {
	t.Helper()
	large := strings.Repeat("x", 1<<20) // more than a pipe holds: it is still being written when the CLI dies
	for round := range rounds {
		session := newSession(t, client, nil)
		if round%2 == 0 {
			wantError(t, drop(session.SendPrompt(patient(t), large)), copilot.ErrTransport)
		} else {
			pids := fake.PIDs(t)
			must(t, syscall.Kill(pids[len(pids)-1], syscall.SIGKILL))
			// Whether this comes before or after the library has noticed, it must only fail.
			if err := drop(session.SendPrompt(patient(t), large)); err == nil {
				t.Error("a prompt was sent to a CLI that was killed")
			}
		}
		each()
	}
	if starts := fake.Starts(t); starts < rounds {
		t.Errorf("only %d processes were started", starts)
	}
}

// Without a handler for SIGPIPE a write to a pipe without a reader may end a process.
func TestADyingCLIDoesNotEndTheProcess(t *testing.T) {
	client, fake := startFake(t, dies)
	outlive(t, client, fake, 10, func() {})
}

func TestAHostKeepsItsSignals(t *testing.T) {
	signals := []os.Signal{syscall.SIGUSR1, syscall.SIGPIPE, syscall.SIGCHLD, syscall.SIGTERM}
	heard := make(map[os.Signal]chan os.Signal)
	for _, each := range signals {
		heard[each] = make(chan os.Signal, 64)
		signal.Notify(heard[each], each)
	}
	defer signal.Reset(signals...)
	client, fake := startFake(t, dies)
	outlive(t, client, fake, 20, func() {
		for _, each := range signals {
			must(t, syscall.Kill(os.Getpid(), each.(syscall.Signal)))
			receive(t, heard[each], each.String())
		}
		// The host's own children are the host's: nobody else has waited for them.
		if err := exec.Command("sh", "-c", "exit 7").Run(); err == nil || err.Error() != "exit status 7" {
			t.Errorf("a child of the host's ended with %v", err)
		}
		// And so are its pipes.
		reader, writer, err := os.Pipe()
		must(t, err)
		must(t, reader.Close())
		if _, err := writer.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a write to a pipe without a reader: %v", err)
		}
		must(t, writer.Close())
	})
}

// The library leaves the dispositions of signals alone.
func TestSignalsThatAreIgnoredStayIgnored(t *testing.T) {
	signal.Ignore(syscall.SIGUSR2)
	defer signal.Reset(syscall.SIGUSR2)
	client, fake := startFake(t, dies)
	outlive(t, client, fake, 2, func() { must(t, syscall.Kill(os.Getpid(), syscall.SIGUSR2)) })
	if !signal.Ignored(syscall.SIGUSR2) {
		t.Error("SIGUSR2 is ignored no more")
	}
}

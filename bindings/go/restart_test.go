package copilot_test

import (
	"errors"
	"syscall"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// dead kills the CLI's process and waits until the client knows.
func dead(t *testing.T, client *copilot.Client, fake *bed.Fake) {
	t.Helper()
	pids := fake.PIDs(t)
	must(t, syscall.Kill(pids[len(pids)-1], syscall.SIGKILL))
	bed.Soon(t, "the end of the connection", func() bool { return client.State() != copilot.StateConnected })
}

func TestAfterACrashTheNextCallStartsTheCLI(t *testing.T) {
	client, fake := startFake(t, bed.Script{"runs": []any{
		bed.Script{"turns": []any{[]any{bed.Script{"exit": 3, "stderr": "out of memory"}}}}, bed.Script{},
	}})
	session := newSession(t, client, nil)
	err := drop(session.SendPromptAndWait(patient(t), "go"))
	wantError(t, err, copilot.ErrTransport)
	wantText(t, err.Error(), "Session.SendAndWait", "out of memory")
	var failure *copilot.Error
	if errors.As(err, &failure) {
		wantText(t, string(failure.Data), "3")
	}
	reply, err := client.Ping(patient(t), "again")
	must(t, err)
	if reply.Message != "pong: again" || fake.Starts(t) != 2 || client.State() != copilot.StateConnected {
		t.Errorf("%q after %d starts, %s", reply.Message, fake.Starts(t), client.State())
	}
	// The session went with the process, and says so.
	err = drop(session.SendPrompt(patient(t), "are you there?"))
	if err == nil || errors.Is(err, copilot.ErrTimeout) {
		t.Fatalf("a session of a process that is gone: %v", err)
	}
	wantText(t, err.Error(), session.SessionID)
	stats, err := client.Stats()
	must(t, err)
	if stats.Restarts != 1 {
		t.Errorf("%d restarts", stats.Restarts)
	}
	must(t, drop(newSession(t, client, nil).SendPromptAndWait(patient(t), "hello")))
}

func TestACrashBetweenTwoCalls(t *testing.T) {
	client, fake := startFake(t, bed.Script{})
	changes := make(chan copilot.StateChange, 16)
	client.OnState(func(change copilot.StateChange) { changes <- change })
	dead(t, client, fake)
	lost := receive(t, changes, "the state that follows")
	for lost.Previous != copilot.StateConnected { // those of the start may come late
		lost = receive(t, changes, "the state that follows")
	}
	wantError(t, lost.Err, copilot.ErrTransport)
	must(t, drop(client.Ping(patient(t), "again")))
	for {
		if change := receive(t, changes, "the state connected"); change.State == copilot.StateConnected {
			break
		}
	}
}

func TestWithoutAutoRestartACrashStaysOne(t *testing.T) {
	client, fake := startFake(t, bed.Script{}, func(options *copilot.ClientOptions) {
		options.Raw = map[string]any{"autoRestart": false}
	})
	dead(t, client, fake)
	if err := drop(client.Ping(patient(t), "x")); err == nil {
		t.Error("a ping went through")
	}
	if fake.Starts(t) != 1 {
		t.Errorf("%d processes were started", fake.Starts(t))
	}
	must(t, client.Start(patient(t)))
	must(t, drop(client.Ping(patient(t), "x")))
}

func TestAStartThatFailsCanBeRepeated(t *testing.T) {
	client, _ := newFake(t, bed.Script{"runs": []any{
		bed.Script{"start": bed.Script{"exit": 3, "stderr": "no such model store"}}, bed.Script{},
	}})
	err := client.Start(patient(t))
	if err == nil {
		t.Fatal("it started")
	}
	wantText(t, err.Error(), "no such model store", "Client.Start")
	if client.State() != copilot.StateError {
		t.Errorf("the client is %s", client.State())
	}
	must(t, client.Start(patient(t)))
	if client.State() != copilot.StateConnected {
		t.Errorf("the client is %s", client.State())
	}
}

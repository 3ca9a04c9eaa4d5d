package copilot_test

import (
	"bufio"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// talk has a short conversation.
func talk(t *testing.T, client *copilot.Client) {
	t.Helper()
	session := newSession(t, client, nil)
	heard := newCounter(t, "the session", 5)
	session.On(func(event copilot.SessionEvent) { heard.hear(event) })
	must(t, drop(session.SendPrompt(patient(t), "go")))
	heard.finish()
	must(t, session.Disconnect(patient(t)))
}

func TestOverTCP(t *testing.T) {
	client, fake := newFake(t, turns(deltas(5)), func(o *copilot.ClientOptions) {
		connection := o.Connection.(copilot.StdioConnection)
		o.Connection = copilot.TCPConnection{Path: connection.Path}
	})
	talk(t, client)
	stats, err := client.Stats()
	must(t, err)
	if stats.Transport != "tcp" || stats.Starts != 1 {
		t.Errorf("%+v", stats)
	}
	must(t, client.Stop(patient(t)))
	awaitGone(t, fake)
}

// A server that runs already is connected to, and outlives the client.
func TestOverAURI(t *testing.T) {
	fake := bed.NewFake(t, turns(deltas(5)))
	server := exec.Command(fake.Program, "--port", "0")
	server.Env = append(fake.Env(), "COPILOT_CONNECTION_TOKEN=secret")
	out, err := server.StdoutPipe()
	must(t, err)
	must(t, server.Start())
	defer func() {
		must(t, server.Process.Kill())
		if err := server.Wait(); err == nil {
			t.Error("the server ended by itself")
		}
	}()
	line := receive(t, begin(func() string {
		line, _ := bufio.NewReader(out).ReadString('\n')
		return line
	}), "the server's port")
	port := strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:])
	for range 2 {
		client := copilot.NewClient(&copilot.ClientOptions{
			Connection: copilot.URIConnection{URL: port, ConnectionToken: "secret"},
		})
		talk(t, client)
		must(t, client.Stop(patient(t)))
		must(t, client.Close())
	}
	wrong := copilot.NewClient(&copilot.ClientOptions{
		Connection: copilot.URIConnection{URL: "http://127.0.0.1:" + port, ConnectionToken: "wrong"},
	})
	defer wrong.Close()
	err = wrong.Start(patient(t))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a wrong token: %v", err)
	}
	connection, err := net.Dial("tcp", "127.0.0.1:"+port)
	must(t, err)
	must(t, connection.Close())
}

// The environment is exactly what it is said to be.
func TestTheEnvironmentIsWhole(t *testing.T) {
	t.Setenv("COPILOT_OF_THE_HOST", "1")
	for name, c := range map[string]struct {
		change func(*copilot.ClientOptions, []string)
		wanted map[string]any
	}{
		"of the client": {func(o *copilot.ClientOptions, env []string) { o.Env = append(env, "COPILOT_A=1", "COPILOT_A=2") },
			map[string]any{"COPILOT_A": "2"}},
		"of the connection": {func(o *copilot.ClientOptions, env []string) {
			connection := o.Connection.(copilot.StdioConnection)
			connection.Env = append(env, "COPILOT_B=1")
			o.Connection, o.Env = connection, []string{"COPILOT_A=1"}
		}, map[string]any{"COPILOT_B": "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			fake := bed.NewFake(t, bed.Script{})
			options := optionsOf(fake)
			c.change(options, fake.Env())
			client := copilot.NewClient(options)
			defer client.Close()
			must(t, client.Start(patient(t)))
			env, _ := fake.Log(t)[0]["env"].(map[string]any)
			for _, variable := range []string{"COPILOT_OF_THE_HOST", "COPILOT_A", "COPILOT_B"} {
				if env[variable] != c.wanted[variable] {
					t.Errorf("%s is %v", variable, env[variable])
				}
			}
		})
	}
}

// After a crash a session is opened again on the same object, and its subscriptions go on.
func TestReopen(t *testing.T) {
	client, fake := startFake(t, bed.Script{"runs": []any{
		bed.Script{"turns": []any{[]any{bed.Script{"exit": 3}}}},
		bed.Script{"sessions": []any{"the-session"}, "turns": []any{deltas(5)}},
	}})
	session := newSession(t, client, &copilot.SessionConfig{SessionID: "the-session"})
	heard := newCounter(t, "the handler", 5)
	session.On(func(event copilot.SessionEvent) {
		if number(event) >= 0 || event.Type() == copilot.SessionEventTypeSessionIdle {
			heard.hear(event)
		}
	})
	wantError(t, drop(session.SendPromptAndWait(patient(t), "go")), copilot.ErrTransport)
	must(t, session.Reopen(patient(t)))
	events := session.Events(patient(t))
	must(t, drop(session.SendPrompt(patient(t), "go")))
	heard.finish()
	again := newCounter(t, "the iterator", 5)
	for event, err := range events {
		must(t, err)
		if !again.hear(event) {
			break
		}
	}
	again.finish()
	if fake.Starts(t) != 2 || session.SessionID != "the-session" {
		t.Errorf("%s after %d starts", session.SessionID, fake.Starts(t))
	}
	must(t, session.Disconnect(patient(t)))
	if err := session.Reopen(patient(t)); !errors.Is(err, copilot.ErrClosed) {
		t.Errorf("a session that was left: %v", err)
	}
}

package copilot_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

func TestARefusalHasItsCodeAndData(t *testing.T) {
	client, _ := startFake(t, bed.Script{"on": bed.Script{
		"tools.list": bed.Script{"reply_error": bed.Script{
			"code": -32042, "message": "no tools today", "data": bed.Script{"reason": "rain"},
		}},
		"session.mode.get": bed.Script{"reply_error": bed.Script{"code": -32000, "message": "no mode"}},
	}})
	err := client.Call(patient(t), "tools.list", nil, nil)
	wantError(t, err, copilot.ErrRPC)
	var refusal *copilot.RPCError
	if !errors.As(err, &refusal) || refusal.Code != -32042 || string(refusal.Data) != `{"reason":"rain"}` {
		t.Fatalf("%#v", refusal)
	}
	wantText(t, refusal.Message, "no tools today")
	wantText(t, err.Error(), "Client.Call", "no tools today")
	var failure *copilot.Error
	if !errors.As(err, &failure) || failure.Code.String() != "COPILOT_E_RPC" || failure.Op != "Client.Call" {
		t.Errorf("%#v", failure)
	}

	err = newSession(t, client, nil).Call(patient(t), "session.mode.get", nil, nil)
	if !errors.As(err, &refusal) || refusal.Code != -32000 || refusal.Data != nil {
		t.Errorf("%#v", err)
	}
	wantError(t, client.Call(patient(t), "no.such.method", nil, nil), copilot.ErrRPC)
}

// Each kind of failure is found by errors.Is, and by no other sentinel.
func TestEachKindOfFailure(t *testing.T) {
	sentinels := map[string]error{
		"timeout": copilot.ErrTimeout, "cancelled": copilot.ErrCancelled, "closed": copilot.ErrClosed,
		"argument": copilot.ErrInvalidArgument, "JSON": copilot.ErrInvalidJSON, "state": copilot.ErrInvalidState,
		"not found": copilot.ErrNotFound, "unsupported": copilot.ErrUnsupported, "spawn": copilot.ErrSpawn,
		"connect": copilot.ErrConnect, "transport": copilot.ErrTransport, "protocol": copilot.ErrProtocol,
		"version": copilot.ErrProtocolVersion, "RPC": copilot.ErrRPC, "session": copilot.ErrSession,
		"IO": copilot.ErrIO, "internal": copilot.ErrInternal, "forked": copilot.ErrForked,
	}
	call := func(on bed.Script, do func(ctx context.Context, client *copilot.Client) error) func(*testing.T) error {
		return func(t *testing.T) error {
			client, _ := startFake(t, bed.Script{"on": on})
			return do(patient(t), client)
		}
	}
	begun := func(script bed.Script, change func(*copilot.ClientOptions)) func(*testing.T) error {
		return func(t *testing.T) error {
			client, _ := newFake(t, script, change)
			return client.Start(patient(t))
		}
	}
	as := func(*copilot.ClientOptions) {}
	turn := func(ctx context.Context, client *copilot.Client) error {
		session, err := client.CreateSession(ctx, &copilot.SessionConfig{})
		if err != nil {
			return err
		}
		return drop(session.SendPromptAndWait(ctx, "go"))
	}
	for _, c := range []struct {
		name string
		is   string
		err  func(t *testing.T) error
	}{
		{"no such program", "spawn", begun(bed.Script{}, func(o *copilot.ClientOptions) {
			o.Connection = copilot.StdioConnection{Path: "/nowhere/copilot"}
		})},
		{"no such server", "connect", begun(bed.Script{}, func(o *copilot.ClientOptions) {
			o.Connection, o.Env = copilot.URIConnection{URL: "127.0.0.1:1"}, nil
		})},
		{"another protocol", "version", begun(bed.Script{"protocol": 1}, as)},
		{"a program that ends", "spawn", begun(bed.Script{"start": bed.Script{"exit": 3}}, as)},
		{"not the protocol", "protocol", call(bed.Script{"ping": bed.Script{"garbage": true}},
			func(ctx context.Context, client *copilot.Client) error { return drop(client.Ping(ctx, "x")) })},
		{"a refusal", "RPC", call(bed.Script{"ping": bed.Script{"reply_error": bed.Script{"code": -1, "message": "no"}}},
			func(ctx context.Context, client *copilot.Client) error { return drop(client.Ping(ctx, "x")) })},
		{"a call before the start", "state", func(t *testing.T) error {
			client, _ := newFake(t, bed.Script{}, func(o *copilot.ClientOptions) { o.Raw = map[string]any{"autoStart": false} })
			return drop(client.Ping(patient(t), "x"))
		}},
		{"a turn that fails", "session", func(t *testing.T) error {
			client, _ := startFake(t, turns([]any{bed.Script{"error": bed.Script{"errorType": "quota", "message": "used up"}}}))
			return turn(patient(t), client)
		}},
		{"a crash", "transport", call(bed.Script{"session.send": bed.Script{"kill": 9}}, turn)},
		{"an unknown option", "argument", begun(bed.Script{}, func(o *copilot.ClientOptions) { o.Raw = map[string]any{"colour": 1} })},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.err(t)
			if err == nil {
				t.Fatal("there is no error")
			}
			for name, sentinel := range sentinels {
				if errors.Is(err, sentinel) != (name == c.is) {
					t.Errorf("errors.Is for %q is %v: %v", name, errors.Is(err, sentinel), err)
				}
			}
			var failure *copilot.Error
			if !errors.As(err, &failure) || failure.Op == "" || failure.Message == "" {
				t.Fatalf("%#v", err)
			}
			if len(failure.Data) > 0 && !json.Valid(failure.Data) {
				t.Errorf("its data is %s", failure.Data)
			}
		})
	}
}

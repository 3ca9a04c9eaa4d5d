package copilot

import (
	"context"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// Call calls any method of the server's: params become its parameters, and its result is read into result, a pointer,
// unless that is nil. Both follow the rules of encoding/json; a [json.RawMessage] passes as it is.
func (c *Client) Call(ctx context.Context, method string, params, result any) error {
	const op = "Client.Call"
	text, err := marshal(op, params)
	if err != nil {
		return err
	}
	if err := plain(op, "the method", method); err != nil {
		return err
	}
	return c.read(ctx, op, result, func(native *capi.Client) (*capi.Operation, error) {
		return native.Call(method, text)
	})
}

// Ping asks the server for an echo.
func (c *Client) Ping(ctx context.Context, message string) (*PingResponse, error) {
	const op = "Client.Ping"
	if err := plain(op, "the message", message); err != nil {
		return nil, err
	}
	var pong PingResponse
	err := c.read(ctx, op, &pong, func(native *capi.Client) (*capi.Operation, error) { return native.Ping(message) })
	if err != nil {
		return nil, err
	}
	return &pong, nil
}

// Status asks the server for its version.
func (c *Client) Status(ctx context.Context) (*StatusResponse, error) {
	var status StatusResponse
	if err := c.read(ctx, "Client.Status", &status, (*capi.Client).Status); err != nil {
		return nil, err
	}
	return &status, nil
}

// AuthStatus asks who is signed in.
func (c *Client) AuthStatus(ctx context.Context) (*AuthStatusResponse, error) {
	var status AuthStatusResponse
	if err := c.read(ctx, "Client.AuthStatus", &status, (*capi.Client).AuthStatus); err != nil {
		return nil, err
	}
	return &status, nil
}

// Models asks for the models on offer, or [ClientOptions].OnListModels where that is set. Nothing is kept: each call
// asks again.
func (c *Client) Models(ctx context.Context) ([]ModelInfo, error) {
	if c != nil && c.options.OnListModels != nil {
		return c.options.OnListModels(ctx)
	}
	var answer struct {
		Models []ModelInfo `json:"models"`
	}
	err := c.read(ctx, "Client.Models", &answer, (*capi.Client).Models)
	return answer.Models, err
}

// ListSessions asks for the sessions on disk, all of them without a filter.
func (c *Client) ListSessions(ctx context.Context, filter *SessionListFilter) ([]SessionMetadata, error) {
	const op = "Client.ListSessions"
	text := ""
	if filter != nil {
		var err error
		if text, err = marshal(op, filter); err != nil {
			return nil, err
		}
	}
	var answer struct {
		Sessions []SessionMetadata `json:"sessions"`
	}
	err := c.read(ctx, op, &answer, func(native *capi.Client) (*capi.Operation, error) { return native.ListSessions(text) })
	return answer.Sessions, err
}

// LastSessionID asks which session was used last; empty when there is none.
func (c *Client) LastSessionID(ctx context.Context) (string, error) {
	var id *string
	if err := c.read(ctx, "Client.LastSessionID", &id, (*capi.Client).LastSessionID); err != nil || id == nil {
		return "", err
	}
	return *id, nil
}

// DeleteSession deletes a session's data for good.
func (c *Client) DeleteSession(ctx context.Context, sessionID string) error {
	const op = "Client.DeleteSession"
	if err := plain(op, "the session's id", sessionID); err != nil {
		return err
	}
	return c.do(ctx, op, func(native *capi.Client) (*capi.Operation, error) { return native.DeleteSession(sessionID) })
}

// ForegroundSessionID asks which session the server's terminal shows; empty when it shows none.
func (c *Client) ForegroundSessionID(ctx context.Context) (string, error) {
	var answer struct {
		SessionID string `json:"sessionId"`
	}
	err := c.read(ctx, "Client.ForegroundSessionID", &answer, (*capi.Client).ForegroundSession)
	return answer.SessionID, err
}

// SetForegroundSessionID has the server's terminal show a session.
func (c *Client) SetForegroundSessionID(ctx context.Context, sessionID string) error {
	const op = "Client.SetForegroundSessionID"
	if err := plain(op, "the session's id", sessionID); err != nil {
		return err
	}
	return c.do(ctx, op, func(native *capi.Client) (*capi.Operation, error) { return native.SetForegroundSession(sessionID) })
}

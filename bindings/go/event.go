package copilot

import (
	"encoding/json"
	"time"
)

// SessionEventData is what an event carries: a pointer to the struct of its type, such as *[AssistantMessageData], or
// a *[RawSessionEventData].
type SessionEventData interface {
	// Type is the event's type.
	Type() SessionEventType
	sessionEventData()
}

// RawSessionEventData is what an event of an unknown type carries, or one whose data does not fit the struct of its
// type.
type RawSessionEventData struct {
	// EventType is the event's type.
	EventType SessionEventType
	// Raw is the member "data" as the server sent it.
	Raw json.RawMessage
}

func (*RawSessionEventData) sessionEventData() {}

// Type is the event's type.
func (r *RawSessionEventData) Type() SessionEventType { return r.EventType }

// A SessionEvent is something that happened in a session. A type switch over Data tells what.
type SessionEvent struct {
	// ID is the event's own id.
	ID string
	// Timestamp is when it happened.
	Timestamp time.Time
	// ParentID is the id of the event before it; nil for the first one.
	ParentID *string
	// AgentID names the sub-agent in which it happened; nil for the main agent.
	AgentID *string
	// Ephemeral is true when the server does not keep the event.
	Ephemeral *bool
	// Data is what it carries; never nil in what this package gives.
	Data SessionEventData
	// Raw is the whole event as the server sent it. It may share memory with other events: do not change it.
	Raw json.RawMessage
}

// Type is the event's type.
func (e SessionEvent) Type() SessionEventType {
	if e.Data == nil {
		return ""
	}
	return e.Data.Type()
}

// MarshalJSON gives the event as the server sent it.
func (e SessionEvent) MarshalJSON() ([]byte, error) {
	if e.Raw != nil {
		return e.Raw, nil
	}
	return json.Marshal(struct {
		Type      SessionEventType `json:"type"`
		ID        string           `json:"id"`
		Timestamp time.Time        `json:"timestamp"`
		ParentID  *string          `json:"parentId"`
		AgentID   *string          `json:"agentId,omitempty"`
		Ephemeral *bool            `json:"ephemeral,omitempty"`
		Data      any              `json:"data"`
	}{e.Type(), e.ID, e.Timestamp, e.ParentID, e.AgentID, e.Ephemeral, carried(e.Data)})
}

// carried is what stands under "data".
func carried(data SessionEventData) any {
	if raw, ok := data.(*RawSessionEventData); ok {
		return raw.Raw
	}
	return data
}

// UnmarshalJSON reads an event as the server sends it. Only what is no JSON object is an error: a member that is not
// what it should be is left out, and stays in Raw.
func (e *SessionEvent) UnmarshalJSON(text []byte) error {
	var head struct {
		Type SessionEventType `json:"type"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	event, err := RawEvent{Type: head.Type, JSON: append(json.RawMessage(nil), text...)}.Decode()
	if err == nil {
		*e = event
	}
	return err
}

// A RawEvent is an event whose text nobody has read yet but for its type.
type RawEvent struct {
	// Type is the event's type.
	Type SessionEventType
	// JSON is the whole event as the server sent it. It may share memory with other events: do not change it.
	JSON json.RawMessage
}

// envelope is an event with the struct of its type in Data, which is thereby read in the same pass.
type envelope struct {
	ID        string    `json:"id"`
	Timestamp time.Time `json:"timestamp"`
	ParentID  *string   `json:"parentId"`
	AgentID   *string   `json:"agentId"`
	Ephemeral *bool     `json:"ephemeral"`
	Data      any       `json:"data"`
}

// Decode reads the event. Only what is no JSON object is an error.
func (e RawEvent) Decode() (SessionEvent, error) {
	if made := newEventData[e.Type]; made != nil {
		data := made()
		read := envelope{Data: data}
		if json.Unmarshal(e.JSON, &read) == nil && read.Data != nil {
			return SessionEvent{read.ID, read.Timestamp, read.ParentID, read.AgentID, read.Ephemeral, data, e.JSON}, nil
		}
	}
	return e.decodeLoosely()
}

// decodeLoosely takes what can be read.
func (e RawEvent) decodeLoosely() (SessionEvent, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(e.JSON, &members); err != nil {
		return SessionEvent{}, failed("RawEvent.Decode", err)
	}
	event := SessionEvent{Data: decodeEventData(e.Type, members["data"]), Raw: e.JSON}
	for name, into := range map[string]any{
		"id":        &event.ID,
		"timestamp": &event.Timestamp,
		"parentId":  &event.ParentID,
		"agentId":   &event.AgentID,
		"ephemeral": &event.Ephemeral,
	} {
		if text, there := members[name]; there {
			_ = json.Unmarshal(text, into) // what does not fit stays empty
		}
	}
	return event, nil
}

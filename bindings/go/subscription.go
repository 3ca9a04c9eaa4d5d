package copilot

import (
	"encoding/json"
	"runtime/debug"
	"slices"
	"sync/atomic"
)

// A subscription is somebody who hears a session's events. One of decoded, raw and pipe is set.
type subscription struct {
	// only is the one type that it hears; empty: all.
	only    SessionEventType
	decoded func(SessionEvent)
	raw     func(RawEvent)
	// pipe is an iterator's. It takes events at once, and not in the line behind slow handlers.
	pipe *pipe
	// ended is set when it hears no more.
	ended atomic.Bool
}

// hears reports whether events of a type are for it.
func (s *subscription) hears(t SessionEventType) bool { return s.only == "" || s.only == t }

// A letter is an event, and those who had subscribed when it came.
type letter struct {
	event RawEvent
	to    []*subscription
}

// subscribed are those who hear the session at this moment. The list is never changed, only exchanged: letters on their
// way keep that of the moment in which they came.
func (s *Session) subscribed() []*subscription {
	if all := s.subscriptions.Load(); all != nil {
		return *all
	}
	return nil
}

// subscribe returns what ends the subscription. One without a function hears nothing.
func (s *Session) subscribe(sub *subscription) func() {
	if sub.decoded == nil && sub.raw == nil && sub.pipe == nil {
		return func() {}
	}
	s.change(func(all []*subscription) []*subscription { return append(slices.Clip(all), sub) })
	return func() {
		if sub.ended.CompareAndSwap(false, true) {
			s.change(func(all []*subscription) []*subscription {
				return slices.DeleteFunc(slices.Clone(all), func(o *subscription) bool { return o == sub })
			})
		}
	}
}

func (s *Session) change(how func([]*subscription) []*subscription) {
	s.mu.Lock()
	all := how(s.subscribed())
	s.subscriptions.Store(&all)
	s.mu.Unlock()
	s.settle()
}

// endPipes lets the iterators end, after what came before.
func (s *Session) endPipes(err error) {
	for _, sub := range s.subscribed() {
		if sub.pipe != nil {
			sub.pipe.close(err)
		}
	}
}

// deliver takes an event out of the queue's memory and gives it to iterators now, to handlers in its turn.
func (s *Session) deliver(t SessionEventType, text []byte) {
	if t == SessionEventTypeSessionIdle && !goesOn(text) {
		s.busy(false)
	}
	subscribed := s.subscribed()
	var event RawEvent
	called := false
	for _, sub := range subscribed {
		if !sub.hears(t) {
			continue
		}
		if event.JSON == nil {
			event = RawEvent{Type: t, JSON: slices.Clone(text)}
		}
		if sub.pipe != nil {
			sub.pipe.put(event)
		} else {
			called = true
		}
	}
	if called {
		s.client.delivery.backlog.add(len(event.JSON))
		s.line.put(letter{event, subscribed})
	}
}

// goesOn tells the pauses of the autopilot from the end of a turn.
func goesOn(idle []byte) bool {
	var event struct {
		Data struct {
			Mode string `json:"mode"`
		} `json:"data"`
	}
	return json.Unmarshal(idle, &event) == nil && event.Data.Mode == "autopilot"
}

// hand calls the handlers of one event.
func (s *Session) hand(l letter) {
	defer s.client.delivery.backlog.add(-len(l.event.JSON))
	s.handTo(l)
}

// handTo is hand without the count. A handler may end this goroutine (runtime.Goexit): those after it hear the event
// before it goes.
func (s *Session) handTo(l letter) {
	next := 0
	defer func() {
		if next < len(l.to) {
			s.handTo(letter{l.event, l.to[next+1:]})
		}
	}()
	var decoded SessionEvent
	for ; next < len(l.to); next++ {
		sub := l.to[next]
		if sub.pipe != nil || !sub.hears(l.event.Type) || sub.ended.Load() {
			continue
		}
		if sub.raw == nil && decoded.Data == nil {
			var err error
			if decoded, err = l.event.Decode(); err != nil {
				s.client.report("an event is no JSON object", "type", l.event.Type, "session", s.SessionID, "error", err)
				next = len(l.to)
				return
			}
		}
		s.call(sub, decoded, l.event)
	}
}

// call calls one handler. Its panic must neither end the process nor the handlers after it.
func (s *Session) call(sub *subscription, decoded SessionEvent, raw RawEvent) {
	defer func() {
		if reason := recover(); reason != nil {
			s.client.logger.Error("copilot: a handler of session events panicked",
				"type", raw.Type, "session", s.SessionID, "panic", reason, "stack", string(debug.Stack()))
		}
	}()
	if sub.raw != nil {
		sub.raw(raw)
	} else {
		sub.decoded(decoded)
	}
}

// SessionEventHandler hears the events of a session.
type SessionEventHandler func(event SessionEvent)

// On has a function called for each event of the session, from now on, one after the other in the order in which the
// server sent them. It runs on a goroutine of the session's: a slow one delays the other handlers of this session and
// nothing else, and nothing is dropped meanwhile (see [ClientOptions].QueueLimitBytes). Handlers may call everything.
// What is returned ends it.
func (s *Session) On(handler SessionEventHandler) func() {
	return s.subscribe(&subscription{decoded: handler})
}

// OnEventType is [Session.On] for one type of event.
func (s *Session) OnEventType(eventType SessionEventType, handler SessionEventHandler) func() {
	return s.subscribe(&subscription{only: eventType, decoded: handler})
}

// OnRaw is [Session.On] without decoding, at a fraction of the cost: for programs that hand events on, or look into
// few of them.
func (s *Session) OnRaw(handler func(RawEvent)) func() {
	return s.subscribe(&subscription{raw: handler})
}

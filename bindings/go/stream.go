package copilot

import (
	"context"
	"iter"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// Events are the session's events from this call on, for one range. It ends when the context does, with the context's
// error; when the connection is lost, with that error; and quietly when the session is disconnected or its client
// stopped. Nothing is dropped while the program is slow.
//
// A program that will not range over it must end the context, or what comes is kept for ever.
func (s *Session) Events(ctx context.Context) iter.Seq2[SessionEvent, error] {
	const op = "Session.Events"
	p, end, err := s.pipe(ctx, op)
	if err != nil {
		return broken(err)
	}
	return func(yield func(SessionEvent, error) bool) {
		defer end()
		if err := drain(ctx, op, p, yield); err != nil {
			yield(SessionEvent{}, err)
		}
	}
}

// EventChannel is [Session.Events] as a channel, which is closed at the end. There is no limit to what waits behind it.
// A program that stops receiving must end the context.
func (s *Session) EventChannel(ctx context.Context) <-chan SessionEvent {
	events := make(chan SessionEvent)
	p, end, err := s.pipe(ctx, "Session.EventChannel")
	if err != nil {
		close(events)
		return events
	}
	go func() {
		defer close(events)
		defer end()
		_ = drain(ctx, "Session.EventChannel", p, func(event SessionEvent, _ error) bool {
			select {
			case events <- event:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	return events
}

// Stream sends a message and gives the session's events until the message's turn is over. The message is sent when the
// range begins; an error is the last thing that it gives. Who leaves the range early, or ends the context, hears no
// more: the turn goes on at the server, unless [MessageOptions].AbortOnCancel says otherwise.
func (s *Session) Stream(ctx context.Context, options MessageOptions) iter.Seq2[SessionEvent, error] {
	const op = "Session.Stream"
	return func(yield func(SessionEvent, error) bool) {
		text, err := marshal(op, options)
		if err != nil {
			yield(SessionEvent{}, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		p, end, err := s.pipe(ctx, op)
		if err != nil {
			cancel()
			yield(SessionEvent{}, err)
			return
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			p.close(s.do(ctx, op, func(native *capi.Session) (*capi.Operation, error) { return native.SendAndWait(text) }))
		}()
		defer func() {
			cancel()
			<-over
			end()
		}()
		if err := drain(ctx, op, p, yield); err != nil {
			yield(SessionEvent{}, err)
		}
	}
}

// pipe subscribes an iterator. It ends with the context, or with the function that is returned.
func (s *Session) pipe(ctx context.Context, op string) (*pipe, func(), error) {
	if _, err := s.use(op); err != nil {
		return nil, nil, err
	}
	defer s.native.drop()
	sub := &subscription{pipe: newPipe(s.client.delivery.backlog)}
	unsubscribe := s.subscribe(sub)
	end := func() {
		unsubscribe()
		sub.pipe.discard()
	}
	forgetContext := context.AfterFunc(ctx, end)
	return sub.pipe, func() { forgetContext(); end() }, nil
}

// drain gives what comes through a pipe until it is over, the context ends, or nobody wants more, which is no error.
func drain(ctx context.Context, op string, p *pipe, yield func(SessionEvent, error) bool) error {
	for ctx.Err() == nil {
		raw, there, over, err := p.next()
		switch {
		case there:
			event, err := raw.Decode()
			if err != nil || !yield(event, nil) {
				return err
			}
		case over:
			return err
		default:
			select {
			case <-p.ready:
			case <-ctx.Done():
			}
		}
	}
	return ended(op, ctx)
}

// broken gives nothing but an error.
func broken(err error) iter.Seq2[SessionEvent, error] {
	return func(yield func(SessionEvent, error) bool) { yield(SessionEvent{}, err) }
}

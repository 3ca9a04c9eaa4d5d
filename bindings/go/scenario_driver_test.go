package copilot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"sync"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed/scenario"
)

// driver does the steps of a row through the binding, and notes what is seen.
type driver struct {
	client  *copilot.Client
	row     *scenario.Row
	session *copilot.Session

	mu      sync.Mutex
	changed chan struct{} // closed, and made anew, when there is another event
	seen    scenario.Observed
	faults  []error
	passed  int    // how many events the waits are done with
	turns   []turn // the messages that were waited for
	asking  asking

	iterated chan []json.RawMessage // what the iterator of the last session gave, at its end
}

// turn is what SendAndWait returned.
type turn struct {
	answer *copilot.SessionEvent
	err    error
}

func newDriver(client *copilot.Client, row *scenario.Row) *driver {
	d := &driver{client: client, row: row, changed: make(chan struct{})}
	d.seen.Asked = make(map[string][]any)
	d.asking = newAsking()
	return d
}

// run does the steps one after the other.
func (d *driver) run(ctx context.Context) error {
	config, err := d.config(d.row.Session)
	if err != nil {
		return err
	}
	session, err := d.client.CreateSession(ctx, config)
	if err != nil {
		return err
	}
	d.open(ctx, session)
	for n, step := range d.row.Inputs {
		if err := d.step(ctx, step); err != nil {
			return fmt.Errorf("step %d: %w", n+1, err)
		}
	}
	return nil
}

func (d *driver) step(ctx context.Context, step scenario.Step) error {
	switch {
	case step.Send != nil:
		return d.send(ctx, *step.Send, step.With)
	case step.Post != nil:
		message, err := messageOf(*step.Post, step.With)
		if err != nil {
			return err
		}
		_, err = d.session.Send(ctx, message)
		return err
	case step.Wait != nil:
		return d.await(ctx, func(event any) bool { return scenario.HasValues(event, step.Wait) })
	case step.Abort:
		return d.session.Abort(ctx)
	case step.Call != "":
		d.call(step, func(params, result any) error { return d.session.Call(ctx, step.Call, params, result) })
	case step.ClientCall != "":
		d.call(step, func(params, result any) error { return d.client.Call(ctx, step.ClientCall, params, result) })
	case step.Resume != nil:
		return d.resume(ctx, step.Resume)
	}
	return nil
}

// send sends a message, and waits for its turn and until the session is idle.
func (d *driver) send(ctx context.Context, prompt string, with scenario.Object) error {
	message, err := messageOf(prompt, with)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.passed = len(d.seen.Events)
	d.mu.Unlock()
	answer, err := d.session.SendAndWait(ctx, message)
	if ctx.Err() != nil {
		return err
	}
	d.turns = append(d.turns, turn{answer, err})
	return d.await(ctx, func(event any) bool {
		return scenario.HasValues(event, scenario.Object{"type": "session.idle"})
	})
}

// await waits for an event that no wait has passed, and passes it.
func (d *driver) await(ctx context.Context, fits func(event any) bool) error {
	for {
		d.mu.Lock()
		for ; d.passed < len(d.seen.Events); d.passed++ {
			if fits(d.seen.Events[d.passed]) {
				d.passed++
				d.mu.Unlock()
				return nil
			}
		}
		changed := d.changed
		d.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("the event did not come: %w", ctx.Err())
		}
	}
}

// call notes what a call of the row came to.
func (d *driver) call(step scenario.Step, call func(params, result any) error) {
	d.mu.Lock()
	var last any
	if n := len(d.seen.Replies); n > 0 {
		reply, _ := d.seen.Replies[n-1].(scenario.Object)
		last = reply["result"]
	}
	var params any
	if step.Params != nil {
		params = step.FilledParams(d.seen.Events, last)
	}
	d.mu.Unlock()
	var result json.RawMessage
	reply := scenario.Object{}
	if err := call(params, &result); err != nil {
		reply["error"] = err.Error()
	} else {
		reply["result"] = scenario.Decode(result)
	}
	d.mu.Lock()
	d.seen.Replies = append(d.seen.Replies, reply)
	d.mu.Unlock()
}

// resume leaves the session and comes back with members of the configuration changed.
func (d *driver) resume(ctx context.Context, members scenario.Object) error {
	changed := scenario.Object{}
	for key, value := range d.row.Session {
		changed[key] = value
	}
	for key, value := range members {
		changed[key] = value
	}
	config, err := d.config(changed)
	if err != nil {
		return err
	}
	if err := d.session.Disconnect(ctx); err != nil {
		return err
	}
	d.compare(ctx)
	session, err := d.client.ResumeSession(ctx, d.session.SessionID, config)
	if err != nil {
		return err
	}
	d.open(ctx, session)
	return nil
}

// open listens to a session a second way: what its iterator gives is what its handler gets.
func (d *driver) open(ctx context.Context, session *copilot.Session) {
	d.session = session
	events := session.Events(ctx)
	d.iterated = make(chan []json.RawMessage, 1)
	done := d.iterated
	go func() {
		var heard []json.RawMessage
		for event, err := range events {
			if err != nil {
				d.fault("the iterator: %v", err)
				break
			}
			heard = append(heard, event.Raw)
		}
		done <- heard
	}()
}

// hear is the handler of the session's events.
func (d *driver) hear(event copilot.SessionEvent) {
	value := scenario.Decode(event.Raw)
	if raw, ok := event.Data.(*copilot.RawSessionEventData); ok && schemaKnows(raw.EventType) {
		d.fault("an event of the type %s did not fit its struct: %s", raw.EventType, event.Raw)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.seen.Events = append(d.seen.Events, value)
	close(d.changed)
	d.changed = make(chan struct{})
}

func (d *driver) fault(format string, arguments ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults = append(d.faults, fmt.Errorf(format, arguments...))
}

// finish leaves the session, and returns what was seen: all that came before the last step was done.
func (d *driver) finish(ctx context.Context) *scenario.Observed {
	if d.session != nil {
		d.leave()
		d.compare(ctx)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return &d.seen
}

func (d *driver) leave() {
	if d.session != nil {
		_ = d.session.Close()
	}
}

// compare waits until the handler has got what the iterator of a session that was left gave, and demands that it is the
// same in the same order.
func (d *driver) compare(ctx context.Context) {
	var heard []json.RawMessage
	select {
	case heard = <-d.iterated:
	case <-ctx.Done():
		d.fault("the iterator of a session that was left does not end")
		return
	}
	var wanted []any
	for _, event := range heard {
		wanted = append(wanted, scenario.Decode(event))
	}
	for {
		d.mu.Lock()
		events, changed := d.seen.Events, d.changed
		d.mu.Unlock()
		if len(wanted) == 0 || endsWith(events, wanted) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			d.fault("the handler got %d events, and not those %d of the iterator", len(events), len(wanted))
			return
		}
	}
}

func endsWith(all, end []any) bool {
	return len(all) >= len(end) && scenario.Equal(all[len(all)-len(end):], end)
}

// checkTurns demands that the result of a turn is what the events say.
func (d *driver) checkTurns(seen *scenario.Observed) error {
	sent := 0
	last := false
	for _, step := range d.row.Inputs {
		last = step.Send != nil
		if last {
			sent++
		}
	}
	if len(d.turns) != sent {
		return fmt.Errorf("%d messages were waited for, and not %d", len(d.turns), sent)
	}
	if !last {
		return nil
	}
	end := d.turns[sent-1]
	if end.answer == nil {
		return nil
	}
	var message any
	for _, event := range seen.Events {
		content, ok := scenario.At(event, "/data/content")
		if scenario.HasValues(event, scenario.Object{"type": "assistant.message"}) && ok && content != nil {
			message = event
		}
	}
	if !scenario.Equal(message, scenario.Decode(end.answer.Raw)) {
		return fmt.Errorf("SendAndWait gave %s, and the last answer is %v", end.answer.Raw, message)
	}
	if _, ok := end.answer.Data.(*copilot.AssistantMessageData); !ok {
		return fmt.Errorf("SendAndWait gave a %T", end.answer.Data)
	}
	return nil
}

// fill makes a value of Go's of a part of a row, and demands that it has all of it.
func fill(part any, into any) error {
	text, err := json.Marshal(part)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("%T cannot be %s: %w", into, text, err)
	}
	again, err := json.Marshal(into)
	if err != nil {
		return err
	}
	return covers(scenario.Decode(again), scenario.Decode(text), reflect.TypeOf(into).String())
}

// covers says which member of what is wanted is missing or different. More members are welcome.
func covers(given, wanted any, place string) error {
	object, ok := wanted.(scenario.Object)
	if !ok {
		if list, isList := wanted.([]any); isList {
			return coversList(given, list, place)
		}
		if !scenario.Equal(given, wanted) {
			return fmt.Errorf("%s is %v, and not %v", place, given, wanted)
		}
		return nil
	}
	members, _ := given.(scenario.Object)
	var faults []error
	for key, value := range object {
		faults = append(faults, covers(members[key], value, place+"/"+key))
	}
	return errors.Join(faults...)
}

func coversList(given any, wanted []any, place string) error {
	list, _ := given.([]any)
	if len(list) != len(wanted) {
		return fmt.Errorf("%s is %v, and not %v", place, given, wanted)
	}
	var faults []error
	for n, value := range wanted {
		faults = append(faults, covers(list[n], value, fmt.Sprintf("%s/%d", place, n)))
	}
	return errors.Join(faults...)
}

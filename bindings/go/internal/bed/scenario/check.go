package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Observed is what a driver has seen of a run.
type Observed struct {
	Events  []any            // the session's events as the wire has them, in order
	Records []any            // the model requests as {"path", "headers", "body"}, in order
	Calls   []any            // {"tool", "arguments"} for each call of a tool of the row
	Asked   map[string][]any // by kind, what was asked and answered, in order
	Replies []any            // {"result"} or {"error": message} for each call of the inputs, in order
}

// Answer is the text of the last assistant.message that has one.
func (o *Observed) Answer() any {
	for _, event := range slices.Backward(o.Events) {
		if text, _ := At(event, "/data/content"); kindOf(event) == "assistant.message" {
			if text, ok := text.(string); ok && text != "" {
				return text
			}
		}
	}
	return nothing{}
}

func (o *Observed) joined(kind string) string {
	var text strings.Builder
	for _, event := range o.Events {
		if delta, _ := At(event, "/data/deltaContent"); kindOf(event) == kind {
			if delta, ok := delta.(string); ok {
				text.WriteString(delta)
			}
		}
	}
	return text.String()
}

// Check judges a run of this bound row: every expectation that was not met, a line each.
func (r *Row) Check(observed *Observed, workdir string) error {
	var faults []error
	note := func(what string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %s: %w", r.Name, what, err))
		}
	}
	expect := r.Expect
	note("events", subsequence(expect.Events, observed.Events))
	note("never", noneOf(expect.Never, observed.Events))
	for kind, matcher := range expect.Joined {
		note("joined "+kind, matches(matcher, observed.joined(kind)))
	}
	var bodies []any
	for _, record := range observed.Records {
		body, _ := atPlace(record, "body")
		bodies = append(bodies, body)
	}
	note("requests", inOrder(expect.Requests, bodies))
	note("records", inOrder(expect.Records, observed.Records))
	for kind, patterns := range expect.Asked {
		note("asked "+kind, inOrder(&patterns, observed.Asked[kind]))
	}
	note("replies", r.replies(observed.Replies))
	note("calls", inAnyOrder(expect.Calls, observed.Calls))
	if expect.Answer != nil {
		note("answer", matches(expect.Answer, observed.Answer()))
	}
	note("files", expect.files(workdir))
	return errors.Join(faults...)
}

func noneOf(patterns, events []any) error {
	for _, pattern := range patterns {
		for _, event := range events {
			if MatchesPattern(pattern, event) == nil {
				return fmt.Errorf("%s matches %s", short(pattern), short(event))
			}
		}
	}
	return nil
}

func inOrder(patterns *[]any, values []any) error {
	if patterns == nil {
		return nil
	}
	for n := range min(len(*patterns), len(values)) {
		if err := MatchesPattern((*patterns)[n], values[n]); err != nil {
			return fmt.Errorf("number %d: %w", n+1, err)
		}
	}
	return sameCount(*patterns, values)
}

func inAnyOrder(patterns *[]any, values []any) error {
	if patterns == nil {
		return nil
	}
	left := slices.Clone(values)
	for _, pattern := range *patterns {
		found := slices.IndexFunc(left, func(value any) bool { return MatchesPattern(pattern, value) == nil })
		if found < 0 {
			return fmt.Errorf("%s is not among %s", short(pattern), short(values))
		}
		left = slices.Delete(left, found, found+1)
	}
	return sameCount(*patterns, values)
}

// replies to the calls: a result that matches what is expected, or the error that is.
func (r *Row) replies(replies []any) error {
	n := 0
	for _, step := range r.Inputs {
		if !step.IsCall() {
			continue
		}
		if n == len(replies) {
			return fmt.Errorf("only %d calls were answered", n)
		}
		if err := step.judge(replies[n]); err != nil {
			return fmt.Errorf("number %d: %w", n+1, err)
		}
		n++
	}
	if n != len(replies) {
		return fmt.Errorf("%d replies to %d calls", len(replies), n)
	}
	return nil
}

func (s Step) judge(reply any) error {
	result, ok := atPlace(reply, "result")
	switch {
	case s.Error != nil:
		message, failed := atPlace(reply, "error")
		if !failed {
			message = nothing{}
		}
		return matches(s.Error, message)
	case !ok:
		return fmt.Errorf("it failed: %s", short(reply))
	case s.Expect != nil:
		return MatchesPattern(s.Expect, result)
	}
	return nil
}

func sameCount(patterns, values []any) error {
	if len(patterns) == len(values) {
		return nil
	}
	last := "none"
	if len(values) > 0 {
		last = short(values[len(values)-1])
	}
	return fmt.Errorf("expected %d but there were %d; the last one: %s", len(patterns), len(values), last)
}

func (e Expect) files(workdir string) error {
	for path, matcher := range e.Files {
		var actual any = nothing{}
		if content, err := os.ReadFile(filepath.Join(workdir, path)); err == nil {
			actual = string(content)
		}
		if err := matches(matcher, actual); err != nil {
			return fmt.Errorf("%s %w", path, err)
		}
	}
	return nil
}

// FilledParams are the params of a call, with the parts of events (the last of the type) and of the last reply filled
// in.
func (s Step) FilledParams(events []any, reply any) Object {
	part := func(name string) (string, bool) {
		source, pointer, ok := strings.Cut(name, "/")
		if !ok {
			return "", false
		}
		var value any = nothing{}
		if source == "reply" {
			value = reply
		} else {
			for _, event := range slices.Backward(events) {
				if kindOf(event) == source {
					value = event
					break
				}
			}
		}
		value, found := At(value, "/"+pointer)
		return plain(value), found
	}
	if s.Params == nil {
		return Object{}
	}
	return replace(s.Params, part).(Object)
}

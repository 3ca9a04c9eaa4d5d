package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Kinds are the kinds of questions besides tools and permissions that a row may answer.
var Kinds = []string{"userInput", "elicitation", "hook", "command", "exitPlanMode", "systemMessage"}

// Tool is a tool of a row and its answer; exactly one of Reply, Fail and Unanswered is given.
type Tool struct {
	Tool       Object  `json:"tool"`
	Reply      any     `json:"reply"`
	Fail       *string `json:"fail"`
	Unanswered bool    `json:"unanswered"`
	Together   int     `json:"together"`
}

// Name of the tool.
func (t Tool) Name() string {
	name, _ := t.Tool["name"].(string)
	return name
}

// Answer to a call with these arguments. Not open means: the value is the reply, or the error the handler's failure.
func (t Tool) Answer(arguments any) (reply any, open bool, failure error) {
	return outcome(t.Unanswered, t.Fail, t.Reply, arguments)
}

func outcome(unanswered bool, fail *string, reply, asked any) (any, bool, error) {
	switch {
	case unanswered:
		return nil, true, nil
	case fail != nil:
		return nil, false, errors.New(*fail)
	}
	part := func(pointer string) (string, bool) {
		value, ok := At(asked, pointer)
		return plain(value), ok && strings.HasPrefix(pointer, "/")
	}
	return replace(reply, part), false, nil
}

// Answer is what a row says to some questions of a kind; exactly one of Reply, Fail and Unanswered is given.
type Answer struct {
	When       Object  `json:"when"`
	Times      *int    `json:"times"`
	Reply      given   `json:"reply"`
	Fail       *string `json:"fail"`
	Unanswered bool    `json:"unanswered"`
}

// given is a value that may be null and yet be there.
type given struct {
	is    bool
	value any
}

// UnmarshalJSON notes that there is a value.
func (g *given) UnmarshalJSON(text []byte) error {
	g.is = true
	return decode(text, &g.value)
}

// Answers are those of a kind, in order. One alone may stand without a list.
type Answers []Answer

// UnmarshalJSON takes a list or one.
func (a *Answers) UnmarshalJSON(text []byte) error {
	if strings.HasPrefix(strings.TrimSpace(string(text)), "[") {
		var list []Answer
		err := decode(text, &list)
		*a = list
		return err
	}
	var one Answer
	err := decode(text, &one)
	*a = Answers{one}
	return err
}

// Choose is the index of the first answer that is for a question and not used up, given how often each was taken.
func (a Answers) Choose(question any, taken map[int]int) (int, bool) {
	for index, answer := range a {
		if (answer.Times == nil || taken[index] < *answer.Times) && HasValues(question, answer.When) {
			return index, true
		}
	}
	return 0, false
}

// Answer is what the answer of this index says; the results are those of Tool.Answer.
func (a Answers) Answer(index int, question any) (reply any, open bool, failure error) {
	return outcome(a[index].Unanswered, a[index].Fail, a[index].Reply.value, question)
}

// HasValues says whether all the places have their values.
func HasValues(value any, places Object) bool {
	for place, wanted := range places {
		if actual, ok := atPlace(value, place); !ok || !Equal(wanted, actual) {
			return false
		}
	}
	return true
}

// Permission is the row's answer to the permission request of this number, from 0: "approve", "deny", or an object
// with "feedback" or "result".
func (r *Row) Permission(index int) any {
	list, ok := r.Permissions.([]any)
	switch {
	case r.Permissions == nil, ok && len(list) == 0:
		return "approve"
	case !ok:
		return r.Permissions
	}
	return list[min(index, len(list)-1)]
}

// NobodyDecides says whether the program must leave permissions to the library.
func (r *Row) NobodyDecides() bool { return r.Permissions == "nobody" }

func (r *Row) answersFault() error {
	for _, tool := range r.Tools {
		if tool.Name() == "" || count(tool.Reply != nil, tool.Fail != nil, tool.Unanswered) != 1 {
			return fmt.Errorf("a tool has a name and one of reply, fail and unanswered: %v", tool.Tool)
		}
	}
	for kind, answers := range r.Questions {
		if !slices.Contains(Kinds, kind) {
			return fmt.Errorf("%s is no kind of question; there are %v", kind, Kinds)
		}
		for _, answer := range answers {
			if count(answer.Reply.is, answer.Fail != nil, answer.Unanswered) != 1 {
				return fmt.Errorf("an answer to %s has one of reply, fail and unanswered", kind)
			}
		}
	}
	return nil
}

func count(conditions ...bool) int {
	n := 0
	for _, holds := range conditions {
		if holds {
			n++
		}
	}
	return n
}

package copilot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// toolSchema checks the arguments of a tool.
type toolSchema struct {
	resolved   *jsonschema.Resolved
	parameters json.RawMessage
}

// decode checks the arguments of a call and puts them where target points.
func (s *toolSchema) decode(invocation ToolInvocation, target any) error {
	raw, value, err := argumentsOf(invocation)
	if err != nil {
		return err
	}
	if err := s.resolved.Validate(value); err != nil {
		return misfitOf(err)
	}
	exact := json.Unmarshal(raw, target)
	if exact == nil {
		return nil
	}
	numbers, err := withNumbers(raw)
	if err != nil {
		return exact
	}
	into := func(value any) error {
		encoded, err := json.Marshal(value)
		if err != nil {
			return err
		}
		fresh := reflect.New(reflect.TypeOf(target).Elem())
		if err := json.Unmarshal(encoded, fresh.Interface()); err != nil {
			return err
		}
		reflect.ValueOf(target).Elem().Set(fresh.Elem())
		return nil
	}
	// The schema counts 5.0 among the integers, as JSON schema has it, and encoding/json does not.
	problem := into(wholeNumbers(numbers))
	if problem == nil {
		return nil
	}
	return locate(problem, numbers, func(value any) error { return into(wholeNumbers(value)) })
}

// withNumbers decodes JSON with the numbers as they are written.
func withNumbers(raw json.RawMessage) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	err = decoder.Decode(&value)
	return value, err
}

// exactIntegers is up to where every whole number is a float64.
const exactIntegers = 1 << 53

// wholeNumbers is a value in which 5.0 and 5e0 are 5.
func wholeNumbers(value any) any {
	switch value := value.(type) {
	case map[string]any:
		members := make(map[string]any, len(value))
		for name, inner := range value {
			members[name] = wholeNumbers(inner)
		}
		return members
	case []any:
		items := make([]any, len(value))
		for i, inner := range value {
			items[i] = wholeNumbers(inner)
		}
		return items
	case json.Number:
		number, err := value.Float64()
		if err == nil && strings.ContainsAny(value.String(), ".eE") && number == math.Trunc(number) && math.Abs(number) < exactIntegers {
			return json.Number(strconv.FormatFloat(number, 'f', 0, 64))
		}
	}
	return value
}

// argumentsOf are the arguments of a call, as JSON and decoded; none at all are an empty object.
func argumentsOf(invocation ToolInvocation) (json.RawMessage, any, error) {
	raw, value := bytes.TrimSpace(invocation.RawArguments), invocation.Arguments
	if len(raw) == 0 {
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, nil, err
		}
		raw, value = encoded, nil
	}
	if string(raw) == "null" {
		raw = json.RawMessage("{}")
	}
	// What a program puts into Arguments may be a struct; the check is for what JSON decodes to.
	if _, decoded := value.(map[string]any); decoded {
		return raw, value, nil
	}
	err := json.Unmarshal(raw, &value)
	return raw, value, err
}

const misfitLimit = 1000

// misfitOf is what the check says, with the member before it in place of the path through the schema.
func misfitOf(err error) error {
	text := err.Error()
	path := ""
	for {
		rest, ok := strings.CutPrefix(text, "validating ")
		if !ok {
			break
		}
		at, rest, ok := strings.Cut(rest, ": ")
		if !ok {
			break
		}
		path, text = at, rest
	}
	for _, keyword := range []string{"type: ", "required: "} {
		text = strings.TrimPrefix(text, keyword)
	}
	return misfit(memberOf(path), text)
}

func misfit(member, why string) error {
	if member != "" {
		why = member + ": " + why
	}
	if len(why) > misfitLimit {
		why = strings.ToValidUTF8(why[:misfitLimit], "") + "…"
	}
	return errors.New(why)
}

// memberOf is the member that a path through a schema leads to: "/properties/a/items" is "a[]".
func memberOf(path string) string {
	member := ""
	steps := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i := 0; i < len(steps); i++ {
		switch {
		case steps[i] == "properties" && i+1 < len(steps):
			i++
			name := strings.NewReplacer("~1", "/", "~0", "~").Replace(steps[i])
			member = strings.TrimPrefix(member+"."+name, ".")
		case steps[i] == "items":
			member += "[]"
		case steps[i] == "additionalProperties":
			member = strings.TrimPrefix(member+".*", ".")
		}
	}
	return member
}

// locate finds the member whose decoding gives this error: that of which alone the same is said.
func locate(problem error, value any, decode func(any) error) error {
	member := ""
	same := func(value any) bool {
		err := decode(value)
		return err != nil && err.Error() == problem.Error()
	}
	for {
		name, inner, wrap := blamed(value, same)
		if wrap == nil {
			break
		}
		outer := same
		same = func(value any) bool { return outer(wrap(value)) }
		member, value = strings.TrimPrefix(member+name, "."), inner
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(problem, &wrong) {
		return misfit(member, fmt.Sprintf("%s is no %v", wrong.Value, wrong.Type))
	}
	return misfit(member, strings.TrimPrefix(problem.Error(), "json: "))
}

// blamed is the member or the item that is wrong by itself, and how it is put back into what it comes from.
func blamed(value any, wrong func(any) bool) (name string, inner any, wrap func(any) any) {
	switch value := value.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(value)) {
			wrap := func(inner any) any { return map[string]any{name: inner} }
			if wrong(wrap(value[name])) {
				return "." + name, value[name], wrap
			}
		}
	case []any:
		wrap := func(inner any) any { return []any{inner} }
		for i, inner := range value {
			if wrong(wrap(inner)) {
				return fmt.Sprintf("[%d]", i), inner, wrap
			}
		}
	}
	return "", nil, nil
}

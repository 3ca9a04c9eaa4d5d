package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// nothing stands for a value that is absent.
type nothing struct{}

// words are the keys that make an object with one of them alone a matcher.
var words = []string{"all", "contains", "lacks", "some", "none", "exists", "oneOf", "equals", "length", "json"}

// matches says what is wrong with a value, which may be nothing{}.
func matches(matcher, actual any) error {
	word, operand, ok := matcherWord(matcher)
	if !ok {
		return verdict(Equal(matcher, actual), "is "+short(matcher), actual)
	}
	holds := false
	switch word {
	case "equals":
		holds = Equal(operand, actual)
	case "exists":
		_, absent := actual.(nothing)
		holds = (!absent && actual != nil) == (operand == true)
	case "contains":
		holds = contains(actual, operand)
	case "lacks":
		holds = !contains(actual, operand)
	case "length":
		holds = length(actual) == fmt.Sprint(operand)
	case "some":
		holds = slices.ContainsFunc(items(actual), func(item any) bool { return MatchesPattern(operand, item) == nil })
	case "none":
		holds = !slices.ContainsFunc(items(actual), func(item any) bool { return MatchesPattern(operand, item) == nil })
	case "json":
		text, isText := actual.(string)
		var value any
		holds = isText && decode([]byte(text), &value) == nil && matches(operand, value) == nil
	case "all":
		for _, each := range items(operand) {
			if err := matches(each, actual); err != nil {
				return err
			}
		}
		return nil
	case "oneOf":
		holds = slices.ContainsFunc(items(operand), func(one any) bool { return matches(one, actual) == nil })
	}
	return verdict(holds, word+" "+short(operand), actual)
}

func matcherWord(matcher any) (word string, operand any, ok bool) {
	object, isObject := matcher.(Object)
	if !isObject || len(object) != 1 {
		return "", nil, false
	}
	for word, operand = range object {
		ok = slices.Contains(words, word)
	}
	return word, operand, ok
}

// MatchesPattern says where and why a value does not match an object of places and matchers.
func MatchesPattern(pattern, actual any) error {
	places, ok := pattern.(Object)
	if !ok {
		return matches(pattern, actual)
	}
	for place, matcher := range places {
		value, there := atPlace(actual, place)
		if !there {
			value = nothing{}
		}
		if err := matches(matcher, value); err != nil {
			return fmt.Errorf("%s %w", place, err)
		}
	}
	return nil
}

// atPlace is the value at a member's name or at a pointer.
func atPlace(value any, place string) (any, bool) {
	if strings.HasPrefix(place, "/") {
		return At(value, place)
	}
	object, _ := value.(Object)
	member, ok := object[place]
	return member, ok
}

// At is the value at a JSON pointer in which -1 is an array's last element.
func At(value any, pointer string) (any, bool) {
	parts := strings.Split(pointer, "/")[1:]
	for _, part := range parts {
		switch container := value.(type) {
		case []any:
			index, err := strconv.Atoi(part)
			if index < 0 {
				index += len(container)
			}
			if err != nil || index < 0 || index >= len(container) {
				return nil, false
			}
			value = container[index]
		case Object:
			member, ok := container[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]
			if !ok {
				return nil, false
			}
			value = member
		default:
			return nil, false
		}
	}
	return value, true
}

// Equal compares JSON values; 1 and 1.0 are not the same.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case Object:
		b, ok := b.(Object)
		if !ok || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			if other, there := b[key]; !there || !Equal(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumbers(string(a), string(b))
	}
	return reflect.DeepEqual(a, b)
}

func equalNumbers(a, b string) bool {
	if strings.ContainsAny(a, ".eE") != strings.ContainsAny(b, ".eE") {
		return false
	}
	x, okX := new(big.Float).SetString(a)
	y, okY := new(big.Float).SetString(b)
	return okX && okY && x.Cmp(y) == 0
}

// subsequence says which pattern was not found, when they do not occur in this order.
func subsequence(patterns, values []any) error {
	from := 0
	for n, pattern := range patterns {
		found := slices.IndexFunc(values[from:], func(value any) bool { return MatchesPattern(pattern, value) == nil })
		if found < 0 {
			return missing(n, pattern, values[:from], values[from:])
		}
		from += found + 1
	}
	return nil
}

func missing(n int, pattern any, before, rest []any) error {
	reason := "no value of this type follows"
	for _, value := range before {
		if MatchesPattern(pattern, value) == nil {
			reason = "it occurs only earlier than expected"
		}
	}
	wanted := kindOf(pattern)
	var seen []string
	for _, value := range rest {
		seen = append(seen, kindOf(value))
		if kindOf(value) == wanted {
			reason = "the last of this type: " + MatchesPattern(pattern, value).Error()
		}
	}
	after := "from the start"
	if len(before) > 0 {
		after = "after " + kindOf(before[len(before)-1])
	}
	return fmt.Errorf("number %d of the sequence, %s, is not there: %s; seen %s: %s",
		n+1, short(pattern), reason, after, strings.Join(seen, " > "))
}

func kindOf(value any) string {
	kind, ok := atPlace(value, "type")
	if text, isText := kind.(string); ok && isText {
		return text
	}
	return "?"
}

func contains(value, part any) bool {
	switch value := value.(type) {
	case string:
		text, ok := part.(string)
		return ok && strings.Contains(value, text)
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return Equal(item, part) })
	case Object:
		members, ok := part.(Object)
		if !ok {
			return false
		}
		for key, wanted := range members {
			if member, there := value[key]; !there || !Equal(member, wanted) {
				return false
			}
		}
		return true
	}
	return false
}

// length is that of an array, object or string, as a number is written.
func length(value any) string {
	switch value := value.(type) {
	case []any:
		return strconv.Itoa(len(value))
	case Object:
		return strconv.Itoa(len(value))
	case string:
		return strconv.Itoa(utf8.RuneCountInString(value))
	}
	return "none"
}

func items(value any) []any {
	list, _ := value.([]any)
	return list
}

func verdict(holds bool, expected string, actual any) error {
	if holds {
		return nil
	}
	return fmt.Errorf("should be such that it %s, but there was %s", expected, short(actual))
}

// short is a value's text with its middle cut out when it is long.
func short(value any) string {
	const kept = 300
	if _, absent := value.(nothing); absent {
		return "nothing"
	}
	runes := []rune(compact(value))
	if len(runes) <= 2*kept {
		return string(runes)
	}
	return string(runes[:kept]) + " … " + string(runes[len(runes)-kept:])
}

func compact(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return fmt.Sprint(value)
	}
	return strings.TrimSuffix(text.String(), "\n")
}

// plain is a value as it stands inside of a text.
func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return compact(value)
}

// replace fills in each ${…} in the strings of a value for which there is a text.
func replace(value any, with func(name string) (string, bool)) any {
	switch value := value.(type) {
	case string:
		return replaceText(value, with)
	case []any:
		filled := make([]any, len(value))
		for i, item := range value {
			filled[i] = replace(item, with)
		}
		return filled
	case Object:
		filled := make(Object, len(value))
		for key, member := range value {
			filled[replaceText(key, with)] = replace(member, with)
		}
		return filled
	}
	return value
}

func replaceText(text string, with func(name string) (string, bool)) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		name, rest, closed := strings.Cut(after, "}")
		if value, known := with(name); closed && known {
			out.WriteString(value)
			text = rest
		} else {
			out.WriteString("${")
			text = after
		}
	}
}

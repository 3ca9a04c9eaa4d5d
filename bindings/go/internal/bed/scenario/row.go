// Package scenario has the rows of tests/testbed/scenarios and judges what a driver has seen of one. The format is told
// in tests/testbed/README.md, "Scenarios". JSON values are what encoding/json makes of them, with numbers as
// json.Number.
package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// Object is a JSON object.
type Object = map[string]any

// Row is one scenario.
type Row struct {
	Name        string             `json:"-"`
	About       string             `json:"about"`
	Needs       Needs              `json:"needs"`
	Session     Object             `json:"session"`
	Script      any                `json:"script"`
	Tools       []Tool             `json:"tools"`
	Permissions any                `json:"permissions"`
	Questions   map[string]Answers `json:"questions"`
	Files       map[string]any     `json:"files"`
	Inputs      []Step             `json:"inputs"`
	Expect      Expect             `json:"expect"`
}

// Needs are conditions on the server.
type Needs struct {
	Protocol   int    `json:"protocol"`
	MinVersion string `json:"minVersion"`
}

// MetBy says whether the server fulfils them all.
func (n Needs) MetBy(cli bed.CLI) bool {
	return (n.Protocol == 0 || n.Protocol == cli.Protocol) && (n.MinVersion == "" || cli.IsAtLeast(n.MinVersion))
}

// Step is one of the things that are done; exactly one of the first seven is given.
type Step struct {
	Send       *string `json:"send"`
	Post       *string `json:"post"`
	Wait       Object  `json:"wait"`
	Abort      bool    `json:"abort"`
	Call       string  `json:"call"`
	ClientCall string  `json:"clientCall"`
	Resume     Object  `json:"resume"`

	With   Object `json:"with"`
	Params Object `json:"params"`
	Expect any    `json:"expect"`
	Error  any    `json:"error"`
	Needs  Needs  `json:"needs"`
}

// IsCall says whether the step has a reply to judge.
func (s Step) IsCall() bool { return s.Call != "" || s.ClientCall != "" }

func (s Step) fault() error {
	message := s.Send != nil || s.Post != nil
	actions := 0
	for _, given := range []bool{s.Send != nil, s.Post != nil, s.Wait != nil, s.Abort, s.Call != "", s.ClientCall != "", s.Resume != nil} {
		if given {
			actions++
		}
	}
	switch {
	case actions != 1:
		return fmt.Errorf("a step has exactly one action: %+v", s)
	case len(s.With) > 0 && !message,
		!s.IsCall() && (len(s.Params) > 0 || s.Expect != nil || s.Error != nil),
		s.Expect != nil && s.Error != nil:
		return fmt.Errorf("a step has members that are not its action's: %+v", s)
	}
	return nil
}

// Expect is what must be seen; a nil list is not judged.
type Expect struct {
	Events   []any          `json:"events"`
	Never    []any          `json:"never"`
	Joined   map[string]any `json:"joined"`
	Requests *[]any         `json:"requests"`
	Records  *[]any         `json:"records"`
	Calls    *[]any         `json:"calls"`
	Asked    Asked          `json:"asked"`
	Answer   any            `json:"answer"`
	Files    map[string]any `json:"files"`
}

// Asked are patterns for questions by kind; a list alone is for permissions.
type Asked map[string][]any

// UnmarshalJSON takes both forms.
func (a *Asked) UnmarshalJSON(text []byte) error {
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		var permissions []any
		err := decode(text, &permissions)
		*a = Asked{"permission": permissions}
		return err
	}
	var kinds map[string][]any
	err := decode(text, &kinds)
	*a = kinds
	return err
}

// decode reads JSON with numbers as they are written, and refuses members that a struct does not know.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// Decode is the value of a JSON text; a text that is none is a string in the value's place, which no pattern accepts.
func Decode(text []byte) any {
	var value any
	if err := decode(text, &value); err != nil {
		return fmt.Sprintf("not JSON: %v: %s", err, text)
	}
	return value
}

// Parse reads a row.
func Parse(name string, text []byte) (*Row, error) {
	row := &Row{Name: name}
	if err := decode(text, row); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, step := range row.Inputs {
		if err := step.fault(); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := row.answersFault(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return row, nil
}

// All are the rows of the repository, ordered by name.
func All(t bed.T) []*Row {
	t.Helper()
	root, err := bed.Repository()
	if err != nil {
		t.Fatalf("%v", err)
	}
	paths, err := filepath.Glob(filepath.Join(root, "tests/testbed/scenarios/*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenarios in %s: %v", root, err)
	}
	slices.Sort(paths)
	var rows []*Row
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v", err)
		}
		row, err := Parse(strings.TrimSuffix(filepath.Base(path), ".json"), text)
		if err != nil {
			t.Fatalf("%v", err)
		}
		rows = append(rows, row)
	}
	return rows
}

// Wanted says whether the variable SCENARIOS, parts of names separated by commas, names this row.
func (r *Row) Wanted() bool {
	parts := os.Getenv("SCENARIOS")
	return parts == "" || slices.ContainsFunc(strings.Split(parts, ","), func(part string) bool {
		return strings.Contains(r.Name, part)
	})
}

package scenario

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// Place is where a row runs.
type Place struct {
	BaseURL string // of the model, for this run's script
	Workdir string // an empty folder
	MCP     string // the program mcp-server
	CLI     bed.CLI
}

// Bind is the row as it is at a place, which leaves the row itself alone: it writes its files, fills in the placeholders,
// completes the session's configuration and drops what is for other servers.
func (r *Row) Bind(place Place) (*Row, error) {
	known := func(name string) (string, bool) {
		value, ok := map[string]string{
			"workdir": place.Workdir,
			"session": r.SessionID(),
			"model":   strings.TrimSuffix(place.BaseURL, "/v1"),
			"mcp":     place.MCP,
		}[name]
		return value, ok
	}
	bound := *r
	bound.Session = r.session(place, replace(r.Session, known).(Object))
	bound.Script, bound.Permissions = replace(r.Script, known), replace(r.Permissions, known)
	bound.Files = replaceObject(r.Files, known)
	bound.Tools = slices.Clone(r.Tools)
	for i := range bound.Tools {
		tool := &bound.Tools[i]
		tool.Tool = replace(tool.Tool, known).(Object)
		tool.Reply = replace(tool.Reply, known)
	}
	bound.Questions = make(map[string]Answers)
	for kind, answers := range r.Questions {
		answers = slices.Clone(answers)
		for i := range answers {
			answers[i].Reply.value = replace(answers[i].Reply.value, known)
			answers[i].When = replaceObject(answers[i].When, known)
		}
		bound.Questions[kind] = answers
	}
	bound.Inputs = nil
	for _, step := range r.Inputs {
		if step.Needs.MetBy(place.CLI) {
			bound.Inputs = append(bound.Inputs, step.bind(known))
		}
	}
	bound.Expect = r.Expect.bind(place.CLI, known)
	return &bound, writeFiles(place.Workdir, bound.Files)
}

func replaceObject(object Object, known func(string) (string, bool)) Object {
	if object == nil {
		return nil
	}
	return replace(object, known).(Object)
}

func (s Step) bind(known func(string) (string, bool)) Step {
	text := func(prompt *string) *string {
		if prompt == nil {
			return nil
		}
		filled := replaceText(*prompt, known)
		return &filled
	}
	s.Send, s.Post = text(s.Send), text(s.Post)
	s.Wait, s.Resume = replaceObject(s.Wait, known), replaceObject(s.Resume, known)
	s.With, s.Params = replaceObject(s.With, known), replaceObject(s.Params, known)
	s.Expect, s.Error = replace(s.Expect, known), replace(s.Error, known)
	return s
}

func (e Expect) bind(cli bed.CLI, known func(string) (string, bool)) Expect {
	kept := func(patterns []any) []any { return forServer(replace(patterns, known).([]any), cli) }
	list := func(patterns *[]any) *[]any {
		if patterns == nil {
			return nil
		}
		filtered := kept(*patterns)
		return &filtered
	}
	e.Events, e.Never = kept(e.Events), kept(e.Never)
	e.Requests, e.Records, e.Calls = list(e.Requests), list(e.Records), list(e.Calls)
	asked := make(Asked)
	for kind, patterns := range e.Asked {
		asked[kind] = kept(patterns)
	}
	e.Asked = asked
	e.Joined, e.Files = replaceObject(e.Joined, known), replaceObject(e.Files, known)
	e.Answer = replace(e.Answer, known)
	return e
}

// forServer are the patterns that are for this server, without their needs.
func forServer(patterns []any, cli bed.CLI) []any {
	kept := []any{}
	for _, pattern := range patterns {
		object, _ := pattern.(Object)
		given, conditional := object["needs"]
		if conditional {
			var needs Needs
			if decode([]byte(compact(given)), &needs) != nil || !needs.MetBy(cli) {
				continue
			}
			delete(object, "needs")
		}
		kept = append(kept, pattern)
	}
	return kept
}

// SessionID of the row: the same in every run, and a UUID, as older servers want it.
func (r *Row) SessionID() string {
	hash := fnv.New64a()
	hash.Write([]byte(r.Name))
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", hash.Sum64()&0xffff_ffff_ffff)
}

// session is the configuration that every row begins with, and over it the row's own; null removes a member.
func (r *Row) session(place Place, own Object) Object {
	session := Object{
		"sessionId":        r.SessionID(),
		"model":            "fake",
		"streaming":        true,
		"workingDirectory": place.Workdir,
	}
	var provider any = Object{"type": "openai", "baseUrl": place.BaseURL, "apiKey": "x"}
	if given, ok := own["provider"]; ok {
		if members, isObject := given.(Object); isObject {
			overlay(provider.(Object), members)
		} else {
			provider = given
		}
		delete(own, "provider")
	}
	session["provider"] = provider
	overlay(session, own)
	return session
}

func overlay(object, members Object) {
	for key, value := range members {
		object[key] = value
	}
	for key, value := range object {
		if value == nil {
			delete(object, key)
		}
	}
}

func writeFiles(workdir string, files map[string]any) error {
	for name, content := range files {
		var bytes []byte
		switch content := content.(type) {
		case string:
			bytes = []byte(content)
		case Object:
			encoded, _ := content["base64"].(string)
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			bytes = decoded
		default:
			return fmt.Errorf("%s is neither a text nor base64", name)
		}
		path := filepath.Join(workdir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, bytes, 0o644); err != nil {
			return err
		}
	}
	return nil
}

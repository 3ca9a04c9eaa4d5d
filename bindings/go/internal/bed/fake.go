package bed

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Script is a script of the fake runtime, or a part of one.
type Script = map[string]any

// Fake is a script for fake-runtime and the log of the processes that play it.
type Fake struct {
	Program string
	script  string // the file's path: a script may be too long for an environment
	log     string
}

// FakeRecord is a record of a fake runtime's log; RUNTIME.md has the kinds.
type FakeRecord map[string]any

// NewFake prepares a fake runtime; a client that starts Program with Env starts it.
func NewFake(t T, script Script) *Fake {
	t.Helper()
	text, err := json.Marshal(script)
	if err != nil {
		t.Fatalf("the script: %v", err)
	}
	folder := t.TempDir()
	fake := &Fake{
		Program: Program(t, "fake-runtime"),
		script:  filepath.Join(folder, "script.json"),
		log:     filepath.Join(folder, "fake.log"),
	}
	if err := os.WriteFile(fake.script, text, 0o644); err != nil {
		t.Fatalf("the script: %v", err)
	}
	return fake
}

// Env is the whole environment of the process.
func (f *Fake) Env() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "FAKE_RUNTIME_FILE=" + f.script, "FAKE_RUNTIME_LOG=" + f.log}
}

// Log is what all its processes have noted so far.
func (f *Fake) Log(t T) []FakeRecord {
	t.Helper()
	text, err := os.ReadFile(f.log)
	if err != nil && !os.IsNotExist(err) {
		t.Fatalf("the log: %v", err)
	}
	var records []FakeRecord
	for line := range bytes.Lines(text) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			break // it is being written
		}
		var record FakeRecord
		if err := json.Unmarshal(line, &record); err != nil {
			t.Fatalf("the log: %s: %v", line, err)
		}
		records = append(records, record)
	}
	return records
}

// Received are the params of each request and notification of this method, in order.
func (f *Fake) Received(t T, method string) []map[string]any {
	t.Helper()
	var received []map[string]any
	for _, record := range f.Log(t) {
		if message, ok := record["in"].(map[string]any); ok && message["method"] == method {
			params, _ := message["params"].(map[string]any)
			received = append(received, params)
		}
	}
	return received
}

// Answers are what the questions of this kind were answered: "tool", the type of an event, or a method.
func (f *Fake) Answers(t T, what string) []any {
	t.Helper()
	var answers []any
	for _, record := range f.Log(t) {
		if record["answered"] == what {
			answers = append(answers, record["answer"])
		}
	}
	return answers
}

// Starts is how many processes there were.
func (f *Fake) Starts(t T) int {
	t.Helper()
	count := 0
	for _, record := range f.Log(t) {
		if _, ok := record["argv"]; ok {
			count++
		}
	}
	return count
}

// PIDs are the process ids of those that were started, in order.
func (f *Fake) PIDs(t T) []int {
	t.Helper()
	var pids []int
	for _, record := range f.Log(t) {
		if pid, ok := record["pid"].(float64); ok && record["argv"] != nil {
			pids = append(pids, int(pid))
		}
	}
	return pids
}

// Await waits until the log has a record that fits; what says which in the failure.
func (f *Fake) Await(t T, what string, fits func(FakeRecord) bool) {
	t.Helper()
	Soon(t, what, func() bool {
		for _, record := range f.Log(t) {
			if fits(record) {
				return true
			}
		}
		return false
	})
}

// AwaitCalls waits until so many requests of this method were received.
func (f *Fake) AwaitCalls(t T, method string, count int) {
	t.Helper()
	Soon(t, method, func() bool { return len(f.Received(t, method)) >= count })
}

// Patience is far beyond what anything takes, so that a hang fails instead of hanging.
const Patience = 2 * time.Minute

// Soon polls until something holds, and fails the test when it does not within Patience.
func Soon(t T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !holds(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", Patience, what)
			return
		}
	}
}

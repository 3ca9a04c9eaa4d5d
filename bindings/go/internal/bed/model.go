package bed

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"time"
)

// Model is a running scripted model: a server that says what the script of an id says.
type Model struct {
	URL     string
	process *exec.Cmd
	stdin   io.Closer
	http    http.Client
}

// Record is a request that the model was sent, as README.md has it. Numbers are json.Number.
type Record struct {
	Path    string
	Headers map[string]any
	Body    any
	// Whole is all of it.
	Whole map[string]any
}

// UnmarshalJSON reads what the model noted.
func (r *Record) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&r.Whole); err != nil {
		return err
	}
	r.Path, _ = r.Whole["path"].(string)
	r.Headers, _ = r.Whole["headers"].(map[string]any)
	r.Body = r.Whole["body"]
	return nil
}

// StartModel starts one, which ends with the test.
func StartModel(t T) *Model {
	t.Helper()
	command := exec.Command(Program(t, "scripted-model"))
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatalf("scripted-model: %v", err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatalf("scripted-model: %v", err)
	}
	if err := command.Start(); err != nil {
		t.Fatalf("scripted-model: %v", err)
	}
	// Without connections that are kept there are no goroutines that are left.
	transport := &http.Transport{DisableKeepAlives: true, Proxy: nil}
	model := &Model{process: command, stdin: stdin, http: http.Client{Transport: transport, Timeout: time.Minute}}
	t.Cleanup(model.stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	var port int
	if _, scanned := fmt.Sscanf(line, "PORT %d", &port); scanned != nil {
		t.Fatalf("scripted-model said %q: %v", line, err)
	}
	model.URL = fmt.Sprintf("http://127.0.0.1:%d", port)
	return model
}

func (m *Model) stop() {
	m.stdin.Close()
	m.process.Wait()
}

// BaseURL is the URL of an id's script for a provider. Without a script the model says what it was told.
func (m *Model) BaseURL(id string) string { return m.URL + "/s/" + id + "/v1" }

// Script gives an id a script, and forgets what was recorded for it.
func (m *Model) Script(t T, id string, steps any) {
	t.Helper()
	m.call(t, http.MethodPut, "/_script/"+id, steps, nil)
}

// Records are the requests for an id so far.
func (m *Model) Records(t T, id string) []Record {
	t.Helper()
	var records []Record
	m.call(t, http.MethodGet, "/_records/"+id, nil, &records)
	return records
}

// Wait waits until there were so many requests for an id.
func (m *Model) Wait(t T, id string, count int) {
	t.Helper()
	m.call(t, http.MethodGet, fmt.Sprintf("/_wait/%s?n=%d&timeout_ms=20000", id, count), nil, nil)
}

func (m *Model) call(t T, method, path string, body, result any) {
	t.Helper()
	if err := m.exchange(method, path, body, result); err != nil {
		t.Fatalf("the scripted model: %s %s: %v", method, path, err)
	}
}

func (m *Model) exchange(method, path string, body, result any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, m.URL+path, &sent)
	if err != nil {
		return err
	}
	response, err := m.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, text)
	}
	if result == nil {
		return nil
	}
	return json.Unmarshal(text, result)
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The files in testdata/golden are made by:
//
//	go run ./internal/eventgen -out internal/eventgen/testdata/golden \
//	    internal/eventgen/testdata/session-events.schema.json:internal/eventgen/testdata/older.schema.json
func TestGolden(t *testing.T) {
	out := t.TempDir()
	schemas := []string{"testdata/session-events.schema.json", "testdata/older.schema.json"}
	if err := generate(schemas, out); err != nil {
		t.Fatal(err)
	}
	compare(t, "testdata/golden", out)
}

// What is in the package is what the schemas of the pinned CLIs give.
func TestGeneratedFilesAreUpToDate(t *testing.T) {
	clis := os.Getenv("TESTBED_CLIS")
	if clis == "" {
		clis = "../../../../build/clis"
	}
	var schemas []string
	for _, place := range []string{
		"1.0.102/cache/copilot/pkg/*/1.0.102", "runtime/node_modules/copilot-runtime", "0.0.420/cache/pkg/*/0.0.420",
	} {
		found, _ := filepath.Glob(filepath.Join(clis, place, "schemas/session-events.schema.json"))
		if len(found) == 0 {
			t.Skipf("no schema in %s/%s: it comes when the CLI has run once", clis, place)
		}
		schemas = append(schemas, found[0])
	}
	out := t.TempDir()
	if err := generate(schemas, out); err != nil {
		t.Fatal(err)
	}
	compare(t, "../..", out)
}

func compare(t *testing.T, wanted, out string) {
	t.Helper()
	made, err := filepath.Glob(filepath.Join(out, "*.go"))
	if err != nil || len(made) != 5 {
		t.Fatalf("%d files were made (%v)", len(made), err)
	}
	for _, path := range made {
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(wanted, filepath.Base(path)))
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes now: %s", filepath.Base(path), firstDifference(want, got))
		}
	}
}

func firstDifference(want, got []byte) string {
	wanted, gotten := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i, line := range gotten {
		if i >= len(wanted) || wanted[i] != line {
			return line
		}
	}
	return "it has fewer lines"
}

func TestNoTextOfTheSchemaIsWritten(t *testing.T) {
	out := t.TempDir()
	if err := generate([]string{"testdata/session-events.schema.json"}, out); err != nil {
		t.Fatal(err)
	}
	made, _ := filepath.Glob(filepath.Join(out, "*.go"))
	for _, path := range made {
		if text, err := os.ReadFile(path); err != nil || bytes.Contains(text, []byte("FORBIDDEN")) {
			t.Errorf("%s has a description in it (%v)", path, err)
		}
	}
}

func TestWhatIsNoSchema(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":             "",
		"no JSON":             "{",
		"no events":           `{"definitions":{}}`,
		"an event's type":     `{"definitions":{"SessionEvent":{"anyOf":[{"type":"object"}]}}}`,
		"a type that varies":  `{"definitions":{"SessionEvent":{"anyOf":[{"properties":{"type":{"type":"string"}}}]}}}`,
		"a reference to none": `{"definitions":{"SessionEvent":{"anyOf":[{"$ref":"#/definitions/Gone"}]}}}`,
	} {
		path := filepath.Join(t.TempDir(), "schema.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := generate([]string{path}, t.TempDir()); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := generate([]string{"testdata/missing"}, t.TempDir()); err == nil {
		t.Error("a missing file is taken")
	}
}

func TestNames(t *testing.T) {
	for wire, want := range map[string]string{
		"assistant.message_delta":    "AssistantMessageDelta",
		"session.mcp_servers_loaded": "SessionMCPServersLoaded",
		"permission.carriedForward":  "PermissionCarriedForward",
		"toolCallId":                 "ToolCallID",
		"McpOauthHttpResponse":       "MCPOauthHTTPResponse",
		"resultForLlm":               "ResultForLLM",
		"AttachmentGitHubUrl":        "AttachmentGitHubURL",
		"github_url":                 "GitHubURL",
		"mimeType":                   "MIMEType",
		"in-memory":                  "InMemory",
		"supported_media_types":      "SupportedMediaTypes",
		"apiKeyIDs":                  "APIKeyIDs",
		"durationMs":                 "DurationMs",
	} {
		if got := goName(wire); got != want {
			t.Errorf("%s is %s, not %s", wire, got, want)
		}
	}
}

// Package bed is the test bed of the repository for the tests of the Go binding: the programs scripted-model,
// fake-runtime and mcp-server, the pinned real CLIs, and a fence around the state of each. What they are is told in
// tests/testbed/README.md and RUNTIME.md. Nothing here skips a test: what is missing fails it, with the command that
// provides it.
package bed

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// T is what this package needs of a test; *testing.T is one, and TestMain can bring its own.
type T interface {
	Helper()
	Fatalf(format string, arguments ...any)
	Errorf(format string, arguments ...any)
	Cleanup(func())
	TempDir() string
}

var repository = sync.OnceValues(func() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for folder := start; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "tests/testbed/clis/package.json")); err == nil {
			return folder, nil
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("the tests need the repository of libcopilot, and no folder above %s is it", start)
		}
	}
})

// Repository is the folder of the repository that the test is part of.
func Repository() (string, error) { return repository() }

// FindProgram is the path of a program of the test bed: what the variable <NAME>_PROGRAM says, else the one in
// target/debug of the repository (or of CARGO_TARGET_DIR). The error says how to build it.
func FindProgram(name string) (string, error) {
	variable := strings.ToUpper(strings.ReplaceAll(name, "-", "_")) + "_PROGRAM"
	if path := os.Getenv(variable); path != "" {
		return path, nil
	}
	root, err := Repository()
	if err != nil {
		return "", err
	}
	target := os.Getenv("CARGO_TARGET_DIR")
	if target == "" {
		target = filepath.Join(root, "target")
	}
	path := filepath.Join(target, "debug", name)
	if info, err := os.Stat(path); err != nil || info.IsDir() {
		return "", fmt.Errorf("no program %s; run: cargo build -p testbed --bins, or name it in %s", path, variable)
	}
	return path, nil
}

// Program is FindProgram for a test, which fails when there is none.
func Program(t T, name string) string {
	t.Helper()
	path, err := FindProgram(name)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return path
}

package bed

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// CLI is an installed Copilot CLI.
type CLI struct {
	Name     string // what install-clis calls it: "runtime", or a version
	Version  string // what it says its version is
	Protocol int    // the protocol version it speaks
	Path     string // the executable
}

// everyday are the CLIs that a test runs on unless COPILOT_TEST_CLIS names others.
const everyday = "runtime,1.0.102,0.0.420"

type cliAbout struct {
	Executable string `json:"executable"`
	Version    string `json:"version"`
	Protocol   int    `json:"protocol"`
}

var manifest = sync.OnceValues(func() (map[string]cliAbout, error) {
	root, err := Repository()
	if err != nil {
		return nil, err
	}
	path := filepath.Join(root, "tests/testbed/clis/package.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var content struct {
		CLIs map[string]cliAbout `json:"clis"`
	}
	if err := json.Unmarshal(text, &content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return content.CLIs, nil
})

// cliFolder is where the CLIs are installed.
func cliFolder() (string, error) {
	if folder := os.Getenv("TESTBED_CLIS"); folder != "" {
		return filepath.Abs(folder)
	}
	root, err := Repository()
	return filepath.Join(root, "build/clis"), err
}

// FindCLI is the CLI with this name or version. The error is the command that installs it, or the names there are.
func FindCLI(name string) (CLI, error) {
	all, err := manifest()
	if err != nil {
		return CLI{}, err
	}
	folder, err := cliFolder()
	if err != nil {
		return CLI{}, err
	}
	for key, about := range all {
		if key != name && about.Version != name {
			continue
		}
		path := filepath.Join(folder, key, "node_modules", about.Executable)
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			return CLI{}, fmt.Errorf("the CLI '%s' is not installed (no %s); run: tests/testbed/install-clis %s", key, path, key)
		}
		return CLI{Name: key, Version: about.Version, Protocol: about.Protocol, Path: path}, nil
	}
	return CLI{}, fmt.Errorf("no CLI is called '%s'; there are: %s", name, strings.Join(names(all), ", "))
}

func names(all map[string]cliAbout) []string {
	var names []string
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// CLIs are those that COPILOT_TEST_CLIS names, separated by commas, or "all"; without it those for every day. The test
// fails when one is not installed.
func CLIs(t T) []CLI {
	t.Helper()
	wanted := os.Getenv("COPILOT_TEST_CLIS")
	if wanted == "" {
		wanted = everyday
	}
	list := strings.Split(wanted, ",")
	if wanted == "all" {
		all, err := manifest()
		if err != nil {
			t.Fatalf("%v", err)
		}
		list = names(all)
	}
	var clis []CLI
	for _, name := range list {
		cli, err := FindCLI(strings.TrimSpace(name))
		if err != nil {
			t.Fatalf("%v", err)
		}
		clis = append(clis, cli)
	}
	return clis
}

// IsAtLeast says whether the CLI's version is this one or a later one.
func (c CLI) IsAtLeast(version string) bool {
	return slices.Compare(versionParts(c.Version), versionParts(version)) >= 0
}

// versionParts are a version's numbers; what is no number counts as 0.
func versionParts(version string) []int {
	var parts []int
	for part := range strings.SplitSeq(version, ".") {
		number, _ := strconv.Atoi(part)
		parts = append(parts, number)
	}
	return parts
}

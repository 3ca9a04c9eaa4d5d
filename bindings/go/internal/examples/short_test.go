package examples

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// short are the programs that have a namesake in C, with what they are asked and what they say.
var short = []struct{ name, prompt, said string }{
	{"02_ask", "Hello from Go! \"ünd\" \\", "You said: Hello from Go! \"ünd\" \\\n"},
	{"02_ask", "", "You said: Say hello.\n"},
	{"04_tool", "", "[add(19, 23) = 42]\nThe tool add answered: 42\n"},
	{"06_pull", "", "[clock]\nThe tool clock answered: a quarter to nine\n"},
}

func TestTheShortOnesConverse(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		for _, program := range short {
			var arguments []string
			if program.prompt != "" {
				arguments = []string{program.prompt}
			}
			said, complained, exit := run(t, p, program.name, arguments...)
			if said != program.said || complained != "" || exit != 0 {
				t.Errorf("%s %q: status %d, %q, %q", program.name, program.prompt, exit, said, complained)
			}
		}
	})
}

func TestWithoutACLITheySaySo(t *testing.T) {
	p := newPlace(t, bed.CLIs(t)[0])
	p.env = append(p.env, "COPILOT_CLI_PATH=/nowhere/copilot")
	for _, program := range short {
		said, complained, exit := run(t, p, program.name)
		if said != "" || !strings.HasPrefix(complained, "ask: ") || !strings.Contains(complained, "/nowhere/copilot") || exit != 1 {
			t.Errorf("%s: status %d, %q, %q", program.name, exit, said, complained)
		}
	}
}

func TestWrongOptionsAreNamed(t *testing.T) {
	p := newPlace(t, bed.CLIs(t)[0])
	p.env = append(p.env, "COPILOT_SESSION_JSON={")
	for _, name := range []string{"02_ask", "chat", "sse"} {
		if said, complained, exit := run(t, p, name); said != "" || !strings.Contains(complained, "COPILOT_SESSION_JSON") || exit != 1 {
			t.Errorf("%s: status %d, %q, %q", name, exit, said, complained)
		}
	}
}

func TestEachHasItsNamesakeInCAndIsShort(t *testing.T) {
	root, err := bed.Repository()
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range short {
		if _, err := os.Stat(filepath.Join(root, "examples/c", program.name+".c")); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(filepath.Join(root, "examples/go", program.name, "main.go"))
		if lines := bytes.Count(text, []byte("\n")); err != nil || lines > 80 {
			t.Errorf("%s: %d lines, %v", program.name, lines, err)
		}
	}
}

// run runs a program to its end.
func run(t *testing.T, p place, name string, arguments ...string) (said, complained string, exit int) {
	t.Helper()
	var out, errors bytes.Buffer
	command := p.command(t, name, arguments...)
	command.Stdout, command.Stderr = &out, &errors
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	exit = status(t, command)
	return out.String(), errors.String(), exit
}

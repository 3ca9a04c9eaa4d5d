package examples

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

type steps = []map[string]any

func chunks(pieces ...string) map[string]any { return map[string]any{"chunks": pieces} }

func calls(tool string, arguments map[string]any) map[string]any {
	return map[string]any{"tools": []any{[]any{tool, arguments}}}
}

// hanging is an answer that stops in the middle and never ends.
func hanging(pieces ...string) map[string]any {
	return map[string]any{"chunks": append(pieces, "never said"), "hang_after": len(pieces)}
}

func TestTheChatStreamsAsksAndQuits(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		p.model.Script(t, own, steps{
			chunks("Good ", "morning."),
			calls("note", map[string]any{"text": "buy milk"}),
			{"text": "It is written down."},
			calls("note", map[string]any{"text": "buy the shop"}),
			{"text": "Then not."},
		})
		chat := onTerminal(t, p.command(t, "chat"))
		chat.expect(t, "You: ")
		chat.types(t, "Hello\n")
		chat.expect(t, "Good morning.")
		chat.expect(t, "You: ")
		chat.types(t, "\n")
		chat.expect(t, "You: ")
		chat.types(t, "Note that I need milk.\n")
		chat.expect(t, "Allow? [y/n] ")
		chat.types(t, "y\n")
		chat.expect(t, "It is written down.")
		chat.expect(t, "You: ")
		chat.types(t, "And the shop.\n")
		chat.expect(t, "Allow? [y/n] ")
		chat.types(t, "n\n")
		chat.expect(t, "Then not.")
		chat.expect(t, "You: ")
		chat.types(t, "/quit\n")
		chat.ends(t)

		notes, err := os.ReadFile(filepath.Join(p.fence.Workdir(), "notes.txt"))
		if err != nil || string(notes) != "buy milk\n" {
			t.Errorf("notes: %q, %v", notes, err)
		}
		second, err := json.Marshal(p.model.Records(t, own)[1])
		if err != nil || !strings.Contains(string(second), "Hello") || !strings.Contains(string(second), "Good morning.") {
			t.Errorf("the second question does not follow the first: %s, %v", second, err)
		}
	})
}

func TestCtrlCStopsAnAnswerAndAnotherOneEndsTheChat(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		p.model.Script(t, own, steps{hanging("Once ", "upon "), {"text": "Still here."}})
		chat := onTerminal(t, p.command(t, "chat"))
		chat.expect(t, "You: ")
		chat.types(t, "A story, please\n")
		chat.expect(t, "Once ")
		chat.types(t, "\x03")
		chat.expect(t, "(stopped)")
		chat.expect(t, "You: ")
		chat.types(t, "Are you there?\n")
		chat.expect(t, "Still here.")
		chat.expect(t, "You: ")
		chat.types(t, "\x03")
		chat.ends(t)
	})
}

func TestCtrlCWithdrawsTheChatsQuestion(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		p.model.Script(t, own, steps{calls("note", map[string]any{"text": "secret"}), {"text": "Good."}})
		chat := onTerminal(t, p.command(t, "chat"))
		chat.expect(t, "You: ")
		chat.types(t, "Write it down\n")
		chat.expect(t, "Allow? [y/n] ")
		chat.types(t, "\x03")
		chat.expect(t, "You: ")
		chat.types(t, "\x04")
		chat.ends(t)
		if _, err := os.Stat(filepath.Join(p.fence.Workdir(), "notes.txt")); !os.IsNotExist(err) {
			t.Errorf("it was written down all the same: %v", err)
		}
	})
}

func TestTheChatTellsThatTheCLIDiedAndGoesOn(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		p.model.Script(t, own, steps{hanging("Once ", "upon ")})
		chat := onTerminal(t, p.command(t, "chat"))
		chat.expect(t, "You: ")
		chat.types(t, "Hello\n")
		chat.expect(t, "Once ")
		for _, child := range children(t, chat.process.Process.Pid) {
			if err := syscall.Kill(child, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
		}
		chat.expect(t, "Error: ")
		chat.expect(t, "You: ")
		chat.types(t, "\x04")
		chat.ends(t)
	})
}

// children are the processes that a process has started; there is at least one.
func children(t *testing.T, parent int) []int {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil {
		t.Fatal(err)
	}
	var all []int
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			continue // that thread has ended
		}
		for _, number := range strings.Fields(string(text)) {
			child, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, child)
		}
	}
	if len(all) == 0 {
		t.Fatal("it has no CLI")
	}
	return all
}

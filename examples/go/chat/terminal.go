package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// terminal is where the user types and reads. A line goes to whoever asks for one.
type terminal struct {
	lines chan string
	mu    sync.Mutex // what is printed at once stays together
	out   io.Writer
}

func newTerminal(in io.Reader, out io.Writer) *terminal {
	t := &terminal{lines: make(chan string), out: out}
	// A read of a terminal cannot be given up, so it has a goroutine that lasts as long as the program.
	go func() {
		defer close(t.lines)
		for scanner := bufio.NewScanner(in); scanner.Scan(); {
			t.lines <- strings.TrimSpace(scanner.Text())
		}
	}()
	return t
}

func (t *terminal) print(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fmt.Fprint(t.out, text)
}

// ask waits for the next line: io.EOF when there will be none, the context's error when that ends first.
func (t *terminal) ask(ctx context.Context, question string) (string, error) {
	t.print(question)
	select {
	case text, there := <-t.lines:
		if !there {
			return "", io.EOF
		}
		return text, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

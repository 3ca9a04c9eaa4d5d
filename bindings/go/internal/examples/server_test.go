package examples

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// server is the program sse, while it runs.
type server struct {
	url     string
	process *exec.Cmd
	said    *output
}

func serving(t *testing.T, p place) *server {
	t.Helper()
	s := &server{process: p.command(t, "sse", "-listen", "127.0.0.1:0"), said: newOutput()}
	s.process.Stdout, s.process.Stderr = s.said, s.said
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.process.Process.Kill() })
	s.said.expect(t, "listening on ")
	s.url = strings.TrimSuffix(s.said.expect(t, "\n"), "\n")
	return s
}

// ends fails unless SIGTERM ends the server with status 0.
func (s *server) ends(t *testing.T) {
	t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if exit := status(t, s.process); exit != 0 {
		t.Errorf("status %d: %s", exit, s.said)
	}
}

// browser is a visitor's: it keeps cookies.
type browser struct {
	http   *http.Client
	server string
}

func (s *server) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{&http.Client{Jar: jar, Timeout: limit, Transport: &http.Transport{DisableKeepAlives: true}}, s.url}
}

// answer is an answer that is being written.
type answer struct {
	body  io.ReadCloser
	lines *bufio.Scanner
}

func (b *browser) ask(ctx context.Context, question string) (*answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server+"/answer?question="+url.QueryEscape(question), nil)
	if err != nil {
		return nil, err
	}
	response, err := b.http.Do(request)
	if err != nil {
		return nil, err
	}
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		return nil, fmt.Errorf("%s, %s", response.Status, kind)
	}
	return &answer{response.Body, bufio.NewScanner(response.Body)}, nil
}

// next is the next event: its name and its text.
func (a *answer) next() (name, text string, err error) {
	for a.lines.Scan() {
		switch line := a.lines.Text(); {
		case strings.HasPrefix(line, "event: "):
			name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			err = json.Unmarshal([]byte(line[len("data: "):]), &text)
		case line == "":
			return name, text, err
		}
	}
	return "", "", fmt.Errorf("no more events: %v", a.lines.Err())
}

// rest is everything up to the end, and how it ended.
func (a *answer) rest() (string, string, error) {
	defer a.body.Close()
	var all strings.Builder
	for {
		name, text, err := a.next()
		if err != nil || name != "text" {
			return all.String(), name, err
		}
		all.WriteString(text)
	}
}

// says fails unless the whole answer is this.
func (b *browser) says(ctx context.Context, question, wanted string) error {
	a, err := b.ask(ctx, question)
	if err != nil {
		return err
	}
	said, end, err := a.rest()
	if said != wanted || end != "done" || err != nil {
		return fmt.Errorf("asked %q: %q, %q, %v", question, said, end, err)
	}
	return nil
}

func TestAnswersOfSeveralVisitorsDoNotMix(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		s := serving(t, p)
		var all sync.WaitGroup
		for visitor := range 8 {
			all.Add(1)
			go func() {
				defer all.Done()
				b := s.browser()
				for turn := range 3 {
					question := fmt.Sprintf("This is visitor %d in turn %d\nwith \"quotes\" and %s", visitor, turn, strings.Repeat("words ", 5*visitor)+"an end")
					if err := b.says(t.Context(), question, "You said: "+question); err != nil {
						t.Errorf("visitor %d: %v", visitor, err)
					}
				}
			}()
		}
		all.Wait()
		s.ends(t)
		// Nobody's question was in anybody else's session.
		for _, record := range p.model.Records(t, own) {
			text, _ := json.Marshal(record)
			seen := 0
			for visitor := range 8 {
				if strings.Contains(string(text), fmt.Sprintf("This is visitor %d ", visitor)) {
					seen++
				}
			}
			if seen != 1 {
				t.Errorf("a request with what %d visitors said: %s", seen, text)
			}
		}
	})
}

func TestAVisitorLeavesInTheMiddle(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		p.model.Script(t, own, steps{hanging("Once ", "upon "), {"text": "I am here."}, {"text": "Welcome back."}})
		s := serving(t, p)
		one, other := s.browser(), s.browser()
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		a, err := one.ask(ctx, "A story, please")
		if err != nil {
			t.Fatal(err)
		}
		if name, text, err := a.next(); name != "text" || text != "Once " || err != nil {
			t.Fatalf("%q, %q, %v", name, text, err)
		}
		if err := other.says(t.Context(), "Are you there?", "I am here."); err != nil {
			t.Error(err)
		}
		leave()
		a.body.Close()
		p.modelIsLeft(t)
		if err := one.says(t.Context(), "I am back", "Welcome back."); err != nil {
			t.Error(err)
		}
		s.ends(t)
	})
}

// modelIsLeft waits until the CLI has given the model's first answer up.
func (p place) modelIsLeft(t *testing.T) {
	t.Helper()
	for late := time.Now().Add(limit); time.Now().Before(late); time.Sleep(20 * time.Millisecond) {
		if p.model.Records(t, own)[0].Whole["clientLeft"] == true {
			return
		}
	}
	t.Fatal("the model goes on for nobody")
}

func TestTheServerEndsInTheMiddleOfAnAnswer(t *testing.T) {
	onEach(t, func(t *testing.T, p place) {
		p.model.Script(t, own, steps{hanging("Once ", "upon ")})
		s := serving(t, p)
		a, err := s.browser().ask(t.Context(), "A story, please")
		if err != nil {
			t.Fatal(err)
		}
		if name, text, err := a.next(); name != "text" || text != "Once " || err != nil {
			t.Fatalf("%q, %q, %v", name, text, err)
		}
		s.ends(t)
		if _, end, err := a.rest(); end != "failure" || err != nil {
			t.Errorf("the browser was told %q, %v", end, err)
		}
		p.modelIsLeft(t)
	})
}

func TestThePageAndQuestionsThatAreNone(t *testing.T) {
	p := newPlace(t, bed.CLIs(t)[0])
	s := serving(t, p)
	for path, wanted := range map[string]int{
		"/": 200, "/nothing": 404, "/answer": 400, "/answer?question=" + strings.Repeat("x", 20000): 400,
	} {
		response, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		if response.StatusCode != wanted || (path == "/" && !strings.Contains(string(text), "EventSource")) {
			t.Errorf("%.20s: %s", path, response.Status)
		}
	}
	s.ends(t)
}

package copilot_test

import (
	"testing"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// A handler that stands still lets the server wait, and loses nothing. A call that it makes is answered all the same,
// though the answer is behind what waits; meanwhile the library may make one delta of several, with the text of all.
func TestWhatWaitsHasALimit(t *testing.T) {
	const events, size, limit = 2000, 2000, 64 << 10
	burst := bed.Script{"burst": bed.Script{"count": events, "size": size}}
	client, _ := startFake(t, bed.Script{"turns": []any{[]any{burst}}}, func(options *copilot.ClientOptions) {
		options.QueueLimitBytes = limit
	})
	full, idle := make(chan error, 1), make(chan struct{})
	heard := 0
	session := newSession(t, client, nil)
	session.On(func(event copilot.SessionEvent) {
		switch data := event.Data.(type) {
		case *copilot.AssistantMessageDeltaData:
			if heard == 0 {
				full <- stands(t, client, limit)
			}
			heard += len(data.DeltaContent)
		case *copilot.SessionIdleData:
			close(idle)
		}
	})
	must(t, drop(session.SendPrompt(patient(t), "go")))
	must(t, receive(t, full, "a handler at the limit"))
	receive(t, idle, "the end of the turn")
	if heard != events*size {
		t.Errorf("%d of %d bytes", heard, events*size)
	}
}

// stands waits until there is more than the limit, sees that it does not become much more, and makes a call.
func stands(t *testing.T, client *copilot.Client, limit int64) error {
	waiting := func() int64 {
		stats, err := client.Stats()
		if err != nil {
			return 0
		}
		return stats.Waiting
	}
	bed.Soon(t, "more than the limit", func() bool { return waiting() > limit })
	// A batch is taken as a whole: that much more there may be.
	if most := 2*limit + 256*4000; waiting() > most {
		t.Errorf("%d bytes wait", waiting())
	}
	return drop(client.Ping(patient(t), "from a handler"))
}

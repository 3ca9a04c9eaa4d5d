package copilot

import (
	"slices"
	"sync"
)

// A line hands things over one after the other, in the order in which they came. A goroutine does that while there are
// any; between them there is none, and whoever puts something in never waits.
type line[T any] struct {
	hand func(T)

	mu     sync.Mutex
	things []T
	busy   bool
}

// put adds one thing.
func (l *line[T]) put(thing T) {
	l.mu.Lock()
	l.things = append(l.things, thing)
	idle := !l.busy
	l.busy = true
	l.mu.Unlock()
	if idle {
		go l.empty(nil)
	}
}

// empty hands over what is there, until nothing is. The slice is one that was used before.
func (l *line[T]) empty(used []T) {
	var things []T
	next := 0
	// A handler may end this goroutine (runtime.Goexit, as t.FailNow does): another one goes on behind it.
	defer func() {
		if next < len(things) {
			l.putBack(things[next+1:])
			go l.empty(nil)
		}
	}()
	for {
		l.mu.Lock()
		things, next = l.things, 0
		l.things = used
		l.busy = len(things) > 0
		l.mu.Unlock()
		if len(things) == 0 {
			return
		}
		for ; next < len(things); next++ {
			l.hand(things[next])
		}
		clear(things)
		used = things[:0]
		if cap(used) > keptThings {
			used = nil
		}
	}
}

// keptThings is the longest list that is kept for what comes next.
const keptThings = 1024

// putBack puts things before those that came since.
func (l *line[T]) putBack(things []T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.things = append(slices.Clone(things), l.things...)
}

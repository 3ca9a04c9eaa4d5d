package copilot

import (
	"slices"
	"sync"
)

// listeners are functions that hear the same thing.
type listeners[T any] struct {
	mu   sync.Mutex
	last int
	all  []listener[T]
}

type listener[T any] struct {
	number int
	hear   func(T)
}

// add returns what removes it again. A nil function is not added.
func (l *listeners[T]) add(hear func(T)) func() {
	if hear == nil {
		return func() {}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	number := l.last
	l.all = append(slices.Clip(l.all), listener[T]{number, hear})
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = slices.DeleteFunc(slices.Clone(l.all), func(o listener[T]) bool { return o.number == number })
	}
}

// now are those that listen at this moment.
func (l *listeners[T]) now() []listener[T] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

// announce has everybody who listens hear something, after what was announced before.
func announce[T any](c *Client, what string, to *listeners[T], event T) {
	c.control.put(func() { tell(c, what, to.now(), event) })
}

// tell has each of them hear something. One may end this goroutine (runtime.Goexit): those after it hear it before it
// goes.
func tell[T any](c *Client, what string, all []listener[T], event T) {
	next := 0
	defer func() {
		if next < len(all) {
			tell(c, what, all[next+1:], event)
		}
	}()
	for ; next < len(all); next++ {
		c.guard(what, func() { all[next].hear(event) })
	}
}

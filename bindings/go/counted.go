package copilot

import "sync"

// A counted thing of the library's is freed when it was closed and nobody uses it any more.
type counted[T any] struct {
	free func(T)

	mu     sync.Mutex
	thing  T
	filled bool
	users  int
	closed bool
}

// fill gives it its thing, once. Where it was closed before, the thing is freed, and fill reports false.
func (c *counted[T]) fill(thing T) bool {
	c.mu.Lock()
	closed := c.closed
	if !closed {
		c.thing, c.filled = thing, true
	}
	c.mu.Unlock()
	if closed {
		c.free(thing)
	}
	return !closed
}

// use gives the thing to somebody who calls drop when he is done: not before there is one, and not after it was closed.
func (c *counted[T]) use() (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || !c.filled {
		var none T
		return none, false
	}
	c.users++
	return c.thing, true
}

func (c *counted[T]) drop() {
	c.mu.Lock()
	c.users--
	last := c.closed && c.users == 0
	c.mu.Unlock()
	if last {
		c.free(c.thing)
	}
}

// close lets nobody use it any more; it reports whether it was open.
func (c *counted[T]) close() bool {
	c.mu.Lock()
	open := !c.closed
	last := open && c.filled && c.users == 0
	c.closed = true
	c.mu.Unlock()
	if last {
		c.free(c.thing)
	}
	return open
}

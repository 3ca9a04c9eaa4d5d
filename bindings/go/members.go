package copilot

import "weak"

// A member is a session as its client knows it: held while it has something to hear, or else only known.
type member struct {
	held  *Session
	known weak.Pointer[Session]
}

func (m *member) session() *Session {
	if m.held != nil {
		return m.held
	}
	return m.known.Value()
}

// session is the open session with an id; nil where there is none.
func (c *Client) session(id []byte) *Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m := c.sessions[string(id)]; m != nil {
		return m.session()
	}
	return nil
}

// enter makes a session known by its id, and returns what takes that back.
func (c *Client) enter(s *Session) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := s.SessionID
	former := c.sessions[id]
	c.sessions[id] = &member{held: s, known: weak.Make(s)}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if former != nil {
			c.sessions[id] = former
		} else {
			delete(c.sessions, id)
		}
	}
}

// settle holds the session as long as it has something to hear.
func (s *Session) settle() {
	c := s.client
	c.mu.Lock()
	defer c.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := c.sessions[s.SessionID]; m != nil && m.session() == s {
		m.held = nil
		if s.running || len(s.subscribed()) > 0 {
			m.held = s
		}
	}
}

// release does something with all sessions and forgets them.
func (c *Client) release(each func(*Session)) {
	c.mu.Lock()
	open := c.held()
	clear(c.sessions)
	c.mu.Unlock()
	for _, s := range open {
		each(s)
	}
}

// openSessions are those that somebody holds.
func (c *Client) openSessions() []*Session {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.held()
}

// held is openSessions for a caller who has the lock.
func (c *Client) held() []*Session {
	var open []*Session
	for _, m := range c.sessions {
		if session := m.session(); session != nil {
			open = append(open, session)
		}
	}
	return open
}

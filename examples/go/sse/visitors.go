package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

// patience is how long a visitor may say nothing before their session is given up.
const patience = 30 * time.Minute

// visitors are those who have asked something, by their cookie.
type visitors struct {
	client *copilot.Client
	config copilot.SessionConfig

	mu    sync.Mutex
	known map[string]*visitor
}

// visitor is one of them, with a session of their own. One answer is written at a time: asking takes the turn.
type visitor struct {
	turn    chan struct{}
	session *copilot.Session // whoever has the turn may use it; nil before the first question
	leaves  *time.Timer
}

func newVisitors(client *copilot.Client, config copilot.SessionConfig) *visitors {
	return &visitors{client: client, config: config, known: map[string]*visitor{}}
}

// of is whoever sent the request; somebody new gets a cookie.
func (v *visitors) of(w http.ResponseWriter, r *http.Request) *visitor {
	var name string
	if cookie, err := r.Cookie("visitor"); err == nil {
		name = cookie.Value
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if who := v.known[name]; who != nil {
		who.leaves.Reset(patience)
		return who
	}
	name = rand.Text()
	who := &visitor{turn: make(chan struct{}, 1)}
	who.leaves = time.AfterFunc(patience, func() { v.forget(name) })
	v.known[name] = who
	http.SetCookie(w, &http.Cookie{Name: "visitor", Value: name, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	return who
}

// begin takes the turn, and makes the session at the first one. A visitor who asks while an answer is being written, in
// another window or after leaving, waits for the end of that.
func (v *visitors) begin(ctx context.Context, who *visitor) (*copilot.Session, error) {
	select {
	case who.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if who.session != nil {
		return who.session, nil
	}
	session, err := v.client.CreateSession(ctx, &v.config)
	if err != nil {
		who.end()
		return nil, err
	}
	who.session = session
	return session, nil
}

// end gives the turn back.
func (who *visitor) end() { <-who.turn }

// forget gives up a visitor's session, once no answer is being written in it.
func (v *visitors) forget(name string) {
	v.mu.Lock()
	who := v.known[name]
	delete(v.known, name)
	v.mu.Unlock()
	if who == nil {
		return
	}
	who.leaves.Stop()
	who.turn <- struct{}{}
	defer who.end()
	if who.session != nil {
		_ = end(who.session.Disconnect)
		who.session = nil
	}
}

func (v *visitors) forgetAll() {
	v.mu.Lock()
	var names []string
	for name := range v.known {
		names = append(names, name)
	}
	v.mu.Unlock()
	for _, name := range names {
		v.forget(name)
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

// longest is how many bytes of a question are taken.
const longest = 16 << 10

// answer is GET /answer?question=…: events "text" with the pieces of the answer, then "done" or "failure".
func (v *visitors) answer(w http.ResponseWriter, r *http.Request) {
	question := r.URL.Query().Get("question")
	if question == "" || len(question) > longest {
		http.Error(w, "a question of 1 to 16384 bytes is needed", http.StatusBadRequest)
		return
	}
	who := v.of(w, r)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := events{w, http.NewResponseController(w)}

	session, err := v.begin(r.Context(), who)
	if err != nil {
		out.send("failure", err.Error())
		return
	}
	defer who.end()
	// When the browser leaves, or the server ends, the request's context ends; the model is then told to stop.
	message := copilot.MessageOptions{Prompt: question, AbortOnCancel: true}
	for event, err := range session.Stream(r.Context(), message) {
		if err != nil {
			out.send("failure", err.Error())
			return
		}
		if piece, ok := event.Data.(*copilot.AssistantMessageDeltaData); ok {
			out.send("text", piece.DeltaContent)
		}
	}
	out.send("done", "")
}

// events is a response that is a stream of events.
type events struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send sends one at once. Its data is JSON, in which no line break ends the event. That nobody is there to read it is
// the business of the request's context.
func (e events) send(name, text string) {
	data, _ := json.Marshal(text)
	if _, err := fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, data); err == nil {
		_ = e.control.Flush()
	}
}

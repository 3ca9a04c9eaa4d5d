// A web server whose answers stream into the browser as server-sent events. Each visitor has a session of their own;
// all of them share one CLI.
//
//	go run ./sse -listen 127.0.0.1:8080
//
// SIGTERM and Ctrl-C end it: answers that are being written are stopped, and so is the CLI.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
	"github.com/libcopilot/libcopilot/examples/go/internal/environment"
)

//go:embed page.html
var page []byte

func main() {
	address := flag.String("listen", "127.0.0.1:8080", "address to listen on; port 0 takes a free one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := serve(ctx, *address); err != nil {
		fmt.Fprintln(os.Stderr, "sse:", err)
		os.Exit(1)
	}
}

// serve answers until the context ends.
func serve(ctx context.Context, address string) error {
	config, err := environment.Session()
	if err != nil {
		return err
	}
	streaming := true
	config.Streaming = &streaming
	// Without OnPermissionRequest nothing runs that needs permission: visitors only talk.
	client := copilot.NewClient(nil)
	if err := client.Start(ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return errors.Join(err, end(client.Stop))
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())

	visitors := newVisitors(client, *config)
	server := &http.Server{
		Handler: routes(visitors),
		// The contexts of all requests end with ours, and with them their answers.
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ReadHeaderTimeout: 10 * time.Second,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = end(server.Shutdown)
	}
	visitors.forgetAll()
	return errors.Join(err, end(client.Stop))
}

// end gives what has to end ten seconds.
func end(what func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return what(ctx)
}

func routes(visitors *visitors) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'self' 'unsafe-inline'")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("GET /answer", visitors.answer)
	return mux
}

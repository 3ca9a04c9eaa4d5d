package copilot_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// TestMain runs the tests, and then looks for what they have left: goroutines, and objects of the library.
func TestMain(m *testing.M) {
	if way := os.Getenv(exitVariable); way != "" {
		endBy(way)
		return
	}
	flag.Parse()
	runTogether(8)
	code := m.Run()
	if code == 0 {
		if err := leaks(); err != nil {
			fmt.Fprintln(os.Stderr, "after the tests:", err)
			code = 1
		}
	}
	os.Exit(code)
}

// runTogether is how many parallel tests run at once unless -parallel says it. They mostly wait for CLIs, so that they
// may be more than the processors.
func runTogether(count int) {
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		if err := flag.Set("test.parallel", strconv.Itoa(count)); err != nil {
			panic(err)
		}
	}
}

func leaks() error {
	// What was dropped without Close is freed by the collector.
	for deadline := time.Now().Add(bed.Patience); capi.LiveObjects() != 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d objects of the library are left", capi.LiveObjects())
		}
		runtime.GC()
	}
	return goleak.Find()
}

# libcopilot: `make demo` shows it, `make test` tests it. Both install what they need.
#
#   make            the library: build/lib/libcopilot.so, libcopilot.a and include/copilot.h
#   make install    libraries, headers and copilot.pc, in PREFIX (/usr/local); also DESTDIR, LIBDIR, INCLUDEDIR
#   make uninstall  removes them
#   make demo       a C program converses with the real Copilot CLI, offline
#   make game       build/game: an agent in a game loop (examples/game; needs SDL 2)
#   make test       what every change must pass (20 minutes on 2 cores, once the CLIs are there)
#   make check      what touches memory and threads: valgrind, sanitizers, fuzzers, a soak (35 minutes at most)
#   make check-hosts  of that, what proves the hosts: threads, callbacks, loops, forks, loading (25 minutes at most)
#   make check-versions  every pinned CLI, every Python, every way to link Go (50 minutes at most)
#   make test-python  the Python binding: its tests, the two documents, every Python (25 minutes at most)
#   make test-go    the Go binding: its tests with the race detector, its examples, every way to link (25 minutes at most)
#   make gates      instructions, allocations and lost events per event, ping, tool call; their limits (a part of test)
#   make bench      libcopilot beside the official SDKs and a raw reader: a table, and a chart (15 minutes at most)
#   make bench-python  the Python binding beside the official Python SDK alone: a table (5 minutes at most)
#   make bench-go   the Go binding beside the official Go SDK alone: a table (5 minutes at most)
#   make conformance  every feature is shown by a test that runs, or has a reason (tests/conformance.md)
#   make header     include/copilot.h and copilot.cdef.h from the source
#   make lint       rustfmt and clippy

BUILD := build
CARGO ?= cargo
CC    ?= cc

export BUILD CARGO CC

.PHONY: all lib install uninstall demo game test check check-hosts check-versions test-python test-go conformance gates bench bench-python bench-go header lint clean
all: lib

lib:
	@scripts/release
	@scripts/stage release

# Builds nothing: whoever may write to PREFIX is often not the one who has a compiler.
install:
	@scripts/install

uninstall:
	@scripts/install --remove

header: lib
	@scripts/require cc
	tests/header/make-cdef.sh

$(BUILD)/ask: lib examples/c/02_ask.c
	$(CC) -O2 -Wall -Iinclude examples/c/02_ask.c -o $@ -L$(BUILD)/lib -lcopilot -Wl,-rpath,'$$ORIGIN/lib'

demo: $(BUILD)/ask
	@scripts/demo

game: lib
	@scripts/require cc sdl2-config
	$(CC) -std=c99 -O2 -Wall -Iinclude $(filter-out %/terminal.c %/server.c %/editor.c,$(wildcard examples/game/*.c)) -o $(BUILD)/game \
	    $$(sdl2-config --cflags --libs) -L$(BUILD)/lib -lcopilot -lm -Wl,-rpath,'$$ORIGIN/lib'

lint:
	@scripts/require cargo
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

test:
	@scripts/test

check:
	@scripts/check

check-hosts:
	@scripts/check-hosts

check-versions:
	@scripts/check-versions

# PYTEST: arguments of pytest, such as -k chat.
test-python:
	@scripts/test-python $(PYTEST)

# GOTEST: arguments of go test, such as -run=Stream.
test-go:
	@scripts/test-go $(GOTEST)

conformance:
	@scripts/require cargo cc python3
	@tests/conformance/selftest.py --quiet
	@tests/conformance/check.py

gates:
	@benches/gates/check

# BENCH=--quick and the other options of benches/bench.py.
bench:
	@scripts/require cargo cc python3 venv node npm strip pkg-config openssl
	@benches/bench.py $(BENCH)

bench-python:
	@scripts/require cargo cc python3 venv strip
	@benches/python/run $(BENCH)

bench-go:
	@scripts/require cargo cc python3 strip pkg-config go
	@benches/go/run $(BENCH)

clean:
	rm -rf $(BUILD)/bench $(BUILD)/lib $(BUILD)/c $(BUILD)/demo $(BUILD)/ask target

//go:build !copilot_nopkgconfig && !copilot_static

package capi

// The way without a build tag: pkg-config finds libcopilot.so and its header. It does where `make install` has put them
// below a folder that pkg-config looks into; for any other place PKG_CONFIG_PATH names the folder of copilot.pc, such
// as build/lib/pkgconfig of a clone. When the program runs, the loader has to find libcopilot.so as well: by its cache,
// by LD_LIBRARY_PATH, or by CGO_LDFLAGS=-Wl,-rpath,FOLDER at build time.

// #cgo pkg-config: copilot
import "C"

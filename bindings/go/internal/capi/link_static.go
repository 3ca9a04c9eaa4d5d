//go:build copilot_static

package capi

// go build -tags copilot_static: libcopilot.a becomes a part of the program, which then needs no libcopilot.so where it
// runs. copilot-static.pc names the archive itself; with "pkg-config --static copilot" the linker would still prefer
// libcopilot.so wherever both are installed.

// #cgo pkg-config: copilot-static
import "C"

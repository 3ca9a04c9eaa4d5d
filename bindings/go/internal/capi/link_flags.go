//go:build copilot_nopkgconfig && !copilot_static

package capi

// go build -tags copilot_nopkgconfig: nothing is known but what the environment says, for systems without pkg-config and
// for cross compilers:
//
//	CGO_CFLAGS=-I/opt/libcopilot/include
//	CGO_LDFLAGS="-L/opt/libcopilot/lib -lcopilot"
//
// or, for the archive, CGO_LDFLAGS="/opt/libcopilot/lib/libcopilot.a -lgcc_s -lutil -lrt -lpthread -lm -ldl -lc".

import "C"

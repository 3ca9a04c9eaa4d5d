package capi

/*
#include <copilot.h>
*/
import "C"

// A Config is how a session is to be.
type Config struct {
	p *C.copilot_session_config
}

// NewConfig makes a configuration from a JSON object.
func NewConfig(json string) (*Config, error) {
	p, free := text(json)
	defer free()
	var failure *C.copilot_error
	config := C.copilot_session_config_new(p, &failure)
	if config == nil {
		return nil, take(failure)
	}
	return &Config{p: config}, nil
}

// Free lets go of it.
func (c *Config) Free() { C.copilot_session_config_free(c.p) }

// AddTool adds a tool whose calls come through the queue.
func (c *Config) AddTool(definition string) error {
	p, free := text(definition)
	defer free()
	var failure *C.copilot_error
	return done(C.copilot_session_config_add_tool(c.p, p, nil, nil, nil, &failure), failure)
}

// OnRequest has the questions of a kind come through the queue.
func (c *Config) OnRequest(kind int32) error {
	var failure *C.copilot_error
	status := C.copilot_session_config_on_request(c.p, C.copilot_request_kind(kind), nil, nil, nil, &failure)
	return done(status, failure)
}

// OnMethod has the questions of a method come through the queue.
func (c *Config) OnMethod(method string) error {
	p, free := text(method)
	defer free()
	var failure *C.copilot_error
	return done(C.copilot_session_config_on_method(c.p, p, nil, nil, nil, &failure), failure)
}

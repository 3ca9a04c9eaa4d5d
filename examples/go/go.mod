module github.com/libcopilot/libcopilot/examples/go

go 1.24

require github.com/libcopilot/libcopilot/bindings/go v0.0.0

require github.com/google/jsonschema-go v0.4.3 // indirect

replace github.com/libcopilot/libcopilot/bindings/go => ../../bindings/go

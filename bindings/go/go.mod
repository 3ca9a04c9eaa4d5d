module github.com/libcopilot/libcopilot/bindings/go

go 1.24

require github.com/google/jsonschema-go v0.4.3

require go.uber.org/goleak v1.3.0

module bench-go

go 1.24

require (
	bench-workloads v0.0.0
	github.com/libcopilot/libcopilot/bindings/go v0.0.0
)

require github.com/google/jsonschema-go v0.4.3 // indirect

replace bench-workloads => ./workloads

replace github.com/libcopilot/libcopilot/bindings/go => ../../bindings/go

package copilot_test

import (
	"encoding/json"
	"fmt"

	"github.com/google/jsonschema-go/jsonschema"

	copilot "github.com/libcopilot/libcopilot/bindings/go"
)

// unit is one of two words, and says so to the model.
type unit string

func (unit) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{"celsius", "fahrenheit"}}
}

type weatherParams struct {
	City string `json:"city" jsonschema:"the city's name"`
	Unit unit   `json:"unit,omitempty"`
}

func ExampleDefineTool() {
	tool := copilot.DefineTool("get_weather", "Tells the weather in a city",
		func(params weatherParams, _ copilot.ToolInvocation) (map[string]any, error) {
			return map[string]any{"city": params.City, "degrees": 21}, nil
		})
	fmt.Printf("%s\n", tool.Parameters)

	// What the session does when the model calls the tool:
	for _, arguments := range []string{`{"city":"Rome"}`, `{"city":"Rome","unit":"kelvin"}`} {
		result, err := tool.Handler(copilot.ToolInvocation{RawArguments: json.RawMessage(arguments)})
		fmt.Println(result.ResultType, result.TextResultForLLM, err)
	}
	// Output:
	// {"type":"object","properties":{"city":{"type":"string","description":"the city's name"},"unit":{"type":"string","enum":["celsius","fahrenheit"]}},"required":["city"],"additionalProperties":false}
	// success {"city":"Rome","degrees":21} <nil>
	// failure The arguments do not fit the tool's parameters: unit: enum: kelvin does not equal any of: [celsius fahrenheit] <nil>
}

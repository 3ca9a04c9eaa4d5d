package copilot

import (
	"errors"
	"fmt"
	"reflect"
)

// DefineTool makes a tool of a function with typed arguments.
//
//	type weatherParams struct {
//		City string `json:"city" jsonschema:"the city's name"`
//		Unit string `json:"unit,omitempty" jsonschema:"celsius or fahrenheit"`
//	}
//
//	tool := copilot.DefineTool("get_weather", "Tells the weather in a city",
//		func(params weatherParams, _ copilot.ToolInvocation) (string, error) {
//			return "sunny in " + params.City, nil
//		})
//
// T is a struct, a pointer to one, a map with strings as keys, or any for arguments that are not checked. Its JSON
// schema is that of the tool: members are named by their json tags and described by their jsonschema tags, and all of
// them are needed but those with omitempty or omitzero. A type that implements SchemaProvider has the schema that it
// says. Arguments are checked against the schema before the function is called; of those that do not fit the model is
// told which member is wrong and why, and it can try again.
//
// What the function returns is the result: a ToolResult as it is, a string as the text for the model, nothing for nil,
// and the JSON of any other value. An error is a failure; see ToolHandler.
//
// A T that has no schema, such as one with a channel in it, is an error of making the session: ErrInvalidArgument.
func DefineTool[T, U any](name, description string, handler func(T, ToolInvocation) (U, error)) Tool {
	tool := Tool{Name: name, Description: description}
	if handler == nil {
		tool.invalid = errors.New("the function is nil")
		return tool
	}
	schema, err := argumentsSchema(reflect.TypeFor[T]())
	if err != nil {
		tool.invalid = err
		return tool
	}
	tool.Parameters = schema.parameters
	tool.Handler = func(invocation ToolInvocation) (ToolResult, error) {
		var arguments T
		if misfit := schema.decode(invocation, &arguments); misfit != nil {
			return failureForModel(fmt.Sprintf("The arguments do not fit the tool's parameters: %v", misfit)), nil
		}
		result, err := handler(arguments, invocation)
		if err != nil {
			return ToolResult{}, err
		}
		return normalizeResult(result)
	}
	return tool
}

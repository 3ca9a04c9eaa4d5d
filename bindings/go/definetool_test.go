package copilot

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

type unit string

func (unit) JSONSchema() *jsonschema.Schema {
	return &jsonschema.Schema{Type: "string", Enum: []any{"celsius", "fahrenheit"}}
}

type place struct {
	Lat  float64  `json:"lat"`
	Tags []string `json:"tags,omitempty"`
	Zoom int8     `json:"zoom,omitempty"`
}

type located struct {
	ID string `json:"id,omitempty" jsonschema:"which one"`
}

type everything struct {
	located
	City    string           `json:"city" jsonschema:"the city's name"`
	Days    *int             `json:"days,omitempty"`
	Unit    unit             `json:"unit,omitempty"`
	Other   *unit            `json:"other,omitempty"`
	At      time.Time        `json:"at,omitzero"`
	Raw     json.RawMessage  `json:"raw,omitempty"`
	Place   *place           `json:"place,omitempty"`
	Places  []place          `json:"places,omitempty"`
	ByName  map[string]place `json:"byName,omitempty"`
	Data    []byte           `json:"data,omitempty"`
	Address netip.Addr       `json:"address,omitzero"`
	Exact   json.Number      `json:"exact,omitempty"`
	Pair    [2]int           `json:"pair,omitzero"`
	Any     any              `json:"any,omitempty"`
	Inner   struct {
		Deep bool `json:"deep"`
	} `json:"inner,omitzero"`
	hidden int
	label
}

type label string

// defined is the tool of a function that stores its arguments.
func defined[T any](into *T) Tool {
	return DefineTool("t", "a tool", func(arguments T, _ ToolInvocation) (any, error) {
		*into = arguments
		return nil, nil
	})
}

func call(t *testing.T, tool Tool, arguments string) ToolResult {
	t.Helper()
	if tool.invalid != nil {
		t.Fatalf("the tool is invalid: %v", tool.invalid)
	}
	result, err := tool.Handler(ToolInvocation{RawArguments: json.RawMessage(arguments)})
	if err != nil {
		t.Fatalf("%s: %v", arguments, err)
	}
	return result
}

func TestDefineToolDescribesTheArguments(t *testing.T) {
	var got everything
	tool := defined(&got)
	if tool.Name != "t" || tool.Description != "a tool" {
		t.Errorf("the tool is %+v", tool)
	}
	var schema struct {
		Type       string
		Required   []string
		Properties map[string]json.RawMessage
		Additional json.RawMessage `json:"additionalProperties"`
	}
	if err := json.Unmarshal(tool.Parameters.(json.RawMessage), &schema); err != nil {
		t.Fatal(err)
	}
	if schema.Type != "object" || !reflect.DeepEqual(schema.Required, []string{"city"}) || string(schema.Additional) != "false" {
		t.Errorf("the schema is %s", tool.Parameters)
	}
	for name, want := range map[string]string{
		"id":      `{"type":"string","description":"which one"}`,
		"city":    `{"type":"string","description":"the city's name"}`,
		"days":    `{"type":["null","integer"]}`,
		"unit":    `{"type":"string","enum":["celsius","fahrenheit"]}`,
		"other":   `{"type":["null","string"],"enum":["celsius","fahrenheit",null]}`,
		"at":      `{"type":"string","format":"date-time"}`,
		"data":    `{"type":["null","string"],"contentEncoding":"base64"}`,
		"address": `{"type":"string"}`,
		"exact":   `{"type":"number"}`,
		"any":     `true`,
	} {
		if string(schema.Properties[name]) != want {
			t.Errorf("%s is %s, not %s", name, schema.Properties[name], want)
		}
	}
	if _, there := schema.Properties["hidden"]; there || got.hidden != 0 || got.label != "" {
		t.Error("a member that is not exported is in the schema")
	}
}

func TestDefineToolDecodes(t *testing.T) {
	var got everything
	tool := defined(&got)
	result := call(t, tool, `{"id":"1","city":"Rome","days":5.0,"unit":"celsius","other":null,"at":"2024-01-02T03:04:05Z",
		"raw":{"a": [1]},"place":{"lat":1,"tags":["x"]},"places":[{"lat":2}],"byName":{"k":{"lat":3}},"data":"aGk=",
		"address":"127.0.0.1","exact":12345678901234567890,"pair":[1,2],"any":[true],"inner":{"deep":true}}`)
	if result.ResultType != "success" || result.TextResultForLLM != "" {
		t.Fatalf("the result is %+v", result)
	}
	days := 5
	want := everything{
		located: located{ID: "1"}, City: "Rome", Days: &days, Unit: "celsius", At: time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC),
		Raw: json.RawMessage(`{"a":[1]}`), Place: &place{Lat: 1, Tags: []string{"x"}}, Places: []place{{Lat: 2}},
		ByName: map[string]place{"k": {Lat: 3}}, Data: []byte("hi"), Address: netip.MustParseAddr("127.0.0.1"),
		Exact: "12345678901234567890", Pair: [2]int{1, 2}, Any: []any{true},
	}
	want.Inner.Deep = true
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestDefineToolTellsTheModelWhatDoesNotFit(t *testing.T) {
	var got everything
	tool := defined(&got)
	for arguments, want := range map[string][]string{
		`{}`:                                   {"missing properties", "city"},
		``:                                     {"missing properties", "city"},
		`null`:                                 {"missing properties", "city"},
		`{"city":5}`:                           {"city: 5 ", `"integer"`, `"string"`},
		`{"City":"Rome"}`:                      {"unexpected", "City"},
		`{"city":"Rome","unit":"kelvin"}`:      {"unit: ", "kelvin", "celsius fahrenheit"},
		`{"city":"Rome","place":{"lat":true}}`: {"place.lat: true ", `"number"`},
		`{"city":"Rome","places":[{"lat":1},{"lat":"x"}]}`:  {"places[].lat: x ", `"number"`},
		`{"city":"Rome","places":[{"lat":1,"zoom":300}]}`:   {"places[].zoom: ", "127"},
		`{"city":"Rome","byName":{"k":{}}}`:                 {"byName.*: missing", "lat"},
		`{"city":"Rome","byName":{"k":{"lat":1,"tags":1}}}`: {"byName.*.tags: 1 ", "array"},
		`{"city":"Rome","at":"yesterday"}`:                  {"at: ", "yesterday"},
		`{"city":"Rome","address":"nowhere"}`:               {"address: ", "nowhere"},
		`{"city":"Rome","days":1.5}`:                        {"days: 1.5 ", "integer"},
		`{"city":"Rome","days":1e30}`:                       {"days: ", "1e30", "int"},
		`{"city":"Rome","pair":[1,2,3]}`:                    {"pair: "},
		`{"city":"Rome","pair":[1,1e30]}`:                   {"pair[1]: ", "1e30"},
		`{"city":"Rome","data":"***"}`:                      {"data: ", "base64"},
		`[1]`:                                               {`"array"`, `"object"`},
		`{"city"`:                                           {"JSON"},
		`{"city":` + strings.Repeat(`["é`, 2000):            {"invalid character"},
		`{"city":["` + strings.Repeat("é", 2000) + `"]}`:    {"city: ", "…"},
	} {
		result := call(t, tool, arguments)
		if result.ResultType != "failure" || result.Error != result.TextResultForLLM {
			t.Errorf("%.60s: the result is %+v", arguments, result)
		}
		for _, part := range want {
			if !strings.Contains(result.TextResultForLLM, part) {
				t.Errorf("%.60s: %q is not in %s", arguments, part, result.TextResultForLLM)
			}
		}
		if len(result.TextResultForLLM) > misfitLimit+100 {
			t.Errorf("%.60s: the text has %d bytes", arguments, len(result.TextResultForLLM))
		}
	}
	if !reflect.DeepEqual(got, everything{}) {
		t.Errorf("the function was called, with %+v", got)
	}
}

func TestDefineToolTakesOtherTypes(t *testing.T) {
	t.Run("a pointer", func(t *testing.T) {
		var got *place
		call(t, defined(&got), `{"lat":2}`)
		if got == nil || got.Lat != 2 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a map", func(t *testing.T) {
		var got map[string]int
		tool := defined(&got)
		call(t, tool, `{"a":2}`)
		if got["a"] != 2 {
			t.Errorf("got %+v", got)
		}
		if result := call(t, tool, `{"a":"x"}`); !strings.Contains(result.TextResultForLLM, "*: x has") {
			t.Errorf("the result is %+v", result)
		}
	})
	t.Run("any", func(t *testing.T) {
		var got any
		tool := defined(&got)
		call(t, tool, `{"a":[2]}`)
		if !reflect.DeepEqual(got, map[string]any{"a": []any{2.0}}) {
			t.Errorf("got %+v", got)
		}
		if string(tool.Parameters.(json.RawMessage)) != `{"type":"object","properties":{}}` {
			t.Errorf("the parameters are %s", tool.Parameters)
		}
	})
	t.Run("raw JSON", func(t *testing.T) {
		var got json.RawMessage
		call(t, defined(&got), `{"a": 2}`)
		if string(got) != `{"a": 2}` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("nothing", func(t *testing.T) {
		var got struct{}
		tool := defined(&got)
		for _, none := range []string{``, `null`, `{}`, ` {} `} {
			if result := call(t, tool, none); result.ResultType != "success" {
				t.Errorf("%q: %+v", none, result)
			}
		}
		if want := `{"type":"object","additionalProperties":false,"properties":{}}`; string(tool.Parameters.(json.RawMessage)) != want {
			t.Errorf("the parameters are %s", tool.Parameters)
		}
	})
	t.Run("arguments without JSON", func(t *testing.T) {
		var got place
		tool := defined(&got)
		for _, arguments := range []any{map[string]any{"lat": 3}, place{Lat: 3}, map[string]float64{"lat": 3}} {
			got = place{}
			result, err := tool.Handler(ToolInvocation{Arguments: arguments})
			if err != nil || result.ResultType != "success" || got.Lat != 3 {
				t.Errorf("%#v: %+v, %v, got %+v", arguments, result, err, got)
			}
		}
		result, err := tool.Handler(ToolInvocation{Arguments: math.Inf(1)})
		if err != nil || result.ResultType != "failure" {
			t.Errorf("infinity: %+v, %v", result, err)
		}
	})
}

type panicking struct{}

func (panicking) JSONSchema() *jsonschema.Schema { panic("no schema today") }

type Label string

type nothing struct{}

func (*nothing) JSONSchema() *jsonschema.Schema { return nil }

type endless struct {
	Next *endless `json:"next,omitempty"`
}

func TestDefineToolWithoutASchema(t *testing.T) {
	for want, tool := range map[string]Tool{
		"chan int":        defined(new(struct{ C chan int })),
		"func()":          defined(new(struct{ F []func() })),
		"complex128":      defined(new(map[string]complex128)),
		"is none":         defined(new(string)),
		"[]int is none":   defined(new([]int)),
		"cycle":           defined(new(endless)),
		"no schema today": defined(new(struct{ P panicking })),
		"JSONSchema of":   defined(new(nothing)),
		"map key":         defined(new(map[int]string)),
		"\"string\"": defined(new(struct {
			N int `json:"n,string"`
		})),
		"give the field": defined(new(struct {
			located `json:"base"`
		})),
		"embedded but": defined(new(struct{ Label })),
		"WORD=": defined(new(struct {
			N int `jsonschema:"a=b"`
		})),
		"function is nil":  DefineTool[place, string]("t", "", nil),
		"time.Time is non": defined(new(time.Time)),
	} {
		if tool.Handler != nil || tool.invalid == nil || !strings.Contains(tool.invalid.Error(), want) {
			t.Errorf("%s: the tool is %+v", want, tool)
			continue
		}
		_, err := newHandlers(nil, &SessionConfig{Tools: []Tool{tool}})
		if !errors.Is(err, ErrInvalidArgument) || !strings.Contains(err.Error(), "Tools[0]") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v", want, err)
		}
	}
}

func TestDefineToolPassesTheInvocationAndTheResult(t *testing.T) {
	type answer struct {
		Text  string `json:"text"`
		Count int    `json:"count"`
	}
	failing := errors.New("out of paper")
	tool := DefineTool("print", "", func(p place, invocation ToolInvocation) (*answer, error) {
		if p.Lat < 0 {
			return nil, fmt.Errorf("print: %w", failing)
		}
		return &answer{"<" + invocation.ToolCallID + ">", 2}, nil
	})
	result, err := tool.Handler(ToolInvocation{ToolCallID: "c1", RawArguments: json.RawMessage(`{"lat":1}`)})
	if err != nil || result.TextResultForLLM != `{"text":"<c1>","count":2}` || result.ResultType != "success" {
		t.Errorf("the result is %+v, %v", result, err)
	}
	if _, err = tool.Handler(ToolInvocation{RawArguments: json.RawMessage(`{"lat":-1}`)}); !errors.Is(err, failing) {
		t.Errorf("the error is %v", err)
	}
}

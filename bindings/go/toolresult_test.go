package copilot

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

func TestNormalizeResult(t *testing.T) {
	given := ToolResult{TextResultForLLM: "t", ResultType: "denied", ToolReferences: []string{"x"}}
	var none *ToolResult
	for _, tried := range []struct {
		result any
		want   ToolResult
	}{
		{nil, ToolResult{ResultType: "success"}},
		{none, ToolResult{ResultType: "success"}},
		{given, given},
		{&given, given},
		{ToolResult{}, ToolResult{}},
		{"a <b> & c", ToolResult{TextResultForLLM: "a <b> & c", ResultType: "success"}},
		{"", ToolResult{ResultType: "success"}},
		{[]string{"<a>"}, ToolResult{TextResultForLLM: `["<a>"]`, ResultType: "success"}},
		{map[string]int{"n": 1}, ToolResult{TextResultForLLM: `{"n":1}`, ResultType: "success"}},
		{json.RawMessage(`{"n":1}`), ToolResult{TextResultForLLM: `{"n":1}`, ResultType: "success"}},
		{true, ToolResult{TextResultForLLM: `true`, ResultType: "success"}},
	} {
		if got, err := normalizeResult(tried.result); err != nil || !reflect.DeepEqual(got, tried.want) {
			t.Errorf("%#v: %+v, %v", tried.result, got, err)
		}
	}
	for _, wrong := range []any{make(chan int), math.NaN(), func() {}, json.RawMessage(`{`)} {
		if got, err := normalizeResult(wrong); err == nil {
			t.Errorf("%#v: %+v", wrong, got)
		}
	}
}

func TestToolResultsOnTheWire(t *testing.T) {
	for want, result := range map[string]ToolResult{
		`{"textResultForLlm":"","resultType":"success"}`:                         {},
		`{"textResultForLlm":"","resultType":"failure","error":"e"}`:             {Error: "e"},
		`{"textResultForLlm":"t","resultType":"rejected","error":"e"}`:           {TextResultForLLM: "t", ResultType: "rejected", Error: "e"},
		`{"textResultForLlm":"","resultType":"success","toolReferences":["a"]}`:  {ToolReferences: []string{"a"}},
		`{"textResultForLlm":"","resultType":"success","toolTelemetry":{"n":1}}`: {ToolTelemetry: map[string]any{"n": 1}},
		`{"textResultForLlm":"","resultType":"success","sessionLog":"l"}`:        {SessionLog: "l"},
		`{"textResultForLlm":"","binaryResultsForLlm":[{"data":"d","mimeType":"m","type":"image"}],"resultType":"success"}`: {
			BinaryResultsForLLM: []ToolBinaryResult{{Data: "d", MIMEType: "m", Type: "image"}},
		},
	} {
		if got, err := encodeJSON(result.typed()); err != nil || string(got) != want {
			t.Errorf("got %s, %v, not %s", got, err, want)
		}
	}
}

func TestConvertMCPCallToolResult(t *testing.T) {
	type block struct {
		Type string `json:"type"`
		Text string `json:"text,omitempty"`
	}
	for name, tried := range map[string]struct {
		value any
		want  ToolResult
	}{
		"a struct": {
			struct {
				Content []block `json:"content"`
				IsError bool    `json:"isError"`
			}{[]block{{"text", "a"}, {"text", "b"}}, true},
			ToolResult{TextResultForLLM: "a\nb", ResultType: "failure"},
		},
		"nothing":         {map[string]any{"content": []any{}}, ToolResult{ResultType: "success"}},
		"an unknown type": {json.RawMessage(`{"content":[{"type":"smell"}]}`), ToolResult{ResultType: "success"}},
		"no error":        {json.RawMessage(`{"content":[],"isError":"yes"}`), ToolResult{ResultType: "success"}},
		"no text":         {json.RawMessage(`{"content":[{"type":"text","text":5},{"type":"text","text":"a"}]}`), ToolResult{TextResultForLLM: "a", ResultType: "success"}},
		"data": {
			json.RawMessage(`{"content":[{"type":"image","data":"d","mimeType":"image/png"},{"type":"image","data":""},
				{"type":"resource","resource":{"uri":"u","text":"t"}},{"type":"resource","resource":{"uri":"u","blob":"b"}},
				{"type":"resource","resource":{"blob":"b","mimeType":"m"}},{"type":"resource"}]}`),
			ToolResult{TextResultForLLM: "t", ResultType: "success", BinaryResultsForLLM: []ToolBinaryResult{
				{Data: "d", MIMEType: "image/png", Type: "image"},
				{Data: "b", MIMEType: "application/octet-stream", Type: "resource", Description: "u"},
				{Data: "b", MIMEType: "m", Type: "resource"},
			}},
		},
	} {
		if got, ok := ConvertMCPCallToolResult(tried.value); !ok || !reflect.DeepEqual(got, tried.want) {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
	for _, other := range []any{
		nil, 5, "content", map[string]any{}, map[string]any{"content": "text"}, map[string]any{"content": nil},
		map[string]any{"content": []any{map[string]any{"text": "a"}}}, map[string]any{"content": []any{"a"}},
		map[string]any{"content": []any{map[string]any{"type": 5}}}, make(chan int),
	} {
		if got, ok := ConvertMCPCallToolResult(other); ok {
			t.Errorf("%#v: %+v", other, got)
		}
	}
}

package copilot

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestEventDataOfEveryday(t *testing.T) {
	data := decodeEventData("assistant.message_delta", json.RawMessage(`{"messageId":"m","deltaContent":"Hi","new":1}`))
	delta, ok := data.(*AssistantMessageDeltaData)
	if !ok || delta.MessageID != "m" || delta.DeltaContent != "Hi" || delta.ParentToolCallID != nil {
		t.Errorf("%#v", data)
	}
	if data.Type() != SessionEventTypeAssistantMessageDelta {
		t.Error(data.Type())
	}
	data = decodeEventData("tool.execution_start", json.RawMessage(
		`{"toolCallId":"c","toolName":"add","arguments":{"a":19},"mcpServerName":"s"}`))
	start, ok := data.(*ToolExecutionStartData)
	if !ok || start.ToolName != "add" || *start.MCPServerName != "s" ||
		!reflect.DeepEqual(start.Arguments, map[string]any{"a": 19.0}) {
		t.Errorf("%#v", data)
	}
	data = decodeEventData("tool.execution_complete", json.RawMessage(
		`{"toolCallId":"c","success":true,"result":{"content":"42","contents":[{"type":"text","text":"42"},{"type":"later"}]}}`))
	complete, ok := data.(*ToolExecutionCompleteData)
	if !ok || !complete.Success || complete.Result.Content != "42" || complete.Error != nil {
		t.Fatalf("%#v", data)
	}
	contents := complete.Result.Contents
	if len(contents) != 2 || *contents[0].Text != "42" || contents[0].Type != ToolExecutionCompleteContentTypeText ||
		contents[1].Type != "later" {
		t.Errorf("%#v", contents)
	}
	data = decodeEventData("session.start", json.RawMessage(
		`{"sessionId":"s","startTime":"2026-11-21T20:24:21.162Z","version":1,"producer":"p","copilotVersion":"1"}`))
	begun, ok := data.(*SessionStartData)
	if !ok || !begun.StartTime.Equal(time.Date(2026, 11, 21, 20, 24, 21, 162e6, time.UTC)) || begun.Version != 1 {
		t.Errorf("%#v", data)
	}
}

func TestEventDataThatIsKept(t *testing.T) {
	for _, c := range []struct {
		event SessionEventType
		data  string
	}{
		{"of.tomorrow", `{"a":1}`},
		{"of.tomorrow", `null`},
		{"", `[]`},
		{"assistant.message_delta", `"text"`},
		{"assistant.message_delta", `[]`},
		{"assistant.message_delta", `{"deltaContent":12}`},
		{"assistant.streaming_delta", `{"totalResponseSizeBytes":1e300}`},
		{"assistant.streaming_delta", `{"totalResponseSizeBytes":12345678901234567890}`},
		{"assistant.streaming_delta", `{"totalResponseSizeBytes":"12"}`},
		{"session.start", `{"startTime":"yesterday"}`},
		{"user.message", `{"attachments":{}}`},
		{"assistant.message", `{"toolRequests":[{"name":1}]}`},
	} {
		data, ok := decodeEventData(c.event, json.RawMessage(c.data)).(*RawSessionEventData)
		if !ok || data.Type() != c.event || string(data.Raw) != c.data {
			t.Errorf("%s %s is %#v", c.event, c.data, data)
		}
	}
}

func TestWholeNumbersWithAFraction(t *testing.T) {
	const text = `{"model":"m","duration":12.5,"inputTokens": 3.0,"outputTokens":1e3,"cost":0.25,"cacheReadTokens":-0.4}`
	data, ok := decodeEventData("assistant.usage", json.RawMessage(text)).(*AssistantUsageData)
	if !ok || *data.Duration != 13 || *data.InputTokens != 3 || *data.OutputTokens != 1000 || *data.Cost != 0.25 ||
		*data.CacheReadTokens != 0 || data.Model != "m" {
		t.Errorf("%#v", data)
	}
	// Not without end: what has more of them than anything real is kept as it came.
	for count, typed := range map[int]bool{mostFractions - 1: true, mostFractions: false} {
		spans := `{"citations":{"spans":[` + strings.Repeat(`{"endIndex":1.5},`, count) + `{}]}}`
		data := decodeEventData("assistant.message", json.RawMessage(spans))
		message, ok := data.(*AssistantMessageData)
		if ok != typed || ok && len(message.Citations.Spans) != count+1 {
			t.Errorf("%d are %#v", count, data)
		}
		if raw, ok := data.(*RawSessionEventData); ok && string(raw.Raw) != spans {
			t.Errorf("%s", raw.Raw)
		}
	}
}

func TestEventDataThatIsNotThere(t *testing.T) {
	for _, text := range []string{"", "null", "{}", `{"aborted":null}`} {
		data, ok := decodeEventData("session.idle", json.RawMessage(text)).(*SessionIdleData)
		if !ok || data == nil || data.Aborted != nil {
			t.Errorf("%q is %#v", text, data)
		}
	}
	data, ok := decodeEventData("assistant.message", json.RawMessage(
		`{"content":null,"toolRequests":null,"model":null,"citations":null}`)).(*AssistantMessageData)
	if !ok || data.Content != "" || data.ToolRequests != nil || data.Model != nil || data.Citations != nil {
		t.Errorf("%#v", data)
	}
}

// Every type makes data of its own kind, which holds every member that it has: what is filled in at random comes back.
func TestEveryEventDataRoundTrips(t *testing.T) {
	if len(newEventData) < 150 {
		t.Fatalf("only %d types", len(newEventData))
	}
	for _, event := range slices.Sorted(maps.Keys(newEventData)) {
		data := newEventData[event]()
		if data.Type() != event {
			t.Errorf("%s makes %s", event, data.Type())
		}
		fill(reflect.ValueOf(data).Elem(), 0)
		text, err := json.Marshal(data)
		if err != nil {
			t.Errorf("%s: %v", event, err)
			continue
		}
		if again := decodeEventData(event, text); !reflect.DeepEqual(again, data) {
			t.Errorf("%s: %s becomes %#v", event, text, again)
		}
	}
}

// fill gives every member a value, down to a depth at which types that contain themselves end.
func fill(v reflect.Value, depth int) {
	switch {
	case depth > 8:
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)))
	case v.Type() == reflect.TypeFor[json.RawMessage]():
		v.SetBytes([]byte(`["x"]`))
	case v.Type() == reflect.TypeFor[PermissionRequest]():
		// Its own file makes and tests it.
		if err := json.Unmarshal([]byte(`{"kind":"shell"}`), v.Addr().Interface()); err != nil {
			panic(err)
		}
	case v.Type() == reflect.TypeFor[Attachments]():
		v.Set(reflect.ValueOf(Attachments{&AttachmentFile{Path: "/p"}, &AttachmentBlob{Data: String("eA==")}}))
	default:
		fillKind(v, depth)
	}
}

func fillKind(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(7)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Interface:
		v.Set(reflect.ValueOf("any"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		value := reflect.New(v.Type().Elem()).Elem()
		fill(value, depth+1)
		v.SetMapIndex(reflect.ValueOf("key"), value)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), depth+1)
		}
	default:
		panic(v.Type().String())
	}
}

// What real servers have sent is decoded, and nothing of it is lost but null.
func TestCapturedEvents(t *testing.T) {
	for _, path := range []string{"../../src/protocol/envelope/frames.jsonl", "../../benches/frames/captured.jsonl"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, line := range bytes.Split(text, []byte("\n")) {
			var frame struct {
				Event  capturedEvent `json:"event"`
				Params struct {
					Event capturedEvent `json:"event"`
				} `json:"params"`
			}
			if json.Unmarshal(line, &frame) != nil {
				continue
			}
			for _, event := range []capturedEvent{frame.Event, frame.Params.Event} {
				if event.Type != "" {
					seen++
					event.check(t)
				}
			}
		}
		if seen < 5 {
			t.Errorf("%s has %d events", path, seen)
		}
	}
}

type capturedEvent struct {
	Type SessionEventType `json:"type"`
	Data json.RawMessage  `json:"data"`
}

func (e capturedEvent) check(t *testing.T) {
	t.Helper()
	data := decodeEventData(e.Type, e.Data)
	if _, raw := data.(*RawSessionEventData); raw {
		t.Errorf("%s is not decoded: %s", e.Type, e.Data)
		return
	}
	again, err := json.Marshal(data)
	if err != nil {
		t.Error(err)
	}
	var sent, kept map[string]any
	if json.Unmarshal(e.Data, &sent) != nil || json.Unmarshal(again, &kept) != nil {
		t.Errorf("%s: %s", e.Data, again)
	}
	maps.DeleteFunc(sent, func(_ string, value any) bool { return value == nil })
	for member, value := range sent {
		// Go writes times without the zeros at their end.
		if text, ok := value.(string); ok {
			if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
				sent[member] = at.Format(time.RFC3339Nano)
			}
		}
	}
	if !reflect.DeepEqual(sent, kept) {
		t.Errorf("%s: %s became %s", e.Type, e.Data, again)
	}
}

func TestAttachmentsOfEvents(t *testing.T) {
	data, ok := decodeEventData("user.message", json.RawMessage(`{"content":"x","attachments":[
		{"type":"file","path":"/a","displayName":"a","lineRange":{"start":1,"end":2}},
		{"type":"selection","filePath":"/b","text":"t","displayName":"b",
			"selection":{"start":{"line":1,"character":2},"end":{"line":3,"character":4}}},
		{"type":"blob","data":"eA==","mimeType":"image/png"},
		{"type":"github_reference","number":7,"title":"t","referenceType":"pr","state":"open","url":"u"},
		{"type":"of_tomorrow","x":1},
		{"type":"file","path":12},
		{"type":7},
		null]}`)).(*UserMessageData)
	if !ok || len(data.Attachments) != 8 {
		t.Fatalf("%#v", data)
	}
	file, ok := data.Attachments[0].(*AttachmentFile)
	if !ok || file.Path != "/a" || file.LineRange.End != 2 || file.Type() != AttachmentTypeFile {
		t.Errorf("%#v", data.Attachments[0])
	}
	selection, ok := data.Attachments[1].(*AttachmentSelection)
	if !ok || selection.Selection.End.Character != 4 {
		t.Errorf("%#v", data.Attachments[1])
	}
	if blob, ok := data.Attachments[2].(*AttachmentBlob); !ok || blob.MIMEType != "image/png" {
		t.Errorf("%#v", data.Attachments[2])
	}
	if issue, ok := data.Attachments[3].(*AttachmentGitHubReference); !ok || issue.Number != 7 {
		t.Errorf("%#v", data.Attachments[3])
	}
	for i, want := range []struct {
		kind AttachmentType
		text string
	}{{"of_tomorrow", `{"type":"of_tomorrow","x":1}`}, {"file", `{"type":"file","path":12}`}, {"", `{"type":7}`}, {"", "null"}} {
		raw, ok := data.Attachments[4+i].(*RawAttachment)
		if !ok || raw.Type() != want.kind || string(raw.Raw) != want.text {
			t.Errorf("%#v", data.Attachments[4+i])
		}
	}
}

func TestAttachmentsToSend(t *testing.T) {
	text, err := json.Marshal(MessageOptions{Prompt: "p", Attachments: []Attachment{
		AttachmentFile{Path: "/a"},
		&AttachmentDirectory{Path: "/b", DisplayName: "b"},
		&AttachmentBlob{Data: String("eA=="), MIMEType: "image/png"},
		RawAttachment{AttachmentType: "later"},
		&RawAttachment{Raw: json.RawMessage(`{"type":"x"}`)},
	}})
	want := `{"prompt":"p","attachments":[{"type":"file","path":"/a"},` +
		`{"type":"directory","displayName":"b","path":"/b"},` +
		`{"type":"blob","data":"eA==","mimeType":"image/png"},{"type":"later"},{"type":"x"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s\n%s", err, text, want)
	}
}

func FuzzDecodeEventData(f *testing.F) {
	f.Add("assistant.usage", []byte(`{"duration":12.5}`))
	f.Add("user.message", []byte(`{"attachments":[{"type":"file"},3]}`))
	f.Add("tool.execution_complete", []byte(`{"result":{"contents":[{"type":"text"}]}}`))
	f.Add("of.tomorrow", []byte(`[`))
	f.Fuzz(func(t *testing.T, event string, text []byte) {
		data := decodeEventData(SessionEventType(event), text)
		if data == nil || data.Type() != SessionEventType(event) {
			t.Errorf("%#v", data)
		}
	})
}

func BenchmarkDecodeEventData(b *testing.B) {
	text := json.RawMessage(`{"messageId":"06f33167-a981-42ea-9d34-dfd7958bed9b","deltaContent":"One "}`)
	b.ReportAllocs()
	for range b.N {
		decodeEventData("assistant.message_delta", text)
	}
}

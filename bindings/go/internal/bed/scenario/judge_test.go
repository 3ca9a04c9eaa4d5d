package scenario

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/libcopilot/libcopilot/bindings/go/internal/bed"
)

// value is the JSON of a test, with ' for ".
func value(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := decode([]byte(strings.ReplaceAll(text, "'", `"`)), &value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}

func TestEachWordOfTheMatchersAcceptsAndRefuses(t *testing.T) {
	calls := `[{'name': 'a'}, {'name': 'b'}]`
	for _, c := range []struct{ matcher, good, bad string }{
		{`'x'`, `'x'`, `'xy'`},
		{`1`, `1`, `1.0`},
		{`{'contains': 'x'}`, `'wxy'`, `'wy'`},
		{`{'contains': 2}`, `[1, 2]`, `[1]`},
		{`{'contains': {'a': 1}}`, `{'a': 1, 'b': 2}`, `{'a': 2}`},
		{`{'lacks': 'x'}`, `'wy'`, `'wxy'`},
		{`{'some': {'name': 'b'}}`, calls, `[{'name': 'c'}]`},
		{`{'none': {'name': 'c'}}`, calls, `[{'name': 'c'}]`},
		{`{'exists': true}`, `0`, `null`},
		{`{'exists': false}`, `null`, `0`},
		{`{'oneOf': [1, {'contains': 'x'}]}`, `'x'`, `2`},
		{`{'all': [{'contains': 'x'}, {'contains': 'y'}]}`, `'xy'`, `'x'`},
		{`{'equals': {'contains': 1}}`, `{'contains': 1}`, `[1]`},
		{`{'length': 2}`, calls, `[]`},
		{`{'json': {'equals': {'a': 1}}}`, `'{\'a\': 1}'`, `'{\'a\': 2}'`},
	} {
		if err := matches(value(t, c.matcher), value(t, c.good)); err != nil {
			t.Errorf("%s should accept %s: %v", c.matcher, c.good, err)
		}
		if matches(value(t, c.matcher), value(t, c.bad)) == nil {
			t.Errorf("%s should refuse %s", c.matcher, c.bad)
		}
	}
	if matches(value(t, `{'exists': false}`), nothing{}) != nil || matches(value(t, `{'contains': ''}`), nothing{}) == nil {
		t.Error("nothing does not exist, and contains nothing")
	}
}

func TestPointersCountFromTheEndToo(t *testing.T) {
	whole := value(t, `{'a': [{'b/c': 1}, {'b/c': 2}]}`)
	for pointer, wanted := range map[string]any{
		"/a/-1/b~1c": json.Number("2"), "/a/0/b~1c": json.Number("1"), "": whole,
	} {
		if found, ok := At(whole, pointer); !ok || !Equal(wanted, found) {
			t.Errorf("at %q is %v", pointer, found)
		}
	}
	if found, ok := At(whole, "/a/-3"); ok {
		t.Errorf("there is %v", found)
	}
	err := MatchesPattern(value(t, `{'/a/-1/b~1c': 3}`), whole)
	if err == nil || err.Error() != "/a/-1/b~1c should be such that it is 3, but there was 2" {
		t.Errorf("%v", err)
	}
}

func TestASubsequenceKeepsItsOrderAndSaysWhatIsMissing(t *testing.T) {
	events := value(t, `[{'type': 'a', 'n': 1}, {'type': 'b'}, {'type': 'a', 'n': 2}]`).([]any)
	for _, c := range []struct{ patterns, fault string }{
		{`[{'type': 'a'}, {'type': 'a'}]`, ""},
		{`[{'type': 'a', 'n': 2}, {'type': 'b'}]`, "only earlier"},
		{`[{'type': 'b'}, {'type': 'a', 'n': 3}]`, "but there was 2"},
		{`[{'type': 'b'}, {'type': 'b'}]`, "only earlier"},
	} {
		err := subsequence(value(t, c.patterns).([]any), events)
		if (err == nil) != (c.fault == "") || err != nil && !strings.Contains(err.Error(), c.fault) {
			t.Errorf("%s: %v", c.patterns, err)
		}
	}
}

func TestOnlyKnownPlaceholdersAreReplaced(t *testing.T) {
	with := func(name string) (string, bool) { return "1", name == "x" }
	replaced := replace(value(t, `{'${x}': ['a${x}${y}$', '${x']}`), with)
	if !Equal(replaced, value(t, `{'1': ['a1${y}$', '${x']}`)) {
		t.Error(replaced)
	}
}

func parse(t *testing.T, members string) (*Row, error) {
	t.Helper()
	whole := value(t, `{'about': '', 'script': [], 'inputs': [], 'expect': {}}`).(Object)
	for key, member := range value(t, members).(Object) {
		whole[key] = member
	}
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return Parse("row", text)
}

func row(t *testing.T, members string) *Row {
	t.Helper()
	row, err := parse(t, members)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func place(t *testing.T) Place {
	return Place{
		BaseURL: "http://127.0.0.1:1/s/x/v1", Workdir: t.TempDir(), MCP: "mcp",
		CLI: bed.CLI{Name: "runtime", Version: "1.0.85", Protocol: 3},
	}
}

func TestBindingCompletesTheSessionWritesFilesAndDropsWhatIsForOthers(t *testing.T) {
	place := place(t)
	bound, err := row(t, `{
		'inputs': [{'send': 'see ${workdir}/sub/a'}, {'abort': true, 'needs': {'protocol': 2}}],
		'session': {'streaming': false, 'clientName': null, 'provider': {'apiKey': null, 'type': 'anthropic'}},
		'files': {'sub/a': 'content', 'b': {'base64': 'eA=='}},
		'tools': [{'tool': {'name': 't'}, 'reply': 'got ${/n} ${/text}'}],
		'expect': {'events': [
			{'type': 'old', 'needs': {'protocol': 2}},
			{'type': 'new', 'needs': {'protocol': 3, 'minVersion': '1.0.9'}},
			{'type': 'newer', 'needs': {'minVersion': '1.0.102'}}
		]}}`).Bind(place)
	if err != nil {
		t.Fatal(err)
	}
	for name, wanted := range map[string]string{"sub/a": "content", "b": "x"} {
		if content, err := os.ReadFile(filepath.Join(place.Workdir, name)); string(content) != wanted {
			t.Errorf("%s: %s %v", name, content, err)
		}
	}
	if len(bound.Inputs) != 1 || *bound.Inputs[0].Send != "see "+place.Workdir+"/sub/a" {
		t.Errorf("%+v", bound.Inputs)
	}
	if _, there := bound.Session["clientName"]; there || bound.Session["streaming"] != false || bound.Session["model"] != "fake" {
		t.Errorf("%v", bound.Session)
	}
	if !Equal(bound.Session["provider"], value(t, `{'type': 'anthropic', 'baseUrl': 'http://127.0.0.1:1/s/x/v1'}`)) {
		t.Errorf("%v", bound.Session["provider"])
	}
	if !Equal(any(bound.Expect.Events), value(t, `[{'type': 'new'}]`)) {
		t.Errorf("%v", bound.Expect.Events)
	}
	if reply, open, failure := bound.Tools[0].Answer(value(t, `{'n': 1, 'text': 'x'}`)); reply != "got 1 x" || open || failure != nil {
		t.Errorf("%v %v %v", reply, open, failure)
	}
}

func TestMalformedRowsAreRefused(t *testing.T) {
	for members, part := range map[string]string{
		`{'expect': {'evnts': []}}`:                                 "evnts",
		`{'tools': [{'tool': {'name': 't'}}]}`:                      "one of reply",
		`{'questions': {'hok': {'reply': 1}}}`:                      "hok is no kind",
		`{'questions': {'hook': {'when': {}}}}`:                     "one of reply",
		`{'inputs': [{}]}`:                                          "exactly one action",
		`{'inputs': [{'send': 'x', 'post': 'y'}]}`:                  "exactly one action",
		`{'inputs': [{'send': 'x', 'expect': {}}]}`:                 "not its action's",
		`{'inputs': [{'call': 'x', 'with': {'a': 1}}]}`:             "not its action's",
		`{'inputs': [{'call': 'x', 'expect': {}, 'error': 'e'}]}`:   "not its action's",
		`{'inputs': [{'wait': {'type': 'x'}, 'params': {'a': 1}}]}`: "not its action's",
	} {
		if _, err := parse(t, members); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", members, err)
		}
	}
}

func TestPermissionsAreAnsweredInOrder(t *testing.T) {
	row := row(t, `{'permissions': ['deny', {'feedback': 'no'}]}`)
	for n, wanted := range []string{`'deny'`, `{'feedback': 'no'}`, `{'feedback': 'no'}`} {
		if answer := row.Permission(n); !Equal(answer, value(t, wanted)) {
			t.Errorf("%d: %v", n, answer)
		}
	}
}

func TestAQuestionTakesTheFirstAnswerThatIsForItAndLeft(t *testing.T) {
	row := row(t, `{'questions': {
		'hook': [
			{'when': {'hookType': 'pre', '/input/tool': 't'}, 'times': 1, 'reply': {'said': '${/input/tool}'}},
			{'when': {'hookType': 'pre'}, 'fail': 'no'},
			{'when': {'hookType': 'post'}, 'unanswered': true}
		],
		'command': {'reply': null}}}`)
	pre := value(t, `{'hookType': 'pre', 'input': {'tool': 't'}}`)
	hooks := row.Questions["hook"]
	if index, ok := hooks.Choose(pre, map[int]int{}); index != 0 || !ok {
		t.Error(index, ok)
	}
	if index, ok := hooks.Choose(pre, map[int]int{0: 1}); index != 1 || !ok {
		t.Error(index, ok)
	}
	if _, ok := hooks.Choose(value(t, `{'hookType': 'else'}`), nil); ok {
		t.Error("there is no answer")
	}
	if reply, _, _ := hooks.Answer(0, pre); !Equal(reply, value(t, `{'said': 't'}`)) {
		t.Error(reply)
	}
	if _, _, failure := hooks.Answer(1, pre); failure == nil || failure.Error() != "no" {
		t.Error(failure)
	}
	if _, open, _ := hooks.Answer(2, pre); !open {
		t.Error("it should stay open")
	}
	if reply, open, failure := row.Questions["command"].Answer(0, pre); reply != nil || open || failure != nil {
		t.Error(reply, open, failure)
	}
}

func TestParamsTakePartsOfEventsAndOfTheLastReply(t *testing.T) {
	step := row(t, `{'inputs': [{'call': 'm', 'params': {
		'id': '${asked/data/id}', 'all': '${reply/n} of ${reply/m}', 'kept': '${none/data}'}}]}`).Inputs[0]
	events := value(t, `[{'type': 'asked', 'data': {'id': 'a'}}, {'type': 'asked', 'data': {'id': 'b'}}]`).([]any)
	params := step.FilledParams(events, value(t, `{'n': 1}`))
	if !Equal(params, value(t, `{'id': 'b', 'all': '1 of ${reply/m}', 'kept': '${none/data}'}`)) {
		t.Error(params)
	}
}

func TestCountsCallsFilesRepliesAndQuestionsAreJudged(t *testing.T) {
	row := row(t, `{
		'inputs': [{'call': 'a', 'expect': {'n': 1}}, {'clientCall': 'b', 'error': {'contains': 'gone'}}],
		'expect': {
			'requests': [{'n': 1}], 'records': [{'path': '/p'}], 'calls': [{'tool': 'a'}, {'tool': 'b'}],
			'never': [{'type': 'bad'}], 'joined': {'delta': 'xy'}, 'answer': 'end', 'files': {'f': 'x'},
			'asked': {'hook': [{'n': 1}]}}}`)
	folder := t.TempDir()
	list := func(text string) []any { return value(t, text).([]any) }
	good := Observed{
		Events: list(`[{'type': 'delta', 'data': {'deltaContent': 'x'}}, {'type': 'delta', 'data': {'deltaContent': 'y'}},
			{'type': 'assistant.message', 'data': {'content': 'end'}}, {'type': 'assistant.message', 'data': {'content': ''}}]`),
		Records: list(`[{'path': '/p', 'body': {'n': 1}}]`),
		Calls:   list(`[{'tool': 'b'}, {'tool': 'a'}]`),
		Asked:   map[string][]any{"hook": list(`[{'n': 1}]`)},
		Replies: list(`[{'result': {'n': 1}}, {'error': 'it is gone'}]`),
	}
	if err := row.Check(&good, folder); err == nil || !strings.HasPrefix(err.Error(), "row: files: f should") {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "f"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := row.Check(&good, folder); err != nil {
		t.Fatal(err)
	}
	bad := Observed{
		Events:  list(`[{'type': 'delta', 'data': {'deltaContent': 'x'}}, {'type': 'bad'}]`),
		Records: list(`[{'path': '/p', 'body': {'n': 1}}, {}]`),
		Calls:   list(`[{'tool': 'b'}]`),
		Replies: list(`[{'result': {'n': 1}}]`),
	}
	faults := row.Check(&bad, folder)
	for _, part := range []string{
		"requests: expected 1 but there were 2", "records:", "calls:", "never:", "joined delta", "answer:", "asked hook",
		"replies: only 1 calls",
	} {
		if faults == nil || !strings.Contains(faults.Error(), part) {
			t.Errorf("%q is not in %v", part, faults)
		}
	}
	for text, part := range map[string]string{
		`[{'result': {'n': 2}}, {'error': 'gone'}]`: "number 1",
		`[{'error': 'x'}, {'error': 'gone'}]`:       "it failed",
		`[{'result': {'n': 1}}, {'result': {}}]`:    "number 2",
	} {
		if err := row.replies(list(text)); err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// A row is bound to several places.
func TestBindingLeavesTheRowAlone(t *testing.T) {
	for _, row := range All(t) {
		before := fmt.Sprintf("%#v", *row)
		if _, err := row.Bind(place(t)); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%#v", *row) != before {
			t.Errorf("%s is not as it was", row.Name)
		}
	}
}

// A row that passes when nothing has happened proves nothing.
func TestEveryRowFailsOnARunWithoutEvents(t *testing.T) {
	rows := All(t)
	if len(rows) < 170 {
		t.Errorf("there are only %d rows", len(rows))
	}
	for _, row := range rows {
		place := place(t)
		bound, err := row.Bind(place)
		if err != nil {
			t.Errorf("%s: %v", row.Name, err)
			continue
		}
		if bound.Check(&Observed{}, place.Workdir) == nil {
			t.Errorf("%s passes on an empty run", row.Name)
		}
	}
}

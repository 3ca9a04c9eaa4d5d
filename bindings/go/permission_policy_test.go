package copilot

import (
	"encoding/json"
	"reflect"
	"testing"
)

func TestPolicyRules(t *testing.T) {
	for _, c := range []struct {
		rule PolicyRule
		want string
	}{
		{PolicyRule{}, `{}`},
		{PolicyRule{Command: "git status"}, `{"command":"git status"}`},
		{PolicyRule{CommandWords: []string{"git", "status"}, Exact: true}, `{"command":["git","status"],"exact":true}`},
		{PolicyRule{Kind: PermissionRequestKindRead, Path: "./**", Reason: "r"}, `{"kind":"read","path":"./**","reason":"r"}`},
		{PolicyRule{Host: "*.example.com"}, `{"host":"*.example.com"}`},
		{PolicyRule{Server: "s", Tool: "t", ReadOnly: Bool(false)}, `{"tool":"t","server":"s","readOnly":false}`},
	} {
		text, err := json.Marshal(c.rule)
		if err != nil || string(text) != c.want {
			t.Errorf("%s (%v), not %s", text, err, c.want)
		}
		var again PolicyRule
		if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, c.rule) {
			t.Errorf("%s is read as %#v (%v)", text, again, err)
		}
	}
}

func TestWrongPolicyRules(t *testing.T) {
	if text, err := json.Marshal(PolicyRule{Command: "a", CommandWords: []string{"a"}}); err == nil {
		t.Errorf("two commands make %s", text)
	}
	for _, text := range []string{
		`{"comand":"git"}`, `{"command":1}`, `{"command":[1]}`, `{"command":{}}`, `{"exact":"yes"}`, `[]`, `"git"`,
	} {
		var rule PolicyRule
		if err := json.Unmarshal([]byte(text), &rule); err == nil {
			t.Errorf("%s is read as %#v", text, rule)
		}
	}
}

func TestAPolicyFromAFile(t *testing.T) {
	var policy PermissionPolicy
	err := json.Unmarshal([]byte(`{"deny":[{"command":"rm"}],"allow":[{"command":["go","vet"]},{"host":"a.example"}]}`), &policy)
	want := PermissionPolicy{
		Deny:  []PolicyRule{{Command: "rm"}},
		Allow: []PolicyRule{{CommandWords: []string{"go", "vet"}}, {Host: "a.example"}},
	}
	if err != nil || !reflect.DeepEqual(policy, want) {
		t.Errorf("%#v (%v)", policy, err)
	}
}

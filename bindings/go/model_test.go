package copilot

import (
	"encoding/json"
	"testing"
)

func TestModelInfo(t *testing.T) {
	const text = `{"id":"m","name":"M","capabilities":{"supports":{"vision":true,"reasoningEffort":false,"toolCalls":true},
		"limits":{"max_prompt_tokens":128000,"max_context_window_tokens":200000,
			"vision":{"supported_media_types":["image/png"],"max_prompt_images":5,"max_prompt_image_size":3145728}}},
		"policy":{"state":"enabled","terms":"x"},"billing":{"multiplier":0.33,"tokenPrices":{"inputPrice":1.5,"batchSize":1000}},
		"supportedReasoningEfforts":["low","high"],"defaultReasoningEffort":"low","ofTomorrow":1}`
	var models []ModelInfo
	if err := json.Unmarshal([]byte("["+text+`,{"id":"n","name":"N","capabilities":{}}]`), &models); err != nil {
		t.Fatal(err)
	}
	m := models[0]
	if m.ID != "m" || !m.Capabilities.Supports.Vision || !*m.Capabilities.Supports.ToolCalls ||
		*m.Capabilities.Limits.MaxContextWindowTokens != 200000 || m.Capabilities.Limits.Vision.MaxPromptImages != 5 ||
		m.Policy.State != "enabled" || *m.Billing.Multiplier != 0.33 || *m.Billing.TokenPrices.BatchSize != 1000 ||
		len(m.SupportedReasoningEfforts) != 2 || string(m.Raw) != text {
		t.Errorf("%+v", m)
	}
	if n := models[1]; n.Policy != nil || n.Billing != nil || n.Capabilities.Limits.MaxPromptTokens != nil {
		t.Errorf("%+v", n)
	}
	for _, wrong := range []string{`{"id":1}`, `{"id":"m"`, `[]`} {
		if err := json.Unmarshal([]byte(wrong), new(ModelInfo)); err == nil {
			t.Errorf("%s is taken", wrong)
		}
	}
	var odd ModelInfo
	err := json.Unmarshal([]byte(`{"id":"m","billing":"free","vendor":7,"name":"M"}`), &odd)
	if err != nil || odd.ID != "m" || odd.Name != "M" || odd.Billing != nil && odd.Billing.Multiplier != nil || odd.Vendor != "" {
		t.Errorf("%+v (%v)", odd, err)
	}
}

func TestPointers(t *testing.T) {
	if *Bool(true) != true || *String("s") != "s" || *Int(1) != 1 || *Int64(2) != 2 || *Float64(0.5) != 0.5 {
		t.Error("a pointer points elsewhere")
	}
}

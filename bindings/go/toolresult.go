package copilot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// ToolResult is what a tool's call came to.
type ToolResult struct {
	// TextResultForLLM is the text for the model.
	TextResultForLLM string `json:"textResultForLlm"`
	// BinaryResultsForLLM are pictures and other data for the model.
	BinaryResultsForLLM []ToolBinaryResult `json:"binaryResultsForLlm,omitempty"`
	// ResultType is "success", "failure", "rejected" or "denied". Empty is "failure" when there is an Error, else
	// "success".
	ResultType string `json:"resultType"`
	// Error is why it failed, for events and logs; the model does not see it.
	Error string `json:"error,omitempty"`
	// SessionLog is a text for the session's log.
	SessionLog string `json:"sessionLog,omitempty"`
	// ToolTelemetry goes to the server's telemetry.
	ToolTelemetry map[string]any `json:"toolTelemetry,omitempty"`
	// ToolReferences are the names of the tools that a tool search found.
	ToolReferences []string `json:"toolReferences,omitempty"`
}

// ToolBinaryResult is data that a tool returns beside its text.
type ToolBinaryResult struct {
	// Data is the data in base64.
	Data string `json:"data"`
	// MIMEType is what it is, such as "image/png".
	MIMEType string `json:"mimeType"`
	// Type is "image" or "resource".
	Type string `json:"type"`
	// Description says what it shows, or where it comes from.
	Description string `json:"description,omitempty"`
}

const (
	resultSuccess = "success"
	resultFailure = "failure"
)

// typed is the result with its type filled in.
func (r ToolResult) typed() ToolResult {
	switch {
	case r.ResultType != "":
	case r.Error != "":
		r.ResultType = resultFailure
	default:
		r.ResultType = resultSuccess
	}
	return r
}

// failureForModel is a failure whose reason the model is told, so that it can do better.
func failureForModel(why string) ToolResult {
	return ToolResult{TextResultForLLM: why, ResultType: resultFailure, Error: why}
}

// normalizeResult makes a result of what a function returned: a text is the text for the model, and so is the JSON of
// whatever is no ToolResult. It fails when there is no JSON of it.
func normalizeResult(result any) (ToolResult, error) {
	text := ""
	switch value := result.(type) {
	case nil:
	case ToolResult:
		return value, nil
	case *ToolResult:
		if value != nil {
			return *value, nil
		}
	case string:
		text = value
	default:
		encoded, err := encodeJSON(result)
		if err != nil {
			return ToolResult{}, fmt.Errorf("the tool's result is no JSON: %w", err)
		}
		text = string(encoded)
	}
	return ToolResult{TextResultForLLM: text, ResultType: resultSuccess}, nil
}

// encodeJSON is json.Marshal without the escapes that HTML needs: people and models read the text.
func encodeJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// mcpBlock is a part of the content of an MCP result.
type mcpBlock struct {
	Type     any          `json:"type"`
	Text     any          `json:"text"`
	Data     string       `json:"data"`
	MIMEType string       `json:"mimeType"`
	Resource *mcpResource `json:"resource"`
}

type mcpResource struct {
	URI      string `json:"uri"`
	Text     string `json:"text"`
	Blob     string `json:"blob"`
	MIMEType string `json:"mimeType"`
}

// ConvertMCPCallToolResult makes a ToolResult of an MCP CallToolResult: of a map or a struct whose JSON has an array
// "content" of objects with a "type", and perhaps "isError". Texts are joined by newlines, pictures and blobs become
// binary results. The second result is false when the value is nothing of the kind.
func ConvertMCPCallToolResult(value any) (ToolResult, bool) {
	encoded, err := json.Marshal(value)
	if err != nil {
		return ToolResult{}, false
	}
	var its struct {
		Content json.RawMessage `json:"content"`
		IsError json.RawMessage `json:"isError"`
	}
	if json.Unmarshal(encoded, &its) != nil || !bytes.HasPrefix(its.Content, []byte("[")) {
		return ToolResult{}, false
	}
	var blocks []json.RawMessage
	if json.Unmarshal(its.Content, &blocks) != nil {
		return ToolResult{}, false
	}
	var texts []string
	result := ToolResult{ResultType: resultSuccess}
	for _, raw := range blocks {
		var block mcpBlock
		// What has the wrong type is left out, as if it were not there; a block without a type is none.
		_ = json.Unmarshal(raw, &block)
		if _, typed := block.Type.(string); !typed {
			return ToolResult{}, false
		}
		text, binary := block.parts()
		texts = append(texts, text...)
		result.BinaryResultsForLLM = append(result.BinaryResultsForLLM, binary...)
	}
	if string(its.IsError) == "true" {
		result.ResultType = resultFailure
	}
	result.TextResultForLLM = strings.Join(texts, "\n")
	return result, true
}

// parts are the texts and the data of a block.
func (b mcpBlock) parts() (texts []string, binaries []ToolBinaryResult) {
	switch {
	case b.Type == "text":
		if text, ok := b.Text.(string); ok {
			texts = append(texts, text)
		}
	case b.Type == "image" && b.Data != "":
		binaries = append(binaries, ToolBinaryResult{Data: b.Data, MIMEType: b.MIMEType, Type: "image"})
	case b.Type == "resource" && b.Resource != nil:
		its := b.Resource
		if its.Text != "" {
			texts = append(texts, its.Text)
		}
		if its.Blob != "" {
			mime := its.MIMEType
			if mime == "" {
				mime = "application/octet-stream"
			}
			binaries = append(binaries, ToolBinaryResult{Data: its.Blob, MIMEType: mime, Type: "resource", Description: its.URI})
		}
	}
	return texts, binaries
}

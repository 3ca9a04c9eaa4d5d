package main

// interfaces are the definitions that become an interface with a struct for each variant, because programs make such
// values too, and the member that tells the variants apart. All others become one struct with the members of all.
var interfaces = map[string]string{"Attachment": "type"}

// handWritten are the definitions whose Go type is written by hand.
var handWritten = map[string]typeRef{
	"GitHubMcpToolConfig": {expression: "GitHubMCPToolConfig"},
	"PermissionRequest":   {expression: "PermissionRequest"},
	"SessionLimitsConfig": {expression: "SessionLimitsConfig"},
}

// undivided are the members whose parts get no types of their own.
var undivided = map[string]bool{
	"SessionImportLegacyDataLegacySession": true,
}

// omittable are required members of structs that programs make, which the library fills in where they are missing.
var omittable = map[string]bool{
	"AttachmentFile.displayName":      true,
	"AttachmentDirectory.displayName": true,
	"AttachmentSelection.displayName": true,
}

// meanings are the comments of members that are used every day.
var meanings = map[string]string{
	"AbortData.reason":                          "why the turn was aborted",
	"AssistantMessageData.content":              "the text; empty where the message only asks for tools",
	"AssistantMessageData.messageId":            "the message's id, as in the deltas before it",
	"AssistantMessageData.model":                "the model that wrote it",
	"AssistantMessageData.outputTokens":         "how long the answer was",
	"AssistantMessageData.reasoningText":        "what the model thought, where it tells",
	"AssistantMessageData.toolRequests":         "the tools that the model wants to be called",
	"AssistantMessageData.turnId":               "the turn of the agent that it belongs to",
	"AssistantMessageDeltaData.deltaContent":    "the next piece of the text",
	"AssistantMessageDeltaData.messageId":       "the message that it is a piece of",
	"AssistantMessageToolRequest.arguments":     "what the tool is called with",
	"AssistantMessageToolRequest.name":          "the tool",
	"AssistantMessageToolRequest.toolCallId":    "the call's id, as in the events of type tool.execution_start and after",
	"AssistantReasoningData.content":            "what the model thought",
	"AssistantReasoningDeltaData.deltaContent":  "the next piece of the thought",
	"AssistantReasoningDeltaData.reasoningId":   "the thought that it is a piece of",
	"AssistantUsageData.duration":               "milliseconds that the call of the model took",
	"AssistantUsageData.inputTokens":            "the length of what the model was given",
	"AssistantUsageData.model":                  "the model that was called",
	"AssistantUsageData.outputTokens":           "the length of what the model wrote",
	"PermissionRequestedData.requestId":         "the request's id",
	"SessionErrorData.errorType":                "the kind of error",
	"SessionErrorData.message":                  "what went wrong",
	"SessionErrorData.statusCode":               "the HTTP status of the model's provider, where there is one",
	"SessionIdleData.aborted":                   "whether the turn was aborted",
	"SessionModelChangeData.newModel":           "the model from now on",
	"SessionModelChangeData.previousModel":      "the model until now",
	"SessionStartData.sessionId":                "the session",
	"SessionTitleChangedData.title":             "the title",
	"SubagentStartedData.agentName":             "the agent that was started",
	"SubagentStartedData.toolCallId":            "the tool call that started it",
	"ToolExecutionCompleteData.error":           "why the tool failed",
	"ToolExecutionCompleteData.result":          "what the tool returned",
	"ToolExecutionCompleteData.success":         "whether the tool did what it was to do",
	"ToolExecutionCompleteData.toolCallId":      "the call, as in the event of type tool.execution_start",
	"ToolExecutionCompleteError.message":        "what went wrong",
	"ToolExecutionCompleteResult.content":       "what the model is told",
	"ToolExecutionPartialResultData.toolCallId": "the call",
	"ToolExecutionProgressData.progressMessage": "how far the tool is",
	"ToolExecutionStartData.arguments":          "what the tool is called with",
	"ToolExecutionStartData.mcpServerName":      "the MCP server that has the tool",
	"ToolExecutionStartData.toolCallId":         "the call's id, as in the event of type tool.execution_complete",
	"ToolExecutionStartData.toolName":           "the tool",
	"UserMessageData.attachments":               "what was sent with the text",
	"UserMessageData.content":                   "the text",
	"UserMessageData.source":                    "who sent it, where it was not the user",
}

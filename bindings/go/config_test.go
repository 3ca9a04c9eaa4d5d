package copilot

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/libcopilot/libcopilot/bindings/go/internal/capi"
)

// The keys that the manual of copilot_session_config_new() has are the fields of SessionConfig, and the reverse.
func TestEveryKeyOfASessionIsAField(t *testing.T) {
	keys := manualKeys(t, "copilot_session_config_new")
	if len(keys) < 100 {
		t.Fatalf("the manual is not understood: %v", keys)
	}
	// Tools are given to the library one by one.
	fields := append(jsonNames(reflect.TypeFor[SessionConfig]()), "tools")
	compareNames(t, keys, fields)
}

// The keys of messages are those of two manuals.
func TestEveryKeyOfAMessageIsAField(t *testing.T) {
	keys := append(manualKeys(t, "copilot_session_send"), manualKeys(t, "copilot_session_send_and_wait")...)
	if len(keys) < 14 {
		t.Fatalf("the manual is not understood: %v", keys)
	}
	compareNames(t, keys, jsonNames(reflect.TypeFor[MessageOptions]()))
}

// The keys of a provider stand in an inner table of the manual.
func TestEveryKeyOfAProviderIsAField(t *testing.T) {
	manual := manualOf(t, "copilot_session_config_new")
	from := strings.Index(manual, `"provider"`)
	to := strings.Index(manual, `"providers"`)
	if from < 0 || to < from {
		t.Fatal("the manual is not understood")
	}
	var keys []string
	for _, line := range regexp.MustCompile(`(?m)^ {6}("\w+"(?:, "\w+")*)`).FindAllStringSubmatch(manual[from:to], -1) {
		keys = append(keys, quoted(line[1])...)
	}
	if len(keys) < 15 {
		t.Fatalf("the manual is not understood: %v", keys)
	}
	compareNames(t, keys, append(jsonNames(reflect.TypeFor[ProviderConfig]()), "hasBearerTokenProvider"))
}

// manualOf is the comment above a function of copilot.h, without its asterisks.
func manualOf(t *testing.T, function string) string {
	t.Helper()
	text, err := os.ReadFile("../../include/copilot.h")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`\b`+function+`\(`).FindAllIndex(text, -1)
	for _, at := range declared {
		before := string(text[:at[0]])
		begin, end := strings.LastIndex(before, "/**"), strings.LastIndex(before, "*/")
		if begin >= 0 && begin < end && !strings.ContainsAny(before[end+2:], ";{}/") {
			return regexp.MustCompile(`(?m)^ \* ?`).ReplaceAllString(before[begin:end], "")
		}
	}
	t.Fatalf("%s has no manual", function)
	return ""
}

// manualKeys are the keys that a manual lists: the names at the beginning of its indented lines.
func manualKeys(t *testing.T, function string) []string {
	t.Helper()
	var keys []string
	manual, _, _ := strings.Cut(manualOf(t, function), "\n@param")
	if reasons := strings.Index(manual, `The member "reason"`); reasons >= 0 {
		manual = manual[:reasons]
	}
	if waits := strings.Index(manual, "Besides the keys of"); waits >= 0 {
		manual = manual[waits:]
	}
	for _, line := range regexp.MustCompile(`(?m)^ {2}("\w+"(?:, "\w+")*)`).FindAllStringSubmatch(manual, -1) {
		keys = append(keys, quoted(line[1])...)
	}
	return keys
}

func quoted(list string) []string {
	var names []string
	for name := range strings.SplitSeq(list, ", ") {
		names = append(names, strings.Trim(name, `"`))
	}
	return names
}

func jsonNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "-" {
			names = append(names, name)
		}
	}
	return names
}

func compareNames(t *testing.T, keys, fields []string) {
	t.Helper()
	for _, key := range keys {
		if !slices.Contains(fields, key) {
			t.Errorf("%q has no field", key)
		}
	}
	for _, field := range fields {
		if !slices.Contains(keys, field) {
			t.Errorf("%q is not in the manual", field)
		}
	}
}

func TestZeroConfiguration(t *testing.T) {
	for value, want := range map[any]string{
		&SessionConfig{}:        `{}`,
		&ResumeSessionConfig{}:  `{}`,
		&MessageOptions{}:       `{"prompt":""}`,
		&PermissionPolicy{}:     `{}`,
		&SystemMessageConfig{}:  `{}`,
		&ToolSearchConfig{}:     `{}`,
		&CloudSessionOptions{}:  `{}`,
		&MCPHTTPServerConfig{}:  `{"type":"http","url":""}`,
		&MCPStdioServerConfig{}: `{"type":"stdio","command":""}`,
	} {
		if text, err := json.Marshal(value); err != nil || string(text) != want {
			t.Errorf("%T is %s (%v)", value, text, err)
		}
	}
}

// An empty list is sent, nil is not.
func TestEmptyIsNotNil(t *testing.T) {
	for _, c := range []struct {
		value any
		want  string
	}{
		{SessionConfig{AvailableTools: []string{}}, `{"availableTools":[]}`},
		{SessionConfig{AvailableTools: nil, ExcludedTools: []string{"bash"}}, `{"excludedTools":["bash"]}`},
		{SessionConfig{Streaming: Bool(false)}, `{"streaming":false}`},
		{SessionConfig{IncludedBuiltInSkills: []string{}}, `{"includedBuiltinSkills":[]}`},
		{SessionConfig{MCPServers: map[string]MCPServerConfig{}}, `{"mcpServers":{}}`},
		{CustomAgentConfig{Name: "a", Tools: []string{}}, `{"name":"a","tools":[],"prompt":""}`},
		{CustomAgentConfig{Name: "a"}, `{"name":"a","prompt":""}`},
		{MCPStdioServerConfig{Command: "c", Tools: []string{}}, `{"type":"stdio","tools":[],"command":"c"}`},
		{MCPHTTPServerConfig{Type: "sse", URL: "u", Tools: []string{"*"}}, `{"type":"sse","tools":["*"],"url":"u"}`},
		{MCPRawServerConfig{"type": "memory"}, `{"type":"memory"}`},
	} {
		if text, err := json.Marshal(c.value); err != nil || string(text) != c.want {
			t.Errorf("%s (%v), not %s", text, err, c.want)
		}
	}
}

func TestHandlersAreNotSent(t *testing.T) {
	config := SessionConfig{
		Tools:               []Tool{{Name: "add"}},
		Commands:            []CommandDefinition{{Name: "deploy", Handler: func(CommandContext) error { return nil }}},
		OnPermissionRequest: PermissionHandler.ApproveAll,
		Hooks:               &SessionHooks{},
		OnEvent:             func(SessionEvent) {},
		OnRawEvent:          func(RawEvent) {},
		RequestHandlers: map[string]RequestHandler{
			"m": func(context.Context, string, json.RawMessage) (any, error) { return nil, nil },
		},
		SystemMessage: &SystemMessageConfig{Mode: "customize", Sections: map[string]SectionOverride{
			SectionTone:   {Transform: func(content string) (string, error) { return content, nil }},
			SectionSafety: {Action: SectionActionAppend, Content: "x"},
		}},
		Provider: &ProviderConfig{
			BaseURL:             "u",
			BearerTokenProvider: func(ProviderTokenArgs) (string, error) { return "t", nil },
		},
		Providers: []NamedProviderConfig{
			{Name: "n", BaseURL: "u", BearerTokenProvider: func(ProviderTokenArgs) (string, error) { return "t", nil }},
			{Name: "o", BaseURL: "u", BearerToken: "t"},
		},
	}
	want := `{"provider":{"baseUrl":"u","hasBearerTokenProvider":true},` +
		`"providers":[{"name":"n","baseUrl":"u","hasBearerTokenProvider":true},` +
		`{"name":"o","baseUrl":"u","bearerToken":"t","hasBearerTokenProvider":false}],` +
		`"systemMessage":{"mode":"customize","sections":{"safety":{"action":"append","content":"x"},` +
		`"tone":{"action":"transform"}}},"commands":[{"name":"deploy","description":""}]}`
	text, err := json.Marshal(&config)
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s\n%s", err, text, want)
	}
}

// The library takes every field, with its inner ones, in the form that it is given here.
func TestTheLibraryTakesEveryField(t *testing.T) {
	whole := wholeConfig(t)
	value := reflect.ValueOf(whole)
	left := map[string]bool{}
	for i := range value.NumField() {
		if field := value.Type().Field(i); field.Tag.Get("json") != `-` && value.Field(i).IsZero() {
			left[field.Name] = true
		}
	}
	if len(left) > 0 {
		t.Errorf("the test leaves out %v", slices.Sorted(maps.Keys(left)))
	}
	// What cannot be together is tried one by one as well.
	named := SessionConfig{
		Model:     "p/m",
		Providers: []NamedProviderConfig{{Name: "p", Type: "azure", BaseURL: "https://p.example", APIKey: "k"}},
		Models:    []ProviderModelConfig{{ID: "m", Provider: "p", MaxPromptTokens: 1}},
	}
	whole.Providers, whole.Models, whole.GitHubTokenProviderRegistrationID = nil, nil, ""
	clouded := SessionConfig{Cloud: whole.Cloud}
	whole.Cloud = nil
	for _, config := range []SessionConfig{whole, clouded, named, {GitHubTokenProviderRegistrationID: "r"}, {}} {
		text, err := json.Marshal(config)
		if err != nil {
			t.Fatal(err)
		}
		made, err := capi.NewConfig(string(text))
		if err != nil {
			t.Errorf("%v\n%s", err, text)
			continue
		}
		made.Free()
	}
}

// wholeConfig has a value in every field that is sent.
func wholeConfig(t *testing.T) SessionConfig {
	some, yes, list := map[string]any{}, Bool(true), []string{"x"}
	stdio := MCPStdioServerConfig{
		Tools: list, Timeout: 1, Command: "c", Args: list, Env: map[string]string{"A": "b"}, WorkingDirectory: t.TempDir(),
	}
	limits := ModelCapabilitiesOverrideLimits{
		MaxPromptTokens: Int64(1), MaxOutputTokens: Int64(1), MaxContextWindowTokens: Int64(1),
		Vision: &ModelCapabilitiesOverrideLimitsVision{list, Int64(1), Int64(1)},
	}
	abilities := &ModelCapabilitiesOverride{
		&ModelCapabilitiesOverrideSupports{yes, yes, yes, String("optional")}, &limits,
	}
	return SessionConfig{
		Model: "m", AllowedModels: []string{"m"}, ReasoningEffort: "high", ReasoningSummary: ReasoningSummaryConcise,
		ContextTier: ContextTierLongContext, ModelCapabilities: abilities,
		Capi: &CapiSessionOptions{AutoTierBalance, yes}, EnableCitations: yes,
		ImageGeneration: &ImageGenerationConfig{yes, yes, yes}, SessionLimits: &SessionLimitsConfig{Float64(10)},
		Provider: &ProviderConfig{
			Type: "azure", WireAPI: "responses", Transport: "http", BaseURL: "https://a.example", APIKey: "k",
			APIKeyCommand: "c", BearerToken: "t", Azure: &AzureProviderOptions{"2024"},
			Headers: map[string]string{"A": "b"}, ModelProvider: "p", ModelID: "m", WireModel: "w",
			MaxPromptTokens: 1, MaxOutputTokens: 1,
		},
		Providers: []NamedProviderConfig{{Name: "p"}}, Models: []ProviderModelConfig{{ID: "m"}},
		SessionID: "s", Name: "n", ClientName: "c", WorkingDirectory: t.TempDir(), AdditionalDirectories: list,
		TrustWorkingDirectory: "session", Streaming: yes, IncludeSubAgentStreamingEvents: yes,
		InfiniteSessions: &InfiniteSessionConfig{yes, Float64(0.8), Float64(0.95)},
		Memory:           &MemoryConfiguration{true, "user-prompt"},
		LargeOutput:      &LargeToolOutputConfig{yes, Int64(1), "/tmp"}, EnableFileChangeTracking: yes,
		EnableSessionStore: yes, RemoteSession: RemoteSessionModeExport,
		Cloud:       &CloudSessionOptions{&CloudSessionRepository{"o", "n", "b"}},
		GitHubToken: "t", GitHubTokenProviderRegistrationID: "r",
		SystemMessage: &SystemMessageConfig{Mode: "customize", Content: "c", Sections: map[string]SectionOverride{
			SectionTone: {Action: SectionActionRemove},
		}},
		SkipCustomInstructions: yes, InstructionDirectories: list, OrganizationCustomInstructions: String("o"),
		RefreshCustomInstructions: yes, EnableOnDemandInstructionDiscovery: yes, SkipEmbeddingRetrieval: yes,
		EmbeddingCacheStorage: String("in-memory"),
		AvailableTools:        []string{"builtin:*"}, ExcludedTools: list, ToolSearch: &ToolSearchConfig{yes, Int(1)},
		AskUserVariant: "legacy", Commands: []CommandDefinition{{Name: "c", Description: "d"}},
		MCPServers: map[string]MCPServerConfig{
			"a": stdio, "b": &MCPHTTPServerConfig{"sse", list, 1, "https://b.example", nil}, "c": MCPRawServerConfig{"type": "x"},
		},
		DisabledMCPServers: list, GitHubMCPToolConfig: &GitHubMCPToolConfig{yes, list, list, yes, yes},
		MCPOAuthTokenStorage: "in-memory", AuthClientIDMetadataURL: "https://c.example", EnableMCPApps: true,
		CustomAgents: []CustomAgentConfig{{
			"a", "A", "d", list, "p", map[string]MCPServerConfig{"a": stdio}, yes, list, "m",
			AgentModelPolicyPreferred, "high", some,
		}},
		Agent: "a", DefaultAgent: &DefaultAgentConfig{list}, CustomAgentsLocalOnly: yes, AgentDirectories: list,
		ExcludedBuiltInAgents: list, EnableSkills: yes, SkillDirectories: list, DisabledSkills: list,
		IncludedBuiltInSkills: list, HasSkillProvider: yes, HookDirectories: list, EnableFileHooks: yes,
		PluginDirectories: []string{"/p"}, InstalledPlugins: []map[string]any{some}, ManageScheduleEnabled: yes,
		Canvases:       []CanvasDeclaration{{"c", "C", "d", some, []CanvasAction{{"a", "d", some}}}},
		CanvasProvider: &CanvasProviderIdentity{"i", String("n")}, RequestCanvasRenderer: yes, RequestExtensions: yes,
		ExtensionSDKPath: String("/e"), ExtensionInfo: &ExtensionInfo{"s", "n"},
		Autopilot: &AutopilotConfig{yes, Int(1)}, SandboxConfig: some, EnableHostGitOperations: yes,
		CoauthorEnabled: yes, InteractiveUser: yes, ConfigDirectory: "/c", EnableConfigDiscovery: yes,
		EnableManagedSettings: yes, ManagedSettings: &ManagedSettings{&ManagedSettingsPermissions{
			list, list, list, list, DisableBypassPermissionsModeDisable, "disable",
		}},
		ExcludedManagedSettings: list, EnforceManagedModelDefaults: yes,
		EnableSessionTelemetry: yes, EnableGitHubTelemetryForwarding: yes, Diagnostics: some, LifecycleDiagnostics: some,
		EnableExperimentalMode: yes, FeatureFlags: map[string]bool{"f": true}, ExpAssignments: some,
		Traceparent: "t", Tracestate: "s",
		ContinuePendingWork: yes, SuppressResumeEvent: true, AllowTranscriptRecovery: yes,
		OpenCanvases: []OpenCanvasInstance{{InstanceID: "i", ExtensionID: "e", CanvasID: "c"}},
		Factories:    []map[string]any{some}, RequestedEnvironmentVariables: list,
		PermissionDefault: PermissionDefaultPending,
		PermissionPolicy: &PermissionPolicy{
			Deny:  []PolicyRule{{Command: "rm", Reason: "no"}, {Host: "*.example.com"}},
			Ask:   []PolicyRule{{Kind: PermissionRequestKindMCP, ReadOnly: Bool(false)}},
			Allow: []PolicyRule{{CommandWords: []string{"cargo", "test"}, Exact: true}, {Server: "s", Tool: "read_*"}},
		},
		RequestTimeoutMs: 60000, RawParams: map[string]any{"keyOfTomorrow": 1},
	}
}

func TestProvidersWithAndWithoutTokens(t *testing.T) {
	token := func(ProviderTokenArgs) (string, error) { return "t", nil }
	for want, providers := range map[string][]NamedProviderConfig{
		`{"providers":[{"name":"a","baseUrl":"u","hasBearerTokenProvider":true},{"name":"b","baseUrl":"u","hasBearerTokenProvider":false}]}`: {
			{Name: "a", BaseURL: "u", BearerTokenProvider: token}, {Name: "b", BaseURL: "u"},
		},
		`{"providers":[{"name":"b","baseUrl":"u"}]}`: {{Name: "b", BaseURL: "u"}},
	} {
		if text, err := json.Marshal(SessionConfig{Providers: providers}); err != nil || string(text) != want {
			t.Errorf("%s, %v, and not %s", text, err, want)
		}
		if providers[0].toldApart {
			t.Error("the configuration itself was changed")
		}
	}
}

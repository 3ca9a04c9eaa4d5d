package copilot

import "encoding/json"

// ProviderConfig is a model provider of your own, for the whole session. SessionConfig.Model is needed beside it.
type ProviderConfig struct {
	// Type is "openai", which is the default, "azure" or "anthropic".
	Type string `json:"type,omitempty"`
	// WireAPI is "completions" or "responses", for "openai" and "azure".
	WireAPI string `json:"wireApi,omitempty"`
	// Transport is "http" or "websockets".
	Transport string `json:"transport,omitempty"`
	// BaseURL is the address, needed. The CLI appends "/chat/completions" or "/responses" for "openai", "/v1/messages"
	// for "anthropic", "/openai/..." for "azure".
	BaseURL string `json:"baseUrl"`
	// APIKey is the key with which it is signed in to.
	APIKey string `json:"apiKey,omitempty"`
	// APIKeyCommand is how a key is found out, as the server has it.
	APIKeyCommand any `json:"apiKeyCommand,omitempty"`
	// BearerToken is a token to be sent in place of a key.
	BearerToken string `json:"bearerToken,omitempty"`
	// Azure is what only Azure needs.
	Azure *AzureProviderOptions `json:"azure,omitempty"`
	// Headers go with every request.
	Headers map[string]string `json:"headers,omitzero"`
	// ModelProvider is the name of the provider, as the server has it.
	ModelProvider string `json:"modelProvider,omitempty"`
	// ModelID is the model that is meant, by which the CLI knows limits and abilities.
	ModelID string `json:"modelId,omitempty"`
	// WireModel is what the provider calls the model.
	WireModel string `json:"wireModel,omitempty"`
	// MaxPromptTokens is the longest prompt that the model takes.
	MaxPromptTokens int `json:"maxPromptTokens,omitempty"`
	// MaxOutputTokens is the longest answer that the model gives.
	MaxOutputTokens int `json:"maxOutputTokens,omitempty"`
	// BearerTokenProvider is asked for a token before each request to the model, in place of APIKey and BearerToken.
	BearerTokenProvider BearerTokenProvider `json:"-"`
}

// MarshalJSON gives the configuration as the library takes it.
func (p ProviderConfig) MarshalJSON() ([]byte, error) {
	type members ProviderConfig
	return json.Marshal(struct {
		members
		Has bool `json:"hasBearerTokenProvider,omitempty"`
	}{members(p), p.BearerTokenProvider != nil})
}

// NamedProviderConfig is one of several model providers of a session; SessionConfig.Models has their models.
type NamedProviderConfig struct {
	// Name is what models call it, needed.
	Name string `json:"name"`
	// Type is "openai", which is the default, "azure" or "anthropic".
	Type string `json:"type,omitempty"`
	// WireAPI is "completions" or "responses", for "openai" and "azure".
	WireAPI string `json:"wireApi,omitempty"`
	// BaseURL is the address, needed.
	BaseURL string `json:"baseUrl"`
	// APIKey is the key with which it is signed in to.
	APIKey string `json:"apiKey,omitempty"`
	// APIKeyCommand is how a key is found out, as the server has it.
	APIKeyCommand any `json:"apiKeyCommand,omitempty"`
	// BearerToken is a token to be sent in place of a key.
	BearerToken string `json:"bearerToken,omitempty"`
	// Azure is what only Azure needs.
	Azure *AzureProviderOptions `json:"azure,omitempty"`
	// Headers go with every request.
	Headers map[string]string `json:"headers,omitzero"`
	// BearerTokenProvider is asked for a token before each request to the model, in place of APIKey and BearerToken.
	BearerTokenProvider BearerTokenProvider `json:"-"`

	// toldApart says that it has no BearerTokenProvider too.
	toldApart bool
}

// MarshalJSON gives the configuration as the library takes it.
func (p NamedProviderConfig) MarshalJSON() ([]byte, error) {
	type members NamedProviderConfig
	var has *bool
	if p.BearerTokenProvider != nil || p.toldApart {
		has = Bool(p.BearerTokenProvider != nil)
	}
	return json.Marshal(struct {
		members
		Has *bool `json:"hasBearerTokenProvider,omitempty"`
	}{members(p), has})
}

// AzureProviderOptions is what only Azure needs.
type AzureProviderOptions struct {
	// APIVersion chooses the versioned address of a deployment.
	APIVersion string `json:"apiVersion,omitempty"`
}

// ProviderModelConfig is a model of one of SessionConfig.Providers. SessionConfig.Model is then "<provider>/<id>".
type ProviderModelConfig struct {
	// ID is what the session calls the model, needed.
	ID string `json:"id"`
	// Provider is the name of its provider, needed.
	Provider string `json:"provider"`
	// WireModel is what the provider calls the model.
	WireModel string `json:"wireModel,omitempty"`
	// ModelID is the model that is meant, by which the CLI knows limits and abilities.
	ModelID string `json:"modelId,omitempty"`
	// Name is what lists of models call it.
	Name string `json:"name,omitempty"`
	// MaxPromptTokens is the longest prompt that the model takes.
	MaxPromptTokens int `json:"maxPromptTokens,omitempty"`
	// MaxContextWindowTokens is the longest conversation that the model takes.
	MaxContextWindowTokens int `json:"maxContextWindowTokens,omitempty"`
	// MaxOutputTokens is the longest answer that the model gives.
	MaxOutputTokens int `json:"maxOutputTokens,omitempty"`
	// Capabilities is what the model can do, in place of what the server believes.
	Capabilities *ModelCapabilitiesOverride `json:"capabilities,omitempty"`
}

// CapiSessionOptions are of GitHub's own models.
type CapiSessionOptions struct {
	// AutoTier is what the model "auto" aims at.
	AutoTier AutoTier `json:"autoTier,omitempty"`
	// EnableWebSocketResponses chooses the transport.
	EnableWebSocketResponses *bool `json:"enableWebSocketResponses,omitempty"`
}

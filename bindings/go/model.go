package copilot

import (
	"encoding/json"
	"errors"
)

// ModelInfo is a model on offer.
type ModelInfo struct {
	// ID is what SessionConfig.Model takes.
	ID string `json:"id"`
	// Name is what users see.
	Name string `json:"name"`
	// Vendor is who made it, where the server tells.
	Vendor string `json:"vendor,omitempty"`
	// Capabilities is what it can do.
	Capabilities ModelCapabilities `json:"capabilities"`
	// Policy tells whether it may be used.
	Policy *ModelPolicy `json:"policy,omitempty"`
	// Billing is what it costs.
	Billing *ModelBilling `json:"billing,omitempty"`
	// SupportedReasoningEfforts are what SessionConfig.ReasoningEffort can be.
	SupportedReasoningEfforts []string `json:"supportedReasoningEfforts,omitempty"`
	// DefaultReasoningEffort is what it is by itself.
	DefaultReasoningEffort string `json:"defaultReasoningEffort,omitempty"`
	// SupportedContextTiers are what SessionConfig.ContextTier can be.
	SupportedContextTiers []string `json:"supportedContextTiers,omitempty"`
	// ModelPickerCategory is the group in which lists show it: "lightweight", "versatile" or "powerful".
	ModelPickerCategory string `json:"modelPickerCategory,omitempty"`
	// ModelPickerPriceCategory is how dear lists say it is.
	ModelPickerPriceCategory string `json:"modelPickerPriceCategory,omitempty"`
	// Provider is who offers it.
	Provider *ModelProviderRef `json:"provider,omitempty"`
	// Raw is all that the server says of it.
	Raw json.RawMessage `json:"-"`
}

// UnmarshalJSON keeps the text in Raw. A member that is not what it should be is left out, but for the id.
func (m *ModelInfo) UnmarshalJSON(text []byte) error {
	type members ModelInfo
	var read members
	misfit := new(json.UnmarshalTypeError)
	if err := json.Unmarshal(text, &read); err != nil && (!errors.As(err, &misfit) || read.ID == "") {
		return err
	}
	*m = ModelInfo(read)
	m.Raw = append(json.RawMessage(nil), text...)
	return nil
}

// ModelCapabilities is what a model can do.
type ModelCapabilities struct {
	// Supports is what it can do.
	Supports ModelSupports `json:"supports"`
	// Limits are how much it can take.
	Limits ModelLimits `json:"limits"`
}

// ModelSupports is what a model can do.
type ModelSupports struct {
	// Vision: it sees pictures.
	Vision bool `json:"vision"`
	// ReasoningEffort: one can choose how much it thinks.
	ReasoningEffort bool `json:"reasoningEffort"`
	// ToolCalls: it calls tools. Nil where the server does not tell.
	ToolCalls *bool `json:"toolCalls,omitempty"`
	// Thinking: it thinks. Nil where the server does not tell.
	Thinking *bool `json:"thinking,omitempty"`
	// AdaptiveThinking is how it decides how much: "unsupported", "optional", "required" or "adaptive_only".
	AdaptiveThinking string `json:"adaptive_thinking,omitempty"`
}

// ModelLimits are how much a model can take, in tokens.
type ModelLimits struct {
	// MaxPromptTokens is the longest prompt.
	MaxPromptTokens *int `json:"max_prompt_tokens,omitempty"`
	// MaxOutputTokens is the longest answer.
	MaxOutputTokens *int `json:"max_output_tokens,omitempty"`
	// MaxContextWindowTokens is the longest conversation.
	MaxContextWindowTokens *int `json:"max_context_window_tokens,omitempty"`
	// Vision is about pictures.
	Vision *ModelVisionLimits `json:"vision,omitempty"`
}

// ModelVisionLimits are how many pictures a model can take.
type ModelVisionLimits struct {
	// SupportedMediaTypes are the types of pictures, such as "image/png".
	SupportedMediaTypes []string `json:"supported_media_types"`
	// MaxPromptImages is how many go with one prompt.
	MaxPromptImages int `json:"max_prompt_images"`
	// MaxPromptImageSize is how large one may be, in bytes.
	MaxPromptImageSize int `json:"max_prompt_image_size"`
}

// ModelPolicy tells whether a model may be used.
type ModelPolicy struct {
	// State is "enabled", "disabled" or "unconfigured".
	State string `json:"state"`
	// Terms are the terms of its use.
	Terms string `json:"terms,omitempty"`
}

// ModelBilling is what a model costs.
type ModelBilling struct {
	// Multiplier is how many requests one of this model counts for.
	Multiplier *float64 `json:"multiplier,omitempty"`
	// DiscountPercent is what is taken off.
	DiscountPercent *float64 `json:"discountPercent,omitempty"`
	// TokenPrices are prices by token.
	TokenPrices *ModelBillingTokenPrices `json:"tokenPrices,omitempty"`
}

// ModelBillingTokenPrices are prices by token, in credits of GitHub's for a batch.
type ModelBillingTokenPrices struct {
	// BatchSize is how many tokens a batch has.
	BatchSize *int64 `json:"batchSize,omitempty"`
	// InputPrice is for what the model is given.
	InputPrice *float64 `json:"inputPrice,omitempty"`
	// OutputPrice is for what the model writes.
	OutputPrice *float64 `json:"outputPrice,omitempty"`
	// CacheReadPrice is for what it is given again.
	CacheReadPrice *float64 `json:"cacheReadPrice,omitempty"`
	// CacheWritePrice is for keeping that.
	CacheWritePrice *float64 `json:"cacheWritePrice,omitempty"`
	// MaxPromptTokens is up to where these prices hold.
	MaxPromptTokens *int64 `json:"maxPromptTokens,omitempty"`
	// LongContext are the prices beyond, as the server has them.
	LongContext json.RawMessage `json:"longContext,omitempty"`
}

// ModelCapabilitiesOverride is what a model can do, in place of what the server believes. What is nil stays.
type ModelCapabilitiesOverride struct {
	// Supports is what it can do.
	Supports *ModelCapabilitiesOverrideSupports `json:"supports,omitempty"`
	// Limits are how much it can take.
	Limits *ModelCapabilitiesOverrideLimits `json:"limits,omitempty"`
}

// ModelCapabilitiesOverrideSupports is what a model can do.
type ModelCapabilitiesOverrideSupports struct {
	// Vision: it sees pictures.
	Vision *bool `json:"vision,omitempty"`
	// ToolCalls: it calls tools.
	ToolCalls *bool `json:"toolCalls,omitempty"`
	// ReasoningEffort: one can choose how much it thinks.
	ReasoningEffort *bool `json:"reasoningEffort,omitempty"`
	// AdaptiveThinking is how it decides how much: "unsupported", "optional", "required" or "adaptive_only".
	AdaptiveThinking *string `json:"adaptive_thinking,omitempty"`
}

// ModelCapabilitiesOverrideLimits are how much a model can take, in tokens.
type ModelCapabilitiesOverrideLimits struct {
	// MaxPromptTokens is the longest prompt.
	MaxPromptTokens *int64 `json:"max_prompt_tokens,omitempty"`
	// MaxOutputTokens is the longest answer.
	MaxOutputTokens *int64 `json:"max_output_tokens,omitempty"`
	// MaxContextWindowTokens is the longest conversation.
	MaxContextWindowTokens *int64 `json:"max_context_window_tokens,omitempty"`
	// Vision is about pictures.
	Vision *ModelCapabilitiesOverrideLimitsVision `json:"vision,omitempty"`
}

// ModelCapabilitiesOverrideLimitsVision are how many pictures a model can take.
type ModelCapabilitiesOverrideLimitsVision struct {
	// SupportedMediaTypes are the types of pictures.
	SupportedMediaTypes []string `json:"supported_media_types,omitzero"`
	// MaxPromptImages is how many go with one prompt.
	MaxPromptImages *int64 `json:"max_prompt_images,omitempty"`
	// MaxPromptImageSize is how large one may be, in bytes.
	MaxPromptImageSize *int64 `json:"max_prompt_image_size,omitempty"`
}

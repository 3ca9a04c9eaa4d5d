package copilot

import (
	"encoding/json"
	"slices"
)

// Attachment is what goes with a message besides its text: an [AttachmentFile], [AttachmentDirectory],
// [AttachmentSelection], [AttachmentBlob], one of the kinds that GitHub's own clients send, or a [RawAttachment].
// Values and pointers are attachments; those of events are pointers.
type Attachment interface {
	// Type is the kind of attachment.
	Type() AttachmentType
	attachment()
}

// RawAttachment is an attachment as JSON: one of a kind that has no struct here, or that does not fit it.
type RawAttachment struct {
	// AttachmentType is its member "type".
	AttachmentType AttachmentType
	// Raw is the whole object.
	Raw json.RawMessage
}

func (RawAttachment) attachment() {}

// Type is the attachment's kind as the server calls it.
func (a RawAttachment) Type() AttachmentType { return a.AttachmentType }

// MarshalJSON gives the object as it is.
func (a RawAttachment) MarshalJSON() ([]byte, error) {
	if a.Raw == nil {
		return json.Marshal(map[string]AttachmentType{"type": a.AttachmentType})
	}
	return a.Raw, nil
}

// Attachments are the attachments of a message, as events tell them.
type Attachments []Attachment

// UnmarshalJSON decodes each attachment into the struct of its kind; it fails only where the text is no array.
func (a *Attachments) UnmarshalJSON(text []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(text, &items); err != nil {
		return err
	}
	if items == nil {
		*a = nil
		return nil
	}
	decoded := make(Attachments, 0, len(items))
	for _, item := range items {
		decoded = append(decoded, decodeAttachment(item))
	}
	*a = decoded
	return nil
}

func decodeAttachment(text json.RawMessage) Attachment {
	var kind struct {
		Type AttachmentType `json:"type"`
	}
	// What is no object has no kind, and is kept as it is.
	_ = json.Unmarshal(text, &kind)
	if empty, known := newAttachment[kind.Type]; known {
		attachment := empty()
		if json.Unmarshal(text, attachment) == nil {
			return attachment
		}
	}
	return &RawAttachment{AttachmentType: kind.Type, Raw: slices.Clone(text)}
}

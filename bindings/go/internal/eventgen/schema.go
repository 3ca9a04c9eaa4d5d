package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// schema is what the generator reads of a JSON schema. Descriptions are not read at all.
type schema struct {
	Ref            string             `json:"$ref"`
	Type           typeNames          `json:"type"`
	Const          any                `json:"const"`
	Enum           []any              `json:"enum"`
	ExtensibleEnum []any              `json:"x-extensible-enum"`
	Properties     map[string]*schema `json:"properties"`
	Required       []string           `json:"required"`
	Items          *schema            `json:"items"`
	Additional     additional         `json:"additionalProperties"`
	AnyOf          []*schema          `json:"anyOf"`
	OneOf          []*schema          `json:"oneOf"`
	Format         string             `json:"format"`
	Definitions    map[string]*schema `json:"definitions"`
}

// typeNames is the member "type", which is one name or several.
type typeNames []string

func (t *typeNames) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*t = typeNames{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(t))
}

// additional is the member "additionalProperties"; a boolean says nothing about a type.
type additional struct{ of *schema }

func (a *additional) UnmarshalJSON(text []byte) error {
	var allowed bool
	if json.Unmarshal(text, &allowed) == nil {
		return nil
	}
	return json.Unmarshal(text, &a.of)
}

// variants are the alternatives of a schema.
func (s *schema) variants() []*schema {
	if len(s.AnyOf) > 0 {
		return s.AnyOf
	}
	return s.OneOf
}

func (s *schema) isNull() bool {
	return len(s.Type) == 1 && s.Type[0] == "null"
}

// kind is the type without "null", and "" where there is none or more than one.
func (s *schema) kind() (kind string, nullable bool) {
	for _, name := range s.Type {
		switch {
		case name == "null":
			nullable = true
		case kind != "":
			return "", nullable
		default:
			kind = name
		}
	}
	return kind, nullable
}

func (s *schema) requires(member string) bool {
	return slices.Contains(s.Required, member)
}

// document is one schema file.
type document struct {
	definitions map[string]*schema
}

func readDocument(path string) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var root schema
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if root.Definitions["SessionEvent"] == nil {
		return nil, fmt.Errorf("%s has no definition SessionEvent", path)
	}
	return &document{definitions: root.Definitions}, nil
}

// definition is what a $ref names.
func (d *document) definition(ref string) (name string, found *schema, err error) {
	name = strings.TrimPrefix(ref, "#/definitions/")
	found = d.definitions[name]
	if found == nil {
		return "", nil, fmt.Errorf("%s leads nowhere", ref)
	}
	return name, found, nil
}

// follow is the schema itself, or what its $ref names.
func (d *document) follow(s *schema) (*schema, error) {
	for s.Ref != "" {
		_, next, err := d.definition(s.Ref)
		if err != nil {
			return nil, err
		}
		s = next
	}
	return s, nil
}

// eventSchemas is the schema of the data of every event type; nil where the event has none.
func (d *document) eventSchemas() (map[string]*schema, error) {
	events := map[string]*schema{}
	for _, variant := range d.definitions["SessionEvent"].variants() {
		event, err := d.follow(variant)
		if err != nil {
			return nil, err
		}
		discriminator := event.Properties["type"]
		if discriminator == nil {
			return nil, fmt.Errorf("an event has no type")
		}
		name, ok := discriminator.Const.(string)
		if !ok {
			return nil, fmt.Errorf("the type of an event is not constant")
		}
		events[name] = event.Properties["data"]
	}
	return events, nil
}

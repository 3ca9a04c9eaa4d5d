package copilot

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
)

// SchemaProvider is implemented by types of a tool's arguments that say themselves what their JSON looks like, such as
// one of a few words:
//
//	type unit string
//
//	func (unit) JSONSchema() *jsonschema.Schema {
//		return &jsonschema.Schema{Type: "string", Enum: []any{"celsius", "fahrenheit"}}
//	}
//
// The method is called on a zero value.
type SchemaProvider interface {
	JSONSchema() *jsonschema.Schema
}

var (
	rawMessageType      = reflect.TypeFor[json.RawMessage]()
	numberType          = reflect.TypeFor[json.Number]()
	timeType            = reflect.TypeFor[time.Time]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonUnmarshalerType = reflect.TypeFor[json.Unmarshaler]()
	providerType        = reflect.TypeFor[SchemaProvider]()
)

// argumentsSchema is the schema of the arguments of a tool that takes a value of this type.
func argumentsSchema(t reflect.Type) (its *toolSchema, err error) {
	defer func() {
		if value := recover(); value != nil {
			its, err = nil, fmt.Errorf("the schema of %v: panic: %v", t, value)
		}
	}()
	root := t
	for root.Kind() == reflect.Pointer {
		root = root.Elem()
	}
	schema := &jsonschema.Schema{Type: "object"}
	if root.Kind() != reflect.Interface && root != rawMessageType {
		own := ownSchemas{}
		if err := own.collect(root, map[reflect.Type]bool{}); err != nil {
			return nil, fmt.Errorf("the schema of %v: %w", t, err)
		}
		if schema, err = jsonschema.ForType(root, &jsonschema.ForOptions{TypeSchemas: own}); err != nil {
			return nil, fmt.Errorf("the schema of %v: %w", t, err)
		}
	}
	if schema.Type != "object" {
		return nil, fmt.Errorf("the arguments of a tool are an object, and %v is none", t)
	}
	allowNull(schema, map[*jsonschema.Schema]bool{})
	resolved, err := schema.Resolve(nil)
	if err != nil {
		return nil, fmt.Errorf("the schema of %v: %w", t, err)
	}
	parameters, err := json.Marshal(schema)
	if err != nil {
		return nil, fmt.Errorf("the schema of %v: %w", t, err)
	}
	if len(schema.Properties) == 0 {
		// Some providers of models refuse an object that does not say which members it has.
		parameters = append(bytes.TrimSuffix(parameters, []byte("}")), `,"properties":{}}`...)
	}
	return &toolSchema{resolved: resolved, parameters: parameters}, nil
}

// allowNull lets null be among the words of an enum where the type is one that may be null: a pointer's.
func allowNull(schema *jsonschema.Schema, seen map[*jsonschema.Schema]bool) {
	if schema == nil || seen[schema] {
		return
	}
	seen[schema] = true
	if schema.Enum != nil && slices.Contains(schema.Types, "null") && !slices.Contains(schema.Enum, nil) {
		schema.Enum = append(slices.Clone(schema.Enum), nil)
	}
	allowNull(schema.Items, seen)
	allowNull(schema.AdditionalProperties, seen)
	for _, member := range schema.Properties {
		allowNull(member, seen)
	}
}

// ownSchemas are the schemas of types whose JSON is not what their kind suggests.
type ownSchemas map[reflect.Type]*jsonschema.Schema

// collect looks at a type and those that it is made of.
func (own ownSchemas) collect(t reflect.Type, seen map[reflect.Type]bool) error {
	if seen[t] {
		return nil
	}
	seen[t] = true
	if schema, err := ownSchema(t); err != nil || schema != nil {
		own[t] = schema
		return err
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return own.collect(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if err := own.collectField(t.Field(i), seen); err != nil {
				return fmt.Errorf("%v: %w", t, err)
			}
		}
	}
	return nil
}

func (own ownSchemas) collectField(field reflect.StructField, seen map[reflect.Type]bool) error {
	name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	if field.Tag.Get("json") == "-" || !field.IsExported() && !field.Anonymous {
		return nil
	}
	if field.Anonymous {
		inner := field.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if !field.IsExported() && inner.Kind() != reflect.Struct {
			return nil
		}
		if name != "" || inner.Kind() != reflect.Struct {
			return fmt.Errorf("%s is embedded but no part of the object; give the field a name", field.Name)
		}
	}
	for _, option := range strings.Split(options, ",") {
		if option == "string" {
			return fmt.Errorf("%s: the json option \"string\" has no schema", field.Name)
		}
	}
	return own.collect(field.Type, seen)
}

// ownSchema is the schema of a type whose JSON is not what its kind suggests, nil for others.
func ownSchema(t reflect.Type) (*jsonschema.Schema, error) {
	pointer := reflect.PointerTo(t)
	switch {
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface:
		return nil, nil
	case pointer.Implements(providerType):
		schema := reflect.New(t).Interface().(SchemaProvider).JSONSchema()
		if schema == nil {
			return nil, errors.New("JSONSchema of " + t.String() + " is nil")
		}
		return schema, nil
	case t == rawMessageType:
		return &jsonschema.Schema{Types: []string{"null", "boolean", "object", "array", "number", "string"}}, nil
	case t == numberType:
		return &jsonschema.Schema{Type: "number"}, nil
	case t == timeType:
		return &jsonschema.Schema{Type: "string", Format: "date-time"}, nil
	case pointer.Implements(jsonUnmarshalerType):
		return nil, nil
	case pointer.Implements(textUnmarshalerType):
		return &jsonschema.Schema{Type: "string"}, nil
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		return &jsonschema.Schema{Types: []string{"null", "string"}, ContentEncoding: "base64"}, nil
	}
	return nil, nil
}

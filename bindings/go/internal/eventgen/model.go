package main

import (
	"fmt"
	"maps"
	"slices"
)

// typeRef is a Go type as a member's type. Nilable types have a "not there" of their own; the others get a pointer
// where a member is optional.
type typeRef struct {
	expression string
	nilable    bool
	// named is the struct or enum that the expression mentions, or "".
	named string
}

type field struct {
	name, wire string
	ref        typeRef
	optional   bool
}

// structDef is a Go struct to be written.
type structDef struct {
	name   string
	event  string // the event's type, where the struct is the data of one
	kind   string // the constant discriminator, where the struct is a variant of an interface
	union  string // the interface, where the struct is a variant or a part of one
	merged bool   // whether it holds the members of several variants
	fields []field
}

// enumDef is a Go string type to be written.
type enumDef struct {
	name   string
	values []string
}

// unionDef is a Go interface to be written, whose variants are structs of their own.
type unionDef struct {
	name          string
	discriminator string
	variants      []string
}

// model collects everything that is to be written.
type model struct {
	events  map[string]string // event type to struct
	structs map[string]*structDef
	enums   map[string]*enumDef
	unions  map[string]*unionDef
	owners  map[string]map[string]bool // named type to the event types that use it
}

// opaque is the Go type of a value that the schema does not describe.
var opaque = typeRef{expression: "any", nilable: true}

// raw is the Go type of a value that has several forms.
var raw = typeRef{expression: "json.RawMessage", nilable: true}

// buildModel reads the documents in order. What an earlier one has counts; later ones add event types only.
func buildModel(documents []*document) (*model, error) {
	m := &model{
		events: map[string]string{}, structs: map[string]*structDef{}, enums: map[string]*enumDef{},
		unions: map[string]*unionDef{}, owners: map[string]map[string]bool{},
	}
	for _, doc := range documents {
		events, err := doc.eventSchemas()
		if err != nil {
			return nil, err
		}
		b := &builder{model: m, document: doc, begun: map[string]typeRef{}}
		for _, event := range slices.Sorted(maps.Keys(events)) {
			if _, known := m.events[event]; known {
				continue
			}
			name := goName(event) + "Data"
			if err := b.eventData(name, event, events[event]); err != nil {
				return nil, fmt.Errorf("%s: %w", event, err)
			}
			m.events[event] = name
		}
	}
	for event, name := range m.events {
		m.own(name, event)
	}
	return m, nil
}

// own notes that an event type uses a named type, and all that is in it.
func (m *model) own(name, event string) {
	if m.owners[name][event] {
		return
	}
	if m.owners[name] == nil {
		m.owners[name] = map[string]bool{}
	}
	m.owners[name][event] = true
	if union := m.unions[name]; union != nil {
		m.own(name+goName(union.discriminator), event)
		for _, variant := range union.variants {
			m.own(variant, event)
			m.partOf(variant, name)
		}
	}
	if def := m.structs[name]; def != nil {
		for _, f := range def.fields {
			if f.ref.named != "" {
				m.own(f.ref.named, event)
			}
		}
	}
}

// partOf notes that all that a type contains is a part of an interface.
func (m *model) partOf(name, union string) {
	def := m.structs[name]
	if def == nil || def.union == union {
		return
	}
	def.union = union
	for _, f := range def.fields {
		m.partOf(f.ref.named, union)
	}
}

// builder turns the schemas of one document into Go types.
type builder struct {
	*model
	document *document
	begun    map[string]typeRef // definitions that are done or under way, for those that contain themselves
}

func (b *builder) eventData(name, event string, data *schema) error {
	def := &structDef{name: name, event: event}
	b.structs[name] = def
	if data == nil {
		return nil
	}
	data, err := b.document.follow(data)
	if err != nil {
		return err
	}
	return b.fill(def, data)
}

// fill gives a struct the members of an object, or of all the objects of a union.
func (b *builder) fill(def *structDef, s *schema) error {
	if len(s.variants()) == 0 {
		fields, err := b.members(def.name, s)
		def.fields = fields
		def.renameType()
		return err
	}
	def.merged = true
	err := b.merge(def, s.variants())
	def.renameType()
	return err
}

// renameType gives way to the method Type, which the data of events has.
func (def *structDef) renameType() {
	for i := range def.fields {
		if def.event != "" && def.fields[i].name == "Type" {
			def.fields[i].name = "Discriminator"
		}
	}
}

func (b *builder) members(owner string, s *schema) ([]field, error) {
	var fields []field
	for _, wire := range slices.Sorted(maps.Keys(s.Properties)) {
		ref, nullable, err := b.resolve(s.Properties[wire], owner+goName(wire))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", wire, err)
		}
		fields = append(fields, field{
			name: goName(wire), wire: wire, ref: ref, optional: nullable || !s.requires(wire),
		})
	}
	return fields, nil
}

// merge gives a struct the members of all variants. A member that not every variant has is optional.
func (b *builder) merge(def *structDef, variants []*schema) error {
	seen := map[string][]field{}
	constants := map[string][]string{}
	for _, variant := range variants {
		object, err := b.document.follow(variant)
		if err != nil {
			return err
		}
		for wire, property := range object.Properties {
			if text, ok := property.Const.(string); ok && !slices.Contains(constants[wire], text) {
				constants[wire] = append(constants[wire], text)
			}
		}
		owner := def.name
		if variant.Ref != "" {
			owner, _, _ = b.document.definition(variant.Ref)
			owner = goName(owner)
		}
		fields, err := b.members(owner, object)
		if err != nil {
			return err
		}
		for _, f := range fields {
			seen[f.wire] = append(seen[f.wire], f)
		}
	}
	for _, wire := range slices.Sorted(maps.Keys(seen)) {
		all := seen[wire]
		f := all[0]
		for _, other := range all[1:] {
			f.optional = f.optional || other.optional
			f.ref = b.common(def.name+goName(wire), f.ref, other.ref)
		}
		f.optional = f.optional || len(all) < len(variants)
		if values := constants[wire]; len(values) > 1 && f.ref.expression == "string" {
			f.ref = b.enum(def.name+goName(wire), values)
		}
		def.fields = append(def.fields, f)
	}
	return nil
}

// common is the type that holds what either type holds; name is what it is called where it is a new one.
func (b *builder) common(name string, one, other typeRef) typeRef {
	switch {
	case one == other:
		return one
	case b.isEnum(one) && b.isEnum(other):
		b.enum(name, b.enums[one.named].values)
		return b.enum(name, b.enums[other.named].values)
	case b.isText(one) && b.isText(other):
		return typeRef{expression: "string"}
	}
	return raw
}

func (b *builder) isEnum(ref typeRef) bool {
	return ref.expression == ref.named && b.enums[ref.named] != nil
}

func (b *builder) isText(ref typeRef) bool {
	return ref.expression == "string" || b.isEnum(ref)
}

// resolve is the Go type of a schema. A type that the schema does not name is called hint.
func (b *builder) resolve(s *schema, hint string) (ref typeRef, nullable bool, err error) {
	if s.Ref != "" {
		return b.reference(s)
	}
	if variants := s.variants(); len(variants) > 0 {
		return b.alternatives(variants, hint)
	}
	kind, nullable := s.kind()
	if undivided[hint] {
		return raw, nullable, nil
	}
	ref, err = b.plain(s, kind, hint)
	return ref, nullable, err
}

func (b *builder) plain(s *schema, kind, hint string) (typeRef, error) {
	switch kind {
	case "string":
		return b.text(s, hint), nil
	case "boolean":
		return typeRef{expression: "bool"}, nil
	case "integer":
		return typeRef{expression: "int64"}, nil
	case "number":
		return typeRef{expression: "float64"}, nil
	case "array":
		return b.array(s, hint)
	case "object":
		return b.object(s, hint)
	}
	return opaque, nil
}

func (b *builder) text(s *schema, hint string) typeRef {
	values := texts(s.Enum)
	if len(s.ExtensibleEnum) > 0 {
		values = texts(s.ExtensibleEnum)
	}
	switch {
	case s.Format == "date-time":
		return typeRef{expression: "time.Time"}
	case len(values) > 0:
		return b.enum(hint, values)
	}
	return typeRef{expression: "string"}
}

func texts(values []any) []string {
	var found []string
	for _, value := range values {
		if text, ok := value.(string); ok && text != "" {
			found = append(found, text)
		}
	}
	return found
}

func (b *builder) enum(name string, values []string) typeRef {
	known := b.enums[name]
	if known == nil {
		known = &enumDef{name: name}
		b.enums[name] = known
	}
	for _, value := range values {
		if !slices.Contains(known.values, value) {
			known.values = append(known.values, value)
		}
	}
	return typeRef{expression: name, named: name}
}

func (b *builder) array(s *schema, hint string) (typeRef, error) {
	if s.Items == nil {
		return typeRef{expression: "[]any", nilable: true}, nil
	}
	if s.Items.Ref != "" {
		if name, _, err := b.document.definition(s.Items.Ref); err == nil && interfaces[name] != "" {
			ref, _, err := b.reference(s.Items)
			return typeRef{expression: goName(name) + "s", nilable: true, named: ref.named}, err
		}
	}
	element, _, err := b.resolve(s.Items, hint+"Item")
	return typeRef{expression: "[]" + element.expression, nilable: true, named: element.named}, err
}

func (b *builder) object(s *schema, hint string) (typeRef, error) {
	if len(s.Properties) > 0 {
		return b.structType(hint, s)
	}
	if s.Additional.of == nil {
		return typeRef{expression: "map[string]any", nilable: true}, nil
	}
	element, _, err := b.resolve(s.Additional.of, hint+"Value")
	return typeRef{expression: "map[string]" + element.expression, nilable: true, named: element.named}, err
}

func (b *builder) structType(name string, s *schema) (typeRef, error) {
	ref := typeRef{expression: name, named: name}
	if b.structs[name] != nil {
		return ref, nil
	}
	def := &structDef{name: name}
	b.structs[name] = def
	return ref, b.fill(def, s)
}

// reference is the type of a definition. Definitions that are no struct and no enum have no name in Go.
func (b *builder) reference(s *schema) (typeRef, bool, error) {
	name, target, err := b.document.definition(s.Ref)
	if err != nil {
		return typeRef{}, false, err
	}
	if external, ok := handWritten[name]; ok {
		return external, false, nil
	}
	if done, ok := b.begun[name]; ok {
		return done, false, nil
	}
	b.begun[name] = typeRef{expression: goName(name), named: goName(name)}
	var ref typeRef
	var nullable bool
	if discriminator := interfaces[name]; discriminator != "" {
		ref, err = b.union(goName(name), discriminator, target.variants())
	} else {
		ref, nullable, err = b.resolve(target, goName(name))
	}
	b.begun[name] = ref
	return ref, nullable, err
}

// alternatives is the type of a schema with variants: "null" makes it nullable, objects are merged into one struct,
// and what has no form in common stays as it is.
func (b *builder) alternatives(variants []*schema, hint string) (ref typeRef, nullable bool, err error) {
	var rest, objects []*schema
	for _, variant := range variants {
		if variant.isNull() {
			nullable = true
			continue
		}
		rest = append(rest, variant)
		target, err := b.document.follow(variant)
		if err != nil {
			return typeRef{}, false, err
		}
		if kind, _ := target.kind(); kind == "object" && len(target.Properties) > 0 {
			objects = append(objects, variant)
		}
	}
	if len(rest) == 1 {
		ref, inner, err := b.resolve(rest[0], hint)
		return ref, nullable || inner, err
	}
	if len(rest) > 0 && len(objects) == len(rest) {
		ref, err = b.structType(hint, &schema{AnyOf: objects})
		return ref, nullable, err
	}
	return raw, nullable, nil
}

// union is an interface with one struct for each variant.
func (b *builder) union(name, discriminator string, variants []*schema) (typeRef, error) {
	def := &unionDef{name: name, discriminator: discriminator}
	b.unions[name] = def
	for _, variant := range variants {
		definition, object, err := b.document.definition(variant.Ref)
		if err != nil {
			return typeRef{}, err
		}
		kind, ok := object.Properties[discriminator].Const.(string)
		if !ok {
			return typeRef{}, fmt.Errorf("%s has no constant %s", definition, discriminator)
		}
		ref, err := b.structType(goName(definition), object)
		if err != nil {
			return typeRef{}, err
		}
		b.structs[ref.named].kind = kind
		b.structs[ref.named].fields = slices.DeleteFunc(b.structs[ref.named].fields, func(f field) bool {
			return f.wire == discriminator
		})
		def.variants = append(def.variants, ref.named)
		b.enum(name+goName(discriminator), []string{kind})
	}
	return typeRef{expression: name, nilable: true, named: name}, nil
}

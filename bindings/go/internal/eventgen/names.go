package main

import (
	"strings"
	"unicode"
)

// initialisms are the words that Go writes in capitals.
var initialisms = map[string]string{
	"api": "API", "http": "HTTP", "id": "ID", "ids": "IDs", "json": "JSON", "llm": "LLM", "mcp": "MCP",
	"mime": "MIME", "sdk": "SDK", "sse": "SSE", "ui": "UI", "uri": "URI", "url": "URL", "urls": "URLs",
	"html": "HTML", "ascii": "ASCII", "github": "GitHub", "ado": "ADO",
}

// goName is the exported Go name of a name of the wire, such as "session.mcp_servers_loaded".
func goName(wire string) string {
	var name strings.Builder
	for _, word := range words(wire) {
		if upper, ok := initialisms[strings.ToLower(word)]; ok {
			name.WriteString(upper)
			continue
		}
		runes := []rune(word)
		runes[0] = unicode.ToUpper(runes[0])
		name.WriteString(string(runes))
	}
	return name.String()
}

// words are the parts of a name that is written in snake_case, kebab-case, camelCase or with dots.
func words(wire string) []string {
	var found []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			found = append(found, string(word))
			word = nil
		}
	}
	runes := []rune(wire)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			continue
		}
		if unicode.IsUpper(r) && i > 0 {
			after := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) || after {
				flush()
			}
		}
		word = append(word, r)
	}
	flush()
	return joinBrands(found)
}

// joinBrands puts together what belongs together although its letters say otherwise.
func joinBrands(parts []string) []string {
	var joined []string
	for _, part := range parts {
		if part == "Hub" && len(joined) > 0 && strings.EqualFold(joined[len(joined)-1], "git") {
			joined[len(joined)-1] = "GitHub"
			continue
		}
		joined = append(joined, part)
	}
	return joined
}

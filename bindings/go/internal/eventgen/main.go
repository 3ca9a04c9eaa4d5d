// Eventgen writes the Go types of the events of sessions from the schemas that come with the Copilot CLI.
//
//	eventgen [-out folder] schemas
//
// The argument is a list of paths to files called session-events.schema.json, newest first, separated as in PATH.
// The first describes its events; what only a later one has is added. Only names and types are read: no text of a
// schema goes into what is written.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", ".", "the folder to write to")
	flag.Parse()
	if flag.NArg() != 1 || flag.Arg(0) == "" {
		fmt.Fprintln(os.Stderr, "usage: eventgen [-out folder] schema"+string(os.PathListSeparator)+"older-schema...")
		os.Exit(2)
	}
	if err := generate(filepath.SplitList(flag.Arg(0)), *out); err != nil {
		fmt.Fprintln(os.Stderr, "eventgen:", err)
		os.Exit(1)
	}
}

func generate(paths []string, out string) error {
	var documents []*document
	for _, path := range paths {
		doc, err := readDocument(path)
		if err != nil {
			return err
		}
		documents = append(documents, doc)
	}
	m, err := buildModel(documents)
	if err != nil {
		return err
	}
	files, err := m.render()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

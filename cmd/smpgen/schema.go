package main

import (
	"errors"

	"blesmp/gen"
	"blesmp/gen/schema"
)

func schemaCommand() *command {
	return &command{
		name:    "schema",
		args:    "[FILE...]",
		summary: "writes JSON schemas, by which editors complete names",
		help: `Writes beside each specification NAME.yaml its schema NAME.schema.json, with
the names of its states, events, actions, guards and all else in it. An editor
with a YAML language server finds it by a first line such as
# yaml-language-server: $schema=NAME.schema.json`,
		examples: []string{"smpgen schema", "smpgen schema spec/protocol.yaml"},
		run:      runSchema,
	}
}

func runSchema(in *invocation) error {
	paths, err := specs(in.args)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		m, err := gen.Load(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		text, err := schema.Write(m)
		if err != nil {
			return err
		}
		if err := write(gen.File{Path: schema.FileName(path), Content: text}); err != nil {
			return err
		}
	}
	return errors.Join(errs...)
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"

	"blesmp/gen"
	"blesmp/gen/diagram"
)

func diagramCommand() *command {
	return &command{
		name:    "diagram",
		args:    "[FILE...]",
		summary: "draws specifications: charts, and tables of cells, PDUs and answers",
		help: `Draws each specification into a folder: an overview and a chart for each phase
and role, as Mermaid in Markdown and as SVG; every cell of the state machine;
the association grids, the PDUs, and every place that gives an answer. The same
specification gives the same octets.`,
		examples: []string{"smpgen diagram", "smpgen diagram -o docs/diagrams spec/protocol.yaml"},
		flags: func(f *flag.FlagSet) {
			f.String("o", "docs/diagrams", "the `folder` to draw into")
		},
		run: runDiagram,
	}
}

func runDiagram(in *invocation) error {
	folder := in.flags.Lookup("o").Value.String()
	paths, err := specs(in.args)
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		files, err := draw(path, folder)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, f := range files {
			if err := write(f); err != nil {
				return err
			}
		}
	}
	return errors.Join(errs...)
}

// draw makes the pictures of one specification.
func draw(path, folder string) ([]gen.File, error) {
	m, err := gen.Load(path)
	if err != nil {
		return nil, err
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	to, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	source, err := filepath.Rel(from, to)
	if err != nil {
		return nil, fmt.Errorf("%s: no way from %s: %w", path, folder, err)
	}
	drawn, err := diagram.Files(context.Background(), m, diagram.Options{Source: filepath.ToSlash(source)})
	if err != nil {
		return nil, err
	}
	var files []gen.File
	for _, f := range drawn {
		files = append(files, gen.File{Path: filepath.Join(folder, filepath.FromSlash(f.Path)), Content: f.Content})
	}
	return files, nil
}

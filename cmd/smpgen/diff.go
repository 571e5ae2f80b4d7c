package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

func diffCommand() *command {
	return &command{
		name:    "diff",
		args:    "[FILE...]",
		summary: "tells whether the generated code is up to date",
		help: `Generates the code of each specification, and prints how the files on disk
differ from it as a unified diff. The exit code is 1 if any differs or is
missing. Nothing is written.`,
		examples: []string{"smpgen diff", "smpgen diff spec/protocol.yaml | patch -p0"},
		run:      runDiff,
	}
}

func runDiff(in *invocation) error {
	files, err := generate(in.args)
	if err != nil {
		return err
	}
	differ := false
	for _, f := range files {
		name := filepath.ToSlash(f.Path)
		oldName := name
		old, err := os.ReadFile(f.Path)
		if errors.Is(err, fs.ErrNotExist) {
			oldName = "/dev/null"
		} else if err != nil {
			return err
		}
		if text := unified(oldName, name, old, f.Content); text != "" {
			differ = true
			if _, err := fmt.Fprint(in.stdout, text); err != nil {
				return err
			}
		}
	}
	if differ {
		return errFound
	}
	return nil
}

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"blesmp/gen"
	"blesmp/gen/diag"
)

func fmtCommand() *command {
	var list, write, diff bool
	return &command{
		name:    "fmt",
		args:    "[FILE...]",
		summary: "formats specifications",
		help: `Puts the keys of rules in the order in which they are carried out, and breaks
rules over 100 columns into blocks. Without a flag the result goes to standard
output. The exit code is 1 if -l or -d found a file that is not formatted.`,
		examples: []string{"smpgen fmt -l", "smpgen fmt -w", "smpgen fmt -d spec/protocol.yaml"},
		flags: func(f *flag.FlagSet) {
			f.BoolVar(&list, "l", false, "list the files that are not formatted")
			f.BoolVar(&write, "w", false, "write the result into the files")
			f.BoolVar(&diff, "d", false, "show what formatting changes, as a unified diff")
		},
		run: func(in *invocation) error {
			return runFmt(in, list, write, diff)
		},
	}
}

func runFmt(in *invocation, list, write, diff bool) error {
	paths, err := specs(in.args)
	if err != nil {
		return err
	}
	problems := new(diag.List)
	changed := false
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		formatted, err := gen.Format(path, source)
		if err != nil {
			problems.Join(path, err)
			continue
		}
		if !list && !write && !diff {
			if _, err := in.stdout.Write(formatted); err != nil {
				return err
			}
			continue
		}
		if bytes.Equal(source, formatted) {
			continue
		}
		changed = true
		if err := showFormatted(in, path, source, formatted, list, diff); err != nil {
			return err
		}
		if write {
			if err := os.WriteFile(path, formatted, 0o644); err != nil {
				return err
			}
		}
	}
	if err := problems.Err(); err != nil {
		return err
	}
	if changed && !write {
		return errFound
	}
	return nil
}

// showFormatted prints what the flags ask for about a file that formatting
// changes.
func showFormatted(in *invocation, path string, source, formatted []byte, list, diff bool) error {
	name := filepath.ToSlash(path)
	if list {
		if _, err := fmt.Fprintln(in.stdout, name); err != nil {
			return err
		}
	}
	if diff {
		if _, err := fmt.Fprint(in.stdout, unified(name, name, source, formatted)); err != nil {
			return err
		}
	}
	return nil
}

// Command smpgen turns the specifications of a module into Go code, and tells
// what is wrong with them.
//
//	smpgen gen       writes the generated code
//	smpgen check     finds mistakes in specifications and in the Go that they bind
//	smpgen diff      tells whether the generated code is up to date
//	smpgen fmt       formats specifications
//	smpgen explain   says which line decides what happens on an event in a state
//	smpgen verify    explores state machines and proves what they promise
//	smpgen diagram   draws charts and tables
//	smpgen schema    writes JSON schemas for editors
//	smpgen init      writes a small protocol to start from
//	smpgen help      describes a command
//
// Without a command it is smpgen gen, which is what a go:generate line wants.
// Without files a command takes every spec/*.yaml of the module.
//
// The exit code is 0 if all is well, 1 if there was something to find or to
// say, and 2 if the command line makes no sense.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"blesmp/gen"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitOK    = 0
	exitFound = 1
	exitUsage = 2
)

// command is one subcommand.
type command struct {
	name     string
	args     string // after the flags, for the usage line
	summary  string
	help     string
	examples []string
	flags    func(*flag.FlagSet) // declares them; nil for none
	run      func(*invocation) error
}

// invocation is one call of a command.
type invocation struct {
	args   []string
	flags  *flag.FlagSet
	stdout io.Writer
	stderr io.Writer
}

// errFound ends a command that has said itself what it found.
var errFound = errors.New("found something")

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// commands lists the subcommands in the order in which help shows them.
func commands() []*command {
	return []*command{
		genCommand(), checkCommand(), diffCommand(), fmtCommand(), explainCommand(),
		verifyCommand(), diagramCommand(), schemaCommand(), initCommand(),
	}
}

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		args = []string{"gen"}
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], stdout, stderr)
	}
	for _, c := range commands() {
		if c.name == args[0] {
			return c.invoke(args[1:], stdout, stderr)
		}
	}
	_, _ = fmt.Fprintf(stderr, "smpgen: unknown command %q; smpgen help lists the commands\n", args[0])
	return exitUsage
}

func (c *command) invoke(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	if c.flags != nil {
		c.flags(flags)
	}
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		c.describe(stdout)
		return exitOK
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "smpgen %s: %v; see smpgen help %s\n", c.name, err, c.name)
		return exitUsage
	}
	err := c.run(&invocation{args: flags.Args(), flags: flags, stdout: stdout, stderr: stderr})
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFound):
		return exitFound
	case errors.As(err, &usage):
		_, _ = fmt.Fprintf(stderr, "smpgen %s: %v; see smpgen help %s\n", c.name, err, c.name)
		return exitUsage
	}
	_, _ = fmt.Fprintln(stderr, err)
	return exitFound
}

// help describes one command, or lists them all.
func help(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		_, _ = fmt.Fprint(stdout, "smpgen turns specifications into Go code and tells what is wrong with them.\n\nUsage:\n\n")
		for _, c := range commands() {
			_, _ = fmt.Fprintf(stdout, "    smpgen %-8s %s\n", c.name, c.summary)
		}
		_, _ = fmt.Fprint(stdout, "\nsmpgen help COMMAND tells more. Without a command it is smpgen gen.\n")
		return exitOK
	}
	for _, c := range commands() {
		if c.name == args[0] {
			c.describe(stdout)
			return exitOK
		}
	}
	_, _ = fmt.Fprintf(stderr, "smpgen: unknown command %q; smpgen help lists the commands\n", args[0])
	return exitUsage
}

// describe prints everything about a command.
func (c *command) describe(w io.Writer) {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(w)
	options := ""
	if c.flags != nil {
		c.flags(flags)
		options = " [flags]"
	}
	_, _ = fmt.Fprintf(w, "smpgen %s%s %s\n\n%s\n", c.name, options, c.args, c.help)
	if c.flags != nil {
		_, _ = fmt.Fprint(w, "\nFlags:\n\n")
		flags.PrintDefaults()
	}
	_, _ = fmt.Fprint(w, "\nExamples:\n\n")
	for _, example := range c.examples {
		_, _ = fmt.Fprintf(w, "    %s\n", example)
	}
}

// specs gives the files to work on: those of the command line, or all of the
// module's. Paths are as short as they can be from here.
func specs(args []string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	module, err := gen.FindModule(".")
	if err != nil {
		return nil, err
	}
	paths, err := module.Specs()
	if err != nil {
		return nil, err
	}
	here, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		if rel, err := filepath.Rel(here, path); err == nil {
			paths[i] = rel
		}
	}
	return paths, nil
}

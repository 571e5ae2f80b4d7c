// Command smp is the Security Manager at work: it plays recorded pairings and
// shows what they come to.
//
//	smp replay    plays recorded pairings and compares every octet
//	smp help      describes a command
//
// The exit code is 0 if all went well, 1 if something failed, and 2 if the
// command line makes no sense.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// The exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands are the subcommands in the order in which help shows them.
func commands() []*command {
	return []*command{replayCommand()}
}

// command is one subcommand. Its flags are declared, and its work done, anew
// for every call.
type command struct {
	name     string
	args     string // after the flags, for the usage line
	summary  string
	help     string
	examples []string

	// start declares the flags and gives what runs once they are read.
	start func(flags *flag.FlagSet) func(*invocation) error
}

// invocation is one call of a command.
type invocation struct {
	args   []string // behind the flags
	stdout io.Writer
	stderr io.Writer
}

// errFailed ends a command that has said itself what failed.
var errFailed = errors.New("failed")

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func run(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		overview(stderr)
		return exitUsage
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return help(args[1:], stdout, stderr)
	}
	c := find(args[0])
	if c == nil {
		return unknown(args[0], stderr)
	}
	return c.call(args[1:], stdout, stderr)
}

func find(name string) *command {
	for _, c := range commands() {
		if c.name == name {
			return c
		}
	}
	return nil
}

func unknown(name string, stderr io.Writer) int {
	_, _ = fmt.Fprintf(stderr, "smp: unknown command %q; smp help lists the commands\n", name)
	return exitUsage
}

func (c *command) call(args []string, stdout, stderr io.Writer) int {
	flags := c.newFlags()
	work := c.start(flags)
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		c.describe(stdout)
		return exitOK
	case err != nil:
		return c.misused(err, stderr)
	}
	err := work(&invocation{args: flags.Args(), stdout: stdout, stderr: stderr})
	if err == nil {
		return exitOK
	}
	if usage, ok := errors.AsType[usageError](err); ok {
		return c.misused(usage, stderr)
	}
	if !errors.Is(err, errFailed) {
		_, _ = fmt.Fprintf(stderr, "smp %s: %s\n", c.name, strings.TrimPrefix(err.Error(), "smp: "))
	}
	return exitFailed
}

func (c *command) newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet(c.name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

func (c *command) misused(err error, stderr io.Writer) int {
	_, _ = fmt.Fprintf(stderr, "smp %s: %v; see smp help %s\n", c.name, err, c.name)
	return exitUsage
}

// help describes the commands that are named, or lists them all.
func help(names []string, stdout, stderr io.Writer) int {
	if len(names) == 0 {
		overview(stdout)
	}
	for i, name := range names {
		c := find(name)
		if c == nil {
			return unknown(name, stderr)
		}
		if i > 0 {
			_, _ = fmt.Fprintln(stdout)
		}
		c.describe(stdout)
	}
	return exitOK
}

func overview(w io.Writer) {
	_, _ = fmt.Fprint(w, "smp is a Bluetooth LE Security Manager at work.\n\nUsage:\n\n")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "    smp %-12s %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprint(w, "\nsmp help COMMAND tells more.\n")
}

// describe prints everything about a command.
func (c *command) describe(w io.Writer) {
	flags := c.newFlags()
	c.start(flags)
	flags.SetOutput(w)
	_, _ = fmt.Fprintf(w, "Usage: smp %s [flags] %s\n\n%s\n\nFlags:\n\n", c.name, c.args, c.help)
	flags.PrintDefaults()
	_, _ = fmt.Fprint(w, "\nExamples:\n\n")
	for _, example := range c.examples {
		_, _ = fmt.Fprintf(w, "    %s\n", example)
	}
}

// Command smp pairs Bluetooth LE devices, and shows and checks how they pair.
//
// smp help lists its commands.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// The exit statuses.
const (
	exitOK      = 0
	exitFailure = 1 // what was asked for did not come about
	exitUsage   = 2 // what was asked for could not be understood

	exitInterrupted = 130 // Ctrl-C
)

// command is one subcommand.
type command struct {
	name     string
	summary  string // one line
	usage    string // the words behind the name
	about    string // what help shows
	examples []string
	run      func(ctx context.Context, s streams, args []string) int
	flags    func() *flag.FlagSet // for help
	words    []string             // what its first argument can be, for completion
}

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends it at once
	os.Exit(run(ctx, streams{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// run finds the command and runs it.
func run(ctx context.Context, s streams, args []string) int {
	if len(args) == 0 {
		overview(s.err)
		return exitUsage
	}
	name, rest := args[0], args[1:]
	if name == "help" || name == "-h" || name == "--help" {
		return help(s, rest)
	}
	c, ok := find(name)
	if !ok {
		return usageError(s, fmt.Errorf("there is no command %q; smp help lists them", name))
	}
	if slices.ContainsFunc(rest, func(a string) bool { return a == "-h" || a == "-help" || a == "--help" }) {
		return help(s, []string{name})
	}
	status := c.run(ctx, s, rest)
	if status == exitFailure && ctx.Err() != nil {
		return exitInterrupted
	}
	return status
}

func find(name string) (command, bool) {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == name })
	if i < 0 {
		return command{}, false
	}
	return all[i], true
}

// overview lists the commands.
func overview(w io.Writer) {
	fmt.Fprint(w, "smp pairs Bluetooth LE devices, and shows and checks how they pair.\n\nUsage: smp COMMAND [flags] [arguments]\n\n")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-12s %s\n", c.name, c.summary)
	}
	fmt.Fprint(w, "\nsmp help COMMAND tells more. Exit status: 0 done, 1 it failed, 2 wrong usage, 130 Ctrl-C.\n")
}

// help shows one command, or all.
func help(s streams, args []string) int {
	if len(args) == 0 {
		overview(s.out)
		return exitOK
	}
	c, ok := find(args[0])
	if !ok {
		return usageError(s, fmt.Errorf("there is no command %q; smp help lists them", args[0]))
	}
	fmt.Fprintf(s.out, "Usage: smp %s\n\n%s\n", strings.TrimSpace(c.name+" "+c.usage), c.about)
	describeFlags(s.out, c.flags())
	if len(c.examples) > 0 {
		fmt.Fprint(s.out, "\nExamples:\n")
	}
	for _, e := range c.examples {
		fmt.Fprintf(s.out, "  %s\n", e)
	}
	return exitOK
}

// describeFlags lists the flags of a command.
func describeFlags(w io.Writer, flags *flag.FlagSet) {
	first := true
	flags.VisitAll(func(f *flag.Flag) {
		if first {
			fmt.Fprint(w, "\nFlags:\n")
			first = false
		}
		value, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(w, "  %s\n      %s", strings.TrimSpace("--"+f.Name+" "+value), usage)
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "0s" {
			fmt.Fprintf(w, " (default %s)", f.DefValue)
		}
		fmt.Fprintln(w)
	})
}

// usageError says what could not be understood.
func usageError(s streams, err error) int {
	fmt.Fprintf(s.err, "smp: %v\n", err)
	return exitUsage
}

// failure says what did not come about.
func failure(s streams, err error) int {
	fmt.Fprintf(s.err, "smp: %s\n", explain(err))
	return exitFailure
}

// parse reads a command's flags, which may stand before, between and behind its
// arguments. What stands behind -- is an argument.
func parse(flags *flag.FlagSet, args []string) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	var last []string
	if i := slices.Index(args, "--"); i >= 0 {
		args, last = args[:i], args[i+1:]
	}
	var arguments []string
	for {
		if err := flags.Parse(args); err != nil {
			return fmt.Errorf("%s: %w; smp help %s shows the flags", flags.Name(), err, flags.Name())
		}
		if flags.NArg() == 0 {
			break
		}
		arguments, args = append(arguments, flags.Arg(0)), flags.Args()[1:]
	}
	return flags.Parse(append(append([]string{"--"}, arguments...), last...))
}

var errArguments = errors.New("takes no arguments")

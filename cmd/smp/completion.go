package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
)

func completionCommand() command {
	return command{
		name:    "completion",
		summary: "print the shell's completion of smp",
		usage:   "bash|zsh",
		about: `Prints a script that teaches a shell to complete the commands of smp, their
flags and the values that flags can have.`,
		examples: []string{
			"source <(smp completion bash)",
			"smp completion bash > /etc/bash_completion.d/smp",
			"smp completion zsh > \"${fpath[1]}/_smp\"",
		},
		run:   runCompletion,
		flags: func() *flag.FlagSet { return flag.NewFlagSet("completion", flag.ContinueOnError) },
		words: []string{"bash", "zsh"},
	}
}

func runCompletion(_ context.Context, s streams, args []string) int {
	flags := flag.NewFlagSet("completion", flag.ContinueOnError)
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() != 1 {
		return usageError(s, fmt.Errorf("completion: want bash or zsh"))
	}
	var err error
	switch flags.Arg(0) {
	case "bash":
		err = bashCompletion(s.out)
	case "zsh":
		err = zshCompletion(s.out)
	default:
		return usageError(s, fmt.Errorf("completion: there is none for %q; want bash or zsh", flags.Arg(0)))
	}
	if err != nil {
		return failure(s, err)
	}
	return exitOK
}

// flagValues are what flags take of which there are few, by the flag's name.
func flagValues(name string) []string {
	switch name {
	case "io":
		var values []string
		for _, n := range ioNames {
			values = append(values, n.name)
		}
		return values
	case "repairing":
		var values []string
		for _, n := range repairingNames {
			values = append(values, n.name)
		}
		return values
	case "identity":
		return []string{"auto", "static"}
	case "transport":
		return []string{"hci0", "tcp:", "unix:", "serial:"}
	case "model":
		var values []string
		for _, m := range simModels {
			values = append(values, m.name)
		}
		return values
	}
	return nil
}

// takesFile reports whether a flag's value is the path of a file.
func takesFile(f *flag.Flag) bool {
	value, _ := flag.UnquoteUsage(f)
	return strings.EqualFold(value, "file")
}

// isSwitch reports whether a flag stands without a value.
func isSwitch(f *flag.Flag) bool {
	boolean, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && boolean.IsBoolFlag()
}

// names lists the commands.
func names() []string {
	all := []string{"help"}
	for _, c := range commands() {
		all = append(all, c.name)
	}
	return all
}

// bashCompletion writes a function for complete -F.
func bashCompletion(w io.Writer) error {
	var b strings.Builder
	b.WriteString("# bash completion of smp: source <(smp completion bash)\n_smp() {\n")
	b.WriteString("\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words= flags=\n")
	b.WriteString("\tCOMPREPLY=()\n")
	fmt.Fprintf(&b, "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W %q -- \"$cur\"))\n\t\treturn\n\tfi\n", strings.Join(names(), " "))
	b.WriteString("\tcase ${COMP_WORDS[1]},$prev in\n")
	for _, c := range commands() {
		c.flags().VisitAll(func(f *flag.Flag) {
			switch values := flagValues(f.Name); {
			case len(values) > 0:
				fmt.Fprintf(&b, "\t%s,--%s)\n\t\tCOMPREPLY=($(compgen -W %q -- \"$cur\"))\n\t\treturn ;;\n", c.name, f.Name, strings.Join(values, " "))
			case takesFile(f):
				fmt.Fprintf(&b, "\t%s,--%s)\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\t\treturn ;;\n", c.name, f.Name)
			case !isSwitch(f):
				fmt.Fprintf(&b, "\t%s,--%s) return ;;\n", c.name, f.Name)
			}
		})
	}
	b.WriteString("\tesac\n\tcase ${COMP_WORDS[1]} in\n")
	fmt.Fprintf(&b, "\thelp) words=%q ;;\n", strings.Join(names()[1:], " "))
	for _, c := range commands() {
		var flags []string
		c.flags().VisitAll(func(f *flag.Flag) { flags = append(flags, "--"+f.Name) })
		fmt.Fprintf(&b, "\t%s) words=%q flags=%q ;;\n", c.name, strings.Join(c.words, " "), strings.Join(flags, " "))
	}
	b.WriteString("\tesac\n\tif [[ $cur == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$flags\" -- \"$cur\"))\n")
	b.WriteString("\telif [[ -n $words ]]; then\n\t\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n")
	b.WriteString("\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n\tfi\n}\ncomplete -F _smp smp\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// zshCompletion writes a function for the completion system of zsh.
func zshCompletion(w io.Writer) error {
	var b strings.Builder
	b.WriteString("#compdef smp\n# zsh completion of smp: smp completion zsh > \"${fpath[1]}/_smp\"\n_smp() {\n")
	b.WriteString("\tlocal -a commands\n\tcommands=(\n\t\t'help:show what a command does'\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "\t\t'%s:%s'\n", c.name, zshText(c.summary))
	}
	b.WriteString("\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n")
	b.WriteString("\tlocal command=$words[2]\n\tshift words\n\t((CURRENT--))\n\tcase $command in\n")
	b.WriteString("\thelp) _describe command commands ;;\n")
	for _, c := range commands() {
		fmt.Fprintf(&b, "\t%s)\n\t\t_arguments", c.name)
		c.flags().VisitAll(func(f *flag.Flag) { fmt.Fprintf(&b, " \\\n\t\t\t'%s'", zshFlag(f)) })
		if len(c.words) > 0 {
			fmt.Fprintf(&b, " \\\n\t\t\t'1:what:(%s)'", strings.Join(c.words, " "))
		}
		b.WriteString(" \\\n\t\t\t'*:file:_files' ;;\n")
	}
	b.WriteString("\tesac\n}\nif [[ $funcstack[1] == _smp ]]; then\n\t_smp \"$@\"\nelse\n\tcompdef _smp smp\nfi\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// zshFlag gives a flag as _arguments takes it.
func zshFlag(f *flag.Flag) string {
	value, usage := flag.UnquoteUsage(f)
	if i := strings.IndexAny(usage, ";:"); i >= 0 {
		usage = usage[:i]
	}
	spec := fmt.Sprintf("--%s[%s]", f.Name, zshText(usage))
	switch values := flagValues(f.Name); {
	case isSwitch(f):
		return spec
	case len(values) > 0:
		return spec + ":" + value + ":(" + zshText(strings.Join(values, " ")) + ")"
	case takesFile(f):
		return spec + ":" + value + ":_files"
	}
	return spec + ":" + zshText(value) + ":"
}

// zshText escapes what ends a description or a quoted word.
func zshText(text string) string {
	return strings.NewReplacer("'", `'\''`, "[", `\[`, "]", `\]`, ":", `\:`).Replace(text)
}

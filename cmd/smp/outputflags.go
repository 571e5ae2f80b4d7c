package main

import "flag"

// outputOptions are the flags that say what is told and how.
type outputOptions struct {
	json  bool
	trace bool
}

func (o *outputOptions) add(flags *flag.FlagSet) {
	flags.BoolVar(&o.json, "json", false, "print one JSON object a line for each event; questions go to standard error")
}

// addTrace declares the flag of commands that run the state machine.
func (o *outputOptions) addTrace(flags *flag.FlagSet) {
	flags.BoolVar(&o.trace, "trace", false, "show every rule that is taken, with its line in the specification")
}

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"blesmp/smp/smptest/verify"
)

// verifyOptions are the flags of smp verify.
type verifyOptions struct {
	verify.Options
	mermaid bool
	all     bool
}

func verifyFlags(o *verifyOptions) *flag.FlagSet {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.BoolVar(&o.Quick, "quick", false, "one fault in each run instead of two, and fewer setups")
	flags.StringVar(&o.Only, "only", "", "the setup with this `name` alone")
	flags.IntVar(&o.Workers, "workers", 0, "explore this `number` of setups at once (default: one for each processor)")
	flags.IntVar(&o.MaxStates, "max-states", 0, "give up beyond this `number` of states in one setup")
	flags.IntVar(&o.LastRound, "last-round", 0, "play passkey entry up to this `round`, counted from 0 (default 2 of 19)")
	flags.BoolVar(&o.NoOrder, "no-order", false, "link events may overtake PDUs")
	flags.BoolVar(&o.NoFlush, "no-flush", false, "encryption starts before PDUs are acknowledged")
	flags.BoolVar(&o.NoNumbers, "no-numbers", false, "answers and timeouts do not say where they belong")
	flags.BoolVar(&o.NoFresh, "no-fresh", false, "one passkey, or one TK, is given to several pairings")
	flags.BoolVar(&o.NoChanges, "no-changes", false, "the result of an earlier start of encryption is taken for the last one's")
	flags.BoolVar(&o.NoPause, "no-pause", false, "a new pairing begins at once after one that has failed")
	flags.BoolVar(&o.mermaid, "mermaid", false, "draw what does not hold as Mermaid sequence diagrams")
	flags.BoolVar(&o.all, "all", false, "draw all violations, not only the shortest")
	return flags
}

func verifyCommand() command {
	return command{
		name:    "verify",
		summary: "explore two engines in all orders of events, and prove what must hold",
		usage:   "[flags]",
		about: `Explores two real engines on one link, and one against an attacker: all orders
of packets, link events and users' answers, with refusals, cancels, timeouts,
lost links and packets, encryption that fails, and an injected packet. Whatever
a pairing may never do ends the setup, and is drawn as a ladder. The flags that
begin with --no- take away a promise of the driver, to show what it is for.`,
		examples: []string{"smp verify --quick", "smp verify --only \"SC, numeric comparison, LTK and identity\"", "smp verify --no-numbers"},
		run:      runVerify,
		flags:    func() *flag.FlagSet { return verifyFlags(new(verifyOptions)) },
	}
}

func runVerify(ctx context.Context, s streams, args []string) int {
	var o verifyOptions
	flags := verifyFlags(&o)
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() > 0 {
		return usageError(s, fmt.Errorf("verify %w", errArguments))
	}
	if o.LastRound < 0 || o.LastRound > 19 {
		return usageError(s, errors.New("--last-round is 0 to 19"))
	}
	o.Progress = func(out *verify.Outcome) {
		mark := "holds"
		if out.Violation != nil {
			mark = "BROKEN: " + out.Violation.Text
		}
		fmt.Fprintf(s.out, "%8d states %9d steps %6.1f s  %s: %s\n", out.States, out.Steps, out.Elapsed.Seconds(), out.Setup, mark)
	}
	report, err := verify.Run(ctx, o.Options)
	if err != nil {
		return failure(s, err)
	}
	if len(report.Outcomes) == 0 {
		return usageError(s, fmt.Errorf("there is no setup %q", o.Only))
	}
	violations := report.Violations()
	fmt.Fprintf(s.out, "%d setups, %d states, %d steps, %.1f s: %d broken\n",
		len(report.Outcomes), report.States, report.Steps, report.Elapsed.Seconds(), len(violations))
	missing := o.tell(s, &report.Coverage)
	if len(violations) == 0 {
		if missing > 0 {
			return exitFailure
		}
		return exitOK
	}
	if err := o.draw(s, violations); err != nil {
		return failure(s, err)
	}
	return exitFailure
}

// tell says which rules were taken, and gives the number of those of which nobody
// knows why they were not. One setup or a quick run takes fewer; nobody wants to
// know which then, nor for a driver that breaks its promises.
func (o *verifyOptions) tell(s streams, c *verify.Coverage) (missing int) {
	fmt.Fprintf(s.out, "%d of %d rules taken\n", c.Taken(), c.Rows)
	if o.Only != "" || o.Quick || o.NoOrder || o.NoFlush || o.NoNumbers || o.NoFresh || o.NoChanges || o.NoPause {
		return 0
	}
	for _, m := range c.Missed {
		reason := m.Reason
		if reason == "" {
			reason = "NOT TAKEN, and no reason is known"
		}
		fmt.Fprintf(s.out, "not taken: %v: %s\n", m, reason)
	}
	return len(c.Unexplained())
}

// draw shows the shortest violation, or all.
func (o *verifyOptions) draw(s streams, violations []*verify.Violation) error {
	shown := violations
	if !o.all {
		shortest := violations[0]
		for _, v := range violations {
			if len(v.Lines) < len(shortest.Lines) {
				shortest = v
			}
		}
		shown = []*verify.Violation{shortest}
	}
	for _, v := range shown {
		fmt.Fprintln(s.out)
		write := v.WriteLadder
		if o.mermaid {
			write = v.WriteMermaid
		}
		if err := write(s.out); err != nil {
			return err
		}
	}
	return nil
}

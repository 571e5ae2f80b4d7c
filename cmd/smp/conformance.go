package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"blesmp/bt"
	"blesmp/hci/virtual"
	"blesmp/smp/smptest/conformance"
)

func conformanceCommand() command {
	return command{
		name:    "conformance",
		summary: "play the SIG's LE test cases and published attacks, and tell what passed",
		usage:   "[flags]",
		about: `Plays the LE test cases of the Bluetooth SIG's suite by their ids, and 37
published attacks and bugs, with a scripted peer over HCI against this project's
host. It prints a table by group: pass or fail, and the rule of the
specification that decided. This is not a qualification, and not PTS.

With --target it plays the scenarios that need no knowledge of a device against
yours: its host attaches over H4 to a virtual controller that listens there, as
tcp:127.0.0.1:9001. What only a person can do is asked for: to let the device
advertise, or connect and pair. Time is real then.

It exits with 0 only if everything that was played passed.`,
		examples: []string{
			"smp conformance",
			"smp conformance --id 'SM/PER/*'",
			"smp conformance --id A16 --json",
			"smp conformance --markdown docs/conformance.md",
			"smp conformance --target tcp:127.0.0.1:9001 --role peripheral",
		},
		run:   runConformance,
		flags: func() *flag.FlagSet { flags, _ := conformanceFlags(); return flags },
	}
}

// conformanceOptions are the flags of conformance.
type conformanceOptions struct {
	id       string
	json     bool
	markdown string
	target   string
	role     string
	pause    time.Duration
}

func conformanceFlags() (*flag.FlagSet, *conformanceOptions) {
	o := &conformanceOptions{}
	flags := flag.NewFlagSet("conformance", flag.ContinueOnError)
	flags.StringVar(&o.id, "id", "", "only scenarios whose id or number matches this `GLOB`")
	flags.BoolVar(&o.json, "json", false, "print one JSON object instead of the table")
	flags.StringVar(&o.markdown, "markdown", "", "write the page of the project's documentation to `FILE` as well")
	flags.StringVar(&o.target, "target", "", "test the device whose host attaches to this `ADDRESS`, as tcp:127.0.0.1:9001")
	flags.StringVar(&o.role, "role", "", "the only `role` that the device with --target has: central or peripheral")
	flags.DurationVar(&o.pause, "pause", 2*time.Second, "with --target, wait so long between two rounds")
	return flags, o
}

func runConformance(ctx context.Context, s streams, args []string) int {
	flags, o := conformanceFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() > 0 {
		return usageError(s, fmt.Errorf("conformance %w: %q", errArguments, flags.Arg(0)))
	}
	scenarios, err := o.selected()
	if err != nil {
		return usageError(s, err)
	}
	var report conformance.Report
	if o.target == "" {
		for _, scenario := range scenarios {
			if err := context.Cause(ctx); err != nil {
				return failure(s, err)
			}
			report.Results = append(report.Results, scenario.Run(ctx, conformance.Options{}))
		}
	} else if report, err = o.against(ctx, s, scenarios); err != nil {
		return failure(s, err)
	}
	if err := o.write(s.out, report); err != nil {
		return failure(s, err)
	}
	if !report.OK() {
		return exitFailure
	}
	return exitOK
}

// selected gives the scenarios of the flags.
func (o *conformanceOptions) selected() ([]conformance.Scenario, error) {
	scenarios, err := conformance.Select(o.id)
	if err != nil {
		return nil, err
	}
	if o.target != "" {
		var foreign []conformance.Scenario
		for _, s := range scenarios {
			if s.Foreign {
				foreign = append(foreign, s)
			}
		}
		scenarios = foreign
	}
	if len(scenarios) == 0 {
		return nil, fmt.Errorf("conformance: no scenario that can be played here matches %q", o.id)
	}
	if o.target != "" && !strings.HasPrefix(o.target, targetScheme) {
		return nil, fmt.Errorf("conformance: --target %q: want an address such as tcp:127.0.0.1:9001", o.target)
	}
	_, err = o.roles()
	return scenarios, err
}

func (o *conformanceOptions) roles() ([]bt.Role, error) {
	switch o.role {
	case "":
		return nil, nil
	case bt.Central.String():
		return []bt.Role{bt.Central}, nil
	case bt.Peripheral.String():
		return []bt.Role{bt.Peripheral}, nil
	}
	return nil, fmt.Errorf("conformance: there is no role %q; the roles are central and peripheral", o.role)
}

// targetScheme is where a foreign host can attach.
const targetScheme = "tcp:"

// against waits for a foreign host and plays the scenarios with it.
func (o *conformanceOptions) against(ctx context.Context, s streams, scenarios []conformance.Scenario) (conformance.Report, error) {
	stream, err := accept(ctx, s.err, strings.TrimPrefix(o.target, targetScheme))
	if err != nil {
		return conformance.Report{}, err
	}
	roles, err := o.roles()
	if err != nil {
		return conformance.Report{}, err
	}
	air := virtual.NewAir(virtual.Options{})
	controller := air.NewController(virtual.Config{})
	ctx, gone := context.WithCancelCause(ctx)
	served := make(chan struct{})
	go func() {
		defer close(served)
		err := controller.Serve(stream)
		gone(errors.Join(errors.New("the host has detached from the controller"), err))
	}()
	target := conformance.Target{Air: air, Person: bystander{s.err}, Roles: roles, Pause: o.pause}
	var report conformance.Report
	for _, scenario := range scenarios {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
			break
		}
		fmt.Fprintf(s.err, "%s: %s\n", scenario.ID, scenario.About)
		report.Results = append(report.Results, scenario.RunAgainst(ctx, target))
	}
	_ = stream.Close()
	<-served
	return report, err
}

// accept waits for one host.
func accept(ctx context.Context, out io.Writer, address string) (net.Conn, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = listener.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = listener.Close() })
	defer stop()
	fmt.Fprintf(out, "waiting for a host that attaches over H4 to %s%s\n", targetScheme, listener.Addr())
	return listener.Accept()
}

// bystander asks the person at the terminal.
type bystander struct{ out io.Writer }

func (t bystander) Advertise(context.Context) error {
	_, err := fmt.Fprintln(t.out, "  please let the device advertise, connectable and ready to pair")
	return err
}

func (t bystander) Pair(_ context.Context, peer bt.TypedAddress) error {
	_, err := fmt.Fprintf(t.out, "  please let the device connect to %v and pair\n", peer)
	return err
}

// write prints the report.
func (o *conformanceOptions) write(w io.Writer, report conformance.Report) error {
	if o.markdown != "" {
		if err := writeMarkdown(o.markdown, report); err != nil {
			return err
		}
	}
	if o.json {
		return report.WriteJSON(w)
	}
	return report.WriteText(w)
}

func writeMarkdown(path string, report conformance.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(report.WriteMarkdown(file), file.Close())
}

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"blesmp/smp"
)

// simCommand describes smp sim.
func simCommand() command {
	return command{
		name:    "sim",
		summary: "pair two virtual devices and draw what they say",
		usage:   "[flags]",
		about: `Makes two hosts on two virtual controllers, pairs them, disconnects, connects
again and encrypts with the bond. It draws every PDU and every HCI step of it as
a ladder, and tells the association model, the level and the bond.

It exits with 0 only if the devices paired by the model that was asked for and
the link was encrypted again.`,
		examples: []string{
			"smp sim",
			"smp sim --model numeric --interactive",
			"smp sim --legacy --model passkey-initiator --trace",
			"smp sim --model oob --snoop oob.btsnoop",
			"smp sim --json | jq .level",
			"smp sim --model oob --mermaid",
		},
		run:   runSim,
		flags: func() *flag.FlagSet { flags, _ := simFlags(); return flags },
	}
}

// simOptions are the flags of sim.
type simOptions struct {
	model       string
	legacy      bool
	interactive bool
	trace       bool
	snoop       string
	json        bool
	mermaid     bool
	showKeys    bool
	timeout     time.Duration
}

// simModel is one association model: what the two sides have to be able to do.
type simModel struct {
	name       string
	model      smp.AssociationModel
	central    smp.IOCapability
	peripheral smp.IOCapability
	mitm       bool
	oob        bool
}

var simModels = []simModel{
	{name: "just-works", model: smp.JustWorks, central: smp.NoInputNoOutput, peripheral: smp.NoInputNoOutput},
	{name: "passkey-initiator", model: smp.InitiatorTypes, central: smp.KeyboardOnly, peripheral: smp.DisplayOnly, mitm: true},
	{name: "passkey-responder", model: smp.ResponderTypes, central: smp.DisplayOnly, peripheral: smp.KeyboardOnly, mitm: true},
	{name: "passkey-both", model: smp.BothType, central: smp.KeyboardOnly, peripheral: smp.KeyboardOnly, mitm: true},
	{name: "numeric", model: smp.NumericComparison, central: smp.DisplayYesNo, peripheral: smp.DisplayYesNo, mitm: true},
	{name: "oob", model: smp.OutOfBand, central: smp.NoInputNoOutput, peripheral: smp.NoInputNoOutput, mitm: true, oob: true},
}

// modelNames lists what --model takes.
func modelNames() string {
	var names []string
	for _, m := range simModels {
		names = append(names, m.name)
	}
	return strings.Join(names, ", ")
}

func simFlags() (*flag.FlagSet, *simOptions) {
	o := &simOptions{}
	flags := flag.NewFlagSet("sim", flag.ContinueOnError)
	flags.StringVar(&o.model, "model", "just-works", "association `model`: "+modelNames())
	flags.BoolVar(&o.legacy, "legacy", false, "legacy pairing instead of LE Secure Connections")
	flags.BoolVar(&o.interactive, "interactive", false, "you are the user of both devices and answer at the terminal")
	flags.BoolVar(&o.trace, "trace", false, "show every rule that is taken, with its line in the specification")
	flags.StringVar(&o.snoop, "snoop", "", "write the HCI packets of both hosts as btsnoop: `FILE` NAME.btsnoop becomes NAME-central.btsnoop and NAME-peripheral.btsnoop")
	flags.BoolVar(&o.json, "json", false, "print one JSON object instead of the ladder")
	flags.BoolVar(&o.mermaid, "mermaid", false, "write a sequence chart for Mermaid instead, with names and no values: the pairing alone, always the same")
	flags.BoolVar(&o.showKeys, "show-keys", false, "show keys; they are hidden otherwise")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "give up after this `duration`; with --interactive it does not count")
	return flags, o
}

// chosen finds the model of the flags.
func (o *simOptions) chosen() (simModel, error) {
	i := slices.IndexFunc(simModels, func(m simModel) bool { return m.name == o.model })
	if i < 0 {
		return simModel{}, fmt.Errorf("sim: there is no model %q; the models are %s", o.model, modelNames())
	}
	if o.legacy && simModels[i].model == smp.NumericComparison {
		return simModel{}, fmt.Errorf("sim: legacy pairing has no numeric comparison; leave --legacy out or take another model")
	}
	return simModels[i], nil
}

func runSim(ctx context.Context, s streams, args []string) int {
	flags, o := simFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if flags.NArg() > 0 {
		return usageError(s, fmt.Errorf("sim %w: %q", errArguments, flags.Arg(0)))
	}
	model, err := o.chosen()
	if err != nil {
		return usageError(s, err)
	}
	if o.mermaid {
		if o.interactive || o.trace || o.json || o.snoop != "" {
			return usageError(s, errors.New("sim: --mermaid goes with --model and --legacy alone"))
		}
		if err := drawSequence(s.out, model, o.legacy); err != nil {
			return failure(s, err)
		}
		return exitOK
	}
	if !o.interactive {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.timeout)
		defer cancel()
	}
	report, err := simulate(ctx, s, o, model)
	if report != nil {
		if err := report.write(s.out, o); err != nil {
			return failure(s, err)
		}
	}
	if err != nil {
		return failure(s, err)
	}
	return exitOK
}

// simReport is what a simulation came to.
type simReport struct {
	Paired      bool      `json:"paired"`
	Model       string    `json:"model"`
	Level       levelJSON `json:"level"`
	Bonded      bool      `json:"bonded"`
	Reencrypted bool      `json:"reencrypted"`
	Bonds       []string  `json:"bonds"`
	Steps       []string  `json:"steps,omitempty"`
}

type levelJSON struct {
	SC            bool `json:"sc"`
	MITM          bool `json:"mitm"`
	KeySize       int  `json:"key_size"`
	Authenticated bool `json:"authenticated"`
}

func (r *simReport) write(w io.Writer, o *simOptions) error {
	if o.json {
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(r)
	}
	if !r.Paired {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nmodel: %s\nlevel: %s, %s\n", r.Model, r.Level.describe(), authenticated(r.Level.Authenticated))
	for _, b := range r.Bonds {
		if err == nil {
			_, err = fmt.Fprintln(w, b)
		}
	}
	if r.Reencrypted && err == nil {
		_, err = fmt.Fprintln(w, "connected again and encrypted with the bond")
	}
	return err
}

func (l levelJSON) describe() string {
	kind, mitm := "legacy pairing", "no MITM protection"
	if l.SC {
		kind = "LE Secure Connections"
	}
	if l.MITM {
		mitm = "MITM protection"
	}
	return fmt.Sprintf("%s, %s, key of %d octets", kind, mitm, l.KeySize)
}

func authenticated(yes bool) string {
	if yes {
		return "authenticated"
	}
	return "unauthenticated"
}

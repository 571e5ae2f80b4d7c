package main

import (
	"context"
	"errors"
	"fmt"

	"blesmp/cmd/smp/internal/terminal"
	"blesmp/smp"
)

// stationOptions say how a station is set up.
type stationOptions struct {
	device   *deviceOptions
	pairing  *pairingOptions
	prompts  promptOptions
	asks     bool // Just Works needs the user's consent
	onEvent  func(*smp.Session, smp.Event)
	prompter func(smp.Prompter) smp.Prompter // may change how the user is asked
}

// station is a device with a Security Manager and a user: what pair and
// peripheral have in common.
type station struct {
	*ownDevice
	console *terminal.Console
	user    *user
	report  *reporter
	manager *smp.Manager
	closed  chan struct{}
}

// newStation brings a device up and has its links secured as the flags say.
func newStation(ctx context.Context, s streams, o stationOptions) (*station, error) {
	st := &station{closed: make(chan struct{})}
	st.console = terminal.NewConsole(s.in, s.out, s.err, o.device.output.json)
	st.report = newReporter(s, st.console, o.device.output.json, o.pairing.policy())
	st.user = newUser(st.console, st.report, o.prompts)
	st.user.asks = o.asks
	prompter := st.user.prompter()
	if o.prompter != nil {
		prompter = o.prompter(prompter)
	}
	options := smp.Options{
		Features:           o.pairing.features(),
		Prompter:           prompter,
		Policy:             o.pairing.policy(),
		UnsafeFixedPasskey: o.pairing.fixedPasskey,
		OnEvent:            o.onEvent,
	}
	if o.device.output.trace {
		options.Trace = st.report.rule
	}
	d, err := o.device.open(ctx, s)
	if err != nil {
		return nil, err
	}
	st.ownDevice = d
	st.manager = smp.NewManager(d.store, options)
	if err := st.manager.Serve(d.host); err != nil {
		return nil, errors.Join(err, d.close())
	}
	if o.pairing.giveOOB {
		if err := st.giveOOB(); err != nil {
			return nil, errors.Join(err, d.close())
		}
	}
	return st, nil
}

// giveOOB shows out-of-band data of ours.
func (st *station) giveOOB() error {
	data, err := st.manager.NewOOB(st.host.Identity())
	if err != nil {
		return err
	}
	text := formatOOB(data)
	st.report.tell(entry{Event: "oob", OOB: text}, "out-of-band data for the other device:\n  --oob %s", text)
	return nil
}

// close ends the device. The question that is open is given up first.
func (st *station) close() error {
	close(st.closed)
	err := st.ownDevice.close()
	st.console.Close()
	return err
}

// finish gives the exit status for how a command has ended, and says why.
func finish(ctx context.Context, s streams, err error) int {
	_, told := errors.AsType[*reportedError](err)
	switch {
	case ctx.Err() != nil:
		fmt.Fprintln(s.err, "smp: interrupted")
		return exitInterrupted
	case err == nil:
		return exitOK
	case told:
		return exitFailure
	}
	return failure(s, err)
}

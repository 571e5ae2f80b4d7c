package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"blesmp/bt"
	"blesmp/hci"
)

// deviceOptions are all flags of a command that is a device on the air: which
// controller, which bonds, and what is told.
type deviceOptions struct {
	transport transportOptions
	bonds     bondOptions
	output    outputOptions
	verbose   bool
}

func (o *deviceOptions) add(flags *flag.FlagSet) {
	o.transport.add(flags)
	o.bonds.add(flags)
	o.output.add(flags)
	flags.BoolVar(&o.verbose, "verbose", false, "log what the host does, to standard error")
}

// ownDevice is what a command has on the air: a host on a controller, and bonds.
type ownDevice struct {
	host     *hci.Host
	store    closingStore
	recorded func() error // ends the recording
}

// bringUpTime limits how long a controller may take to answer at all.
const bringUpTime = 15 * time.Second

// open brings a device up.
func (o *deviceOptions) open(ctx context.Context, s streams) (*ownDevice, error) {
	store, err := o.bonds.open()
	if err != nil {
		return nil, err
	}
	d := &ownDevice{store: store}
	keeper := newKeeper(store)
	var options hci.Options
	if o.verbose {
		options.Logger = slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if err := o.bonds.apply(&options, keeper); err != nil {
		return nil, errors.Join(err, d.close())
	}
	ctx, cancel := context.WithTimeout(ctx, bringUpTime)
	defer cancel()
	wire, recorded, err := o.transport.open(ctx)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.recorded = recorded
	host, err := hci.NewHost(ctx, wire, options)
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: %s", hci.ErrTimeout, o.transport.address)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.host = host
	if _, _, err := keeper.LocalIRK(host.Identity()); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, d.resolve(ctx)
}

// resolve gives the controller the keys of all bonds, so that it knows their
// private addresses. Without the ability the host does it.
func (d *ownDevice) resolve(ctx context.Context) error {
	err := d.host.LoadResolvingList(ctx)
	if errors.Is(err, hci.ErrNoPrivacy) || errors.Is(err, bt.UnknownCommand) {
		return nil
	}
	return err
}

// close ends the host, the recording and the store.
func (d *ownDevice) close() error {
	var errs []error
	if d.host != nil {
		_ = d.host.Close() // the controller is left anyway
		<-d.host.Done()
	}
	if d.recorded != nil {
		errs = append(errs, d.recorded())
	}
	return errors.Join(append(errs, d.store.Close())...)
}

// partingTime is how long the end of a link is waited for, so that what was
// sent last gets there.
const partingTime = 2 * time.Second

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"sync/atomic"
	"time"

	"blesmp/bt"
	"blesmp/hci"
	"blesmp/smp"
)

// peripheralOptions are the flags of peripheral.
type peripheralOptions struct {
	device   deviceOptions
	pairing  pairingOptions
	prompts  promptOptions
	name     string
	interval time.Duration
	request  bool
	once     bool
	bonded   bool
}

func peripheralCommand() command {
	return command{
		name:    "peripheral",
		summary: "advertise, wait for a central and pair with it",
		usage:   "[flags]",
		about: `Advertises, waits for a central, and pairs with it when it asks: the passkey is
shown here, or you are asked. A bonded central that comes back is encrypted
without a question. It goes on with the next central, one at a time, until
Ctrl-C, which cancels a pairing so that the central knows, and exits with 130.

A central that has a bond here but wants to pair again is only let in when you
agree, since it can be somebody in its place.`,
		examples: []string{
			"smp peripheral",
			"smp peripheral --transport tcp:127.0.0.1:9002 --name lamp --once",
			"smp peripheral --io none --request",
			"smp peripheral --privacy --rotate 5m --bonded-only",
			"smp peripheral --io both --sc-only --json",
		},
		run:   runPeripheral,
		flags: func() *flag.FlagSet { flags, _ := peripheralFlags(); return flags },
	}
}

func peripheralFlags() (*flag.FlagSet, *peripheralOptions) {
	o := &peripheralOptions{}
	flags := flag.NewFlagSet("peripheral", flag.ContinueOnError)
	o.device.add(flags)
	o.device.output.addTrace(flags)
	o.pairing.add(flags, "display")
	o.prompts.add(flags)
	flags.StringVar(&o.name, "name", "smp", "the `name` to advertise, up to 26 octets")
	flags.DurationVar(&o.interval, "interval", 100*time.Millisecond, "advertise every `duration`, 20ms to 10.24s")
	flags.BoolVar(&o.request, "request", false, "ask every central for security as soon as it is connected")
	flags.BoolVar(&o.once, "once", false, "serve one central and end: exit status 0 if the link was encrypted")
	flags.BoolVar(&o.bonded, "bonded-only", false, "let only bonded centrals connect")
	return flags, o
}

func runPeripheral(ctx context.Context, s streams, args []string) int {
	flags, o := peripheralFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	if err := o.check(flags); err != nil {
		return usageError(s, fmt.Errorf("peripheral: %w", err))
	}
	return finish(ctx, s, o.serve(ctx, s))
}

// maxName is what room flags leave in the advertising data.
const maxName = hci.MaxAdvertisingData - 3 - 2

// check reports what is wrong with the flags.
func (o *peripheralOptions) check(flags *flag.FlagSet) error {
	if flags.NArg() > 0 {
		return fmt.Errorf("%w: %q", errArguments, flags.Arg(0))
	}
	if len(o.name) > maxName {
		return fmt.Errorf("--name of %d octets: want at most %d", len(o.name), maxName)
	}
	if o.interval < 20*time.Millisecond || o.interval > 10240*time.Millisecond {
		return fmt.Errorf("--interval %v: want 20ms to 10.24s", o.interval)
	}
	for _, check := range []func() error{o.device.bonds.check, o.device.transport.check, o.pairing.check, o.prompts.check} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// peripheral is one run of the command.
type peripheral struct {
	*station
	o       *peripheralOptions
	secured atomic.Pointer[smp.Session] // the last one that was encrypted
	failed  atomic.Bool                 // it was told why one was not
}

// serve advertises, serves the central that comes, and begins again.
func (o *peripheralOptions) serve(ctx context.Context, s streams) (err error) {
	p := &peripheral{o: o}
	p.station, err = newStation(ctx, s, stationOptions{
		device: &o.device, pairing: &o.pairing, prompts: o.prompts,
		asks:     o.pairing.io != "none",
		onEvent:  func(s *smp.Session, e smp.Event) { p.onEvent(s, e) },
		prompter: p.prompter,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.close()) }()
	for {
		conn, err := p.accept(ctx)
		if err != nil {
			return err
		}
		secure := p.meet(ctx, conn)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case o.once && !secure && p.failed.Load():
			return &reportedError{errNotSecured}
		case o.once && !secure:
			return errNotSecured
		case o.once:
			return nil
		}
	}
}

var errNotSecured = errors.New("the central left and the link was never encrypted; try: --request, or pair from the central")

// prompter gives the out-of-band data only for the device that it is of.
func (p *peripheral) prompter(prompter smp.Prompter) smp.Prompter {
	data := p.o.pairing.peerOOB
	if data == nil {
		return prompter
	}
	prompter.PairingRequested = func(_ context.Context, q *smp.Question) (smp.Features, error) {
		f := p.o.pairing.features()
		if data.Address != q.Peer && data.Address != q.PeerIdentity {
			f.PeerOOB = nil
		}
		return f, nil
	}
	return prompter
}

// onEvent tells of what a session reports, as it comes.
func (p *peripheral) onEvent(s *smp.Session, e smp.Event) {
	if _, ended := e.(smp.DisconnectedEvent); ended {
		p.user.forget(s)
	}
	switch e := e.(type) {
	case smp.EncryptionEvent:
		if e.Encrypted {
			p.secured.Store(s)
		} else {
			p.failed.Store(true)
		}
	case smp.PairingFailedEvent, smp.TimeoutEvent, smp.RequestRefusedEvent:
		p.failed.Store(true)
	}
	p.report.event(s, e)
}

// wasSecured reports whether a link was encrypted.
func (p *peripheral) wasSecured(conn *hci.Conn) bool {
	last := p.secured.Load()
	return last != nil && last.Link() == bt.Link(conn)
}

// accept advertises and waits for a central.
func (p *peripheral) accept(ctx context.Context) (*hci.Conn, error) {
	if err := p.resolve(ctx); err != nil {
		return nil, err
	}
	parameters, err := p.advertising()
	if err != nil {
		return nil, err
	}
	if err := p.host.Advertise(ctx, parameters); err != nil {
		return nil, err
	}
	address, identity := p.host.Address(), p.host.Identity()
	p.report.tell(entry{Event: "advertising", Address: &address, Identity: &identity},
		"advertising %q as %s", p.o.name, peerName(address, identity))
	defer p.console.Progress(func() string {
		return fmt.Sprintf("waiting for a central at %v; Ctrl-C ends", p.host.Address())
	})()
	return p.host.Accept(ctx)
}

// advertising gives what is advertised: it is connectable, and discoverable
// unless it is for bonded centrals only.
func (p *peripheral) advertising() (hci.AdvertisingParameters, error) {
	a := hci.AdvertisingParameters{Interval: p.o.interval}
	flags := byte(hci.ADGeneralDiscoverable | hci.ADNoBREDR)
	if p.o.bonded {
		flags = hci.ADNoBREDR
		for b, err := range p.store.All() {
			if err != nil {
				return a, err
			}
			if b.Local != p.host.Identity() {
				continue
			}
			a.AcceptOnly = append(a.AcceptOnly, b.Peer)
			if !b.OnAir.IsZero() {
				a.AcceptOnly = append(a.AcceptOnly, b.OnAir)
			}
		}
		if len(a.AcceptOnly) == 0 {
			return a, errors.New("--bonded-only, but there is no bond yet; try: pair without it first")
		}
	}
	data, err := hci.AppendAD(nil, hci.ADFlags, []byte{flags})
	if err == nil && p.o.name != "" {
		data, err = hci.AppendAD(data, hci.ADCompleteName, []byte(p.o.name))
	}
	a.Data = data
	return a, err
}

// meet serves one central until its link ends, and reports whether it was
// encrypted. The end of the context ends it in order.
func (p *peripheral) meet(ctx context.Context, conn *hci.Conn) (secure bool) {
	session := p.manager.Session(conn)
	if session == nil {
		return p.wasSecured(conn) // it has ended already
	}
	p.report.connected(session)
	if p.o.request {
		p.request(ctx, session)
	}
	select {
	case <-session.Done():
	case <-ctx.Done():
		_ = session.Cancel(0) // too late, or nothing to cancel
		_ = session.Close()
		select {
		case <-session.Done():
		case <-time.After(partingTime):
		}
	}
	return p.wasSecured(conn)
}

// request asks the central for security.
func (p *peripheral) request(ctx context.Context, session *smp.Session) {
	f := p.o.pairing.features()
	err := session.RequestSecurity(ctx, smp.SecurityRequirements{
		Bonding: f.Bonding, MITM: f.MITM, SC: f.SC, Keypress: f.Keypress,
	})
	if err != nil && !errors.Is(err, smp.ErrBusy) && !errors.Is(err, bt.RemoteUserTerminated) {
		p.report.failed(session, "request_failed", "security could not be asked for", err)
	}
}

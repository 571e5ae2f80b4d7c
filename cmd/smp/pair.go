package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/hci"
	"blesmp/smp"
)

// pairOptions are the flags of pair.
type pairOptions struct {
	device  deviceOptions
	pairing pairingOptions
	prompts promptOptions
	timeout time.Duration
	keep    bool
}

func pairCommand() command {
	return command{
		name:    "pair",
		summary: "connect to a device and pair, or encrypt with the bond",
		usage:   "[flags] ADDR",
		about: `Connects to a device and makes the link secure. Where there is a bond, the
link is encrypted with it and nobody is asked anything. Else the devices pair:
you are asked for the passkey that the other device shows, or whether both show
the same number. What the pairing gave and which keys are kept is told.

A device that has lost its key is never paired with again unasked: it can be
somebody in its place. --replace answers that ahead, for scripts.

ADDR is an address as smp scan shows it: C0:11:22:33:44:55/random. Without
/public or /random it is either. A bonded device is found by its identity, also
behind private addresses that change.

Ctrl-C cancels the pairing so that the other device knows, and exits with 130.
Without a terminal, answers are read as lines from standard input.`,
		examples: []string{
			"smp pair C0:11:22:33:44:55",
			"smp pair --transport tcp:127.0.0.1:9001 --passkey 123456 00:11:22:33:44:55/public",
			"smp pair --io none --sc-only --keep C0:11:22:33:44:55",
			"smp pair --mitm --privacy --rotate 5m C0:11:22:33:44:55",
			"smp pair --legacy --min-key-size 7 --snoop pairing.btsnoop C0:11:22:33:44:55",
			"smp pair --json --accept C0:11:22:33:44:55 | jq .level",
		},
		run:   runPair,
		flags: func() *flag.FlagSet { flags, _ := pairFlags(); return flags },
	}
}

func pairFlags() (*flag.FlagSet, *pairOptions) {
	o := &pairOptions{}
	flags := flag.NewFlagSet("pair", flag.ContinueOnError)
	o.device.add(flags)
	o.device.output.addTrace(flags)
	o.pairing.add(flags, "both")
	o.prompts.add(flags)
	flags.DurationVar(&o.timeout, "timeout", 30*time.Second, "look for the device for this `duration`")
	flags.BoolVar(&o.keep, "keep", false, "stay connected until the device ends the link, or Ctrl-C")
	return flags, o
}

func runPair(ctx context.Context, s streams, args []string) int {
	flags, o := pairFlags()
	if err := parse(flags, args); err != nil {
		return usageError(s, err)
	}
	peers, err := o.check(flags)
	if err != nil {
		return usageError(s, fmt.Errorf("pair: %w", err))
	}
	return finish(ctx, s, o.pair(ctx, s, peers))
}

// check reports what is wrong with the flags, and gives the addresses that the
// argument can mean.
func (o *pairOptions) check(flags *flag.FlagSet) ([]bt.TypedAddress, error) {
	if flags.NArg() != 1 {
		return nil, fmt.Errorf("want one address of a device, got %d; smp scan shows them", flags.NArg())
	}
	for _, check := range []func() error{o.device.bonds.check, o.device.transport.check, o.pairing.check, o.prompts.check} {
		if err := check(); err != nil {
			return nil, err
		}
	}
	if o.timeout <= 0 {
		return nil, fmt.Errorf("--timeout %v: want more than nothing", o.timeout)
	}
	return parsePeer(flags.Arg(0))
}

// central is one run of pair.
type central struct {
	*station
	o      *pairOptions
	events chan smp.Event
	asked  chan struct{} // a peripheral asks for more than the bond gives
	inWait chan struct{} // closed when what was asked for is done
}

// newCentral brings the central up.
func (o *pairOptions) newCentral(ctx context.Context, s streams) (c *central, err error) {
	c = &central{o: o, events: make(chan smp.Event, 64), asked: make(chan struct{}, 1), inWait: make(chan struct{})}
	c.station, err = newStation(ctx, s, stationOptions{
		device: &o.device, pairing: &o.pairing, prompts: o.prompts,
		onEvent: c.onEvent, prompter: c.prompter,
	})
	return c, err
}

// pair connects, encrypts or pairs, and tells of it.
func (o *pairOptions) pair(ctx context.Context, s streams, peers []bt.TypedAddress) (err error) {
	c, err := o.newCentral(ctx, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	conn, err := c.connect(ctx, peers)
	if err != nil {
		return err
	}
	session := c.manager.Session(conn)
	if session == nil {
		return errGone
	}
	c.report.connected(session)
	err = c.secure(ctx, session)
	close(c.inWait)
	if err == nil && o.keep {
		err = c.stay(ctx, session)
	}
	c.leave(session)
	return err
}

var errGone = errors.New("the link ended as soon as it was there; try again")

// prompter asks the user of a central. What a peripheral asks for while we are
// about to secure the link is what we do anyway.
func (c *central) prompter(p smp.Prompter) smp.Prompter {
	p.SecurityRequested = func(ctx context.Context, q *smp.Question) error {
		select {
		case c.asked <- struct{}{}:
		default:
		}
		select {
		case <-c.inWait:
		case <-ctx.Done():
			return nil
		}
		if c.o.prompts.yes {
			return nil
		}
		return c.user.yes(ctx, fmt.Sprintf("%s asks for more security. Pair with it?", peerName(q.Peer, q.PeerIdentity)), deadline(q))
	}
	return p
}

// onEvent queues what a session reports, for the run that tells of it in its
// turn.
func (c *central) onEvent(s *smp.Session, e smp.Event) {
	select {
	case c.events <- e:
	case <-c.closed:
	}
}

// connect finds the device.
func (c *central) connect(ctx context.Context, peers []bt.TypedAddress) (*hci.Conn, error) {
	known, ok, err := findPeer(c.store, c.host.Identity(), peers)
	if err != nil {
		return nil, err
	}
	if ok {
		peers = []bt.TypedAddress{known.Peer}
		if known.PeerIRK == nil && !known.OnAir.IsZero() {
			peers = []bt.TypedAddress{known.OnAir}
		}
	}
	limit, cancel := context.WithTimeout(ctx, c.o.timeout)
	defer cancel()
	until := time.Now().Add(c.o.timeout)
	stop := c.console.Progress(func() string {
		return fmt.Sprintf("[%s] looking for %v", terminal.SecondsLeft(until), peers[0])
	})
	defer stop()
	var conn *hci.Conn
	if len(peers) == 1 {
		conn, err = c.host.Connect(limit, peers[0])
	} else {
		conn, err = c.host.ConnectAny(limit, peers...)
	}
	if err != nil && limit.Err() != nil && ctx.Err() == nil {
		return nil, &notFoundError{address: peers[0], after: c.o.timeout}
	}
	return conn, err
}

// notFoundError says that a device was not heard.
type notFoundError struct {
	address bt.TypedAddress
	after   time.Duration
}

func (e *notFoundError) Error() string {
	text := fmt.Sprintf("%v did not advertise within %v; it is off, out of reach, linked with another device", e.address.Address, e.after)
	if e.address.IsResolvable() {
		return text + ", or has another private address by now; try: smp scan to see which"
	}
	return text + ", or hides behind a private address; try: smp scan to see who is there"
}

// secure has the link encrypted: with the bond where that is enough, else by
// pairing.
func (c *central) secure(ctx context.Context, session *smp.Session) error {
	level, usable := session.AvailableLevel()
	if usable && level.Satisfies(c.o.pairing.wanted()) {
		err := c.encrypt(ctx, session)
		if !errors.Is(err, bt.PINOrKeyMissing) {
			return err
		}
		text := fmt.Sprintf("Pair with %v again? Do so only if you know that it has forgotten this device.", session.PeerIdentity())
		if err := c.user.agree(ctx, session.PeerIdentity(), text, nil); err != nil {
			return fmt.Errorf("not paired again: %w", err)
		}
	} else if session.Bonded() {
		c.console.Say("the bond is not what the flags ask for: pairing again")
	}
	return c.pairAnew(ctx, session)
}

// encrypt encrypts with the bond. The peripheral may have asked for it before,
// or for more than the bond gives.
func (c *central) encrypt(ctx context.Context, session *smp.Session) error {
	var more <-chan struct{}
	switch _, err := session.Encrypt(ctx); {
	case errors.Is(err, smp.ErrBusy):
		more = c.asked
	case err != nil && !isReported(err):
		return err
	}
	err := c.await(ctx, session, more, func(e smp.Event) (bool, error) {
		encryption, ok := e.(smp.EncryptionEvent)
		switch {
		case !ok:
			return false, nil
		case encryption.Status != bt.Success:
			return true, &reportedError{encryption.Status}
		}
		return encryption.Encrypted, nil
	})
	if errors.Is(err, errAsked) {
		c.console.Say("the device asks for more than the bond gives: pairing again")
		return c.pairAnew(ctx, session)
	}
	return err
}

var errAsked = errors.New("the peripheral asks for more security")

// isReported tells errors of which an event tells too.
func isReported(err error) bool {
	_, status := errors.AsType[bt.Status](err)
	_, pairing := errors.AsType[*smp.PairingError](err)
	return status || pairing
}

// pairAnew pairs. Where something is going on already, it is either a pairing
// too, or encryption with a bond that is not enough: then it pairs behind it.
func (c *central) pairAnew(ctx context.Context, session *smp.Session) error {
	for {
		_, err := session.Pair(ctx, c.o.pairing.features())
		busy := errors.Is(err, smp.ErrBusy)
		if err != nil && !isReported(err) && !busy {
			return err
		}
		again := false
		err = c.await(ctx, session, nil, func(e smp.Event) (bool, error) {
			switch e := e.(type) {
			case smp.EncryptionEvent:
				enough := e.Encrypted && e.Level.Satisfies(c.o.pairing.wanted())
				again = busy && !enough
				return again, nil
			case smp.PairingCompleteEvent:
				return true, e.StoreErr
			case smp.PairingFailedEvent:
				return true, &reportedError{e.Err}
			case smp.TimeoutEvent:
				return true, &reportedError{e.Err}
			}
			return false, nil
		})
		if !again {
			return err
		}
	}
}

// await tells of events until one of them is what was waited for, or the link
// ends; a value of more gives errAsked.
func (c *central) await(ctx context.Context, session *smp.Session, more <-chan struct{}, done func(smp.Event) (bool, error)) error {
	for {
		select {
		case <-more:
			return errAsked
		case e := <-c.events:
			c.report.event(session, e)
			if ok, err := done(e); ok {
				return err
			}
			if end, ok := e.(smp.DisconnectedEvent); ok {
				return &reportedError{end.Reason}
			}
		case <-ctx.Done():
			// A pairing that was cancelled is told of still: its failure is on
			// the way, and leave waits for it.
			return context.Cause(ctx)
		}
	}
}

// stay tells of events until the link ends.
func (c *central) stay(ctx context.Context, session *smp.Session) error {
	c.console.Say("staying connected; Ctrl-C ends the link")
	err := c.await(ctx, session, nil, func(e smp.Event) (bool, error) {
		_, ended := e.(smp.DisconnectedEvent)
		return ended, nil
	})
	return err
}

// leave ends the link in order, and tells of what is left.
func (c *central) leave(session *smp.Session) {
	_ = session.Close() // it may have ended
	for late := time.After(partingTime); ; {
		select {
		case e := <-c.events:
			c.report.event(session, e)
			if _, ended := e.(smp.DisconnectedEvent); ended {
				return
			}
		case <-late:
			return
		}
	}
}

// reportedError is an error that the user has read already.
type reportedError struct{ err error }

func (e *reportedError) Error() string { return strings.TrimPrefix(e.err.Error(), "smp: ") }

func (e *reportedError) Unwrap() error { return e.err }

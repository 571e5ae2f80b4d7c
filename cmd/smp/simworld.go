package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/cmd/smp/internal/terminal"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/internal/dissect"
	"blesmp/internal/ladder"
	"blesmp/smp"
)

// device is one of the two sides of a simulation.
type device struct {
	name      string
	side      ladder.Side
	host      *hci.Host
	store     bond.Store
	manager   *smp.Manager
	completed chan *smp.Result
	encrypted chan smp.EncryptionEvent
}

// simulate pairs, reconnects and encrypts again.
func simulate(ctx context.Context, s streams, o *simOptions, model simModel) (*simReport, error) {
	screen := terminal.NewStillScreen(s.out)
	view := newView(screen, o)
	air := virtual.NewAir(virtual.Options{})
	var devices [2]*device
	for i, name := range []string{"central", "peripheral"} {
		d, closeDevice, err := newDevice(ctx, air, view, name, ladder.Side(i), o)
		if err != nil {
			return nil, err
		}
		defer closeDevice()
		devices[i] = d
	}
	features, err := view.manage(devices, model, newPeople(s, screen, o), o)
	if err != nil {
		return nil, err
	}
	return meet(ctx, view, devices, model, features, o)
}

// meet is the story of a simulation: two meetings of two devices.
func meet(ctx context.Context, v *view, devices [2]*device, model simModel, f smp.Features, o *simOptions) (*simReport, error) {
	central, peripheral := devices[0], devices[1]
	conn, err := connect(ctx, central, peripheral)
	if err != nil {
		return nil, err
	}
	result, err := central.manager.Session(conn).Pair(ctx, f)
	if err != nil {
		return &simReport{Steps: v.taken()}, fmt.Errorf("the devices did not pair: %w", err)
	}
	theirs, err := next(ctx, peripheral.completed)
	if err != nil {
		return nil, fmt.Errorf("the peripheral did not finish pairing: %w", err)
	}
	report := &simReport{
		Paired: true,
		Model:  result.Level.Model.String(),
		Level: levelJSON{
			SC: result.Level.SC, MITM: result.Level.MITM, KeySize: result.Level.KeySize,
			Authenticated: result.Level.Authenticated(smp.Policy{}),
		},
		Bonded: result.Bonded && theirs.Bonded,
	}
	report.Bonds = v.bonds(devices, o)
	err = errors.Join(check(result, theirs, model, o), again(ctx, central, peripheral, conn, result))
	report.Reencrypted = err == nil
	report.Steps = v.taken()
	return report, err
}

// check holds the results of both sides against what was asked for.
func check(ours, theirs *smp.Result, model simModel, o *simOptions) error {
	switch {
	case ours.Level != theirs.Level:
		return fmt.Errorf("the two sides disagree: %v, and %v", ours.Level, theirs.Level)
	case ours.Level.Model != model.model:
		return fmt.Errorf("the devices paired by %v, not by %v", ours.Level.Model, model.model)
	case ours.Level.SC == o.legacy:
		return fmt.Errorf("the devices paired with %v", ours.Level)
	}
	return nil
}

// again disconnects, connects and encrypts with the bond.
func again(ctx context.Context, central, peripheral *device, conn *hci.Conn, paired *smp.Result) error {
	session := central.manager.Session(conn)
	if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
		return err
	}
	if _, err := next(ctx, session.Done()); err != nil {
		return fmt.Errorf("the link did not end: %w", err)
	}
	peripheral.drain()
	conn, err := connect(ctx, central, peripheral)
	if err != nil {
		return err
	}
	session = central.manager.Session(conn)
	level, err := session.Encrypt(ctx)
	if err != nil {
		return fmt.Errorf("the link could not be encrypted with the bond: %w", err)
	}
	event, err := next(ctx, peripheral.encrypted)
	if err != nil {
		return fmt.Errorf("the peripheral did not see the encryption: %w", err)
	}
	if level != paired.Level || event.Level != paired.Level {
		return fmt.Errorf("paired with %v, but encrypted again with %v and %v", paired.Level, level, event.Level)
	}
	if err := conn.Disconnect(bt.RemoteUserTerminated); err != nil {
		return err
	}
	_, err = next(ctx, session.Done())
	return err
}

func connect(ctx context.Context, central, peripheral *device) (*hci.Conn, error) {
	if err := peripheral.host.Advertise(ctx, hci.AdvertisingParameters{}); err != nil {
		return nil, fmt.Errorf("advertise: %w", err)
	}
	conn, err := central.host.Connect(ctx, peripheral.host.Identity())
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

// next takes a value, or gives up with the context.
func next[T any](ctx context.Context, c <-chan T) (T, error) {
	select {
	case v := <-c:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// newDevice makes a host on a controller of its own, watched by the view.
func newDevice(ctx context.Context, air *virtual.Air, v *view, name string, side ladder.Side, o *simOptions) (*device, func(), error) {
	var link transport.Transport = air.NewController(virtual.Config{})
	closeFile := func() {}
	if o.snoop != "" {
		extension := filepath.Ext(o.snoop)
		path := strings.TrimSuffix(o.snoop, extension) + "-" + name + extension
		tap, end, err := recordHCI(link, path)
		if err != nil {
			return nil, nil, err
		}
		link, closeFile = tap, func() {
			if err := end(); err != nil {
				fmt.Fprintf(os.Stderr, "smp: %v\n", err)
			}
		}
	}
	host, err := hci.NewHost(ctx, &watched{Transport: link, see: func(sent bool, p []byte) { v.packet(side, sent, p) }}, hci.Options{})
	if err != nil {
		closeFile()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	d := &device{
		name: name, side: side, host: host, store: bond.NewMemory(),
		completed: make(chan *smp.Result, 8), encrypted: make(chan smp.EncryptionEvent, 8),
	}
	identity := bond.LocalIdentity{Address: host.Identity(), IRK: new(bt.Key)}
	*identity.IRK = smp.NewIRK()
	if err := d.store.PutIdentity(identity); err != nil {
		closeFile()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	return d, func() { _ = host.Close(); closeFile() }, nil
}

// watched shows every packet of a transport to somebody.
type watched struct {
	transport.Transport
	see func(sent bool, packet []byte)
}

func (w *watched) WritePacket(p []byte) error {
	w.see(true, p)
	return w.Transport.WritePacket(p)
}

func (w *watched) ReadPacket(buf []byte) ([]byte, error) {
	p, err := w.Transport.ReadPacket(buf)
	if err == nil {
		w.see(false, p)
	}
	return p, err
}

// onEvent passes on what the simulation waits for.
func (d *device) onEvent(e smp.Event) {
	switch e := e.(type) {
	case smp.PairingCompleteEvent:
		d.completed <- e.Result
	case smp.EncryptionEvent:
		d.encrypted <- e
	}
}

// drain forgets the encryption events of the first meeting.
func (d *device) drain() {
	for {
		select {
		case <-d.encrypted:
		default:
			return
		}
	}
}

// view shows what happens, as a ladder or as steps.
type view struct {
	ladder *ladder.Writer

	mu         sync.Mutex
	dissectors [2]dissect.Dissector
	steps      []string
}

func newView(out io.Writer, o *simOptions) *view {
	v := &view{}
	for i := range v.dissectors {
		v.dissectors[i].ShowKeys = o.showKeys
	}
	if o.json {
		out = io.Discard
	}
	v.ladder = ladder.New(out, "central", "peripheral")
	return v
}

// packet draws a packet: PDUs where they are sent, HCI where it happens, and
// the link's begin and end once.
func (v *view) packet(side ladder.Side, sent bool, p []byte) {
	v.mu.Lock()
	defer v.mu.Unlock()
	name := [2]string{"central", "peripheral"}[side]
	for _, step := range v.dissectors[side].Packet(sent, p) {
		text := strings.TrimSpace(step.Name + ": " + step.Details)
		switch {
		case step.Kind == dissect.PDUStep && !step.Sent:
			continue
		case step.Kind == dissect.PDUStep:
			v.ladder.Arrow(side, step.Name, step.Details)
		case step.Kind == dissect.LinkStep && side == ladder.Right:
			continue
		case step.Kind == dissect.LinkStep:
			v.ladder.Across(text)
		default:
			v.ladder.Note(side, text)
		}
		v.steps = append(v.steps, name+" "+text)
	}
}

// taken gives the steps so far.
func (v *view) taken() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]string{}, v.steps...)
}

// trace shows a rule.
func (v *view) trace(side ladder.Side, t smp.Trace) { v.ladder.Note(side, t.String()) }

// bonds describes what each side keeps.
func (v *view) bonds(devices [2]*device, o *simOptions) []string {
	var lines []string
	for _, d := range devices {
		for b, err := range d.store.All() {
			if err != nil {
				lines = append(lines, fmt.Sprintf("bond of the %s: %v", d.name, err))
				continue
			}
			lines = append(lines, describeBond(d.name, &b, o.showKeys))
		}
	}
	return lines
}

// describeBond gives one bond in a line.
func describeBond(owner string, b *bond.Bond, showKeys bool) string {
	key := func(k bt.Key) string {
		if showKeys {
			return " " + k.Reveal()
		}
		return ""
	}
	var keys []string
	for _, ltk := range []struct {
		name string
		key  *bond.LongTermKey
	}{{"its own LTK", b.LocalLTK}, {"the peer's LTK", b.PeerLTK}} {
		switch {
		case ltk.key == nil:
		case b.SC:
			keys = []string{"LTK" + key(ltk.key.Key)}
		default:
			//vet:allow secretprint: the user has asked for it with --show-keys
			keys = append(keys, fmt.Sprintf("%s (EDIV 0x%04x)%s", ltk.name, ltk.key.EDIV, key(ltk.key.Key)))
		}
	}
	for _, k := range []struct {
		name string
		key  *bt.Key
	}{{"the peer's IRK", b.PeerIRK}, {"its own CSRK", b.LocalCSRK}, {"the peer's CSRK", b.PeerCSRK}} {
		if k.key != nil {
			keys = append(keys, k.name+key(*k.key))
		}
	}
	//vet:allow secretprint: the user has asked for it with --show-keys
	return fmt.Sprintf("bond of the %s with %v: %s", owner, b.Peer, strings.Join(keys, ", "))
}

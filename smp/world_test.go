package smp_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"

	"github.com/google/go-cmp/cmp"
)

// The addresses of the two devices of a world.
var (
	centralAddress    = bt.TypedAddress{Address: bt.Address{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}}
	peripheralAddress = bt.TypedAddress{Address: bt.Address{0x00, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}}
)

// world is two hosts on one air, in a synctest bubble.
type world struct {
	t     *testing.T
	air   *virtual.Air
	sides [2]*device
}

// setup is what a world is made of; indexes are roles.
type setup struct {
	air         virtual.Options
	controllers [2]virtual.Config
	hosts       [2]hci.Options
	options     [2]smp.Options
	stores      [2]bond.Store
	puppets     [2]bool // a scripted peer in place of a manager
}

// device is one host with its manager.
type device struct {
	t       *testing.T
	role    bt.Role
	tap     *tap
	host    *hci.Host
	store   bond.Store
	manager *smp.Manager
	puppet  *puppet
	session *smp.Session
	conn    *hci.Conn

	mu     sync.Mutex
	heard  []smp.Event
	traces []smp.Trace
}

// newWorld makes two hosts that know each other's addresses; close has to be
// deferred.
func newWorld(t *testing.T, changes ...func(*setup)) *world {
	t.Helper()
	s := setup{stores: [2]bond.Store{bond.NewMemory(), bond.NewMemory()}}
	s.controllers[0].PublicAddress = centralAddress.Address
	s.controllers[1].PublicAddress = peripheralAddress.Address
	for i := range s.options {
		s.options[i].Policy.Backoff.Off = true
	}
	for _, change := range changes {
		change(&s)
	}
	w := &world{t: t, air: virtual.NewAir(s.air)}
	for i := range w.sides {
		w.sides[i] = w.newDevice(&s, bt.Role(i))
	}
	return w
}

func (w *world) newDevice(s *setup, role bt.Role) *device {
	w.t.Helper()
	d := &device{t: w.t, role: role, store: s.stores[role]}
	d.tap = &tap{Transport: w.air.NewController(s.controllers[role])}
	host, err := hci.NewHost(w.t.Context(), d.tap, s.hosts[role])
	if err != nil {
		w.t.Fatal(err)
	}
	d.host = host
	if s.puppets[role] {
		host.ServeLinks(func(link bt.Link) bt.LinkHandler {
			d.puppet = &puppet{link: link, received: make(chan []byte, 64), gone: make(chan struct{})}
			return d.puppet
		})
		return d
	}
	options := s.options[role]
	listen, trace := options.OnEvent, options.Trace
	options.OnEvent = func(s *smp.Session, e smp.Event) {
		d.mu.Lock()
		d.heard = append(d.heard, e)
		d.mu.Unlock()
		if listen != nil {
			listen(s, e)
		}
	}
	options.Trace = func(s *smp.Session, tr smp.Trace) {
		d.mu.Lock()
		d.traces = append(d.traces, tr)
		d.mu.Unlock()
		if trace != nil {
			trace(s, tr)
		}
	}
	d.manager = smp.NewManager(d.store, options)
	if err := d.manager.Serve(host); err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) central() *device    { return w.sides[bt.Central] }
func (w *world) peripheral() *device { return w.sides[bt.Peripheral] }

// close ends the hosts. The bubble then fails if a goroutine is left.
func (w *world) close() {
	for _, d := range w.sides {
		_ = d.host.Close()
		<-d.host.Done()
	}
}

// connect makes a link, and both sessions.
func (w *world) connect() {
	w.t.Helper()
	c, p := w.central(), w.peripheral()
	if err := p.host.Advertise(w.t.Context(), hci.AdvertisingParameters{}); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if c.conn, err = c.host.Connect(w.t.Context(), p.host.Identity()); err != nil {
		w.t.Fatal(err)
	}
	if p.conn, err = p.host.Accept(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	for _, d := range w.sides {
		if d.manager == nil {
			continue
		}
		if d.session = d.manager.Session(d.conn); d.session == nil {
			w.t.Fatalf("%v has no session for its link", d.role)
		}
	}
}

// disconnect ends the link.
func (w *world) disconnect() {
	w.t.Helper()
	for _, d := range w.sides {
		if d.session != nil {
			_ = d.session.Close() // the other side may have been faster
			<-d.session.Done()
		}
	}
	synctest.Wait()
}

// reconnect ends the link, forgets what was reported, and makes a new link.
func (w *world) reconnect() {
	w.t.Helper()
	w.disconnect()
	for _, d := range w.sides {
		d.events()
	}
	w.connect()
}

// mustPair pairs, and waits until both sides are done.
func (w *world) mustPair(f smp.Features) *smp.Result {
	w.t.Helper()
	result, err := w.central().session.Pair(w.t.Context(), f)
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return result
}

// paired is a new world whose devices have a bond and a link.
func paired(t *testing.T, f smp.Features, changes ...func(*setup)) *world {
	t.Helper()
	w := newWorld(t, changes...)
	w.connect()
	w.mustPair(f)
	return w
}

// bond gives what is stored of the other device, nil for nothing.
func (w *world) bond(role bt.Role) *bond.Bond {
	w.t.Helper()
	d := w.sides[role]
	b, err := d.store.Get(d.host.Identity(), w.sides[1-role].host.Identity())
	if errors.Is(err, bond.ErrNotFound) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return &b
}

// plainBond has the keys of a bond as text, which cmp can see.
func plainBond(b *bond.Bond) string {
	if b == nil {
		return "none"
	}
	key := func(k *bt.Key) string {
		if k == nil {
			return "-"
		}
		return k.Reveal()
	}
	ltk := func(k *bond.LongTermKey) string {
		if k == nil {
			return "-"
		}
		return fmt.Sprintf("%s %04x %016x", k.Key.Reveal(), k.EDIV, k.Rand)
	}
	return fmt.Sprintf("%v %v %v sc=%t mitm=%t model=%d size=%d\n%s\n%s\nirk %s csrk %s %d %s %d link %s\n%v",
		b.Local, b.Peer, b.OnAir, b.SC, b.MITM, b.Model, b.KeySize, ltk(b.LocalLTK), ltk(b.PeerLTK),
		key(b.PeerIRK), key(b.LocalCSRK), b.LocalSignCounter, key(b.PeerCSRK), b.PeerSignCounter, key(b.LinkKey), b.Created.UTC())
}

// agree checks that the keys which each side keeps of the other are those that
// the other keeps of itself.
func (w *world) agree() {
	w.t.Helper()
	c, p := w.bond(bt.Central), w.bond(bt.Peripheral)
	if c == nil || p == nil {
		w.t.Errorf("bonds: central %t, peripheral %t; want both", c != nil, p != nil)
		return
	}
	want := bond.Bond{
		Local: c.Local, Peer: c.Peer, SC: c.SC, MITM: c.MITM, Debug: c.Debug, Model: c.Model, KeySize: c.KeySize,
		LocalLTK: c.LocalLTK, PeerLTK: c.PeerLTK, LocalCSRK: c.LocalCSRK, PeerCSRK: c.PeerCSRK, LinkKey: c.LinkKey,
	}
	got := bond.Bond{
		Local: p.Peer, Peer: p.Local, SC: p.SC, MITM: p.MITM, Debug: p.Debug, Model: p.Model, KeySize: p.KeySize,
		LocalLTK: p.PeerLTK, PeerLTK: p.LocalLTK, LocalCSRK: p.PeerCSRK, PeerCSRK: p.LocalCSRK, LinkKey: p.LinkKey,
	}
	if diff := cmp.Diff(plainBond(&want), plainBond(&got)); diff != "" {
		w.t.Errorf("bonds of central and peripheral differ (-central +peripheral):\n%s", diff)
	}
}

// person is a Prompter whose user types what the other screen shows.
func person(shown chan smp.Passkey) smp.Prompter {
	return smp.Prompter{
		DisplayPasskey: func(_ context.Context, q *smp.Question) error {
			select {
			case <-shown: // of a pairing that came to nothing
			default:
			}
			shown <- q.Passkey
			return nil
		},
		EnterPasskey: func(ctx context.Context, _ *smp.Question) (smp.Passkey, error) {
			select {
			case passkey := <-shown:
				return passkey, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		},
		CompareNumber: func(context.Context, *smp.Question) (bool, error) { return true, nil },
	}
}

// people gives each device a person.
func people(s *setup) {
	shown := make(chan smp.Passkey, 1)
	for i := range s.options {
		s.options[i].Prompter = person(shown)
	}
}

// features changes the defaults of both devices.
func features(change func(*smp.Features)) func(*setup) {
	return func(s *setup) {
		for i := range s.options {
			s.options[i].Features = with(change)
		}
	}
}

// with changes the default features.
func with(change func(*smp.Features)) smp.Features {
	f := smp.DefaultFeatures()
	change(&f)
	return f
}

func withMITM(io smp.IOCapability) smp.Features {
	return with(func(f *smp.Features) { f.IOCapability, f.MITM = io, true })
}

// events gives what was reported since the last call, one line each.
func (d *device) events() []string {
	synctest.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	var lines []string
	for _, e := range d.heard {
		lines = append(lines, describe(e))
	}
	d.heard = nil
	return lines
}

// wants compares them.
func (d *device) wants(want ...string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.events()); diff != "" {
		d.t.Errorf("events of the %v (-want +got):\n%s", d.role, diff)
	}
}

// describe tells an event in short.
func describe(e smp.Event) string {
	switch e := e.(type) {
	case smp.EncryptionEvent:
		switch {
		case e.Status != bt.Success:
			return "encryption failed: " + e.Status.String()
		case !e.Encrypted:
			return "encryption off"
		}
		return fmt.Sprintf("encrypted: %v", e.Level.Model)
	case smp.PairingCompleteEvent:
		line := fmt.Sprintf("complete: %v", e.Result.Level.Model)
		if e.Result.Bonded {
			line += ", bonded"
		}
		if e.StoreErr != nil {
			line += ", not stored"
		}
		return line
	case smp.PairingFailedEvent:
		return "failed: " + why(e.Err)
	case smp.RequestRefusedEvent:
		return "request refused: " + why(e.Err)
	case smp.TimeoutEvent:
		return "timeout"
	case smp.BondLostEvent:
		return "bond lost: " + e.Peer.String()
	case smp.KeypressEvent:
		return "keypress: " + e.Type.String()
	case smp.DisconnectedEvent:
		return "disconnected: " + e.Reason.String()
	}
	return fmt.Sprintf("%T", e)
}

// why tells what ended a pairing, and who.
func why(e *smp.PairingError) string {
	switch {
	case e.Remote:
		return "peer: " + e.Reason.String()
	case e.Reason != 0:
		return e.Reason.String()
	}
	return e.Cause.String()
}

// bubble runs a test in a synctest bubble: time costs nothing, and a goroutine
// that is left over fails it.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}

func localIdentity(address bt.TypedAddress, irk bt.Key) bond.LocalIdentity {
	return bond.LocalIdentity{Address: address, IRK: &irk}
}

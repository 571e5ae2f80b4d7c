package conformance

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"sync"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/hci"
	"blesmp/hci/transport"
	"blesmp/hci/virtual"
	"blesmp/smp"
)

// setup is how our device is set up for a round.
type setup struct {
	role     bt.Role
	features smp.Features
	policy   smp.Policy
	address  bt.Address // random; the controller's public one where it is zero

	// types is what our user types, numbersDiffer what the user says to a
	// comparison. slow has the answers wait until answer is called.
	types         uint32
	numbersDiffer bool
	slow          bool

	// options changes what nothing above says.
	options func(*smp.Options)
}

// device is our host with its Security Manager, watched from all sides.
type device struct {
	clock   clock
	setup   setup
	host    *hci.Host
	store   bond.Store
	manager *smp.Manager
	answers gate // of a slow user

	mu      sync.Mutex
	events  []smp.Event
	rows    []smp.Trace
	shown   []uint32 // passkeys
	numbers []uint32 // to compare
	asked   []string // names of the questions
	keys    int      // that were given to the controller
	refused int      // requests for a key that were turned down
	last    *call    // the one that rules are about; nil before the first
}

// newDevice brings our host up on a controller.
func newDevice(ctx context.Context, c clock, controller *virtual.Controller, s setup, t *table.Table) (*device, error) {
	d := &device{clock: c, setup: s, store: bond.NewMemory(), answers: gate{clock: c}}
	host, err := hci.NewHost(ctx, &tap{controller, d}, hci.Options{RandomAddress: s.address, Resolver: bond.NewResolver(d.store)})
	if err != nil {
		return nil, err
	}
	d.host = host
	irk := smp.NewIRK()
	if err := d.store.PutIdentity(bond.LocalIdentity{Address: host.Identity(), IRK: &irk}); err != nil {
		return nil, err
	}
	options := smp.Options{
		Features: s.features, Policy: s.policy, Table: t, Prompter: d.prompter(),
		KeepLinkOnTimeout: true,
		Now:               c.Now, AfterFunc: c.AfterFunc, Go: c.Go,
		OnEvent: func(_ *smp.Session, e smp.Event) { d.note(func() { d.events = append(d.events, e) }) },
		Trace:   func(_ *smp.Session, t smp.Trace) { d.took(t) },
	}
	if s.options != nil {
		s.options(&options)
	}
	d.manager = smp.NewManager(d.store, options)
	return d, d.manager.Serve(host)
}

// took writes down a rule of the specification.
func (d *device) took(t smp.Trace) {
	d.note(func() {
		d.rows = append(d.rows, t)
		if d.last != nil {
			d.last.took(t)
		}
	})
}

// note changes what is written down.
func (d *device) note(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// prompter is the user of our device.
func (d *device) prompter() smp.Prompter {
	asked := func(name string) { d.note(func() { d.asked = append(d.asked, name) }) }
	return smp.Prompter{
		PairingRequested: func(context.Context, *smp.Question) (f smp.Features, err error) {
			d.note(func() { f = d.setup.features })
			return f, nil
		},
		DisplayPasskey: func(_ context.Context, q *smp.Question) error {
			d.note(func() { d.shown = append(d.shown, uint32(q.Passkey)) })
			asked("DisplayPasskey")
			return nil
		},
		EnterPasskey: func(ctx context.Context, _ *smp.Question) (smp.Passkey, error) {
			asked("EnterPasskey")
			return smp.Passkey(d.setup.types), d.think(ctx)
		},
		CompareNumber: func(ctx context.Context, q *smp.Question) (bool, error) {
			d.note(func() { d.numbers = append(d.numbers, uint32(q.Passkey)) })
			asked("CompareNumber")
			return !d.setup.numbersDiffer, d.think(ctx)
		},
	}
}

// think waits for the scenario where the user is slow.
func (d *device) think(ctx context.Context) error {
	if !d.setup.slow {
		return nil
	}
	return d.answers.pass(ctx)
}

// answer lets a slow user answer one question.
func (d *device) answer() { d.answers.open() }

// session is that of the one link.
func (d *device) session() (*smp.Session, error) {
	sessions := d.manager.Sessions()
	if len(sessions) != 1 {
		return nil, fmt.Errorf("our device has %d links, want 1", len(sessions))
	}
	return sessions[0], nil
}

// bonds gives the whole store.
func (d *device) bonds() ([]bond.Bond, error) {
	var bonds []bond.Bond
	for b, err := range d.store.All() {
		if err != nil {
			return nil, err
		}
		bonds = append(bonds, b)
	}
	return bonds, nil
}

// happened gives what has happened since a mark.
func (d *device) happened(since mark) (events []smp.Event, keys, refused int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.events[since.events:]), d.keys - since.keys, d.refused - since.refused
}

// misuse says what the host did that no host may.
func (d *device) misuse() error {
	if n := d.host.Stats().Malformed; n > 0 {
		return fmt.Errorf("our host could not read %d packets of its controller", n)
	}
	return nil
}

// tap watches what our host tells its controller.
type tap struct {
	*virtual.Controller
	device *device
}

func (t *tap) WritePacket(p []byte) error {
	if len(p) > 3 && p[0] == transport.CommandPacket {
		switch hci.Opcode(binary.LittleEndian.Uint16(p[1:])) {
		case hci.OpcodeLEEnableEncryption, hci.OpcodeLELongTermKeyRequestReply:
			t.device.note(func() { t.device.keys++ })
		case hci.OpcodeLELongTermKeyRequestNegativeReply:
			t.device.note(func() { t.device.refused++ })
		}
	}
	return t.Controller.WritePacket(p)
}

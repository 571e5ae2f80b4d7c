package conformance

import (
	"context"
	"fmt"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/gen/table"
	"blesmp/hci"
	"blesmp/hci/virtual"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// Stage is where a round is played: an air with the peer and, where it is ours,
// the device under test.
type Stage struct {
	ctx    context.Context
	clock  clock
	air    *virtual.Air
	table  *table.Table
	device *device // nil where it is foreign
	target *Target // a foreign device, or nil
	remote bt.TypedAddress
	peer   *smptest.Peer
	since  mark
	paired *call // of Session.Pair for the last course since the mark, or nil
}

// mark is a moment from which on events, keys and changes of the store count.
type mark struct {
	events, keys, refused int
	bonds                 []bond.Bond
}

// peerAddress is the public address of every peer, so that features and bonds
// can name it before it is there.
var peerAddress = bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x02}}

// deviceAddress is the public address of our device.
var deviceAddress = bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x01}}

// newStage puts a peer on the air.
func newStage(ctx context.Context, o Options) *Stage {
	s := &Stage{ctx: ctx, clock: wallClock{ctx}, table: o.Table, air: virtual.NewAir(virtual.Options{})}
	if !o.WallClock {
		s.clock = newManualClock(ctx)
	}
	return s
}

// newPeer puts a peer with this random address on the air, or with its public
// one where it is zero.
func (s *Stage) newPeer(address bt.Address) error {
	controller := s.air.NewController(virtual.Config{PublicAddress: peerAddress.Address})
	peer, err := smptest.NewPeer(controller, smptest.PeerOptions{
		Address: address, Sleep: s.clock.Sleep, Patience: s.patience(),
	})
	s.peer = peer
	return err
}

// prepare sets our device up for a course and connects it with a peer.
func (s *Stage) prepare(c course) error { return s.prepareFrom(c, bt.Address{}) }

// prepareFrom does so with a peer of another address.
func (s *Stage) prepareFrom(c course, peer bt.Address) error {
	if s.target != nil {
		return s.prepareForeign(c.role)
	}
	if err := s.build(c.setup, peer); err != nil {
		return err
	}
	return s.connect(c.role)
}

// build makes device and peer.
func (s *Stage) build(set setup, peer bt.Address) error {
	controller := s.air.NewController(virtual.Config{PublicAddress: deviceAddress.Address})
	d, err := newDevice(s.ctx, s.clock, controller, set, s.table)
	if err != nil {
		return err
	}
	s.device = d
	s.remote = d.host.Identity()
	if m, ok := s.clock.(*manualClock); ok {
		m.flush = func() { _ = d.host.Command(s.ctx, &hci.ReadBDADDR{}, nil) }
	}
	return s.newPeer(peer)
}

// connect makes the link, our device having this role.
func (s *Stage) connect(role bt.Role) error {
	if role == bt.Peripheral {
		if err := s.device.host.Advertise(s.ctx, hci.AdvertisingParameters{}); err != nil {
			return err
		}
		if err := s.peer.Connect(s.remote); err != nil {
			return err
		}
	} else {
		if err := s.peer.Advertise(); err != nil {
			return err
		}
		if _, err := s.device.host.Connect(s.ctx, s.peer.Address()); err != nil {
			return err
		}
	}
	if err := s.peer.Await(); err != nil {
		return err
	}
	s.settle()
	return s.mark()
}

// reconnect ends the link and makes another.
func (s *Stage) reconnect(role bt.Role) error {
	if err := s.disconnect(); err != nil {
		return err
	}
	return s.connect(role)
}

// disconnect has the peer end the link.
func (s *Stage) disconnect() error {
	if err := s.peer.Disconnect(bt.RemoteUserTerminated); err != nil {
		return err
	}
	if _, err := s.peer.ReceiveDisconnection(); err != nil {
		return err
	}
	s.settle()
	return nil
}

// settle waits until everything is at rest, as far as one can tell.
func (s *Stage) settle() {
	if s.target != nil {
		s.clock.Sleep(foreignQuiet)
		return
	}
	s.clock.Sleep(time.Millisecond)
}

// patience is how long the peer waits for what it expects; 0 leaves it to the
// peer.
func (s *Stage) patience() time.Duration {
	if s.target != nil {
		return foreignPatience
	}
	return 0
}

// quietly checks that nothing comes from the device.
func (s *Stage) quietly() error {
	if s.target != nil {
		return s.peer.Silence(foreignQuiet)
	}
	return s.peer.Silence(quiet)
}

// mark begins to count anew.
func (s *Stage) mark() error {
	if s.device == nil {
		return nil
	}
	bonds, err := s.device.bonds()
	d := s.device
	s.paired = nil
	d.note(func() { s.since = mark{events: len(d.events), keys: d.keys, refused: d.refused, bonds: bonds} })
	return err
}

// equip gives the course what is only known when the device is there: its
// passkey, its number and the out-of-band data.
func (s *Stage) equip(c *course) error {
	plan := &c.plan
	if plan.Passkey == nil {
		plan.Passkey = func() (uint32, error) { return c.types, nil }
		if c.deviceShows() {
			plan.Passkey = s.shown
		}
	}
	if plan.Compare == nil && s.device != nil {
		plan.Compare = s.compare
	}
	if !c.deviceHolds && !c.peerHolds {
		return nil
	}
	if plan.SC {
		return s.equipOOB(c)
	}
	if plan.TK.IsZero() {
		plan.TK = smp.NewIRK() // any random key
	}
	tk := plan.TK
	if c.deviceHolds && c.features.PeerOOB == nil {
		c.features.PeerOOB = &smp.PeerOOB{Address: s.peer.Address(), TK: &tk}
	}
	if c.peerHolds {
		plan.Features.OOBDataFlag = smp.OOBDataPresent
	}
	return nil
}

// equipOOB exchanges the data of LE Secure Connections.
func (s *Stage) equipOOB(c *course) error {
	plan := &c.plan
	if c.deviceHolds {
		if plan.OwnOOB == nil {
			own, err := smptest.NewOOB()
			if err != nil {
				return err
			}
			plan.OwnOOB = own
		}
		if c.features.PeerOOB == nil {
			confirm, random := plan.OwnOOB.Confirm, plan.OwnOOB.Random
			c.features.PeerOOB = &smp.PeerOOB{Address: s.peer.Address(), Confirm: &confirm, Random: &random}
		}
	}
	if c.peerHolds {
		data, err := s.device.manager.NewOOB(s.remote)
		if err != nil {
			return err
		}
		plan.DeviceOOB = &smptest.OOB{Confirm: data.Confirm, Random: data.Random}
		plan.Features.OOBDataFlag = smp.OOBDataPresent
	}
	return nil
}

// begin equips a course and has our device pair, where it is central. At a
// peripheral the course's features answer the request.
func (s *Stage) begin(c course) (course, error) {
	if err := s.equip(&c); err != nil {
		return c, err
	}
	if s.device == nil {
		return c, nil // the person has begun
	}
	if c.role == bt.Central && !c.unasked {
		var err error
		s.paired, err = s.device.pair(s.ctx, c.features)
		return c, err
	}
	s.device.note(func() { s.device.setup.features = c.features })
	return c, nil
}

// play plays a script made from the course.
func (s *Stage) play(c course, edit ...func(smptest.Script) smptest.Script) error {
	c, err := s.begin(c)
	if err != nil {
		return err
	}
	script := c.plan.Script()
	for _, e := range edit {
		script = e(script)
	}
	return s.peer.Play(c.plan, script)
}

// quiet is how long a peer listens before it says that nothing comes.
const quiet = 100 * time.Millisecond

// shown waits for the passkey that our device shows.
func (s *Stage) shown() (uint32, error) {
	return s.await("passkey", func(d *device) *[]uint32 { return &d.shown })
}

// compare holds the peer's number against that of our device.
func (s *Stage) compare(number uint32) error {
	ours, err := s.await("number to compare", func(d *device) *[]uint32 { return &d.numbers })
	if err == nil && ours != number {
		err = fmt.Errorf("our device shows %06d, the peer %06d", ours, number)
	}
	return err
}

// await waits for the next of what our device shows.
func (s *Stage) await(what string, list func(*device) *[]uint32) (uint32, error) {
	for range 10 {
		var found *uint32
		s.device.note(func() {
			if l := list(s.device); len(*l) > 0 {
				found = &(*l)[0]
				*l = (*l)[1:]
			}
		})
		if found != nil {
			return *found, nil
		}
		s.settle()
	}
	return 0, fmt.Errorf("our device shows no %s", what)
}

// close takes everything off the air.
func (s *Stage) close() {
	if s.peer != nil {
		_ = s.peer.Close()
	}
	if s.device == nil {
		return
	}
	_ = s.device.host.Close()
	<-s.device.host.Done()
	s.settle()
}

// describe names an event.
func describe(e smp.Event) string {
	switch e := e.(type) {
	case smp.PairingFailedEvent:
		return "a failure: " + e.Err.Error()
	case smp.RequestRefusedEvent:
		return "a refused request: " + e.Err.Error()
	case smp.TimeoutEvent:
		return "a timeout: " + e.Err.Error()
	case smp.DisconnectedEvent:
		return "the end of the link: " + e.Reason.String()
	}
	return fmt.Sprintf("%T", e)
}

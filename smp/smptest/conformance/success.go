package conformance

import (
	"errors"
	"fmt"
	"reflect"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
)

// succeed plays a course that has to succeed, and checks what it has left at
// our device.
func (s *Stage) succeed(c course) error {
	if err := s.mark(); err != nil {
		return err
	}
	if err := s.play(c); err != nil {
		return err
	}
	return s.succeeded(c)
}

// succeeded checks that our device reports one success of the right level, and
// has stored the right bond or none.
func (s *Stage) succeeded(c course) error {
	if err := s.quietly(); err != nil {
		return err
	}
	if s.device == nil {
		return nil
	}
	events, _, _ := s.device.happened(s.since)
	var complete []*smp.Result
	for _, e := range events {
		switch e := e.(type) {
		case smp.PairingCompleteEvent:
			complete = append(complete, e.Result)
		case smp.EncryptionEvent:
			if e.Status != bt.Success {
				return fmt.Errorf("our device reports %s of encryption", e.Status.String())
			}
		default:
			return fmt.Errorf("our device reports %s", describe(e))
		}
	}
	if len(complete) != 1 {
		return fmt.Errorf("our device reports %d successes, want 1", len(complete))
	}
	if complete[0].Level != c.level() {
		return fmt.Errorf("our device reports %v, want %v", complete[0].Level, c.level())
	}
	if s.paired != nil {
		if err := s.returned(s.paired); err != nil {
			return fmt.Errorf("a call of Pair returned %w", err)
		}
	}
	return s.checkBond(c, complete[0])
}

// checkBond holds the store against what both sides have distributed.
func (s *Stage) checkBond(c course, r *smp.Result) error {
	if r.Bonded != c.bonds() {
		return fmt.Errorf("our device reports bonded %t, want %t", r.Bonded, c.bonds())
	}
	if !r.Bonded {
		return s.unchanged()
	}
	x := s.peer.Exchange()
	peer := s.peer.Address()
	if c.plan.Keys[c.plan.Role].IdKey() {
		peer = x.Sent.Identity
	}
	b, err := s.device.store.Get(s.remote, peer)
	if err != nil {
		return fmt.Errorf("the bond with %v: %w", peer, err)
	}
	if smp.LevelOf(&b) != c.level() {
		return fmt.Errorf("the bond has %v, want %v", smp.LevelOf(&b), c.level())
	}
	type part struct {
		name string
		got  *bt.Key
		want *bt.Key
	}
	keys := c.plan.Keys[c.plan.Role]
	own := c.plan.Keys[c.role]
	ltk := func(l *bond.LongTermKey) *bt.Key {
		if l == nil {
			return nil
		}
		return &l.Key
	}
	given := func(k bt.Key, on bool) *bt.Key {
		if !on || k.IsZero() {
			return nil
		}
		return &k
	}
	parts := []part{
		{"the peer's IRK", b.PeerIRK, given(x.Sent.IRK, keys.IdKey())},
		{"the peer's CSRK", b.PeerCSRK, given(x.Sent.CSRK, keys.SignKey())},
		{"its own CSRK", b.LocalCSRK, given(x.Received.CSRK, own.SignKey())},
	}
	if c.plan.SC {
		parts = append(parts, part{"the LTK", ltk(b.LocalLTK), &x.Key}, part{"the LTK", ltk(b.PeerLTK), &x.Key})
	} else {
		parts = append(parts,
			part{"the peer's LTK", ltk(b.PeerLTK), given(x.Sent.LTK, keys.EncKey())},
			part{"its own LTK", ltk(b.LocalLTK), given(x.Received.LTK, own.EncKey())})
	}
	for _, p := range parts {
		if (p.got == nil) != (p.want == nil) || p.got != nil && !p.got.Equal(*p.want) {
			return fmt.Errorf("the bond of our device does not have the right %s", p.name)
		}
	}
	return nil
}

// unchanged checks that the store is what it was at the mark.
func (s *Stage) unchanged() error {
	if s.device == nil {
		return nil
	}
	bonds, err := s.device.bonds()
	if err != nil {
		return err
	}
	//vet:allow secretequal: the attacker of these tests cannot measure the tester
	if !reflect.DeepEqual(bonds, s.since.bonds) {
		return errors.New("the bonds of our device have changed")
	}
	return nil
}

// keyless checks that no key has gone to the controller since the mark.
func (s *Stage) keyless() error {
	if s.device == nil {
		return nil
	}
	if _, keys, _ := s.device.happened(s.since); keys > 0 {
		return errors.New("our device has given a key to its controller")
	}
	return nil
}

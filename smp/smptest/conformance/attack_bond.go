package conformance

import (
	"errors"
	"fmt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/smp"
	"blesmp/smp/smptest"
)

// bonded has both sides keep the keys.
func (c course) bonded() course { return c.bonding(encKey, encKey) }

// weaker is a round in which a pairing may not replace a bond: it fails, and the
// link is then encrypted with the old key.
func weaker(old, next course) func(*Stage) error {
	old, next = old.bonded(), next.bonded()
	return func(s *Stage) error {
		if err := s.bond(old, next); err != nil {
			return err
		}
		return s.keepsBond(old, next)
	}
}

// bond pairs, and connects again with a device that is set up for the next
// course.
func (s *Stage) bond(old, next course) error {
	if err := old.succeed(s); err != nil {
		return err
	}
	s.device.note(func() { s.device.setup.types = next.types })
	return s.reconnect(next.role)
}

// keepsBond tries the next course, which has to fail, and then the old key.
func (s *Stage) keepsBond(old, next course) error {
	exchange := *s.peer.Exchange()
	if err := s.refuse(next, through(next.featuresStep()), smp.AuthenticationRequirements); err != nil {
		return err
	}
	*s.peer.Exchange() = exchange
	if err := s.reencrypt(old); err != nil {
		return fmt.Errorf("the old bond: %w", err)
	}
	return nil
}

// matrix is every old level against every new one.
func matrix(role bt.Role) []round {
	levels := []course{
		newCourse(role, false, smp.JustWorks),
		newCourse(role, false, smp.InitiatorTypes),
		newCourse(role, true, smp.JustWorks),
		newCourse(role, true, smp.NumericComparison),
	}
	var rounds []round
	for _, old := range levels {
		for _, next := range levels {
			name := fmt.Sprintf("%v, then %v", old, next)
			if next.level().Satisfies(old.level()) && next.level().MITM {
				rounds = all(rounds, named(name, replaces(old, next)))
			} else {
				rounds = all(rounds, named(name, weaker(old, next)))
			}
		}
	}
	short := newCourse(role, true, smp.NumericComparison)
	short.plan.Features.MaxKeySize = 7
	long := newCourse(role, true, smp.NumericComparison)
	long.policy.MinKeySize = 7
	return all(rounds, named("16 octets, then 7", weaker(long, short)))
}

// replaces is a round in which a pairing replaces a bond.
func replaces(old, next course) func(*Stage) error {
	old, next = old.bonded(), next.bonded()
	return func(s *Stage) error {
		if err := s.bond(old, next); err != nil {
			return err
		}
		if err := s.succeed(next); err != nil {
			return err
		}
		return s.reencrypt(next)
	}
}

// requested has a bonded peripheral ask for more than the bond has, on a link in
// the clear: nobody was asked, so nothing is replaced.
func requested() []round {
	old := newCourse(bt.Central, true, smp.JustWorks).bonded()
	return named("Security Request", func(s *Stage) error {
		if err := s.bond(old, old); err != nil {
			return err
		}
		mitm := smp.AuthReq(0).WithBonding(1).WithMITM(true)
		if err := s.peer.Continue(smptest.Script{sendSecurityRequest(mitm), failedStep(smp.AuthenticationRequirements)}); err != nil {
			return err
		}
		if err := errors.Join(s.failed(false, smp.AuthenticationRequirements), s.keyless()); err != nil {
			return err
		}
		return s.reencrypt(old)
	})
}

// lostKey has a peer say that it has no key for the bond.
func lostKey() []round {
	c := newCourse(bt.Central, true, smp.NumericComparison).bonded()
	missing := named("key missing", func(s *Stage) error {
		if err := s.bond(c, c); err != nil {
			return err
		}
		call, err := s.device.encrypt(s.ctx)
		if err != nil {
			return err
		}
		if err := s.peer.Continue(smptest.Script{
			smptest.Do("receive LE Long Term Key Request", func(p *smptest.Peer) error { _, err := p.ReceiveLTKRequest(); return err }),
			smptest.Do("LE Long Term Key Request Negative Reply", (*smptest.Peer).RejectLTK),
		}); err != nil {
			return err
		}
		if err := s.returned(call); !errors.Is(err, bt.PINOrKeyMissing) {
			return fmt.Errorf("a call of Encrypt returned %w, want %s", errOrNone(err), bt.PINOrKeyMissing.String())
		}
		if err := s.quietly(); err != nil {
			return fmt.Errorf("after the key was missing: %w", err)
		}
		return errors.Join(s.lost(), s.unchanged(), s.resting(smp.StateIdle))
	})
	plain := named("no encryption", func(s *Stage) error {
		if err := s.bond(c, c); err != nil {
			return err
		}
		session, err := s.device.session()
		if err != nil {
			return err
		}
		for _, code := range []smp.PDUCode{smp.CodeEncryptionInformation, smp.CodeIdentityInformation, smp.CodeSigningInformation} {
			if err := s.peer.SendPDU(late(code)); err != nil {
				return err
			}
		}
		if err := s.silent(); err != nil {
			return err
		}
		if _, encrypted := session.Level(); encrypted {
			return errors.New("our device takes the link for encrypted")
		}
		return nil
	})
	return all(missing, plain)
}

// lost checks that the lost bond is reported once.
func (s *Stage) lost() error {
	events, _, _ := s.device.happened(s.since)
	lost := 0
	for _, e := range events {
		if _, ok := e.(smp.BondLostEvent); ok {
			lost++
		}
	}
	if lost != 1 {
		return fmt.Errorf("our device reports %d lost bonds, want 1", lost)
	}
	return nil
}

// otherPeer is a peer that our device has a bond with, beside the one that it
// meets.
var otherPeer = bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0x03}}

// bondOther puts the bond with the other peer into the store: by an SC pairing
// with or without MITM protection.
func (s *Stage) bondOther(mitm bool) error {
	ltk := &bond.LongTermKey{Key: smp.NewIRK()} // any random key
	model := smp.JustWorks
	if mitm {
		model = smp.NumericComparison
	}
	irk := smp.NewIRK()
	b := bond.Bond{
		Local: s.remote, Peer: otherPeer, SC: true, MITM: mitm, KeySize: 16, Model: uint8(model),
		LocalLTK: ltk, PeerLTK: ltk, PeerIRK: &irk,
	}
	if err := s.device.store.Put(b); err != nil {
		return err
	}
	return s.mark()
}

// steals has the peer distribute the identity of another bond.
func steals(role bt.Role) []round {
	const step = "send Identity Address Information"
	claim := func(c course) course {
		c.plan.Distributed = &smptest.PeerKeys{IRK: smp.NewIRK(), Identity: otherPeer, LTK: smp.NewIRK(), CSRK: smp.NewIRK()}
		return c
	}
	tries := func(c course, reason smp.Reason) func(*Stage) error {
		return func(s *Stage) error {
			c := claim(c)
			if err := s.bondOther(true); err != nil {
				return err
			}
			if err := s.play(c, through(step)); err != nil {
				return err
			}
			if err := s.peer.ReceiveFailed(reason); err != nil {
				return err
			}
			return s.failed(false, reason)
		}
	}
	justWorks := newCourse(role, true, smp.JustWorks).bonding(idKey, idKey)
	compare := newCourse(role, true, smp.NumericComparison).bonding(idKey, idKey)
	return all(
		named("a bonded peer takes another's identity", func(s *Stage) error {
			if err := s.bond(compare.bonded(), compare); err != nil {
				return err
			}
			return tries(compare, smp.KeyRejected)(s)
		}),
		named("an unknown peer takes a bonded identity, weaker", func(s *Stage) error {
			if err := s.prepare(justWorks); err != nil {
				return err
			}
			return tries(justWorks, smp.AuthenticationRequirements)(s)
		}),
		named("an unknown peer takes a bonded identity, as strong", func(s *Stage) error {
			if err := s.prepare(compare); err != nil {
				return err
			}
			if err := s.bondOther(true); err != nil {
				return err
			}
			return s.succeed(claim(compare))
		}),
	)
}

func bondAttacks() []Scenario {
	return []Scenario{
		{
			ID:     "A15/CVE-2020-9770",
			About:  "reconnection without encryption, or with the key missing: it is reported, nothing is paired again, the bond stays",
			rounds: lostKey(),
		},
		{
			ID:     "A16/BLERP-NDSS-2026",
			About:  "forged pairing over a bond: a weaker one fails with 0x03, and the old key still encrypts",
			rounds: all(bothRoles(matrix), requested()),
		},
	}
}

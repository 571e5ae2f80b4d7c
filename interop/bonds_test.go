//go:build interop

package interop

import (
	"errors"

	"blesmp/bt"
	"blesmp/smp"
)

// encrypt has the central encrypt with its bond, and waits.
func (r *rig) encrypt(want smp.Level) {
	r.t.Helper()
	r.drain()
	if r.role == bt.Central {
		got, err := r.us.session.Encrypt(r.ctx)
		r.must(err, "encrypt")
		r.checkLevel(got, want)
		r.awaitPeerEncryption(bt.Success)
		return
	}
	r.must(r.peer.encrypt(r.ctx), "encrypt")
	r.awaitEncryption(want)
}

func bondCases() []testCase {
	cases := []testCase{}
	for _, c := range []struct {
		name string
		p    pairing
	}{
		{"LE Secure Connections, Just Works", scJustWorks},
		{"LE Secure Connections, numeric comparison", scNumeric},
		{"legacy, Just Works", legJustWorks},
		{"legacy, passkey", legInitiator},
		{"LE Secure Connections, key of 7 octets", pairing{
			features(smp.NoInputNoOutput, keySize(7)), features(smp.NoInputNoOutput, keySize(7)), level(smp.JustWorks, true, 7),
		}},
		{"legacy, key of 7 octets", pairing{
			features(smp.NoInputNoOutput, legacy, keySize(7)), features(smp.NoInputNoOutput, legacy, keySize(7)), level(smp.JustWorks, false, 7),
		}},
	} {
		cases = append(cases, testCase{group: "Bonds", name: "connect again and encrypt: " + c.name, run: func(r *rig) {
			c.p.run(r)
			for range 2 {
				r.again()
				r.encrypt(c.p.level)
				r.checkBonds(true)
			}
		}})
	}
	return append(cases,
		testCase{group: "Bonds", name: "the key refreshed on an encrypted link", cannot: noRefresh, run: func(r *rig) {
			scNumeric.run(r)
			r.again()
			r.encrypt(scNumeric.level)
			r.encrypt(scNumeric.level)
		}},
		testCase{group: "Bonds", name: "the peer lost its bond", run: peerLost},
		testCase{group: "Bonds", name: "we lost our bond", run: weLost},
		testCase{group: "Bonds", name: "pair again on an encrypted link", run: func(r *rig) {
			r.weak().run(r)
			before := r.us.bond(r.peerIdentity()).LocalLTK.Key
			scNumeric.offer(r)
			if l, ok := r.peer.(*linux); ok && r.role == bt.Peripheral {
				// Pair Device refuses a device that is paired.
				r.must(l.raise(r.ctx, 4), "pair")
				result, err := r.us.events.awaitOutcome(r.ctx)
				r.must(err, "pair")
				r.checkLevel(result.Level, scNumeric.level)
				scNumeric.check(r, result)
			} else {
				scNumeric.pair(r)
			}
			if r.us.bond(r.peerIdentity()).LocalLTK.Key.Equal(before) {
				r.t.Error("the key is the old one")
			}
			r.again()
			r.encrypt(scNumeric.level)
		}},
	)
}

func noRefresh(p peerKind, ours bt.Role) string {
	if p.name == linuxOS.name && ours == bt.Peripheral {
		return "it encrypts a link again only for a Security Request"
	}
	return ""
}

// peerLost has the peer forget the bond.
func peerLost(r *rig) {
	scJustWorks.run(r)
	r.unlink()
	r.must(r.peer.forget(r.ctx, r.ourIdentity()), "forget")
	r.link()
	before := r.us.bond(r.peerIdentity())
	if r.role == bt.Central {
		_, err := r.us.session.Encrypt(r.ctx)
		if !errors.Is(err, bt.PINOrKeyMissing) {
			r.t.Errorf("our error is %v, want %v", err, bt.PINOrKeyMissing)
		}
		_, err = awaitEvent[smp.BondLostEvent](r.ctx, r.us.events)
		r.must(err, "bond lost")
		if r.us.bond(r.peerIdentity()) == nil {
			r.t.Error("our bond is gone")
		}
	}
	scJustWorks.pair(r)
	if r.us.bond(r.peerIdentity()).LocalLTK.Key.Equal(before.LocalLTK.Key) {
		r.t.Error("the key is the old one")
	}
}

// weLost has us forget the bond.
func weLost(r *rig) {
	scJustWorks.run(r)
	r.unlink()
	r.must(r.us.store.Delete(r.us.own, r.peerIdentity()), "forget")
	r.link()
	if r.role == bt.Central {
		if _, err := r.us.session.Encrypt(r.ctx); !errors.Is(err, smp.ErrNoLTK) {
			r.t.Errorf("our error is %v, want %v", err, smp.ErrNoLTK)
		}
		scJustWorks.pair(r)
		return
	}
	r.drain()
	r.must(r.peer.encrypt(r.ctx), "encrypt")
	e, err := awaitEvent[smp.EncryptionEvent](r.ctx, r.us.events)
	r.must(err, "encrypt")
	if e.Status != bt.PINOrKeyMissing || e.Encrypted {
		r.t.Errorf("we reported %+v, want %v", e, bt.PINOrKeyMissing)
	}
	switch r.peer.(type) {
	case *blehost:
		r.awaitPeerEncryption(bt.PINOrKeyMissing)
	case *linux:
		r.unlinked() // Linux ends the link, and keeps its bond
		r.must(r.peer.forget(r.ctx, r.ourIdentity()), "forget")
		r.link()
	}
	scJustWorks.pair(r)
}

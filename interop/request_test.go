//go:build interop

package interop

import (
	"blesmp/bt"
	"blesmp/smp"
)

// askForSecurity has the peripheral, us or the peer, send a Security Request.
func (r *rig) askForSecurity(want smp.SecurityRequirements) {
	r.t.Helper()
	if r.role == bt.Peripheral {
		r.must(r.us.session.RequestSecurity(r.ctx, want), "Security Request")
		return
	}
	r.must(r.peer.requestSecurity(r.ctx, want), "Security Request")
}

// weak is Just Works by our doing alone: Linux takes over what it offers when a
// link is made.
func (r *rig) weak() pairing {
	ours, theirs := features(smp.NoInputNoOutput), features(smp.DisplayYesNo)
	p := pairing{ours, theirs, level(smp.JustWorks, true, 16)}
	if r.role == bt.Peripheral {
		p.initiator, p.responder = theirs, ours
	}
	return p
}

// again ends the link and makes a new one.
func (r *rig) again() {
	r.t.Helper()
	r.unlink()
	r.link()
}

// awaitEncryption waits until the link is encrypted with a bond.
func (r *rig) awaitEncryption(want smp.Level) {
	r.t.Helper()
	for {
		e, err := awaitEvent[smp.EncryptionEvent](r.ctx, r.us.events)
		r.must(err, "encrypt")
		if e.Encrypted && e.Status == bt.Success {
			r.checkLevel(e.Level, want)
			r.awaitPeerEncryption(bt.Success)
			return
		}
	}
}

// awaitPeerEncryption waits until ble-host knows too. Linux does not tell.
func (r *rig) awaitPeerEncryption(want bt.Status) {
	r.t.Helper()
	if _, ok := r.peer.(*blehost); !ok {
		return
	}
	e, err := r.peer.events().await(r.ctx, encrypted)
	r.must(err, "encrypt")
	if e.status != want {
		r.t.Errorf("the peer's encryption ended with %v, want %v", e.status, want)
	}
}

// drain forgets the encryption events so far.
func (r *rig) drain() {
	r.peer.events().drop(encrypted)
	r.us.events.mu.Lock()
	defer r.us.events.mu.Unlock()
	r.us.events.pending = nil
}

func requestCases() []testCase {
	just := smp.SecurityRequirements{Bonding: true, SC: true}
	mitm := smp.SecurityRequirements{Bonding: true, SC: true, MITM: true}
	return []testCase{
		{group: "Security Request", name: "without a bond: the central pairs", run: func(r *rig) {
			scJustWorks.offer(r)
			r.link()
			r.askForSecurity(just)
			result, err := r.us.events.awaitOutcome(r.ctx)
			r.must(err, "pair")
			r.checkLevel(result.Level, scJustWorks.level)
			scJustWorks.check(r, result)
		}},
		{group: "Security Request", name: "without a bond, with MITM protection", run: func(r *rig) {
			scNumeric.offer(r)
			r.link()
			r.askForSecurity(mitm)
			result, err := r.us.events.awaitOutcome(r.ctx)
			r.must(err, "pair")
			r.checkLevel(result.Level, scNumeric.level)
			scNumeric.check(r, result)
		}},
		{group: "Security Request", name: "with a bond: the central encrypts", run: func(r *rig) {
			scJustWorks.run(r)
			r.again()
			r.drain()
			r.askForSecurity(just)
			r.awaitEncryption(scJustWorks.level)
		}},
		{group: "Security Request", name: "for more than the bond: the central pairs again", run: func(r *rig) {
			r.weak().run(r)
			r.again()
			scNumeric.offer(r)
			r.drain()
			r.askForSecurity(mitm)
			result, err := r.us.events.awaitOutcome(r.ctx)
			r.must(err, "pair")
			r.checkLevel(result.Level, scNumeric.level)
			scNumeric.check(r, result)
		}},
	}
}

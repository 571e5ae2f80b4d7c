//go:build interop

package interop

import (
	"errors"
	"slices"

	"blesmp/bt"
	"blesmp/internal/dissect"
	"blesmp/smp"
)

// failing is a pairing that a user spoils.
type failing struct {
	name   string
	p      pairing
	user   user
	reason smp.Reason

	// byLinux is the reason where Linux as responder gives it.
	byLinux smp.Reason
}

// run pairs in vain, and checks that both sides know and keep nothing.
func (f failing) run(r *rig) {
	if _, ok := r.peer.(*linux); ok && r.role == bt.Central && f.byLinux != 0 {
		f.reason = f.byLinux
	}
	f.p.offer(r)
	r.link()
	_, err := r.pair()
	if !errors.Is(err, f.reason) {
		r.t.Errorf("our error is %v, want %v", err, f.reason)
	}
	if _, err := r.peer.events().await(r.ctx, pairingFailed); err != nil {
		r.t.Error(err)
	}
	if b := r.us.bond(r.peerIdentity()); b != nil {
		r.t.Error("we keep a bond")
	}
	theirs, err := r.peer.bond(r.ourIdentity())
	if theirs != nil || err != nil {
		r.t.Errorf("the peer keeps a bond: %v, %v", theirs != nil, err)
	}
	if got := r.failures(); !slices.Equal(got, []smp.Reason{f.reason}) {
		r.t.Errorf("reasons on the link: %v, want only %v", got, f.reason)
	}
	r.checkUser()
}

// failures are the reasons of all Pairing Failed that our controller has seen.
func (r *rig) failures() []smp.Reason {
	var reasons []smp.Reason
	for _, s := range r.steps() {
		var x smp.PairingFailed
		if s.Kind == dissect.PDUStep && x.Unmarshal(s.PDU) == nil {
			reasons = append(reasons, x.Reason)
		}
	}
	return reasons
}

func failureCases() []testCase {
	list := []failing{
		{name: "wrong passkey, LE Secure Connections, initiator types", p: scInitiator, user: user{wrong: true}, reason: smp.ConfirmValueFailed},
		{name: "wrong passkey, LE Secure Connections, responder types", p: scResponder, user: user{wrong: true}, reason: smp.ConfirmValueFailed},
		{name: "wrong passkey, LE Secure Connections, both type", p: scBoth, user: user{wrong: true}, reason: smp.ConfirmValueFailed},
		{name: "wrong passkey, legacy, initiator types", p: legInitiator, user: user{wrong: true}, reason: smp.ConfirmValueFailed},
		{name: "wrong passkey, legacy, responder types", p: legResponder, user: user{wrong: true}, reason: smp.ConfirmValueFailed},
		{name: "comparison refused by us", p: scNumeric, user: user{refuseOurs: true}, reason: smp.NumericComparisonFailed},
		{name: "comparison refused by the peer", p: scNumeric, user: user{refuseTheirs: true}, reason: smp.NumericComparisonFailed},
		{name: "cancelled in the middle by us, LE Secure Connections", p: scBoth, user: user{cancelOurs: true}, reason: smp.UnspecifiedReason},
		{name: "cancelled in the middle by us, legacy", p: legBoth, user: user{cancelOurs: true}, reason: smp.UnspecifiedReason},
		{name: "cancelled in the middle by the peer, LE Secure Connections", p: scBoth, user: user{cancelTheirs: true}, reason: smp.UnspecifiedReason, byLinux: smp.PasskeyEntryFailed},
		{name: "cancelled in the middle by the peer, legacy", p: legBoth, user: user{cancelTheirs: true}, reason: smp.UnspecifiedReason, byLinux: smp.PasskeyEntryFailed},
	}
	var cases []testCase
	for _, f := range list {
		cases = append(cases, testCase{group: "Failures", name: f.name, setup: setup{user: f.user}, run: f.run})
	}
	return append(cases, keypressCases()...)
}

// keypressCases have the side type that tells of its keys.
func keypressCases() []testCase {
	with := func(f *smp.Features) { f.Keypress = true }
	cannot := func(p peerKind, _ bt.Role) string {
		if p.name == linuxOS.name {
			return "it never offers keypress notifications"
		}
		return ""
	}
	// The typist has only a keyboard.
	typist, other := features(smp.KeyboardOnly, with), features(smp.DisplayOnly, with)
	run := func(r *rig, weType bool) {
		p := pairing{typist, other, level(smp.InitiatorTypes, true, 16)}
		if weType != (r.role == bt.Central) {
			p = pairing{other, typist, level(smp.ResponderTypes, true, 16)}
		}
		p.run(r)
		var got []smp.KeypressType
		if weType {
			r.must(r.peer.events().settle(r.ctx, func() error {
				if got = r.peer.events().keys(); len(got) < len(pressed) {
					return errors.New("notifications are missing")
				}
				return nil
			}), "keypress")
		} else {
			for range pressed {
				e, err := awaitEvent[smp.KeypressEvent](r.ctx, r.us.events)
				r.must(err, "keypress")
				got = append(got, e.Type)
			}
		}
		if !slices.Equal(got, pressed) {
			r.t.Errorf("keys %v, want %v", got, pressed)
		}
	}
	return []testCase{
		{group: "Failures", name: "keypress notifications from us", setup: setup{user: user{keypresses: true}}, cannot: cannot, run: func(r *rig) { run(r, true) }},
		{group: "Failures", name: "keypress notifications from the peer", setup: setup{user: user{keypresses: true}}, cannot: cannot, run: func(r *rig) { run(r, false) }},
	}
}

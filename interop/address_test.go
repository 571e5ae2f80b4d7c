//go:build interop

package interop

import (
	"blesmp/bt"
)

func addressCases() []testCase {
	var cases []testCase
	for _, c := range []struct {
		name         string
		ours, theirs bool
	}{{"we have a static random address", true, false}, {"the peer has a static random address", false, true}, {"both have static random addresses", true, true}} {
		cases = append(cases, testCase{
			group: "Addresses", name: c.name,
			setup: setup{us: usOptions{static: c.ours}, peer: peerOptions{static: c.theirs}},
			run: func(r *rig) {
				scNumeric.run(r)
				r.again()
				r.encrypt(scNumeric.level)
				if got := r.peerIdentity(); got != r.peer.identity() {
					r.t.Errorf("the peer is %v to us, want %v", got, r.peer.identity())
				}
			},
		})
	}
	noPrivacy := func(p peerKind, _ bt.Role) string {
		if p.name == bleHost.name {
			return "it has no IRK of its own"
		}
		return ""
	}
	return append(cases,
		testCase{group: "Addresses", name: "we come back with a private address", setup: setup{us: usOptions{privacy: true}, peer: peerOptions{irk: true}}, run: func(r *rig) {
			scNumeric.run(r)
			if on := r.us.conn.LocalAddress(); !on.IsResolvable() {
				r.t.Errorf("our address on the air is %v, want a private one", on)
			}
			r.again()
			r.encrypt(scNumeric.level)
		}},
		testCase{group: "Addresses", name: "the peer comes back with another private address", setup: setup{private: true}, cannot: noPrivacy, run: func(r *rig) {
			scNumeric.run(r)
			first := r.us.session.Peer()
			r.unlink()
			r.must(r.peer.(*linux).repower(r.ctx), "power")
			r.link()
			second := r.us.session.Peer()
			if !first.IsResolvable() || !second.IsResolvable() || first == second {
				r.t.Errorf("addresses on the air: %v, then %v; want two private ones", first, second)
			}
			if got := r.peerIdentity(); got != r.peer.identity() {
				r.t.Errorf("the peer is %v to us, want %v", got, r.peer.identity())
			}
			r.encrypt(scNumeric.level)
		}},
		testCase{group: "Addresses", name: "both come back with private addresses", setup: setup{private: true, us: usOptions{privacy: true}}, cannot: noPrivacy, run: func(r *rig) {
			scNumeric.run(r)
			r.unlink()
			r.must(r.us.host.LoadResolvingList(r.ctx), "resolving list")
			r.us.private = true
			r.link()
			if on := r.us.conn.LocalAddress(); !on.IsResolvable() {
				r.t.Errorf("our address on the air is %v, want a private one", on)
			}
			if got := r.peerIdentity(); got != r.peer.identity() {
				r.t.Errorf("the peer is %v to us, want %v", got, r.peer.identity())
			}
			r.encrypt(scNumeric.level)
		}},
	)
}

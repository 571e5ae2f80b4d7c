//go:build interop

package interop

import (
	"fmt"
	"strings"

	"blesmp/bt"
	"blesmp/smp"
)

const (
	enc  = smp.KeyDistributionEncKey
	id   = smp.KeyDistributionIdKey
	sign = smp.KeyDistributionSignKey
)

// distribution is one way to distribute keys, in both kinds of pairing.
type distribution struct{ initiator, responder smp.KeyDistribution }

func (d distribution) String() string {
	name := func(k smp.KeyDistribution) string {
		var parts []string
		for _, x := range []struct {
			has  bool
			name string
		}{{k.EncKey(), "LTK"}, {k.IdKey(), "IRK"}, {k.SignKey(), "CSRK"}} {
			if x.has {
				parts = append(parts, x.name)
			}
		}
		if parts == nil {
			return "nothing"
		}
		return strings.Join(parts, "+")
	}
	return fmt.Sprintf("initiator %s, responder %s", name(d.initiator), name(d.responder))
}

func distributionCases() []testCase {
	sets := []smp.KeyDistribution{0, enc, id, enc | id}
	var all []distribution
	for _, i := range sets {
		for _, r := range sets {
			all = append(all, distribution{i, r})
		}
	}
	all = append(all,
		distribution{sign, sign}, distribution{sign, 0}, distribution{0, sign},
		distribution{enc | sign, enc | sign}, distribution{enc | id | sign, enc | id | sign})
	var cases []testCase
	for _, sc := range []bool{true, false} {
		for _, d := range all {
			if sc && (d.initiator | d.responder).EncKey() {
				continue // LE Secure Connections distribute no LTK: the same as without the bit
			}
			cases = append(cases, d.testCase(sc))
		}
	}
	return cases
}

// testCase restricts what we offer; the peer offers all that it can.
func (d distribution) testCase(sc bool) testCase {
	kind := "legacy"
	if sc {
		kind = "LE Secure Connections"
	}
	return testCase{
		group: "Key distribution", name: kind + ", " + d.String(),
		setup: setup{private: true, peer: peerOptions{irk: true}},
		cannot: func(p peerKind, _ bt.Role) string {
			if (d.initiator | d.responder).SignKey() && p.name == bleHost.name {
				return "it has no CSRK"
			}
			return ""
		},
		run: func(r *rig) { d.run(r, sc) },
	}
}

func (d distribution) run(r *rig, sc bool) {
	with := func(f *smp.Features) { f.SC, f.InitiatorKeys, f.ResponderKeys = sc, d.initiator, d.responder }
	ours := features(smp.NoInputNoOutput, with)
	theirs := features(smp.NoInputNoOutput)
	p := pairing{ours, theirs, level(smp.JustWorks, sc, 16)}
	if r.role == bt.Peripheral {
		p.initiator, p.responder = theirs, ours
	}
	p.offer(r)
	r.link()
	result, err := r.pair()
	r.must(err, "pair")
	r.checkLevel(result.Level, p.level)
	for _, side := range []struct {
		name string
		role bt.Role
		keys smp.Keys
		want smp.KeyDistribution
	}{{"initiator", bt.Central, result.Initiator, d.initiator}, {"responder", bt.Peripheral, result.Responder, d.responder}} {
		_, isBLEHost := r.peer.(*blehost)
		noIRK := isBLEHost && side.role != r.role // it sends the zero key
		for _, k := range []struct {
			name      string
			got, want bool
		}{
			{"LTK", side.keys.LTK != nil, side.want.EncKey() || sc},
			{"IRK", side.keys.IRK != nil, side.want.IdKey() && !noIRK},
			{"identity", side.keys.Identity != nil, side.want.IdKey()},
			{"CSRK", side.keys.CSRK != nil, side.want.SignKey()},
		} {
			if k.got != k.want {
				r.t.Errorf("%s of the %s distributed: %v, want %v", k.name, side.name, k.got, k.want)
			}
		}
	}
	// Without any key there is nothing to keep.
	if keys := d.initiator | d.responder; sc || keys != 0 {
		r.checkBonds(r.us.bond(r.peerIdentity()) != nil)
	}
	if _, isLinux := r.peer.(*linux); !isLinux {
		_, err := r.peer.events().await(r.ctx, complete)
		r.must(err, "pair")
	}
	own := d.initiator
	if r.role == bt.Peripheral {
		own = d.responder
	}
	r.must(r.peer.events().settle(r.ctx, func() error {
		theirs, err := r.peer.bond(r.ourIdentity())
		if got := theirs != nil && theirs.PeerIRK != nil; got != own.IdKey() {
			return fmt.Errorf("the peer keeps our IRK: %v, want %v", got, own.IdKey())
		}
		return err
	}), "bonds")
}

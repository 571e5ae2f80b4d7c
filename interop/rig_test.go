//go:build interop

package interop

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/hci"
	"blesmp/smp"
)

// rig is one case: our host and a peer on one air, and the user of both.
type rig struct {
	t    *testing.T
	ctx  context.Context
	w    *world
	us   *us
	peer foreign
	role bt.Role // ours
	user *user
}

// setup is how a rig starts.
type setup struct {
	us   usOptions
	peer peerOptions
	user user

	private bool // a peer that can uses private addresses
}

// newRig starts both hosts. They end with the test.
func newRig(ctx context.Context, t *testing.T, p peerKind, role bt.Role, s setup) *rig {
	t.Helper()
	r := &rig{t: t, ctx: ctx, w: newWorld(t), role: role, user: &s.user, peer: p.make()}
	r.user.init()
	s.peer.privacy = s.private && p.name == linuxOS.name
	t.Cleanup(r.peer.stop)
	r.must(r.peer.start(ctx, r.w, s.peer), "start the peer")
	u, err := newUs(ctx, r.w, s.us)
	r.must(err, "start our host")
	r.us = u
	t.Cleanup(func() { _ = u.host.Close() })
	go r.user.sit(ctx, r.peer)
	return r
}

func (r *rig) must(err error, what string) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: %v", what, err)
	}
}

// offer says what both sides offer from now on.
func (r *rig) offer(ours, theirs smp.Features) {
	r.t.Helper()
	r.us.offer(ours, r.user.prompter())
	r.must(r.peer.offer(r.ctx, theirs), "offer")
}

// link connects the two hosts, the central of this case the other one.
func (r *rig) link() {
	r.t.Helper()
	var conn *hci.Conn
	if r.role == bt.Central {
		r.must(r.peer.advertise(r.ctx), "advertise")
		address, err := r.find()
		r.must(err, "scan")
		if r.us.private {
			address = r.us.session.PeerIdentity() // the controller knows its addresses
		}
		conn, err = r.us.host.Connect(r.ctx, address)
		r.must(err, "connect")
	} else {
		var p hci.AdvertisingParameters
		if r.us.private {
			p.Peer = r.us.session.PeerIdentity()
		}
		r.must(r.us.host.Advertise(r.ctx, p), "advertise")
		r.must(r.peer.connect(r.ctx, r.ourAddress()), "connect")
		var err error
		conn, err = r.us.host.Accept(r.ctx)
		r.must(err, "accept")
	}
	r.must(r.us.linked(conn), "link")
	_, err := r.peer.events().await(r.ctx, connected)
	r.must(err, "link")
}

// ourAddress is the one by which the peer finds us. Linux wants the identity of
// a peer whose IRK it has.
func (r *rig) ourAddress() bt.TypedAddress {
	if _, ok := r.peer.(*linux); ok && r.us.session != nil {
		return r.us.own
	}
	return r.us.host.Address()
}

// find gives the address that the peer has on the air.
func (r *rig) find() (bt.TypedAddress, error) {
	for report, err := range r.us.host.Scan(r.ctx, hci.ScanParameters{}) {
		return report.Address, err
	}
	return bt.TypedAddress{}, r.ctx.Err()
}

// pair has the central pair, and gives what came of it at our side.
func (r *rig) pair() (*smp.Result, error) {
	r.t.Helper()
	if r.role == bt.Central {
		result, err := r.us.session.Pair(r.ctx, r.us.offered())
		if err != nil {
			return nil, err
		}
		if _, err := r.us.events.awaitOutcome(r.ctx); err != nil {
			return nil, err
		}
		return result, nil
	}
	r.must(r.peer.pair(r.ctx), "pair")
	return r.us.events.awaitOutcome(r.ctx)
}

// unlink ends the link from our side and waits until both know.
func (r *rig) unlink() {
	r.t.Helper()
	r.must(r.us.conn.Disconnect(bt.RemoteUserTerminated), "disconnect")
	r.unlinked()
}

func (r *rig) unlinked() {
	r.t.Helper()
	_, err := awaitEvent[smp.DisconnectedEvent](r.ctx, r.us.events)
	r.must(err, "disconnect")
	_, err = r.peer.events().await(r.ctx, disconnected)
	r.must(err, "disconnect")
}

// checkLevel compares a level with the one that we expect.
func (r *rig) checkLevel(got, want smp.Level) {
	r.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		r.t.Errorf("level (-want +got):\n%s", diff)
	}
	level, on := r.us.session.Level()
	if !on || level != want {
		r.t.Errorf("our session has level %v, encrypted %v; want %v", level, on, want)
	}
	r.checkEncrypted()
}

// checkEncrypted asks the controllers.
func (r *rig) checkEncrypted() {
	r.t.Helper()
	links := r.w.air.Links()
	if len(links) != 1 || !links[0].Encrypted() {
		r.t.Errorf("the controllers have %d links, not one that is encrypted", len(links))
	}
}

// peerIdentity is who the peer is to us.
func (r *rig) peerIdentity() bt.TypedAddress { return r.us.session.PeerIdentity() }

// ourIdentity is who we are to the peer.
func (r *rig) ourIdentity() bt.TypedAddress { return r.us.own }

// checkBonds waits until both sides keep the same keys and the same facts.
func (r *rig) checkBonds(bonded bool) {
	r.t.Helper()
	err := r.peer.events().settle(r.ctx, func() error {
		theirs, err := r.peer.bond(r.ourIdentity())
		if err != nil {
			return err
		}
		if theirs != nil && theirs.LocalLTK == nil && theirs.PeerLTK == nil {
			theirs.level = false // a key that says nothing of it
		}
		return compareBonds(r.us.bond(r.peerIdentity()), theirs, r.us.irk, bonded)
	})
	if err != nil {
		r.t.Errorf("bonds: %v", err)
	}
}

// compareBonds holds what we keep of the peer against what it keeps of us. What
// a peer does not keep, its own IRK above all, is left out.
func compareBonds(ours *bond.Bond, theirs *foreignBond, ourIRK bt.Key, bonded bool) error {
	switch {
	case !bonded && ours != nil:
		return errors.New("we keep a bond, though nobody wanted one")
	case !bonded:
		return nil
	case ours == nil:
		return errors.New("we keep no bond")
	}
	if theirs == nil {
		theirs = &foreignBond{} // also where there was nothing to keep
	}
	switch {
	case theirs.level && (ours.SC != theirs.SC || ours.MITM != theirs.MITM):
		return fmt.Errorf("we keep SC %v and MITM %v, the peer %v and %v", ours.SC, ours.MITM, theirs.SC, theirs.MITM)
	}
	for _, key := range []struct {
		name         string
		ours, theirs *smp.LongTermKey
	}{
		{"our LTK", ltkOf(ours.LocalLTK), theirs.PeerLTK},
		{"the peer's LTK", ltkOf(ours.PeerLTK), theirs.LocalLTK},
	} {
		switch {
		case (key.ours == nil) != (key.theirs == nil):
			return fmt.Errorf("%s: we have it: %v, the peer: %v", key.name, key.ours != nil, key.theirs != nil)
		case key.ours != nil && *key.ours != *key.theirs:
			return fmt.Errorf("%s differs: EDIV 0x%04x and 0x%04x", key.name, key.ours.EDIV, key.theirs.EDIV)
		}
	}
	for _, key := range []struct {
		name         string
		ours, theirs *bt.Key
	}{
		{"our CSRK", ours.LocalCSRK, theirs.PeerCSRK},
		{"the peer's CSRK", ours.PeerCSRK, theirs.LocalCSRK},
	} {
		switch {
		case (key.ours == nil) != (key.theirs == nil):
			return fmt.Errorf("%s: we have it: %v, the peer: %v", key.name, key.ours != nil, key.theirs != nil)
		case key.ours != nil && !key.ours.Equal(*key.theirs):
			return fmt.Errorf("%s differs", key.name)
		}
	}
	if theirs.PeerIRK != nil && !theirs.PeerIRK.Equal(ourIRK) {
		return errors.New("the peer keeps another IRK of ours")
	}
	return nil
}

func ltkOf(k *bond.LongTermKey) *smp.LongTermKey {
	if k == nil {
		return nil
	}
	return &smp.LongTermKey{Key: k.Key, EDIV: k.EDIV, Rand: k.Rand}
}

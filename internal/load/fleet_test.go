package load_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/internal/load"
	"blesmp/smp"
)

// What many links are held to: their memory. What depends on the machine, smp
// bench --bars judges.
const (
	manyLinks, pairing = 10_000, 1000

	memoryBar = 150e6 // octets
)

func newFleet(t *testing.T, links int) *load.Fleet {
	t.Helper()
	f := load.NewFleet(bond.NewMemory(), smp.Options{})
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := f.Grow(t.Context(), links); err != nil {
		t.Fatal(err)
	}
	return f
}

// TestManyLinks holds 10,000 links, and lets 1,000 of them pair at the same time.
func TestManyLinks(t *testing.T) {
	before := load.Memory()
	f := newFleet(t, manyLinks)
	checkMemory := func(when string) {
		t.Helper()
		got := load.Memory() - before
		t.Logf("%s: %.1f MB", when, float64(got)/1e6)
		if got > memoryBar || got < manyLinks*500 {
			t.Errorf("%s: %d octets for %d links, want less than %.0f, and more than nothing", when, got, manyLinks, memoryBar)
		}
	}
	checkMemory("idle")
	pairings, release, err := f.Hold(t.Context(), pairing)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range f.Sessions(pairing) {
		if s.State() != smp.StateAwaitCheck {
			t.Fatalf("a session is in %v, want it before the check", s.State())
		}
	}
	checkMemory("1,000 in the middle of a pairing")
	release()
	if _, err := pairings.Wait(); err != nil {
		t.Fatal(err)
	}
	checkMemory("paired")
	if len(f.Manager.Sessions()) != manyLinks || f.Hosts() != 3 {
		t.Errorf("%d sessions on %d hosts", len(f.Manager.Sessions()), f.Hosts())
	}
}

// TestRenew has the same links with other peers, and no bonds of the old ones.
func TestRenew(t *testing.T) {
	f := newFleet(t, 5)
	if _, err := f.Pair(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	var old []bt.TypedAddress
	for _, s := range f.Sessions(5) {
		old = append(old, s.Peer())
	}
	if err := f.Renew(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	for i, s := range f.Sessions(5) {
		if same := s.Peer() == old[i]; same != (i == 0) {
			t.Errorf("link %d: peer %v, was %v", i, s.Peer(), old[i])
		}
	}
	for b := range f.Store.All() {
		t.Errorf("a bond with %v is left", b.Peer)
	}
	took, err := f.Pair(t.Context(), 5)
	if err != nil || len(took) != 5 || slices.Min(took) <= 0 {
		t.Errorf("times %v, %v", took, err)
	}
}

// TestEncryptAgain has a peer use its bond.
func TestEncryptAgain(t *testing.T) {
	f := newFleet(t, 1)
	if _, err := f.Pair(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if level, err := f.Sessions(1)[0].Encrypt(t.Context()); err != nil || !level.SC {
		t.Errorf("level %v, %v", level, err)
	}
}

// TestWrongKey has a host encrypt with a key that the peer does not have.
func TestWrongKey(t *testing.T) {
	f := newFleet(t, 1)
	if _, err := f.Pair(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	s := f.Sessions(1)[0]
	if err := s.SetLTK([]byte("sixteen octets.."), 0, 0, false, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Encrypt(t.Context()); !errors.Is(err, bt.MICFailure) {
		t.Errorf("error %v, want %v", err, bt.MICFailure)
	}
}

// TestNoKey has a host encrypt with a peer that has no bond.
func TestNoKey(t *testing.T) {
	f := newFleet(t, 1)
	s := f.Sessions(1)[0]
	if err := s.SetLTK([]byte("sixteen octets.."), 0, 0, false, true); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Encrypt(t.Context()); !errors.Is(err, bt.PINOrKeyMissing) {
		t.Errorf("error %v, want %v", err, bt.PINOrKeyMissing)
	}
}

// TestHoldEnds gives up with the context, and lets those go that were held.
func TestHoldEnds(t *testing.T) {
	f := newFleet(t, 2)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := f.Hold(ctx, 2); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	if _, err := f.Pair(t.Context(), 2); err != nil {
		t.Error(err)
	}
}

func TestTail(t *testing.T) {
	var oneAfterAnother []time.Duration
	for i := range 1000 {
		oneAfterAnother = append(oneAfterAnother, time.Duration(i+1))
	}
	slices.Reverse(oneAfterAnother)
	for name, test := range map[string]struct {
		times    []time.Duration
		from, to float64
	}{
		"all alike":         {slices.Repeat([]time.Duration{7}, 100), 1, 1},
		"one after another": {oneAfterAnother, 1.97, 1.98},
		"some starve":       {append(slices.Repeat([]time.Duration{1}, 97), 100, 100, 100), 25, 26},
		"none":              {nil, 0, 0},
	} {
		if got := load.Tail(test.times); got < test.from || got > test.to {
			t.Errorf("%s: %v, want %v to %v", name, got, test.from, test.to)
		}
	}
}

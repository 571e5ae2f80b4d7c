package load_test

import (
	"testing"

	"blesmp/internal/load"
)

// TestEngines pairs in every model; the rig itself compares what it comes to.
func TestEngines(t *testing.T) {
	for _, m := range load.Models() {
		t.Run(m.Name, func(t *testing.T) {
			e, err := load.NewEngines(m)
			if err != nil {
				t.Fatal(err)
			}
			if err := e.Prepare(3); err != nil {
				t.Fatal(err)
			}
			if err := e.Run(3); err != nil {
				t.Fatal(err)
			}
			if err := e.Run(1); err == nil && !m.Cryptography.Legacy() && m.Name != "sc-oob" {
				t.Error("a pairing without a key pair of its own")
			}
		})
	}
}

// TestStacks pairs, reconnects and encrypts with the bond in every model.
func TestStacks(t *testing.T) {
	for _, m := range load.Models() {
		t.Run(m.Name, func(t *testing.T) {
			ctx := t.Context()
			s, err := load.NewStacks(ctx, m)
			if err != nil {
				t.Fatal(err)
			}
			pair := func() error { return s.Pair(ctx) }
			connect := func() error { return s.Connect(ctx) }
			disconnect := func() error { return s.Disconnect(ctx) }
			encrypt := func() error { return s.Encrypt(ctx) }
			for i, do := range []func() error{
				connect, pair, disconnect, connect, encrypt, disconnect,
				s.Forget, connect, pair, encrypt, disconnect, s.Close,
			} {
				if err := do(); err != nil {
					t.Fatalf("step %d: %v", i, err)
				}
			}
		})
	}
}

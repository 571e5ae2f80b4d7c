package floor_test

import (
	"testing"

	"blesmp/internal/floor"
)

// TestPairing has both sides agree in every model, with key pairs that are there
// and with fresh ones.
func TestPairing(t *testing.T) {
	for _, model := range floor.Models() {
		for _, generate := range []bool{false, true} {
			p, err := floor.New(model, generate)
			if err != nil {
				t.Fatalf("%v: %v", model, err)
			}
			if err := p.RunN(3); err != nil {
				t.Errorf("%v, generate %v: %v", model, generate, err)
			}
		}
	}
}

// BenchmarkPairing gives the floors themselves.
func BenchmarkPairing(b *testing.B) {
	for _, model := range floor.Models() {
		for _, generate := range []bool{false, true} {
			if generate && model.Legacy() {
				continue
			}
			name := model.String()
			if generate {
				name += " with key generation"
			}
			b.Run(name, func(b *testing.B) {
				p, err := floor.New(model, generate)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					if err := p.Run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

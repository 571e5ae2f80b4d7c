package boltstore

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"blesmp/bond"
)

func benchmarkStores(b *testing.B, run func(b *testing.B, s *Store, count int)) {
	for _, count := range []int{100, 10_000, 100_000} {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			s := mustOpen(b, filepath.Join(b.TempDir(), "bonds.db"), nil)
			bonds := make([]bond.Bond, count)
			for n := range bonds {
				bonds[n] = bondWith(n)
			}
			if err := s.Put(bonds...); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			run(b, s, count)
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	benchmarkStores(b, func(b *testing.B, s *Store, _ int) {
		path := s.path
		for b.Loop() {
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
			s = mustOpen(b, path, nil)
		}
	})
}

func BenchmarkGet(b *testing.B) {
	benchmarkStores(b, func(b *testing.B, s *Store, count int) {
		for n := 0; b.Loop(); n++ {
			if _, err := s.Get(ours, peer(n%count)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkResolve asks for an address that nobody made, which tries every IRK.
func BenchmarkResolve(b *testing.B) {
	benchmarkStores(b, func(b *testing.B, s *Store, _ int) {
		rpa := addressOf(b, "40:00:00:00:00:01/random")
		for b.Loop() {
			if _, err := s.Resolve(ours, rpa); !errors.Is(err, bond.ErrNotFound) {
				b.Fatal(err)
			}
		}
	})
}

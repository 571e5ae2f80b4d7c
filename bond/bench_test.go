package bond_test

import (
	"errors"
	"fmt"
	"testing"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/internal/floor"
)

// counts are the numbers of bonds that the benchmarks run with.
var counts = []int{1_000, 100_000, 1_000_000}

// memories are the stores of one run, by the number of their bonds.
var memories = make(map[int]*bond.Memory)

func benchmarkMemory(b *testing.B, run func(b *testing.B, m *bond.Memory, count int)) {
	for _, count := range counts {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			m := memories[count]
			if m == nil {
				m = bond.NewMemory()
				for n := range count {
					if err := m.Put(bondWith(n)); err != nil {
						b.Fatal(err)
					}
				}
				memories[count] = m
			}
			run(b, m, count)
		})
	}
}

// measure runs a benchmark, and adds the ratio to the least that it can take,
// both measured in turn.
func measure(b *testing.B, least, work func() error) {
	b.Helper()
	if err := work(); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := work(); err != nil {
			b.Fatal(err)
		}
	}
	c, err := floor.Compare(floor.Each(least), floor.Each(work), floor.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(c.Pairwise(), "x-floor")
}

// BenchmarkMemoryPut has as its floor to write the bond into a map.
func BenchmarkMemoryPut(b *testing.B) {
	benchmarkMemory(b, func(b *testing.B, m *bond.Memory, count int) {
		n, bonds := 0, make(map[bt.TypedAddress]bond.Bond)
		for n := range count {
			bonds[peer(n)] = bond.Bond{}
		}
		measure(b, func() error {
			n += 7919
			bonds[peer(n%count)] = bondWith(n % count)
			return nil
		}, func() error {
			n += 7919
			return m.Put(bondWith(n % count))
		})
	})
}

// BenchmarkMemoryGet has as its floor to find the bond in a map.
func BenchmarkMemoryGet(b *testing.B) {
	benchmarkMemory(b, func(b *testing.B, m *bond.Memory, count int) {
		n, bonds := 0, make(map[bt.TypedAddress]bond.Bond)
		for n := range count {
			bonds[peer(n)] = bondWith(n)
		}
		measure(b, func() error {
			n += 7919
			if found := bonds[peer(n%count)]; found.Peer.IsZero() {
				return bond.ErrNotFound
			}
			return nil
		}, func() error {
			n += 7919
			_, err := m.Get(ours, peer(n%count))
			return err
		})
	})
}

// blocks is the AES that it takes to try keys: of two blocks for each, since to
// expand a key takes as many of the processor's AES instructions as to encrypt
// with it.
func blocks(keys int) func() error {
	least := floor.Blocks(2 * keys)
	return func() error { return least.Run(1) }
}

// BenchmarkMemoryResolve has as its floor the AES with each key of which an
// address is not: all, half of them, or none, where the floor is Get.
func BenchmarkMemoryResolve(b *testing.B) {
	benchmarkMemory(b, func(b *testing.B, m *bond.Memory, count int) {
		n := 0
		b.Run("miss", func(b *testing.B) {
			measure(b, blocks(count), func() error {
				n++
				if _, err := m.Resolve(ours, stranger(n)); err != nil && !errors.Is(err, bond.ErrNotFound) {
					return err
				}
				return nil
			})
		})
		b.Run("hit", func(b *testing.B) {
			measure(b, blocks(count/2), func() error {
				n++
				_, err := m.Resolve(ours, private(irkOf(n*7919%count), n))
				return err
			})
		})
		b.Run("again", func(b *testing.B) {
			rpa := private(irkOf(count/2), 0)
			measure(b, func() error {
				_, err := m.Get(ours, peer(count/2))
				return err
			}, func() error {
				_, err := m.Resolve(ours, rpa)
				return err
			})
		})
		b.Run("stranger-again", func(b *testing.B) {
			measure(b, func() error {
				if _, err := m.Get(ours, peer(count+1)); !errors.Is(err, bond.ErrNotFound) {
					return err
				}
				return nil
			}, func() error {
				if _, err := m.Resolve(ours, stranger(0)); err != nil && !errors.Is(err, bond.ErrNotFound) {
					return err
				}
				return nil
			})
		})
	})
}

package boltstore

import (
	"errors"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// TestResolve_memory holds what an open store needs for resolving to 100 octets
// a bond, and wants it back when the store is closed.
func TestResolve_memory(t *testing.T) {
	const count, limit = 10_000, 100
	path := filepath.Join(t.TempDir(), "bonds.db")
	fill(t, path, count)
	before := heap()
	s := mustOpen(t, path, nil)
	for n := range 300 {
		if err := miss(s, n); err != nil {
			t.Fatal(err)
		}
	}
	each := float64(heap()-before) / count
	t.Logf("%.0f octets a bond", each)
	if each > limit {
		t.Errorf("%.0f octets a bond, want at most %d", each, limit)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left := float64(heap()-before) / count; left > limit/20 {
		t.Errorf("%.0f octets a bond are left after Close", left)
	}
	runtime.KeepAlive(s)
}

// heap is how many octets are in use.
func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first left in pools
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestResolve_whileMade has bonds change while the list of IRKs is being made
// from many, and wants it to be what the file says in the end.
func TestResolve_whileMade(t *testing.T) {
	const count, changed = 6_000, 40
	path := filepath.Join(t.TempDir(), "bonds.db")
	fill(t, path, count)
	for round := range 3 {
		s := mustOpen(t, path, nil)
		random := rand.New(rand.NewPCG(1, uint64(round)))
		var wg sync.WaitGroup
		for worker := range 4 {
			for range changed / 4 {
				n := random.IntN(count/4)*4 + worker
				wg.Go(func() {
					var err error
					switch n / 4 % 3 {
					case 0:
						err = s.Delete(ours, peer(n))
					case 1:
						err = s.Put(withIRK(n, bt.Key{byte(round), 1, 15: byte(n), 14: byte(n >> 8)}))
					case 2:
						err = s.Put(withIRK(n+count, irkOf(n+count)))
					}
					if err != nil && !errors.Is(err, bond.ErrNotFound) {
						t.Errorf("change of bond %d: %v", n, err)
					}
				})
			}
		}
		for n := range 3 {
			wg.Go(func() {
				if err := miss(s, n); err != nil {
					t.Errorf("Resolve: %v", err)
				}
			})
		}
		wg.Wait()
		wantIndexed(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func withIRK(n int, irk bt.Key) bond.Bond {
	b := bondWith(n)
	b.PeerIRK = &irk
	return b
}

// wantIndexed wants the list of IRKs to be there, and to be what the bucket
// says.
func wantIndexed(t *testing.T, s *Store) {
	t.Helper()
	list := s.irks.ready.Load()
	if list == nil {
		t.Fatal("there is no list of IRKs")
	}
	entries := 0
	err := s.view(func(tx *bbolt.Tx) error {
		_, _, irks, err := s.bondBuckets(tx)
		if err != nil {
			return err
		}
		cursor := irks.Cursor()
		for key, record := cursor.First(); key != nil; key, record = cursor.Next() {
			entries++
			irk, err := decodeIRK(key, record)
			if err != nil {
				return err
			}
			if entries%50 != 0 { // each tries many
				continue
			}
			local, want, err := parsePairKey(key)
			if err != nil {
				return err
			}
			rpa := private(irk, entries)
			if got, ok := list.Resolve(local, rpa); !ok || got != want {
				if b, err := s.Get(local, got); !ok || err != nil || !bond.Resolves(*b.PeerIRK, rpa) { // else by chance
					t.Errorf("Resolve of %v: %v, %t", want, got, ok)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := list.Len(); got != entries {
		t.Errorf("%d peers in the list, %d in the file", got, entries)
	}
}

// TestResolve_damaged damages an entry of the index: who is looked for in vain
// may be in it, until it is written anew. The other local identity is not
// concerned.
func TestResolve_damaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := mustOpen(t, path, nil)
	other := bondWith(3)
	other.Local = peer(77)
	if err := s.Put(bondWith(1), bondWith(2), other); err != nil {
		t.Fatal(err)
	}
	err := s.db.Update(func(tx *bbolt.Tx) error {
		key := pairKey(ours, peer(1))
		record := seal(key, make([]byte, keySize))
		record[5] ^= 1
		return tx.Bucket([]byte(irksBucket)).Put(key, record)
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	s = mustOpen(t, path, &Options{Recover: true})
	for range 2 {
		if b, err := s.Resolve(ours, private(irkOf(2), 1)); err != nil || b.Peer != peer(2) {
			t.Errorf("Resolve of another peer: %v, %v", b.Peer, err)
		}
		_, err := s.Resolve(ours, private(irkOf(1), 1))
		if corrupt := wantCorrupt(t, path, err); corrupt.Bucket != irksBucket {
			t.Errorf("CorruptError names bucket %q", corrupt.Bucket)
		}
		if _, err := s.Resolve(other.Local, private(irkOf(1), 1)); !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("Resolve for the other local identity: %v, want ErrNotFound", err)
		}
	}
	if err := s.Put(bondWith(1)); err != nil {
		t.Fatal(err)
	}
	if b, err := s.Resolve(ours, private(irkOf(1), 1)); err != nil || b.Peer != peer(1) {
		t.Errorf("Resolve of the bond put again: %v, %v", b.Peer, err)
	}
	for n := range 2 {
		if err := miss(s, n); err != nil {
			t.Errorf("Resolve of a stranger: %v", err)
		}
	}
	wantIndexed(t, s)
}

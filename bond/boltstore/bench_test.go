package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
	"blesmp/internal/floor"
)

// counts are the numbers of bonds that the benchmarks run with.
var counts = []int{1_000, 100_000, 1_000_000}

// filled gives the path of a file with so many bonds, bondWith(0) and so on,
// which all benchmarks of a run share. TestMain removes it.
func filled(b *testing.B, count int) string {
	b.Helper()
	if sharedDir == "" {
		dir, err := os.MkdirTemp("", "boltstore")
		if err != nil {
			b.Fatal(err)
		}
		sharedDir = dir
	}
	path := filepath.Join(sharedDir, fmt.Sprint(count))
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		fill(b, path, count)
	}
	return path
}

var sharedDir string

// fill makes a file with so many bonds, faster than Put, which has to look for
// older bonds.
func fill(t testing.TB, path string, count int) {
	t.Helper()
	s := mustOpen(t, path, nil)
	s.db.NoSync = true
	const each = 50_000 // in a transaction
	for start := 0; start < count; start += each {
		err := s.db.Update(func(tx *bbolt.Tx) error {
			bonds, onAir, irks, err := s.bondBuckets(tx)
			if err != nil {
				return err
			}
			for _, bucket := range []*bbolt.Bucket{bonds, onAir, irks} {
				bucket.FillPercent = 0.9
			}
			for n := start; n < min(start+each, count); n++ {
				b := bondWith(n)
				key, record := encodeBond(b)
				onAirKey := pairKey(b.Local, b.OnAir)
				if err := errors.Join(
					bonds.Put(key, record),
					onAir.Put(onAirKey, seal(onAirKey, appendAddress(nil, b.Peer))),
					irks.Put(key, seal(key, b.PeerIRK[:])),
				); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(s.db.Sync(), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestFill wants fill to make what Put makes.
func TestFill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	fill(t, path, 300)
	s := mustOpen(t, path, nil)
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	var want []bond.Bond
	for n := range 300 {
		want = append(want, bondWith(n))
	}
	wantContents(t, s, contents{Bonds: want})
}

func benchmarkStores(b *testing.B, run func(b *testing.B, s *Store, count int)) {
	for _, count := range counts {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			run(b, mustOpen(b, filled(b, count), nil), count)
		})
	}
}

// report adds the ratio of a piece of work to the least that it can take, both
// measured in turn.
func report(b *testing.B, least, work floor.Work, o floor.Options) {
	b.Helper()
	c, err := floor.Compare(least, work, o)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(c.Pairwise(), "x-floor")
}

// BenchmarkOpen opens and closes a file. Its floor is that bbolt does.
func BenchmarkOpen(b *testing.B) {
	open := func(path string) func() error {
		return func() error {
			s, err := Open(path)
			if err != nil {
				return err
			}
			return s.Close()
		}
	}
	for _, count := range counts {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			path, smallest := filled(b, count), filled(b, counts[0])
			for b.Loop() {
				if err := open(path)(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Each(func() error {
				db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
				if err != nil {
					return err
				}
				return db.Close()
			}), floor.Each(open(path)), floor.Options{})
			c, err := floor.Compare(floor.Each(open(smallest)), floor.Each(open(path)), floor.Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(c.Pairwise(), fmt.Sprintf("x-%d-bonds", counts[0]))
		})
	}
}

// BenchmarkPut has several callers put bonds at the same time, each in place of
// an older one, all over the file. Its floor is one caller who writes the
// octets of one bond to a file and waits for the disk.
func BenchmarkPut(b *testing.B) {
	benchmarkStores(b, func(b *testing.B, s *Store, count int) {
		for _, writers := range []int{1, 10, 100} {
			b.Run(fmt.Sprintf("%d-writers", writers), func(b *testing.B) {
				var next atomic.Int64
				put := func() error { return s.Put(bondWith(int(next.Add(7919)) % count)) }
				tickets := make(chan struct{})
				var wg sync.WaitGroup
				for range writers {
					wg.Go(func() {
						for range tickets {
							if err := put(); err != nil {
								b.Error(err)
							}
						}
					})
				}
				before := transactions(b, s)
				for b.Loop() {
					tickets <- struct{}{}
				}
				close(tickets)
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
				b.ReportMetric(2*float64(transactions(b, s)-before)/float64(b.N), "syncs/put")

				f, err := os.Create(filepath.Join(filepath.Dir(s.path), "floor"))
				if err != nil {
					b.Fatal(err)
				}
				defer f.Close()
				octets := octetsOf(bondWith(1))
				write := floor.Each(func() error {
					_, err := f.Write(octets)
					return errors.Join(err, f.Sync())
				})
				report(b, write, shared(put, writers), long)
				c, err := floor.Compare(floor.Each(put), shared(put, writers), long)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(1/c.Pairwise(), "x-1-writer")
			})
		}
	})
}

// long makes rounds in which each of very many callers has several turns.
var long = floor.Options{Rounds: floor.MinRounds, Time: 150 * time.Millisecond}

// shared is work that several callers do at the same time.
func shared(once func() error, callers int) floor.Work {
	return floor.Work{Run: func(n int) error {
		errs := make([]error, callers)
		var left atomic.Int64
		left.Store(int64(n))
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				for errs[i] == nil && left.Add(-1) >= 0 {
					errs[i] = once()
				}
			})
		}
		wg.Wait()
		return errors.Join(errs...)
	}}
}

// octetsOf is what a bond's records and their keys are.
func octetsOf(b bond.Bond) []byte {
	key, record := encodeBond(b)
	onAirKey := pairKey(b.Local, b.OnAir)
	octets := append(append(key, record...), onAirKey...)
	octets = append(octets, seal(onAirKey, appendAddress(nil, b.Peer))...)
	return append(append(octets, key...), seal(key, b.PeerIRK[:])...)
}

// transactions is how many were committed in the life of the file.
func transactions(t testing.TB, s *Store) (number int) {
	t.Helper()
	if err := s.view(func(tx *bbolt.Tx) error { number = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return number
}

// BenchmarkGet has bbolt's Get of the record as its floor.
func BenchmarkGet(b *testing.B) {
	benchmarkStores(b, func(b *testing.B, s *Store, count int) {
		n := 0
		get := func() error {
			n += 7919
			_, err := s.Get(ours, peer(n%count))
			return err
		}
		b.ReportAllocs()
		for b.Loop() {
			if err := get(); err != nil {
				b.Fatal(err)
			}
		}
		report(b, floor.Each(func() error {
			n += 7919
			return s.db.View(func(tx *bbolt.Tx) error {
				if tx.Bucket([]byte(bondsBucket)).Get(pairKey(ours, peer(n%count))) == nil {
					return errors.New("no record")
				}
				return nil
			})
		}), floor.Each(get), floor.Options{})
	})
}

// BenchmarkFirstResolve opens the file and resolves an address, which makes the
// list of all IRKs. Its floor is that bbolt opens the file and reads them.
func BenchmarkFirstResolve(b *testing.B) {
	for _, count := range counts {
		b.Run(fmt.Sprint(count), func(b *testing.B) {
			path := filled(b, count)
			n := 0
			resolve := func() error {
				s, err := Open(path)
				if err != nil {
					return err
				}
				n++
				return errors.Join(miss(s, n), s.Close())
			}
			for b.Loop() {
				if err := resolve(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Each(func() error { return readBucket(path, irksBucket) }), floor.Each(resolve), floor.Options{Rounds: floor.MinRounds})
		})
	}
}

// readBucket has bbolt go through a bucket.
func readBucket(path, name string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	err = db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(name)).ForEach(func(_, _ []byte) error { return nil })
	})
	return errors.Join(err, db.Close())
}

// BenchmarkResolve asks for addresses that are nobody's, which tries every IRK;
// the floor is the AES of that: of two blocks for each, one to expand the key and
// one to encrypt. Then it asks for the same peer's address again and again; the
// floor is Get.
func BenchmarkResolve(b *testing.B) {
	benchmarkStores(b, func(b *testing.B, s *Store, count int) {
		b.Run("miss", func(b *testing.B) {
			n := 0
			try := func() error { n++; return miss(s, n) }
			if err := try(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := try(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Blocks(2*count), floor.Each(try), floor.Options{})
		})
		b.Run("again", func(b *testing.B) {
			rpa := private(irkOf(count/2), 1)
			again := func() error { _, err := s.Resolve(ours, rpa); return err }
			if err := again(); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := again(); err != nil {
					b.Fatal(err)
				}
			}
			report(b, floor.Each(func() error { _, err := s.Get(ours, peer(count/2)); return err }), floor.Each(again), floor.Options{})
		})
	})
}

// miss resolves the nth of the addresses that are nobody's, other than by
// chance.
func miss(s *Store, n int) error {
	rpa := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{0x40, byte(n >> 16), byte(n >> 8), byte(n), 1, 2}}
	if _, err := s.Resolve(ours, rpa); err != nil && !errors.Is(err, bond.ErrNotFound) {
		return err
	}
	return nil
}

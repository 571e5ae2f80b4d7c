package bench

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bt"
	"blesmp/internal/floor"
	"blesmp/internal/load"
	"blesmp/smp/toolbox"
)

// What a store of bonds may cost at most.
const (
	missLimit   = 4e-3 // seconds, with manyBonds
	memoryLimit = 600  // octets a bond

	// manyBonds are so many that what every store costs counts for nothing.
	manyBonds = 100_000

	// blocksPerBond is how many AES blocks an address that is nobody's takes for
	// each bond: one to encrypt, and as many of the processor's AES instructions
	// as of another one to expand the IRK.
	blocksPerBond = 2
)

// writers are how many put at the same time, by figure.
var writers = []struct {
	name  string
	count int
}{{"bonds/put", 1}, {"bonds/put-10", 10}, {"bonds/put-100", 100}}

// bondsGroup measures the store in a file.
func bondsGroup() group {
	g := group{names: []string{"bonds/open", "bonds/memory", "bonds/get", "bonds/resolve-miss", "bonds/resolve-again"}}
	for _, w := range writers {
		g.names = append(g.names, w.name)
	}
	g.run = func(ctx context.Context, s *session) (err error) {
		folder, err := os.MkdirTemp(s.Folder, "smp-bench-")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		for _, n := range s.Bonds {
			if err := s.bonds(ctx, folder, n); err != nil {
				return fmt.Errorf("bonds: with %d: %w", n, err)
			}
		}
		return nil
	}
	return g
}

// shelf is a store with some bonds, and what it takes to ask for them.
type shelf struct {
	path  string
	store *boltstore.Store
	irks  []bt.Key
	next  atomic.Uint32 // number of the next bond to put
}

// owner is the local identity of all bonds.
var owner = bt.TypedAddress{Address: bt.Address{0x00, 0x00, 0x5e, 0x00, 0x53, 0xff}}

// newBond makes the bond with a number: of LE Secure Connections, with an IRK and
// another address on the air.
func newBond(number uint32, irk bt.Key) bond.Bond {
	address := func(top byte) bt.TypedAddress {
		a := bt.TypedAddress{Type: bt.RandomAddress, Address: bt.Address{top}}
		binary.BigEndian.PutUint32(a.Address[2:], number)
		return a
	}
	ltk := bond.LongTermKey{Key: irk}
	ltk.Key[0] |= 1 // never zero
	return bond.Bond{
		Local: owner, Peer: address(0xc0), OnAir: address(0xc1), SC: true, KeySize: 16,
		LocalLTK: &ltk, PeerLTK: &ltk, PeerIRK: &irk, Created: time.Unix(int64(number), 0).UTC(),
	}
}

func (x *shelf) open() (err error) {
	x.store, err = boltstore.Open(x.path)
	return err
}

// fill puts bonds until there are n.
func (x *shelf) fill(n int) error {
	for len(x.irks) < n {
		batch := make([]bond.Bond, min(n-len(x.irks), 10_000))
		for i := range batch {
			var irk bt.Key
			_, _ = rand.Read(irk[:])
			irk[0] |= 1 // never zero
			batch[i] = newBond(uint32(len(x.irks)), irk)
			x.irks = append(x.irks, irk)
		}
		if err := x.store.Put(batch...); err != nil {
			return err
		}
	}
	x.next.Store(uint32(n))
	return nil
}

// bonds measures a store with n bonds.
func (s *session) bonds(ctx context.Context, folder string, n int) error {
	if err := s.begin(ctx, fmt.Sprintf("bonds/* with %d bonds", n)); err != nil {
		return err
	}
	x := &shelf{path: filepath.Join(folder, fmt.Sprintf("%d.db", n))}
	if err := x.open(); err != nil {
		return err
	}
	err := x.fill(n)
	if err == nil {
		err = s.ask(x, n)
	}
	return errors.Join(err, x.store.Close(), os.Remove(x.path))
}

func (s *session) ask(x *shelf, n int) error {
	var address bt.TypedAddress
	steps := []struct {
		name  string
		once  func() error
		base  floor.Work
		clock func() time.Duration
		limit float64 // with manyBonds
	}{
		{name: "bonds/open", clock: floor.WallTime, once: func() error { return errors.Join(x.store.Close(), x.open()) }},
		{name: "bonds/get", clock: floor.CPUTime, once: func() error {
			_, err := x.store.Get(owner, newBond(draw()%uint32(n), bt.Key{1}).Peer)
			return err
		}},
		{name: "bonds/resolve-miss", clock: floor.CPUTime, base: floor.Blocks(blocksPerBond * n), limit: missLimit, once: func() error {
			return x.miss()
		}},
		{name: "bonds/resolve-again", clock: floor.CPUTime, once: func() error {
			_, err := x.store.Resolve(owner, address)
			return err
		}},
	}
	if err := s.memory(x, n); err != nil {
		return err
	}
	address = private(x.irks[n/2])
	for _, step := range steps {
		if !s.wants(step.name) {
			continue
		}
		f, err := s.one(step.base, floor.Each(step.once), step.clock)
		if err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		f.Name, f.At = step.name, n
		if n == manyBonds {
			f.Limit = step.limit
		}
		s.add(f)
	}
	return s.put(x, n)
}

// miss resolves an address of nobody.
func (x *shelf) miss() error {
	if _, err := x.store.Resolve(owner, stranger()); !errors.Is(err, bond.ErrNotFound) {
		return err
	}
	return nil
}

// one measures on one core, beside a floor if there is one.
func (s *session) one(base, subject floor.Work, clock func() time.Duration) (f Figure, err error) {
	alone := base.Run == nil
	if alone {
		base = floor.Each(func() error { return nil })
	}
	err = oneCore(func() error {
		c, err := floor.Compare(base, subject, s.rounds(clock))
		f = compared("", 0, c, 0)
		return err
	})
	if alone {
		f.Floor, f.Ratio = 0, 0
	}
	return f, err
}

// memory asks what the open store has in memory when it has resolved an address.
func (s *session) memory(x *shelf, n int) error {
	if !s.wants("bonds/memory") {
		return nil
	}
	if err := x.store.Close(); err != nil {
		return err
	}
	before := load.Memory()
	if err := x.open(); err != nil {
		return err
	}
	if err := x.miss(); err != nil {
		return err
	}
	f := Figure{Name: "bonds/memory", At: n, Unit: Octets, Value: max(0, float64(load.Memory()-before)/float64(n))}
	if n >= manyBonds {
		f.Limit = memoryLimit
	}
	s.add(f)
	return nil
}

// put measures writers that put one bond at a time, beside a file that is
// written to and synced.
func (s *session) put(x *shelf, n int) error {
	for _, w := range writers {
		if !s.wants(w.name) {
			continue
		}
		disk, err := os.Create(filepath.Join(filepath.Dir(x.path), "floor"))
		if err != nil {
			return err
		}
		page := make([]byte, os.Getpagesize())
		sync1 := floor.Each(func() error {
			_, err := disk.WriteAt(page, 0)
			return errors.Join(err, disk.Sync())
		})
		puts := floor.Work{Run: func(times int) error { return x.putBy(w.count, times*w.count) }}
		c, err := floor.Compare(sync1, puts, s.rounds(floor.WallTime))
		if err := errors.Join(err, disk.Close(), os.Remove(disk.Name())); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
		for i := range c.Rounds {
			c.Rounds[i].Subject /= float64(w.count)
		}
		s.add(compared(w.name, n, c, 0))
	}
	return nil
}

// putBy has writers put bonds, one at a time each.
func (x *shelf) putBy(writers, times int) error {
	var all sync.WaitGroup
	errs := make([]error, writers)
	for i := range errs {
		all.Go(func() {
			for range times / writers {
				if errs[i] = x.store.Put(newBond(x.next.Add(1), bt.Key{1, byte(i)})); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func draw() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

// stranger is a private address of nobody, each time another one. Hashes have 24
// bits, so that one of 100,000 bonds fits by chance once in 168 times.
func stranger() bt.TypedAddress {
	a := bt.TypedAddress{Type: bt.RandomAddress}
	_, _ = rand.Read(a.Address[:])
	a.Address[0] = 0x40 | a.Address[0]&0x3f
	return a
}

// private makes a private address of an IRK.
func private(irk bt.Key) bt.TypedAddress {
	a := stranger()
	hash := toolbox.AH(irk, [3]byte(a.Address[:3]))
	copy(a.Address[3:], hash[:])
	return a
}

package boltstore

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// together makes changes that wait for their turn in this order, and then go to
// the disk together. It gives their errors.
func together(t *testing.T, s *Store, changes ...func() error) []error {
	t.Helper()
	errs := make([]error, len(changes))
	var wg sync.WaitGroup
	if s.queue.enter(&change{}) {
		t.Fatal("somebody else leads")
	}
	for i, change := range changes {
		wg.Go(func() { errs[i] = change() })
		for waiting := 0; waiting <= i; runtime.Gosched() {
			s.queue.mu.Lock()
			waiting = len(s.queue.waiting)
			s.queue.mu.Unlock()
		}
	}
	s.queue.pass()
	wg.Wait()
	return errs
}

// damageBond makes the record of a bond one that cannot be read.
func damageBond(t *testing.T, s *Store, n int) {
	t.Helper()
	err := s.db.Update(func(tx *bbolt.Tx) error {
		key, record := encodeBond(bondWith(n))
		record[9] ^= 1
		return tx.Bucket([]byte(bondsBucket)).Put(key, record)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUpdate_together has changes that fail, each in its own way, among changes
// that do not. All that succeed share one transaction.
func TestUpdate_together(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := mustOpen(t, path, nil)
	if err := s.Put(bondWith(1), bondWith(2), bondWith(3)); err != nil {
		t.Fatal(err)
	}
	damageBond(t, s, 2)
	if err := miss(s, 1); err != nil { // makes the list of IRKs
		t.Fatal(err)
	}
	before := transactions(t, s)
	var first [2]uint32
	invalid := bondWith(5)
	invalid.KeySize = 3
	errs := together(t, s,
		func() error { return s.Put(bondWith(10)) },
		func() error { return s.Put(bondWith(11), bondWith(2), bondWith(12)) }, // undone after it wrote
		func() error { return s.Delete(ours, peer(99)) },
		func() (err error) { first[0], err = s.ReserveSignCounter(ours, peer(1), 5); return err },
		func() (err error) { first[1], err = s.ReserveSignCounter(ours, peer(1), 5); return err },
		func() error { return s.Delete(ours, peer(3)) },
		func() error { return s.AcceptSignCounter(ours, peer(3), 1) }, // of what is deleted before it
		func() error { return s.PutIdentity(bond.LocalIdentity{Address: ours}) },
		func() error { return s.DeleteIdentity(peer(1)) },
		func() error { return s.PutAttempts(ours, peer(7), []byte{7}) },
		func() error { return s.Put(bondWith(13), bondWith(2)) }, // and this one
		func() error { return s.Put(bondWith(14)) },
	)
	if got := transactions(t, s) - before; got != 1 {
		t.Errorf("%d transactions, want 1", got)
	}
	for i, want := range []error{
		nil, &bond.CorruptError{}, bond.ErrNotFound, nil, nil, nil, bond.ErrNotFound, nil, bond.ErrNotFound, nil, &bond.CorruptError{}, nil,
	} {
		var corrupt *bond.CorruptError
		if errors.As(want, &corrupt) {
			if got := wantCorrupt(t, path, errs[i]); !strings.Contains(got.Record, peer(2).String()) {
				t.Errorf("change %d: %v", i, got)
			}
		} else if !errors.Is(errs[i], want) {
			t.Errorf("change %d: %v, want %v", i, errs[i], want)
		}
	}
	if first != [2]uint32{1, 6} {
		t.Errorf("sign counters from %v, want from 1 and 6", first)
	}
	for n, want := range map[int]bool{1: true, 3: false, 10: true, 11: false, 12: false, 13: false, 14: true} {
		if _, err := s.Get(ours, peer(n)); want != (err == nil) || !want && !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("Get of bond %d: %v, want it: %t", n, err, want)
		}
		if _, err := s.Resolve(ours, private(irkOf(n), 1)); want != (err == nil) || !want && !errors.Is(err, bond.ErrNotFound) {
			t.Errorf("Resolve of bond %d: %v, want it: %t", n, err, want)
		}
	}
	if err := s.Delete(ours, peer(2)); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestUpdate_alone wants one caller to have one transaction for each change,
// and none where nothing changes.
func TestUpdate_alone(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "bonds.db"), nil)
	before := transactions(t, s)
	for n := range 5 {
		if err := s.Put(bondWith(n)); err != nil {
			t.Fatal(err)
		}
		if got := transactions(t, s) - before; got != n+1 {
			t.Fatalf("%d transactions after %d changes", got, n+1)
		}
	}
	if err := s.Delete(ours, peer(77)); !errors.Is(err, bond.ErrNotFound) {
		t.Errorf("Delete: %v", err)
	}
	if err := s.Put(); err != nil {
		t.Errorf("Put of nothing: %v", err)
	}
	if got := transactions(t, s) - before; got != 5 {
		t.Errorf("%d transactions after 5 changes", got)
	}
}

var errDisk = errors.New("disk failed")

// TestUpdate_diskFails wants a sync that fails to fail all the changes that
// share it, to change nothing, and to leave the store in use.
func TestUpdate_diskFails(t *testing.T) {
	s := mustOpen(t, filepath.Join(t.TempDir(), "bonds.db"), nil)
	if err := s.Put(bondWith(1), bondWith(2)); err != nil {
		t.Fatal(err)
	}
	if err := miss(s, 1); err != nil {
		t.Fatal(err)
	}
	s.toDisk = func(*bbolt.Tx) error { return errDisk }
	for i, err := range together(t, s,
		func() error { return s.Put(bondWith(3)) },
		func() error { return s.Delete(ours, peer(1)) },
		func() error { return s.Delete(ours, peer(1)) }, // finds nothing only because of the one before
		func() error { _, err := s.ReserveSignCounter(ours, peer(2), 1); return err },
	) {
		if !errors.Is(err, errDisk) {
			t.Errorf("change %d: %v, want %v", i, err, errDisk)
		}
	}
	s.toDisk = (*bbolt.Tx).Commit
	for n, want := range map[int]bool{1: true, 2: true, 3: false} {
		if _, err := s.Get(ours, peer(n)); want != (err == nil) {
			t.Errorf("Get of bond %d: %v, want it: %t", n, err, want)
		}
		if _, err := s.Resolve(ours, private(irkOf(n), 1)); want != (err == nil) {
			t.Errorf("Resolve of bond %d: %v, want it: %t", n, err, want)
		}
	}
	if first, err := s.ReserveSignCounter(ours, peer(2), 1); err != nil || first != 2 {
		t.Errorf("ReserveSignCounter: %d, %v, want 2", first, err)
	}
	if err := errors.Join(s.Put(bondWith(3)), s.Check()); err != nil {
		t.Error(err)
	}
}

// TestUpdate_inDoubt has the last sync of a transaction fail, when its header is
// already in the file. Nobody is told that the change is stored, or that it is
// not, until the file is opened again.
func TestUpdate_inDoubt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := mustOpen(t, path, nil)
	if err := s.Put(bondWith(1)); err != nil {
		t.Fatal(err)
	}
	s.toDisk = func(tx *bbolt.Tx) error { return errors.Join(tx.Commit(), errDisk) }
	errPut := s.Put(bondWith(2))
	for name, err := range map[string]error{
		"Put":       errPut,
		"next Put":  s.Put(bondWith(3)),
		"Check":     s.Check(),
		"Resolve":   miss(s, 1),
		"PutIdent.": s.PutIdentity(bond.LocalIdentity{Address: ours}),
	} {
		if !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "opened again") {
			t.Errorf("%s: %v, want %v and what to do", name, err, errDisk)
		}
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
	s = mustOpen(t, path, &Options{Timeout: -1})
	if err := s.Check(); err != nil {
		t.Error(err)
	}
	for n, want := range map[int]bool{1: true, 2: true, 3: false} {
		if _, err := s.Get(ours, peer(n)); want != (err == nil) {
			t.Errorf("Get of bond %d: %v, want it: %t", n, err, want)
		}
	}
}

// TestUpdate_closed closes a store under many callers: each is told the truth.
func TestUpdate_closed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bonds.db")
	s := mustOpen(t, path, nil)
	var mu sync.Mutex
	var stored []int
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for n := worker; ; n += 8 {
				err := s.Put(bondWith(n))
				if err != nil {
					if !errors.Is(err, os.ErrClosed) {
						t.Errorf("Put: %v, want os.ErrClosed", err)
					}
					return
				}
				mu.Lock()
				if stored = append(stored, n); len(stored) == 40 {
					wg.Go(func() {
						if err := s.Close(); err != nil {
							t.Errorf("Close: %v", err)
						}
					})
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	s = mustOpen(t, path, nil)
	for _, n := range stored {
		if _, err := s.Get(ours, peer(n)); err != nil {
			t.Errorf("Get of a bond that was stored before Close: %v", err)
		}
	}
	if _, err := s.Get(ours, bt.TypedAddress{}); !errors.Is(err, bond.ErrNotFound) {
		t.Error(err)
	}
}

// Package sharedstore keeps bonds in a file that several processes use at a time.
package sharedstore

import (
	"iter"
	"sync"
	"time"

	"blesmp/bond"
	"blesmp/bond/boltstore"
	"blesmp/bt"
)

// Store is a bond file that several commands use at a time, each for the
// moments in which it needs it: a peripheral that waits, a central that pairs
// and a person who lists the bonds. One process can have such a file open, so
// it is closed as soon as nothing was asked of it for a while.
type Store struct {
	path string

	mu    sync.Mutex
	store *boltstore.Store
	users int
	idle  *time.Timer
	shut  bool
}

var _ bond.Store = (*Store)(nil)

const (
	// idleTime is how long the file stays open between two calls.
	idleTime = 20 * time.Millisecond

	// Wait is how long a call waits for another process.
	Wait = 5 * time.Second
)

// Open gives the store of a file, and makes sure that the file is there and whole.
func Open(path string) (*Store, error) {
	s := &Store{path: path}
	_, err := s.Identities()
	if err != nil {
		return nil, err
	}
	return s, nil
}

// acquire opens the file where it is not open.
func (s *Store) acquire() (*boltstore.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
	if s.store == nil {
		store, err := boltstore.Open(s.path, func(o *boltstore.Options) { o.Timeout = Wait })
		if err != nil {
			return nil, err
		}
		s.store = store
	}
	s.users++
	return s.store, nil
}

// release closes the file, a little later.
func (s *Store) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
	if s.users > 0 {
		return
	}
	if s.shut {
		_ = s.close()
		return
	}
	s.idle = time.AfterFunc(idleTime, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.users == 0 {
			_ = s.close()
		}
	})
}

// close closes the file; s.mu is held. Everything that was changed is on disk.
func (s *Store) close() error {
	if s.store == nil {
		return nil
	}
	store := s.store
	s.store = nil
	return store.Close()
}

// Close closes the file now, or behind the call that is under way.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	if s.users > 0 {
		return nil
	}
	return s.close()
}

// with runs a call on the open file.
func with[T any](s *Store, call func(*boltstore.Store) (T, error)) (T, error) {
	store, err := s.acquire()
	if err != nil {
		var none T
		return none, err
	}
	defer s.release()
	return call(store)
}

// do runs a call that has no result.
func (s *Store) do(call func(*boltstore.Store) error) error {
	_, err := with(s, func(store *boltstore.Store) (struct{}, error) { return struct{}{}, call(store) })
	return err
}

// Get implements bond.Store.
func (s *Store) Get(local, peer bt.TypedAddress) (bond.Bond, error) {
	return with(s, func(b *boltstore.Store) (bond.Bond, error) { return b.Get(local, peer) })
}

// Resolve implements bond.Store.
func (s *Store) Resolve(local, rpa bt.TypedAddress) (bond.Bond, error) {
	return with(s, func(b *boltstore.Store) (bond.Bond, error) { return b.Resolve(local, rpa) })
}

// All implements bond.Store.
func (s *Store) All() iter.Seq2[bond.Bond, error] {
	return func(yield func(bond.Bond, error) bool) {
		store, err := s.acquire()
		if err != nil {
			yield(bond.Bond{}, err)
			return
		}
		defer s.release()
		store.All()(yield)
	}
}

// Put implements bond.Store.
func (s *Store) Put(bonds ...bond.Bond) error {
	return s.do(func(b *boltstore.Store) error { return b.Put(bonds...) })
}

// Delete implements bond.Store.
func (s *Store) Delete(local, peer bt.TypedAddress) error {
	return s.do(func(b *boltstore.Store) error { return b.Delete(local, peer) })
}

// ReserveSignCounter implements bond.Store.
func (s *Store) ReserveSignCounter(local, peer bt.TypedAddress, n uint32) (uint32, error) {
	return with(s, func(b *boltstore.Store) (uint32, error) { return b.ReserveSignCounter(local, peer, n) })
}

// AcceptSignCounter implements bond.Store.
func (s *Store) AcceptSignCounter(local, peer bt.TypedAddress, counter uint32) error {
	return s.do(func(b *boltstore.Store) error { return b.AcceptSignCounter(local, peer, counter) })
}

// PutIdentity implements bond.Store.
func (s *Store) PutIdentity(l bond.LocalIdentity) error {
	return s.do(func(b *boltstore.Store) error { return b.PutIdentity(l) })
}

// DeleteIdentity implements bond.Store.
func (s *Store) DeleteIdentity(address bt.TypedAddress) error {
	return s.do(func(b *boltstore.Store) error { return b.DeleteIdentity(address) })
}

// Identities implements bond.Store.
func (s *Store) Identities() ([]bond.LocalIdentity, error) {
	return with(s, func(b *boltstore.Store) ([]bond.LocalIdentity, error) { return b.Identities() })
}

// Attempts implements bond.Store.
func (s *Store) Attempts(local, peer bt.TypedAddress) ([]byte, error) {
	return with(s, func(b *boltstore.Store) ([]byte, error) { return b.Attempts(local, peer) })
}

// PutAttempts implements bond.Store.
func (s *Store) PutAttempts(local, peer bt.TypedAddress, state []byte) error {
	return s.do(func(b *boltstore.Store) error { return b.PutAttempts(local, peer, state) })
}

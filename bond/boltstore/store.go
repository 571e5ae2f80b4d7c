package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"os"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// The buckets and the keys of the first; see the package comment.
const (
	formatBucket     = "format"
	bondsBucket      = "bonds"
	onAirBucket      = "onair"
	irksBucket       = "irks"
	identitiesBucket = "identities"
	attemptsBucket   = "attempts"

	magicKey      = "magic"
	magic         = "blesmp bonds"
	versionKey    = "version"
	formatVersion = 1
)

// Store is a bond.Store in one file; Open makes it.
type Store struct {
	path string
	db   *bbolt.DB
	file *os.File // bbolt's own

	sound  sound
	broken atomic.Pointer[unusable] // also when it is closed
	irks   irkIndex
	queue  queue

	mu     sync.Mutex               // held while something is changed
	way    *pathCheck               // of the transaction that mu is held for
	writes int                      // of that transaction
	toDisk func(tx *bbolt.Tx) error // commits it
}

var _ bond.Store = (*Store)(nil)

// Close waits for the calls that are under way and frees the file for others.
// Every later call fails with os.ErrClosed; a second Close does nothing.
func (s *Store) Close() error {
	s.sound.end()
	s.broken.CompareAndSwap(nil, &unusable{err: s.failed(os.ErrClosed)})
	s.mu.Lock()
	s.irks.drop()
	s.mu.Unlock()
	if broken := s.broken.Load(); broken != nil && broken.locked {
		// bbolt may hold its locks for ever, so it cannot close. This frees the
		// file for others; bbolt's map of it stays until the process ends.
		if err := release(s.file); err != nil && !errors.Is(err, os.ErrClosed) {
			return fmt.Errorf("boltstore: %w", err)
		}
		return nil
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("boltstore: %s: %w", s.path, err)
	}
	return nil
}

// Get implements bond.Store.
func (s *Store) Get(local, peer bt.TypedAddress) (b bond.Bond, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		b, err = s.get(tx, local, peer)
		return err
	})
	return b, err
}

// find gives the key and the record of the bond that an address finds.
func (s *Store) find(tx *bbolt.Tx, local, address bt.TypedAddress) (key, record []byte, err error) {
	key = pairKey(local, address)
	if record, err = s.lookup(tx, bondsBucket, key); err != nil || record != nil {
		return key, record, err
	}
	entry, err := s.lookup(tx, onAirBucket, key)
	if err != nil {
		return nil, nil, err
	}
	if entry == nil {
		return nil, nil, bond.NotFound(local, address)
	}
	peer, err := decodeOnAir(key, entry)
	if err != nil {
		return nil, nil, s.corrupt(onAirBucket, key, err)
	}
	bondKey := pairKey(local, peer)
	if record, err = s.lookup(tx, bondsBucket, bondKey); err != nil {
		return nil, nil, err
	}
	if record == nil {
		return nil, nil, s.corrupt(onAirBucket, key, fmt.Errorf("there is no bond with %v", peer))
	}
	return bondKey, record, nil
}

func (s *Store) get(tx *bbolt.Tx, local, address bt.TypedAddress) (bond.Bond, error) {
	key, record, err := s.find(tx, local, address)
	if err != nil {
		return bond.Bond{}, err
	}
	b, err := decodeBond(key, record)
	if err != nil {
		return bond.Bond{}, s.corrupt(bondsBucket, key, err)
	}
	if address != b.Peer && address != b.OnAir {
		return bond.Bond{}, s.corrupt(onAirBucket, pairKey(local, address), fmt.Errorf("the bond with %v has another address", b.Peer))
	}
	return b, nil
}

// withPrefix gives the entries of a local identity.
func withPrefix(bucket *bbolt.Bucket, local bt.TypedAddress) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, record []byte) bool) {
		prefix := appendAddress(nil, local)
		cursor := bucket.Cursor()
		for key, record := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, record = cursor.Next() {
			if !yield(key, record) {
				return
			}
		}
	}
}

// chunk is how many bonds All reads at a time.
const chunk = 64

// All implements bond.Store.
func (s *Store) All() iter.Seq2[bond.Bond, error] {
	return func(yield func(bond.Bond, error) bool) {
		type result struct {
			bond bond.Bond
			err  error
		}
		if err := s.sound.wait(); err != nil {
			yield(bond.Bond{}, err)
			return
		}
		var next []byte
		for {
			var results []result
			err := s.view(func(tx *bbolt.Tx) error {
				bonds, err := s.bucket(tx, bondsBucket)
				if err != nil {
					return err
				}
				cursor := bonds.Cursor()
				key, record := cursor.Seek(next)
				for ; key != nil && len(results) < chunk; key, record = cursor.Next() {
					if len(key) > bbolt.MaxKeySize || bytes.Compare(key, next) < 0 {
						return s.damaged(adviceClose, fmt.Errorf("bucket %s is out of order", bondsBucket))
					}
					b, err := decodeBond(key, record)
					if err != nil {
						err = s.corrupt(bondsBucket, key, err)
					}
					results = append(results, result{b, err})
					next = append(bytes.Clone(key), 0)
				}
				return nil
			})
			if err != nil {
				yield(bond.Bond{}, err)
				return
			}
			// Outside of the transaction, so that the loop can call the store.
			for _, r := range results {
				if !yield(r.bond, r.err) {
					return
				}
			}
			if len(results) < chunk {
				return
			}
		}
	}
}

// Put implements bond.Store.
func (s *Store) Put(bonds ...bond.Bond) error {
	for _, b := range bonds {
		if err := b.Validate(); err != nil {
			return err
		}
	}
	return s.update(func(tx *bbolt.Tx) error {
		for _, b := range bonds {
			if err := s.replace(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// replace stores a bond in place of all that its addresses find.
func (s *Store) replace(tx *bbolt.Tx, b bond.Bond) error {
	for _, address := range []bt.TypedAddress{b.Peer, b.OnAir} {
		old, err := s.get(tx, b.Local, address)
		if errors.Is(err, bond.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		b.KeepSignCounters(old)
		if err := s.remove(tx, old); err != nil {
			return err
		}
	}
	key, record := encodeBond(b)
	if err := s.put(tx, bondsBucket, key, record); err != nil {
		return err
	}
	return s.index(tx, b)
}

// index writes a bond's entries in the indexes.
func (s *Store) index(tx *bbolt.Tx, b bond.Bond) error {
	if !b.OnAir.IsZero() {
		key := pairKey(b.Local, b.OnAir)
		if err := s.put(tx, onAirBucket, key, seal(key, appendAddress(nil, b.Peer))); err != nil {
			return err
		}
	}
	if b.PeerIRK != nil {
		key := pairKey(b.Local, b.Peer)
		return s.put(tx, irksBucket, key, seal(key, b.PeerIRK[:]))
	}
	return nil
}

// remove deletes a bond and its entries in the indexes.
func (s *Store) remove(tx *bbolt.Tx, b bond.Bond) error {
	key := pairKey(b.Local, b.Peer)
	if err := s.delete(tx, bondsBucket, key); err != nil {
		return err
	}
	if err := s.delete(tx, irksBucket, key); err != nil {
		return err
	}
	return s.delete(tx, onAirBucket, pairKey(b.Local, b.OnAir))
}

// Delete implements bond.Store.
func (s *Store) Delete(local, peer bt.TypedAddress) error {
	return s.update(func(tx *bbolt.Tx) error {
		key, record, err := s.find(tx, local, peer)
		var corrupt *bond.CorruptError
		if errors.As(err, &corrupt) {
			// The index is damaged. Without it there may be nothing to delete.
			if err := s.reindex(tx, local); err != nil {
				return err
			}
			key, record, err = s.find(tx, local, peer)
			if errors.Is(err, bond.ErrNotFound) {
				return nil
			}
		}
		if err != nil {
			return err
		}
		if b, err := decodeBond(key, record); err == nil {
			return s.remove(tx, b)
		}
		if err := s.delete(tx, bondsBucket, key); err != nil {
			return err
		}
		return s.reindex(tx, local)
	})
}

// reindex writes the indexes of a local identity anew, from the bonds that can
// be read.
func (s *Store) reindex(tx *bbolt.Tx, local bt.TypedAddress) error {
	for _, name := range []string{onAirBucket, irksBucket} {
		bucket, err := s.bucket(tx, name)
		if err != nil {
			return err
		}
		var keys [][]byte
		for key := range withPrefix(bucket, local) {
			keys = append(keys, bytes.Clone(key))
		}
		for _, key := range keys {
			if err := s.delete(tx, name, key); err != nil {
				return err
			}
		}
	}
	bonds, err := s.bucket(tx, bondsBucket)
	if err != nil {
		return err
	}
	for key, record := range withPrefix(bonds, local) {
		b, err := decodeBond(key, record)
		if err != nil {
			continue
		}
		if err := s.index(tx, b); err != nil {
			return err
		}
	}
	return nil
}

// ReserveSignCounter implements bond.Store.
func (s *Store) ReserveSignCounter(local, peer bt.TypedAddress, n uint32) (first uint32, err error) {
	err = s.change(local, peer, func(b *bond.Bond) error {
		first, err = b.ReserveSignCounter(n)
		return err
	})
	if err != nil {
		return 0, err
	}
	return first, nil
}

// AcceptSignCounter implements bond.Store.
func (s *Store) AcceptSignCounter(local, peer bt.TypedAddress, counter uint32) error {
	return s.change(local, peer, func(b *bond.Bond) error { return b.AcceptSignCounter(counter) })
}

// change has fn change a bond in a way that leaves its indexes as they are.
func (s *Store) change(local, peer bt.TypedAddress, fn func(*bond.Bond) error) error {
	return s.update(func(tx *bbolt.Tx) error {
		b, err := s.get(tx, local, peer)
		if err != nil {
			return err
		}
		if err := fn(&b); err != nil {
			return err
		}
		key, record := encodeBond(b)
		return s.put(tx, bondsBucket, key, record)
	})
}

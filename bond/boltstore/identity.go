package boltstore

import (
	"bytes"
	"fmt"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// PutIdentity implements bond.Store.
func (s *Store) PutIdentity(l bond.LocalIdentity) error {
	if err := l.Validate(); err != nil {
		return err
	}
	key, record := encodeIdentity(l)
	return s.update(func(tx *bbolt.Tx) error { return s.put(tx, identitiesBucket, key, record) })
}

// DeleteIdentity implements bond.Store.
func (s *Store) DeleteIdentity(address bt.TypedAddress) error {
	key := appendAddress(nil, address)
	return s.update(func(tx *bbolt.Tx) error {
		identities, err := s.bucket(tx, identitiesBucket)
		if err != nil {
			return err
		}
		if identities.Get(key) == nil {
			return fmt.Errorf("local identity %v: %w", address, bond.ErrNotFound)
		}
		return s.delete(tx, identitiesBucket, key)
	})
}

// Identities implements bond.Store.
func (s *Store) Identities() (all []bond.LocalIdentity, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		identities, err := s.bucket(tx, identitiesBucket)
		if err != nil {
			return err
		}
		cursor := identities.Cursor()
		for key, record := cursor.First(); key != nil; key, record = cursor.Next() {
			l, err := decodeIdentity(key, record)
			if err != nil {
				return s.corrupt(identitiesBucket, key, err)
			}
			all = append(all, l)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// Attempts implements bond.Store.
func (s *Store) Attempts(local, peer bt.TypedAddress) (state []byte, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		attempts, err := s.bucket(tx, attemptsBucket)
		if err != nil {
			return err
		}
		key := pairKey(local, peer)
		record := attempts.Get(key)
		if record == nil {
			return nil
		}
		_, stored, err := decodeAttempts(key, record)
		if err != nil {
			return s.corrupt(attemptsBucket, key, err)
		}
		state = bytes.Clone(stored)
		return nil
	})
	return state, err
}

// PutAttempts implements bond.Store. It replaces an entry that cannot be read.
func (s *Store) PutAttempts(local, peer bt.TypedAddress, state []byte) error {
	if len(state) > bond.MaxAttemptsSize {
		return fmt.Errorf("%w: attempts of %v: %d octets, want at most %d", bond.ErrInvalid, peer, len(state), bond.MaxAttemptsSize)
	}
	key := pairKey(local, peer)
	return s.update(func(tx *bbolt.Tx) error {
		if len(state) == 0 {
			return s.delete(tx, attemptsBucket, key)
		}
		err := s.write(tx, attemptsBucket, key, func(attempts *bbolt.Bucket) error {
			written, err := attempts.NextSequence()
			if err != nil {
				return err
			}
			return attempts.Put(key, encodeAttempts(key, written, state))
		})
		if err != nil {
			return err
		}
		return s.forgetAttempts(tx, local)
	})
}

// forgetAttempts removes the oldest entry of a local identity that has one too
// many. One that cannot be read is the oldest.
func (s *Store) forgetAttempts(tx *bbolt.Tx, local bt.TypedAddress) error {
	attempts, err := s.bucket(tx, attemptsBucket)
	if err != nil {
		return err
	}
	var oldest []byte
	var first uint64
	count := 0
	for key, record := range withPrefix(attempts, local) {
		count++
		written, _, err := decodeAttempts(key, record)
		if err != nil {
			written = 0
		}
		if oldest == nil || written < first {
			oldest, first = bytes.Clone(key), written
		}
	}
	if count <= bond.MaxAttempts {
		return nil
	}
	return s.delete(tx, attemptsBucket, oldest)
}

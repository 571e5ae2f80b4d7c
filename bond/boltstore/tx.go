package boltstore

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"blesmp/bond"
)

// view runs fn in a transaction that only reads. What fn gets from the
// transaction is gone when it ends.
func (s *Store) view(fn func(*bbolt.Tx) error) (err error) {
	return s.transaction(false, fn)
}

// update runs fn in a transaction whose changes are on disk when it returns
// nil, and are undone when it does not.
func (s *Store) update(fn func(*bbolt.Tx) error) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.way = nil
	return s.transaction(true, fn)
}

// put writes a record within update.
func (s *Store) put(tx *bbolt.Tx, bucket string, key, record []byte) error {
	return s.write(tx, bucket, key, func(b *bbolt.Bucket) error { return b.Put(key, record) })
}

// delete removes a record, if it is there, within update.
func (s *Store) delete(tx *bbolt.Tx, bucket string, key []byte) error {
	return s.write(tx, bucket, key, func(b *bbolt.Bucket) error { return b.Delete(key) })
}

// write has fn change the entry under a key, if the pages that this involves
// are sound.
func (s *Store) write(tx *bbolt.Tx, bucket string, key []byte, fn func(*bbolt.Bucket) error) error {
	b, err := s.bucket(tx, bucket)
	if err != nil {
		return err
	}
	if s.way == nil {
		info, err := s.file.Stat()
		if err != nil {
			return s.failed(err)
		}
		if s.way, err = newPathCheck(s.file, info.Size()); err != nil {
			return s.damaged(adviceClose, err)
		}
	}
	if err := s.way.touch(bucket, key); err != nil {
		return s.damaged(adviceClose, err)
	}
	if err := fn(b); err != nil {
		return s.failed(err)
	}
	return nil
}

func (s *Store) transaction(writable bool, fn func(*bbolt.Tx) error) (err error) {
	if broken := s.broken.Load(); broken != nil {
		return broken
	}
	defer s.rescue(debug.SetPanicOnFault(true), &err)
	tx, err := s.db.Begin(writable)
	if err != nil {
		return s.failed(err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after Commit
	if err := fn(tx); err != nil || !writable {
		return err
	}
	if err := tx.Commit(); err != nil {
		return s.failed(err)
	}
	return nil
}

// rescue, deferred, makes an error of bbolt's panic over a damaged page, or of
// a fault where the file under the map has become shorter. The store is of no
// use after that, because bbolt may still hold its locks: every later call gets
// the same error.
func (s *Store) rescue(faultsPanicked bool, err *error) {
	debug.SetPanicOnFault(faultsPanicked)
	if reason := recover(); reason != nil {
		broken := &bond.CorruptError{File: s.path, Err: fmt.Errorf("damaged pages: %v", reason), Advice: adviceClose}
		s.broken.CompareAndSwap(nil, broken)
		*err = s.broken.Load()
	}
}

// failed says which file an error of bbolt is about.
func (s *Store) failed(err error) error {
	if errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		err = os.ErrClosed
	}
	return fmt.Errorf("boltstore: %s: %w", s.path, err)
}

// damaged makes the error for a file as a whole.
func (s *Store) damaged(advice string, err error) error {
	return &bond.CorruptError{File: s.path, Err: err, Advice: advice}
}

// corrupt makes the error for one record.
func (s *Store) corrupt(bucket string, key []byte, err error) error {
	return &bond.CorruptError{File: s.path, Bucket: bucket, Record: keyName(key), Err: err, Advice: adviceRecord}
}

// bucket finds a bucket, which every file of this package has.
func (s *Store) bucket(tx *bbolt.Tx, name string) (*bbolt.Bucket, error) {
	b := tx.Bucket([]byte(name))
	if b == nil {
		return nil, &bond.CorruptError{File: s.path, Bucket: name, Err: errors.New("the bucket is missing"), Advice: adviceBackup}
	}
	return b, nil
}

// bondBuckets finds the three buckets of bonds.
func (s *Store) bondBuckets(tx *bbolt.Tx) (bonds, onAir, irks *bbolt.Bucket, err error) {
	if bonds, err = s.bucket(tx, bondsBucket); err != nil {
		return nil, nil, nil, err
	}
	if onAir, err = s.bucket(tx, onAirBucket); err != nil {
		return nil, nil, nil, err
	}
	irks, err = s.bucket(tx, irksBucket)
	return bonds, onAir, irks, err
}

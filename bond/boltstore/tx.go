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

// put writes a record within update.
func (s *Store) put(tx *bbolt.Tx, bucket string, key, record []byte) error {
	err := s.write(tx, bucket, key, func(b *bbolt.Bucket) error { return b.Put(key, record) })
	if err == nil && bucket == irksBucket {
		s.irks.note(key, record)
	}
	return err
}

// delete removes a record, if it is there, within update.
func (s *Store) delete(tx *bbolt.Tx, bucket string, key []byte) error {
	err := s.write(tx, bucket, key, func(b *bbolt.Bucket) error { return b.Delete(key) })
	if err == nil && bucket == irksBucket {
		s.irks.note(key, nil)
	}
	return err
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
	s.writes++
	if err := fn(b); err != nil {
		return s.failed(err)
	}
	return nil
}

// errUndo ends a transaction without an error and without a change.
var errUndo = errors.New("undo")

func (s *Store) transaction(writable bool, fn func(*bbolt.Tx) error) (err error) {
	if broken := s.broken.Load(); broken != nil {
		return broken.err
	}
	defer s.rescue(debug.SetPanicOnFault(true), &err)
	tx, err := s.db.Begin(writable)
	if err != nil {
		return s.failed(err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after Commit
	err = fn(tx)
	switch {
	case errors.Is(err, errUndo):
		return nil
	case err != nil || !writable:
		return err
	}
	number := tx.ID()
	if err := s.toDisk(tx); err != nil {
		return s.inDoubt(number, s.failed(err))
	}
	return nil
}

// inDoubt looks at what has become of a transaction that did not get to the
// disk. If it is in the file all the same, it may be lost or not when the
// system ends, so nothing can be said about the store until it is opened again.
func (s *Store) inDoubt(number int, err error) error {
	info, errStat := s.file.Stat()
	if errStat != nil {
		return err
	}
	header, errHeader := readHeader(s.file, info.Size())
	if errHeader == nil && header.transaction < uint64(number) {
		return err
	}
	err = fmt.Errorf("%w: whether the last change is stored shows when the file is opened again", err)
	s.broken.CompareAndSwap(nil, &unusable{err: err})
	return err
}

// unusable says why a store is of no use until it is opened again.
type unusable struct {
	err    error
	locked bool // bbolt may hold its locks for ever
}

// rescue, deferred, makes an error of bbolt's panic over a damaged page, or of
// a fault where the file under the map has become shorter. The store is of no
// use after that, because bbolt may still hold its locks: every later call gets
// the same error.
func (s *Store) rescue(faultsPanicked bool, err *error) {
	debug.SetPanicOnFault(faultsPanicked)
	if reason := recover(); reason != nil {
		s.broken.CompareAndSwap(nil, &unusable{err: s.damaged(adviceClose, fmt.Errorf("damaged pages: %v", reason)), locked: true})
		*err = s.broken.Load().err
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

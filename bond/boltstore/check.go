package boltstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// Check looks at every page and every record in use, and reports the first
// damage that it finds as a *bond.CorruptError. Its time grows with the number
// of bonds, and nothing can be changed meanwhile.
func (s *Store) Check() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view(func(tx *bbolt.Tx) error {
		info, err := s.file.Stat()
		if err != nil {
			return fmt.Errorf("boltstore: %w", err)
		}
		header, err := readHeader(s.file, info.Size())
		if err == nil {
			err = checkPages(s.file, info.Size(), header, true)
		}
		if err != nil {
			return s.damaged(adviceClose, err)
		}
		if err := s.checkFormat(tx); err != nil {
			return err
		}
		return s.checkRecords(tx, adviceRecord)
	})
}

// checkFormat wants the file to be one of this package, of this version.
func (s *Store) checkFormat(tx *bbolt.Tx) error {
	format := tx.Bucket([]byte(formatBucket))
	if format == nil || string(format.Get([]byte(magicKey))) != magic {
		return s.damaged(adviceForeign, errors.New("a bbolt file, but not one of bonds"))
	}
	version := format.Get([]byte(versionKey))
	if len(version) != 2 {
		return s.damaged(adviceBackup, errors.New("the file has no format version"))
	}
	if v := binary.BigEndian.Uint16(version); v != formatVersion {
		return s.damaged(adviceNewer, fmt.Errorf("format version %d, want %d", v, formatVersion))
	}
	for _, name := range []string{bondsBucket, onAirBucket, irksBucket, identitiesBucket, attemptsBucket} {
		if _, err := s.bucket(tx, name); err != nil {
			return err
		}
	}
	return nil
}

// records are the buckets of bonds in a transaction.
type records struct{ bonds, onAir, irks *bbolt.Bucket }

// checkRecords reports the first record that cannot be read, or that does not
// go together with the others.
func (s *Store) checkRecords(tx *bbolt.Tx, advice string) (err error) {
	var r records
	if r.bonds, r.onAir, r.irks, err = s.bondBuckets(tx); err != nil {
		return err
	}
	for _, bucket := range []struct {
		name  string
		check func(key, record []byte) error
	}{
		{bondsBucket, r.checkBond},
		{onAirBucket, r.checkOnAir},
		{irksBucket, r.checkIRK},
		{identitiesBucket, func(key, record []byte) error {
			_, err := decodeIdentity(key, record)
			return err
		}},
		{attemptsBucket, func(key, record []byte) error {
			if _, _, err := parsePairKey(key); err != nil {
				return err
			}
			_, _, err := decodeAttempts(key, record)
			return err
		}},
	} {
		b, err := s.bucket(tx, bucket.name)
		if err != nil {
			return err
		}
		cursor := b.Cursor()
		for key, record := cursor.First(); key != nil; key, record = cursor.Next() {
			if err := bucket.check(key, record); err != nil {
				return &bond.CorruptError{File: s.path, Bucket: bucket.name, Record: keyName(key), Err: err, Advice: advice}
			}
		}
	}
	return nil
}

// checkBond wants the bond to be found by each of its addresses and, where it
// has an IRK, by that.
func (r records) checkBond(key, record []byte) error {
	b, err := decodeBond(key, record)
	if err != nil {
		return err
	}
	if b.PeerIRK != nil && r.irks.Get(key) == nil {
		return errors.New("its IRK is not in the index")
	}
	if b.OnAir.IsZero() {
		return nil
	}
	onAirKey := pairKey(b.Local, b.OnAir)
	if r.onAir.Get(onAirKey) == nil {
		return errors.New("its on-air address is not in the index")
	}
	if r.bonds.Get(onAirKey) != nil {
		return errors.New("its on-air address is the identity of another bond")
	}
	return nil
}

// checkOnAir wants an entry of the index to lead to the bond that has it.
func (r records) checkOnAir(key, record []byte) error {
	peer, err := decodeOnAir(key, record)
	if err != nil {
		return err
	}
	local, onAir, err := parsePairKey(key)
	if err != nil {
		return err
	}
	b, err := r.bond(local, peer)
	if err != nil {
		return err
	}
	if b.OnAir != onAir {
		return fmt.Errorf("the bond with %v has another address", peer)
	}
	return nil
}

// checkIRK is checkOnAir for the other index.
func (r records) checkIRK(key, record []byte) error {
	irk, err := decodeIRK(key, record)
	if err != nil {
		return err
	}
	local, peer, err := parsePairKey(key)
	if err != nil {
		return err
	}
	b, err := r.bond(local, peer)
	if err != nil {
		return err
	}
	if b.PeerIRK == nil || !b.PeerIRK.Equal(irk) {
		return errOtherIRK
	}
	return nil
}

func (r records) bond(local, peer bt.TypedAddress) (bond.Bond, error) {
	key := pairKey(local, peer)
	record := r.bonds.Get(key)
	if record == nil {
		return bond.Bond{}, fmt.Errorf("there is no bond with %v", peer)
	}
	return decodeBond(key, record)
}

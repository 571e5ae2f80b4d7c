package boltstore

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"go.etcd.io/bbolt"

	"blesmp/bond"
	"blesmp/bt"
)

// irkIndex is what the bucket irks says, ready for use. The first Resolve makes
// it; from then on it follows every change that is committed.
type irkIndex struct {
	ready    atomic.Pointer[irkList] // nil until it is made
	building sync.Mutex              // held while it is being made

	// These belong to whoever holds Store.mu.
	noting bool      // it is there, or being made
	notes  []irkNote // what the transaction that is under way changes
	later  []irkNote // what has been committed since it is being made
}

type irkList struct {
	bond.ResolvingList
	damaged sync.Map // local identities with entries that cannot be read
}

// irkNote is a change of an entry; without an IRK it is gone.
type irkNote struct {
	local, peer bt.TypedAddress
	irk         bt.Key
}

// note keeps in mind that a transaction changes an entry of the bucket.
func (x *irkIndex) note(key, record []byte) {
	if !x.noting {
		return
	}
	local, peer, err := parsePairKey(key)
	if err != nil {
		return // no bond is stored under such a key
	}
	n := irkNote{local: local, peer: peer}
	if record != nil {
		if n.irk, err = decodeIRK(key, record); err != nil {
			return
		}
	}
	x.notes = append(x.notes, n)
}

// forget is for a transaction that was undone.
func (x *irkIndex) forget() {
	clear(x.notes)
	x.notes = x.notes[:0]
}

// apply is for a transaction that was committed.
func (x *irkIndex) apply() {
	if list := x.ready.Load(); list != nil {
		list.apply(x.notes)
	} else {
		x.later = append(x.later, x.notes...)
	}
	x.forget()
}

func (l *irkList) apply(notes []irkNote) {
	for _, n := range notes {
		l.Put(n.local, n.peer, n.irk)
	}
}

// drop has the next Resolve make the list anew.
func (x *irkIndex) drop() {
	x.noting, x.later = false, nil
	x.ready.Store(nil)
}

// Resolve implements bond.Store. The first call reads all IRKs into memory, in a
// bond.ResolvingList.
func (s *Store) Resolve(local, rpa bt.TypedAddress) (bond.Bond, error) {
	if !rpa.IsResolvable() {
		return bond.Bond{}, bond.NotFound(local, rpa)
	}
	list, err := s.resolvingList()
	if err != nil {
		return bond.Bond{}, err
	}
	if broken := s.broken.Load(); broken != nil {
		return bond.Bond{}, broken.err
	}
	peer, found := list.Resolve(local, rpa)
	if found {
		b, err := s.resolved(local, peer, rpa)
		if !errors.Is(err, errOtherIRK) {
			return b, err
		}
		// The bond is being changed right now, or the bucket is damaged.
	} else if _, damaged := list.damaged.Load(local); !damaged {
		return bond.Bond{}, bond.NotFound(local, rpa)
	}
	return s.search(list, local, rpa)
}

// errOtherIRK says that a bond is not, or no longer, what the list says.
var errOtherIRK = errors.New("the bond has another IRK")

// resolved gives the bond with a peer that the list names.
func (s *Store) resolved(local, peer, rpa bt.TypedAddress) (b bond.Bond, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		key := pairKey(local, peer)
		record, err := s.lookup(tx, bondsBucket, key)
		if err != nil {
			return err
		}
		if record == nil {
			return errOtherIRK
		}
		if b, err = decodeBond(key, record); err != nil {
			return s.corrupt(bondsBucket, key, err)
		}
		if b.PeerIRK == nil || !bond.Resolves(*b.PeerIRK, rpa) {
			return errOtherIRK
		}
		return nil
	})
	return b, err
}

// resolvingList gives the list, and makes it if nobody has. Changes are made
// meanwhile; they are noted, and entered in the end.
func (s *Store) resolvingList() (*irkList, error) {
	if list := s.irks.ready.Load(); list != nil {
		return list, nil
	}
	s.irks.building.Lock()
	defer s.irks.building.Unlock()
	if list := s.irks.ready.Load(); list != nil {
		return list, nil
	}
	if err := s.sound.wait(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.irks.noting = true
	s.mu.Unlock()

	list, err := s.readIRKs()

	s.mu.Lock()
	defer s.mu.Unlock()
	if broken := s.broken.Load(); err == nil && broken != nil {
		err = broken.err
	}
	if err != nil {
		s.irks.drop()
		return nil, err
	}
	list.apply(s.irks.later)
	s.irks.later = nil
	s.irks.ready.Store(list)
	return list, nil
}

// irkChunk is how many IRKs are read at a time: bbolt cannot use a page again
// while somebody reads.
const irkChunk = 4096

func (s *Store) readIRKs() (*irkList, error) {
	list := new(irkList)
	var next []byte
	for more := true; more; {
		err := s.view(func(tx *bbolt.Tx) error {
			irks, err := s.bucket(tx, irksBucket)
			if err != nil {
				return err
			}
			cursor := irks.Cursor()
			key, record := cursor.Seek(next)
			for count := 0; key != nil && count < irkChunk; count++ {
				if len(key) > bbolt.MaxKeySize || bytes.Compare(key, next) < 0 {
					return s.damaged(adviceClose, fmt.Errorf("bucket %s is out of order", irksBucket))
				}
				list.read(key, record)
				next = append(append(next[:0], key...), 0)
				key, record = cursor.Next()
			}
			more = key != nil
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// read enters an entry of the bucket.
func (l *irkList) read(key, record []byte) {
	local, err := parseAddress(key[:min(len(key), addressSize)])
	if err != nil {
		return // it is nobody's
	}
	irk, err := decodeIRK(key, record)
	_, peer, errKey := parsePairKey(key)
	if err != nil || errKey != nil {
		l.damaged.Store(local, true)
		return
	}
	l.Put(local, peer, irk)
}

// search tries every IRK that is in the bucket now. It is slow, and right in
// every case.
func (s *Store) search(list *irkList, local, rpa bt.TypedAddress) (b bond.Bond, err error) {
	var unread error
	err = s.view(func(tx *bbolt.Tx) error {
		irks, err := s.bucket(tx, irksBucket)
		if err != nil {
			return err
		}
		for key, record := range withPrefix(irks, local) {
			irk, err := decodeIRK(key, record)
			if err != nil {
				unread = s.corrupt(irksBucket, key, err)
			}
			if err != nil || !bond.Resolves(irk, rpa) {
				continue
			}
			b, err = s.bondOfIRK(tx, key, irk)
			return err
		}
		if unread != nil {
			return unread
		}
		return bond.NotFound(local, rpa)
	})
	if unread == nil && errors.Is(err, bond.ErrNotFound) {
		list.damaged.Delete(local) // whatever was damaged is repaired
	}
	return b, err
}

// bondOfIRK gives the bond to which an entry of the index irks belongs.
func (s *Store) bondOfIRK(tx *bbolt.Tx, key []byte, irk bt.Key) (bond.Bond, error) {
	record, err := s.lookup(tx, bondsBucket, key)
	if err != nil {
		return bond.Bond{}, err
	}
	if record == nil {
		return bond.Bond{}, s.corrupt(irksBucket, key, errors.New("there is no bond with this peer"))
	}
	b, err := decodeBond(key, record)
	if err != nil {
		return bond.Bond{}, s.corrupt(bondsBucket, key, err)
	}
	if b.PeerIRK == nil || !b.PeerIRK.Equal(irk) {
		return bond.Bond{}, s.corrupt(irksBucket, key, errOtherIRK)
	}
	return b, nil
}
